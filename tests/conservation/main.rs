//! The last guard: whatever a transform breaks, `conserves` finds it, and it lets through what breaks nothing.
//!
//! Each row is a file before and after a rewrite, what the rewrite declares, and whether that is the whole truth.
//! Every text stands behind a `FROM`, which is instruction 0.

use dopt_model::Stages;
use dopt_rewrite::{Effect, conserves};
use dopt_syntax::Document;

mod commands;
mod instructions;
mod joined;
mod moved;
mod nothing_declared;
mod split;

use Verdict::{Damage, Sound};

/// What a rewrite did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// What it declared, and nothing else.
    Sound,
    /// More or less than it declared.
    Damage,
}

/// Name, text before, text after, declared effects, verdict.
type Row<'r> = (&'static str, &'r str, &'r str, Vec<Effect>, Verdict);

fn joins(first: usize, last: usize) -> Vec<Effect> {
    vec![Effect::JoinsRuns { first, last }]
}

fn adds(instruction: usize, command: &str) -> Vec<Effect> {
    vec![Effect::AddsCommand { instruction, command: command.to_owned() }]
}

fn flags(instruction: usize, flag: &str, behind: &str) -> Vec<Effect> {
    vec![Effect::AddsFlag { instruction, flag: flag.to_owned(), behind: behind.to_owned() }]
}

fn drops(instruction: usize) -> Vec<Effect> {
    vec![Effect::DropsInstruction { instruction }]
}

fn check(head: &str, rows: &[Row<'_>]) {
    let mut wrong = String::new();
    for (name, before, after, effects, verdict) in rows {
        let read = |text: &str| Document::parse(format!("{head}\n{text}\n"));
        let (old, new) = (read(before), read(after));
        assert!(
            old.problems().is_empty() && new.problems().is_empty(),
            "{name}: {:?} {:?}",
            old.problems(),
            new.problems()
        );
        let found = conserves(&Stages::of(&old), &Stages::of(&new), effects);
        if found.is_ok() != (*verdict == Sound) {
            wrong += &format!("{name}: {verdict:?}, but {found:?}\n{before}\n--- becomes\n{after}\n\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
