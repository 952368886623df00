//! The page to review a whole run in a browser: one file that needs nothing else, not even a network.
//!
//! It is written as the files come, so that memory does not grow with them. What the page does with them is in
//! `patch.js` (which patch the ticks make), `list.js` (which files are shown) and `view.js` (what is shown of them).

mod entry;
mod units;

use std::path::PathBuf;

use askama::Template;
use dopt_transforms::{CATALOG, manual};
use serde_json::json;

use crate::report::{Outcome, Report, Wants};
use crate::streams::Streams;
use crate::tally::Tally;
use entry::Entry;
pub use units::{Unit, units};

#[derive(Template)]
#[template(path = "page/page.html")]
struct Frame {
    version: &'static str,
    /// What the data of the files takes the place of.
    files: &'static str,
    rules: String,
}

/// Stands in the frame where the files go.
const FILES: &str = "\"FILES\"";

/// The page, as a report.
pub struct Page {
    /// What stands behind the files, from the first one on.
    tail: Option<String>,
    here: PathBuf,
}

impl Page {
    /// Nothing is printed yet.
    pub fn new() -> Page {
        Page { tail: None, here: std::env::current_dir().unwrap_or_default() }
    }

    /// Whether it had begun before.
    fn begin(&mut self, streams: &mut Streams) -> bool {
        if self.tail.is_some() {
            return true;
        }
        let frame = Frame { version: env!("CARGO_PKG_VERSION"), files: FILES, rules: safe(&rules()) };
        let frame = frame.render().expect("text alone can be put together");
        let (head, tail) = frame.split_once(FILES).expect("the frame has a place for files");
        streams.put(head);
        self.tail = Some(tail.to_owned());
        false
    }
}

impl Report for Page {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        let comma = if self.begin(streams) { "," } else { "" };
        let entry = serde_json::to_value(Entry::new(outcome, &self.here)).expect("text and numbers are JSON");
        streams.print(format_args!("{comma}{}\n", safe(&entry)));
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        self.begin(streams);
        streams.put(&self.tail.take().unwrap_or_default());
    }

    fn wants(&self) -> Wants {
        Wants { edits: false, units: true }
    }
}

/// JSON in which no text ends the script that it stands in.
fn safe(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// What the page says of each rule.
fn rules() -> serde_json::Value {
    let rule = |rule: &&'static dopt_rewrite::Transform| {
        (rule.name.to_owned(), json!({ "summary": rule.summary, "why": manual::reason(rule) }))
    };
    CATALOG.iter().map(rule).collect::<serde_json::Map<_, _>>().into()
}
