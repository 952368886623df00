//! The body of a pull request: what changes, with the evidence for each hunk, and what was left alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use dopt_rewrite::{Change, Hunk, Safety, hunks};
use dopt_transforms::{CATALOG, manual};

use super::place::Here;
use super::{Finding, Outcome, Report};
use crate::args::find_rule;
use crate::bytes::Bytes;
use crate::streams::Streams;
use crate::tally::{Tally, count};

/// GitHub takes 65,536 characters, GitLab a million. What does not fit is counted.
const LONGEST: usize = 60_000;

/// The whole text is kept until the end, because its first line counts.
pub struct Markdown {
    here: Here,
    body: String,
    by_rule: BTreeMap<&'static str, usize>,
    left_out: usize,
    verified: bool,
    saved: i64,
}

impl Markdown {
    /// Nothing was seen yet.
    pub fn new() -> Markdown {
        let (body, by_rule) = (String::new(), BTreeMap::new());
        Markdown { here: Here::new(), body, by_rule, left_out: 0, verified: false, saved: 0 }
    }
}

impl Report for Markdown {
    fn file(&mut self, outcome: &Outcome<'_>, _streams: &mut Streams) {
        let text = section(outcome, &self.here.shown(outcome.path));
        if let Ok(rewrite) = &outcome.result {
            for change in &rewrite.changes {
                *self.by_rule.entry(change.rule).or_default() += 1;
            }
        }
        self.verified |= outcome.was_verified();
        self.saved += outcome.saved_bytes().unwrap_or_default();
        if self.left_out > 0 || self.body.len() + text.len() > LONGEST {
            self.left_out += usize::from(!text.is_empty());
        } else {
            self.body += &text;
        }
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        let fixes = count(tally.fixes, "fix");
        let all = count(tally.files, "file");
        let heading = match tally.changed {
            0 => format!("dopt: nothing to change in {all}"),
            changed => format!("dopt: {fixes} in {changed} of {all}"),
        };
        streams.print(format_args!("## {heading}\n"));
        if tally.changed > 0 {
            streams.print(format_args!("\n{}\n", proof(self.verified, self.saved)));
            streams.put("\n| Transform | Fixes | What it does |\n| --- | --: | --- |\n");
            for rule in CATALOG.iter().filter(|rule| self.by_rule.contains_key(rule.name)) {
                let fixes = self.by_rule[rule.name];
                streams.print(format_args!("| `{}` | {fixes} | {} |\n", rule.name, rule.summary));
            }
        }
        streams.put(&self.body);
        if self.left_out > 0 {
            let files = count(self.left_out, "more file");
            streams.print(format_args!("\n{files} would make this too long; `dopt fix` shows the rest.\n"));
        }
    }
}

fn proof(verified: bool, saved: i64) -> String {
    let checked = "After every change the new file was read again, and what both do was compared command by command.";
    match (verified, saved) {
        (true, 1..) => format!(
            "The images were built before and after: they are the same, and {} smaller in all. {checked}",
            Bytes(saved.unsigned_abs())
        ),
        (true, _) => format!("The images were built before and after, and are the same. {checked}"),
        (false, _) => format!("{checked} No image was built; `dopt fix --verify` does that and measures."),
    }
}

/// Everything about one file; empty where there is nothing to say.
fn section(outcome: &Outcome<'_>, path: &str) -> String {
    let mut out = String::new();
    let path = code(path);
    match &outcome.result {
        Err(failure) => {
            let _ = write!(out, "\n### {path}\n\nNot done: {failure}.\n");
        }
        Ok(rewrite) if !rewrite.problems.is_empty() => {
            let _ = write!(out, "\n### {path}\n\nLeft as it is, because BuildKit rejects it:\n\n");
            for problem in &rewrite.problems {
                let line = outcome.position(problem.at.start()).line;
                let _ = writeln!(out, "- line {line}: {}", problem.kind.message());
            }
        }
        Ok(rewrite) if outcome.changed() => {
            let _ = write!(out, "\n### {path}\n");
            if let Some(saved) = outcome.saved_bytes().filter(|saved| *saved > 0) {
                let _ = write!(out, "\nBuilt and compared: the image is {} smaller.\n", Bytes(saved.unsigned_abs()));
            }
            let hunks = hunks(outcome.before, outcome.after(), 1, 1);
            let mut told = Vec::new();
            for (at, hunk) in hunks.iter().enumerate() {
                let changes = rewrite.changes.iter().filter(|change| nearest(change, &hunks, outcome) == at);
                show_hunk(hunk, changes, &mut told, outcome, &mut out);
            }
            out += &rest(outcome);
        }
        // What was tried and did not pass, nobody else can tell.
        Ok(_) if outcome.was_verified() => {
            let rest = rest(outcome);
            if !rest.is_empty() {
                let _ = write!(out, "\n### {path}\n{rest}");
            }
        }
        Ok(_) => {}
    }
    out
}

/// The hunk that a change is in, or the one next to it: a place may be told that stays as it is.
fn nearest(change: &Change, hunks: &[Hunk], outcome: &Outcome<'_>) -> usize {
    let line = outcome.position(change.at.start()).line - 1;
    let distance = |hunk: &Hunk| hunk.lines.start.saturating_sub(line) + (line + 1).saturating_sub(hunk.lines.end);
    (0..hunks.len()).min_by_key(|at| distance(&hunks[*at])).unwrap_or_default()
}

/// A hunk with what was done in it. Why, and what it saves, stands where a transform is named first.
fn show_hunk<'c>(
    hunk: &Hunk,
    changes: impl Iterator<Item = &'c Change>,
    told: &mut Vec<&'static str>,
    outcome: &Outcome<'_>,
    out: &mut String,
) {
    out.push('\n');
    for change in changes {
        let line = outcome.position(change.at.start()).line;
        let verified = if outcome.is_verified(change) { ", verified" } else { "" };
        let safety = change.safety.name();
        let _ = writeln!(out, "- **`{}`** ({safety}{verified}), line {line}: {}", change.rule, change.title);
        if let Safety::Unsafe { caveat } = change.safety {
            let _ = writeln!(out, "  - ⚠️ {caveat}");
        }
        if !told.contains(&change.rule) {
            told.push(change.rule);
            if let Some(reason) = find_rule(change.rule).map(|rule| why(&manual::page(rule))) {
                let _ = writeln!(out, "  - Why: {reason}");
            }
            if let Some(saved) = outcome.saved_by(change.rule).filter(|saved| *saved > 0) {
                let _ = writeln!(out, "  - Saves {} in this file.", Bytes(saved.unsigned_abs()));
            }
        }
    }
    let text = hunk.text.replace("\r\n", "\n");
    let fence = fence(&text);
    let _ = write!(out, "\n{fence}diff\n{text}{fence}\n");
}

/// The first paragraph of a manual page, on one line.
fn why(page: &str) -> String {
    let paragraph = page.split("\n\n").find(|part| !part.trim_start().starts_with('#')).unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was not done, folded up.
fn rest(outcome: &Outcome<'_>) -> String {
    let lines: Vec<String> = outcome
        .findings()
        .iter()
        .filter_map(|finding| {
            let line = outcome.position(finding.at().start()).line;
            let rule = finding.rule()?;
            match finding {
                Finding::Left(refused) => {
                    let log = outcome.log_of(refused).and_then(|log| log.lines().rfind(|line| !line.trim().is_empty()));
                    let log = log.map(|line| format!(": {}", code(line.trim()))).unwrap_or_default();
                    Some(format!("- line {line}, `{rule}`: {}{log} (`{}`)", finding.message(), refused.why.code()))
                }
                Finding::Fix(change) if change.safety != Safety::Safe && !is_applied(change, outcome) => {
                    let kind = change.safety.name();
                    let caveat = change.safety.caveat().unwrap_or_default();
                    Some(format!("- line {line}, `{rule}`, {kind}: {}. {caveat}", change.title))
                }
                _ => None,
            }
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let places = count(lines.len(), "place");
    format!("\n<details><summary>{places} left alone</summary>\n\n{}\n\n</details>\n", lines.join("\n"))
}

fn is_applied(change: &Change, outcome: &Outcome<'_>) -> bool {
    let applied = outcome.result.as_ref().map(|rewrite| rewrite.changes.as_slice()).unwrap_or_default();
    applied.iter().any(|found| std::ptr::eq(found, change))
}

/// A text as code, whatever backticks are in it.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], "�");
    let fence = "`".repeat(longest_run(&text) + 1);
    let blank = if text.contains('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A fence that nothing in a text can end.
fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|found| found != '`').map(str::len).max().unwrap_or_default()
}
