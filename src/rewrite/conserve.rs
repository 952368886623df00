//! Translation validation: what the file did before it still does, plus exactly what the fixes declared.
//!
//! Both texts are lowered to steps (see `trace.rs`) and compared one by one. No transform is trusted here: a
//! command that is lost, moved, or comes to stand under another folder, variable or operator is found.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use dopt_model::{Shell, Stages};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::DirectiveName;

use crate::Effect;
use crate::pinning::only_pins;
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
    if let [Effect::SplitsStage(split)] = effects {
        return split.conserves(before, after);
    }
    let (alike, alike_behind) = alike(before, after, effects);
    let rest = |stages: &Stages<'_>| alike..stages.document().instructions().len() - alike_behind;
    conserves_comments(before, after, effects, &rest)?;
    let (before, after) = (trace::steps(before, rest(before)), trace::steps(after, rest(after)));
    Comparison::new(&before, &after, effects).run()
}

/// How many instructions at the start and at the end are the same in both texts, run by the same shells, and spoken
/// of by no effect.
fn alike(before: &Stages<'_>, after: &Stages<'_>, effects: &[Effect]) -> (usize, usize) {
    let (old, new) = (before.document(), after.document());
    let shortest = old.instructions().len().min(new.instructions().len());
    let spoken_of = effects.iter().map(Effect::instructions);
    let (first, behind) =
        spoken_of.fold((shortest, 0), |(first, behind), range| (first.min(range.start), behind.max(range.end)));
    let written = |one: usize, other: usize| {
        old.instructions()[one].range.of(old.text()) == new.instructions()[other].range.of(new.text())
    };
    let at_start = (0..first.min(shortest)).take_while(|at| written(*at, *at)).count();
    let most = (old.instructions().len() - behind.max(at_start)).min(new.instructions().len() - at_start);
    if most == 0 {
        return (at_start, 0);
    }
    let (old_shells, new_shells) = (shells(before), shells(after));
    let same = |back: &usize| {
        let (one, other) = (old.instructions().len() - back, new.instructions().len() - back);
        written(one, other) && old_shells[one] == new_shells[other]
    };
    (at_start, (1..=most).take_while(same).count())
}

/// Compares the comments, of the instructions that are not alike only where the text around them is the same too.
fn conserves_comments(
    before: &Stages<'_>,
    after: &Stages<'_>,
    effects: &[Effect],
    rest: &dyn Fn(&Stages<'_>) -> Range<usize>,
) -> Result<(), Violation> {
    let around = |stages: &Stages<'_>| -> (usize, usize) {
        let (instructions, rest) = (stages.document().instructions(), rest(stages));
        let start = rest.start.checked_sub(1).map_or(0, |last| instructions[last].range.end());
        let end = instructions.get(rest.end).map_or(stages.document().text().len(), |next| next.range.start());
        (start, end)
    };
    let (old, new) = (around(before), around(after));
    let (old_text, new_text) = (before.document().text(), after.document().text());
    let same_around = old_text[..old.0] == new_text[..new.0] && old_text[old.1..] == new_text[new.1..];
    let within = |stages: &Stages<'_>, (start, end): (usize, usize)| match same_around {
        true => (rest(stages), TextRange::new(start, end)),
        false => (0..stages.document().instructions().len(), TextRange::new(0, stages.document().text().len())),
    };
    let comments = |stages, place| {
        let (instructions, text) = within(stages, place);
        trace::comments(stages, instructions, text)
    };
    let (stages, mut before, mut after) = (before, comments(before, old), comments(after, new));
    if effects.iter().any(|effect| matches!(effect, Effect::MovesInstruction { .. })) {
        // They move with what they stand above.
        before.sort_unstable();
        after.sort_unstable();
    }
    let pins: Vec<(&str, &str)> = effects.iter().filter_map(|effect| pin(effect, None)).collect();
    let syntax = stages.document().directives().iter().position(|found| found.name == DirectiveName::Syntax);
    let same = |(at, (old, new)): (usize, (&&str, &&str))| match Some(at) == syntax && !pins.is_empty() {
        true => only_pins(old, new, &pins),
        false => old == new,
    };
    if before.len() == after.len() && before.iter().zip(&after).enumerate().all(same) {
        return Ok(());
    }
    let lost = (0..before.len().max(after.len())).find(|at| before.get(*at) != after.get(*at)).unwrap_or_default();
    let text = |comments: &[&str]| comments.get(lost).map(|comment| (*comment).to_owned());
    Err(Violation { before: text(&before), after: text(&after) })
}

/// The reference of an instruction, or of the line with `# syntax`, that an effect pins: before and after.
fn pin(effect: &Effect, of: Option<usize>) -> Option<(&str, &str)> {
    match effect {
        Effect::Pins { instruction, before, after } if *instruction == of => Some((before, after)),
        _ => None,
    }
}

/// The shell of every `RUN`, by instruction.
fn shells(stages: &Stages<'_>) -> Vec<Option<Shell>> {
    let mut shells = vec![None; stages.document().instructions().len()];
    stages.runs().for_each(|run| shells[run.index()] = Some(run.state().shell()));
    shells
}

struct Comparison<'c, 'd> {
    before: &'c [Step<'d>],
    after: &'c [Step<'d>],
    effects: &'c [Effect],
    spent: Vec<bool>,
    /// The effects on each instruction, by their index.
    on: HashMap<usize, Vec<usize>>,
}

impl<'c, 'd> Comparison<'c, 'd> {
    fn new(before: &'c [Step<'d>], after: &'c [Step<'d>], effects: &'c [Effect]) -> Self {
        let mut on: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, effect) in effects.iter().enumerate() {
            let mut instructions = effect.instructions();
            if matches!(effect, Effect::JoinsRuns { .. }) {
                instructions.start += 1;
            }
            instructions.for_each(|instruction| on.entry(instruction).or_default().push(at));
        }
        // Comments are no steps; the line with `# syntax` was compared with them.
        let spent = effects.iter().map(|effect| matches!(effect, Effect::Pins { instruction: None, .. })).collect();
        Comparison { before, after, effects, spent, on }
    }

    fn run(&mut self) -> Result<(), Violation> {
        let (mut old, mut new) = (0, 0);
        loop {
            if let Some(next) = self.behind_new_instruction(old, new) {
                new = next;
                continue;
            }
            match (self.before.get(old), self.after.get(new)) {
                (None, None) => break,
                (Some(step), now) if self.is_dropped(step) || self.is_moved(step) => match now {
                    Some(now) if self.is_added(old, now) => new += 1,
                    _ => old += 1,
                },
                (Some(step), Some(now))
                    if same(step, now)
                        || self.is_flagged(step, now)
                        || self.is_changed(step, now)
                        || self.is_pinned(step, now) =>
                {
                    old += 1;
                    new += 1;
                }
                (Some(step), _) if self.is_dropped_command(step) => old += 1,
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

    /// Marks the first effect on an instruction that fits and says whether there was one. Those that may fit
    /// again stay.
    fn spend(&mut self, instruction: usize, fits: impl Fn(&Effect) -> bool, once: bool) -> bool {
        let on = self.on.get(&instruction).map_or(&[][..], Vec::as_slice);
        let found = on.iter().copied().find(|at| !(once && self.spent[*at]) && fits(&self.effects[*at]));
        found.map(|at| self.spent[at] = true).is_some()
    }

    fn is_dropped(&mut self, step: &Step<'_>) -> bool {
        self.spend(step.origin, |effect| matches!(effect, Effect::DropsInstruction { .. }), false)
    }

    /// Its own step behind the place where it stands now spends the effect.
    fn is_moved(&self, step: &Step<'_>) -> bool {
        let on = self.on.get(&step.origin).into_iter().flatten();
        let moves = |effect: &Effect| matches!(effect, Effect::MovesInstruction { instruction, .. } if *instruction == step.origin);
        on.into_iter().any(|at| moves(&self.effects[*at]))
    }

    /// Where `after` goes on behind an instruction that was added, or moved, behind what was compared last.
    fn behind_new_instruction(&mut self, old: usize, new: usize) -> Option<usize> {
        let origin = self.before[old.checked_sub(1)?].origin;
        // The steps of one instruction stay together.
        if self.before.get(old).is_some_and(|step| step.origin == origin) {
            return None;
        }
        let (before, after, effects) = (self.before, self.after, self.effects);
        let first = after.get(new)?;
        let end = new + after[new..].iter().take_while(|step| step.origin == first.origin).count();
        let on = self.on.get(&origin)?.iter().copied();
        let added = written(&after[new..end])?;
        let fits = |at: &usize| match &effects[*at] {
            Effect::AddsInstruction { behind, text } => *behind == origin && *text == added,
            Effect::MovesInstruction { instruction, behind } => {
                let steps = || before.iter().filter(|step| step.origin == *instruction);
                let passed = before.iter().filter(|step| step.origin > *instruction && step.origin <= *behind);
                *behind == origin
                    && steps().count() == 1
                    && steps().all(|step| same(step, first) && passed.clone().all(|other| !steers(other, step)))
            }
            _ => false,
        };
        let found = on.filter(|at| !self.spent[*at]).find(fits)?;
        self.spent[found] = true;
        Some(end)
    }

    fn is_dropped_command(&mut self, step: &Step<'_>) -> bool {
        let Kind::Command(words) = &step.kind else { return false };
        let text = words.join(" ");
        let fits = |effect: &Effect| matches!(effect, Effect::DropsCommand { command, .. } if *command == text);
        step.depth == 0 && self.spend(step.origin, fits, true)
    }

    fn is_changed(&mut self, step: &Step<'_>, now: &Step<'_>) -> bool {
        if step.state != now.state || step.depth != now.depth {
            return false;
        }
        match (&step.kind, &now.kind) {
            (Kind::Command(old), Kind::Command(new)) => {
                let (old, new) = (old.join(" "), new.join(" "));
                let fits = |effect: &Effect| matches!(effect, Effect::ChangesCommand { before, after, .. } if *before == old && *after == new);
                self.spend(step.origin, fits, true)
            }
            (Kind::Run(_), Kind::Run(new)) => {
                let fits = |effect: &Effect| matches!(effect, Effect::ChangesFlags { after, .. } if after == new);
                self.spend(step.origin, fits, true)
            }
            (Kind::Text(_), Kind::Text(new)) => {
                let fits = |effect: &Effect| matches!(effect, Effect::ChangesInstruction { after, .. } if after == new);
                self.spend(step.origin, fits, true)
            }
            _ => false,
        }
    }

    /// All pins of an instruction have to be in it, and nothing else.
    fn is_pinned(&mut self, step: &Step<'_>, now: &Step<'_>) -> bool {
        let ((Kind::Text(old), Kind::Text(new)) | (Kind::Run(old), Kind::Run(new))) = (&step.kind, &now.kind) else {
            return false;
        };
        let on = self.on.get(&step.origin).map_or(&[][..], Vec::as_slice);
        let pins: Vec<_> = on.iter().filter_map(|at| pin(&self.effects[*at], Some(step.origin))).collect();
        if pins.is_empty() || step.depth != now.depth || !only_pins(old, new, &pins) {
            return false;
        }
        on.iter().for_each(|at| self.spent[*at] |= matches!(self.effects[*at], Effect::Pins { .. }));
        true
    }

    fn is_joined(&mut self, step: &Step<'_>) -> bool {
        let Kind::Run(flags) = &step.kind else { return false };
        let before = self.before;
        let flags_of = |first: usize| {
            let start = before.partition_point(|step| step.origin < first);
            before.get(start).is_some_and(|step| matches!(&step.kind, Kind::Run(found) if found == flags))
        };
        let fits = |effect: &Effect| matches!(effect, Effect::JoinsRuns { first, .. } if flags_of(*first));
        self.spend(step.origin, fits, false)
    }

    fn is_added(&mut self, old: usize, now: &Step<'_>) -> bool {
        let (Kind::Command(words), Some(last)) = (&now.kind, old.checked_sub(1)) else { return false };
        let text = words.join(" ");
        let fits = |effect: &Effect| matches!(effect, Effect::AddsCommand { command, .. } if *command == text);
        now.depth == 0 && self.spend(self.before[last].origin, fits, true)
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
        let fits = |effect: &Effect| matches!(effect, Effect::AddsFlag { flag, behind, .. } if flag == new[at] && behind == old[at - 1]);
        self.spend(step.origin, fits, true)
    }
}

/// Whether an instruction means something else behind another one: by its folder, or by its variables.
fn steers(other: &Step<'_>, step: &Step<'_>) -> bool {
    let (Kind::Text(other), Kind::Text(text)) = (&other.kind, &step.kind) else { return false };
    let is = |keywords: &[&str]| keywords.iter().any(|keyword| other.starts_with(keyword));
    let is_relative = !text.split_whitespace().next_back().is_some_and(|word| word.starts_with('/'));
    (is_relative && is(&["WORKDIR "])) || (text.contains('$') && is(&["ENV ", "ARG "]))
}

/// An instruction as its steps tell; `None` where it is more than commands that have to succeed one after the other.
fn written(steps: &[Step<'_>]) -> Option<String> {
    match steps {
        [Step { kind: Kind::Text(text), .. }] => Some(text.clone()),
        [Step { kind: Kind::Run(flags), .. }, commands @ ..] => {
            let words = commands.iter().map(|step| match &step.kind {
                Kind::Command(words) if step.depth == 0 => Some(words.join(" ")),
                _ => None,
            });
            let head = if flags.is_empty() { "RUN ".to_owned() } else { format!("RUN {flags} ") };
            Some(head + &words.collect::<Option<Vec<_>>>()?.join(" && "))
        }
        _ => None,
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
