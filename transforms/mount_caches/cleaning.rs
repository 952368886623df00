//! What would empty a cache mount, or keep the manager from using it, and how it is taken out of the step.

use dopt_model::commands::Invocation;
use dopt_model::commands::caches::Remedy;
use dopt_model::commands::managers::{self, APK_UPDATE_FLAGS, Action};
use dopt_model::commands::ownership::at_or_below;
use dopt_model::manager_of;
use dopt_rewrite::{Edit, Effect, Reword, Why, remove_commands};
use dopt_syntax::shell::SimpleCommand;

use super::Plan;

impl Plan<'_> {
    /// Takes out what would empty the mount, or keep the manager from using it.
    pub(super) fn undo_cleaning(&self, edits: &mut Vec<Edit>, effects: &mut Vec<Effect>) -> Result<(), Why> {
        let mut dropped = Vec::new();
        // What stands in `$(…)` is part of another word and stays as it is.
        let opaque = self.script.script().substituting_ranges();
        for &command in self.commands {
            let Some(invocation) = Invocation::of(command, self.script.text()) else { continue };
            let operands = self.cleaning_operands(&invocation)?;
            if self.only_cleans(&invocation) || operands.as_ref().is_some_and(|(_, all)| *all) {
                dropped.push(command);
                continue;
            }
            let mut reword = Reword::of(command);
            let mut changed = false;
            for at in operands.map(|(words, _)| words).unwrap_or_default() {
                (reword, changed) = (reword.remove(at), true);
            }
            if let Some((at, flag)) = self.forbidding_flag(&invocation) {
                reword = if flag.is_empty() { reword.remove(at) } else { reword.replace(at, flag) };
                changed = true;
            }
            if changed && opaque.iter().any(|range| range.contains(command.range)) {
                return Err(Why::CleanupStays);
            }
            if changed {
                let (reworded, effect) = reword.finish(self.run, self.script);
                edits.extend(reworded);
                effects.push(effect);
            }
        }
        let document = self.subject.document();
        edits.extend(remove_commands(document, self.run, self.script, &dropped).ok_or(Why::CleanupStays)?);
        let instruction = self.run.index();
        let drops = |command: &&SimpleCommand| Effect::DropsCommand {
            instruction,
            command: command.written(self.script.text()),
        };
        effects.extend(dropped.iter().map(drops));
        Ok(())
    }

    /// The operands of an `rm` that lie in the mount, and whether these are all; an error where one of them is a
    /// folder that the mount lies in, which could not be deleted any longer.
    fn cleaning_operands(&self, invocation: &Invocation<'_>) -> Result<Option<(Vec<usize>, bool)>, Why> {
        if invocation.program() != "rm" {
            return Ok(None);
        }
        let home = self.run.state().home();
        let mut inside = Vec::new();
        let mut all = true;
        for (at, operand) in invocation.operands(invocation.program_at + 1, &[]) {
            let written = invocation.command.words[at].range.of(invocation.text);
            let path = operand.map_or(written.to_owned(), |literal| literal.into_owned());
            let path = match (path.strip_prefix('~'), &home) {
                (Some(rest), Some(home)) => format!("{home}{rest}"),
                _ => path,
            };
            let folder = path.trim_end_matches(['*', '/']);
            let targets = &self.cache.targets;
            if targets.iter().any(|target| at_or_below(folder, target)) {
                inside.push(at);
            } else if targets.iter().any(|target| at_or_below(target, folder)) {
                return Err(Why::CleanupStays);
            } else {
                all = false;
            }
        }
        Ok((!inside.is_empty()).then_some((inside, all)))
    }

    /// Whether a command does nothing but empty the manager's cache.
    fn only_cleans(&self, invocation: &Invocation<'_>) -> bool {
        let names = |words: &[&str]| words.iter().any(|word| invocation.has_argument(word));
        let by_manager = matches!(
            managers::action(invocation),
            Some((manager, Action::Clean)) if manager.name == self.cache.manager
        );
        // `npm cache verify` and `yarn cache dir` clean nothing.
        let by_manager = by_manager && (!names(&["cache"]) || names(&["clean", "clear", "purge", "rm", "remove"]));
        let by_remedy = self.cache.cache.is_some_and(|cache| match cache.remedy {
            Remedy::Command(words) => {
                let mut words = words.split(' ').filter(|word| !word.starts_with('-'));
                cache.programs.contains(&invocation.program()) && words.all(|word| invocation.has_argument(word))
            }
            _ => false,
        });
        by_manager || by_remedy
    }

    /// The word that keeps the manager from using its cache, and what is written in its place.
    fn forbidding_flag(&self, invocation: &Invocation<'_>) -> Option<(usize, &'static str)> {
        let (flags, instead): (&[&str], _) = match self.cache.manager {
            "pip" => (&["--no-cache-dir", "--no-cache"], ""),
            "uv" => (&["--no-cache", "-n"], ""),
            "pipx" => (&["--pip-args=--no-cache-dir"], ""),
            "apk" if APK_UPDATE_FLAGS.iter().any(|flag| invocation.has_argument(flag)) => (&["--no-cache"], ""),
            "apk" => (&["--no-cache"], "--update-cache"),
            _ => return None,
        };
        if manager_of(invocation) != Some(self.cache.manager) {
            return None;
        }
        let words = invocation.command.words.iter();
        let at = words.into_iter().position(|word| flags.contains(&word.range.of(invocation.text)))?;
        Some((at, instead))
    }
}
