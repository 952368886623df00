//! What a run came to, counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use dopt_rewrite::{NotPinned, Refused, Rewrite, Safety, Why};

use crate::exit::Exit;

/// Counts over all files.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Tally {
    /// Files that were looked at.
    pub files: usize,
    /// Of them, those whose new text differs.
    pub changed: usize,
    /// Of them, those that were written.
    pub written: usize,
    /// Fixes that are in the new texts.
    pub fixes: usize,
    /// Fixes that need `--unsafe-fixes`.
    pub unsafe_fixes: usize,
    /// Advice, which is never written.
    pub advice: usize,
    /// Places that were left alone.
    pub refusals: usize,
    /// Files that could not be read, understood or written.
    pub failed: usize,
    /// Configuration files with a mistake.
    pub config_errors: usize,
    /// Pins that are older than they may be.
    #[serde(skip)]
    pub stale: usize,
    /// Images that could not be pinned although they had to be.
    #[serde(skip)]
    pub unpinned: usize,
    /// What registries said instead of a digest, and what is too old, each with the number of places.
    #[serde(skip)]
    pub pin_troubles: BTreeMap<String, usize>,
    /// Findings that are known, and not counted above.
    #[serde(skip)]
    pub known: usize,
    /// What each transform came to.
    #[serde(skip)]
    pub by_rule: BTreeMap<String, RuleTally>,
    /// Whether the user asked for a part of the files only, which may be none.
    #[serde(skip)]
    pub is_part: bool,
    /// Why the run ended before its time, if it did.
    #[serde(skip)]
    pub stopped: Option<Exit>,
}

/// What one transform came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Fixes that are in the new texts.
    pub fixes: usize,
    /// Fixes that need `--unsafe-fixes`, and advice.
    pub hidden: usize,
    /// Places that were left alone.
    pub refusals: usize,
    /// The bytes that its fixes save, where images or contexts were measured.
    pub bytes: Option<i64>,
}

impl Tally {
    /// Counts what was found in one file.
    pub fn add(&mut self, rewrite: &Rewrite) {
        for change in &rewrite.changes {
            self.rule(change.rule).fixes += 1;
        }
        for change in &rewrite.hidden {
            self.rule(change.rule).hidden += 1;
        }
        for refused in &rewrite.refusals {
            self.rule(refused.rule).refusals += 1;
        }
        let is_unsafe = |safety: &Safety| matches!(safety, Safety::Unsafe { .. });
        let hidden = rewrite.hidden.iter().filter(|change| is_unsafe(&change.safety)).count();
        self.fixes += rewrite.changes.len();
        self.unsafe_fixes += hidden;
        self.advice += rewrite.hidden.len() - hidden;
        self.refusals += rewrite.refusals.len();
    }

    /// Counts bytes that were measured.
    pub fn add_bytes(&mut self, rule: &str, bytes: i64) {
        *self.rule(rule).bytes.get_or_insert_default() += bytes;
    }

    fn rule(&mut self, name: &str) -> &mut RuleTally {
        if !self.by_rule.contains_key(name) {
            self.by_rule.insert(name.to_owned(), RuleTally::default());
        }
        self.by_rule.get_mut(name).expect("it was put there")
    }

    /// Counts what was found in one file about pins. `required`: whether all images have to be pinned.
    pub fn add_pins(&mut self, rewrite: &Rewrite, required: bool) {
        for Refused { why, .. } in &rewrite.refusals {
            let is_stale = matches!(why, Why::NotPinned(NotPinned::PinIsStale(_)));
            self.stale += usize::from(is_stale);
            self.unpinned += usize::from(required && why.is_unanswered());
            let is_told = why.is_unanswered() && why.question().is_none();
            if is_stale || is_told || matches!(why, Why::NotPinned(NotPinned::PlatformMissing(_))) {
                *self.pin_troubles.entry(format!("{} [{}]", why.sentence(), why.code())).or_default() += 1;
            }
        }
    }

    /// Whether there is anything that a fix could do, safe or not.
    pub fn has_findings(&self) -> bool {
        self.fixes + self.unsafe_fixes > 0
    }

    /// The exit code, where `changes` says whether what was found counts as a difference.
    pub fn exit(&self, changes: bool) -> Exit {
        if let Some(exit) = self.stopped {
            exit
        } else if self.config_errors > 0 {
            Exit::Usage
        } else if self.unpinned > 0 {
            Exit::Unavailable
        } else if self.failed > 0 {
            Exit::Failed
        } else if self.files == 0 && !self.is_part {
            Exit::NothingMatched
        } else if changes {
            Exit::Changes
        } else {
            Exit::Done
        }
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { noun_plural(noun) })
}

fn noun_plural(noun: &str) -> &'static str {
    if noun.ends_with('x') { "es" } else { "s" }
}
