//! `dopt fix --jsonl`: Dockerfiles in lines of JSON on standard input, what became of each on a line of standard output.
//!
//! A line is `{"path":"…","content":"…"}`; `path` is a name, which no file need have, and finds the `dopt.toml`. Results come in
//! the order of the lines. What is read and not answered is bounded, and whoever waits for an answer before the next
//! line gets it.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use dopt_model::NO_FACTS;
use dopt_rewrite::Rewrite;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Deserialize;

use super::guard::record_panics;
use super::informed::informed_rewrite;
use crate::STACK_BYTES;
use crate::config::{Choices, Configs};
use crate::failure::{Failure, plain};
use crate::report::{Outcome, json_entry};
use crate::streams::Streams;
use crate::tally::Tally;

/// A longer line is an error, and never held as a whole.
const LIMIT_MIB: u64 = 64;

/// A line that is longer is worked on alone, so that memory stays bounded.
const LARGE_BYTES: usize = 512 << 10;

/// So many lines for each thread are read ahead.
const AHEAD: usize = 16;

#[derive(Deserialize)]
struct Line {
    path: String,
    content: String,
}

/// What a line turned out to be.
enum Answer {
    Done { path: PathBuf, before: String, result: Result<Rewrite, Failure> },
    Bad(String),
}

/// A line on its way.
enum Slot {
    Coming(Receiver<Answer>),
    /// For the thread in front, with what counts for it.
    Here(Line, Arc<Choices>),
    Ready(Answer),
    /// What there is to say about a configuration.
    Mistake(String),
}

/// Answers every line.
pub fn rewrite_lines(configs: Configs<'_>, threads: usize, streams: &mut Streams) -> Tally {
    record_panics();
    let mut tally = Tally { is_part: true, ..Tally::default() };
    let color = streams.err_color();
    let (sender, slots) = sync_channel(threads * AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || Reader::new(configs, threads, color, sender).run());
        loop {
            let (number, slot) = match slots.try_recv() {
                Ok(slot) => slot,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    streams.flush();
                    match slots.recv() {
                        Ok(slot) => slot,
                        Err(_) => break,
                    }
                }
            };
            if let Slot::Mistake(message) = slot {
                tally.config_errors += 1;
                streams.note(format_args!("{message}"));
                continue;
            }
            tell(number, slot.answer(), &mut tally, streams);
            if streams.is_closed() {
                break;
            }
        }
        drop(slots);
    });
    tally
}

impl Slot {
    fn answer(self) -> Answer {
        match self {
            Slot::Coming(receiver) => receiver.recv().expect("a thread that fails ends the process"),
            Slot::Here(line, choices) => answer(line, &choices),
            Slot::Ready(answer) => answer,
            Slot::Mistake(message) => Answer::Bad(message),
        }
    }
}

fn answer(Line { path, content }: Line, choices: &Choices) -> Answer {
    let (result, _) = informed_rewrite(&content, choices, &NO_FACTS, None);
    Answer::Done { path: path.into(), before: content, result }
}

fn tell(number: usize, answer: Answer, tally: &mut Tally, streams: &mut Streams) {
    tally.files += 1;
    match answer {
        Answer::Done { path, before, result } => {
            let outcome = Outcome::new(&path, true, &before, result);
            outcome.count(tally);
            let entry = json_entry(&outcome);
            let content = serde_json::to_string(outcome.after()).expect("a text can be written as JSON");
            // The entry is an object, which the new text joins.
            streams.print(format_args!("{},\"content\":{content}}}\n", &entry[..entry.len() - 1]));
        }
        Answer::Bad(message) => {
            tally.failed += 1;
            let error = serde_json::json!({"line": number, "error": {"code": "bad-line", "message": message}});
            streams.print(format_args!("{error}\n"));
        }
    }
}

/// Reads ahead and gives work out.
struct Reader<'a> {
    configs: Configs<'a>,
    color: bool,
    pool: Option<ThreadPool>,
    sender: SyncSender<(usize, Slot)>,
}

impl<'a> Reader<'a> {
    fn new(configs: Configs<'a>, threads: usize, color: bool, sender: SyncSender<(usize, Slot)>) -> Reader<'a> {
        let build = || ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build().ok();
        Reader { configs, color, pool: if threads > 1 { build() } else { None }, sender }
    }

    fn run(mut self) {
        let mut stdin = io::stdin().lock();
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            let most = LIMIT_MIB << 20;
            let read = (&mut stdin).take(most + 1).read_until(b'\n', &mut bytes);
            let slot = match read {
                Ok(0) => break,
                Ok(_) if bytes.len() as u64 > most => {
                    if let Err(error) = skip_line(&mut stdin) {
                        Slot::Ready(Answer::Bad(format!("standard input cannot be read: {}", plain(&error))))
                    } else {
                        Slot::Ready(Answer::Bad(format!("the line is longer than {LIMIT_MIB} MiB")))
                    }
                }
                Ok(_) if bytes.trim_ascii().is_empty() => continue,
                Ok(_) => self.give_out(number, &bytes),
                Err(error) => {
                    let message = format!("standard input cannot be read: {}", plain(&error));
                    let _ = self.sender.send((number, Slot::Ready(Answer::Bad(message))));
                    break;
                }
            };
            // Nobody listens any more where nobody reads the results.
            if self.sender.send((number, slot)).is_err() {
                break;
            }
            if bytes.capacity() > LARGE_BYTES {
                bytes = Vec::new();
            }
        }
    }

    fn give_out(&mut self, number: usize, bytes: &[u8]) -> Slot {
        let line: Line = match serde_json::from_slice(bytes) {
            Ok(line) => line,
            Err(error) => {
                let message = error.to_string();
                // There is one line, so only the column says anything.
                let message = message.replace(" at line 1 column ", " at column ");
                let expected = "expected {\"path\":\"…\",\"content\":\"…\"}";
                return Slot::Ready(Answer::Bad(format!("{expected}: {message}")));
            }
        };
        let choices = self.configs.of(line.path.as_ref());
        for mistake in self.configs.take_mistakes() {
            let _ = self.sender.send((number, Slot::Mistake(mistake.render(self.color))));
        }
        let Some(choices) = choices else {
            return Slot::Ready(Answer::Bad(format!("{}: its dopt.toml has a mistake", line.path)));
        };
        match &self.pool {
            Some(pool) if bytes.len() <= LARGE_BYTES => {
                let (sender, receiver) = sync_channel(1);
                pool.spawn_fifo(move || {
                    let _ = sender.send(answer(line, &choices));
                });
                Slot::Coming(receiver)
            }
            _ => Slot::Here(line, choices),
        }
    }
}

/// Reads to the end of a line without keeping it.
fn skip_line(from: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = from.fill_buf()?;
        let (length, ends) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        from.consume(length);
        if ends {
            return Ok(());
        }
    }
}
