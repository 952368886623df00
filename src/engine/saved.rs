//! An image as a stream out of an engine.

use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use crate::Failure;
use crate::process::{last_lines, not_started};

/// An image as it comes out of an engine. Dropped before its end, the engine is stopped.
#[derive(Debug)]
pub struct Saved {
    child: Child,
    from: ChildStdout,
    said: Option<JoinHandle<String>>,
}

impl Saved {
    pub(crate) fn start(command: &mut Command) -> Result<Saved, Failure> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let (from, errors) = (child.stdout.take(), child.stderr.take());
        let said = errors.map(|mut errors| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                let _ = errors.read_to_end(&mut said);
                String::from_utf8_lossy(&said).into_owned()
            })
        });
        let from = from.ok_or_else(|| Failure::Io(io::Error::other("no standard output")))?;
        Ok(Saved { child, from, said })
    }

    /// Waits for the engine's own word, behind the last byte or at an error in the middle.
    pub fn finish(mut self) -> Result<(), Failure> {
        io::copy(&mut self.from, &mut io::sink()).map_err(Failure::Io)?;
        let status = self.child.wait().map_err(Failure::Io)?;
        let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(Failure::Refused(last_lines(&said))) }
    }
}

impl Read for Saved {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
