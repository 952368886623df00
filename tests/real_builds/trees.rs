//! The files of an image, and how those of two images differ. Times are left aside: every build has its own.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files by their path from the root, without a slash in front.
pub struct Tree {
    root: PathBuf,
    files: BTreeMap<String, Metadata>,
}

/// What has become of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Gone,
    New,
    /// Another kind, owner, mode or target.
    Other,
    /// Other bytes in a file.
    Content,
}

pub struct Difference {
    pub path: String,
    pub fate: Fate,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{:?}: /{}", self.fate, self.path)
    }
}

impl Tree {
    pub fn read(root: PathBuf) -> Result<Tree, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            for entry in entries.flatten() {
                let data = entry.metadata().map_err(|error| format!("{}: {error}", entry.path().display()))?;
                if data.is_dir() {
                    folders.push(entry.path());
                }
                let name = entry.path().strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, data);
            }
        }
        Ok(Tree { root, files })
    }

    /// The text of a file; empty where there is none.
    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// The paths that start like this.
    pub fn below<'t>(&'t self, start: &'t str) -> impl Iterator<Item = &'t str> {
        self.files
            .range(start.to_owned()..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(start))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

/// Everything that is not the same in both.
pub fn differences(before: &Tree, after: &Tree) -> Result<Vec<Difference>, String> {
    let mut found = Vec::new();
    let mut add = |path: &str, fate: Fate| found.push(Difference { path: path.to_owned(), fate });
    for (path, old) in &before.files {
        let Some(new) = after.files.get(path) else {
            add(path, Fate::Gone);
            continue;
        };
        let (left, right) = (before.path(path), after.path(path));
        if kind(old) != kind(new) || (old.is_symlink() && fs::read_link(&left).ok() != fs::read_link(&right).ok()) {
            add(path, Fate::Other);
        } else if old.is_file() && (old.len() != new.len() || !same_bytes(&left, &right)?) {
            add(path, Fate::Content);
        }
    }
    for path in after.files.keys().filter(|path| !before.files.contains_key(*path)) {
        add(path, Fate::New);
    }
    Ok(found)
}

fn kind(data: &Metadata) -> (u32, u32, u32, u64) {
    (data.mode(), data.uid(), data.gid(), data.rdev())
}

fn same_bytes(left: &Path, right: &Path) -> Result<bool, String> {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    Ok(read(left)? == read(right)?)
}
