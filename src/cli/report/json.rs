//! One JSON object, written file by file, each on a line of its own; or one object for each file and one for the end.
//!
//! `{"version":1,"files":[…],"summary":{…}}`. Lines and columns count from 1, columns in characters, and a place ends
//! in front of its end column. Ranges are those of the old text. Fields may be added; none changes its meaning
//! without a new `version`. The types below are what `schemas/output.json` and `schemas/output-lines.json` are made of.

use std::path::{Path, PathBuf};

use dopt_rewrite::{Change, Refused, Suppression};
use dopt_syntax::{Problem, TextRange};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::{Outcome, Report, unified};
use crate::streams::Streams;
use crate::tally::Tally;

const VERSION: u32 = 1;

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
        match std::mem::replace(&mut self.started, true) {
            true => streams.put(",\n"),
            false => streams.print(format_args!("{{\"version\":{VERSION},\"files\":[\n")),
        }
    }
}

impl Report for Json {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.start(streams);
        streams.put(&to_json(&FileEntry::new(outcome, &self.here)));
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        if !self.started {
            self.start(streams);
        }
        streams.print(format_args!("\n],\"summary\":{}}}\n", to_json(tally)));
    }
}

/// One object a line: `{"type":"file",…}` for each file, and `{"type":"summary",…}` at the end.
pub struct JsonLines {
    here: PathBuf,
}

impl JsonLines {
    /// Nothing is printed yet.
    pub fn new() -> JsonLines {
        JsonLines { here: std::env::current_dir().unwrap_or_default() }
    }
}

impl Report for JsonLines {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        let line = Line::File { version: VERSION, file: Box::new(FileEntry::new(outcome, &self.here)) };
        streams.print(format_args!("{}\n", to_json(&line)));
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        let line = Line::Summary { version: VERSION, summary: tally };
        streams.print(format_args!("{}\n", to_json(&line)));
    }
}

/// The schema of `-f json`.
pub fn object_schema() -> Schema {
    schema_of::<Output<'static>>()
}

/// The schema of one line of `-f jsonl`.
pub fn lines_schema() -> Schema {
    schema_of::<Line<'static>>()
}

fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// What `dopt fix -f json` and `dopt check -f json` print. Fields may be added; none changes its meaning without a new
/// version.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Output")]
struct Output<'o> {
    /// The version of this format: 1.
    version: u32,
    /// What became of each file, in the order in which they were looked at.
    files: Vec<FileEntry<'o>>,
    /// Counts over all files.
    summary: Tally,
}

/// One line of what `dopt fix -f jsonl` and `dopt check -f jsonl` print.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Line")]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'o> {
    /// What became of a file.
    File {
        /// The version of this format: 1.
        version: u32,
        #[serde(flatten)]
        file: Box<FileEntry<'o>>,
    },
    /// The last line: counts over all files.
    Summary {
        /// The version of this format: 1.
        version: u32,
        #[serde(flatten)]
        summary: &'o Tally,
    },
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("there are only strings, numbers and lists in it")
}

/// The object of one file.
pub fn json_entry(outcome: &Outcome<'_>) -> String {
    to_json(&FileEntry::new(outcome, Path::new("")))
}

/// What became of one file.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "File")]
struct FileEntry<'o> {
    /// The path as it was given or found, with forward slashes.
    path: String,
    /// Whether the new text differs.
    changed: bool,
    /// Whether the new text went where it belongs.
    written: bool,
    /// The fixes that are in the new text.
    changes: Vec<ChangeEntry<'o>>,
    /// The fixes that are not, because they are unsafe or advice.
    hidden: Vec<ChangeEntry<'o>>,
    /// The places that were left alone, and why.
    refusals: Vec<RefusalEntry<'o>>,
    /// What BuildKit rejects. Such a file is never changed.
    problems: Vec<ProblemEntry>,
    /// Comments that were to forbid a transform and forbid nothing.
    unused_suppressions: Vec<SuppressionEntry<'o>>,
    /// A unified diff; empty where nothing changed.
    diff: String,
    /// Why the file could not be done.
    error: Option<ErrorEntry>,
}

impl<'o> FileEntry<'o> {
    fn new(outcome: &'o Outcome<'_>, here: &Path) -> FileEntry<'o> {
        let diff = if outcome.changed() { unified(outcome, here) } else { String::new() };
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

/// A fix.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Change")]
struct ChangeEntry<'o> {
    /// The transform's name.
    rule: &'static str,
    /// What is done: half a sentence in the imperative.
    title: &'o str,
    /// `safe`, `unsafe` or `advice`.
    safety: &'static str,
    /// The sentence that has to be read before an unsafe fix is taken.
    caveat: Option<&'static str>,
    /// Whether the image was built with the fix and was the same; only where images were built, and, of a fix that is
    /// not safe, only where a command ran in them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    verified: bool,
    #[serde(flatten)]
    place: Place,
}

/// A place that was left alone.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Refusal")]
struct RefusalEntry<'o> {
    /// The transform's name.
    rule: &'static str,
    /// The reason, one of those in the README. It never changes.
    code: &'static str,
    /// The reason in words.
    message: String,
    /// What was wrong with the image, where one was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'o str>,
    #[serde(flatten)]
    place: Place,
}

/// What BuildKit rejects.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Problem")]
struct ProblemEntry {
    /// What is wrong.
    message: &'static str,
    #[serde(flatten)]
    place: Place,
}

/// A comment that forbids nothing.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "UnusedSuppression")]
struct SuppressionEntry<'o> {
    /// The transforms that it names; none for all.
    rules: &'o [String],
    #[serde(flatten)]
    place: Place,
}

/// Why a file could not be done.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Error")]
struct ErrorEntry {
    /// The reason: `unreadable`, `too-large`, `not-utf8`, `bug`, `panic`, `not-written` or `not-verified`.
    code: &'static str,
    /// The reason in words.
    message: String,
}

/// Lines and columns count from 1, columns in characters; the end is behind the last character.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Place")]
struct Place {
    /// The line on which it starts.
    line: usize,
    /// The column in which it starts.
    column: usize,
    /// The line on which it ends.
    end_line: usize,
    /// The column behind its end.
    end_column: usize,
}

impl Place {
    fn new(outcome: &Outcome<'_>, at: TextRange) -> Place {
        let (start, end) = (outcome.position(at.start()), outcome.position(at.end()));
        Place { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}
