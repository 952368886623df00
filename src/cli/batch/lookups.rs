//! What registries have to be asked for the files of a run, before the first of them that wants its images pinned.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dopt_model::{Facts, NO_FACTS, Question};

use super::Batch;
use super::guard::guarded_rewrite;
use super::informed::informed_rewrite;
use super::text::{read, read_stdin};
use crate::config::Choices;
use crate::discover::Source;
use crate::failure::Failure;
use crate::pins::{LOCKFILE, Pins};

impl Batch<'_, '_> {
    /// Whether the next file that counts these choices has all files looked up first.
    pub(super) fn has_to_look_up(&self, choices: &Choices) -> bool {
        choices.pins.is_some() && self.pins.is_none()
    }

    /// What was looked up for a file whose images are pinned. The first such file has those of all files looked up.
    pub(super) fn facts(&mut self, path: &Path, choices: &Arc<Choices>, all: &[&Source]) -> Option<Arc<Facts>> {
        choices.pins.as_ref()?;
        if self.pins.is_none() {
            let mut pins = Pins::new();
            if let Err(message) = self.look_up(&mut pins, all) {
                self.tally.config_errors += 1;
                self.streams.error(message);
            }
            self.pins = Some(pins);
        }
        let lockfile = self.lockfile(path, choices);
        let pins = self.pins.as_mut()?;
        pins.facts(&lockfile)
    }

    fn lockfile(&mut self, path: &Path, choices: &Choices) -> PathBuf {
        let folder = self.configs.absolute(path.parent().unwrap_or(Path::new("")));
        self.configs.home(&folder, choices).join(LOCKFILE)
    }

    /// Asks the questions of all files, each once; an answer may lead to one more.
    fn look_up(&mut self, pins: &mut Pins, all: &[&Source]) -> Result<(), String> {
        let mut waiting = all.to_vec();
        loop {
            let mut open = Vec::new();
            for source in waiting {
                if self.has_questions(source, pins)? {
                    open.push(source);
                }
            }
            if open.is_empty() {
                break;
            }
            pins.answer(self.streams)?;
            waiting = open;
        }
        if self.streams.verbose() {
            pins.tell(self.streams);
        }
        if self.writer.is_some() { pins.store(self.streams) } else { Ok(()) }
    }

    /// Notes what a file has to have looked up; whether there is anything. What is wrong with it is told later.
    fn has_questions(&mut self, source: &Source, pins: &mut Pins) -> Result<bool, String> {
        let (path, named) = match source {
            Source::File { path, named, .. } => (path.as_path(), *named),
            Source::Stdin => (self.stdin_name, true),
        };
        let Some(choices) = self.configs.of(path).filter(|choices| choices.pins.is_some()) else { return Ok(false) };
        if self.is_excluded(path, named, &choices) {
            return Ok(false);
        }
        let mut buffer = Vec::new();
        let text = match source {
            Source::File { path, .. } => {
                File::open(path).map_err(Failure::Read).and_then(|file| read(file, &mut buffer))
            }
            Source::Stdin => read(self.stdin.get_or_insert_with(read_stdin).as_slice(), &mut buffer),
        };
        let Ok(text) = text else { return Ok(false) };
        let lockfile = self.lockfile(path, &choices);
        let facts = pins.facts(&lockfile);
        let facts = facts.as_deref().unwrap_or(&NO_FACTS);
        let dockerfile = matches!(source, Source::File { .. }).then_some(path);
        let rewrite = match choices.chooses_bases() {
            // What is pinned is what the file starts from in the end.
            true => informed_rewrite(text, &choices, facts, dockerfile).0,
            false => guarded_rewrite(text, &choices.questioning(facts)),
        };
        let questions: Vec<Question> = match rewrite {
            Ok(rewrite) => rewrite.refusals.iter().filter_map(|refused| refused.why.question().cloned()).collect(),
            Err(_) => Vec::new(),
        };
        pins.ask(&lockfile, &choices, questions.iter())
    }
}
