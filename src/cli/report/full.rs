//! The whole new texts.

use super::{Outcome, Report};
use crate::streams::{STRONG, Streams};

/// Prints the new text of every file, changed or not.
pub struct Full {
    /// Whether a line with the path stands above each.
    pub headers: bool,
}

impl Report for Full {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        if outcome.result.is_err() {
            return;
        }
        if self.headers {
            let header = streams.paint(STRONG, format!("==> {} <==", outcome.shown_path()));
            streams.print(format_args!("{header}\n"));
        }
        streams.put(outcome.after());
        if self.headers && !outcome.after().ends_with('\n') {
            streams.put("\n");
        }
        outcome.show_verified(streams);
    }
}
