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

fn pins(instruction: Option<usize>, before: &str, after: &str) -> Vec<Effect> {
    vec![Effect::Pins { instruction, before: before.to_owned(), after: after.to_owned() }]
}

#[test]
fn pinned_references() {
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let (one, other) = (digest("1"), digest("2"));
    let (a, b) = (format!("a:1@{one}"), format!("b@{other}"));
    let text = |parts: [&str; 3]| parts.concat();
    let copied = text(["COPY --from=", &a, " /x /y"]);
    let mounted = text(["RUN --mount=from=", &a, ",target=/m --mount=target=/n,from=b ls"]);
    let mounted_both = mounted.replace("from=b", &format!("from={b}"));
    let both = [pins(Some(1), "a:1", &a), pins(Some(1), "b", &b)].concat();
    let untold = mounted.replace("ls", "ls /m");
    let moved = text(["COPY --from=", &a, " /x /z"]);
    let unread = text(["RUN --mount=from=", &a, " if; x"]);
    check(
        "FROM debian:12",
        &[
            ("a copy", "COPY --from=a:1 /x /y", &copied, pins(Some(1), "a:1", &a), Sound),
            ("a copy that nobody declared", "COPY --from=a:1 /x /y", &copied, vec![], Damage),
            ("a copy of another instruction", "COPY --from=a:1 /x /y", &copied, pins(Some(0), "a:1", &a), Damage),
            ("another digest than declared", "COPY --from=a:1 /x /y", &copied, pins(Some(1), "a:1", &b), Damage),
            ("a digest that is none", "FROM a:1", "FROM a:1@sha256:1", pins(Some(1), "a:1", "a:1@sha256:1"), Damage),
            (
                "another tag",
                "FROM a:1",
                &text(["FROM a:2@", &one, ""]),
                pins(Some(1), "a:1", &a.replace(":1", ":2")),
                Damage,
            ),
            ("a place that changed too", "COPY --from=a:1 /x /y", &moved, pins(Some(1), "a:1", &a), Damage),
            (
                "one of two mounts",
                "RUN --mount=from=a:1,target=/m --mount=target=/n,from=b ls",
                &mounted,
                pins(Some(1), "a:1", &a),
                Sound,
            ),
            (
                "both mounts",
                "RUN --mount=from=a:1,target=/m --mount=target=/n,from=b ls",
                &mounted_both,
                both.clone(),
                Sound,
            ),
            (
                "one mount of two declared", "RUN --mount=from=a:1,target=/m --mount=target=/n,from=b ls", &mounted,
                both, Damage,
            ),
            (
                "a command that changed too",
                "RUN --mount=from=a:1,target=/m --mount=target=/n,from=b ls",
                &untold,
                pins(Some(1), "a:1", &a),
                Damage,
            ),
            ("a step that cannot be read", "RUN --mount=from=a:1 if; x", &unread, pins(Some(1), "a:1", &a), Sound),
            (
                "a version for no tag",
                "FROM b AS b",
                &text(["FROM b:3@", &other, " AS b"]),
                pins(Some(1), "b", &format!("b:3@{other}")),
                Sound,
            ),
            ("another name", "FROM b AS b", &text(["FROM ", &b, " AS c"]), pins(Some(1), "b", &b), Damage),
            (
                "a new digest",
                &copied,
                &copied.replace(&one, &other),
                pins(Some(1), &a, &a.replace(&one, &other)),
                Sound,
            ),
        ],
    );
    let syntax = |reference: &str| format!("# syntax={reference}\n# hello\nFROM scratch");
    check(
        "# escape=`",
        &[
            ("the frontend", &syntax("a:1"), &syntax(&a), pins(None, "a:1", &a), Sound),
            ("a frontend that nobody declared", &syntax("a:1"), &syntax(&a), vec![], Damage),
            ("a frontend that stayed", &syntax("a:1"), &syntax("a:1"), pins(None, "a:1", &a), Damage),
            ("another comment", &syntax("a:1"), &syntax(&a).replace("hello", "bye"), pins(None, "a:1", &a), Damage),
            (
                "a comment that looks like it",
                "# x\n# syntax=a:1\nFROM scratch",
                &text(["# x\n# syntax=", &a, "\nFROM scratch"]),
                pins(None, "a:1", &a),
                Damage,
            ),
        ],
    );
}
