//! What became of a file, computed once; the modules below present it, one for each format.

mod brief;
mod checkstyle;
mod concise;
mod details;
mod diff;
mod finding;
mod fingerprint;
mod formats;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod place;
mod rdjson;
mod sarif;
mod sinks;
mod snippets;
mod stat;
pub mod summary;
mod xml;

use std::cell::OnceCell;
use std::path::Path;

use dopt_rewrite::{Change, Edit, Options, Refused, Rewrite, Safety};

use crate::commands::{Guilty, Proven};
use crate::failure::Failure;
use crate::line_index::{LineIndex, Position};
use crate::page::Unit;
use crate::streams::{RULE, Streams};
use crate::tally::Tally;

pub use brief::{Changed, Failures, Listed};
pub use checkstyle::Checkstyle;
pub use concise::{Concise, Verbose};
pub use details::{Details, Wants};
pub use diff::{Diff, Patch, path_from, print as print_diff, unified};
pub use finding::{Finding, Level, findings_of};
pub use formats::FormatArgs;
pub use full::Full;
pub use github::Annotations;
pub use gitlab::Gitlab;
pub use json::{Json, JsonLines, json_entry, lines_schema, object_schema};
pub use junit::Junit;
pub use markdown::Markdown;
pub use rdjson::Rdjson;
pub use sarif::Sarif;
pub use sinks::{Own, Sinks};
pub use snippets::Snippets;
pub use stat::Stat;

/// A way to present what became of files.
pub trait Report {
    /// Presents one file.
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams);

    /// Presents the end.
    fn end(&mut self, _tally: &Tally, _streams: &mut Streams) {}

    /// What it shows of each fix that takes time to find out.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

impl Report for Box<dyn Report> {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.as_mut().file(outcome, streams);
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        self.as_mut().end(tally, streams);
    }

    fn wants(&self) -> Wants {
        self.as_ref().wants()
    }
}

/// What became of one file.
pub struct Outcome<'o> {
    /// Its path, as the user would write it.
    pub path: &'o Path,
    /// Whether it came from standard input.
    pub is_stdin: bool,
    /// Its text; empty if it could not be read.
    pub before: &'o str,
    /// Whether there is no such file yet.
    pub is_new: bool,
    /// What can be done.
    pub result: Result<Rewrite, Failure>,
    written: bool,
    /// What the builds showed, where the images were built and compared.
    proof: Option<Built>,
    /// What there is to say about each fix, where somebody asked.
    details: Details,
    lines: OnceCell<LineIndex<'o>>,
}

/// What builds showed.
struct Built {
    /// The fixes that did not pass.
    guilty: Vec<Guilty>,
    /// Whether a command ran in the images.
    tried: bool,
    /// What was measured, by transform; `None` where nothing was left to build.
    saved: Option<Vec<(Option<String>, i64)>>,
}

impl<'o> Outcome<'o> {
    /// The outcome before anything is written.
    pub fn new(path: &'o Path, is_stdin: bool, before: &'o str, result: Result<Rewrite, Failure>) -> Outcome<'o> {
        let lines = OnceCell::new();
        let (written, proof, details) = (false, None, Details::default());
        Outcome { path, is_stdin, before, is_new: false, result, written, proof, details, lines }
    }

    /// Notes that the new text went where it belongs, or why not.
    pub fn written(&mut self, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.written = true,
            Err(failure) => self.result = Err(failure),
        }
    }

    /// Takes the rewrite that passed when it was built, and the fixes that did not.
    pub fn proven(&mut self, proven: Proven) {
        self.result = Ok(proven.rewrite);
        self.proof = Some(Built { guilty: proven.guilty, tried: proven.tried, saved: proven.saved });
    }

    /// Works out what reports want to know.
    pub fn find_details(&mut self, wants: Wants, options: &Options<'_>) {
        let Ok(rewrite) = &self.result else { return };
        self.details = Details::of(wants, self.before, options, rewrite);
    }

    /// Takes what was worked out elsewhere.
    pub fn take_details(&mut self, details: Details) {
        self.details = details;
    }

    /// What can be taken and left without each other; empty where that was not asked for.
    pub fn units(&self) -> &[Unit] {
        &self.details.units
    }

    /// What a fix would be on its own; empty where that was not asked for, or where it takes another one first.
    pub fn edits_of(&self, change: &Change) -> &[Edit] {
        let Ok(rewrite) = &self.result else { return &[] };
        let at = rewrite.changes.iter().chain(&rewrite.hidden).position(|found| std::ptr::eq(found, change));
        at.and_then(|at| self.details.alone.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Whether builds showed that a fix is right. For one that may change what the image does, a command has to have
    /// run in both.
    pub fn is_verified(&self, change: &Change) -> bool {
        self.proof.as_ref().is_some_and(|built| built.tried || change.safety == Safety::Safe)
    }

    /// Says on standard error which of the fixes that are not safe were verified, and which did not pass, where images
    /// were built.
    pub fn show_verified(&self, streams: &mut Streams) {
        let (Some(built), Ok(rewrite), false) = (&self.proof, &self.result, streams.quiet()) else { return };
        for change in rewrite.changes.iter().filter(|change| change.safety != Safety::Safe) {
            let (path, line) = (self.shown_path(), self.position(change.at.start()).line);
            let rule = streams.paint_err(RULE, change.rule);
            let said = match self.is_verified(change) {
                true => "unsafe fix, verified: the smoke command does the same",
                false => "unsafe fix, not verified: give a command with --smoke that tries what it may change",
            };
            streams.note(format_args!("{path}:{line}: {rule}: {said}"));
        }
        for guilty in &built.guilty {
            let (path, line) = (self.shown_path(), self.position(guilty.fix.at).line);
            let rule = streams.paint_err(RULE, guilty.fix.rule);
            streams.note(format_args!("{path}:{line}: {rule}: left out, it did not pass: {}", guilty.last_line()));
        }
    }

    /// How many bytes smaller the image is, where it was built and something changed.
    pub fn saved_bytes(&self) -> Option<i64> {
        self.saved().map(|saved| saved.iter().map(|(_, bytes)| bytes).sum())
    }

    /// The bytes that a transform took away, where the image was built. What is stored once only now has no transform.
    pub fn saved_by(&self, rule: &str) -> Option<i64> {
        let of = |(name, _): &&(Option<String>, i64)| name.as_deref() == Some(rule);
        self.saved().into_iter().flatten().find(of).map(|(_, bytes)| *bytes)
    }

    fn saved(&self) -> Option<&[(Option<String>, i64)]> {
        self.proof.as_ref()?.saved.as_deref()
    }

    /// Whether the images were built and compared.
    pub fn was_verified(&self) -> bool {
        self.proof.is_some()
    }

    /// What was wrong with a fix that was tried.
    pub fn log_of(&self, refused: &Refused) -> Option<&str> {
        let of = |guilty: &&Guilty| guilty.fix.rule == refused.rule && guilty.fix.at == refused.at.start();
        self.proof.iter().flat_map(|built| &built.guilty).find(of).map(|guilty| guilty.why.as_str())
    }

    /// Whether the new text went where it belongs.
    pub fn was_written(&self) -> bool {
        self.written
    }

    /// Whether the new text differs.
    pub fn changed(&self) -> bool {
        self.after() != self.before
    }

    /// The new text; the old one where nothing could be done.
    pub fn after(&self) -> &str {
        match &self.result {
            Ok(rewrite) if rewrite.problems.is_empty() => &rewrite.after,
            _ => self.before,
        }
    }

    /// The path with forward slashes, as reports show it.
    pub fn shown_path(&self) -> String {
        let path = self.path.to_string_lossy();
        if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
    }

    /// Line and column of an offset of the old text.
    pub fn position(&self, offset: usize) -> Position {
        self.lines().position(offset)
    }

    /// The lines of the old text.
    pub fn lines(&self) -> &LineIndex<'o> {
        self.lines.get_or_init(|| LineIndex::new(self.before))
    }

    /// Everything there is to say about places in the file, in the order of the file.
    pub fn findings(&self) -> Vec<Finding<'_>> {
        self.result.as_ref().map(findings_of).unwrap_or_default()
    }

    /// Adds it to the counts.
    pub fn count(&self, tally: &mut Tally) {
        match &self.result {
            Ok(rewrite) => {
                tally.add(rewrite);
                tally.failed += usize::from(!rewrite.problems.is_empty());
            }
            Err(_) => tally.failed += 1,
        }
        tally.changed += usize::from(self.changed());
        tally.written += usize::from(self.written);
    }

    /// Says on standard error why the file could not be done, where that is so.
    pub fn show_failure(&self, streams: &mut Streams) {
        match &self.result {
            Err(failure) => streams.error(format_args!("{}: {failure}", self.shown_path())),
            Ok(rewrite) => {
                for problem in &rewrite.problems {
                    let Position { line, column } = self.position(problem.at.start());
                    let message = problem.kind.message();
                    let path = self.shown_path();
                    streams.error(format_args!("{path}:{line}:{column}: {message}; the file was left as it is"));
                }
            }
        }
    }
}
