//! `MovesInstruction` and `AddsInstruction`: exactly that instruction, exactly behind that one.

use super::*;

fn moves(instruction: usize, behind: usize) -> Vec<Effect> {
    vec![Effect::MovesInstruction { instruction, behind }]
}

fn inserts(behind: usize, text: &str) -> Vec<Effect> {
    vec![Effect::AddsInstruction { behind, text: text.to_owned() }]
}

#[test]
fn moved_instructions() {
    let before = "COPY . .\nRUN a\nRUN b";
    check(
        "FROM debian:12",
        &[
            ("as declared", before, "RUN a\nCOPY . .\nRUN b", moves(1, 2), Sound),
            ("to the end", before, "RUN a\nRUN b\nCOPY . .", moves(1, 3), Sound),
            ("with its comment", "# all\nCOPY . .\nRUN a", "RUN a\n# all\nCOPY . .", moves(1, 2), Sound),
            ("nothing declared", before, "RUN a\nCOPY . .\nRUN b", vec![], Damage),
            ("not done", before, before, moves(1, 2), Damage),
            ("further than declared", before, "RUN a\nRUN b\nCOPY . .", moves(1, 2), Damage),
            ("less far than declared", before, "RUN a\nCOPY . .\nRUN b", moves(1, 3), Damage),
            ("and lost", before, "RUN a\nRUN b", moves(1, 2), Damage),
            ("and twice there", before, "COPY . .\nRUN a\nCOPY . .\nRUN b", moves(1, 2), Damage),
            ("and written otherwise", before, "RUN a\nCOPY . /\nRUN b", moves(1, 2), Damage),
            ("and its comment lost", "# all\nCOPY . .\nRUN a", "RUN a\nCOPY . .", moves(1, 2), Damage),
            ("into another folder", "COPY . .\nWORKDIR /a\nRUN a", "WORKDIR /a\nRUN a\nCOPY . .", moves(1, 3), Damage),
            (
                "to a folder that is told",
                "COPY . /x\nWORKDIR /a\nRUN a",
                "WORKDIR /a\nRUN a\nCOPY . /x",
                moves(1, 3),
                Sound,
            ),
            ("behind its variable", "COPY $A /x\nENV A=b\nRUN a", "ENV A=b\nRUN a\nCOPY $A /x", moves(1, 3), Damage),
            ("and a step changed", before, "RUN a\nCOPY . .\nRUN c", moves(1, 2), Damage),
        ],
    );
}

#[test]
fn added_instructions() {
    let lists = || inserts(0, "COPY a b ./");
    let both = || [lists(), moves(1, 2)].concat();
    let install = || inserts(0, "RUN apt-get update && apt-get install -y git");
    check(
        "FROM debian:12",
        &[
            ("as declared", "RUN a", "COPY a b ./\nRUN a", lists(), Sound),
            ("in front of one that is moved", "COPY . .\nRUN a", "COPY a b ./\nRUN a\nCOPY . .", both(), Sound),
            ("a step", "RUN a", "RUN apt-get update \\\n    && apt-get install -y git\nRUN a", install(), Sound),
            ("not done", "RUN a", "RUN a", lists(), Damage),
            ("another", "RUN a", "COPY a c ./\nRUN a", lists(), Damage),
            ("twice", "RUN a", "COPY a b ./\nCOPY a b ./\nRUN a", lists(), Damage),
            ("elsewhere", "RUN a", "RUN a\nCOPY a b ./", lists(), Damage),
            ("with a flag more", "RUN a", "COPY --link a b ./\nRUN a", lists(), Damage),
            (
                "a step that goes on after a failure",
                "RUN a",
                "RUN apt-get update; apt-get install -y git\nRUN a",
                install(),
                Damage,
            ),
            (
                "a step that may not run",
                "RUN a",
                "RUN apt-get update || apt-get install -y git\nRUN a",
                install(),
                Damage,
            ),
        ],
    );
}
