//! Translation validation: what the file did before it still does, plus exactly what the fixes declared.
//!
//! Both texts are lowered to steps (see `trace.rs`) and compared one by one. No transform is trusted here: a
//! command that is lost, moved, or comes to stand under another folder, variable or operator is found.

use std::fmt;

use dopt_model::Stages;

use crate::Effect;
use crate::trace::{self, Kind, Step};

/// The first difference that no effect explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What stood there before; `None` behind the last step.
    pub before: Option<String>,
    /// What stands there now; `None` behind the last step.
    pub after: Option<String>,
}

/// Compares what two texts do. `effects` count instructions in the text before.
pub fn conserves(before: &Stages<'_>, after: &Stages<'_>, effects: &[Effect]) -> Result<(), Violation> {
    conserves_comments(before, after)?;
    let (before, after) = (trace::steps(before), trace::steps(after));
    let mut comparison = Comparison { before: &before, after: &after, effects, spent: vec![false; effects.len()] };
    comparison.run()
}

fn conserves_comments(before: &Stages<'_>, after: &Stages<'_>) -> Result<(), Violation> {
    let (before, after) = (trace::comments(before), trace::comments(after));
    if before == after {
        return Ok(());
    }
    let lost = (0..before.len().max(after.len())).find(|at| before.get(*at) != after.get(*at)).unwrap_or_default();
    let text = |comments: &[&str]| comments.get(lost).map(|comment| (*comment).to_owned());
    Err(Violation { before: text(&before), after: text(&after) })
}

struct Comparison<'c, 'd> {
    before: &'c [Step<'d>],
    after: &'c [Step<'d>],
    effects: &'c [Effect],
    spent: Vec<bool>,
}

impl Comparison<'_, '_> {
    fn run(&mut self) -> Result<(), Violation> {
        let (mut old, mut new) = (0, 0);
        loop {
            match (self.before.get(old), self.after.get(new)) {
                (None, None) => break,
                (Some(step), now) if self.is_dropped(step) => match now {
                    Some(now) if self.is_added(old, now) => new += 1,
                    _ => old += 1,
                },
                (Some(step), Some(now)) if same(step, now) || self.is_flagged(step, now) => {
                    old += 1;
                    new += 1;
                }
                (_, Some(now)) if self.is_added(old, now) => new += 1,
                (Some(step), _) if self.is_joined(step) => old += 1,
                (step, now) => return Err(Violation { before: step.map(describe), after: now.map(describe) }),
            }
        }
        match self.effects.iter().zip(&self.spent).find(|(_, spent)| !**spent) {
            None => Ok(()),
            Some((effect, _)) => Err(Violation { before: Some(format!("the declared {effect:?}")), after: None }),
        }
    }

    /// Marks the first effect that fits and says whether there was one. Those that may fit again stay.
    fn spend(&mut self, fits: impl Fn(&Effect) -> bool, once: bool) -> bool {
        let found = self.effects.iter().zip(&self.spent).position(|(effect, spent)| !(once && *spent) && fits(effect));
        found.map(|at| self.spent[at] = true).is_some()
    }

    fn is_dropped(&mut self, step: &Step<'_>) -> bool {
        let origin = step.origin;
        self.spend(|effect| *effect == Effect::DropsInstruction { instruction: origin }, false)
    }

    fn is_joined(&mut self, step: &Step<'_>) -> bool {
        let Kind::Run(flags) = &step.kind else { return false };
        let before = self.before;
        let flags_of = |first: usize| {
            before.iter().find_map(|step| match &step.kind {
                Kind::Run(flags) if step.origin == first => Some(flags),
                _ => None,
            })
        };
        let fits = |effect: &Effect| match effect {
            Effect::JoinsRuns { first, last } => {
                *first < step.origin && step.origin <= *last && flags_of(*first) == Some(flags)
            }
            _ => false,
        };
        self.spend(fits, false)
    }

    fn is_added(&mut self, old: usize, now: &Step<'_>) -> bool {
        let Kind::Command(words) = &now.kind else { return false };
        let here = old.checked_sub(1).map(|last| self.before[last].origin);
        let text = words.join(" ");
        let fits = |effect: &Effect| match effect {
            Effect::AddsCommand { instruction, command } => Some(*instruction) == here && *command == text,
            _ => false,
        };
        now.depth == 0 && self.spend(fits, true)
    }

    fn is_flagged(&mut self, step: &Step<'_>, now: &Step<'_>) -> bool {
        let (Kind::Command(old), Kind::Command(new)) = (&step.kind, &now.kind) else { return false };
        if step.state != now.state || step.depth != now.depth || new.len() != old.len() + 1 {
            return false;
        }
        let at = old.iter().zip(new).position(|(old, new)| old != new).unwrap_or(old.len());
        if at == 0 || old[at..] != new[at + 1..] {
            return false;
        }
        let fits = |effect: &Effect| match effect {
            Effect::AddsFlag { instruction, flag, behind } => {
                *instruction == step.origin && flag == new[at] && behind == old[at - 1]
            }
            _ => false,
        };
        self.spend(fits, true)
    }
}

fn same(before: &Step<'_>, after: &Step<'_>) -> bool {
    before.kind == after.kind && before.state == after.state && before.depth == after.depth
}

fn describe(step: &Step<'_>) -> String {
    let text = match &step.kind {
        Kind::Run(flags) => format!("RUN {flags}").trim_end().to_owned(),
        Kind::Command(words) => words.join(" "),
        Kind::Marker(name) => (*name).to_owned(),
        Kind::Text(text) => text.clone(),
    };
    if step.state == 0 { text } else { format!("{text} (in a shell that was changed)") }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |side: &Option<String>| match side {
            Some(text) => format!("`{}`", text.chars().take(120).collect::<String>()),
            None => "nothing".to_owned(),
        };
        write!(f, "{} became {}", text(&self.before), text(&self.after))
    }
}
