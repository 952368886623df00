//! One JSON object, written file by file, each on a line of its own.
//!
//! `{"version":1,"files":[…],"summary":{…}}`. Lines and columns count from 1, columns in characters, and a place ends
//! in front of its end column. Ranges are those of the old text. Fields may be added; none changes its meaning
//! without a new `version`.

use std::path::{Path, PathBuf};

use dopt_rewrite::{Change, Refused, Suppression};
use dopt_syntax::{Problem, TextRange};
use serde::Serialize;

use super::{Outcome, Report, unified};
use crate::streams::Streams;
use crate::tally::Tally;

/// The object that both `fix` and `check` print.
pub struct Json {
    here: PathBuf,
    started: bool,
}

impl Json {
    /// Nothing is printed yet.
    pub fn new() -> Json {
        Json { here: std::env::current_dir().unwrap_or_default(), started: false }
    }

    fn start(&mut self, streams: &mut Streams) {
        let first = !std::mem::replace(&mut self.started, true);
        streams.put(if first { "{\"version\":1,\"files\":[\n" } else { ",\n" });
    }
}

impl Report for Json {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.start(streams);
        let diff = if outcome.changed() { unified(outcome, &self.here) } else { String::new() };
        streams.put(&to_json(&FileEntry::new(outcome, diff)));
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        if !self.started {
            self.start(streams);
        }
        streams.print(format_args!("\n],\"summary\":{}}}\n", to_json(tally)));
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("there are only strings, numbers and lists in it")
}

/// The object of one file.
pub fn json_entry(outcome: &Outcome<'_>) -> String {
    let diff = if outcome.changed() { unified(outcome, Path::new("")) } else { String::new() };
    to_json(&FileEntry::new(outcome, diff))
}

/// One file.
#[derive(Serialize)]
struct FileEntry<'o> {
    path: String,
    changed: bool,
    written: bool,
    changes: Vec<ChangeEntry<'o>>,
    hidden: Vec<ChangeEntry<'o>>,
    refusals: Vec<RefusalEntry<'o>>,
    problems: Vec<ProblemEntry>,
    unused_suppressions: Vec<SuppressionEntry<'o>>,
    diff: String,
    error: Option<ErrorEntry>,
}

impl<'o> FileEntry<'o> {
    fn new(outcome: &'o Outcome<'_>, diff: String) -> FileEntry<'o> {
        let place = |at: TextRange| Place::new(outcome, at);
        let change = |found: &'o Change| ChangeEntry {
            rule: found.rule,
            title: &found.title,
            safety: found.safety.name(),
            caveat: found.safety.caveat(),
            verified: false,
            place: place(found.at),
        };
        let applied = |found: &'o Change| ChangeEntry { verified: outcome.is_verified(found), ..change(found) };
        let refusal = |found: &'o Refused| RefusalEntry {
            rule: found.rule,
            code: found.why.code(),
            message: found.why.sentence(),
            log: outcome.log_of(found),
            place: place(found.at),
        };
        let problem = |found: &Problem| ProblemEntry { message: found.kind.message(), place: place(found.at) };
        let unused = |found: &'o Suppression| SuppressionEntry { rules: &found.rules, place: place(found.at) };
        let rewrite = outcome.result.as_ref().ok();
        let error = outcome.result.as_ref().err();
        FileEntry {
            path: outcome.shown_path(),
            changed: outcome.changed(),
            written: outcome.was_written(),
            changes: rewrite.map(|found| found.changes.iter().map(applied).collect()).unwrap_or_default(),
            hidden: rewrite.map(|found| found.hidden.iter().map(change).collect()).unwrap_or_default(),
            refusals: rewrite.map(|found| found.refusals.iter().map(refusal).collect()).unwrap_or_default(),
            problems: rewrite.map(|found| found.problems.iter().map(problem).collect()).unwrap_or_default(),
            unused_suppressions: rewrite
                .map(|found| found.unused_suppressions.iter().map(unused).collect())
                .unwrap_or_default(),
            diff,
            error: error.map(|failure| ErrorEntry { code: failure.code(), message: failure.to_string() }),
        }
    }
}

#[derive(Serialize)]
struct ChangeEntry<'o> {
    rule: &'static str,
    title: &'o str,
    safety: &'static str,
    caveat: Option<&'static str>,
    /// Only where images were built, and, of a fix that is not safe, only where a command ran in them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    verified: bool,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct RefusalEntry<'o> {
    rule: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'o str>,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct ProblemEntry {
    message: &'static str,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct SuppressionEntry<'o> {
    rules: &'o [String],
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct ErrorEntry {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Place {
    fn new(outcome: &Outcome<'_>, at: TextRange) -> Place {
        let (start, end) = (outcome.position(at.start()), outcome.position(at.end()));
        Place { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}
