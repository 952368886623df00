//! The baselines of a run: what is known of which file, and what `--write-baseline` makes of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dopt_model::Facts;

use super::Batch;
use crate::baseline::{BASELINE, Baseline, Known, Record};
use crate::config::Choices;
use crate::report::Outcome;
use crate::tally::count;

impl<'b, 'a> Batch<'b, 'a> {
    /// Makes baselines of what is found instead of reporting it.
    pub fn recording(self, is_wanted: bool) -> Self {
        Batch { record: is_wanted.then(Record::default), ..self }
    }

    /// Counts every finding, known or not.
    pub fn without_baseline(self, is_wanted: bool) -> Self {
        Batch { has_baseline: !is_wanted, ..self }
    }

    /// What is known of a file, where anything is.
    pub(super) fn known(&mut self, path: &Path, choices: &Choices) -> Option<Arc<Known>> {
        if self.record.is_some() || !self.has_baseline {
            return None;
        }
        let (baseline, key) = self.baseline_of(path, choices);
        if !self.baselines.contains_key(&baseline) {
            let found = Baseline::load(&baseline).unwrap_or_else(|message| {
                self.tally.config_errors += 1;
                self.streams.error(format_args!("{}: {message}", self.shown(&baseline).display()));
                Baseline::default()
            });
            self.baselines.insert(baseline.clone(), found);
        }
        let found = &self.baselines[&baseline].files;
        if found.is_empty() { None } else { found.get(&key).map(Arc::clone) }
    }

    /// The baseline that a file belongs to, and what the file is called there.
    fn baseline_of(&mut self, path: &Path, choices: &Choices) -> (PathBuf, String) {
        let absolute = self.configs.absolute(path);
        let home = self.configs.home(absolute.parent().unwrap_or(Path::new("/")), choices);
        let inside = absolute.strip_prefix(&home).unwrap_or(&absolute).to_string_lossy().replace('\\', "/");
        (home.join(BASELINE), inside)
    }

    fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.configs.absolute(Path::new(""))).unwrap_or(path)
    }

    /// Notes what was found, where baselines are made.
    pub(super) fn record(&mut self, outcome: &mut Outcome<'_>, choices: &Choices, facts: &Facts) {
        if self.record.is_none() {
            return;
        }
        let (baseline, key) = self.baseline_of(outcome.path, choices);
        let (Some(record), Ok(rewrite)) = (&mut self.record, &outcome.result) else { return };
        match Known::all_of(outcome.before, &choices.options(facts), rewrite) {
            Ok(known) => record.note(&baseline, &key, known),
            Err(failure) => outcome.result = Err(failure),
        }
    }

    /// Writes the baselines.
    pub(super) fn store_baselines(&mut self) {
        let Some(record) = self.record.take() else { return };
        for (path, stored) in record.store() {
            let shown = self.shown(&path).display().to_string();
            match stored {
                Ok(findings) if !self.streams.quiet() => {
                    let findings = count(findings, "finding");
                    self.streams.note(format_args!("{shown}: {findings} known from now on"));
                }
                Ok(_) => {}
                Err(message) => {
                    self.tally.failed += 1;
                    self.streams.error(format_args!("{shown}: {message}"));
                }
            }
        }
    }
}
