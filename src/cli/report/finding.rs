//! One thing to say about a place in a file.

use dopt_rewrite::{Change, Refused, Rewrite, Safety, Suppression};
use dopt_syntax::{Problem, TextRange};

/// What BuildKit rejects: the name of such findings, and what they are.
pub const NOT_BUILDABLE: (&str, &str) = ("not-buildable", "the file cannot be built as it is");
/// Comments that do nothing, likewise.
pub const UNUSED_COMMENT: (&str, &str) = ("unused-comment", "a suppress comment forbids nothing");

/// Everything there is to say about places in a file, in the order of the file.
pub fn findings_of(rewrite: &Rewrite) -> Vec<Finding<'_>> {
    let problems = rewrite.problems.iter().map(Finding::Problem);
    let fixes = rewrite.changes.iter().chain(&rewrite.hidden).map(Finding::Fix);
    let left = rewrite.refusals.iter().map(Finding::Left);
    let unused = rewrite.unused_suppressions.iter().map(Finding::Unused);
    let mut all: Vec<_> = problems.chain(fixes).chain(left).chain(unused).collect();
    all.sort_by_key(Finding::at);
    all
}

/// One thing to say about a place.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'f> {
    /// What BuildKit rejects.
    Problem(&'f Problem),
    /// What can be done.
    Fix(&'f Change),
    /// What is left alone.
    Left(&'f Refused),
    /// A comment that forbids nothing.
    Unused(&'f Suppression),
}

/// How much somebody should mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something to think about: advice, and fixes that have to be thought about.
    Note,
    /// A safe fix, or a comment that does nothing.
    Warning,
    /// The file cannot be built.
    Error,
}

impl Finding<'_> {
    /// How much somebody should mind.
    pub fn level(&self) -> Level {
        match self {
            Finding::Problem(_) => Level::Error,
            Finding::Fix(Change { safety: Safety::Safe, .. }) | Finding::Unused(_) => Level::Warning,
            Finding::Fix(_) | Finding::Left(_) => Level::Note,
        }
    }

    /// The name under which it is filed: that of the transform, where there is one.
    pub fn id(&self) -> &'static str {
        match self {
            Finding::Problem(_) => NOT_BUILDABLE.0,
            Finding::Unused(_) => UNUSED_COMMENT.0,
            Finding::Fix(_) | Finding::Left(_) => self.rule().unwrap_or_default(),
        }
    }

    /// The message, with the sentence that has to be read first where there is one.
    pub fn message_with_caveat(&self) -> String {
        match self {
            Finding::Fix(Change { safety: Safety::Unsafe { caveat }, title, .. }) => {
                format!("{title} (unsafe: {caveat})")
            }
            Finding::Fix(Change { safety: Safety::Advice { caveat }, title, .. }) => {
                format!("{title} (advice: {caveat})")
            }
            _ => self.message(),
        }
    }

    /// The place.
    pub fn at(&self) -> TextRange {
        match self {
            Finding::Problem(problem) => problem.at,
            Finding::Fix(change) => change.at,
            Finding::Left(refused) => refused.at,
            Finding::Unused(comment) => comment.at,
        }
    }

    /// The transform it is about.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Finding::Fix(change) => Some(change.rule),
            Finding::Left(refused) => Some(refused.rule),
            Finding::Problem(_) | Finding::Unused(_) => None,
        }
    }

    /// What there is to say.
    pub fn message(&self) -> String {
        match self {
            Finding::Problem(problem) => problem.kind.message().to_owned(),
            Finding::Fix(change) => change.title.clone(),
            Finding::Left(refused) => refused.why.sentence(),
            Finding::Unused(_) => "this comment forbids nothing; delete it or mend its rule names".to_owned(),
        }
    }
}
