//! Visits the simple commands of a tree in the order of the text.
//!
//! In: everything the parser looked into, substitutions included. Out: the insides of what it kept opaque.

use super::ast::*;

type Visit<'f, 'a> = &'f mut dyn FnMut(&'a SimpleCommand);

impl Script {
    /// Calls `f` with every simple command, also inside compound commands, functions and substitutions.
    ///
    /// A command comes before those in its own substitutions.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        self.list.walk(f);
    }
}

impl List {
    /// Calls `f` with every simple command, also inside compound commands, functions and substitutions.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        for item in &self.items {
            let rest = item.and_or.rest.iter().map(|link| &link.pipeline);
            for command in std::iter::once(&item.and_or.first).chain(rest).flat_map(|pipeline| &pipeline.commands) {
                command.walk(f);
            }
        }
    }
}

impl Command {
    /// Calls `f` with every simple command in this one, itself included.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        match self {
            Command::Simple(simple) => {
                f(simple);
                inside(simple.parts(), f);
            }
            Command::Compound(compound) => compound.walk(f),
            Command::Function(function) => function.body.walk(f),
        }
    }
}

impl SimpleCommand {
    /// The values of the assignments, the words and the targets of the redirections, each kind in order.
    fn parts(&self) -> impl Iterator<Item = &Word> {
        let values = self.assignments.iter().map(|assignment| &assignment.value);
        values.chain(&self.words).chain(self.redirects.iter().map(|redirect| &redirect.target))
    }
}

impl CompoundCommand {
    fn walk<'a>(&'a self, f: Visit<'_, 'a>) {
        match &self.kind {
            CompoundKind::Subshell(list) | CompoundKind::Group(list) => list.walk(f),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    condition.walk(f);
                    body.walk(f);
                }
                otherwise.iter().for_each(|list| list.walk(f));
            }
            CompoundKind::Loop { condition, body, .. } => {
                condition.walk(f);
                body.walk(f);
            }
            CompoundKind::For { words, body, .. } => {
                inside(words.iter().flatten(), f);
                body.walk(f);
            }
            CompoundKind::Case { subject, arms } => {
                inside([subject], f);
                for arm in arms {
                    inside(&arm.patterns, f);
                    arm.body.walk(f);
                }
            }
            CompoundKind::Expression { body, substitutions, .. } => {
                substitutions.iter().chain(body).for_each(|list| list.walk(f));
            }
        }
        inside(self.redirects.iter().map(|redirect| &redirect.target), f);
    }
}

/// Visits the substitutions of `words` in the order of the text.
fn inside<'a>(words: impl IntoIterator<Item = &'a Word>, f: Visit<'_, 'a>) {
    let mut words: Vec<_> = words.into_iter().filter(|word| !word.substitutions.is_empty()).collect();
    words.sort_by_key(|word| word.range.start);
    words.iter().flat_map(|word| &word.substitutions).for_each(|list| list.walk(f));
}
