//! `AddsCommand`, `AddsFlag`, `ChangesCommand` and `DropsCommand`.

use super::*;

#[test]
fn added_commands() {
    check(
        "FROM debian:12",
        &[
            ("at the end", "RUN a", "RUN a && new x", adds(1, "new x"), Sound),
            ("in front", "RUN a && b", "RUN a && new && b", adds(1, "new"), Sound),
            ("behind a list", "RUN a; b", "RUN a; b && new", adds(1, "new"), Sound),
            ("behind a list that stops", "RUN set -e; a; b", "RUN set -e; a; b; new", adds(1, "new"), Sound),
            ("to a joined RUN", "RUN a\nRUN b", "RUN a && b && new", [joins(1, 2), adds(2, "new")].concat(), Sound),
            (
                "in the middle of a joined RUN",
                "RUN a\nRUN b",
                "RUN a && new && b",
                [joins(1, 2), adds(1, "new")].concat(),
                Sound,
            ),
            ("not declared", "RUN a", "RUN a && new x", vec![], Damage),
            ("not done", "RUN a", "RUN a", adds(1, "new x"), Damage),
            ("another command", "RUN a", "RUN a && new y", adds(1, "new x"), Damage),
            ("another quoting", "RUN a", "RUN a && new '*'", adds(1, "new *"), Damage),
            ("twice", "RUN a", "RUN a && new && new", adds(1, "new"), Damage),
            ("in another RUN", "RUN a\nUSER u\nRUN b", "RUN a\nUSER u\nRUN b && new", adds(1, "new"), Damage),
            ("in an earlier RUN", "RUN a\nUSER u\nRUN b", "RUN a && new\nUSER u\nRUN b", adds(3, "new"), Damage),
            ("behind `;`", "RUN a", "RUN a; new", adds(1, "new"), Damage),
            ("behind `||`", "RUN a", "RUN a || new", adds(1, "new"), Damage),
            ("behind `||` of the RUN", "RUN a || b", "RUN a || b && new", adds(1, "new"), Sound),
            ("in front of `||`", "RUN a || b", "RUN a && new || b", adds(1, "new"), Damage),
            ("behind `&`", "RUN a &", "RUN a & new", adds(1, "new"), Damage),
            ("behind `|`", "RUN a", "RUN a | new", adds(1, "new"), Damage),
            ("in the background", "RUN a", "RUN a && new &", adds(1, "new"), Damage),
            ("in a condition", "RUN if a; then b; fi", "RUN if a && new; then b; fi", adds(1, "new"), Damage),
            ("in a branch", "RUN if a; then b; fi", "RUN if a; then b && new; fi", adds(1, "new"), Damage),
            (
                "in a loop",
                "RUN for i in a b; do c; done",
                "RUN for i in a b; do c && new; done",
                adds(1, "new"),
                Damage,
            ),
            ("in a pipeline", "RUN a | b", "RUN a | { b && new; }", adds(1, "new"), Damage),
            ("in a list", "RUN a; b", "RUN a && new; b", adds(1, "new"), Damage),
            ("in a function", "RUN f() { a; } && f", "RUN f() { a && new; } && f", adds(1, "new"), Damage),
            ("behind a comment", "RUN a # b", "RUN a # b && new", adds(1, "new"), Damage),
            ("where the folder changes", "RUN a && b", "RUN a && cd x && b", adds(1, "cd x"), Damage),
            ("as a RUN of its own", "RUN a", "RUN a\nRUN new", adds(1, "new"), Damage),
            ("that ends the script", "RUN a && b", "RUN a && exit 0 && b", adds(1, "exit 0"), Damage),
        ],
    );
}

#[test]
fn added_flags() {
    let twice = [flags(1, "-y", "b"), flags(1, "-y", "b")].concat();
    check(
        "FROM debian:12",
        &[
            ("where declared", "RUN a b c", "RUN a b -y c", flags(1, "-y", "b"), Sound),
            ("at the end", "RUN a b", "RUN a b -y", flags(1, "-y", "b"), Sound),
            ("in a branch", "RUN if a b; then c; fi", "RUN if a b -y; then c; fi", flags(1, "-y", "b"), Sound),
            ("on two commands", "RUN a b && a b", "RUN a b -y && a b -y", twice.clone(), Sound),
            ("not done", "RUN a b", "RUN a b", flags(1, "-y", "b"), Damage),
            ("one of two done", "RUN a b && a b", "RUN a b -y && a b", twice, Damage),
            ("once too often", "RUN a b && a b", "RUN a b -y && a b -y", flags(1, "-y", "b"), Damage),
            ("twice in a command", "RUN a b", "RUN a b -y -y", flags(1, "-y", "b"), Damage),
            ("another flag", "RUN a b", "RUN a b -z", flags(1, "-y", "b"), Damage),
            ("behind another word", "RUN a b c", "RUN a b c -y", flags(1, "-y", "b"), Damage),
            ("in front of the command", "RUN a b", "RUN -y a b", flags(1, "-y", "b"), Damage),
            ("in another RUN", "RUN a b\nUSER u\nRUN a b", "RUN a b\nUSER u\nRUN a b -y", flags(1, "-y", "b"), Damage),
            ("and a word lost", "RUN a b c", "RUN a b -y", flags(1, "-y", "b"), Damage),
            ("in a comment", "RUN a b # c", "RUN a b # -y c", flags(1, "-y", "b"), Damage),
        ],
    );
}

fn rewords(instruction: usize, before: &str, after: &str) -> Vec<Effect> {
    vec![Effect::ChangesCommand { instruction, before: before.to_owned(), after: after.to_owned() }]
}

#[test]
fn changed_commands() {
    let ab = || rewords(1, "a b", "a c");
    check(
        "FROM debian:12",
        &[
            ("as declared", "RUN a b", "RUN a c", ab(), Sound),
            ("in a condition", "RUN if a b; then d; fi", "RUN if a c; then d; fi", ab(), Sound),
            ("beside its equal", "RUN a b && a b", "RUN a c && a b", ab(), Sound),
            (
                "with its body",
                "RUN <<E\na b <<F\nx\nF\nE",
                "RUN <<E\na c <<F\nx\nF\nE",
                rewords(1, "a b <<F x\n", "a c <<F x\n"),
                Sound,
            ),
            (
                "with another body",
                "RUN <<E\na b <<F\nx\nF\nE",
                "RUN <<E\na c <<F\ny\nF\nE",
                rewords(1, "a b <<F x\n", "a c <<F x\n"),
                Damage,
            ),
            ("not done", "RUN a b", "RUN a b", ab(), Damage),
            ("done twice", "RUN a b && a b", "RUN a c && a c", ab(), Damage),
            ("another word", "RUN a b", "RUN a d", ab(), Damage),
            ("in a changed shell", "RUN cd x && a b", "RUN a c", ab(), Damage),
            ("under another operator", "RUN a b || d", "RUN a c && d", ab(), Damage),
            ("in another RUN", "RUN a b\nUSER u\nRUN a b", "RUN a b\nUSER u\nRUN a c", ab(), Damage),
        ],
    );
}

#[test]
fn dropped_commands() {
    let gone = || vec![Effect::DropsCommand { instruction: 1, command: "b".to_owned() }];
    check(
        "FROM debian:12",
        &[
            ("from a chain", "RUN a && b && c", "RUN a && c", gone(), Sound),
            ("at the start", "RUN b && c", "RUN c", gone(), Sound),
            ("at the end", "RUN a && b", "RUN a", gone(), Sound),
            ("not done", "RUN a && b", "RUN a && b", gone(), Damage),
            ("another one", "RUN a && b && c", "RUN a && b", gone(), Damage),
            ("two of them", "RUN a && b && b", "RUN a", gone(), Damage),
            ("with its condition", "RUN a || b && c", "RUN a && c", gone(), Damage),
            ("in a branch", "RUN if a; then b; c; fi", "RUN if a; then c; fi", gone(), Damage),
            ("before a `;`", "RUN b; c", "RUN c", gone(), Damage),
            ("at an end that stops less", "RUN set -e; a && c; b", "RUN set -e; a && c", gone(), Damage),
        ],
    );
}
