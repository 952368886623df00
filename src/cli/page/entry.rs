//! One file, as the page has it. Names are short, for there may be thousands.

use std::collections::BTreeSet;
use std::path::Path;

use dopt_rewrite::{Change, Refused, Safety, lines};
use serde::Serialize;

use super::units::{Applied, Unit};
use crate::report::{Outcome, unified};

/// The lines around a change that a patch takes with it.
const CONTEXT: usize = 3;
/// Of a longer line that is left alone, only the start is shown.
const LONGEST_EXCERPT: usize = 200;

/// One file.
#[derive(Serialize)]
pub struct Entry<'o> {
    /// The path.
    p: String,
    /// The two lines in front of its hunks in a patch.
    #[serde(skip_serializing_if = "String::is_empty")]
    h: String,
    /// The number of lines of the old text.
    n: usize,
    /// Old lines: where each stretch starts, and its lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    l: Vec<(usize, Vec<Line<'o>>)>,
    /// What can be taken on its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    u: Vec<UnitEntry<'o>>,
    /// Fixes that were not asked for, and advice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    a: Vec<FixEntry>,
    /// What was left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    r: Vec<RefusalEntry>,
    /// Why the file could not be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    e: Vec<String>,
    /// Whether it was written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    w: bool,
}

/// A line without what ends it; in a list of its own where nothing ends it.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'o> {
    Whole(&'o str),
    Last([&'o str; 1]),
}

#[derive(Serialize)]
struct UnitEntry<'o> {
    /// Its fixes.
    f: Vec<FixEntry>,
    /// Its changes: where it starts, from 0, how many old lines, and the new ones.
    c: Vec<(usize, usize, Vec<Line<'o>>)>,
}

/// Rule, title, safety, line, caveat.
#[derive(Serialize)]
struct FixEntry(
    &'static str,
    String,
    &'static str,
    usize,
    #[serde(skip_serializing_if = "Option::is_none")] Option<&'static str>,
);

/// Rule, code, reason, line, the line itself.
#[derive(Serialize)]
struct RefusalEntry(&'static str, &'static str, String, usize, String);

impl<'o> Entry<'o> {
    /// Of what became of a file, and what of it can be taken on its own.
    pub fn new(outcome: &'o Outcome<'_>, here: &Path) -> Entry<'o> {
        let (old, new) = (lines(outcome.before), lines(outcome.after()));
        let rewrite = outcome.result.as_ref().ok();
        let whole = [Unit::whole(&old, &new)];
        let units = match outcome.units() {
            [] if outcome.changed() => &whole,
            units => units,
        };
        let mut entry = Entry {
            p: outcome.shown_path(),
            h: header(outcome, here),
            n: old.len(),
            l: stretches(units, &old),
            u: units.iter().map(|unit| unit_entry(unit, outcome, &new)).collect(),
            a: rewrite.iter().flat_map(|found| &found.hidden).map(|found| change(found, outcome)).collect(),
            r: rewrite.iter().flat_map(|found| &found.refusals).map(|found| refusal(found, outcome)).collect(),
            e: troubles(outcome),
            w: outcome.was_written(),
        };
        // Where the fixes of a rewrite could not be told apart, all of them are about all of it.
        if let ([unit], Some(rewrite)) = (entry.u.as_mut_slice(), rewrite)
            && unit.f.is_empty()
        {
            unit.f = rewrite.changes.iter().map(|found| change(found, outcome)).collect();
        }
        entry
    }
}

fn header(outcome: &Outcome<'_>, here: &Path) -> String {
    if !outcome.changed() {
        return String::new();
    }
    unified(outcome, here).split_inclusive('\n').take(2).collect()
}

fn line(text: &str) -> Line<'_> {
    match text.strip_suffix('\n') {
        Some(text) => Line::Whole(text),
        None => Line::Last([text]),
    }
}

/// The old lines that change, and those around them.
fn stretches<'o>(units: &[Unit], old: &[&'o str]) -> Vec<(usize, Vec<Line<'o>>)> {
    let changes = units.iter().flat_map(|unit| &unit.changes);
    let around = |change: &dopt_rewrite::LineChange| {
        change.old.start.saturating_sub(CONTEXT)..(change.old.end + CONTEXT).min(old.len())
    };
    let wanted: BTreeSet<usize> = changes.flat_map(around).collect();
    let mut stretches: Vec<(usize, Vec<Line<'_>>)> = Vec::new();
    for at in wanted {
        match stretches.last_mut() {
            Some((start, lines)) if *start + lines.len() == at => lines.push(line(old[at])),
            _ => stretches.push((at, vec![line(old[at])])),
        }
    }
    stretches
}

fn unit_entry<'o>(unit: &Unit, outcome: &Outcome<'_>, new: &[&'o str]) -> UnitEntry<'o> {
    let changes = unit.changes.iter();
    let c = changes.map(|change| {
        let new = new[change.new.clone()].iter().map(|text| line(text)).collect();
        (change.old.start, change.old.len(), new)
    });
    UnitEntry { f: unit.fixes.iter().map(|fix| applied(fix, outcome)).collect(), c: c.collect() }
}

fn applied(fix: &Applied, outcome: &Outcome<'_>) -> FixEntry {
    fix_entry(fix.rule, fix.title.clone(), fix.safety, outcome.position(fix.at.start()).line)
}

fn change(change: &Change, outcome: &Outcome<'_>) -> FixEntry {
    fix_entry(change.rule, change.title.clone(), change.safety, outcome.position(change.at.start()).line)
}

fn fix_entry(rule: &'static str, title: String, safety: Safety, line: usize) -> FixEntry {
    FixEntry(rule, title, safety.name(), line, safety.caveat())
}

fn refusal(refused: &Refused, outcome: &Outcome<'_>) -> RefusalEntry {
    let line = outcome.position(refused.at.start()).line;
    let text = outcome.before.lines().nth(line - 1).unwrap_or_default().trim();
    let excerpt = text.chars().take(LONGEST_EXCERPT).collect();
    RefusalEntry(refused.rule, refused.why.code(), refused.why.sentence(), line, excerpt)
}

fn troubles(outcome: &Outcome<'_>) -> Vec<String> {
    match &outcome.result {
        Err(failure) => vec![failure.to_string()],
        Ok(rewrite) => {
            let place = |problem: &dopt_syntax::Problem| outcome.position(problem.at.start()).line;
            let problems = rewrite.problems.iter();
            problems.map(|problem| format!("line {}: {}", place(problem), problem.kind.message())).collect()
        }
    }
}
