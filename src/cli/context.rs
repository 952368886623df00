//! Reads the folder that a Dockerfile is built in, as far as a transform asks: names of files, and the text of manifests.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dopt_model::{Context, ContextFact};

/// Folders with more entries are not looked into any further.
const MOST_ENTRIES: usize = 20_000;

/// Manifests that are larger are not read.
const LARGEST_TEXT: u64 = 1 << 20;

/// What lies below the folder of a Dockerfile, which is taken for the context. Unknown where it is too much, or where a
/// part of it cannot be read or told as text. Links are listed and not followed.
pub fn read(folder: &Path) -> ContextFact {
    list(folder).map_or(ContextFact::Unknown, |context| ContextFact::Known(Arc::new(context)))
}

fn list(root: &Path) -> Option<Context> {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let (mut files, mut texts) = (Vec::new(), BTreeMap::new());
    let mut folders: Vec<(PathBuf, String)> = vec![(root.to_path_buf(), String::new())];
    let mut entries = 0;
    while let Some((folder, name)) = folders.pop() {
        for entry in fs::read_dir(folder).ok()? {
            let entry = entry.ok()?;
            entries += 1;
            if entries > MOST_ENTRIES {
                return None;
            }
            let path = format!("{name}{}", entry.file_name().to_str()?);
            let kind = entry.file_type().ok()?;
            if kind.is_dir() {
                // What Git keeps is listed as one file: no program reads it.
                match path.as_str() {
                    ".git" => files.push(".git/HEAD".to_owned()),
                    _ => folders.push((entry.path(), format!("{path}/"))),
                }
                continue;
            }
            if kind.is_file() && Context::wants_text(&path) {
                texts.extend(text(&entry.path()).map(|text| (path.clone(), text)));
            }
            // A link leads to files of another name.
            files.push(if kind.is_file() { path } else { format!("{path}@") });
        }
    }
    Some(Context::new(files, texts))
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    let read = File::open(path).ok()?.take(LARGEST_TEXT + 1).read_to_string(&mut text).ok()?;
    (read as u64 <= LARGEST_TEXT).then_some(text)
}
