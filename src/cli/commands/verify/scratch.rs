//! Temporary folders for engines, gone with the value.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that is deleted at the end.
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// One where engines put what is large, if nobody says otherwise: `/tmp` may be in memory.
    pub fn new() -> io::Result<Scratch> {
        let usual = Path::new("/var/tmp");
        let place = match std::env::var_os("TMPDIR") {
            None if usual.is_dir() => usual.to_owned(),
            _ => std::env::temp_dir(),
        };
        Scratch::inside(&place)
    }

    /// One in another folder.
    pub fn inside(place: &Path) -> io::Result<Scratch> {
        let folder = tempfile::Builder::new().prefix("dopt-verify-").tempdir_in(place)?;
        Ok(Scratch { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // An engine that was killed may have left something of the machine mounted there, and that is not ours to delete.
        if has_mount_below(self.path()) {
            self.folder.disable_cleanup(true);
        }
    }
}

fn has_mount_below(folder: &Path) -> bool {
    let folder: PathBuf = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    mounts.lines().filter_map(|line| line.split(' ').nth(1)).any(|place| Path::new(place).starts_with(&folder))
}
