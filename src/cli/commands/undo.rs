//! `dopt undo`: brings back what a run of `--write` replaced.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::exit::Exit;
use crate::failure::plain;
use crate::streams::{DIM, STRONG, Streams};
use crate::tally::count;
use crate::undo::{Entry, Run, runs};
use crate::write::Writer;

/// The options of `dopt undo`.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// The run, as --list names it; the latest that was not taken back, where it is not said
    #[arg(value_name = "RUN", conflicts_with = "list")]
    run: Option<String>,
    /// List the runs that are kept, the latest first
    #[arg(short, long)]
    list: bool,
}

/// Runs it.
pub fn run(args: &UndoArgs, streams: &mut Streams) -> Exit {
    let runs = match runs() {
        Ok(runs) => runs,
        Err(message) => {
            streams.error(format_args!("what runs have replaced cannot be read: {message}"));
            return Exit::Failed;
        }
    };
    if args.list {
        return list(&runs, streams);
    }
    let chosen = match &args.run {
        Some(name) => runs.iter().find(|run| run.name == *name),
        None => runs.iter().find(|run| !run.undone),
    };
    match (chosen, &args.run) {
        (Some(run), _) => undo(run, streams),
        (None, Some(name)) => {
            streams.error(format_args!("no run called {name} is kept; see `dopt undo --list`"));
            Exit::Usage
        }
        (None, None) => {
            streams.error("no run is kept that was not taken back already; see `dopt undo --list`");
            Exit::NothingMatched
        }
    }
}

fn list(runs: &[Run], streams: &mut Streams) -> Exit {
    if runs.is_empty() {
        streams.note(format_args!("no run is kept"));
    }
    for run in runs {
        let files = run.entries().map_or(0, Iterator::count);
        let name = streams.paint(STRONG, &run.name).to_string();
        let (command, folder) = (&run.head.command, run.head.folder.path().display());
        let undone = if run.undone { ", undone" } else { "" };
        let when = streams.paint(DIM, ago(run.head.started)).to_string();
        let files = count(files, "file");
        streams.print(format_args!("{name}  dopt {command} in {folder}, {files}{undone}  {when}\n"));
    }
    Exit::Done
}

/// `3days 2h ago`: two units are enough.
fn ago(started: u64) -> String {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(started);
    let seconds = SystemTime::now().duration_since(started).unwrap_or_default().as_secs();
    let text = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    format!("{} ago", text.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

/// What became of a file.
enum Fate {
    Restored,
    /// It is as it was, whoever did that.
    AsItWas,
    /// Half a sentence.
    Left(String),
}

fn undo(run: &Run, streams: &mut Streams) -> Exit {
    let entries: Vec<_> = match run.entries() {
        Ok(entries) => entries.collect(),
        Err(error) => {
            streams.error(format_args!("the journal of {} cannot be read: {}", run.name, plain(&error)));
            return Exit::Failed;
        }
    };
    let (mut restored, mut as_it_was, mut left) = (0, 0, 0);
    streams.begin_bar(entries.len());
    // A file that was replaced twice goes back in two steps.
    for entry in entries.iter().rev() {
        let (path, fate) = match entry {
            Ok(entry) => (entry.path.path().display().to_string(), restore(entry)),
            Err(line) => (format!("{}, line {line}", run.name), Fate::Left("the journal is damaged".to_owned())),
        };
        match fate {
            Fate::Restored => restored += 1,
            Fate::AsItWas => as_it_was += 1,
            Fate::Left(why) => {
                left += 1;
                streams.error(format_args!("{path}: not restored: {why}"));
            }
        }
        streams.advance_bar();
    }
    streams.end_bar();
    if let Err(error) = run.mark_undone() {
        streams.warning(format_args!("that {} was taken back cannot be noted: {}", run.name, plain(&error)));
    }
    summary(&run.name, restored, as_it_was, left, streams);
    if left > 0 { Exit::Failed } else { Exit::Done }
}

fn summary(name: &str, restored: usize, as_it_was: usize, left: usize, streams: &mut Streams) {
    if streams.quiet() {
        return;
    }
    let mut parts = vec![format!("{} restored", count(restored, "file"))];
    if as_it_was > 0 {
        parts.push(format!("{as_it_was} as before the run already"));
    }
    if left > 0 {
        parts.push(format!("{left} not restored"));
    }
    streams.note(format_args!("{name}: {}", parts.join("; ")));
}

fn restore(entry: &Entry) -> Fate {
    let path = entry.path.path();
    clear_temporary(path, &entry.temporary);
    let now = match fs::read_to_string(path) {
        Ok(now) => Some(now),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) if error.kind() == ErrorKind::InvalidData => return changed(),
        Err(error) => return Fate::Left(format!("it cannot be read: {}", plain(&error))),
    };
    if now == entry.before {
        return Fate::AsItWas;
    }
    match (now, &entry.before) {
        (None, Some(_)) => Fate::Left("it is gone".to_owned()),
        (Some(now), _) if !entry.is_after(&now) => changed(),
        (Some(_), None) => match fs::remove_file(path) {
            Ok(()) => Fate::Restored,
            Err(error) => Fate::Left(format!("it cannot be deleted: {}", plain(&error))),
        },
        (Some(now), Some(before)) => match Writer::without_journal().replace(path, &now, before) {
            Ok(()) => Fate::Restored,
            Err(failure) => Fate::Left(failure.to_string()),
        },
        (None, None) => Fate::AsItWas,
    }
}

fn changed() -> Fate {
    Fate::Left("it was changed since dopt wrote it".to_owned())
}

/// What a run that was killed has left beside the file.
fn clear_temporary(path: &Path, name: &str) {
    if name.starts_with(crate::write::PREFIX) && !name.contains(['/', '\\']) {
        let _ = fs::remove_file(path.with_file_name(name));
    }
}
