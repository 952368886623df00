//! Replacing a file: whole or not at all, by a temporary file beside it and a rename.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::{Failure, plain};

/// Replaces the text of a file that still has the text `before`. Mode and owner stay; of a symbolic link, the file
/// it leads to is replaced.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), Failure> {
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
    let new = new_file(&target, after, &metadata).map_err(|error| failed("no file can be made beside it", &error))?;
    keep_owner(new.as_file(), &metadata)?;
    if !still_has(&mut old, before).map_err(|error| failed("cannot be read again", &error))? {
        return Err(Failure::Write("somebody else changed it in the meantime; run dopt again".to_owned()));
    }
    drop(old);
    new.persist(&target).map_err(|error| failed("cannot be replaced", &error.error))?;
    Ok(())
}

/// Makes a file that is not there yet, whole or not at all.
pub fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::Write(format!("no file can be made there: {}", plain(error)));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let make = || -> io::Result<NamedTempFile> {
        let mut new = tempfile::Builder::new().prefix(".dopt-").tempfile_in(folder)?;
        new.write_all(text.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            new.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        new.as_file().sync_all()?;
        Ok(new)
    };
    make().map_err(|error| failed(&error))?.persist_noclobber(path).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// The new text on disk, in a file that goes away again if it is not renamed.
fn new_file(target: &Path, text: &str, metadata: &Metadata) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new().prefix(".dopt-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(metadata.permissions())?;
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
            let failure = replace(&path, "FROM a\n", "FROM c\n").unwrap_err();
            assert!(failure.to_string().contains("changed it in the meantime"), "{failure}");
            assert_eq!(fs::read_to_string(&path).unwrap(), now);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
        fs::remove_file(&path).unwrap();
        assert!(replace(&path, "FROM a\n", "FROM c\n").is_err());
        assert!(!path.exists());
    }
}
