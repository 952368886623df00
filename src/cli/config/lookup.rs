//! Which configuration counts for a file: the nearest one upward, looked up once for each folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::file::{FileConfig, Override, Wrong};
use super::{Choices, Mistake, Overrides, is_matched};
use crate::failure::plain;

/// Where the configuration of files without any stands.
const DEFAULTS: usize = 0;

const NAMES: [&str; 2] = ["dopt.toml", ".dopt.toml"];

/// The configurations of all files, found as they are asked for.
#[derive(Debug)]
pub struct Configs<'a> {
    overrides: Overrides<'a>,
    here: PathBuf,
    /// The configurations so far. The first is that of files without any.
    loaded: Vec<Loaded>,
    /// The one that counts everywhere: `--config` or `--isolated`.
    fixed: Option<usize>,
    /// By folder; `None` where the configuration has a mistake, which was told once.
    by_folder: HashMap<PathBuf, Option<usize>>,
    last: Option<(PathBuf, Option<usize>)>,
    mistakes: Vec<Mistake>,
    /// The root of its repository, by folder.
    roots: HashMap<PathBuf, Option<PathBuf>>,
}

/// A configuration, and what it comes to for files that different overrides cover.
#[derive(Debug)]
struct Loaded {
    file: FileConfig,
    origin: Option<PathBuf>,
    /// By the overrides that cover a file.
    choices: HashMap<Vec<usize>, Arc<Choices>>,
}

impl<'a> Configs<'a> {
    /// Reads `--config`, if there is one.
    pub fn new(overrides: Overrides<'a>) -> Result<Configs<'a>, Mistake> {
        let here = std::env::current_dir().unwrap_or_default();
        let mut loaded = vec![Loaded::new(FileConfig::default(), None)];
        let fixed = match &overrides.rules.config {
            _ if overrides.rules.isolated => Some(DEFAULTS),
            Some(path) => {
                loaded.push(load(path, &here)?);
                Some(loaded.len() - 1)
            }
            None => None,
        };
        let (by_folder, roots) = (HashMap::new(), HashMap::new());
        Ok(Configs { overrides, here, loaded, fixed, by_folder, last: None, mistakes: Vec::new(), roots })
    }

    /// What counts for a file; `None` if its configuration has a mistake.
    pub fn of(&mut self, file: &Path) -> Option<Arc<Choices>> {
        let index = self.index(file)?;
        let covers = |own: &Override, path: &mut Option<PathBuf>| {
            is_matched(&own.paths, path.get_or_insert_with(|| self.absolute(file)))
        };
        let mut path = None;
        let own = self.loaded[index].file.overrides.iter().enumerate();
        let covering = own.filter(|(_, own)| covers(own, &mut path)).map(|(at, _)| at).collect();
        Some(self.loaded[index].choices(covering, &self.overrides))
    }

    /// Which configuration counts for a file.
    fn index(&mut self, file: &Path) -> Option<usize> {
        if self.fixed.is_some() {
            return self.fixed;
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        if let Some((last, found)) = &self.last
            && last == folder
        {
            return *found;
        }
        let found = self.nearest(&self.absolute(folder));
        self.last = Some((folder.to_path_buf(), found));
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

    /// Where the files lie that belong to a configuration: beside it, else at the root of the repository, else in the
    /// current folder.
    pub fn home(&mut self, folder: &Path, choices: &Choices) -> PathBuf {
        if let Some(origin) = &choices.origin {
            return self.here.join(origin).parent().map(Path::to_path_buf).unwrap_or_default();
        }
        let root = self
            .roots
            .entry(folder.to_path_buf())
            .or_insert_with(|| folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf));
        root.as_deref().unwrap_or(&self.here).to_path_buf()
    }

    fn nearest(&mut self, folder: &Path) -> Option<usize> {
        if let Some(found) = self.by_folder.get(folder) {
            return *found;
        }
        let found = match self.inside(folder) {
            Ok(Some(found)) => {
                self.loaded.push(found);
                Some(self.loaded.len() - 1)
            }
            Ok(None) if folder.join(".git").exists() => Some(DEFAULTS),
            Ok(None) => match folder.parent() {
                Some(parent) => self.nearest(parent),
                None => Some(DEFAULTS),
            },
            Err(mistake) => {
                self.mistakes.push(mistake);
                None
            }
        };
        self.by_folder.insert(folder.to_path_buf(), found);
        found
    }

    fn inside(&self, folder: &Path) -> Result<Option<Loaded>, Mistake> {
        let files: Vec<_> = NAMES.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect();
        let Some(path) = files.first() else { return Ok(None) };
        let path = path.strip_prefix(&self.here).unwrap_or(path);
        match files.as_slice() {
            [_] => Ok(Some(load(path, folder)?)),
            _ => Err(Mistake::File {
                path: path.to_path_buf(),
                message: "there is a .dopt.toml beside it; keep only one of them".to_owned(),
            }),
        }
    }
}

impl Loaded {
    fn new(file: FileConfig, origin: Option<PathBuf>) -> Loaded {
        Loaded { file, origin, choices: HashMap::new() }
    }

    /// What counts for a file that these overrides cover; the last of them counts most.
    fn choices(&mut self, covering: Vec<usize>, overrides: &Overrides<'_>) -> Arc<Choices> {
        if let Some(found) = self.choices.get(&covering) {
            return Arc::clone(found);
        }
        let mut file = self.file.clone();
        for at in &covering {
            file = self.file.overrides[*at].config.clone().over(file);
        }
        let choices = Arc::new(Choices::new(overrides, file, self.origin.clone()));
        self.choices.insert(covering, Arc::clone(&choices));
        choices
    }
}

/// Reads a file and those that it extends.
fn load(path: &Path, root: &Path) -> Result<Loaded, Mistake> {
    let file = read(path, root, &mut Vec::new())?;
    Ok(Loaded::new(file, Some(path.to_path_buf())))
}

fn read(path: &Path, root: &Path, above: &mut Vec<PathBuf>) -> Result<FileConfig, Mistake> {
    let unreadable = |error: io::Error| Mistake::File {
        path: path.to_path_buf(),
        message: format!("cannot be read: {}", plain(&error)),
    };
    let real = fs::canonicalize(path).map_err(unreadable)?;
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let mistake = |text: String, wrong: Wrong| Mistake::Content { path: path.to_path_buf(), text, wrong };
    let mut file = match FileConfig::read(&text, root) {
        Ok(file) => file,
        Err(wrong) => return Err(mistake(text, wrong)),
    };
    above.push(real);
    let Some((base, at)) = file.extend.take() else { return Ok(file) };
    let message = match fs::canonicalize(&base) {
        Ok(real) if above.contains(&real) => "the files extend each other in a circle".to_owned(),
        Ok(real) => {
            let base_root = base.parent().unwrap_or(root).to_path_buf();
            let here = std::env::current_dir().unwrap_or_default();
            return Ok(file.over(read(real.strip_prefix(&here).unwrap_or(&real), &base_root, above)?));
        }
        Err(error) => format!("the file that is extended cannot be read: {}", plain(&error)),
    };
    Err(mistake(text, Wrong { message, at }))
}
