//! The arguments that say which files are worked on.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use super::Shard;

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
    /// Read more paths from a file, or from standard input (-), one on each line or with a NUL behind each
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Files")]
    pub files_from: Option<PathBuf>,
    /// Only files that differ from a revision of git, also uncommitted and untracked ones
    #[arg(long, value_name = "REF", help_heading = "Files")]
    pub changed_since: Option<String>,
    /// Only one part of the files, for as many machines: 3/16 is the third of sixteen
    ///
    /// Which part a file belongs to depends on its path alone, as it is written here; each is in one part only.
    #[arg(long, value_name = "N/M", help_heading = "Files")]
    pub shard: Option<Shard>,
    /// The name that standard input goes by, in reports and to find its dopt.toml
    #[arg(long, value_name = "PATH", default_value = "Dockerfile", hide_default_value = true)]
    pub stdin_filename: PathBuf,
    /// Let `exclude` of dopt.toml count for files that are named, too, as hooks do it
    #[arg(long, help_heading = "Files")]
    pub force_exclude: bool,
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
            [path] if self.files_from.is_none() => path.is_dir(),
            _ => true,
        }
    }

    /// Whether there is no file among what is worked on.
    pub fn is_stdin(&self) -> bool {
        self.files_from.is_none() && matches!(self.paths.as_slice(), [path] if path.as_os_str() == "-")
    }

    /// Whether a file can come up twice.
    pub fn may_repeat(&self) -> bool {
        self.paths.len() > 1 || self.files_from.is_some()
    }

    /// Whether only some of the files are wanted, which may be none.
    pub fn is_part(&self) -> bool {
        self.files_from.is_some() || self.changed_since.is_some() || self.shard.is_some() || self.force_exclude
    }

    /// On how many threads the work is done.
    pub fn threads(&self) -> usize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from)
    }
}
