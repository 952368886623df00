//! Floor 2: from proposals to a new file.
//!
//! Transforms propose; [`rewrite`] applies, reads the new text again and holds every fix to what it declared.
//! No transform lives here, and nothing here knows a package manager.

mod alone;
mod applied;
mod bigrams;
mod choose;
mod conserve;
mod diff;
mod fix;
mod image_sites;
mod not_first;
mod not_pinned;
mod not_slim;
mod not_split;
mod partly_variable;
mod pass;
mod pinning;
mod placement;
mod refusal;
mod reword;
mod split;
mod stays_root;
mod style;
mod suppress;
mod trace;
mod transform;

#[cfg(test)]
mod tests;

pub use alone::rewrite_alone;
pub use choose::{Choice, Judge, Offer};
pub use conserve::{Violation, conserves};
pub use diff::{Hunk, LineChange, edits_between, hunks, line_changes, lines, unified_diff, unified_diff_of_new};
pub use fix::{Edit, Effect, Fix, Safety};
pub use image_sites::{CheckedPlatforms, ImageSite, image_sites};
pub use not_first::NotFirst;
pub use not_pinned::NotPinned;
pub use not_slim::NotSlim;
pub use not_split::NotSplit;
pub use partly_variable::PartlyVariable;
pub use pass::{rewrite, rewrite_as, rewrite_without};
pub use pinning::{ImageGlob, PinPolicy, Pinning};
pub use placement::{
    append_command, insert_command, is_decisive, prepend_command, remove_command, remove_commands, remove_instruction,
    remove_lines,
};
pub use refusal::{Proposal, Refusal, Why};
pub use reword::{Reword, add_flag};
pub use split::{Carried, Restart, Split};
pub use stays_root::StaysRoot;
pub use style::{Style, cased_like};
pub use suppress::{Suppression, SuppressionSource, is_directive_comment};
pub use trace::instruction_text;
pub use transform::{Subject, Transform};

use dopt_model::Facts;
use dopt_syntax::{Problem, TextRange};

/// What a user chose, as far as transforms care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// When neighbouring `RUN`s are joined.
    pub merge: Merge,
    /// Whether stages that end up in no image are worked on too.
    pub all_stages: bool,
    /// What becomes of the caches of package managers.
    pub strategies: Strategies,
    /// Whether the builder is known to understand `RUN --mount`, whatever the file says.
    pub mounts: bool,
    /// How references to images are pinned; `None` where they are not.
    pub pin: Option<Pinning>,
    /// What the stage starts from that is split off to run.
    pub split: SplitBase,
    /// What is done about images that run as root.
    pub non_root: NonRoot,
    /// Whether advice is given that many files would get.
    pub tells_commonplace: bool,
}

/// What is done about images that run as root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonRoot {
    /// Nothing, without a word: most images do.
    #[default]
    Silent,
    /// It is told where a user could be given to them.
    Told,
    /// They get one, or there is a reason: somebody asked for it by name.
    Wanted,
}

/// What the stage starts from that is split off to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplitBase {
    /// The image that the build image was made from.
    Same,
    /// The slim image of the same release.
    #[default]
    Slim,
    /// An image without a shell where the program needs none.
    Minimal,
}

impl Settings {
    /// Whether the caches of some package managers are to be mounted.
    pub fn mounts_somewhere(&self) -> bool {
        let own = self.strategies.own.iter().map(|(_, strategy)| strategy);
        own.chain([&self.strategies.default]).any(|strategy| *strategy == Strategy::CacheMount)
    }

    /// What becomes of the caches of a package manager.
    pub fn strategy(&self, manager: &str) -> Strategy {
        let own = self.strategies.own.iter().rev().find(|(name, _)| name == manager);
        own.map_or(self.strategies.default, |(_, strategy)| *strategy)
    }
}

/// What becomes of the caches, for all package managers and for some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strategies {
    /// That of all others.
    pub default: Strategy,
    /// By the name of the manager; the last one counts.
    pub own: Vec<(String, Strategy)>,
}

/// What becomes of the cache of a package manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// It is not made, or deleted in the layer that made it.
    #[default]
    Clean,
    /// It lies in a cache mount that builds share and no layer holds.
    CacheMount,
}

/// When neighbouring `RUN`s are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merge {
    /// Where it saves bytes or costs no build cache.
    #[default]
    Auto,
    /// Wherever it is exact.
    All,
    /// Nowhere.
    Never,
}

/// Which transforms run, and how.
#[derive(Clone, Debug)]
pub struct Options<'o> {
    /// The transforms, in the order of the catalog.
    pub transforms: &'o [&'static Transform],
    /// Whether unsafe fixes are applied too.
    pub unsafe_fixes: bool,
    /// Whether suppress comments count.
    pub inline_ignores: bool,
    /// The rest.
    pub settings: Settings,
    /// What was looked up.
    pub facts: &'o Facts,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The new text; equal to the old one where there are no changes.
    pub after: String,
    /// The fixes that were applied, in the order of the original file.
    pub changes: Vec<Change>,
    /// The fixes that were not applied because they are not safe, or advice only.
    pub hidden: Vec<Change>,
    /// The places that were left alone, in the order of the original file.
    pub refusals: Vec<Refused>,
    /// What BuildKit rejects in the original file. Such a file is never changed.
    pub problems: Vec<Problem>,
    /// Suppress comments of ours that name an unknown transform or suppressed nothing.
    pub unused_suppressions: Vec<Suppression>,
}

/// A fix, for reports. Ranges count in the original text.
#[derive(Clone, Debug)]
pub struct Change {
    /// The transform's name.
    pub rule: &'static str,
    /// What is done: half a sentence in the imperative.
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// The place it is about.
    pub at: TextRange,
}

/// A fix that somebody has tried, and that is not to be applied again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The transform's name.
    pub rule: &'static str,
    /// Where its place starts in the original text.
    pub at: usize,
}

/// A refusal, for reports. Ranges count in the original text.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The transform's name.
    pub rule: &'static str,
    /// The place.
    pub at: TextRange,
    /// The reason.
    pub why: Why,
}

/// A mistake of ours that was caught: the file has to stay as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The transforms undo each other's work.
    Circle {
        /// The transforms that changed the text in this pass.
        rules: Vec<&'static str>,
    },
    /// The new text has a problem that the old one had not.
    NewProblem {
        /// The transform.
        rule: &'static str,
        /// The problem's message.
        problem: &'static str,
    },
    /// The new text does something else than the old one and the declared effects.
    NotConserved {
        /// The transform.
        rule: &'static str,
        /// What differs.
        violation: Violation,
    },
}

impl std::fmt::Display for Bug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bug::Circle { rules } => write!(f, "{} undo each other's work", rules.join(" and ")),
            Bug::NewProblem { rule, problem } => write!(f, "{rule} would break the file: {problem}"),
            Bug::NotConserved { rule, violation } => write!(f, "{rule} would change what the file does: {violation}"),
        }
    }
}

impl std::error::Error for Bug {}
