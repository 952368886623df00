//! Writing down what a run replaces, each file before it is touched: a killed run has lost nothing.
//!
//! Lines of JSON: first `{"version":1,…}`, then one for each file. A last line that is not whole belongs to a file that
//! was not replaced.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{KEPT, create_private, home, make_private, runs};
use crate::failure::plain;

/// The name of the file in the folder of a run.
pub const JOURNAL: &str = "journal.jsonl";

/// What a run has replaced so far.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// `None` where a line could not be written, so that none can follow.
    file: Mutex<Option<Arc<File>>>,
    is_empty: Mutex<bool>,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    /// 1.
    pub version: u32,
    /// The subcommand. Its arguments are not kept, for there may be secrets among them.
    pub command: String,
    /// Where it was called.
    pub folder: StoredPath,
    /// Seconds since 1970.
    pub started: u64,
}

/// A file that was replaced, or was about to be.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The file itself, from the root, behind all links.
    pub path: StoredPath,
    /// The name beside it that its new text had for a moment.
    pub temporary: String,
    /// Its text as it was; `null` where there was no file.
    pub before: Option<String>,
    /// The text that took its place.
    pub after: String,
    /// The SHA-256 of that text.
    pub sha256: String,
}

/// A path as JSON can hold it: a string, or, where it is no UTF-8, its bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredPath {
    /// The usual.
    Text(String),
    /// As the standard library writes it.
    Raw(OsString),
}

impl StoredPath {
    /// The path for a journal.
    pub fn of(path: &Path) -> StoredPath {
        match path.to_str() {
            Some(text) => StoredPath::Text(text.to_owned()),
            None => StoredPath::Raw(path.into()),
        }
    }

    /// The path itself.
    pub fn path(&self) -> &Path {
        match self {
            StoredPath::Text(text) => Path::new(text),
            StoredPath::Raw(raw) => Path::new(raw),
        }
    }
}

impl Entry {
    /// A file that is about to get a new text.
    pub fn new(path: &Path, temporary: &str, before: Option<&str>, after: &str) -> Entry {
        Entry {
            path: StoredPath::of(path),
            temporary: temporary.to_owned(),
            before: before.map(str::to_owned),
            after: after.to_owned(),
            sha256: sha256(after.as_bytes()),
        }
    }
}

impl Entry {
    /// Whether a text is the one that the run wrote.
    pub fn is_after(&self, text: &str) -> bool {
        sha256(text.as_bytes()) == self.sha256
    }
}

/// The hash as hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Journal {
    /// Begins the journal of a run, and forgets the oldest. The error says why there can be none.
    pub fn begin(command: &str) -> Result<Journal, String> {
        let home = home()?;
        Journal::begin_in(&home, command).map_err(|error| format!("{}: {}", home.display(), plain(&error)))
    }

    fn begin_in(home: &Path, command: &str) -> io::Result<Journal> {
        make_private(home)?;
        runs::forget_all_but(home, KEPT - 1);
        let now = SystemTime::now();
        let started = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let folder = new_folder(home, now)?;
        let file = create_private(&folder.join(JOURNAL))?;
        let here = StoredPath::of(&std::env::current_dir().unwrap_or_default());
        let head = Head { version: 1, command: command.to_owned(), folder: here, started };
        write_line(&file, &head)?;
        Ok(Journal { folder, file: Mutex::new(Some(Arc::new(file))), is_empty: Mutex::new(true) })
    }

    /// Notes a file. When this is back, the note is on the disk.
    pub fn note(&self, entry: &Entry) -> io::Result<()> {
        let file = {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(open) = file.as_ref().map(Arc::clone) else {
                return Err(io::Error::other("what was to be noted before could not be"));
            };
            if let Err(error) = write_line(&open, entry) {
                *file = None;
                return Err(error);
            }
            open
        };
        *self.is_empty.lock().unwrap_or_else(PoisonError::into_inner) = false;
        // Several threads wait here together.
        file.sync_data()
    }
}

impl Drop for Journal {
    /// A run that replaced nothing leaves nothing behind.
    fn drop(&mut self) {
        if *self.is_empty.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn write_line(mut file: &File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// A folder called by the time; a second run in the same second gets a number.
fn new_folder(home: &Path, now: SystemTime) -> io::Result<PathBuf> {
    let time = humantime::format_rfc3339_seconds(now).to_string();
    let name: String = time.chars().filter(char::is_ascii_digit).collect();
    let (day, time) = name.split_at(8);
    for number in 1_u32.. {
        let more = if number > 1 { format!("-{number}") } else { String::new() };
        let folder = home.join(format!("{day}-{time}{more}"));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
