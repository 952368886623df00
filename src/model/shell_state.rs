//! What commands leave behind in the shell that runs them: folder, variables, options, functions, traps.
//!
//! One `RUN` is one shell, so nothing of this survives it. Whoever puts two scripts into one shell has to
//! know what the first would leak into the second.

use dopt_syntax::shell::{
    AndOr, Command, CompoundCommand, CompoundKind, List, Pipeline, SeparatorKind, SimpleCommand, Word,
};

use crate::ShellScript;

/// How a script has to be wrapped so that what follows it in the same shell runs as in a fresh one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// It changes the shell, so it needs a subshell.
    pub subshell: bool,
    /// It starts something in the background, which nothing waits for.
    pub background: bool,
    /// It cannot be wrapped at all, and why (half a sentence).
    pub impossible: Option<&'static str>,
    /// An expansion in it may fail and so end the shell.
    pub may_end_early: bool,
    /// It switches `errexit` on or off.
    pub sets_errexit: bool,
    /// It has commands whose failure counts only while `errexit` is on, so it must not stand left of `&&`.
    pub heeds_errexit: bool,
}

/// Builtins that change the shell they run in.
const CHANGING: &[&str] = &[
    "cd", "pushd", "popd", "export", "readonly", "unset", "set", "shopt", "alias", "unalias", "umask", "ulimit",
    "hash", "read", "getopts", "local", "declare", "typeset", "let", "mapfile", "readarray", "shift", "enable", "exit",
    "exec", "trap", "eval", ".", "source", "return", "times", "bind", "complete", "break", "continue", "logout",
];

/// Whether the command changes the shell it runs in, as far as its words tell.
/// Commands that only a variable names count as changing.
pub fn leaves_state(command: &SimpleCommand, text: &str) -> bool {
    let parts = command.words.iter().chain(command.assignments.iter().map(|assignment| &assignment.value));
    if parts.chain(command.redirects.iter().map(|redirect| &redirect.target)).any(|word| word.assigns) {
        return true;
    }
    let mut words = command.words.iter();
    let Some(mut name) = words.next() else { return !command.assignments.is_empty() };
    loop {
        let Some(literal) = name.literal(text) else { return true };
        match literal.as_ref() {
            "command" | "builtin" | "time" => match words.find(|word| !word.range.of(text).starts_with('-')) {
                Some(next) => name = next,
                None => return false,
            },
            ":" => return !command.assignments.is_empty(),
            "printf" => return words.next().is_some_and(|word| word.range.of(text).starts_with("-v")),
            name => return CHANGING.contains(&name),
        }
    }
}

/// Looks through a script for what it leaves in the shell.
pub fn isolation(script: &ShellScript<'_>) -> Isolation {
    let mut scan = Scan { text: script.text(), found: Isolation::none() };
    scan.list(&script.script().list, true);
    scan.found.heeds_errexit |= script.script().list.items.len() > 1;
    scan.found
}

impl Isolation {
    fn none() -> Isolation {
        Isolation {
            subshell: false,
            background: false,
            impossible: None,
            may_end_early: false,
            sets_errexit: false,
            heeds_errexit: false,
        }
    }
}

struct Scan<'t> {
    text: &'t str,
    found: Isolation,
}

impl Scan<'_> {
    /// `here` says whether the list runs in the shell that goes on afterwards.
    fn list(&mut self, list: &List, here: bool) {
        for item in &list.items {
            if item.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background) {
                self.found.background = true;
            }
            self.and_or(&item.and_or, here);
        }
    }

    fn and_or(&mut self, and_or: &AndOr, here: bool) {
        self.pipeline(&and_or.first, here);
        for link in &and_or.rest {
            self.pipeline(&link.pipeline, here);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, here: bool) {
        let here = here && pipeline.commands.len() == 1;
        for command in &pipeline.commands {
            match command {
                Command::Simple(simple) => self.simple(simple, here),
                Command::Compound(compound) => self.compound(compound, here),
                Command::Function(function) => {
                    self.found.subshell |= here;
                    self.found.heeds_errexit = true;
                    self.compound(&function.body, here);
                }
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand, here: bool) {
        self.found.heeds_errexit = true;
        match &compound.kind {
            CompoundKind::Subshell(list) => self.list(list, false),
            CompoundKind::Group(list) => self.list(list, here),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition, here);
                    self.list(body, here);
                }
                otherwise.iter().for_each(|list| self.list(list, here));
            }
            CompoundKind::Loop { condition, body, .. } => {
                self.list(condition, here);
                self.list(body, here);
            }
            CompoundKind::For { words, body, .. } => {
                self.found.subshell |= here;
                words.iter().flatten().for_each(|word| self.word(word));
                self.list(body, here);
            }
            CompoundKind::Case { subject, arms } => {
                self.word(subject);
                self.found.subshell |= here && subject.assigns;
                arms.iter().for_each(|arm| self.list(&arm.body, here));
            }
            CompoundKind::Expression { body, assigns, substitutions } => {
                substitutions.iter().for_each(|list| self.list(list, false));
                self.found.subshell |= here && *assigns;
                body.iter().for_each(|list| self.list(list, here));
            }
        }
        compound.redirects.iter().for_each(|redirect| self.word(&redirect.target));
    }

    fn simple(&mut self, command: &SimpleCommand, here: bool) {
        let words = command.words.iter().chain(command.redirects.iter().map(|redirect| &redirect.target));
        words.chain(command.assignments.iter().map(|assignment| &assignment.value)).for_each(|word| self.word(word));
        if !leaves_state(command, self.text) {
            return;
        }
        self.found.subshell |= here;
        let Some(name) = command.name(self.text) else { return };
        match name.as_ref() {
            "." | "source" => self.found.impossible = Some("it reads commands from another file"),
            "eval" => self.found.impossible = Some("it runs commands that it computes"),
            "return" => self.found.impossible = Some("it returns from no function"),
            "set" | "shopt" => {
                self.found.sets_errexit |= switches(command, self.text, 'e', "errexit");
                self.found.may_end_early |= switches(command, self.text, 'u', "nounset");
            }
            // Bash runs a trap with other redirections in a subshell, and some traps heed what `errexit` heeds.
            "trap" => self.found.impossible = Some("it sets a trap"),
            _ => {}
        }
    }

    /// Background jobs inside substitutions outlive them too.
    fn word(&mut self, word: &Word) {
        let source = word.range.of(self.text);
        self.found.may_end_early |= word.expands && source.contains("${") && source.contains('?');
        self.found.heeds_errexit |= word.substitutions.iter().any(|list| list.items.len() > 1);
        word.substitutions.iter().for_each(|list| self.list(list, false));
    }
}

/// Whether the command switches `errexit` on or off, or may do so.
pub fn switches_errexit(command: &SimpleCommand, text: &str) -> bool {
    command.name(text).is_some_and(|name| matches!(name.as_ref(), "set" | "shopt"))
        && switches(command, text, 'e', "errexit")
}

fn switches(set: &SimpleCommand, text: &str, letter: char, name: &str) -> bool {
    set.words[1..].iter().any(|word| match word.literal(text) {
        Some(option) => option == name || (option.starts_with(['-', '+']) && option.contains(letter)),
        None => true,
    })
}
