//! How much of which file changes, as `git diff --stat` shows it.

use super::{Outcome, Report, path_from, unified};
use crate::streams::Streams;
use crate::tally::{Tally, count};
use anstyle::AnsiColor;
use std::path::PathBuf;

/// How wide the output is where it is no terminal.
const WIDTH: usize = 80;

/// One line for each file that changes.
pub struct Stat {
    here: PathBuf,
    files: Vec<Lines>,
}

/// The lines of one file.
struct Lines {
    path: String,
    added: usize,
    deleted: usize,
}

impl Stat {
    /// Nothing is counted yet.
    pub fn new() -> Stat {
        Stat { here: std::env::current_dir().unwrap_or_default(), files: Vec::new() }
    }
}

impl Report for Stat {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        if outcome.changed() {
            let diff = unified(outcome, &self.here);
            let lines = diff.lines().skip_while(|line| !line.starts_with("@@"));
            let (mut added, mut deleted) = (0, 0);
            for line in lines {
                added += usize::from(line.starts_with('+'));
                deleted += usize::from(line.starts_with('-'));
            }
            self.files.push(Lines {
                path: String::from_utf8_lossy(&path_from(outcome.path, &self.here)).into_owned(),
                added,
                deleted,
            });
        }
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        if self.files.is_empty() {
            return;
        }
        let layout = Layout::of(&self.files, streams.width().unwrap_or(WIDTH));
        for file in &self.files {
            let (added, deleted) = layout.graph(file);
            let plus = streams.paint(AnsiColor::Green.on_default(), "+".repeat(added)).to_string();
            let minus = streams.paint(AnsiColor::Red.on_default(), "-".repeat(deleted)).to_string();
            let (name, lines) = (layout.name(&file.path), file.added + file.deleted);
            streams.print(format_args!(" {name} | {lines:>number$} {plus}{minus}\n", number = layout.number));
        }
        let sum = |lines: fn(&Lines) -> usize| self.files.iter().map(lines).sum::<usize>();
        let (added, deleted) = (sum(|file| file.added), sum(|file| file.deleted));
        let mut text = format!(" {} changed", count(self.files.len(), "file"));
        if added > 0 || deleted == 0 {
            text += &format!(", {}(+)", count(added, "insertion"));
        }
        if deleted > 0 || added == 0 {
            text += &format!(", {}(-)", count(deleted, "deletion"));
        }
        streams.print(format_args!("{text}\n"));
    }
}

/// How wide each column is: the rules of git, `show_stats` in its `diff.c`.
struct Layout {
    name: usize,
    number: usize,
    graph: usize,
    most: usize,
}

impl Layout {
    fn of(files: &[Lines], width: usize) -> Layout {
        let most = files.iter().map(|file| file.added + file.deleted).max().unwrap_or_default();
        let number = most.to_string().len();
        let width = width.max(16 + 6 + number);
        let mut name = files.iter().map(|file| file.path.chars().count()).max().unwrap_or_default();
        let mut graph = most;
        if name + number + 6 + graph > width {
            graph = graph.min((width * 3 / 8).saturating_sub(number + 6).max(6));
            if name > width - number - 6 - graph {
                name = width - number - 6 - graph;
            } else {
                graph = width - number - 6 - name;
            }
        }
        Layout { name, number, graph, most }
    }

    /// The end of a name that is too long, from a slash on if there is one.
    fn name(&self, path: &str) -> String {
        let length = path.chars().count();
        if length <= self.name {
            return format!("{path:width$}", width = self.name);
        }
        let end: String = path.chars().skip(length - (self.name - 3)).collect();
        let end = end.find('/').map_or(end.as_str(), |slash| &end[slash..]);
        format!("...{end:width$}", width = self.name - 3)
    }

    fn graph(&self, file: &Lines) -> (usize, usize) {
        let Lines { added, deleted, .. } = *file;
        if self.graph > self.most {
            return (added, deleted);
        }
        let scale = |lines: usize| if lines == 0 { 0 } else { 1 + lines * (self.graph - 1) / self.most };
        let least = if added > 0 && deleted > 0 { 2 } else { 0 };
        let total = scale(added + deleted).max(least);
        if added < deleted {
            let added = scale(added);
            (added, total - added)
        } else {
            let deleted = scale(deleted);
            (total - deleted, deleted)
        }
    }
}
