//! What was refused, kept from one review to the next: a file in the user's state folder.
//!
//! What was taken needs no memory, for it stands in the file. What was refused is kept by what the fix would write,
//! not by its line, so that it stays refused when something else in the file changes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::undo::state_folder;

/// The refusals of all files.
#[derive(Default)]
pub struct Memory {
    /// Where they are kept; `None` where there is no home.
    place: Option<PathBuf>,
    kept: Kept,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// By the path from the root: the contents of fixes, sorted.
    refused: BTreeMap<String, Vec<String>>,
}

impl Memory {
    /// Reads it. What cannot be read is taken for nothing, so that the worst is a question asked twice.
    pub fn open() -> Memory {
        let place = state_folder().ok().map(|folder| folder.join("review.json"));
        let read = place.as_deref().and_then(|place| fs::read(place).ok());
        let kept = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).filter(|kept: &Kept| kept.version == 1);
        Memory { place, kept: kept.unwrap_or(Kept { version: 1, refused: BTreeMap::new() }) }
    }

    /// What was refused for a file.
    pub fn of(&self, file: &Path) -> Vec<String> {
        self.kept.refused.get(&key(file)).cloned().unwrap_or_default()
    }

    /// Keeps what was refused for a file, in place of what was.
    pub fn keep(&mut self, file: &Path, refused: Vec<String>) -> io::Result<()> {
        let key = key(file);
        let old = match refused.is_empty() {
            true => self.kept.refused.remove(&key),
            false => self.kept.refused.insert(key.clone(), refused),
        };
        if old.as_ref() == self.kept.refused.get(&key) {
            return Ok(());
        }
        self.store()
    }

    fn store(&self) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let folder = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut new = tempfile::Builder::new().prefix(".review-").tempfile_in(folder)?;
        new.write_all(&serde_json::to_vec_pretty(&self.kept)?)?;
        new.persist(place).map_err(|error| error.error)?;
        Ok(())
    }
}

fn key(file: &Path) -> String {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf()).to_string_lossy().into_owned()
}
