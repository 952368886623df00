//! One file after the other: read, rewrite, perhaps write, report. No file can stop the others.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use dopt_model::{Facts, NO_FACTS, Question};
use dopt_rewrite::{Options, Rewrite};

use crate::args::InputArgs;
use crate::commands::Proof;
use crate::config::{Choices, Configs};
use crate::contexts::{Contexts, rewrite_of};
use crate::discover::{self, Lost, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pins::Pins;
use crate::report::{Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;
use crate::write;

const LIMIT_MIB: usize = 64;
const CHUNK_BYTES: usize = 1 << 16;

/// The files of one run, and what happens to them.
pub struct Batch<'b, 'a> {
    configs: Configs<'a>,
    write: bool,
    report: &'b mut dyn Report,
    streams: &'b mut Streams,
    tally: Tally,
    /// The paths so far, where one could come twice.
    seen: Option<HashSet<PathBuf>>,
    /// How rewrites are proved before they are written, if they are.
    proof: Option<Proof<'a>>,
    /// The folders around the files, for their ignore files.
    contexts: Contexts,
    /// The bytes of the present file; the space is used again for the next.
    buffer: Vec<u8>,
    /// Standard input, where somebody read it already.
    stdin: Option<Vec<u8>>,
    /// What was looked up, as soon as a file wants it.
    pins: Option<Pins>,
}

impl<'b, 'a> Batch<'b, 'a> {
    /// Nothing is done yet. `write` says whether changed files are replaced.
    pub fn new(configs: Configs<'a>, write: bool, report: &'b mut dyn Report, streams: &'b mut Streams) -> Self {
        record_panics();
        let (tally, buffer, contexts) = (Tally::default(), Vec::new(), Contexts::default());
        Batch {
            configs,
            write,
            report,
            streams,
            tally,
            seen: None,
            proof: None,
            contexts,
            buffer,
            stdin: None,
            pins: None,
        }
    }

    /// Lets nothing through but what was built and is the same.
    pub fn proven_by(self, proof: Option<Proof<'a>>) -> Self {
        Batch { proof, ..self }
    }

    /// Works on everything that the arguments mean.
    pub fn run(mut self, input: &InputArgs) -> Tally {
        self.seen = (input.paths.len() > 1).then(HashSet::new);
        for source in discover::sources(&input.paths) {
            match source {
                Ok(Source::File { path, named }) => self.file(&path, named, input),
                Ok(Source::Stdin) => self.stdin(input),
                Err(Lost { path, error }) => {
                    self.finish_lost(&Outcome::new(&path, false, "", Err(Failure::Read(error))))
                }
            }
            if (self.streams.is_closed() && !self.write) || self.tally.stopped.is_some() {
                break;
            }
        }
        self.ignore_files();
        self.report.end(&self.tally, self.streams);
        self.tally
    }

    fn file(&mut self, path: &Path, named: bool, input: &InputArgs) {
        let Some(choices) = self.choices(path) else { return };
        let is_new = |seen: &mut HashSet<PathBuf>| seen.insert(discover::tidy(path).to_path_buf());
        if self.is_excluded(path, named, &choices) || !self.seen.as_mut().is_none_or(is_new) {
            return;
        }
        let lockfile = self.looked_up(path, &choices, input);
        let mut buffer = mem::take(&mut self.buffer);
        let text = File::open(path).map_err(Failure::Read).and_then(|file| read(file, &mut buffer));
        if let (true, Ok(text)) = (choices.writes_dockerignore(), &text) {
            self.contexts.note(path, text, &choices);
        }
        let mut outcome = outcome(path, false, text, &choices, self.facts(&lockfile));
        self.prove(&mut outcome, &choices, &lockfile);
        if outcome.changed() && self.write {
            outcome.written(write::replace(path, outcome.before, outcome.after()));
        }
        self.find_edits(&mut outcome, &choices, &lockfile);
        self.finish(&outcome, &choices);
        self.buffer = buffer;
    }

    fn is_excluded(&self, path: &Path, named: bool, choices: &Choices) -> bool {
        !named && choices.excludes(|| self.configs.absolute(path))
    }

    /// The ignore files of the contexts of all files, behind the files themselves.
    fn ignore_files(&mut self) {
        for found in mem::take(&mut self.contexts).assessed() {
            let before = found.before.as_deref().unwrap_or_default();
            let mut outcome = Outcome::new(&found.unit.ignore, false, before, Ok(rewrite_of(&found)));
            outcome.is_new = found.before.is_none();
            if self.write {
                outcome.written(found.write());
            }
            self.finish_lost(&outcome);
        }
    }

    fn stdin(&mut self, input: &InputArgs) {
        let name = input.stdin_filename.as_path();
        let Some(choices) = self.choices(name) else { return };
        let lockfile = self.looked_up(name, &choices, input);
        let (mut buffer, stdin) = (Vec::new(), self.stdin.take());
        let text = match &stdin {
            Some(bytes) => read(bytes.as_slice(), &mut buffer),
            None => read(io::stdin().lock(), &mut buffer),
        };
        let mut outcome = outcome(name, true, text, &choices, self.facts(&lockfile));
        self.prove(&mut outcome, &choices, &lockfile);
        if outcome.changed() && self.write {
            outcome.written(Ok(()));
        }
        self.find_edits(&mut outcome, &choices, &lockfile);
        self.finish(&outcome, &choices);
    }

    /// What each fix would be on its own, where a report shows that.
    fn find_edits(&self, outcome: &mut Outcome<'_>, choices: &Choices, lockfile: &Path) {
        if self.report.wants_edits() {
            outcome.find_edits(&choices.options(self.facts(lockfile)));
        }
    }

    /// Builds the images, where that was asked for. What stops one file for a reason of its own does not stop the rest.
    fn prove(&mut self, outcome: &mut Outcome<'_>, choices: &Choices, lockfile: &Path) {
        let Some(proof) = self.proof.filter(|_| outcome.changed()) else { return };
        let facts = self.pins.as_ref().map_or(&NO_FACTS, |pins| pins.facts(lockfile));
        match proof.prove(outcome.path, outcome.before, &choices.options(facts), self.streams) {
            Ok(proven) => outcome.proven(proven),
            Err(stop) => {
                if stop.exit != Exit::Failed {
                    self.tally.stopped = Some(stop.exit);
                }
                outcome.result = Err(Failure::NotVerified(stop.message));
            }
        }
    }

    fn finish(&mut self, outcome: &Outcome<'_>, choices: &Choices) {
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

    fn facts(&self, lockfile: &Path) -> &Facts {
        self.pins.as_ref().map_or(&NO_FACTS, |pins| pins.facts(lockfile))
    }

    /// The lockfile of a file whose images are pinned. The first such file has those of all files looked up.
    fn looked_up(&mut self, path: &Path, choices: &Rc<Choices>, input: &InputArgs) -> PathBuf {
        if choices.pins.is_none() {
            return PathBuf::new();
        }
        if self.pins.is_none() {
            let mut pins = Pins::new();
            if let Err(message) = self.look_up(&mut pins, input) {
                self.tally.config_errors += 1;
                self.streams.error(message);
            }
            self.pins = Some(pins);
        }
        let folder = self.configs.absolute(path.parent().unwrap_or(Path::new("")));
        let here = self.configs.absolute(Path::new(""));
        self.pins.as_mut().map(|pins| pins.lockfile(&folder, choices, &here)).unwrap_or_default()
    }

    /// Asks the questions of all files, each once; an answer may lead to one more.
    fn look_up(&mut self, pins: &mut Pins, input: &InputArgs) -> Result<(), String> {
        let mut waiting: Vec<_> = discover::sources(&input.paths).filter_map(Result::ok).collect();
        loop {
            let mut open = Vec::new();
            for source in waiting {
                if self.has_questions(&source, pins, input)? {
                    open.push(source);
                }
            }
            if open.is_empty() {
                break;
            }
            pins.answer(self.streams)?;
            waiting = open;
        }
        if self.streams.verbose() {
            pins.tell(self.streams);
        }
        if self.write { pins.store(self.streams) } else { Ok(()) }
    }

    /// Notes what a file has to have looked up; whether there is anything. What is wrong with it is told later.
    fn has_questions(&mut self, source: &Source, pins: &mut Pins, input: &InputArgs) -> Result<bool, String> {
        let (path, named) = match source {
            Source::File { path, named } => (path.as_path(), *named),
            Source::Stdin => (input.stdin_filename.as_path(), true),
        };
        let Some(choices) = self.configs.of(path).filter(|choices| choices.pins.is_some()) else { return Ok(false) };
        if self.is_excluded(path, named, &choices) {
            return Ok(false);
        }
        let mut buffer = Vec::new();
        let text = match source {
            Source::File { path, .. } => {
                File::open(path).map_err(Failure::Read).and_then(|file| read(file, &mut buffer))
            }
            Source::Stdin => read(self.stdin.get_or_insert_with(read_stdin).as_slice(), &mut buffer),
        };
        let Ok(text) = text else { return Ok(false) };
        let folder = self.configs.absolute(path.parent().unwrap_or(Path::new("")));
        let lockfile = pins.lockfile(&folder, &choices, &self.configs.absolute(Path::new("")));
        let questions: Vec<Question> = match guarded_rewrite(text, &choices.questioning(pins.facts(&lockfile))) {
            Ok(rewrite) => rewrite.refusals.iter().filter_map(|refused| refused.why.question().cloned()).collect(),
            Err(_) => Vec::new(),
        };
        pins.ask(&lockfile, &choices, questions.iter())
    }

    /// What counts for a file; a mistake in its configuration is told once.
    fn choices(&mut self, path: &Path) -> Option<Rc<Choices>> {
        let choices = self.configs.of(path);
        if let Some(origin) = choices.as_ref().and_then(|choices| choices.origin.as_ref())
            && self.streams.verbose()
        {
            self.streams.note(format_args!("{}: as {} says", path.display(), origin.display()));
        }
        for mistake in self.configs.take_mistakes() {
            self.tally.config_errors += 1;
            let message = mistake.render(self.streams.err_color());
            self.streams.note(format_args!("{message}"));
        }
        choices
    }
}

fn outcome<'o>(
    path: &'o Path,
    is_stdin: bool,
    text: Result<&'o str, Failure>,
    choices: &Choices,
    facts: &Facts,
) -> Outcome<'o> {
    match text {
        Ok(text) => Outcome::new(path, is_stdin, text, guarded_rewrite(text, &choices.options(facts))),
        Err(failure) => Outcome::new(path, is_stdin, "", Err(failure)),
    }
}

/// A little more than can be worked on, so that too much is seen to be too much.
fn read_stdin() -> Vec<u8> {
    let mut bytes = Vec::new();
    let most = (LIMIT_MIB as u64 + 1) << 20;
    // What cannot be read is an empty file, as for any other reader.
    let _ = io::stdin().lock().take(most).read_to_end(&mut bytes);
    bytes
}

/// Reads to the end into a buffer that is used again for the next file.
fn read(mut from: impl Read, buffer: &mut Vec<u8>) -> Result<&str, Failure> {
    let limit = LIMIT_MIB << 20;
    let mut filled = 0;
    if buffer.len() > limit / 16 {
        *buffer = Vec::new();
    }
    loop {
        if buffer.len() - filled < CHUNK_BYTES {
            buffer.resize((buffer.len() * 2).max(2 * CHUNK_BYTES), 0);
        }
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::Read(error)),
        }
        if filled > limit {
            return Err(Failure::TooLarge { limit: LIMIT_MIB });
        }
    }
    let bytes = &buffer[..filled];
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = 1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        Failure::NotUtf8 { offset, line, utf16 }
    })
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Rewrites, and turns a panic into a failure of this one file.
pub fn guarded_rewrite(text: &str, options: &Options<'_>) -> Result<Rewrite, Failure> {
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(|| dopt_rewrite::rewrite(text, options)));
    GUARDED.set(false);
    match result {
        Ok(result) => result.map_err(Failure::Bug),
        Err(_) => Err(Failure::Panic(PANIC.take().unwrap_or_default())),
    }
}

/// While a file is rewritten, a panic is kept for the report instead of printed.
pub fn record_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            return usual(info);
        }
        let message = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
        PANIC.set(Some(format!("{message}{}", place.unwrap_or_default())));
    }));
}

#[cfg(test)]
mod tests {
    use dopt_rewrite::{Settings, Transform};

    use super::*;

    const PANICS: Transform = Transform {
        name: "panics",
        summary: "",
        manual: "",
        aliases: &[],
        triggers: &["FROM"],
        joint: false,
        never_safe: false,
        propose: |_| panic!("out of luck"),
    };

    #[test]
    fn a_panic_is_a_failure_of_one_file() {
        record_panics();
        let settings = Settings::default();
        let options =
            Options { transforms: &[&PANICS], unsafe_fixes: false, inline_ignores: true, settings, facts: &NO_FACTS };
        let failure = guarded_rewrite("FROM a\n", &options).unwrap_err();
        assert!(failure.to_string().contains("please report it: out of luck (src/cli/batch.rs:"), "{failure}");
        assert!(guarded_rewrite("ARG A\n", &options).is_ok());
    }

    #[test]
    fn the_buffer_grows_and_is_used_again() {
        let mut buffer = Vec::new();
        let long = "x".repeat(5 << 20);
        assert_eq!(read(long.as_bytes(), &mut buffer).unwrap(), long);
        assert_eq!(read(&b"FROM a"[..], &mut buffer).unwrap(), "FROM a");
        assert!(matches!(
            read(&b"a\nb\xff"[..], &mut buffer),
            Err(Failure::NotUtf8 { offset: 3, line: 2, utf16: false })
        ));
    }
}
