//! What a build sees of its context: names of files, and the text of manifests. Transforms ask for it by a refusal.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dopt_dockerignore::{Builder, IgnoreFile};
use dopt_model::{Context, ContextFact, Facts, NO_FACTS, Service};

use super::find;
use super::platforms;
use super::services::ComposeFiles;
use super::walk::bytes_of;

/// Contexts with more entries are not looked into any further.
const MOST_ENTRIES: usize = 50_000;

/// Manifests that are larger are not read.
const LARGEST_TEXT: u64 = 4 << 20;

/// Of all texts together no more is read than this.
const MOST_TEXT: usize = 32 << 20;

/// What was listed last in a run: Dockerfiles that lie together are built with the same folder. The newest comes last.
#[derive(Debug)]
pub struct Listed {
    folders: Mutex<Vec<(Key, Found)>>,
    compose: ComposeFiles,
}

/// A folder, and the ignore file that counts.
type Key = (PathBuf, PathBuf);

/// What a folder has, and what files of hosts start of what is built in it.
#[derive(Clone, Debug)]
struct Found {
    context: ContextFact,
    hosted: Arc<Vec<(PathBuf, Service)>>,
}

/// So many are kept, for the threads of a run.
const MOST_KEPT: usize = 4;

impl Listed {
    /// Nothing yet.
    pub const fn new() -> Listed {
        Listed { folders: Mutex::new(Vec::new()), compose: ComposeFiles::new() }
    }

    /// The same as [`of_dockerfile`], or what the build sees of a folder that was named.
    pub fn add(&self, facts: &Facts, dockerfile: &Path, text: &str, context: Option<&Path>) -> Facts {
        let key = match context {
            Some(context) => Some((context.to_path_buf(), find::ignore_file_of(context, dockerfile))),
            None => find::context_of(dockerfile, text),
        };
        let Some(key) = key else { return facts.with_context(ContextFact::Unknown) };
        let composed = self.compose.services(dockerfile, &key.0);
        let found = self.of(key);
        let hosted = found.hosted.iter().filter(|(built, _)| find::is_same(built, dockerfile));
        let services = composed.into_iter().chain(hosted.map(|(_, service)| service.clone())).collect();
        facts.with_context(found.context).with_services(services)
    }

    fn of(&self, key: Key) -> Found {
        let kept = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = kept().iter().find(|(known, _)| *known == key) {
            return found.clone();
        }
        let listed = list(&key.0, &key.1);
        let context = listed.map_or(ContextFact::Unknown, |context| ContextFact::Known(Arc::new(context)));
        let found = Found { context, hosted: Arc::new(platforms::of_context(&key.0)) };
        let mut kept = kept();
        kept.push((key, found.clone()));
        if kept.len() > MOST_KEPT {
            kept.remove(0);
        }
        found
    }
}

/// What the build of a Dockerfile sees. Unknown where nobody can tell its context, where there is too much in it, and
/// where a part of it cannot be read or told as text. Links are listed and not followed.
pub fn of_dockerfile(dockerfile: &Path, text: &str) -> Facts {
    Listed::new().add(&NO_FACTS, dockerfile, text, None)
}

fn list(root: &Path, ignore: &Path) -> Option<Context> {
    let ignored = match fs::read(ignore) {
        Ok(text) => IgnoreFile::read(&text, Builder::BuildKit).ok()?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => IgnoreFile::read(b"", Builder::BuildKit).ok()?,
        Err(_) => return None,
    };
    let (mut files, mut texts) = (Vec::new(), BTreeMap::new());
    let mut folders: Vec<(PathBuf, String)> = vec![(root.to_path_buf(), String::new())];
    let (mut entries, mut bytes) = (0, 0);
    while let Some((folder, name)) = folders.pop() {
        for entry in fs::read_dir(folder).ok()? {
            let entry = entry.ok()?;
            entries += 1;
            if entries > MOST_ENTRIES {
                return None;
            }
            let path = format!("{name}{}", entry.file_name().to_str()?);
            let is_hidden = ignored.matcher.verdict(&bytes_of(path.as_ref())).ok()?.hidden;
            let kind = entry.file_type().ok()?;
            if kind.is_dir() {
                // What Git keeps is listed as one file: no program reads it.
                match path.as_str() {
                    _ if is_hidden && !ignored.matcher.enters_hidden(path.as_bytes()) => {}
                    ".git" => files.push(".git/HEAD".to_owned()),
                    _ => folders.push((entry.path(), format!("{path}/"))),
                }
                continue;
            }
            if is_hidden {
                continue;
            }
            if kind.is_file() && bytes < MOST_TEXT && Context::wants_text(&path) {
                let text = text_of(&entry.path());
                bytes += text.as_ref().map_or(0, String::len);
                texts.extend(text.map(|text| (path.clone(), text)));
            }
            // A link leads to files of another name.
            files.push(if kind.is_file() { path } else { format!("{path}@") });
        }
    }
    Some(Context::new(files, texts))
}

fn text_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    let read = File::open(path).ok()?.take(LARGEST_TEXT + 1).read_to_string(&mut text).ok()?;
    (read as u64 <= LARGEST_TEXT).then_some(text)
}
