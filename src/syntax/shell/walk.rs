//! Visits the simple commands of a tree in the order of the text.
//!
//! In: everything the parser looked into, substitutions included. Out: the insides of what it kept opaque.

use super::ast::*;
use crate::TextRange;

/// What is visited.
enum Visited<'a> {
    Command(&'a SimpleCommand),
    /// A word, or a Bash expression, with commands inside that are part of its text.
    Substituting(TextRange),
    /// A command behind a `|`.
    Piped(TextRange),
    /// The redirections of a command.
    Redirected(TextRange, &'a [Redirect]),
}

type Visit<'f, 'a> = &'f mut dyn FnMut(Visited<'a>);

impl Script {
    /// Calls `f` with every simple command, also inside compound commands, functions and substitutions.
    ///
    /// A command comes before those in its own substitutions.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        self.list.walk(f);
    }

    /// The ranges of words and Bash expressions that have commands inside: those commands are part of other text.
    pub fn substituting_ranges(&self) -> Vec<TextRange> {
        let mut ranges = Vec::new();
        self.list.visit(&mut |visited| {
            if let Visited::Substituting(range) = visited {
                ranges.push(range);
            }
        });
        ranges
    }

    /// The ranges of commands whose input is given to them: by a pipe, a file or a here-document.
    pub fn fed_ranges(&self, text: &str) -> Vec<TextRange> {
        let mut ranges = Vec::new();
        self.list.visit(&mut |visited| match visited {
            Visited::Piped(range) => ranges.push(range),
            Visited::Redirected(range, redirects)
                if redirects.iter().any(|redirect| redirect.operator.of(text).starts_with('<')) =>
            {
                ranges.push(range);
            }
            _ => {}
        });
        ranges
    }
}

impl List {
    /// Calls `f` with every simple command, also inside compound commands, functions and substitutions.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        self.visit(&mut |visited| {
            if let Visited::Command(command) = visited {
                f(command);
            }
        });
    }

    fn visit<'a>(&'a self, f: Visit<'_, 'a>) {
        for item in &self.items {
            let rest = item.and_or.rest.iter().map(|link| &link.pipeline);
            for pipeline in std::iter::once(&item.and_or.first).chain(rest) {
                for (at, command) in pipeline.commands.iter().enumerate() {
                    if at > 0 {
                        f(Visited::Piped(command.range()));
                    }
                    command.visit(f);
                }
            }
        }
    }
}

impl Command {
    /// Calls `f` with every simple command in this one, itself included.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a SimpleCommand)) {
        self.visit(&mut |visited| {
            if let Visited::Command(command) = visited {
                f(command);
            }
        });
    }

    fn visit<'a>(&'a self, f: Visit<'_, 'a>) {
        match self {
            Command::Simple(simple) => {
                f(Visited::Command(simple));
                f(Visited::Redirected(simple.range, &simple.redirects));
                inside(simple.parts(), f);
            }
            Command::Compound(compound) => compound.visit(f),
            Command::Function(function) => function.body.visit(f),
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
    fn visit<'a>(&'a self, f: Visit<'_, 'a>) {
        f(Visited::Redirected(self.range, &self.redirects));
        match &self.kind {
            CompoundKind::Subshell(list) | CompoundKind::Group(list) => list.visit(f),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    condition.visit(f);
                    body.visit(f);
                }
                otherwise.iter().for_each(|list| list.visit(f));
            }
            CompoundKind::Loop { condition, body, .. } => {
                condition.visit(f);
                body.visit(f);
            }
            CompoundKind::For { words, body, .. } => {
                inside(words.iter().flatten(), f);
                body.visit(f);
            }
            CompoundKind::Case { subject, arms } => {
                inside([subject], f);
                for arm in arms {
                    inside(&arm.patterns, f);
                    arm.body.visit(f);
                }
            }
            CompoundKind::Expression { body, substitutions, .. } => {
                if !substitutions.is_empty() {
                    f(Visited::Substituting(self.range));
                }
                substitutions.iter().chain(body).for_each(|list| list.visit(f));
            }
        }
        inside(self.redirects.iter().map(|redirect| &redirect.target), f);
    }
}

/// Visits the substitutions of `words` in the order of the text.
fn inside<'a>(words: impl IntoIterator<Item = &'a Word>, f: Visit<'_, 'a>) {
    let mut words: Vec<_> = words.into_iter().filter(|word| !word.substitutions.is_empty()).collect();
    words.sort_by_key(|word| word.range.start);
    for word in words {
        f(Visited::Substituting(word.range));
        word.substitutions.iter().for_each(|list| list.visit(f));
    }
}
