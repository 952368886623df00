//! Which files are meant: the paths of the command line, and the Dockerfiles in folders among them.

mod args;
mod git;
mod list;
mod shard;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};

pub use args::InputArgs;
use git::Changed;
pub use shard::{Shard, Share};

/// One thing to work on.
#[derive(Debug)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File {
        /// Its path, as the user would write it.
        path: PathBuf,
        /// Whether the user named this very file.
        named: bool,
        /// What of it is to be done here.
        share: Share,
    },
}

/// A path that led nowhere.
#[derive(Debug)]
pub struct Lost {
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// What all of the paths lead to, in their order; within folders sorted by name. No path stands for the current folder.
/// The error is a sentence about the arguments.
pub fn sources(input: &InputArgs) -> Result<Vec<Result<Source, Lost>>, String> {
    let mut paths = input.paths.clone();
    match &input.files_from {
        Some(list) => paths.extend(list::read(list, &input.paths)?),
        None if paths.is_empty() => paths.push(PathBuf::from(".")),
        None => {}
    }
    let mut found = Vec::new();
    for path in paths {
        match fs::metadata(&path) {
            _ if path.as_os_str() == "-" => found.push(Ok(Source::Stdin)),
            Err(error) => found.push(Err(Lost { path, error })),
            Ok(metadata) if metadata.is_dir() => found.append(&mut walk(&path, input.threads())),
            Ok(_) => found.push(Ok(Source::File { path, named: true, share: Share::ALL })),
        }
    }
    if let Some(revision) = &input.changed_since {
        found = Changed::since(revision).only(found)?;
    }
    match input.shard {
        Some(shard) => Ok(shard.of(found)),
        None => Ok(found),
    }
}

/// The Dockerfiles in a folder that git would not ignore. Hidden folders are entered, `.git` is not. Threads find them
/// in no order; sorted by their parts, they come as if one after the other had been entered by name.
fn walk(folder: &Path, threads: usize) -> Vec<Result<Source, Lost>> {
    let found = Mutex::new(Vec::new());
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .threads(threads)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build_parallel();
    walk.run(|| {
        Box::new(|entry| {
            let source = match entry {
                Ok(entry) if is_candidate(&entry) => {
                    Ok(Source::File { path: tidy(entry.path()).to_path_buf(), named: false, share: Share::ALL })
                }
                Ok(_) => return WalkState::Continue,
                Err(error) => Err(lost(error, folder)),
            };
            // A thread that fails leaves a list that is whole.
            found.lock().unwrap_or_else(PoisonError::into_inner).push(source);
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by(|one, other| path_in(one).cmp(path_in(other)));
    found
}

fn path_in(source: &Result<Source, Lost>) -> &Path {
    match source {
        Ok(Source::File { path, .. }) | Err(Lost { path, .. }) => path,
        Ok(Source::Stdin) => Path::new(""),
    }
}

fn is_candidate(entry: &DirEntry) -> bool {
    let may_be_file = match entry.file_type() {
        Some(kind) if kind.is_symlink() => !entry.path().is_dir(),
        Some(kind) => kind.is_file(),
        None => false,
    };
    entry.file_name().to_str().is_some_and(is_dockerfile_name) && may_be_file
}

/// Whether a file with this name is taken for a Dockerfile when a folder is searched.
pub fn is_dockerfile_name(name: &str) -> bool {
    const NAMES: [&str; 4] = ["Dockerfile", "dockerfile", "Containerfile", "containerfile"];
    const OTHERS: [&str; 9] = ["", "dockerignore", "tmpl", "tpl", "template", "j2", "jinja", "jinja2", "erb"];
    let is_name = |part: &str| NAMES.contains(&part);
    match name.rsplit_once('.') {
        None => is_name(name),
        Some((_, last)) if is_name(last) => true,
        Some((front, last)) => is_name(front.split('.').next().unwrap_or(front)) && !OTHERS.contains(&last),
    }
}

/// `./a/b` as `a/b`.
pub fn tidy(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// The error without the path, which the walk puts into its message.
fn lost(error: ignore::Error, folder: &Path) -> Lost {
    let path = tidy(path_of(&error).unwrap_or(folder)).to_path_buf();
    let error = match error.io_error().map(io::Error::kind) {
        Some(kind) if kind != io::ErrorKind::Other => io::Error::from(kind),
        _ => io::Error::other(error.to_string()),
    };
    Lost { path, error }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_dockerfile_name;

    #[test]
    fn names_of_dockerfiles() {
        for name in ["Dockerfile", "dockerfile", "Containerfile", "Dockerfile.dev", "a.Dockerfile", "a.b.dockerfile"] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in ["x.containerfile", "Containerfile.arm64", "Dockerfile.alpine.test"] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in ["Dockerfiles", "Dockerfile.tmpl", "Dockerfile.j2", "Dockerfile.dockerignore", "a.Dockerfile.j2"] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
        for name in ["README.md", "myDockerfile", "", ".", "Dockerfile-dev", "Dockerfile."] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
    }
}
