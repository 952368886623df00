//! The loop, with transforms that are made to misbehave. Conservation has a test of its own in `tests/`.

use dopt_model::NO_FACTS;
use dopt_syntax::TextRange;

use crate::{
    Bug, Edit, Effect, Fix, Options, Proposal, Refusal, Rewrite, Safety, Settings, Subject, Transform, Why, rewrite,
    unified_diff,
};

/// A transform that is asked about every file.
const fn transform(name: &'static str, propose: fn(&Subject<'_>) -> Vec<Proposal>) -> Transform {
    Transform {
        name,
        summary: "",
        manual: "",
        aliases: &["XX1"],
        triggers: &["FROM"],
        joint: false,
        never_safe: false,
        propose,
    }
}

fn run(text: &str, transforms: &[&'static Transform], unsafe_fixes: bool) -> Result<Rewrite, Bug> {
    rewrite(
        text,
        &Options { transforms, unsafe_fixes, inline_ignores: true, settings: Settings::default(), facts: &NO_FACTS },
    )
}

fn fix(edits: Vec<Edit>, safety: Safety, effects: Vec<Effect>) -> Fix {
    let at = edits.first().map_or(TextRange::empty(0), |edit| edit.range);
    Fix { title: "test".into(), at, safety, effects, edits }
}

/// Replaces every `old` in the text by `new`, one fix each.
fn replace(subject: &Subject<'_>, old: &str, new: &str, safety: Safety) -> Vec<Proposal> {
    let places = subject.document().text().match_indices(old);
    let edit = |at: usize| Edit::replace(TextRange::new(at, at + old.len()), new);
    places.map(|(at, _)| Ok(fix(vec![edit(at)], safety, Vec::new()))).collect()
}

static BLANKS: Transform = transform("one-blank", |subject| replace(subject, "  ", " ", Safety::Safe));
static ADD: Transform = transform("add-blank", |subject| replace(subject, "a b", "a  b", Safety::Safe));
static LOSE: Transform = transform("lose", |subject| replace(subject, "true && ", "", Safety::Safe));
static BREAK: Transform = transform("break", |subject| replace(subject, "RUN", "RUM", Safety::Safe));
static RISK: Transform =
    transform("risk", |subject| replace(subject, "  ", " ", Safety::Unsafe { caveat: "it may hurt" }));
static ADVISE: Transform =
    transform("advise", |subject| replace(subject, "  ", " ", Safety::Advice { caveat: "look yourself" }));
static REFUSE: Transform = transform("refuse", |subject| {
    let at = subject.document().text().find("true").unwrap_or_default();
    vec![Err(Refusal::new(TextRange::new(at, at + 4), Why::WordsUnknown))]
});

#[test]
fn passes_go_on_until_nothing_moves() {
    let found = run("FROM a\nRUN true    &&  true\n", &[&BLANKS], false).expect("nothing is lost");
    assert_eq!(found.after, "FROM a\nRUN true && true\n");
    assert!(found.changes.len() >= 3);
}

#[test]
fn transforms_that_undo_each_other_are_a_bug() {
    let found = run("FROM a\nRUN a  b\n", &[&BLANKS, &ADD], false).map(|found| found.after);
    assert_eq!(found, Err(Bug::Circle { rules: vec!["one-blank", "add-blank"] }));
}

#[test]
fn a_lost_command_is_a_bug() {
    match run("FROM a\nRUN true && ls\n", &[&LOSE], false) {
        Err(Bug::NotConserved { rule: "lose", violation }) => assert_eq!(violation.to_string(), "`true` became `ls`"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_problem_is_a_bug() {
    let found = run("FROM a\nRUN true\n", &[&BREAK], false).map(|found| found.after);
    assert_eq!(found, Err(Bug::NewProblem { rule: "break", problem: "this instruction is unknown" }));
}

#[test]
fn a_file_that_buildkit_rejects_stays_as_it_is() {
    let found = run("FROM a\nNOPE  b\n", &[&BLANKS], false).expect("a problem is no bug");
    assert_eq!((found.after.as_str(), found.problems.len()), ("FROM a\nNOPE  b\n", 1));
}

#[test]
fn unsafe_fixes_wait_until_they_are_asked_for_and_advice_is_never_written() {
    let text = "FROM a\nRUN true  && ls\n";
    let shown = run(text, &[&RISK], false).expect("nothing is lost");
    assert_eq!((shown.after.as_str(), shown.hidden.len()), (text, 1));
    assert_eq!(shown.hidden[0].safety.caveat(), Some("it may hurt"));
    assert_eq!(run(text, &[&RISK], true).expect("nothing is lost").after, "FROM a\nRUN true && ls\n");
    assert_eq!(run(text, &[&ADVISE], true).expect("nothing is lost").after, text);
}

#[test]
fn places_are_reported_where_they_stood_in_the_original_file() {
    let text = "FROM a\nRUN ls     &&   true\n";
    let found = run(text, &[&BLANKS, &REFUSE], false).expect("nothing is lost");
    assert_eq!(found.refusals[0].at.of(text), "true");
}

#[test]
fn comments_suppress_and_unneeded_ones_are_reported() {
    let cases = [
        ("FROM a\n# dopt: ignore=one-blank\nRUN true  && ls\n", true, 0),
        ("FROM a\n# dopt: ignore=one-blank reason=\"why not\"\nRUN true  && ls\n", true, 0),
        ("FROM a\n# dopt: ignore\nRUN true  && ls\n", true, 0),
        ("FROM a\n# dopt: ignore-file=other,one-blank\nRUN true\nRUN true  && ls\n", true, 0),
        ("FROM a\n# hadolint ignore=DL1,XX1\nRUN true  && ls\n", true, 0),
        ("FROM a\n# hadolint global ignore=XX1\nRUN true\nRUN true  && ls\n", true, 0),
        ("FROM a\n# check=skip=XX1\nRUN true  && ls\n", true, 0),
        ("# check=skip=XX1;error=true\nFROM a\nRUN true  && ls\n", true, 0),
        ("FROM a\n# dopt: ignore=other\nRUN true  && ls\n", false, 1),
        ("FROM a\n# dopt: ignore=one-blank\nRUN true\nRUN true  && ls\n", false, 1),
        ("FROM a\n# dopt: ignore=one-blank\n\nRUN true  && ls\n", false, 0),
    ];
    for (text, suppressed, unused) in cases {
        let found = run(text, &[&BLANKS], false).expect("nothing is lost");
        assert_eq!(found.after == text, suppressed, "{text}");
        assert_eq!(found.refusals.iter().any(|refused| refused.why == Why::SuppressedByComment), suppressed, "{text}");
        assert_eq!(found.unused_suppressions.len(), unused, "{text}");
    }
}

#[test]
fn diffs_name_odd_paths_as_git_does() {
    let header = |path: &str| {
        let diff = unified_diff("a\n", "b\n", path);
        diff.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(header("x/Dockerfile"), "--- a/x/Dockerfile");
    assert_eq!(header("a b"), "--- a/a b\t");
    assert_eq!(header("\"é"), "--- \"a/\\\"\\303\\251\"");
    assert_eq!(unified_diff("a\n", "a\n", "x"), "");
}
