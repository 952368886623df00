//! One file after the other: read, rewrite, perhaps write, report. No file can stop the others.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use dopt_rewrite::{Options, Rewrite};

use crate::args::InputArgs;
use crate::config::{Choices, Configs};
use crate::discover::{self, Lost, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;
use crate::write;

const LIMIT_MIB: usize = 64;
const CHUNK_BYTES: usize = 1 << 16;

/// The files of one run, and what happens to them.
pub struct Batch<'b, 'a> {
    /// Where the configurations come from.
    pub configs: Configs<'a>,
    /// Whether changed files are written.
    pub write: bool,
    /// Who presents the outcomes.
    pub report: &'b mut dyn Report,
    /// Where to.
    pub streams: &'b mut Streams,
}

impl Batch<'_, '_> {
    /// Works on everything that the arguments mean.
    pub fn run(mut self, input: &InputArgs) -> Tally {
        record_panics();
        let mut tally = Tally::default();
        let mut buffer = Vec::with_capacity(CHUNK_BYTES);
        let mut seen = (input.paths.len() > 1).then(HashSet::new);
        for source in discover::sources(&input.paths) {
            let (path, named, is_stdin) = match source {
                Ok(Source::File { path, named }) => (path, named, false),
                Ok(Source::Stdin) => (input.stdin_filename.clone(), true, true),
                Err(lost) => {
                    self.lost(lost, &mut tally);
                    continue;
                }
            };
            let Some(choices) = self.choices(&path, &mut tally) else { continue };
            let excluded = !named && choices.excludes(|| self.configs.absolute(&path));
            let is_new = |seen: &mut HashSet<PathBuf>| is_stdin || seen.insert(discover::tidy(&path).to_path_buf());
            if excluded || !seen.as_mut().is_none_or(is_new) {
                continue;
            }
            let text = if is_stdin { read(io::stdin().lock(), &mut buffer) } else { read_file(&path, &mut buffer) };
            self.one(&path, is_stdin, text, &choices, &mut tally);
            if self.streams.is_closed() && !self.write {
                break;
            }
        }
        self.report.end(&tally, self.streams);
        tally
    }

    fn one(&mut self, path: &Path, is_stdin: bool, text: Result<&str, Failure>, choices: &Choices, tally: &mut Tally) {
        tally.files += 1;
        let (before, rewritten) = match text {
            Ok(text) => (text, guarded_rewrite(text, &choices.options())),
            Err(failure) => ("", Err(failure)),
        };
        let mut outcome = Outcome::new(path, is_stdin, before, rewritten);
        if outcome.changed() && self.write {
            outcome.written(if is_stdin { Ok(()) } else { write::replace(path, before, outcome.after()) });
        }
        outcome.count(tally);
        self.report.file(&outcome, self.streams);
    }

    fn lost(&mut self, Lost { path, error }: Lost, tally: &mut Tally) {
        tally.files += 1;
        let outcome = Outcome::new(&path, false, "", Err(Failure::Read(error)));
        outcome.count(tally);
        self.report.file(&outcome, self.streams);
    }

    fn choices(&mut self, path: &Path, tally: &mut Tally) -> Option<Rc<Choices>> {
        let choices = self.configs.of(path);
        if let Some(origin) = choices.as_ref().and_then(|choices| choices.origin.as_ref())
            && self.streams.verbose()
        {
            self.streams.note(format_args!("{}: as {} says", path.display(), origin.display()));
        }
        for mistake in self.configs.take_mistakes() {
            tally.config_errors += 1;
            let message = mistake.render(self.streams.err_color());
            self.streams.note(format_args!("{message}"));
        }
        choices
    }
}

impl Tally {
    /// The exit code, where `changes` says whether what was found counts as a difference.
    pub fn exit(&self, changes: bool) -> Exit {
        if self.config_errors > 0 {
            Exit::Usage
        } else if self.failed > 0 {
            Exit::Failed
        } else if self.files == 0 {
            Exit::NothingMatched
        } else if changes {
            Exit::Changes
        } else {
            Exit::Done
        }
    }
}

fn read_file<'b>(path: &Path, buffer: &'b mut Vec<u8>) -> Result<&'b str, Failure> {
    read(File::open(path).map_err(Failure::Read)?, buffer)
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
fn guarded_rewrite(text: &str, options: &Options<'_>) -> Result<Rewrite, Failure> {
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(|| dopt_rewrite::rewrite(text, options)));
    GUARDED.set(false);
    match result {
        Ok(result) => result.map_err(Failure::Bug),
        Err(_) => Err(Failure::Panic(PANIC.take().unwrap_or_default())),
    }
}

/// While a file is rewritten, a panic is kept for the report instead of printed.
fn record_panics() {
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
