//! Replacing a file: whole or not at all, by a temporary file beside it and a rename.

use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::NamedTempFile;

use crate::failure::{Failure, plain};
use crate::streams::Streams;
use crate::undo::{Entry, Journal, KeepArgs};

/// What the names of temporary files begin with.
pub const PREFIX: &str = ".dopt-";

/// Whoever writes files, and what it keeps of them.
#[derive(Debug)]
pub struct Writer {
    journal: Option<Journal>,
}

impl Writer {
    /// Notes what it replaces in the journal of this run.
    pub fn with_journal(journal: Journal) -> Writer {
        Writer { journal: Some(journal) }
    }

    /// Keeps nothing.
    pub fn without_journal() -> Writer {
        Writer { journal: None }
    }

    /// For a run of a subcommand, as the user wants it. Where no journal can be kept, that is said.
    pub fn of(keep: KeepArgs, command: &str, streams: &mut Streams) -> Writer {
        if keep.no_undo {
            return Writer::without_journal();
        }
        match Journal::begin(command) {
            Ok(journal) => Writer::with_journal(journal),
            Err(why) => {
                streams.warning(format_args!(
                    "`dopt undo` will not be able to take this run back ({why}); --no-undo says that you know"
                ));
                Writer::without_journal()
            }
        }
    }

    /// Replaces the text of a file that still has the text `before`. Mode and owner stay; of a symbolic link, the file
    /// it leads to is replaced.
    pub fn replace(&self, path: &Path, before: &str, after: &str) -> Result<(), Failure> {
        let failed = |what: &str, error: &io::Error| Failure::Write(format!("{what}: {}", plain(error)));
        let target = fs::canonicalize(path).map_err(|error| failed("cannot be found any more", &error))?;
        let mut old = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&target)
            .map_err(|error| failed("no permission to change it, or it is in use", &error))?;
        let metadata = old.metadata().map_err(|error| failed("cannot be looked at", &error))?;
        if !metadata.is_file() {
            return Err(Failure::Write("it is no regular file".to_owned()));
        }
        let check = |old: &mut File| match still_has(old, before) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Write("somebody else changed it in the meantime; run dopt again".to_owned())),
            Err(error) => Err(failed("cannot be read again", &error)),
        };
        check(&mut old)?;
        let temporary = temporary_name();
        self.note(&target, &temporary, Some(before), after)?;
        let new = new_file(&target, &temporary, after, Some(&metadata));
        let new = new.map_err(|error| failed("no file can be made beside it", &error))?;
        keep_owner(new.as_file(), &metadata)?;
        check(&mut old)?;
        drop(old);
        new.persist(&target).map_err(|error| failed("cannot be replaced", &error.error))?;
        Ok(())
    }

    /// Makes a file that is not there yet, whole or not at all.
    pub fn create(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let failed = |error: &io::Error| Failure::Write(format!("no file can be made there: {}", plain(error)));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = fs::canonicalize(folder).map_err(|error| failed(&error))?;
        let target = folder.join(path.file_name().unwrap_or_default());
        let temporary = temporary_name();
        self.note(&target, &temporary, None, text)?;
        let new = new_file(&target, &temporary, text, None).map_err(|error| failed(&error))?;
        new.persist_noclobber(&target).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    fn note(&self, target: &Path, temporary: &str, before: Option<&str>, after: &str) -> Result<(), Failure> {
        let Some(journal) = &self.journal else { return Ok(()) };
        journal.note(&Entry::new(target, temporary, before, after)).map_err(|error| {
            let why = plain(&error);
            Failure::Write(format!("it cannot be kept for `dopt undo` ({why}); --no-undo does without"))
        })
    }
}

/// A name that no other file has, known before the file is there: `dopt undo` clears away what a killed run has left.
fn temporary_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_u64(NUMBER.fetch_add(1, Ordering::Relaxed));
    format!("{PREFIX}{:016x}", hasher.finish())
}

/// The text on disk, in a file that goes away again if it is not renamed.
fn new_file(target: &Path, name: &str, text: &str, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new().prefix(name).rand_bytes(0).tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    if let Some(old) = old {
        new.as_file().set_permissions(old.permissions())?;
    } else {
        #[cfg(unix)]
        new.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    new.as_file().sync_all()?;
    Ok(new)
}

/// Gives the new file the owner and group of the old one, where they differ.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let mine = new.metadata().map_err(|error| Failure::Write(plain(&error)))?;
    if (mine.uid(), mine.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    let foreign = |error: io::Error| {
        Failure::Write(format!(
            "it belongs to another user or group, and a new file could not be given to them ({}); \
             run dopt as its owner, or apply the diff with patch",
            plain(&error)
        ))
    };
    fchown(new, Some(old.uid()), Some(old.gid())).map_err(foreign)?;
    // A change of owner takes the set-id bits away.
    new.set_permissions(fs::Permissions::from_mode(old.mode())).map_err(foreign)
}

#[cfg(not(unix))]
fn keep_owner(_new: &File, _old: &Metadata) -> Result<(), Failure> {
    Ok(())
}

fn still_has(file: &mut File, text: &str) -> io::Result<bool> {
    let mut now = Vec::with_capacity(text.len() + 1);
    file.rewind()?;
    file.take(text.len() as u64 + 1).read_to_end(&mut now)?;
    Ok(now == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_in_the_meantime_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        for now in ["FROM b\n", "FROM a\nRUN b\n", "FROM", ""] {
            fs::write(&path, now).unwrap();
            let failure = Writer::without_journal().replace(&path, "FROM a\n", "FROM c\n").unwrap_err();
            assert!(failure.to_string().contains("changed it in the meantime"), "{failure}");
            assert_eq!(fs::read_to_string(&path).unwrap(), now);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
        fs::remove_file(&path).unwrap();
        assert!(Writer::without_journal().replace(&path, "FROM a\n", "FROM c\n").is_err());
        assert!(!path.exists());
    }
}
