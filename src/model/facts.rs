//! What the file does not say: the questions that transforms have, and the answers that somebody with a network gave.
//!
//! Nothing here asks anybody. A transform that misses a fact refuses with its [`Question`]; the edge answers the
//! questions of all files, each once, and rewrites again.

use std::collections::BTreeMap;
use std::fmt;

use crate::context::ContextFact;
use crate::{Digest, ImageName, Platform, Service};

/// What a transform wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Which digest an image has.
    Image(ImageName),
    /// The same, and for which platforms it is.
    Platforms(ImageName),
    /// Which digest it had when it was looked up last; no registry is asked.
    Locked(ImageName),
}

/// The answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    images: BTreeMap<ImageName, Result<ImageFact, Unanswered>>,
    /// Why nobody says for which platforms an image is, where that alone is not known.
    without_platforms: BTreeMap<ImageName, Unanswered>,
    /// What is known of the folder that is built.
    pub context: ContextFact,
    /// What compose files start in containers of what is built; known where the folder is.
    pub services: Vec<Service>,
}

/// No answer to any question.
pub static NO_FACTS: Facts = Facts {
    images: BTreeMap::new(),
    without_platforms: BTreeMap::new(),
    context: ContextFact::NotAsked,
    services: Vec::new(),
};

/// Platforms, each with the digest of its image where that is known.
pub type PlatformDigests = Vec<(Platform, Option<Digest>)>;

/// What a registry says of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFact {
    /// The digest of what its name stands for.
    pub digest: Digest,
    /// Whether that is an index of images for several platforms; else it is one image.
    pub is_index: bool,
    /// The platforms, without attestations, and the digests of their images where these are known; `None` where nobody
    /// looked.
    pub platforms: Option<PlatformDigests>,
    /// For `latest`: the version tag that has the same digest.
    pub version: Option<String>,
    /// How many seconds ago this was looked up.
    pub age: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// What kind of failure it was.
    pub kind: NoAnswer,
    /// The end of a sentence that starts with the registry or the image: who said what.
    pub message: String,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unanswered {}

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The registry cannot be reached, or not in time, or only over a connection that is not allowed.
    Unreachable,
    /// The registry wants other credentials, or none that are known.
    Denied,
    /// The registry has no such image.
    NotFound,
    /// The registry gave an answer that cannot be trusted.
    Malformed,
    /// Nobody may be asked, and the lockfile does not know it.
    NotLocked,
}

impl Facts {
    /// What is known of an image; `None` where nobody asked.
    pub fn image(&self, name: &ImageName) -> Option<&Result<ImageFact, Unanswered>> {
        self.images.get(name)
    }

    /// For which platforms an image is, with the digests of its images where these are known; `None` where nobody asked.
    pub fn platforms(&self, name: &ImageName) -> Option<Result<&PlatformDigests, &Unanswered>> {
        match self.images.get(name)? {
            Ok(ImageFact { platforms: Some(platforms), .. }) => Some(Ok(platforms)),
            Ok(_) => self.without_platforms.get(name).map(Err),
            Err(unanswered) => Some(Err(unanswered)),
        }
    }

    /// Whether a question has its answer.
    pub fn answers(&self, question: &Question) -> bool {
        match question {
            Question::Platforms(name) => self.platforms(name).is_some(),
            Question::Image(name) | Question::Locked(name) => self.image(name).is_some(),
        }
    }

    /// The same, and this of the folder that is built.
    #[must_use]
    pub fn with_context(&self, context: ContextFact) -> Facts {
        Facts { context, ..self.clone() }
    }

    /// The same, and these services.
    #[must_use]
    pub fn with_services(&self, services: Vec<Service>) -> Facts {
        Facts { services, ..self.clone() }
    }

    /// Takes in that nobody says for which platforms an image is.
    pub fn insert_without_platforms(&mut self, name: ImageName, why: Unanswered) {
        self.without_platforms.insert(name, why);
    }

    /// Takes an answer in; it counts instead of an earlier one.
    pub fn insert(&mut self, name: ImageName, answer: Result<ImageFact, Unanswered>) {
        self.images.insert(name, answer);
    }
}

impl Question {
    /// The image that it is about.
    pub fn name(&self) -> &ImageName {
        match self {
            Question::Image(name) | Question::Platforms(name) | Question::Locked(name) => name,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Image(name) => write!(f, "the digest of {name}"),
            Question::Platforms(name) => write!(f, "the platforms of {name}"),
            Question::Locked(name) => write!(f, "the age of {name}"),
        }
    }
}
