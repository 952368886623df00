//! The work on one file: read it and rewrite it, and replace it where that is wanted. It knows of no other file and
//! says nothing, so that any thread can do it.

use std::cell::RefCell;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use dopt_model::{Facts, NO_FACTS};
use dopt_rewrite::Rewrite;

use super::informed::informed_rewrite;
use super::text;
use crate::baseline::Known;
use crate::config::Choices;
use crate::failure::Failure;
use crate::report::{Details, Outcome, Wants};
use crate::write::Writer;

/// A file that is larger is not worked on beside others, so that memory stays bounded.
const LARGE_BYTES: u64 = 256 << 10;

/// What has to be known about a file.
#[derive(Debug)]
pub struct Job {
    /// Its path, as the user would write it.
    pub path: PathBuf,
    /// Whether the folder around it is looked at, too.
    pub has_folder: bool,
    /// What counts for it.
    pub choices: Arc<Choices>,
    /// What was looked up for it, and what the work found out besides.
    pub facts: Option<Arc<Facts>>,
    /// What of it is not to be reported.
    pub known: Option<Arc<Known>>,
    /// Who replaces it, if it is to be.
    pub writer: Option<Arc<Writer>>,
    /// What reports show besides.
    pub wants: Wants,
}

/// A file behind the work.
#[derive(Debug)]
pub struct Done {
    /// What it was about.
    pub job: Job,
    /// The text as it was; empty if it could not be read.
    pub before: String,
    /// What can be done.
    pub result: Result<Rewrite, Failure>,
    /// How many findings were left out because they are known.
    pub known: usize,
    /// Whether the new text went where it belongs.
    pub written: bool,
    /// What reports show besides.
    pub details: Details,
}

thread_local! {
    /// The bytes of the present file; the space is used again for the next.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Job {
    /// Does the work.
    pub fn run(self) -> Done {
        match File::open(&self.path) {
            Ok(file) => self.with_file(file),
            Err(error) => Done::new(self, String::new(), Err(Failure::Read(error))),
        }
    }

    /// Does the work unless the file is large: then the job comes back.
    pub fn run_beside_others(self) -> Result<Done, Job> {
        match File::open(&self.path) {
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.len() > LARGE_BYTES) => Err(self),
            Ok(file) => Ok(self.with_file(file)),
            Err(_) => Ok(self.run()),
        }
    }

    fn with_file(mut self, file: File) -> Done {
        let text = BUFFER.with_borrow_mut(|buffer| text::read(file, buffer).map(str::to_owned));
        let (before, result) = match text {
            Ok(before) => {
                let result = self.rewrite(&before);
                (before, result)
            }
            Err(failure) => (String::new(), Err(failure)),
        };
        let mut done = Done::new(self, before, result);
        done.write();
        done.find_details();
        done
    }
}

impl Job {
    /// Without what is known, and how much that was. The facts are those that counted.
    fn rewrite(&mut self, before: &str) -> Result<(Rewrite, usize), Failure> {
        let facts = self.facts.as_deref().unwrap_or(&NO_FACTS);
        let (result, more) = informed_rewrite(before, &self.choices, facts, Some(&self.path));
        self.facts = more.map(Arc::new).or(self.facts.take());
        let rewrite = result?;
        let Some(known) = &self.known else { return Ok((rewrite, 0)) };
        let options = self.choices.options(self.facts.as_deref().unwrap_or(&NO_FACTS));
        known.leave_out(before, &options, rewrite)
    }
}

impl Done {
    fn new(job: Job, before: String, result: Result<(Rewrite, usize), Failure>) -> Done {
        let known = result.as_ref().map_or(0, |(_, known)| *known);
        let (result, details) = (result.map(|(rewrite, _)| rewrite), Details::default());
        Done { job, before, result, known, written: false, details }
    }

    fn find_details(&mut self) {
        let Ok(rewrite) = &self.result else { return };
        let options = self.job.choices.options(self.job.facts.as_deref().unwrap_or(&NO_FACTS));
        self.details = Details::of(self.job.wants, &self.before, &options, rewrite);
    }

    fn write(&mut self) {
        let (Ok(rewrite), Some(writer)) = (&self.result, &self.job.writer) else { return };
        if !rewrite.problems.is_empty() || rewrite.after == self.before {
            return;
        }
        match writer.replace(&self.job.path, &self.before, &rewrite.after) {
            Ok(()) => self.written = true,
            Err(failure) => self.result = Err(failure),
        }
    }

    /// What reports are made of.
    pub fn outcome(&mut self) -> Outcome<'_> {
        let result = std::mem::replace(&mut self.result, Err(Failure::Write(String::new())));
        let mut outcome = Outcome::new(&self.job.path, false, &self.before, result);
        outcome.take_details(std::mem::take(&mut self.details));
        if self.written {
            outcome.written(Ok(()));
        }
        outcome
    }
}
