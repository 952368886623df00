//! Why a stage was not split into a builder and a runtime stage.

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSplit {
    /// Nobody has looked into the folder that is built.
    ContextNotRead,
    /// Which program containers start, and which step writes it, is not known.
    UnknownArtefact,
    /// Containers start a shell, a tool of the build, or a script.
    RuntimeShellout,
    /// Containers start something that starts several others.
    MultiService,
    /// The health check runs what only the build image has.
    HealthCheckNeedsTools,
    /// A step installs packages that the program may need when it runs.
    AptRuntimeLibsUnknown {
        /// The first line of the step.
        line: usize,
    },
    /// A step may leave files that the program needs.
    WritesOutsideWorkdir {
        /// The first line of the step.
        line: usize,
    },
    /// Files are copied among those of the base image, from where they cannot be told apart.
    FolderTooWide {
        /// The first line of the instruction that copies them.
        line: usize,
    },
    /// A path, or what is copied there, is not known before the build.
    PathUnknown {
        /// The first line of the instruction.
        line: usize,
    },
    /// The owner or the mode of files is set, which a copy from another stage may not keep.
    OwnerMayChange {
        /// The first line of the instruction that sets it.
        line: usize,
    },
    /// A volume lies over what is built.
    VolumeUnderBuild,
    /// The base image has triggers.
    OnbuildBase,
    /// The base image is none whose contents are known.
    BaseUnknown,
    /// The program is linked with the libraries of a release that the tag does not tell.
    ReleaseUnknown,
    /// An instruction uses a variable that only the build image sets.
    BaseVariable {
        /// The first line of the instruction.
        line: usize,
    },
    /// The user is not one that every image has, or the build does not run as root.
    UserUnknown,
    /// Steps are run by something that is no POSIX shell.
    NonPosixShell,
    /// There are several stages already.
    SeveralStages,
    /// What a step installs is not known: its list is not in the context, or cannot be read.
    RequirementsUnknown {
        /// The first line of the step.
        line: usize,
    },
    /// What a package needs when it runs, or where it puts its files, is not known.
    PackageUnknown {
        /// Its name.
        name: String,
    },
    /// A compose file, or that of a host, starts something in containers of the image that may need the rest of it.
    ServiceStartsMore {
        /// The file that says so.
        file: String,
    },
    /// Nothing would be left behind. There is nothing to do, and nothing is said.
    NothingLeftBehind,
}

impl NotSplit {
    /// The code for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            NotSplit::ContextNotRead => "context-not-read",
            NotSplit::UnknownArtefact => "unknown-artefact",
            NotSplit::RuntimeShellout => "runtime-shellout",
            NotSplit::MultiService => "multi-service",
            NotSplit::HealthCheckNeedsTools => "health-check-needs-tools",
            NotSplit::AptRuntimeLibsUnknown { .. } => "apt-runtime-libs-unknown",
            NotSplit::WritesOutsideWorkdir { .. } => "writes-outside-workdir",
            NotSplit::FolderTooWide { .. } => "folder-too-wide",
            NotSplit::PathUnknown { .. } => "path-unknown",
            NotSplit::OwnerMayChange { .. } => "owner-may-change",
            NotSplit::VolumeUnderBuild => "volume-under-build",
            NotSplit::OnbuildBase => "onbuild-base",
            NotSplit::BaseUnknown => "base-unknown",
            NotSplit::ReleaseUnknown => "release-unknown",
            NotSplit::BaseVariable { .. } => "base-variable",
            NotSplit::UserUnknown => "user-unknown",
            NotSplit::NonPosixShell => "non-posix-shell",
            NotSplit::SeveralStages => "several-stages",
            NotSplit::RequirementsUnknown { .. } => "requirements-unknown",
            NotSplit::PackageUnknown { .. } => "package-unknown",
            NotSplit::ServiceStartsMore { .. } => "service-starts-more",
            NotSplit::NothingLeftBehind => "nothing-left-behind",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            NotSplit::AptRuntimeLibsUnknown { line }
            | NotSplit::WritesOutsideWorkdir { line }
            | NotSplit::FolderTooWide { line }
            | NotSplit::PathUnknown { line }
            | NotSplit::OwnerMayChange { line }
            | NotSplit::RequirementsUnknown { line }
            | NotSplit::BaseVariable { line } => Some(line),
            _ => None,
        }
    }

    /// One sentence without a full stop.
    pub(crate) fn sentence(&self) -> String {
        let text = match self {
            NotSplit::ContextNotRead => {
                "what lies in the folder that is built decides, and nobody has looked into it; name it with `--context`"
            }
            NotSplit::UnknownArtefact => {
                "the program that containers start is none that a step is known to build; name it with `go build -o` \
                 and start it by that path"
            }
            NotSplit::RuntimeShellout => {
                "containers start a shell, a script or a tool of the build, which may need the rest of the image"
            }
            NotSplit::MultiService => "containers start a supervisor, which starts others",
            NotSplit::HealthCheckNeedsTools => "the health check may need tools that only the build image has",
            NotSplit::AptRuntimeLibsUnknown { line } => {
                return format!("line {line} installs packages that the program may need when it runs");
            }
            NotSplit::WritesOutsideWorkdir { line } => {
                return format!("line {line} may leave files that the program needs, and where is not known");
            }
            NotSplit::FolderTooWide { line } => {
                return format!(
                    "line {line} copies files among those of the base image, where they are not told apart"
                );
            }
            NotSplit::PathUnknown { line } => {
                return format!("the paths of line {line} are not known before the build");
            }
            NotSplit::OwnerMayChange { line } => {
                return format!("line {line} sets an owner or a mode, which another stage may not get");
            }
            NotSplit::VolumeUnderBuild => "a volume lies over what is built",
            NotSplit::OnbuildBase => "the base image has ONBUILD triggers, which are not seen here",
            NotSplit::BaseUnknown => "what the base image has besides the tools of its language is not known",
            NotSplit::ReleaseUnknown => {
                "the program needs the release, or the version of Java, that it is built on, which the tag does not tell; \
                 name it in the tag, or say CGO_ENABLED=0 where Go is built"
            }
            NotSplit::BaseVariable { line } => {
                return format!("line {line} uses a variable that only the build image sets");
            }
            NotSplit::UserUnknown => "a user is needed that not every image has",
            NotSplit::NonPosixShell => "steps are run by something that is no POSIX shell",
            NotSplit::SeveralStages => "the file has several stages, and the last one still builds",
            NotSplit::RequirementsUnknown { line } => {
                return format!("what line {line} installs is not listed in the folder that is built");
            }
            NotSplit::PackageUnknown { name } => {
                return format!("what the package {name} needs when it runs is not known");
            }
            NotSplit::ServiceStartsMore { file } => {
                return format!(
                    "{file} starts something in containers of this image that may need what would be left out"
                );
            }
            NotSplit::NothingLeftBehind => "nothing would be left behind",
        };
        text.to_owned()
    }
}
