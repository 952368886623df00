//! What a review came to: the files that it writes, and what is said of it at the end.

use super::File;
use super::proposals::Outcome;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;
use crate::tally::count;
use crate::undo::KeepArgs;
use crate::write::Writer;

/// What a review came to.
pub struct CameTo {
    written: usize,
    fixes: usize,
    /// How many proposals were refused.
    pub refused: usize,
    /// How many nobody has decided on.
    pub open: usize,
    /// How the run ends.
    pub exit: Exit,
    keep: KeepArgs,
    /// Who notes what it replaces, from the first file on.
    writer: Option<Writer>,
}

impl CameTo {
    /// Nothing so far.
    pub fn new(keep: KeepArgs) -> CameTo {
        CameTo { written: 0, fixes: 0, refused: 0, open: 0, exit: Exit::Done, keep, writer: None }
    }

    /// Gives a file its new text.
    pub fn write(&mut self, file: &File, outcome: &Outcome, streams: &mut Streams) -> Result<(), Failure> {
        let replace = |writer: &Writer| writer.replace(&file.path, &file.text, &outcome.text);
        match file.choices.keeps_undo() {
            true => replace(self.writer.get_or_insert_with(|| Writer::of(self.keep, "review", streams)))?,
            false => replace(&Writer::without_journal())?,
        }
        self.written += 1;
        self.fixes += outcome.taken;
        Ok(())
    }

    /// Tells why a file could not be done.
    pub fn fail(&mut self, file: &File, failure: Failure, streams: &mut Streams) {
        streams.error(format_args!("{}: {failure}", file.shown_path()));
        self.exit = self.exit.max(Exit::Failed);
    }

    /// Says it all, in one line.
    pub fn tell(&self, files: usize, streams: &mut Streams) {
        if streams.quiet() {
            return;
        }
        streams.gap();
        let mut parts = Vec::new();
        if self.written > 0 {
            parts.push(format!("{} written ({})", count(self.written, "file"), count(self.fixes, "fix")));
        }
        if self.refused > 0 {
            parts.push(format!("{} refused (--again asks anew)", count(self.refused, "proposal")));
        }
        if self.open > 0 {
            parts.push(format!("{} for next time", count(self.open, "proposal")));
        }
        if self.exit == Exit::Interrupted {
            parts.push("stopped".to_owned());
        }
        if parts.is_empty() {
            parts.push(format!("{}, nothing to decide", count(files, "file")));
        }
        streams.note(format_args!("{}", parts.join("; ")));
    }
}
