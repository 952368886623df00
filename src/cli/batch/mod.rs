//! All files of a run: given out to threads, and what became of them told in order. No file can stop the others.

mod guard;
mod informed;
mod job;
mod known;
mod lines;
mod lookups;
mod text;
mod window;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dopt_model::{Facts, NO_FACTS};

use crate::baseline::{Baseline, Record};
use crate::commands::Proof;
use crate::config::{Choices, Configs};
use crate::contexts::{self, Contexts, rewrite_of};
use crate::discover::{self, InputArgs, Lost, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pins::Pins;
use crate::report::{Outcome, Report, Wants};
use crate::streams::Streams;
use crate::tally::Tally;
use crate::write::Writer;
pub use guard::{guarded_rewrite, guarded_rewrite_without, record_panics};
pub use lines::rewrite_lines;

pub use informed::informed_rewrite;
use job::{Done, Job};
use window::Window;

/// Fewer files than this are done before threads have started.
const HANDFUL: usize = 8;

/// The files of one run, and what happens to them.
pub struct Batch<'b, 'a> {
    configs: Configs<'a>,
    /// Who replaces changed files, if they are.
    writer: Option<Arc<Writer>>,
    report: &'b mut dyn Report,
    streams: &'b mut Streams,
    tally: Tally,
    /// The paths so far, where one could come twice.
    seen: Option<HashSet<PathBuf>>,
    /// The files themselves, behind all links, that may be replaced at this moment or were before.
    real: HashSet<PathBuf>,
    /// How rewrites are proved before they are written, if they are.
    proof: Option<Proof<'a>>,
    /// What is known, by the path of the baseline, and whether that counts.
    baselines: HashMap<PathBuf, Baseline>,
    has_baseline: bool,
    /// The baselines that are made, if they are.
    record: Option<Record>,
    /// The folders around the files, for their ignore files.
    contexts: Contexts,
    /// The name that standard input goes by.
    stdin_name: &'b Path,
    /// Whether files can be excluded that are named.
    force_exclude: bool,
    /// Standard input, where somebody read it already.
    stdin: Option<Vec<u8>>,
    /// What was looked up, as soon as a file wants it.
    pins: Option<Pins>,
}

/// A file on its way, with what there is to say about its configuration.
struct Entry {
    mistakes: Vec<String>,
    notes: Vec<String>,
    /// A job comes back where the file is too large to be done beside others.
    file: Option<Result<Done, Job>>,
}

impl<'b, 'a> Batch<'b, 'a> {
    /// Nothing is done yet. Changed files are replaced where there is a writer.
    pub fn new(
        configs: Configs<'a>,
        writer: Option<Writer>,
        report: &'b mut dyn Report,
        streams: &'b mut Streams,
    ) -> Self {
        record_panics();
        Batch {
            configs,
            writer: writer.map(Arc::new),
            report,
            streams,
            tally: Tally::default(),
            seen: None,
            real: HashSet::new(),
            proof: None,
            baselines: HashMap::new(),
            has_baseline: true,
            record: None,
            contexts: Contexts::default(),
            stdin_name: Path::new(""),
            force_exclude: false,
            stdin: None,
            pins: None,
        }
    }

    /// Lets nothing through but what was built and is the same.
    pub fn proven_by(self, proof: Option<Proof<'a>>) -> Self {
        Batch { proof, ..self }
    }

    /// Works on everything that the arguments mean.
    pub fn run(mut self, input: &'b InputArgs) -> Tally {
        self.seen = input.may_repeat().then(HashSet::new);
        self.stdin_name = &input.stdin_filename;
        self.tally.is_part = input.is_part();
        self.force_exclude = input.force_exclude;
        let sources = discover::sources(input).unwrap_or_else(|message| {
            self.tally.config_errors += 1;
            self.streams.error(message);
            Vec::new()
        });
        let found: Vec<&Source> = sources.iter().filter_map(|source| source.as_ref().ok()).collect();
        // An engine builds one image after the other.
        let is_alone = sources.len() < HANDFUL || self.proof.is_some();
        let mut window = Window::new(if is_alone { 1 } else { input.threads() });
        // A build shows what it is at.
        if self.proof.is_none() {
            self.streams.begin_bar(sources.len());
        }
        for source in &sources {
            match source {
                Ok(Source::File { path, named, share }) if share.file => {
                    self.give_out(path, *named, share.folder, &found, &mut window);
                }
                Ok(Source::File { path, named, .. }) => self.only_note(path, *named),
                Ok(Source::Stdin) => {
                    self.hand_over_all(&mut window);
                    self.stdin(&found);
                }
                Err(lost) => {
                    self.hand_over_all(&mut window);
                    self.lost(lost);
                }
            }
            while window.is_full() && !self.is_over() {
                self.hand_over(&mut window);
            }
            if self.is_over() {
                break;
            }
        }
        self.hand_over_all(&mut window);
        self.streams.end_bar();
        self.ignore_files();
        self.store_baselines();
        self.report.end(&self.tally, self.streams);
        self.tally
    }

    /// Whether nobody wants to know more.
    fn is_over(&self) -> bool {
        (self.streams.is_closed() && self.writer.is_none()) || self.tally.stopped.is_some()
    }

    /// Has a look at a file of another machine, whose folder is one of ours.
    fn only_note(&mut self, path: &Path, named: bool) {
        let (Some(choices), ..) = self.choices(path) else { return };
        let mut buffer = Vec::new();
        if choices.writes_dockerignore()
            && !self.is_excluded(path, named, &choices)
            && let Ok(file) = File::open(path)
            && let Ok(text) = text::read(file, &mut buffer)
        {
            self.contexts.note(path, text, &choices);
        }
    }

    fn give_out(&mut self, path: &Path, named: bool, has_folder: bool, all: &[&Source], window: &mut Window<Entry>) {
        let (choices, mistakes, notes) = self.choices(path);
        let Some(choices) = choices.filter(|choices| self.is_wanted(path, named, choices)) else {
            return window.push_ready(Entry { mistakes, notes, file: None });
        };
        if self.has_to_look_up(&choices) || self.is_replaced_already(path) {
            self.hand_over_all(window);
        }
        let facts = self.facts(path, &choices, all);
        let known = self.known(path, &choices);
        // What has to be proved is written behind the proof.
        let writer = self.writer_for(&choices).filter(|_| self.proof.is_none());
        // A proof may take fixes away.
        let wants = if self.proof.is_none() { self.report.wants() } else { Wants::default() };
        let job = Job { path: path.to_path_buf(), has_folder, choices, facts, known, writer, wants };
        window.push(move || Entry { mistakes, notes, file: Some(job.run_beside_others()) });
    }

    fn writer_for(&self, choices: &Choices) -> Option<Arc<Writer>> {
        let writer = self.writer.as_ref()?;
        Some(if choices.keeps_undo() { Arc::clone(writer) } else { Arc::new(Writer::without_journal()) })
    }

    /// Whether a file goes by two names, so that two threads could be at it at the same time.
    fn is_replaced_already(&mut self, path: &Path) -> bool {
        self.writer.is_some() && fs::canonicalize(path).is_ok_and(|real| !self.real.insert(real))
    }

    fn hand_over_all(&mut self, window: &mut Window<Entry>) {
        while !self.is_over() && self.hand_over(window) {}
    }

    /// Tells what became of the oldest file that was given out, if there is one.
    fn hand_over(&mut self, window: &mut Window<Entry>) -> bool {
        let Some(Entry { mistakes, notes, file }) = window.pop() else { return false };
        self.tell(&mistakes, &notes);
        if let Some(file) = file {
            self.told(file.unwrap_or_else(Job::run));
        }
        self.streams.advance_bar();
        true
    }

    fn told(&mut self, mut done: Done) {
        let (choices, facts) = (Arc::clone(&done.job.choices), done.job.facts.clone());
        if done.job.has_folder && choices.writes_dockerignore() {
            self.contexts.note(&done.job.path, &done.before, &choices);
        }
        self.tally.known += done.known;
        let mut outcome = done.outcome();
        let facts = facts.as_deref().unwrap_or(&NO_FACTS);
        self.prove(&mut outcome, &choices, facts);
        if let Some(writer) = self.writer_for(&choices).filter(|_| outcome.changed() && !outcome.was_written()) {
            outcome.written(writer.replace(outcome.path, outcome.before, outcome.after()));
        }
        if self.proof.is_some() {
            self.find_details(&mut outcome, &choices, facts);
        }
        self.finish(&mut outcome, &choices, facts);
    }

    /// Whether a file is neither excluded nor done already.
    fn is_wanted(&mut self, path: &Path, named: bool, choices: &Choices) -> bool {
        let is_new = |seen: &mut HashSet<PathBuf>| seen.insert(discover::tidy(path).to_path_buf());
        !self.is_excluded(path, named, choices) && self.seen.as_mut().is_none_or(is_new)
    }

    fn is_excluded(&self, path: &Path, named: bool, choices: &Choices) -> bool {
        (self.force_exclude || !named) && choices.excludes(|| self.configs.absolute(path))
    }

    fn lost(&mut self, Lost { path, error }: &Lost) {
        let error = io::Error::new(error.kind(), crate::failure::plain(error));
        self.finish_lost(&Outcome::new(path, false, "", Err(Failure::Read(error))));
    }

    /// The ignore files of the contexts of all files, behind the files themselves.
    fn ignore_files(&mut self) {
        for found in mem::take(&mut self.contexts).assessed() {
            let before = found.before.as_deref().unwrap_or_default();
            let mut outcome = Outcome::new(&found.unit.ignore, false, before, Ok(rewrite_of(&found)));
            outcome.is_new = found.before.is_none();
            let hidden: u64 = found.proposal.lines.iter().map(|line| line.amount.bytes).sum();
            self.tally.add_bytes(contexts::RULE, i64::try_from(hidden).unwrap_or(i64::MAX));
            if let Some(writer) = &self.writer {
                outcome.written(found.write(writer));
            }
            self.finish_lost(&outcome);
        }
    }

    fn stdin(&mut self, all: &[&Source]) {
        let name = self.stdin_name;
        let (choices, mistakes, notes) = self.choices(name);
        self.tell(&mistakes, &notes);
        let Some(choices) = choices else { return };
        let facts = self.facts(name, &choices, all);
        let facts = facts.as_deref().unwrap_or(&NO_FACTS);
        let (mut buffer, stdin) = (Vec::new(), self.stdin.take());
        let text = match &stdin {
            Some(bytes) => text::read(bytes.as_slice(), &mut buffer),
            None => text::read(io::stdin().lock(), &mut buffer),
        };
        let (mut outcome, more) = match text {
            Ok(text) => {
                let (result, more) = informed_rewrite(text, &choices, facts, None);
                (Outcome::new(name, true, text, result), more)
            }
            Err(failure) => (Outcome::new(name, true, "", Err(failure)), None),
        };
        let facts = more.as_ref().unwrap_or(facts);
        self.prove(&mut outcome, &choices, facts);
        if outcome.changed() && self.writer.is_some() {
            outcome.written(Ok(()));
        }
        self.find_details(&mut outcome, &choices, facts);
        self.finish(&mut outcome, &choices, facts);
    }

    /// What reports show besides.
    fn find_details(&self, outcome: &mut Outcome<'_>, choices: &Choices, facts: &Facts) {
        outcome.find_details(self.report.wants(), &choices.options(facts));
    }

    /// Builds the images, where that was asked for. What stops one file for a reason of its own does not stop the rest.
    fn prove(&mut self, outcome: &mut Outcome<'_>, choices: &Choices, facts: &Facts) {
        let Some(proof) = self.proof.filter(|_| outcome.changed()) else { return };
        match proof.prove(outcome.path, outcome.before, &choices.options(facts), self.streams) {
            Ok(proven) => {
                for (rule, bytes) in proven.saved.iter().flatten() {
                    if let Some(rule) = rule {
                        self.tally.add_bytes(rule, *bytes);
                    }
                }
                outcome.proven(proven);
            }
            Err(stop) => {
                if stop.exit != Exit::Failed {
                    self.tally.stopped = Some(stop.exit);
                }
                outcome.result = Err(Failure::NotVerified(stop.message));
            }
        }
    }

    fn finish(&mut self, outcome: &mut Outcome<'_>, choices: &Choices, facts: &Facts) {
        self.record(outcome, choices, facts);
        if let (Some(pins), Ok(rewrite)) = (&choices.pins, &outcome.result) {
            self.tally.add_pins(rewrite, pins.required);
        }
        self.finish_lost(outcome);
    }

    fn finish_lost(&mut self, outcome: &Outcome<'_>) {
        self.tally.files += 1;
        outcome.count(&mut self.tally);
        self.report.file(outcome, self.streams);
    }

    /// What counts for a file, and what there is to say about that: a mistake in its configuration comes up once.
    fn choices(&mut self, path: &Path) -> (Option<Arc<Choices>>, Vec<String>, Vec<String>) {
        let choices = self.configs.of(path);
        let mut notes = Vec::new();
        if let Some(origin) = choices.as_ref().and_then(|choices| choices.origin.as_ref())
            && self.streams.verbose()
        {
            notes.push(format!("{}: as {} says", path.display(), origin.display()));
        }
        let color = self.streams.err_color();
        let mistakes = self.configs.take_mistakes().iter().map(|mistake| mistake.render(color)).collect();
        (choices, mistakes, notes)
    }

    fn tell(&mut self, mistakes: &[String], notes: &[String]) {
        self.tally.config_errors += mistakes.len();
        for line in notes.iter().chain(mistakes) {
            self.streams.note(format_args!("{line}"));
        }
    }
}
