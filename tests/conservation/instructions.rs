//! `ChangesInstruction` and `ChangesFlags`: exactly that instruction, exactly those words.

use super::*;

fn rewrites(instruction: usize, after: &str) -> Vec<Effect> {
    vec![Effect::ChangesInstruction { instruction, after: after.to_owned() }]
}

fn mounts(instruction: usize, after: &str) -> Vec<Effect> {
    vec![Effect::ChangesFlags { instruction, after: after.to_owned() }]
}

#[test]
fn changed_instructions() {
    let copy = || rewrites(1, "COPY a b");
    check(
        "FROM debian:12",
        &[
            ("as declared", "ADD a b", "COPY a b", copy(), Sound),
            ("with another layout", "ADD a \\\n  b", "COPY a \\\n  b", rewrites(1, "COPY a   b"), Sound),
            ("not done", "ADD a b", "ADD a b", copy(), Damage),
            ("another word", "ADD a b", "COPY a c", copy(), Damage),
            ("a flag more", "ADD a b", "COPY --link a b", copy(), Damage),
            ("another instruction", "ADD a b\nADD a b", "ADD a b\nCOPY a b", copy(), Damage),
            ("two of them", "ADD a b\nADD a b", "COPY a b\nCOPY a b", copy(), Damage),
            ("and a RUN with it", "ADD a b\nRUN c", "COPY a b\nRUN d", copy(), Damage),
            ("and it is gone", "ADD a b\nRUN c", "RUN c", copy(), Damage),
        ],
    );
}

#[test]
fn changed_flags() {
    let cache = "--mount=type=cache,target=/a";
    let mounted = &*format!("RUN {cache} b");
    let more = &*format!("RUN --network=none {cache} b");
    let otherwise = &*format!("RUN {cache} c");
    let second = &*format!("RUN b\nUSER u\nRUN {cache} b");
    check(
        "FROM debian:12",
        &[
            ("as declared", "RUN b", mounted, mounts(1, cache), Sound),
            ("beside others", "RUN --network=none b", more, mounts(1, &format!("--network=none {cache}")), Sound),
            ("not done", "RUN b", "RUN b", mounts(1, cache), Damage),
            ("another target", "RUN b", mounted, mounts(1, "--mount=type=cache,target=/b"), Damage),
            (
                "and the others lost",
                "RUN --network=none b",
                mounted,
                mounts(1, &format!("--network=none {cache}")),
                Damage,
            ),
            ("and another command", "RUN b", otherwise, mounts(1, cache), Damage),
            ("on another RUN", "RUN b\nUSER u\nRUN b", second, mounts(1, cache), Damage),
        ],
    );
}
