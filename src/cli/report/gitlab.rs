//! A GitLab Code Quality report: one JSON array.

use serde_json::json;

use super::fingerprint::Fingerprints;
use super::place::{Here, ends};
use super::{Finding, Level, Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;

/// One entry for each finding. Places that are left alone are none.
pub struct Gitlab {
    here: Here,
    started: bool,
}

impl Gitlab {
    /// Nothing is printed yet.
    pub fn new() -> Gitlab {
        Gitlab { here: Here::new(), started: false }
    }

    fn put(&mut self, entry: &serde_json::Value, streams: &mut Streams) {
        let before = if std::mem::replace(&mut self.started, true) { ",\n" } else { "[\n" };
        streams.print(format_args!("{before}{entry}"));
    }
}

impl Report for Gitlab {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        let path = self.here.shown(outcome.path);
        let mut fingerprints = Fingerprints::default();
        if let Err(failure) = &outcome.result {
            let entry = json!({
                "description": failure.to_string(),
                "check_name": failure.code(),
                "fingerprint": fingerprints.of_file(&path, failure.code()),
                "severity": "critical",
                "location": {"path": path, "lines": {"begin": 1}},
            });
            self.put(&entry, streams);
        }
        for finding in outcome.findings() {
            if matches!(finding, Finding::Left(_)) {
                continue;
            }
            let (start, end) = ends(outcome, finding.at());
            let severity = match finding.level() {
                Level::Error => "critical",
                Level::Warning => "minor",
                Level::Note => "info",
            };
            let entry = json!({
                "description": finding.message_with_caveat(),
                "check_name": finding.id(),
                "fingerprint": fingerprints.of(&finding, outcome, &path),
                "severity": severity,
                "location": {"path": path, "lines": {"begin": start.line, "end": end.line}},
            });
            self.put(&entry, streams);
        }
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        streams.put(if self.started { "\n]\n" } else { "[]\n" });
    }
}
