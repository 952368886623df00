//! Which configuration counts for a file: the nearest one upward, looked up once for each folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::file::FileConfig;
use super::{Choices, Mistake, Overrides};
use crate::failure::plain;

const NAMES: [&str; 2] = ["dopt.toml", ".dopt.toml"];

/// The configurations of all files, found as they are asked for.
#[derive(Debug)]
pub struct Configs<'a> {
    overrides: Overrides<'a>,
    here: PathBuf,
    /// The one that counts everywhere: `--config` or `--isolated`.
    fixed: Option<Arc<Choices>>,
    defaults: Arc<Choices>,
    /// By folder; `None` where the configuration has a mistake, which was told once.
    by_folder: HashMap<PathBuf, Option<Arc<Choices>>>,
    last: Option<(PathBuf, Option<Arc<Choices>>)>,
    mistakes: Vec<Mistake>,
}

impl<'a> Configs<'a> {
    /// Reads `--config`, if there is one.
    pub fn new(overrides: Overrides<'a>) -> Result<Configs<'a>, Mistake> {
        let here = std::env::current_dir().unwrap_or_default();
        let defaults = Arc::new(Choices::new(&overrides, FileConfig::default(), None));
        let fixed = match &overrides.rules.config {
            _ if overrides.rules.isolated => Some(Arc::clone(&defaults)),
            Some(path) => Some(Arc::new(load(path, &here, &overrides)?)),
            None => None,
        };
        Ok(Configs { overrides, here, fixed, defaults, by_folder: HashMap::new(), last: None, mistakes: Vec::new() })
    }

    /// What counts for a file; `None` if its configuration has a mistake.
    pub fn of(&mut self, file: &Path) -> Option<Arc<Choices>> {
        if let Some(fixed) = &self.fixed {
            return Some(Arc::clone(fixed));
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        if let Some((last, found)) = &self.last
            && last == folder
        {
            return found.clone();
        }
        let found = self.nearest(&self.absolute(folder));
        self.last = Some((folder.to_path_buf(), found.clone()));
        found
    }

    /// The mistakes that were found since the last call.
    pub fn take_mistakes(&mut self) -> Vec<Mistake> {
        std::mem::take(&mut self.mistakes)
    }

    /// The path from the root; links are followed only where `..` makes it necessary.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let absolute = self.here.join(path);
        if absolute.components().any(|part| part == Component::ParentDir) {
            return fs::canonicalize(&absolute).unwrap_or(absolute);
        }
        absolute.components().collect()
    }

    fn nearest(&mut self, folder: &Path) -> Option<Arc<Choices>> {
        if let Some(found) = self.by_folder.get(folder) {
            return found.clone();
        }
        let found = match self.inside(folder) {
            Ok(Some(found)) => Some(found),
            Ok(None) if folder.join(".git").exists() => Some(Arc::clone(&self.defaults)),
            Ok(None) => match folder.parent() {
                Some(parent) => self.nearest(parent),
                None => Some(Arc::clone(&self.defaults)),
            },
            Err(mistake) => {
                self.mistakes.push(mistake);
                None
            }
        };
        self.by_folder.insert(folder.to_path_buf(), found.clone());
        found
    }

    fn inside(&self, folder: &Path) -> Result<Option<Arc<Choices>>, Mistake> {
        let files: Vec<_> = NAMES.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect();
        let Some(path) = files.first() else { return Ok(None) };
        let path = path.strip_prefix(&self.here).unwrap_or(path);
        match files.as_slice() {
            [_] => Ok(Some(Arc::new(load(path, folder, &self.overrides)?))),
            _ => Err(Mistake::File {
                path: path.to_path_buf(),
                message: "there is a .dopt.toml beside it; keep only one of them".to_owned(),
            }),
        }
    }
}

fn load(path: &Path, root: &Path, overrides: &Overrides<'_>) -> Result<Choices, Mistake> {
    let unreadable = |error: io::Error| Mistake::File {
        path: path.to_path_buf(),
        message: format!("cannot be read: {}", plain(&error)),
    };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    match FileConfig::read(&text, root) {
        Ok(file) => Ok(Choices::new(overrides, file, Some(path.to_path_buf()))),
        Err(wrong) => Err(Mistake::Content { path: path.to_path_buf(), text, wrong }),
    }
}
