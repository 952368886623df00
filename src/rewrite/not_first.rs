//! Why the lists of dependencies were not copied before the rest.

/// The reasons. Each has one code, which never changes, and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFirst {
    /// The step that installs does more, which may need the sources.
    ReadsSources {
        /// The first line of the step.
        line: usize,
    },
    /// The installation runs a script of the project.
    RunsScripts {
        /// The first line of the step.
        line: usize,
        /// The script.
        script: String,
    },
    /// A dependency, or a part of the list, lies in a folder of the project.
    LocalDependencies {
        /// The first line of the step.
        line: usize,
    },
    /// A file that the installation reads is not seen in the folder that is built.
    ManifestMissing {
        /// The first line of the step.
        line: usize,
        /// The file.
        file: String,
    },
    /// The folder that is built has what the installation writes.
    OutputsInContext {
        /// The first line of the step.
        line: usize,
        /// The folder.
        folder: String,
    },
    /// The lists lie in several folders.
    SeveralFolders {
        /// The first line of the step.
        line: usize,
    },
    /// The project itself is installed, from its sources.
    InstallsProject {
        /// The first line of the step.
        line: usize,
    },
    /// Cargo compiles what a project depends on together with its sources only.
    NeedsMain {
        /// The first line of the step.
        line: usize,
    },
}

impl NotFirst {
    /// The code for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            NotFirst::ReadsSources { .. } => "reads-sources",
            NotFirst::RunsScripts { .. } => "runs-scripts",
            NotFirst::LocalDependencies { .. } => "local-dependencies",
            NotFirst::ManifestMissing { .. } => "manifest-missing",
            NotFirst::OutputsInContext { .. } => "outputs-in-context",
            NotFirst::SeveralFolders { .. } => "several-folders",
            NotFirst::InstallsProject { .. } => "installs-project",
            NotFirst::NeedsMain { .. } => "needs-main",
        }
    }

    /// The line that it speaks of.
    pub(crate) fn line(&mut self) -> Option<&mut usize> {
        match self {
            NotFirst::ReadsSources { line }
            | NotFirst::RunsScripts { line, .. }
            | NotFirst::LocalDependencies { line }
            | NotFirst::ManifestMissing { line, .. }
            | NotFirst::OutputsInContext { line, .. }
            | NotFirst::SeveralFolders { line }
            | NotFirst::InstallsProject { line }
            | NotFirst::NeedsMain { line } => Some(line),
        }
    }

    /// One sentence without a full stop.
    pub(crate) fn sentence(&self) -> String {
        match self {
            NotFirst::ReadsSources { line } => format!("line {line} does more than install, and may need the sources"),
            NotFirst::RunsScripts { line, script } => {
                format!("line {line} runs the script `{script}` of the project, which may need the sources")
            }
            NotFirst::LocalDependencies { line } => {
                format!("line {line} installs what lies in a folder of the project")
            }
            NotFirst::ManifestMissing { line, file } => {
                format!("line {line} reads {file}, which is not seen in the folder that is built")
            }
            NotFirst::OutputsInContext { line, folder } => format!(
                "the folder that is built has {folder}, which would replace what line {line} installs; let the ignore file hide it"
            ),
            NotFirst::SeveralFolders { line } => format!("the lists that line {line} reads lie in several folders"),
            NotFirst::InstallsProject { line } => {
                format!("line {line} installs the project itself, which takes its sources")
            }
            NotFirst::NeedsMain { line } => format!(
                "line {line} compiles what the project depends on together with it: Cargo does nothing without a `main`, and takes what a made-up one leaves for that of the sources"
            ),
        }
    }
}
