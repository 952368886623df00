//! Why an image still runs as root.

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaysRoot {
    /// What a container starts needs root's rights, or changes to another user by itself.
    StartNeedsRoot {
        /// The first line of the instruction.
        line: usize,
        /// The program.
        program: String,
    },
    /// A container starts a script that cannot be looked into.
    StartUnseen {
        /// The first line of the instruction.
        line: usize,
    },
    /// The file makes a user, or gives files to one, and does not run as it.
    SetsUpUser {
        /// The first line of the instruction.
        line: usize,
    },
    /// Something lies in root's home folder, which nobody else may enter.
    HomeOfRoot {
        /// The first line of the instruction.
        line: usize,
    },
    /// A step makes files as root that the program may write to.
    MadeByRoot {
        /// The first line of the step.
        line: usize,
    },
    /// A step or a `COPY` lets root alone use files.
    OnlyRootMay {
        /// The first line of the instruction.
        line: usize,
    },
    /// The program writes where nobody but root may.
    WritesElsewhere {
        /// The place.
        path: String,
    },
    /// The base image is that of a service, which changes to a user of its own.
    ServiceImage,
    /// A `USER` says that it is to be root.
    AsksForRoot {
        /// The first line of the instruction.
        line: usize,
    },
    /// Files that cannot be given to another user.
    OwnerUnknown {
        /// The first line of the instruction.
        line: usize,
    },
    /// The stage goes on from another one of the file.
    GoesOn,
}

impl StaysRoot {
    /// The code for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            StaysRoot::StartNeedsRoot { .. } => "start-needs-root",
            StaysRoot::StartUnseen { .. } => "start-unseen",
            StaysRoot::SetsUpUser { .. } => "sets-up-user",
            StaysRoot::HomeOfRoot { .. } => "home-of-root",
            StaysRoot::MadeByRoot { .. } => "made-by-root",
            StaysRoot::OnlyRootMay { .. } => "only-root-may",
            StaysRoot::WritesElsewhere { .. } => "writes-elsewhere",
            StaysRoot::ServiceImage => "service-image",
            StaysRoot::AsksForRoot { .. } => "asks-for-root",
            StaysRoot::OwnerUnknown { .. } => "owner-unknown",
            StaysRoot::GoesOn => "goes-on",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            StaysRoot::StartNeedsRoot { line, .. }
            | StaysRoot::StartUnseen { line }
            | StaysRoot::SetsUpUser { line }
            | StaysRoot::HomeOfRoot { line }
            | StaysRoot::MadeByRoot { line }
            | StaysRoot::OnlyRootMay { line }
            | StaysRoot::AsksForRoot { line }
            | StaysRoot::OwnerUnknown { line } => Some(line),
            StaysRoot::WritesElsewhere { .. } | StaysRoot::ServiceImage | StaysRoot::GoesOn => None,
        }
    }

    /// One sentence without a full stop.
    pub(crate) fn sentence(&self) -> String {
        match self {
            StaysRoot::StartNeedsRoot { line, program } => format!(
                "line {line} starts {program}, which needs root's rights or files, or changes to another user by itself"
            ),
            StaysRoot::StartUnseen { line } => {
                format!("what line {line} starts cannot be looked into, and may need to be root")
            }
            StaysRoot::SetsUpUser { line } => {
                format!("line {line} speaks of another user, which the program may change to by itself")
            }
            StaysRoot::HomeOfRoot { line } => {
                format!("line {line} keeps something in root's home folder, which nobody else may enter")
            }
            StaysRoot::MadeByRoot { line } => {
                format!("line {line} makes files as root that the program may want to write to")
            }
            StaysRoot::OnlyRootMay { line } => format!("line {line} lets root alone use files"),
            StaysRoot::WritesElsewhere { path } => {
                format!("{path} is named, where nobody but root may write")
            }
            StaysRoot::ServiceImage => {
                "the base image is that of a service, which changes to a user of its own".to_owned()
            }
            StaysRoot::AsksForRoot { line } => format!("line {line} says that it is to be root"),
            StaysRoot::OwnerUnknown { line } => {
                format!("the files of line {line} cannot be given to another user by name")
            }
            StaysRoot::GoesOn => "the stage goes on from another one, which may have files for root alone".to_owned(),
        }
    }
}
