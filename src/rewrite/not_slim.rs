//! Why a stage did not get the slim variant of its image.

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSlim {
    /// A step or a container needs a compiler, a header, or a tool that is not there to run something.
    NeedsBuildTool {
        /// The first line of the instruction.
        line: usize,
        /// The tool.
        tool: String,
    },
    /// A step installs packages that may have to be compiled, or need libraries of the system.
    MayCompile {
        /// The first line of the step.
        line: usize,
        /// The package, or what hides them.
        package: String,
    },
    /// What a step or a container runs cannot be seen.
    RunsUnseen {
        /// The first line of the instruction.
        line: usize,
    },
    /// Files come from an image of another kind, and may need libraries.
    CarriesPrograms {
        /// The first line of the instruction.
        line: usize,
    },
    /// Something needs the folders of manual pages and documents, as packages that fail without them.
    NeedsManuals {
        /// The first line of the step.
        line: usize,
    },
    /// Nobody can tell what lies in the folder that is built, which decides here.
    ContextUnknown,
    /// No image is known that has the runtime of this Java alone.
    NoRuntimeImage,
    /// The runtime is to be had on another distribution alone, and something may depend on this one.
    OtherSystem {
        /// The first line of the instruction.
        line: usize,
    },
    /// The image is pinned to a digest, which is that of the whole image.
    DigestPinned,
}

impl NotSlim {
    /// The code for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            NotSlim::NeedsBuildTool { .. } => "needs-build-tool",
            NotSlim::MayCompile { .. } => "may-compile",
            NotSlim::RunsUnseen { .. } => "runs-unseen",
            NotSlim::CarriesPrograms { .. } => "carries-programs",
            NotSlim::NeedsManuals { .. } => "needs-manuals",
            NotSlim::ContextUnknown => "context-unknown",
            NotSlim::NoRuntimeImage => "no-runtime-image",
            NotSlim::OtherSystem { .. } => "other-system",
            NotSlim::DigestPinned => "digest-pinned",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            NotSlim::NeedsBuildTool { line, .. }
            | NotSlim::MayCompile { line, .. }
            | NotSlim::RunsUnseen { line }
            | NotSlim::CarriesPrograms { line }
            | NotSlim::OtherSystem { line }
            | NotSlim::NeedsManuals { line } => Some(line),
            NotSlim::ContextUnknown | NotSlim::DigestPinned | NotSlim::NoRuntimeImage => None,
        }
    }

    /// One sentence without a full stop.
    pub(crate) fn sentence(&self) -> String {
        match self {
            NotSlim::NeedsBuildTool { line, tool } => {
                format!("line {line} needs {tool}, which the slim image lacks")
            }
            NotSlim::MayCompile { line, package } => format!(
                "line {line} installs {package}, which may have to be compiled, or need libraries that the slim image lacks"
            ),
            NotSlim::RunsUnseen { line } => {
                format!("what line {line} runs cannot be seen, and may need what the slim image lacks")
            }
            NotSlim::CarriesPrograms { line } => {
                format!("line {line} brings files of another image, which may need libraries that the slim image lacks")
            }
            NotSlim::NeedsManuals { line } => {
                format!("line {line} needs folders of manuals or documents, which the slim image leaves out")
            }
            NotSlim::ContextUnknown => {
                "what the folder that is built has in it is not known, and decides whether the slim image is enough"
                    .to_owned()
            }
            NotSlim::NoRuntimeImage => {
                "no image is known that has the runtime of this Java alone; name a version that has one, as \
                 eclipse-temurin:21-jre, or make a runtime with jlink"
                    .to_owned()
            }
            NotSlim::OtherSystem { line } => format!(
                "the runtime of this Java alone comes with another distribution, and line {line} may depend on this one"
            ),
            NotSlim::DigestPinned => {
                "the image is pinned to a digest, which is that of the whole image; pin again when it is slim"
                    .to_owned()
            }
        }
    }
}
