//! `dopt ignore -f json`: `{"version":1,"files":[…]}`, one entry for each ignore file. Fields may be added.

use std::path::Path;

use dopt_dockerignore::{Amount, CATALOG, Line};
use serde::Serialize;

use super::report::reason;
use crate::context::{Assessment, Obstacle, shown};
use crate::failure::Failure;
use crate::streams::Streams;

/// One ignore file.
#[derive(Serialize)]
pub struct Entry {
    path: String,
    context: Option<String>,
    dockerfiles: Vec<String>,
    changed: bool,
    written: bool,
    before: Option<AmountEntry>,
    after: Option<AmountEntry>,
    lines: Vec<LineEntry>,
    suggestions: Vec<LineEntry>,
    left: Vec<LeftEntry>,
    secrets: Vec<SecretEntry>,
    largest: Vec<LargeEntry>,
    unreadable: Vec<String>,
    diff: String,
    error: Option<String>,
}

#[derive(Serialize)]
struct AmountEntry {
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct LineEntry {
    pattern: String,
    kind: &'static str,
    caveat: Option<&'static str>,
    #[serde(flatten)]
    amount: AmountEntry,
}

#[derive(Serialize)]
struct LeftEntry {
    pattern: String,
    reason: String,
    #[serde(flatten)]
    amount: AmountEntry,
}

#[derive(Serialize)]
struct SecretEntry {
    path: String,
    kind: &'static str,
    copied: bool,
    hidden: bool,
}

#[derive(Serialize)]
struct LargeEntry {
    path: String,
    #[serde(flatten)]
    amount: AmountEntry,
}

impl From<Amount> for AmountEntry {
    fn from(amount: Amount) -> AmountEntry {
        AmountEntry { files: amount.files, bytes: amount.bytes }
    }
}

impl From<&Line> for LineEntry {
    fn from(line: &Line) -> LineEntry {
        let kind = &CATALOG[line.junk];
        LineEntry { pattern: line.pattern.clone(), kind: kind.name, caveat: kind.caveat, amount: line.amount.into() }
    }
}

impl Entry {
    /// What became of one ignore file.
    pub fn new(path: &Path, outcome: &Result<Assessment, Obstacle>, written: &Result<bool, Failure>) -> Entry {
        let found = outcome.as_ref().ok();
        let error = outcome.as_ref().err().map(ToString::to_string);
        let lines = |lines: Option<&[Line]>| lines.unwrap_or_default().iter().map(LineEntry::from).collect();
        let left = found.map(|found| found.proposal.left.iter().map(move |left| (left, found)));
        Entry {
            path: shown(path),
            context: found.map(|found| found.unit.shown_context()),
            dockerfiles: found
                .map(|found| found.unit.users.iter().map(|user| shown(&user.path)).collect())
                .unwrap_or_default(),
            changed: found.is_some_and(Assessment::changes),
            written: *written.as_ref().unwrap_or(&false),
            before: found.map(|found| found.seen.into()),
            after: found.map(|found| found.proposal.after.into()),
            lines: lines(found.map(|found| found.proposal.lines.as_slice())),
            suggestions: lines(found.map(|found| found.proposal.suggestions.as_slice())),
            left: left
                .into_iter()
                .flatten()
                .map(|(left, found)| LeftEntry {
                    pattern: left.pattern.clone(),
                    reason: reason(&left.why, found),
                    amount: left.amount.into(),
                })
                .collect(),
            secrets: found
                .into_iter()
                .flat_map(|found| &found.secrets)
                .map(|secret| SecretEntry {
                    path: secret.path.clone(),
                    kind: secret.kind.describe(),
                    copied: secret.is_copied,
                    hidden: secret.is_hidden,
                })
                .collect(),
            largest: found
                .into_iter()
                .flat_map(|found| &found.large)
                .map(|large| LargeEntry { path: large.path.clone(), amount: large.amount.into() })
                .collect(),
            unreadable: found.into_iter().flat_map(|found| &found.troubles).map(|found| found.path.clone()).collect(),
            diff: found.filter(|found| found.changes()).map(super::diff).unwrap_or_default(),
            error: error.or_else(|| written.as_ref().err().map(ToString::to_string)),
        }
    }
}

/// Prints the object.
pub fn print(entries: &[Entry], streams: &mut Streams) {
    #[derive(Serialize)]
    struct All<'e> {
        version: u32,
        files: &'e [Entry],
    }
    let text = serde_json::to_string(&All { version: 1, files: entries }).expect("there are only strings and numbers");
    streams.print(format_args!("{text}\n"));
}
