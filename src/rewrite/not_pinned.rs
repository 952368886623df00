//! Why a reference to an image keeps its tag, or its old digest.

use dopt_model::{NoAnswer, Question, Unanswered};

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPinned {
    /// Nobody was asked yet what a transform wants to know.
    NotLookedUp(Question),
    /// The registry cannot be reached.
    RegistryUnreachable(String),
    /// The registry wants other credentials.
    RegistryDenied(String),
    /// The registry has no such image.
    ImageNotFound(String),
    /// The registry gave an answer that cannot be trusted.
    RegistryMisbehaves(String),
    /// The network may not be used, and the lockfile does not have the image.
    NotInLockfile(String),
    /// The image is not there for a platform that is asked for.
    PlatformMissing(String),
    /// What stands there is no reference to an image.
    NotAReference,
    /// A variable is a part of the reference, or stands for it where there is no default to pin.
    PartIsVariable,
    /// The variable that holds the reference is used for something else too.
    VariableUsedElsewhere {
        /// The first line of the other use.
        line: usize,
    },
    /// The configuration says that a build gives this name to files of its own.
    IsNamedContext,
    /// The configuration says that these images are not pinned.
    KeptByPolicy,
    /// An `ONBUILD` trigger runs in another file, whose stages may have that name.
    RunsInAnotherFile,
    /// A pinned reference without a tag, which says no name to look up anew.
    DigestWithoutTag,
    /// The digest was looked up longer ago than `--max-age` allows.
    PinIsStale(String),
    /// When the digest was looked up is not known.
    PinAgeUnknown,
}

impl From<Unanswered> for NotPinned {
    fn from(unanswered: Unanswered) -> Self {
        let Unanswered { kind, message } = unanswered;
        match kind {
            NoAnswer::Unreachable => NotPinned::RegistryUnreachable(message),
            NoAnswer::Denied => NotPinned::RegistryDenied(message),
            NoAnswer::NotFound => NotPinned::ImageNotFound(message),
            NoAnswer::Malformed => NotPinned::RegistryMisbehaves(message),
            NoAnswer::NotLocked => NotPinned::NotInLockfile(message),
        }
    }
}

impl NotPinned {
    /// Whether somebody was asked, or could not be asked, and gave no answer to build on.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(
            self,
            NotPinned::NotLookedUp(_)
                | NotPinned::RegistryUnreachable(_)
                | NotPinned::RegistryDenied(_)
                | NotPinned::ImageNotFound(_)
                | NotPinned::RegistryMisbehaves(_)
                | NotPinned::NotInLockfile(_)
        )
    }

    /// The code for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            NotPinned::NotLookedUp(_) => "not-looked-up",
            NotPinned::RegistryUnreachable(_) => "registry-unreachable",
            NotPinned::RegistryDenied(_) => "registry-denied",
            NotPinned::ImageNotFound(_) => "image-not-found",
            NotPinned::RegistryMisbehaves(_) => "registry-misbehaves",
            NotPinned::NotInLockfile(_) => "not-in-lockfile",
            NotPinned::PlatformMissing(_) => "platform-missing",
            NotPinned::NotAReference => "not-a-reference",
            NotPinned::PartIsVariable => "part-is-variable",
            NotPinned::VariableUsedElsewhere { .. } => "variable-used-elsewhere",
            NotPinned::IsNamedContext => "is-named-context",
            NotPinned::KeptByPolicy => "kept-by-policy",
            NotPinned::RunsInAnotherFile => "runs-in-another-file",
            NotPinned::DigestWithoutTag => "digest-without-tag",
            NotPinned::PinIsStale(_) => "pin-is-stale",
            NotPinned::PinAgeUnknown => "pin-age-unknown",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            NotPinned::VariableUsedElsewhere { line } => Some(line),
            _ => None,
        }
    }

    /// One sentence without a full stop.
    pub(crate) fn sentence(&self) -> String {
        match self {
            NotPinned::NotLookedUp(question) => format!("nobody has looked up {question} yet"),
            NotPinned::RegistryUnreachable(said)
            | NotPinned::RegistryDenied(said)
            | NotPinned::ImageNotFound(said)
            | NotPinned::RegistryMisbehaves(said)
            | NotPinned::NotInLockfile(said)
            | NotPinned::PlatformMissing(said)
            | NotPinned::PinIsStale(said) => said.clone(),
            NotPinned::NotAReference => "this is no reference that a registry would take".to_owned(),
            NotPinned::PartIsVariable => {
                "the reference depends on a variable: with a digest behind it, --build-arg would change nothing"
                    .to_owned()
            }
            NotPinned::VariableUsedElsewhere { line } => {
                format!("line {line} uses the variable too, which would then hold the digest there")
            }
            NotPinned::IsNamedContext => {
                "the configuration says that builds replace this name by files of their own".to_owned()
            }
            NotPinned::KeptByPolicy => "the configuration says that this image is not pinned".to_owned(),
            NotPinned::RunsInAnotherFile => {
                "the trigger runs in another Dockerfile, where this may be the name of a stage".to_owned()
            }
            NotPinned::DigestWithoutTag => "no tag says which name the digest was looked up by".to_owned(),
            NotPinned::PinAgeUnknown => "the lockfile does not say when this digest was looked up".to_owned(),
        }
    }
}
