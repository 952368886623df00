//! Who decides, fix by fix, what is applied: everything, all but a few, or what a person says.

use dopt_model::Stages;
use dopt_syntax::{Document, TextRange};

use crate::applied::{apply, edits_of};
use crate::pass::apply_and_check;
use crate::{Edit, Effect, Fix, Rejected, Transform, Why};

/// Decides on fixes. The same offer has to get the same answer, for the loop may make it more than once.
pub trait Judge {
    /// What is to become of a fix.
    fn choose(&self, offer: &Offer<'_>) -> Choice;

    /// Hears of a fix that is being applied, in the order in which they are.
    fn applied(&self, _offer: &Offer<'_>) {}
}

/// What is to become of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is applied.
    Take,
    /// Its place is left alone, and the reports say why, where there is a reason.
    Leave(Option<Why>),
    /// Its parts are offered one by one; the whole, where it has none.
    Split,
}

/// A fix, and the text that it is for.
#[derive(Clone, Copy)]
pub struct Offer<'o> {
    /// Whose fix it is.
    pub transform: &'static Transform,
    /// The fix. Its ranges count in the present text.
    pub fix: &'o Fix,
    /// Its place in the original text.
    pub at: TextRange,
    stages: &'o Stages<'o>,
    in_original: &'o dyn Fn(TextRange) -> TextRange,
}

impl<'o> Offer<'o> {
    pub(crate) fn new(
        transform: &'static Transform,
        fix: &'o Fix,
        stages: &'o Stages<'o>,
        in_original: &'o dyn Fn(TextRange) -> TextRange,
    ) -> Offer<'o> {
        Offer { transform, fix, at: in_original(fix.at), stages, in_original }
    }

    /// The present text: the original with what was applied so far.
    pub fn document(&self) -> &'o Document {
        self.stages.document()
    }

    /// The present text with this fix alone.
    pub fn after(&self) -> String {
        apply(self.document().text(), &edits_of(&[self.fix]))
    }

    /// Where its edits are, in the original text.
    pub fn places(&self) -> Vec<TextRange> {
        self.fix.edits.iter().map(|edit| (self.in_original)(edit.range)).collect()
    }

    /// The fixes that it consists of, where each of them can stand alone; empty where it is one.
    pub fn parts(&self) -> Vec<Fix> {
        let parts = parts(self.fix, self.document());
        let holds = |part: &Fix| apply_and_check(self.transform, self.stages, &[part]).is_ok();
        if parts.iter().all(holds) { parts } else { Vec::new() }
    }
}

/// Only what joins several `RUN`s can be done in part: what other fixes do in several places, they do because each of
/// them needs the others.
fn parts(fix: &Fix, document: &Document) -> Vec<Fix> {
    let [Effect::JoinsRuns { first, last }] = fix.effects[..] else { return Vec::new() };
    let seams = last - first;
    // What opens and closes a group has edits of its own, which are for all of the commands in it.
    if seams < 2 || fix.edits.len() != seams || fix.edits.iter().any(|edit| edit.range.is_empty()) {
        return Vec::new();
    }
    let instructions = document.instructions();
    let part = |(at, edit): (usize, &Edit)| {
        let (left, right) = (&instructions[first + at], &instructions[first + at + 1]);
        Fix {
            title: format!("join the RUNs of lines {} and {}", left.first_line, right.first_line).into(),
            at: left.keyword_range.cover(right.range),
            safety: fix.safety,
            effects: vec![Effect::JoinsRuns { first: first + at, last: first + at + 1 }],
            edits: vec![edit.clone()],
        }
    };
    fix.edits.iter().enumerate().map(part).collect()
}

/// Takes everything but a few fixes that somebody has tried.
pub struct Without<'r>(pub &'r [Rejected]);

impl Judge for Without<'_> {
    fn choose(&self, offer: &Offer<'_>) -> Choice {
        let fix = Rejected { rule: offer.transform.name, at: offer.at.start() };
        if self.0.contains(&fix) { Choice::Leave(Some(Why::FailedInBuild)) } else { Choice::Take }
    }
}
