//! A few words for each file: which would change, or what was changed.

use super::{Outcome, Report};
use crate::streams::{DIM, RULE, STRONG, Streams};

/// One line with the path of every file that would change.
pub struct Listed;

impl Report for Listed {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        if outcome.changed() {
            streams.print(format_args!("{}\n", outcome.shown_path()));
        }
    }
}

/// Nothing but what could not be done.
pub struct Failures;

impl Report for Failures {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
    }
}

/// What was done in every file that was written; the new text itself for standard input.
pub struct Changed;

impl Report for Changed {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        outcome.show_failure(streams);
        match &outcome.result {
            Ok(_) if outcome.is_stdin => streams.put(outcome.after()),
            Ok(rewrite) if outcome.was_written() && !streams.quiet() => {
                let path = streams.paint(STRONG, outcome.shown_path());
                streams.print(format_args!("{path}\n"));
                for change in &rewrite.changes {
                    let line = streams.paint(DIM, format!("{:5}", outcome.position(change.at.start()).line));
                    let rule = streams.paint(RULE, change.rule);
                    let verified = if outcome.is_verified(change) { ", verified" } else { "" };
                    let line = streams.folded(&format!("{line}  {} ({rule}{verified})", change.title), 7);
                    streams.print(format_args!("{line}\n"));
                }
                outcome.show_verified(streams);
            }
            _ => {}
        }
    }
}
