//! reviewdog's diagnostic format, with suggestions that a reviewer can take with one click.

use dopt_rewrite::Edit;
use dopt_syntax::TextRange;
use serde_json::{Value, json};

use super::place::Here;
use super::{Finding, Level, Outcome, Report, Wants};
use crate::streams::Streams;
use crate::tally::Tally;

/// One diagnostic for each finding. Places that are left alone are none.
pub struct Rdjson {
    here: Here,
    started: bool,
}

impl Rdjson {
    /// Nothing is printed yet.
    pub fn new() -> Rdjson {
        Rdjson { here: Here::new(), started: false }
    }

    fn start(&mut self, streams: &mut Streams) -> bool {
        let is_first = !std::mem::replace(&mut self.started, true);
        if is_first {
            streams.put("{\"source\":{\"name\":\"dopt\"},\"diagnostics\":[\n");
        }
        is_first
    }

    fn put(&mut self, diagnostic: &Value, streams: &mut Streams) {
        if !self.start(streams) {
            streams.put(",\n");
        }
        streams.print(format_args!("{diagnostic}"));
    }
}

impl Report for Rdjson {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        let path = self.here.shown(outcome.path);
        if let Err(failure) = &outcome.result {
            let diagnostic = json!({
                "message": failure.to_string(),
                "location": {"path": path},
                "severity": "ERROR",
                "code": {"value": failure.code()},
            });
            self.put(&diagnostic, streams);
        }
        for finding in outcome.findings() {
            if !matches!(finding, Finding::Left(_)) {
                self.put(&diagnostic(&finding, outcome, &path), streams);
            }
        }
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        self.start(streams);
        streams.put("\n]}\n");
    }

    fn wants(&self) -> Wants {
        Wants { edits: true, units: false }
    }
}

fn diagnostic(finding: &Finding<'_>, outcome: &Outcome<'_>, path: &str) -> Value {
    let severity = match finding.level() {
        Level::Error => "ERROR",
        Level::Warning => "WARNING",
        Level::Note => "INFO",
    };
    let edits = match finding {
        Finding::Fix(change) => outcome.edits_of(change),
        _ => &[],
    };
    // A suggestion is shown only where it covers the same lines as its diagnostic.
    let suggestion = suggestion(edits, outcome);
    let at = suggestion.as_ref().map_or(finding.at(), |(at, _)| *at);
    let mut diagnostic = json!({
        "message": finding.message_with_caveat(),
        "location": {"path": path, "range": range(at, outcome)},
        "severity": severity,
        "code": {"value": finding.id()},
    });
    if let Some((at, text)) = suggestion {
        diagnostic["suggestions"] = json!([{"range": range(at, outcome), "text": text}]);
    }
    diagnostic
}

/// All edits of a fix as one replacement of whole lines, without the last one's newline.
fn suggestion(edits: &[Edit], outcome: &Outcome<'_>) -> Option<(TextRange, String)> {
    let (first, last) = (edits.first()?.range.start(), edits.last()?.range.end());
    // A line that goes takes the newline with it, so the line behind it has to be said again.
    let at = outcome.lines().lines_around(TextRange::new(first, (last + 1).min(outcome.before.len()).max(first)));
    let at = TextRange::new(at.start(), at.end().max(last));
    let (mut text, mut from) = (String::new(), at.start());
    for edit in edits {
        text += &outcome.before[from..edit.range.start()];
        text += &edit.replacement;
        from = edit.range.end();
    }
    text += &outcome.before[from..at.end()];
    Some((at, text))
}

/// Columns count bytes here.
fn range(at: TextRange, outcome: &Outcome<'_>) -> Value {
    let position = |offset: usize| {
        let start = outcome.before[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        json!({"line": outcome.position(offset).line, "column": offset - start + 1})
    };
    json!({"start": position(at.start()), "end": position(at.end())})
}
