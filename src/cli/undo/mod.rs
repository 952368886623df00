//! What `--write` keeps so that `dopt undo` can bring it back: one folder for each run, below the user's own folder for
//! state, which nobody else may read.

mod journal;
mod runs;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::FalseyValueParser;
use etcetera::BaseStrategy;

pub use journal::{Entry, Journal};
pub use runs::{Run, runs};

/// So many runs are kept.
pub const KEPT: usize = 20;

/// Whether anything is kept.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct KeepArgs {
    /// Do not keep what --write replaces for dopt undo
    #[arg(long, env = "DOPT_NO_UNDO", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub no_undo: bool,
}

/// The folder for what the program remembers, of the present user.
pub fn state_folder() -> Result<PathBuf, String> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| "there is no home folder".to_owned())?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(state.join("dopt"))
}

/// The folder with a folder for each run.
fn home() -> Result<PathBuf, String> {
    Ok(state_folder()?.join("undo"))
}

/// Makes a file, or goes on with one, that only the user may read.
fn create_private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Makes a folder, and those above it, that only the user may enter.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
