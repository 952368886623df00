//! The last guard: whatever a transform breaks, `conserves` finds it, and it lets through what breaks nothing.
//!
//! Each row is a file before and after a rewrite, what the rewrite declares, and whether that is the whole truth.
//! Every text stands behind a `FROM`, which is instruction 0.

use dopt_model::Stages;
use dopt_rewrite::{Effect, conserves};
use dopt_syntax::Document;

use Verdict::{Damage, Sound};

/// What a rewrite did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// What it declared, and nothing else.
    Sound,
    /// More or less than it declared.
    Damage,
}

/// Name, text before, text after, declared effects, verdict.
type Row = (&'static str, &'static str, &'static str, Vec<Effect>, Verdict);

fn joins(first: usize, last: usize) -> Vec<Effect> {
    vec![Effect::JoinsRuns { first, last }]
}

fn adds(instruction: usize, command: &str) -> Vec<Effect> {
    vec![Effect::AddsCommand { instruction, command: command.to_owned() }]
}

fn flags(instruction: usize, flag: &str, behind: &str) -> Vec<Effect> {
    vec![Effect::AddsFlag { instruction, flag: flag.to_owned(), behind: behind.to_owned() }]
}

fn drops(instruction: usize) -> Vec<Effect> {
    vec![Effect::DropsInstruction { instruction }]
}

#[test]
fn nothing_declared() {
    check(
        "FROM debian:12",
        &[
            ("nothing done", "RUN a && b", "RUN a && b", vec![], Sound),
            ("another layout", "RUN a && b", "RUN a \\\n    && b", vec![], Sound),
            ("needless braces", "RUN a && b", "RUN { a && b; }", vec![], Sound),
            ("command lost", "RUN a && b && c", "RUN a && c", vec![], Damage),
            ("last command lost", "RUN a && b", "RUN a", vec![], Damage),
            ("only command lost", "RUN a", "RUN :", vec![], Damage),
            ("command duplicated", "RUN a && b", "RUN a && b && b", vec![], Damage),
            ("commands reordered", "RUN a && b", "RUN b && a", vec![], Damage),
            ("command added", "RUN a", "RUN a && b", vec![], Damage),
            ("word lost", "RUN a b c", "RUN a c", vec![], Damage),
            ("words swapped", "RUN a b c", "RUN a c b", vec![], Damage),
            ("flag lost", "RUN a -y b", "RUN a b", vec![], Damage),
            ("flag added", "RUN a b", "RUN a -y b", vec![], Damage),
            ("quotes lost", "RUN a \"b  c\"", "RUN a b  c", vec![], Damage),
            ("quotes changed", "RUN a \"$B\"", "RUN a '$B'", vec![], Damage),
            ("backslash lost", "RUN a b\\ c", "RUN a b c", vec![], Damage),
            ("redirection lost", "RUN a > b", "RUN a", vec![], Damage),
            ("redirection to another file", "RUN a > b", "RUN a > c", vec![], Damage),
            ("redirection that appends", "RUN a > b", "RUN a >> b", vec![], Damage),
            ("redirections swapped", "RUN a > b 2>&1", "RUN a 2>&1 > b", vec![], Damage),
            ("redirection of a block lost", "RUN { a; b; } > c", "RUN { a; b; }", vec![], Damage),
            ("assignment lost", "RUN A=1 b", "RUN b", vec![], Damage),
            ("assignment that stays", "RUN A=1 b && c", "RUN A=1 && b && c", vec![], Damage),
            ("`&&` to `;`", "RUN a && b", "RUN a; b", vec![], Damage),
            ("`&&` to `||`", "RUN a && b", "RUN a || b", vec![], Damage),
            ("`;` to `&&`", "RUN a; b", "RUN a && b", vec![], Damage),
            ("`||` to `&&`", "RUN a || b", "RUN a && b", vec![], Damage),
            ("`||` to `;`", "RUN a || b", "RUN a; b", vec![], Damage),
            ("`||` that reaches less far", "RUN a && b || c", "RUN a && { b || c; }", vec![], Damage),
            ("`|` to `&&`", "RUN a | b", "RUN a && b", vec![], Damage),
            ("`|` to `||`", "RUN a | b", "RUN a || b", vec![], Damage),
            ("part of a pipeline lost", "RUN a | b | c", "RUN a | c", vec![], Damage),
            ("`!` lost", "RUN ! a", "RUN a", vec![], Damage),
            ("`!` added", "RUN a && b", "RUN a && ! b", vec![], Damage),
            ("put into the background", "RUN a", "RUN a &", vec![], Damage),
            ("taken out of the background", "RUN a & b", "RUN a; b", vec![], Damage),
            ("subshell that keeps a change in", "RUN cd a && b", "RUN (cd a) && b", vec![], Damage),
            ("subshell lost", "RUN (cd a && b) && c", "RUN cd a && b && c", vec![], Damage),
            ("subshell in a list lost", "RUN (cd a; b); c", "RUN cd a; b; c", vec![], Damage),
            ("condition lost", "RUN if a; then b; fi", "RUN a && b", vec![], Damage),
            ("branches swapped", "RUN if a; then b; else c; fi", "RUN if a; then c; else b; fi", vec![], Damage),
            ("branch lost", "RUN if a; then b; else c; fi", "RUN if a; then b; fi", vec![], Damage),
            ("moved out of a condition", "RUN if a; then b; c; fi", "RUN if a; then b; fi; c", vec![], Damage),
            ("`while` to `until`", "RUN while a; do b; done", "RUN until a; do b; done", vec![], Damage),
            ("word of a loop lost", "RUN for i in a b; do c; done", "RUN for i in a; do c; done", vec![], Damage),
            ("loop lost", "RUN for i in a b; do c; done", "RUN c", vec![], Damage),
            ("variable of a loop", "RUN for i in a b; do c; done", "RUN for j in a b; do c; done", vec![], Damage),
            ("pattern lost", "RUN case a in b|c) d;; esac", "RUN case a in b) d;; esac", vec![], Damage),
            ("arms swapped", "RUN case a in b) c;; d) e;; esac", "RUN case a in b) e;; d) c;; esac", vec![], Damage),
            ("body of a function", "RUN f() { a; b; } && f", "RUN f() { a; } && f", vec![], Damage),
            ("name of a function", "RUN f() { a; } && f", "RUN g() { a; } && f", vec![], Damage),
            ("inside of a substitution", "RUN a $(b; c)", "RUN a $(b)", vec![], Damage),
            ("`set -e` lost", "RUN set -e; a; b", "RUN a; b", vec![], Damage),
            ("`set -e` too late", "RUN set -e; a; b", "RUN a; set -e; b", vec![], Damage),
            ("`set -e` in a subshell", "RUN set -e; a; b", "RUN (set -e); a; b", vec![], Damage),
        ],
    );
}

#[test]
fn joined_runs() {
    let twice = [joins(1, 2), joins(4, 5)].concat();
    check(
        "FROM debian:12",
        &[
            ("two commands", "RUN a\nRUN b", "RUN a \\\n    && b", joins(1, 2), Sound),
            ("three commands", "RUN a\nRUN b\nRUN c", "RUN a && b && c", joins(1, 3), Sound),
            ("two joins", "RUN a\nRUN b\nUSER u\nRUN c\nRUN d", "RUN a && b\nUSER u\nRUN c && d", twice, Sound),
            ("folder kept apart", "RUN cd a && b\nRUN c", "RUN (cd a && b) && c", joins(1, 2), Sound),
            ("folder of the last one", "RUN a\nRUN cd b && c", "RUN a && cd b && c", joins(1, 2), Sound),
            ("list in braces", "RUN a; b\nRUN c", "RUN { a; b; } && c", joins(1, 2), Sound),
            ("last list in braces", "RUN a\nRUN b; c", "RUN a && { b; c; }", joins(1, 2), Sound),
            ("choice in braces", "RUN a\nRUN b || c", "RUN a && { b || c; }", joins(1, 2), Sound),
            ("choice in front", "RUN a || b\nRUN c", "RUN a || b && c", joins(1, 2), Sound),
            ("list in front: `;` reaches as far", "RUN a; b\nRUN c", "RUN a; b && c", joins(1, 2), Sound),
            ("comment carried along", "RUN a\n# b\nRUN c", "RUN a \\\n    # b\n    && c", joins(1, 2), Sound),
            (
                "the same flags",
                "RUN --network=none a\nRUN --network=none b",
                "RUN --network=none a && b",
                joins(1, 2),
                Sound,
            ),
            ("not declared", "RUN a\nRUN b", "RUN a && b", vec![], Damage),
            ("not done", "RUN a\nRUN b", "RUN a\nRUN b", joins(1, 2), Damage),
            ("more than declared", "RUN a\nRUN b\nRUN c", "RUN a && b && c", joins(1, 2), Damage),
            ("others than declared", "RUN a\nRUN b\nRUN c", "RUN a && b\nRUN c", joins(2, 3), Damage),
            ("command lost", "RUN a\nRUN b\nRUN c", "RUN a && c", joins(1, 3), Damage),
            ("command duplicated", "RUN a\nRUN b", "RUN a && b && b", joins(1, 2), Damage),
            ("reordered", "RUN a\nRUN b", "RUN b && a", joins(1, 2), Damage),
            ("joined by `;`", "RUN a\nRUN b", "RUN a; b", joins(1, 2), Damage),
            ("joined by `||`", "RUN a\nRUN b", "RUN a || b", joins(1, 2), Damage),
            ("joined by `|`", "RUN a\nRUN b", "RUN a | b", joins(1, 2), Damage),
            ("joined by `&`", "RUN a\nRUN b", "RUN a & b", joins(1, 2), Damage),
            ("joined by a blank", "RUN a\nRUN b", "RUN a b", joins(1, 2), Damage),
            ("last list without braces", "RUN a\nRUN b; c", "RUN a && b; c", joins(1, 2), Damage),
            ("middle list without braces", "RUN a\nRUN b; c\nRUN d", "RUN a && b; c && d", joins(1, 3), Damage),
            ("choice without braces", "RUN a\nRUN b || c", "RUN a && b || c", joins(1, 2), Damage),
            ("middle choice without braces", "RUN a\nRUN b || c\nRUN d", "RUN a && b || c && d", joins(1, 3), Damage),
            ("braces that reach too far", "RUN a; b\nRUN c; d", "RUN { a; b && c; d; }", joins(1, 2), Damage),
            ("folder leaks", "RUN cd a && b\nRUN c", "RUN cd a && b && c", joins(1, 2), Damage),
            ("folder leaks out of braces", "RUN cd a; b\nRUN c", "RUN { cd a; b; } && c", joins(1, 2), Damage),
            (
                "folder leaks out of a condition",
                "RUN if a; then cd b; fi\nRUN c",
                "RUN if a; then cd b; fi && c",
                joins(1, 2),
                Damage,
            ),
            (
                "folder leaks out of a loop",
                "RUN while a; do cd b; done\nRUN c",
                "RUN while a; do cd b; done && c",
                joins(1, 2),
                Damage,
            ),
            ("variable leaks", "RUN A=1\nRUN b", "RUN A=1 && b", joins(1, 2), Damage),
            ("export leaks", "RUN export A=1\nRUN b", "RUN export A=1 && b", joins(1, 2), Damage),
            ("default leaks", "RUN a ${A:=1}\nRUN b", "RUN a ${A:=1} && b", joins(1, 2), Damage),
            ("calculation leaks", "RUN a $((A=1))\nRUN b", "RUN a $((A=1)) && b", joins(1, 2), Damage),
            ("input leaks", "RUN read A < b\nRUN c", "RUN read A < b && c", joins(1, 2), Damage),
            (
                "loop variable leaks",
                "RUN for i in a b; do c; done\nRUN d",
                "RUN for i in a b; do c; done && d",
                joins(1, 2),
                Damage,
            ),
            ("mask leaks", "RUN umask 077 && a\nRUN b", "RUN umask 077 && a && b", joins(1, 2), Damage),
            ("option leaks", "RUN set -x && a\nRUN b", "RUN set -x && a && b", joins(1, 2), Damage),
            ("parameters leak", "RUN set -- a\nRUN b", "RUN set -- a && b", joins(1, 2), Damage),
            ("function leaks", "RUN f() { a; }; f\nRUN b", "RUN { f() { a; }; f; } && b", joins(1, 2), Damage),
            ("trap leaks", "RUN trap a EXIT\nRUN b", "RUN trap a EXIT && b", joins(1, 2), Damage),
            ("exit leaks", "RUN a || exit 0\nRUN b", "RUN { a || exit 0; } && b", joins(1, 2), Damage),
            ("exec leaks", "RUN a && exec b\nRUN c", "RUN a && exec b && c", joins(1, 2), Damage),
            ("open files leak", "RUN exec > a\nRUN b", "RUN exec > a && b", joins(1, 2), Damage),
            ("file of commands leaks", "RUN . a\nRUN b", "RUN . a && b", joins(1, 2), Damage),
            ("computed command leaks", "RUN eval \"$A\"\nRUN b", "RUN eval \"$A\" && b", joins(1, 2), Damage),
            ("command in a variable leaks", "RUN $A b\nRUN c", "RUN $A b && c", joins(1, 2), Damage),
            ("`set -e` left of `&&`", "RUN set -e; a; b\nRUN c", "RUN (set -e; a; b) && c", joins(1, 2), Damage),
            (
                "`set -e` in a substitution",
                "RUN a $(set -e; b; c)\nRUN d",
                "RUN a $(set -e; b; c) && d",
                joins(1, 2),
                Damage,
            ),
            ("`set -e` in braces", "RUN set -e; a; b\nRUN c", "RUN { set -e; a; b; } && c", joins(1, 2), Damage),
            ("`set -eu` left of `&&`", "RUN set -eu; a; b\nRUN c", "RUN (set -eu; a; b) && c", joins(1, 2), Damage),
            (
                "trap on errors left of `&&`",
                "RUN trap a ERR; b\nRUN c",
                "RUN (trap a ERR; b) && c",
                joins(1, 2),
                Damage,
            ),
            ("waits in the background", "RUN a &\nRUN b", "RUN a & b", joins(1, 2), Damage),
            ("background reaches further", "RUN a\nRUN b &", "RUN a && b &", joins(1, 2), Damage),
            ("behind a comment", "RUN a # b\nRUN c", "RUN a # b && c", joins(1, 2), Damage),
            ("behind a comment, no joint", "RUN a # b\nRUN c", "RUN a # b", joins(1, 2), Damage),
            ("comment lost", "RUN a\n# b\nRUN c", "RUN a && c", joins(1, 2), Damage),
            ("one of two comments lost", "RUN a\n# b\n# c\nRUN d", "RUN a \\\n    # c\n    && d", joins(1, 2), Damage),
            ("comments swapped", "RUN a\n# b\n# c\nRUN d", "RUN a \\\n    # c\n    # b\n    && d", joins(1, 2), Damage),
            ("comment behind the last command", "RUN a\n# b\nRUN c", "RUN a && c # b", joins(1, 2), Sound),
            ("comment inside lost", "RUN a \\\n    # b\n    && c\nRUN d", "RUN a && c && d", joins(1, 2), Damage),
            ("mount lost", "RUN --mount=type=cache,target=/a b\nRUN c", "RUN b && c", joins(1, 2), Damage),
            (
                "mount spread",
                "RUN a\nRUN --mount=type=cache,target=/b c",
                "RUN --mount=type=cache,target=/b a && c",
                joins(1, 2),
                Damage,
            ),
            (
                "other flags on the right",
                "RUN --network=none a\nRUN b",
                "RUN --network=none a && b",
                joins(1, 2),
                Damage,
            ),
            ("network lost on both", "RUN --network=none a\nRUN --network=none b", "RUN a && b", joins(1, 2), Damage),
            (
                "flag becomes text",
                "RUN --network=none a\nRUN --network=none b",
                "RUN --network=none a && --network=none b",
                joins(1, 2),
                Damage,
            ),
            ("over USER", "RUN a\nUSER u\nRUN b", "RUN a && b\nUSER u", joins(1, 3), Damage),
            ("over WORKDIR", "RUN a\nWORKDIR /w\nRUN b", "RUN a && b\nWORKDIR /w", joins(1, 3), Damage),
            ("over ENV", "RUN a\nENV A=1\nRUN b", "RUN a && b\nENV A=1", joins(1, 3), Damage),
            ("over ARG", "RUN a\nARG A=1\nRUN b", "ARG A=1\nRUN a && b", joins(1, 3), Damage),
            (
                "over SHELL",
                "RUN a\nSHELL [\"bash\", \"-c\"]\nRUN b",
                "SHELL [\"bash\", \"-c\"]\nRUN a && b",
                joins(1, 3),
                Damage,
            ),
            ("over COPY", "RUN a\nCOPY b c\nRUN d", "COPY b c\nRUN a && d", joins(1, 3), Damage),
            ("over FROM", "RUN a\nFROM b\nRUN c", "FROM b\nRUN a && c", joins(1, 3), Damage),
            ("in exec form", "RUN [\"a\"]\nRUN [\"b\"]", "RUN [\"a\"] && [\"b\"]", joins(1, 2), Damage),
            ("a here-document of one line", "RUN <<E\na\nE\nRUN b", "RUN a && b", joins(1, 2), Sound),
            ("a here-document of two lines", "RUN <<E\na\nb\nE\nRUN c", "RUN a && b && c", joins(1, 2), Damage),
            ("substitution of two", "RUN a $(b; c)\nRUN d", "RUN a $(b; c) && d", joins(1, 2), Sound),
        ],
    );
}

#[test]
fn runs_joined_in_shells_that_stop() {
    let rows = [
        ("chain", "RUN a && b\nRUN c", "RUN a && b && c", joins(2, 3), Sound),
        ("last list", "RUN a\nRUN b; c", "RUN a && { b; c; }", joins(2, 3), Sound),
        ("list as a chain", "RUN a; b", "RUN a && b", vec![], Sound),
        ("list", "RUN a; b\nRUN c", "RUN { a; b; } && c", joins(2, 3), Damage),
        ("condition", "RUN if a; then b; c; fi\nRUN d", "RUN if a; then b; c; fi && d", joins(2, 3), Damage),
        ("loop", "RUN for i in a; do b; c; done\nRUN d", "RUN (for i in a; do b; c; done) && d", joins(2, 3), Damage),
        ("function", "RUN f() { a; b; }; f\nRUN c", "RUN (f() { a; b; }; f) && c", joins(2, 3), Damage),
        ("subshell", "RUN (a; b)\nRUN c", "RUN (a; b) && c", joins(2, 3), Damage),
        ("substitution", "RUN a $(b; c)\nRUN d", "RUN a $(b; c) && d", joins(2, 3), Damage),
        ("substitution in a value", "RUN A=$(b; c)\nRUN d", "RUN (A=$(b; c)) && d", joins(2, 3), Damage),
    ];
    check("FROM debian:12\nSHELL [\"sh\", \"-e\", \"-c\"]", &rows);
    check("FROM example.com/which-may-have-such-a-shell\nUSER root", &rows[3..]);
}

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

#[test]
fn other_instructions() {
    check(
        "FROM debian:12",
        &[
            ("dropped as declared", "RUN a\nLABEL b=c", "RUN a", drops(2), Sound),
            ("RUN dropped as declared", "RUN a\nUSER u\nRUN b", "RUN a\nUSER u", drops(3), Sound),
            ("dropped", "RUN a\nLABEL b=c", "RUN a", vec![], Damage),
            ("RUN dropped", "RUN a\nUSER u\nRUN b", "RUN a\nUSER u", vec![], Damage),
            ("another one dropped", "LABEL a=b\nLABEL c=d", "LABEL a=b", drops(1), Damage),
            ("not dropped", "RUN a\nLABEL b=c", "RUN a\nLABEL b=c", drops(2), Damage),
            ("two dropped", "LABEL a=b\nLABEL c=d", "", drops(1), Damage),
            ("inserted", "RUN a", "RUN a\nUSER u", vec![], Damage),
            ("RUN inserted", "RUN a", "RUN a\nRUN b", vec![], Damage),
            ("RUN cut in two", "RUN a && b", "RUN a\nRUN b", vec![], Damage),
            ("reordered", "COPY a b\nRUN c", "RUN c\nCOPY a b", vec![], Damage),
            ("COPY: source", "COPY a b", "COPY c b", vec![], Damage),
            ("COPY: flag lost", "COPY --chown=a b c", "COPY b c", vec![], Damage),
            ("COPY: flag added", "COPY a b", "COPY --link a b", vec![], Damage),
            ("COPY to ADD", "COPY a b", "ADD a b", vec![], Damage),
            ("COPY: body", "COPY <<E a\nb\nE", "COPY <<E a\nc\nE", vec![], Damage),
            ("ENV: value", "ENV A=b", "ENV A=c", vec![], Damage),
            ("ENV: quotes", "ENV A=\"$B\"", "ENV A='$B'", vec![], Damage),
            ("USER", "USER a", "USER b", vec![], Damage),
            ("WORKDIR", "WORKDIR /a", "WORKDIR /b", vec![], Damage),
            ("CMD: form", "CMD [\"a\"]", "CMD a", vec![], Damage),
            ("HEALTHCHECK", "HEALTHCHECK CMD a", "HEALTHCHECK NONE", vec![], Damage),
            ("ONBUILD", "ONBUILD RUN a && b", "ONBUILD RUN a", vec![], Damage),
            ("RUN: exec form", "RUN [\"a\", \"b\"]", "RUN [\"a\"]", vec![], Damage),
            ("RUN: to exec form", "RUN a b", "RUN [\"a\", \"b\"]", vec![], Damage),
            ("RUN: mount lost", "RUN --mount=type=cache,target=/a b", "RUN b", vec![], Damage),
            (
                "RUN: mounts swapped",
                "RUN --mount=target=/a --mount=target=/b c",
                "RUN --mount=target=/b --mount=target=/a c",
                vec![],
                Damage,
            ),
            ("RUN: command in a body", "RUN <<E\na\nb\nE", "RUN <<E\na\nE", vec![], Damage),
            ("RUN: indented body", "RUN <<E\na 'b\nc'\nE", "RUN <<E\na 'b\n  c'\nE", vec![], Damage),
            ("RUN: body and more", "RUN a <<E\nb\nE", "RUN a <<E\nc\nE", vec![], Damage),
            ("RUN: body without an end at failures", "RUN <<E\na\nb\nE", "RUN <<E\na && b\nE", vec![], Damage),
            ("RUN: body that is Python", "RUN <<E python\na\nE", "RUN <<E python\nb\nE", vec![], Damage),
            (
                "RUN: body with another interpreter",
                "RUN <<E\n#!/bin/x\na\nE",
                "RUN <<E\n#!/bin/y\na\nE",
                vec![],
                Damage,
            ),
            ("stage: image", "FROM a", "FROM b", vec![], Damage),
            ("stage: name", "FROM a AS b", "FROM a AS c", vec![], Damage),
            ("stage: name lost", "FROM a AS b", "FROM a", vec![], Damage),
            ("stage: platform", "FROM --platform=linux/amd64 a", "FROM a", vec![], Damage),
            (
                "stages swapped",
                "FROM a AS b\nRUN c\nFROM d AS e\nRUN f",
                "FROM d AS e\nRUN f\nFROM a AS b\nRUN c",
                vec![],
                Damage,
            ),
            ("RUN in another stage", "FROM a\nRUN b\nFROM c\nUSER d", "FROM a\nFROM c\nRUN b\nUSER d", vec![], Damage),
            ("comment lost", "# a\nRUN b", "RUN b", vec![], Damage),
            ("comment added", "RUN a", "# b\nRUN a", vec![], Damage),
            ("comment changed", "# a\nRUN b", "# c\nRUN b", vec![], Damage),
            ("comment behind a command lost", "RUN a # b", "RUN a", vec![], Damage),
            ("comment in a body lost", "RUN <<E\n# a\nb\nE", "RUN <<E\nb\nE", vec![], Damage),
            ("command becomes a comment", "RUN a && b", "RUN a # && b", vec![], Damage),
            ("comment becomes a command", "RUN a # && b", "RUN a && b", vec![], Damage),
        ],
    );
}

fn check(head: &str, rows: &[Row]) {
    let mut wrong = String::new();
    for (name, before, after, effects, verdict) in rows {
        let read = |text: &str| Document::parse(format!("{head}\n{text}\n"));
        let (old, new) = (read(before), read(after));
        assert!(
            old.problems().is_empty() && new.problems().is_empty(),
            "{name}: {:?} {:?}",
            old.problems(),
            new.problems()
        );
        let found = conserves(&Stages::of(&old), &Stages::of(&new), effects);
        if found.is_ok() != (*verdict == Sound) {
            wrong += &format!("{name}: {verdict:?}, but {found:?}\n{before}\n--- becomes\n{after}\n\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
