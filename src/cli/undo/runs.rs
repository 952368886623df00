//! The runs that are kept: listed, read, forgotten.

use std::fs;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::journal::{Entry, Head, JOURNAL};
use super::{create_private, home};
use crate::failure::plain;

/// The name of the file that says that a run was taken back.
const UNDONE: &str = "undone";

/// A run that is kept.
#[derive(Debug)]
pub struct Run {
    /// Its name: when it began, and a number where there were several in that second.
    pub name: String,
    /// What it was.
    pub head: Head,
    /// Whether it was taken back.
    pub undone: bool,
    folder: PathBuf,
}

/// All runs that are kept, the latest first. The error says why they cannot be told.
pub fn runs() -> Result<Vec<Run>, String> {
    let home = home()?;
    let names = match names(&home) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names.map_err(|error| format!("{}: {}", home.display(), plain(&error)))?,
    };
    // A run that is just beginning has no first line yet.
    Ok(names.into_iter().filter_map(|name| Run::open(&home, name)).collect())
}

impl Run {
    fn open(home: &Path, name: String) -> Option<Run> {
        let folder = home.join(&name);
        let mut line = String::new();
        BufReader::new(File::open(folder.join(JOURNAL)).ok()?).read_line(&mut line).ok()?;
        let head: Head = serde_json::from_str(&line).ok()?;
        let undone = folder.join(UNDONE).exists();
        Some(Run { name, head, undone, folder })
    }

    /// The files, in the order in which they were replaced. What cannot be read comes as an error, with its line; a last
    /// line that is not whole does not come.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = Result<Entry, usize>>> {
        let mut lines = BufReader::new(File::open(self.folder.join(JOURNAL))?);
        lines.skip_until(b'\n')?;
        let mut number = 1;
        Ok(std::iter::from_fn(move || {
            let mut line = Vec::new();
            lines.read_until(b'\n', &mut line).ok()?;
            number += 1;
            (line.last() == Some(&b'\n')).then(|| serde_json::from_slice(&line).map_err(|_| number))
        }))
    }

    /// Notes that it was taken back.
    pub fn mark_undone(&self) -> io::Result<()> {
        create_private(&self.folder.join(UNDONE)).map(drop)
    }
}

/// Deletes the oldest runs, but for so many. What cannot be deleted stays.
pub fn forget_all_but(home: &Path, kept: usize) {
    for name in names(home).unwrap_or_default().into_iter().skip(kept) {
        let _ = fs::remove_dir_all(home.join(name));
    }
}

/// The names of all runs, the latest first.
fn names(home: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(home)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_name(name))
        .collect();
    names.sort_by(|one, other| key(other).cmp(&key(one)));
    Ok(names)
}

/// What is not called like a run is none of ours.
fn is_name(name: &str) -> bool {
    key(name).is_some_and(|(day, time, number)| day.len() == 8 && time.len() == 6 && number > 0)
}

fn key(name: &str) -> Option<(&str, &str, u32)> {
    let (day, rest) = name.split_once('-')?;
    let (time, number) = rest.split_once('-').unwrap_or((rest, "1"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(day) && digits(time)).then_some((day, time, number.parse().ok()?))
}
