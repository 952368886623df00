//! Comments that forbid a transform: ours, and those of other tools where a rule corresponds.

use std::cell::Cell;

use dopt_syntax::dockerfile::{DirectiveName, Instruction};
use dopt_syntax::{Document, TextRange};

use crate::Transform;

/// A comment that forbids transforms at the instruction below it, or in the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Who the comment was written for.
    pub source: SuppressionSource,
    /// The comment.
    pub at: TextRange,
    /// The rules as written; empty where it forbids all.
    pub rules: Vec<String>,
    /// The instruction below it; `None` where it is for the whole file.
    pub instruction: Option<usize>,
    used: Cell<bool>,
}

/// Who a suppress comment was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressionSource {
    /// `# dopt: ignore=clean-apt`
    Dopt,
    /// `# hadolint ignore=DL3009`, `# tally ignore=…`, `# check=skip=…`
    OtherTool,
}

impl Suppression {
    /// Whether the comment kept a transform from something it would have done.
    pub fn was_used(&self) -> bool {
        self.used.get()
    }
}

/// All suppress comments of a file, those for the whole file first, then by instruction.
#[derive(Debug, Default)]
pub(crate) struct Suppressions {
    all: Vec<Suppression>,
}

impl Suppressions {
    pub(crate) fn of(document: &Document) -> Suppressions {
        let mut all = Vec::new();
        if ["ignore", "skip="].iter().any(|word| document.text().contains(word)) {
            for directive in document.directives().iter().filter(|found| found.name == DirectiveName::Check) {
                let rules = skipped_checks(directive.value.of(document.text()));
                all.extend(rules.map(|rules| suppression(SuppressionSource::OtherTool, directive.range, rules, None)));
            }
            for (at, instruction) in comments_above(document) {
                all.extend(read(at.of(document.text()), at, instruction));
            }
            all.sort_by_key(|found| found.instruction);
        }
        Suppressions { all }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a comment forbids the transform at the instruction; remembers that the comment was needed.
    pub(crate) fn covers(&self, transform: &Transform, instruction: usize) -> bool {
        if self.all.is_empty() {
            return false;
        }
        let whole_file = &self.all[..self.all.partition_point(|found| found.instruction.is_none())];
        let start = self.all.partition_point(|found| found.instruction < Some(instruction));
        let here = self.all[start..].iter().take_while(|found| found.instruction == Some(instruction));
        let hits = whole_file
            .iter()
            .chain(here)
            .filter(|found| found.rules.is_empty() || found.rules.iter().any(|rule| names(transform, rule)));
        hits.map(|found| found.used.set(true)).count() > 0
    }

    pub(crate) fn unused(self) -> Vec<Suppression> {
        let ours = |found: &Suppression| found.source == SuppressionSource::Dopt && !found.was_used();
        self.all.into_iter().filter(ours).collect()
    }
}

/// Whether a comment line speaks to this or another tool about the instruction below it.
pub fn is_directive_comment(comment: &str) -> bool {
    let body = comment.trim_start_matches('#').trim_start();
    ["dopt:", "hadolint ", "tally ", "check="].iter().any(|tool| body.starts_with(tool))
}

fn names(transform: &Transform, rule: &str) -> bool {
    let short = rule.rsplit('/').next().unwrap_or(rule);
    transform.name == rule || transform.aliases.contains(&short)
}

fn suppression(
    source: SuppressionSource,
    at: TextRange,
    rules: Vec<String>,
    instruction: Option<usize>,
) -> Suppression {
    Suppression { source, at, rules, instruction, used: Cell::new(false) }
}

/// The comment lines in front of instructions, each with the index of the instruction right below its block.
fn comments_above(document: &Document) -> Vec<(TextRange, usize)> {
    let mut found = Vec::new();
    let mut end_of_last = 0;
    for (index, instruction) in document.instructions().iter().enumerate() {
        found.extend(comment_lines(document, end_of_last, instruction).into_iter().map(|at| (at, index)));
        end_of_last = instruction.range.end();
    }
    found
}

fn comment_lines(document: &Document, from: usize, instruction: &Instruction) -> Vec<TextRange> {
    let text = document.text();
    let line_start = text[..instruction.range.start()].rfind('\n').map_or(0, |at| at + 1);
    let mut lines = Vec::new();
    let mut end = line_start;
    while end > from {
        let start = text[..end - 1].rfind('\n').map_or(0, |at| at + 1).max(from);
        let line = text[start..end].trim();
        if !line.starts_with('#') {
            break;
        }
        let indent = text[start..end].len() - text[start..end].trim_start().len();
        lines.push(TextRange::new(start + indent, start + indent + line.len()));
        end = start;
    }
    lines.reverse();
    lines
}

fn read(comment: &str, at: TextRange, instruction: usize) -> Option<Suppression> {
    let body = comment.trim_start_matches('#').trim();
    let here = Some(instruction);
    if let Some(rest) = body.strip_prefix("dopt:") {
        let (place, rest) = match rest.trim().strip_prefix("ignore-file") {
            Some(rest) => (None, rest),
            None => (here, rest.trim().strip_prefix("ignore")?),
        };
        return Some(suppression(SuppressionSource::Dopt, at, rule_list(rest)?, place));
    }
    let other = |rules, place| Some(suppression(SuppressionSource::OtherTool, at, rules, place));
    if let Some(rest) = body.strip_prefix("hadolint").or_else(|| body.strip_prefix("tally")) {
        let rest = rest.trim_start();
        return match rest.strip_prefix("global").map(str::trim_start) {
            Some(rest) => other(rule_list(rest.strip_prefix("ignore")?)?, None),
            None => other(rule_list(rest.strip_prefix("ignore")?)?, here),
        };
    }
    other(skipped_checks(body.strip_prefix("check=")?)?, here)
}

/// Reads `=RULE,RULE reason="…"`; an empty list where nothing is named.
fn rule_list(rest: &str) -> Option<Vec<String>> {
    let rest = rest.trim_start();
    match rest.strip_prefix('=') {
        None if rest.is_empty() || rest.starts_with("reason") => Some(Vec::new()),
        None => None,
        Some(list) => {
            let list = list.trim_start().split([' ', '\t']).next().unwrap_or_default();
            Some(list.split(',').filter(|rule| !rule.is_empty()).map(str::to_owned).collect())
        }
    }
}

/// The names behind `skip=` of a `check` directive; never empty.
fn skipped_checks(value: &str) -> Option<Vec<String>> {
    let list = value.split(';').find_map(|part| part.trim().strip_prefix("skip="))?;
    Some(list.split(',').map(|rule| rule.trim().to_owned()).collect())
}
