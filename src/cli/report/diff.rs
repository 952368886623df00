//! The new texts as a unified diff, coloured as git does it on a terminal.

use std::path::{Component, Path, PathBuf};

use anstyle::{AnsiColor, Style};
use dopt_rewrite::{unified_diff, unified_diff_of_new};

use super::{Outcome, Report};
use crate::streams::{STRONG, Streams};

/// Prints a diff for every file that changes.
pub struct Diff {
    here: PathBuf,
}

impl Diff {
    /// Paths are shown as seen from the current folder.
    pub fn new() -> Diff {
        Diff { here: std::env::current_dir().unwrap_or_default() }
    }
}

impl Report for Diff {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        if outcome.changed() {
            print(&unified(outcome, &self.here), streams);
        }
        outcome.show_verified(streams);
    }
}

/// The diff of what became of a file.
pub fn unified(outcome: &Outcome<'_>, here: &Path) -> String {
    let path = path_from(outcome.path, here);
    match outcome.is_new {
        true => unified_diff_of_new(outcome.after(), &path),
        false => unified_diff(outcome.before, outcome.after(), &path),
    }
}

/// The path behind `a/` and `b/`: from the current folder where it leads there, so that `git apply` finds the file.
pub fn path_from(path: &Path, here: &Path) -> Vec<u8> {
    let path = path.strip_prefix(here).unwrap_or(path);
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.as_encoded_bytes()),
        Component::ParentDir => Some(b"..".as_slice()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    parts.collect::<Vec<_>>().join(&b'/')
}

/// A diff for `git apply` and nothing else: never coloured.
pub struct Patch {
    here: PathBuf,
}

impl Patch {
    /// Paths are those from the current folder.
    pub fn new() -> Patch {
        Patch { here: std::env::current_dir().unwrap_or_default() }
    }
}

impl Report for Patch {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        if outcome.changed() {
            streams.put(&unified(outcome, &self.here));
        }
    }
}

/// Prints a diff on standard output.
pub fn print(diff: &str, streams: &mut Streams) {
    if !streams.out_color() {
        return streams.put(diff);
    }
    let mut in_hunk = false;
    for line in diff.split_inclusive('\n') {
        in_hunk |= line.starts_with("@@");
        let body = line.trim_end_matches(['\n', '\r']);
        let styled = streams.paint(style(line, in_hunk), body);
        streams.print(format_args!("{styled}{}", &line[body.len()..]));
    }
}

fn style(line: &str, in_hunk: bool) -> Style {
    match line.as_bytes().first() {
        _ if !in_hunk => STRONG,
        Some(b'@') => AnsiColor::Cyan.on_default(),
        Some(b'-') => AnsiColor::Red.on_default(),
        Some(b'+') => AnsiColor::Green.on_default(),
        _ => Style::new(),
    }
}
