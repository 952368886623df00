//! A proposed change: edits, how safe they are here, and what they do to the meaning of the file.

use std::borrow::Cow;
use std::ops::Range;

use dopt_syntax::TextRange;

use crate::Split;

/// A replacement of one range of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub range: TextRange,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Edit {
    /// Inserts `text` at the byte offset `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Edit {
        Edit { range: TextRange::empty(at), replacement: text.into() }
    }

    /// Replaces `range` by `text`.
    pub fn replace(range: TextRange, text: impl Into<String>) -> Edit {
        Edit { range, replacement: text.into() }
    }
}

/// One change that belongs together: all of its edits or none.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What is done, for a report: half a sentence in the imperative.
    pub title: Cow<'static, str>,
    /// The place that a report points at.
    pub at: TextRange,
    /// How far it can be trusted here.
    pub safety: Safety,
    /// What it does to the meaning of the file; everything else must stay.
    pub effects: Vec<Effect>,
    /// The edits, in order and disjoint.
    pub edits: Vec<Edit>,
}

/// How far a fix can be trusted at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Every build that worked still works, and the image still does what it did.
    Safe,
    /// Probably wanted; the caveat has to be read first. Needs `--unsafe-fixes`.
    Unsafe {
        /// What may go wrong: one sentence.
        caveat: &'static str,
    },
    /// Shown, never written.
    Advice {
        /// Why it is not written: one sentence.
        caveat: &'static str,
    },
}

impl Safety {
    /// `safe`, `unsafe` or `advice`.
    pub fn name(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Unsafe { .. } => "unsafe",
            Safety::Advice { .. } => "advice",
        }
    }

    /// The sentence that has to be read first, where there is one.
    pub fn caveat(self) -> Option<&'static str> {
        match self {
            Safety::Safe => None,
            Safety::Unsafe { caveat } | Safety::Advice { caveat } => Some(caveat),
        }
    }
}

/// What a fix declares that it does. Instructions are counted in the text before the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The `RUN`s `first..=last` become one, their commands in order.
    JoinsRuns {
        /// The first of them.
        first: usize,
        /// The last of them.
        last: usize,
    },
    /// A command that is new, run only where all in front of it succeeded.
    AddsCommand {
        /// The `RUN` that gets it.
        instruction: usize,
        /// Its words as written, one blank between two.
        command: String,
    },
    /// A word that is new in a command.
    AddsFlag {
        /// The `RUN` of the command.
        instruction: usize,
        /// The word as written.
        flag: String,
        /// Behind which word of the command it stands (as written).
        behind: String,
    },
    /// A command whose words change.
    ChangesCommand {
        /// The `RUN` of the command.
        instruction: usize,
        /// Its words before, one blank between two.
        before: String,
        /// Its words afterwards.
        after: String,
    },
    /// A command that is gone, from a chain whose failure is that of the `RUN`.
    DropsCommand {
        /// The `RUN` that had it.
        instruction: usize,
        /// Its words, one blank between two.
        command: String,
    },
    /// An instruction that is gone.
    DropsInstruction {
        /// Which one.
        instruction: usize,
    },
    /// An instruction that is new.
    AddsInstruction {
        /// Behind which one it stands.
        behind: usize,
        /// Keyword, flags and arguments, one blank between the three. Of a `RUN` the commands, joined by ` && `.
        text: String,
    },
    /// An instruction other than `RUN` that stands further behind, its comments with it.
    MovesInstruction {
        /// Which one.
        instruction: usize,
        /// Behind which one it stands afterwards.
        behind: usize,
    },
    /// An instruction other than `RUN` that is written otherwise.
    ChangesInstruction {
        /// Which one.
        instruction: usize,
        /// Keyword, flags and arguments afterwards, continuations taken out, one blank between the three.
        after: String,
    },
    /// A `RUN` that gets other flags.
    ChangesFlags {
        /// The `RUN`.
        instruction: usize,
        /// All of its flags afterwards, one blank between two.
        after: String,
    },
    /// A reference to an image that gets a digest, or another one, and a tag where it had none or `latest`.
    Pins {
        /// The instruction; `None` for the line with `# syntax`.
        instruction: Option<usize>,
        /// The reference before.
        before: String,
        /// The reference afterwards.
        after: String,
    },
    /// The last stage becomes two: what builds, as it was, and what runs.
    SplitsStage(Split),
}

impl Effect {
    /// The instructions that it speaks of.
    pub fn instructions(&self) -> Range<usize> {
        match *self {
            Effect::JoinsRuns { first, last } => first..last + 1,
            Effect::AddsCommand { instruction, .. }
            | Effect::AddsFlag { instruction, .. }
            | Effect::ChangesCommand { instruction, .. }
            | Effect::DropsCommand { instruction, .. }
            | Effect::ChangesInstruction { instruction, .. }
            | Effect::ChangesFlags { instruction, .. }
            | Effect::DropsInstruction { instruction }
            | Effect::AddsInstruction { behind: instruction, .. }
            | Effect::Pins { instruction: Some(instruction), .. } => instruction..instruction + 1,
            Effect::MovesInstruction { instruction, behind } => instruction..behind + 1,
            Effect::Pins { instruction: None, .. } => 0..0,
            Effect::SplitsStage(Split { first, last, .. }) => first..last + 1,
        }
    }
}
