//! How the programs are run: what they say is passed on line by line, and they end with whoever waits for them.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// The lines of a log that an error shows.
const LAST_LINES: usize = 25;
/// How often it is looked whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long a program may take to clean up when it is told to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long the streams of a program that has ended may stay open, for others that it left running.
const LINGERING: Duration = Duration::from_secs(5);
/// What is kept of the output of a command.
const KEPT_BYTES: usize = 1 << 20;

/// Whoever waits for a program.
pub struct Watch<'w> {
    /// Becomes true when the user wants to stop.
    pub stop: &'w AtomicBool,
    /// Gets every line of what the program says of its progress.
    pub line: &'w mut dyn FnMut(&str),
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub printed: Vec<u8>,
    /// The end of what it said on both streams.
    pub said: String,
}

impl Ended {
    /// Nothing, or the end of what it said.
    pub fn success(self) -> Result<(), Failure> {
        if self.code == 0 { Ok(()) } else { Err(Failure::Refused(self.said)) }
    }
}

/// How a program is ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is told to end, together with all that it has started.
    Told,
    /// What it has started is ended, so that it fails and cleans up, as it would not if it were told.
    Failing,
}

enum Said {
    Printed(Vec<u8>),
    Error(Vec<u8>),
}

impl Watch<'_> {
    /// Runs a program to its end, at most as long as the limit.
    pub(crate) fn run(
        &mut self,
        command: &mut Command,
        limit: Option<Duration>,
        ending: Ending,
    ) -> Result<Ended, Failure> {
        own_group(command);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let (sender, lines) = mpsc::channel();
        if let Some(from) = child.stdout.take() {
            send_lines(from, sender.clone(), Said::Printed);
        }
        if let Some(from) = child.stderr.take() {
            send_lines(from, sender, Said::Error);
        }
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let waited = self.wait(&mut child, &lines, limit, &mut |piece, is_printed| {
            if is_printed && printed.len() < KEPT_BYTES {
                printed.extend_from_slice(piece);
            }
            said.push(String::from_utf8_lossy(piece).trim_end().to_owned());
            if said.len() > 4 * LAST_LINES {
                said.drain(..2 * LAST_LINES);
            }
        });
        let status = waited.inspect_err(|_| end(&mut child, ending))?;
        if let Some(signal) = ended_by(status) {
            end_group(child.id());
            return Err(Failure::Died(signal));
        }
        Ok(Ended { code: status.code().unwrap_or(-1), printed, said: last_lines(&said.join("\n")) })
    }

    fn wait(
        &mut self,
        child: &mut Child,
        lines: &Receiver<Said>,
        limit: Option<Duration>,
        keep: &mut dyn FnMut(&[u8], bool),
    ) -> Result<ExitStatus, Failure> {
        let start = Instant::now();
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            match lines.recv_timeout(LOOK) {
                Ok(said) => {
                    let (piece, is_printed) = match &said {
                        Said::Printed(piece) => (piece, true),
                        Said::Error(piece) => (piece, false),
                    };
                    (self.line)(String::from_utf8_lossy(piece).trim_end());
                    keep(piece, is_printed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return child.wait().map_err(Failure::Io),
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Failure::Interrupted);
            }
            if let Some(limit) = limit.filter(|limit| start.elapsed() > *limit) {
                return Err(Failure::TimedOut(limit));
            }
            if ended.is_none() {
                ended = child.try_wait().map_err(Failure::Io)?.map(|status| (status, Instant::now()));
            }
            // What it left running may keep its streams open for ever.
            if let Some((status, _)) = ended.filter(|(_, at)| at.elapsed() > LINGERING) {
                return Ok(status);
            }
        }
    }
}

fn send_lines(from: impl Read + Send + 'static, sender: Sender<Said>, as_said: fn(Vec<u8>) -> Said) {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        loop {
            let mut piece = Vec::new();
            // A line without an end must not take all memory.
            match from.by_ref().take(1 << 16).read_until(b'\n', &mut piece) {
                Ok(1..) if sender.send(as_said(piece)).is_ok() => {}
                _ => break,
            }
        }
    });
}

/// A terminal's Ctrl-C is for us alone, and we tell the program and all that it has started.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(unix)]
fn end(child: &mut Child, ending: Ending) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let pid = |id: u32| i32::try_from(id).ok().and_then(Pid::from_raw);
    let start = Instant::now();
    if ending == Ending::Failing {
        while start.elapsed() < GRACE && matches!(child.try_wait(), Ok(None)) {
            for step in descendants(child.id()).into_iter().filter_map(pid) {
                let _ = kill_process(step, Signal::KILL);
            }
            thread::sleep(LOOK);
        }
    }
    if let Some(group) = pid(child.id()) {
        let _ = kill_process_group(group, Signal::TERM);
        while start.elapsed() < 2 * GRACE && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(LOOK);
        }
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// What a process has started, and what that has. A process that stands for the program itself is none of them.
#[cfg(unix)]
fn descendants(of: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parent = |id: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pairs: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent(id)?))).collect();
    let (mut known, mut found) = (vec![of], Vec::new());
    while let Some(parent) = known.pop() {
        for (id, _) in pairs.iter().filter(|(_, of)| *of == parent) {
            known.push(*id);
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            if !line.starts_with(b"buildah-in-a-user-namespace") && !line.starts_with(b"podman") {
                found.push(*id);
            }
        }
    }
    found
}

#[cfg(not(unix))]
fn end(child: &mut Child, _ending: Ending) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The signal that ended a program.
#[cfg(unix)]
fn ended_by(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn ended_by(_status: ExitStatus) -> Option<i32> {
    None
}

/// What a program started goes with it, where it could not see to that itself.
#[cfg(unix)]
fn end_group(of: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(of).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_of: u32) {}

/// What a program prints, if it succeeds. It is not stopped when the user wants to stop: it may be there to clean up.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    own_group(command);
    let output = command.stdin(Stdio::null()).output().map_err(not_started)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(Failure::Refused(last_lines(&String::from_utf8_lossy(&output.stderr))))
}

pub(crate) fn not_started(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotFound { Failure::NotInstalled } else { Failure::Io(error) }
}

pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str, limit: u64, stop: &AtomicBool) -> Result<Ended, Failure> {
        let mut line = |_: &str| ();
        let mut watch = Watch { stop, line: &mut line };
        watch.run(Command::new("sh").args(["-c", script]), Some(Duration::from_secs(limit)), Ending::Told)
    }

    #[test]
    fn output_and_status_are_those_of_the_program() {
        let ended = run("echo out; echo err >&2; exit 3", 10, &AtomicBool::new(false)).unwrap();
        assert_eq!((ended.code, &ended.printed[..]), (3, &b"out\n"[..]));
        assert!(ended.said.contains("out") && ended.said.contains("err"));
    }

    #[test]
    fn a_program_that_takes_too_long_ends_with_all_that_it_started() {
        let folder = std::env::temp_dir().join(format!("dopt-engine-{}", std::process::id()));
        let script = format!("(sleep 4; touch {}) & wait", folder.display());
        let start = Instant::now();
        assert!(matches!(run(&script, 1, &AtomicBool::new(false)), Err(Failure::TimedOut(_))));
        assert!(start.elapsed() < Duration::from_secs(4));
        thread::sleep(Duration::from_secs(4));
        assert!(!folder.exists());
    }

    #[test]
    fn a_program_that_is_killed_has_not_said_no() {
        assert!(matches!(run("kill -9 $$", 10, &AtomicBool::new(false)), Err(Failure::Died(9))));
    }

    #[test]
    fn an_interruption_ends_it_at_once() {
        let start = Instant::now();
        assert!(matches!(run("sleep 9", 9, &AtomicBool::new(true)), Err(Failure::Interrupted)));
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}
