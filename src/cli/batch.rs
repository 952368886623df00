//! One file after the other: read, rewrite, perhaps write, report. No file can stop the others.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use dopt_rewrite::{Options, Rewrite};

use crate::args::InputArgs;
use crate::config::{Choices, Configs};
use crate::contexts::{Contexts, rewrite_of};
use crate::discover::{self, Lost, Source};
use crate::failure::Failure;
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
    /// The folders around the files, for their ignore files.
    contexts: Contexts,
    /// The bytes of the present file; the space is used again for the next.
    buffer: Vec<u8>,
}

impl<'b, 'a> Batch<'b, 'a> {
    /// Nothing is done yet. `write` says whether changed files are replaced.
    pub fn new(configs: Configs<'a>, write: bool, report: &'b mut dyn Report, streams: &'b mut Streams) -> Self {
        record_panics();
        Batch {
            configs,
            write,
            report,
            streams,
            tally: Tally::default(),
            seen: None,
            contexts: Contexts::default(),
            buffer: Vec::new(),
        }
    }

    /// Works on everything that the arguments mean.
    pub fn run(mut self, input: &InputArgs) -> Tally {
        self.seen = (input.paths.len() > 1).then(HashSet::new);
        for source in discover::sources(&input.paths) {
            match source {
                Ok(Source::File { path, named }) => self.file(&path, named),
                Ok(Source::Stdin) => self.stdin(&input.stdin_filename),
                Err(Lost { path, error }) => self.finish(&Outcome::new(&path, false, "", Err(Failure::Read(error)))),
            }
            if self.streams.is_closed() && !self.write {
                break;
            }
        }
        self.ignore_files();
        self.report.end(&self.tally, self.streams);
        self.tally
    }

    fn file(&mut self, path: &Path, named: bool) {
        let Some(choices) = self.choices(path) else { return };
        let excluded = !named && choices.excludes(|| self.configs.absolute(path));
        let is_new = |seen: &mut HashSet<PathBuf>| seen.insert(discover::tidy(path).to_path_buf());
        if excluded || !self.seen.as_mut().is_none_or(is_new) {
            return;
        }
        let mut buffer = mem::take(&mut self.buffer);
        let text = File::open(path).map_err(Failure::Read).and_then(|file| read(file, &mut buffer));
        if let (true, Ok(text)) = (choices.writes_dockerignore(), &text) {
            self.contexts.note(path, text, &choices);
        }
        let mut outcome = outcome(path, false, text, &choices);
        if outcome.changed() && self.write {
            outcome.written(write::replace(path, outcome.before, outcome.after()));
        }
        self.finish(&outcome);
        self.buffer = buffer;
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
            self.finish(&outcome);
        }
    }

    fn stdin(&mut self, name: &Path) {
        let Some(choices) = self.choices(name) else { return };
        let mut buffer = Vec::new();
        let mut outcome = outcome(name, true, read(io::stdin().lock(), &mut buffer), &choices);
        if outcome.changed() && self.write {
            outcome.written(Ok(()));
        }
        self.finish(&outcome);
    }

    fn finish(&mut self, outcome: &Outcome<'_>) {
        self.tally.files += 1;
        outcome.count(&mut self.tally);
        self.report.file(outcome, self.streams);
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

fn outcome<'o>(path: &'o Path, is_stdin: bool, text: Result<&'o str, Failure>, choices: &Choices) -> Outcome<'o> {
    match text {
        Ok(text) => Outcome::new(path, is_stdin, text, guarded_rewrite(text, &choices.options())),
        Err(failure) => Outcome::new(path, is_stdin, "", Err(failure)),
    }
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
        let options = Options { transforms: &[&PANICS], unsafe_fixes: false, inline_ignores: true, settings };
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
