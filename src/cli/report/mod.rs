//! What became of a file, computed once; the modules below present it, one for each format.

mod brief;
mod concise;
mod diff;
mod full;
mod json;
mod snippets;
mod stat;
pub mod summary;

use std::cell::OnceCell;
use std::path::Path;

use dopt_rewrite::{Change, Refused, Rewrite, Safety, Suppression};
use dopt_syntax::{Problem, TextRange};

use crate::commands::{Guilty, Proven};
use crate::failure::Failure;
use crate::line_index::{LineIndex, Position};
use crate::streams::{RULE, Streams};
use crate::tally::Tally;

pub use brief::{Changed, Failures, Listed};
pub use concise::{Concise, Verbose};
pub use diff::{Diff, path_from, print as print_diff, unified};
pub use full::Full;
pub use json::{Json, json_entry};
pub use snippets::Snippets;
pub use stat::Stat;

/// A way to present what became of files.
pub trait Report {
    /// Presents one file.
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams);

    /// Presents the end.
    fn end(&mut self, _tally: &Tally, _streams: &mut Streams) {}
}

impl Report for Box<dyn Report> {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.as_mut().file(outcome, streams);
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        self.as_mut().end(tally, streams);
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
    lines: OnceCell<LineIndex<'o>>,
}

/// What builds showed.
struct Built {
    /// The fixes that did not pass.
    guilty: Vec<Guilty>,
    /// Whether a command ran in the images.
    tried: bool,
}

impl<'o> Outcome<'o> {
    /// The outcome before anything is written.
    pub fn new(path: &'o Path, is_stdin: bool, before: &'o str, result: Result<Rewrite, Failure>) -> Outcome<'o> {
        let lines = OnceCell::new();
        Outcome { path, is_stdin, before, is_new: false, result, written: false, proof: None, lines }
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
        self.proof = Some(Built { guilty: proven.guilty, tried: proven.tried });
    }

    /// Whether builds showed that a fix is right. For one that may change what the image does, a command has to have
    /// run in both.
    pub fn is_verified(&self, change: &Change) -> bool {
        self.proof.as_ref().is_some_and(|built| built.tried || change.safety == Safety::Safe)
    }

    /// Says on standard error which of the fixes that are not safe were verified, where images were built.
    pub fn show_verified(&self, streams: &mut Streams) {
        let (Some(_), Ok(rewrite), false) = (&self.proof, &self.result, streams.quiet()) else { return };
        for change in rewrite.changes.iter().filter(|change| change.safety != Safety::Safe) {
            let (path, line) = (self.shown_path(), self.position(change.at.start()).line);
            let rule = streams.paint_err(RULE, change.rule);
            let said = match self.is_verified(change) {
                true => "unsafe fix, verified: the smoke command does the same",
                false => "unsafe fix, not verified: give a command with --smoke that tries what it may change",
            };
            streams.note(format_args!("{path}:{line}: {rule}: {said}"));
        }
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
        let Ok(rewrite) = &self.result else { return Vec::new() };
        let problems = rewrite.problems.iter().map(Finding::Problem);
        let fixes = rewrite.changes.iter().chain(&rewrite.hidden).map(Finding::Fix);
        let left = rewrite.refusals.iter().map(Finding::Left);
        let unused = rewrite.unused_suppressions.iter().map(Finding::Unused);
        let mut all: Vec<_> = problems.chain(fixes).chain(left).chain(unused).collect();
        all.sort_by_key(Finding::at);
        all
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

/// One thing to say about a place.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'f> {
    /// What BuildKit rejects.
    Problem(&'f Problem),
    /// What can be done.
    Fix(&'f Change),
    /// What is left alone.
    Left(&'f Refused),
    /// A comment that forbids nothing.
    Unused(&'f Suppression),
}

impl Finding<'_> {
    /// The place.
    pub fn at(&self) -> TextRange {
        match self {
            Finding::Problem(problem) => problem.at,
            Finding::Fix(change) => change.at,
            Finding::Left(refused) => refused.at,
            Finding::Unused(comment) => comment.at,
        }
    }

    /// The transform it is about.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Finding::Fix(change) => Some(change.rule),
            Finding::Left(refused) => Some(refused.rule),
            Finding::Problem(_) | Finding::Unused(_) => None,
        }
    }

    /// What there is to say.
    pub fn message(&self) -> String {
        match self {
            Finding::Problem(problem) => problem.kind.message().to_owned(),
            Finding::Fix(change) => change.title.clone(),
            Finding::Left(refused) => refused.why.sentence(),
            Finding::Unused(_) => "this comment forbids nothing; delete it or mend its rule names".to_owned(),
        }
    }
}
