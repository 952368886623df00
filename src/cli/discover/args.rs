//! The arguments that say which files are worked on.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

/// What to work on.
#[derive(Clone, Debug, clap::Args)]
pub struct InputArgs {
    /// Files, folders, or - for standard input; the current folder if there is none
    ///
    /// In a folder, these files are taken unless git ignores them: Dockerfile, Containerfile, Dockerfile.NAME,
    /// NAME.Dockerfile and the like, in lower case too, but no templates (.tmpl, .j2, …). Hidden folders are
    /// searched, .git is not. A file that is named here is always taken.
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// The name that standard input goes by, in reports and to find its dopt.toml
    #[arg(long, value_name = "PATH", default_value = "Dockerfile", hide_default_value = true)]
    pub stdin_filename: PathBuf,
    /// How many files are worked on at the same time; as many as there are cores, where it is not said
    ///
    /// The output is the same for every number.
    #[arg(short, long, value_name = "N", help_heading = "Files")]
    pub jobs: Option<NonZeroUsize>,
}

impl InputArgs {
    /// Whether the paths can lead to more than one file.
    pub fn may_be_several(&self) -> bool {
        match self.paths.as_slice() {
            [path] => path.is_dir(),
            _ => true,
        }
    }

    /// On how many threads the work is done.
    pub fn threads(&self) -> usize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from)
    }
}
