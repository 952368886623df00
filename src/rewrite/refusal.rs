//! Why a place was left alone: a code for machines and a sentence for people.

use dopt_model::{NotUnderstood, Question, Unanswered, Use};
use dopt_syntax::TextRange;

use crate::{Fix, NotFirst, NotPinned, NotSlim, NotSplit, StaysRoot};

/// What a transform says about one place.
pub type Proposal = Result<Fix, Refusal>;

/// A place that a transform left alone although there was something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The place.
    pub at: TextRange,
    /// The reason.
    pub why: Why,
}

impl Refusal {
    /// A refusal of a place.
    pub fn new(at: TextRange, why: Why) -> Refusal {
        Refusal { at, why }
    }
}

impl From<NotUnderstood> for Refusal {
    fn from(error: NotUnderstood) -> Self {
        Refusal { at: error.at, why: Why::NotUnderstood(error.why) }
    }
}

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The shell in a `RUN` cannot be read.
    NotUnderstood(&'static str),
    /// A comment forbids the transform here.
    SuppressedByComment,
    /// Two steps that both take time and have nothing to do with each other.
    BothExpensive,
    /// The configuration says that nothing is merged.
    MergingIsOff,
    /// `--mount`, `--network` or `--security` differ.
    FlagsDiffer,
    /// A `tmpfs` or a writable bind mount, whose content would pass from one step to the next.
    MountHoldsFiles,
    /// A step that leaves something in the shell that no subshell can keep from the next.
    ShellStateLeaks(&'static str),
    /// A step relies on `set -e`, which counts for nothing left of `&&`.
    ReliesOnErrexit,
    /// The base image may run its steps with `set -e`.
    UnknownShellOptions,
    /// A step starts a service that would still run in the next.
    StartsService,
    /// A step puts another program in the place of the shell.
    ReplacesShell,
    /// The shell reads start-up files, which a step may change for the next.
    ReadsStartupFiles,
    /// Joining would save no bytes and needs a subshell or braces.
    NotWorthWrapping,
    /// A step leaves a job in the background.
    LeavesJob,
    /// A step has no command at all.
    RunsNothing,
    /// A comment at the end of the shell text would swallow what follows.
    TrailingComment,
    /// A comment for another tool stands between the steps.
    DirectiveBetween,
    /// The step is a here-document.
    IsHeredoc,
    /// The joined step would be longer than a command line can be.
    TooLong,
    /// A later step may need what would be deleted, and cannot be looked into.
    LaterStepUnseen {
        /// The first line of the later step.
        line: usize,
    },
    /// A later step needs what would be deleted, and cannot be made independent of it.
    LaterStepNeedsIt {
        /// The first line of the later step.
        line: usize,
    },
    /// An `ONBUILD` trigger may need what would be deleted.
    TriggerMayNeedIt,
    /// The step does not run as root.
    NotRoot,
    /// The script ends before its last line, or in the background, so nothing can be put behind it.
    NoPlaceAtEnd,
    /// A comment stands above an instruction that would have to go.
    CommentAbove,
    /// A package is of little use without what it recommends.
    ReliesOnRecommends,
    /// Which version of a program runs is not known.
    VersionUnknown,
    /// The lockfile is not known to have what its manifest asks for.
    LockfileDiffers,
    /// The words of a command cannot be told before the build.
    WordsUnknown,
    /// The tool may be older than the option.
    ToolTooOld,
    /// A later step, or a container, works from what would be deleted.
    LaterStepWorksFromIt {
        /// The line of the later step.
        line: usize,
    },
    /// The file does not say what its containers start, so they may be there to work from what would be deleted.
    NoStartCommand,
    /// The cache is made of hard links of the files that were installed.
    SharesFiles,
    /// In which folder the cache lies is not known.
    FolderUnknown,
    /// A process that the step leaves behind may write into the cache while it is deleted.
    DaemonWrites,
    /// Nothing says that the builder knows cache mounts.
    MountsNotAllowed,
    /// A variable keeps the manager from using any cache.
    CacheSwitchedOff,
    /// The step works from what an earlier layer holds where the mount would lie.
    NeedsLowerLayer,
    /// What this step would keep in its mount, a later one without a mount would keep in its layer.
    LaterStepHasNoMount {
        /// The first line of the later step.
        line: usize,
    },
    /// The base image may have had the packages before the step installed them.
    BaseMayHaveIt,
    /// A clean-up in the step would empty the mount, and cannot be taken out.
    CleanupStays,
    /// The stage has a label of that name already.
    LabelExists,
    /// A part of the value looks like another `NAME=value`, which BuildKit does not read as one.
    LooksLikeAnotherPair,
    /// What looks like a comment at the end of the line is a part of the value.
    CommentInValue,
    /// The value has quotes and blanks, and no other way to write it is plain.
    QuotesMixed,
    /// Something else in the file names the files that would be deleted.
    NamedElsewhere {
        /// The line that names them.
        line: usize,
    },
    /// A user or a group that may be made between the `COPY` and the step that names it.
    UserMadeLater {
        /// The first line of what may make it.
        line: usize,
    },
    /// A folder has files of other origin, which only the step would reach.
    OtherFilesThere {
        /// The first line of the instruction that may put them there.
        line: usize,
    },
    /// A folder in which the base image may well have files of its own.
    BaseMayHaveFiles,
    /// A mode that depends on the one a file has already.
    ModeIsRelative,
    /// Files that are deleted in another layer than the one that has them.
    BytesStay {
        /// The first line of the instruction that made that layer.
        line: usize,
    },
    /// The image was built with the fix, and was not what it had been, or was not built at all.
    FailedInBuild,
    /// A reference keeps its tag.
    NotPinned(NotPinned),
    /// A stage that builds and runs stays one.
    NotSplit(NotSplit),
    /// A stage keeps its whole base image.
    NotSlim(NotSlim),
    /// The sources are copied before what they depend on is installed.
    NotFirst(NotFirst),
    /// An image still runs as root.
    StaysRoot(StaysRoot),
}

impl From<NotPinned> for Why {
    fn from(reason: NotPinned) -> Self {
        Why::NotPinned(reason)
    }
}

impl From<Unanswered> for Why {
    fn from(unanswered: Unanswered) -> Self {
        NotPinned::from(unanswered).into()
    }
}

impl From<Use> for Why {
    /// Where what would be deleted is used first.
    fn from(first: Use) -> Self {
        match first {
            Use::At(line) => Why::LaterStepWorksFromIt { line },
            Use::Unseen(line) => Why::LaterStepUnseen { line },
            Use::Trigger => Why::TriggerMayNeedIt,
            Use::NoStartCommand => Why::NoStartCommand,
        }
    }
}

impl Why {
    /// What has to be looked up before there is an answer.
    pub fn question(&self) -> Option<&Question> {
        match self {
            Why::NotPinned(NotPinned::NotLookedUp(question)) => Some(question),
            _ => None,
        }
    }

    /// Whether the folder that is built has to be read before there is an answer.
    pub fn wants_context(&self) -> bool {
        *self == Why::NotSplit(NotSplit::ContextNotRead)
    }

    /// Whether somebody was asked, or could not be asked, and gave no answer to build on.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Why::NotPinned(reason) if reason.is_unanswered())
    }

    /// The code for machines: stable, lower case, with hyphens.
    pub fn code(&self) -> &'static str {
        match self {
            Why::NotUnderstood(_) => "not-understood",
            Why::SuppressedByComment => "suppressed-by-comment",
            Why::BothExpensive => "both-expensive",
            Why::MergingIsOff => "merging-is-off",
            Why::FlagsDiffer => "flags-differ",
            Why::MountHoldsFiles => "mount-holds-files",
            Why::ShellStateLeaks(_) => "shell-state-leaks",
            Why::ReliesOnErrexit => "relies-on-errexit",
            Why::UnknownShellOptions => "unknown-shell-options",
            Why::StartsService => "starts-service",
            Why::ReplacesShell => "replaces-shell",
            Why::ReadsStartupFiles => "reads-startup-files",
            Why::NotWorthWrapping => "not-worth-wrapping",
            Why::LeavesJob => "leaves-job",
            Why::RunsNothing => "runs-nothing",
            Why::TrailingComment => "trailing-comment",
            Why::DirectiveBetween => "directive-between",
            Why::IsHeredoc => "is-heredoc",
            Why::TooLong => "too-long",
            Why::LaterStepUnseen { .. } => "later-step-unseen",
            Why::LaterStepNeedsIt { .. } => "later-step-needs-it",
            Why::TriggerMayNeedIt => "trigger-may-need-it",
            Why::NotRoot => "not-root",
            Why::NoPlaceAtEnd => "no-place-at-end",
            Why::CommentAbove => "comment-above",
            Why::ReliesOnRecommends => "relies-on-recommends",
            Why::VersionUnknown => "version-unknown",
            Why::LockfileDiffers => "lockfile-differs",
            Why::WordsUnknown => "words-unknown",
            Why::ToolTooOld => "tool-too-old",
            Why::LaterStepWorksFromIt { .. } => "later-step-works-from-it",
            Why::NoStartCommand => "no-start-command",
            Why::SharesFiles => "shares-files",
            Why::FolderUnknown => "folder-unknown",
            Why::DaemonWrites => "daemon-writes",
            Why::MountsNotAllowed => "mounts-not-allowed",
            Why::CacheSwitchedOff => "cache-switched-off",
            Why::NeedsLowerLayer => "needs-lower-layer",
            Why::LaterStepHasNoMount { .. } => "later-step-has-no-mount",
            Why::BaseMayHaveIt => "base-may-have-it",
            Why::CleanupStays => "cleanup-stays",
            Why::LabelExists => "label-exists",
            Why::LooksLikeAnotherPair => "looks-like-another-pair",
            Why::CommentInValue => "comment-in-value",
            Why::QuotesMixed => "quotes-mixed",
            Why::NamedElsewhere { .. } => "named-elsewhere",
            Why::UserMadeLater { .. } => "user-made-later",
            Why::OtherFilesThere { .. } => "other-files-there",
            Why::BaseMayHaveFiles => "base-may-have-files",
            Why::ModeIsRelative => "mode-is-relative",
            Why::BytesStay { .. } => "bytes-stay",
            Why::NotPinned(reason) => reason.code(),
            Why::NotSplit(reason) => reason.code(),
            Why::NotSlim(reason) => reason.code(),
            Why::NotFirst(reason) => reason.code(),
            Why::StaysRoot(reason) => reason.code(),
            Why::FailedInBuild => "failed-in-build",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            Why::LaterStepUnseen { line }
            | Why::LaterStepNeedsIt { line }
            | Why::LaterStepWorksFromIt { line }
            | Why::LaterStepHasNoMount { line }
            | Why::NamedElsewhere { line }
            | Why::UserMadeLater { line }
            | Why::OtherFilesThere { line }
            | Why::BytesStay { line } => Some(line),
            Why::NotPinned(reason) => reason.line(),
            Why::NotSplit(reason) => reason.line(),
            Why::NotSlim(reason) => reason.line(),
            Why::NotFirst(reason) => reason.line(),
            Why::StaysRoot(reason) => reason.line(),
            _ => None,
        }
    }

    /// One sentence without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Why::NotUnderstood(why) => format!("the step cannot be read: {why}"),
            Why::SuppressedByComment => "a comment says to leave it".to_owned(),
            Why::BothExpensive => {
                "both steps take time and are unrelated: merged, a change to one would repeat the other".to_owned()
            }
            Why::MergingIsOff => "the configuration says that nothing is merged".to_owned(),
            Why::FlagsDiffer => "the flags of the two steps differ".to_owned(),
            Why::MountHoldsFiles => "files in its mount would pass from one step to the next".to_owned(),
            Why::ShellStateLeaks(why) => format!("the step cannot share a shell with the next: {why}"),
            Why::ReliesOnErrexit => "the step relies on `set -e`, which has no effect left of `&&`".to_owned(),
            Why::UnknownShellOptions => {
                "the base image may run its steps with `set -e`, which has no effect left of `&&`".to_owned()
            }
            Why::StartsService => "the step starts a service, which would still run in the next".to_owned(),
            Why::ReplacesShell => "the step replaces the shell that the next one runs in".to_owned(),
            Why::ReadsStartupFiles => {
                "the shell reads files at its start that a step may change for the next".to_owned()
            }
            Why::NotWorthWrapping => "joined, the steps would need braces or a subshell and save no bytes".to_owned(),
            Why::LeavesJob => "one of the steps leaves a job in the background".to_owned(),
            Why::RunsNothing => "one of the steps has no command".to_owned(),
            Why::TrailingComment => "the comment at the end of its shell text would swallow the next step".to_owned(),
            Why::DirectiveBetween => "a comment between the steps speaks to another tool about the second".to_owned(),
            Why::IsHeredoc => "one of the steps is a here-document".to_owned(),
            Why::TooLong => "together the steps are longer than a command line can be".to_owned(),
            Why::LaterStepUnseen { line } => {
                format!("line {line} may need these files, and what it runs cannot be seen")
            }
            Why::LaterStepNeedsIt { line } => format!("line {line} needs these files and cannot fetch them itself"),
            Why::TriggerMayNeedIt => "an ONBUILD trigger may need these files".to_owned(),
            Why::NotRoot => "the step does not run as root, so it could not delete the files".to_owned(),
            Why::NoPlaceAtEnd => "nothing can be put behind the last command of the step".to_owned(),
            Why::CommentAbove => "the step should go, but a comment stands above it".to_owned(),
            Why::ReliesOnRecommends => "one of the packages is of little use without what it recommends".to_owned(),
            Why::VersionUnknown => "which version of the program runs here is not known".to_owned(),
            Why::LockfileDiffers => {
                "the lockfile is not known to have what package.json asks for, and npm ci fails without it".to_owned()
            }
            Why::WordsUnknown => "the words of the command are not known before the build".to_owned(),
            Why::ToolTooOld => "the tool may be older than the option".to_owned(),
            Why::LaterStepWorksFromIt { line } => format!("line {line} works from these files"),
            Why::NoStartCommand => {
                "the image may be there to build with: the file does not say what it starts".to_owned()
            }
            Why::SharesFiles => "the cache is hard links of what was installed: without it nothing is saved".to_owned(),
            Why::FolderUnknown => "in which folder of this image the cache lies is not known".to_owned(),
            Why::DaemonWrites => "a daemon that the step starts may still write there".to_owned(),
            Why::MountsNotAllowed => {
                "neither a `# syntax` line nor `allow-mounts` says that the builder knows mounts".to_owned()
            }
            Why::CacheSwitchedOff => "a variable keeps the manager from using a cache".to_owned(),
            Why::NeedsLowerLayer => {
                "the step may work from what an earlier layer holds, which the mount would hide".to_owned()
            }
            Why::LaterStepHasNoMount { line } => {
                format!("line {line} installs without a mount, and would keep its packages in its layer")
            }
            Why::BaseMayHaveIt => "the base image, or an earlier step, may have these packages already".to_owned(),
            Why::CleanupStays => "a clean-up in the step would empty the mount and cannot be taken out".to_owned(),
            Why::LabelExists => "the stage has a label of that name already".to_owned(),
            Why::LooksLikeAnotherPair => {
                "a part of the value looks like another variable, but is read as part of the value".to_owned()
            }
            Why::CommentInValue => "what looks like a comment at the end of the line is a part of the value".to_owned(),
            Why::QuotesMixed => "the value has quotes and blanks, and no other way to write it is plain".to_owned(),
            Why::NamedElsewhere { line } => format!("line {line} names the files that would be deleted"),
            Why::UserMadeLater { line } => {
                format!("line {line} may make this user or group, so a COPY in front of it cannot name them")
            }
            Why::OtherFilesThere { line } => {
                format!("line {line} may put other files there, which a flag of COPY does not reach")
            }
            Why::BaseMayHaveFiles => {
                "the base image may have files of its own there, which a flag of COPY does not reach".to_owned()
            }
            Why::ModeIsRelative => {
                "the mode adds to what each file has, which a flag of COPY cannot say everywhere".to_owned()
            }
            Why::BytesStay { line } => {
                format!("line {line} put these bytes into a layer of its own: deleting them here frees nothing")
            }
            Why::NotPinned(reason) => reason.sentence(),
            Why::NotSplit(reason) => reason.sentence(),
            Why::NotSlim(reason) => reason.sentence(),
            Why::NotFirst(reason) => reason.sentence(),
            Why::StaysRoot(reason) => reason.sentence(),
            Why::FailedInBuild => "with this fix the image does not build, or is not the same".to_owned(),
        }
    }
}
