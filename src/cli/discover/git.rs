//! `--changed-since`: what differs from a revision, as the program git says.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Lost, Source};

/// The files that differ, by repository.
pub struct Changed<'r> {
    revision: &'r str,
    /// By the root of the repository; the paths are those of the disk.
    repositories: HashMap<PathBuf, HashSet<PathBuf>>,
    /// The folder that was asked about last, on the disk.
    last: Option<(PathBuf, PathBuf)>,
}

impl Changed<'_> {
    /// Nothing is asked yet.
    pub fn since(revision: &str) -> Changed<'_> {
        Changed { revision, repositories: HashMap::new(), last: None }
    }

    /// Those of the files that differ. What could not be found stays.
    pub fn only(mut self, sources: Vec<Result<Source, Lost>>) -> Result<Vec<Result<Source, Lost>>, String> {
        let mut kept = Vec::new();
        for source in sources {
            match &source {
                Ok(Source::File { path, .. }) if !self.has(path)? => {}
                Ok(Source::Stdin) => {
                    return Err("--changed-since is for files; standard input has no history".to_owned());
                }
                _ => kept.push(source),
            }
        }
        Ok(kept)
    }

    fn has(&mut self, path: &Path) -> Result<bool, String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = match self.last.take().filter(|(last, _)| last == folder) {
            Some((_, real)) => real,
            None => fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display()))?,
        };
        let root = real.ancestors().find(|folder| folder.join(".git").exists());
        let root = root.ok_or_else(|| {
            format!("--changed-since: {} is in no git repository; leave the option out for it", path.display())
        })?;
        if !self.repositories.contains_key(root) {
            self.repositories.insert(root.to_path_buf(), changed(root, self.revision)?);
        }
        let has = path.file_name().is_some_and(|name| self.repositories[root].contains(&real.join(name)));
        self.last = Some((folder.to_path_buf(), real));
        Ok(has)
    }
}

/// What of a repository differs, or is not known to git and not ignored.
fn changed(root: &Path, revision: &str) -> Result<HashSet<PathBuf>, String> {
    let commit = format!("{revision}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--end-of-options", &commit]).map_err(|why| match why {
        Why::NoGit(message) => message,
        Why::Said(said) => format!(
            "--changed-since: git knows no revision `{revision}` in {} ({said}); where the clone is shallow, fetch it first",
            root.display()
        ),
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let failed = |why| match why {
        Why::NoGit(message) => message,
        Why::Said(said) => format!("--changed-since: git failed in {}: {said}", root.display()),
    };
    let differing = git(root, &["diff", "--name-only", "--no-ext-diff", "--no-renames", "-z", &commit, "--"]);
    let new = git(root, &["ls-files", "--others", "--exclude-standard", "-z"]);
    let names = [differing.map_err(failed)?, new.map_err(failed)?].concat();
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| root.join(os_str(name))).collect())
}

enum Why {
    /// There is no git that can be run.
    NoGit(String),
    /// What git said.
    Said(String),
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Why> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().map_err(|error| {
        let why =
            if error.kind() == ErrorKind::NotFound { "it is not installed".to_owned() } else { error.to_string() };
        Why::NoGit(format!("--changed-since needs the program git, which cannot be run: {why}"))
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it did not say why");
            Err(Why::Said(line.trim().trim_start_matches("fatal: ").to_owned()))
        }
    }
}

#[cfg(unix)]
fn os_str(name: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(name)
}

#[cfg(not(unix))]
fn os_str(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
