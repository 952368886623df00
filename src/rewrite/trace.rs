//! What a Dockerfile does, as a flat list of steps that two texts can be compared by.
//!
//! A `RUN` is taken apart: commands that run one after the other only as long as each succeeds become one step
//! each, whether `&&`, a subshell, braces, `set -e` or a new `RUN` separates them. Everything else keeps its
//! structure as markers. With every command goes what the same shell did before it that it could notice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use dopt_model::{Errexit, Stages, leaves_state, switches_errexit};
use dopt_syntax::dockerfile::{Instruction, Keyword};
use dopt_syntax::shell::{
    AndOr, AndOrOperator, Command, CompoundCommand, CompoundKind, Item, List, Pipeline, SeparatorKind, SimpleCommand,
    Word,
};
use dopt_syntax::{Document, TextRange};

/// One step of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step<'d> {
    /// The instruction that the step belongs to.
    pub origin: usize,
    pub kind: Kind<'d>,
    /// What the shell that runs the command went through before: folders, variables, options …
    pub state: u64,
    /// How many markers are open around the step.
    pub depth: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'d> {
    /// A new layer begins; its flags.
    Run(String),
    /// The words of a simple command as written: assignments, words, redirections.
    Command(Vec<&'d str>),
    /// A part of the structure.
    Marker(&'static str),
    /// Something that is compared as text: another instruction, or a `RUN` that cannot be read.
    Text(String),
}

/// The steps of some instructions, in order.
pub(crate) fn steps<'d>(stages: &'d Stages<'_>, instructions: Range<usize>) -> Vec<Step<'d>> {
    let mut out = Vec::new();
    let document = stages.document();
    let first = instructions.start;
    let mut runs = stages.runs().skip_while(|run| run.index() < first).peekable();
    for origin in instructions {
        let instruction = &document.instructions()[origin];
        let step = |kind| Step { origin, kind, state: 0, depth: 0 };
        let Some(run) = runs.next_if(|run| run.index() == origin) else {
            out.push(step(Kind::Text(instruction_text(document, instruction))));
            continue;
        };
        let flags: Vec<&str> = instruction.flags.iter().map(|flag| flag.text.as_str()).collect();
        out.push(step(Kind::Run(flags.join(" "))));
        match run.script() {
            Err(_) => out.push(step(Kind::Text(instruction_text(document, instruction)))),
            Ok(script) => {
                let errexit = run.state().shell().errexit;
                let text = script.text();
                let mut tracer =
                    Tracer { text, origin, errexit, traps_errors: false, state: 0, depth: 0, out: &mut out };
                tracer.chain(&script.script().list, false);
            }
        }
    }
    out
}

/// The comments of some instructions and of the text that they stand in, in order: whole lines, then those at the end
/// of shell text. The text begins and ends where no here-document is open.
pub(crate) fn comments<'d>(stages: &'d Stages<'_>, instructions: Range<usize>, text: TextRange) -> Vec<&'d str> {
    let document = stages.document();
    let heredocs = document.instructions()[instructions.clone()].iter().flat_map(|found| &found.heredocs);
    let mut bodies = heredocs.map(|heredoc| heredoc.body).peekable();
    let mut found = Vec::new();
    let whole = text.of(document.text());
    let mut end = 0;
    for hash in memchr::memchr_iter(b'#', whole.as_bytes()) {
        if hash < end {
            continue;
        }
        let start = whole[..hash].rfind('\n').map_or(0, |newline| newline + 1);
        end = whole[hash..].find('\n').map_or(whole.len(), |length| hash + length);
        let at = text.start() + start;
        while bodies.next_if(|body| body.end() <= at).is_some() {}
        let inside = bodies.peek().is_some_and(|body| body.start() <= at);
        if !inside && whole[start..hash].trim().is_empty() {
            found.push(whole[start..end].trim());
        }
    }
    let first = instructions.start;
    for run in stages.runs().skip_while(|run| run.index() < first).take_while(|run| run.index() < instructions.end) {
        if let Ok(script) = run.script() {
            found.extend(script.script().comments.iter().map(|comment| comment.of(script.text())));
        }
    }
    found
}

/// Keyword, flags, arguments and here-documents of an instruction, continuations taken out.
pub fn instruction_text(document: &Document, instruction: &Instruction) -> String {
    let mut text = instruction.keyword.name().to_owned();
    if instruction.keyword == Keyword::Unknown {
        text.push_str(instruction.keyword_range.of(document.text()));
    }
    for flag in &instruction.flags {
        text.push(' ');
        text.push_str(&flag.text);
    }
    text.push(' ');
    text.push_str(instruction.arguments_text(document.text()));
    for heredoc in &instruction.heredocs {
        text.push('\n');
        text.push_str(heredoc.body.of(document.text()));
    }
    text
}

struct Tracer<'d, 'o> {
    text: &'d str,
    origin: usize,
    errexit: Errexit,
    /// Whether a trap heeds the failures that `errexit` heeds.
    traps_errors: bool,
    state: u64,
    depth: usize,
    out: &'o mut Vec<Step<'d>>,
}

impl<'d> Tracer<'d, '_> {
    /// A list whose failure is the failure of the step. `checked`: it stands where `errexit` does not count.
    fn chain(&mut self, list: &'d List, checked: bool) {
        for (at, item) in list.items.iter().enumerate() {
            let background = is_background(item);
            if list.items[..at].last().is_some_and(is_background) {
                self.marker("beside a job");
            }
            let last = at + 1 == list.items.len();
            let single = item.and_or.rest.is_empty() && !item.and_or.first.negated;
            if background {
                self.background(&item.and_or, checked);
            } else if last {
                self.chained_and_or(&item.and_or, checked);
            } else if self.errexit == Errexit::On && !checked && single {
                self.chained_pipeline(&item.and_or.first, false);
            } else {
                let name = self.heeding("ignored", "ignored, errexit", checked);
                self.enclosed(name, |tracer| tracer.and_or(&item.and_or, checked));
            }
        }
    }

    fn chained_and_or(&mut self, and_or: &'d AndOr, checked: bool) {
        let last_or = and_or.rest.iter().rposition(|link| link.operator == AndOrOperator::Or);
        let after = last_or.map_or(0, |at| at + 1);
        let more = after < and_or.rest.len();
        match last_or {
            None => self.chained_pipeline(&and_or.first, checked || more),
            Some(at) => {
                self.enclosed("or", |tracer| tracer.operands(&and_or.first, &and_or.rest[..=at], checked || more));
            }
        }
        for (at, link) in and_or.rest.iter().enumerate().skip(after) {
            self.chained_pipeline(&link.pipeline, checked || at + 1 < and_or.rest.len());
        }
    }

    fn chained_pipeline(&mut self, pipeline: &'d Pipeline, checked: bool) {
        if let ([Command::Compound(compound)], false) = (&pipeline.commands[..], pipeline.negated)
            && compound.redirects.is_empty()
        {
            match &compound.kind {
                CompoundKind::Subshell(list) => return self.apart(|tracer| tracer.chain(list, checked)),
                CompoundKind::Group(list) => return self.chain(list, checked),
                _ => {}
            }
        }
        self.pipeline(pipeline, checked);
    }

    /// A list that keeps its structure.
    fn list(&mut self, list: &'d List, checked: bool) {
        for item in &list.items {
            if is_background(item) {
                self.background(&item.and_or, checked);
            } else {
                self.and_or(&item.and_or, checked);
                self.marker(";");
            }
        }
    }

    /// A list that runs beside everything behind it in the same shell, which ends with that shell.
    fn background(&mut self, and_or: &'d AndOr, checked: bool) {
        self.enclosed("background", |tracer| tracer.apart(|tracer| tracer.and_or(and_or, checked)));
        self.remember(&["&"]);
    }

    fn and_or(&mut self, and_or: &'d AndOr, checked: bool) {
        self.operands(&and_or.first, &and_or.rest, checked);
    }

    fn operands(&mut self, first: &'d Pipeline, rest: &'d [dopt_syntax::shell::Link], checked: bool) {
        self.pipeline(first, checked || !rest.is_empty());
        for (at, link) in rest.iter().enumerate() {
            self.marker(match link.operator {
                AndOrOperator::And => "&&",
                AndOrOperator::Or => "||",
            });
            self.pipeline(&link.pipeline, checked || at + 1 < rest.len());
        }
    }

    fn pipeline(&mut self, pipeline: &'d Pipeline, checked: bool) {
        let checked = checked || pipeline.negated;
        if pipeline.negated {
            self.marker("!");
        }
        if let [command] = &pipeline.commands[..] {
            return self.command(command, checked);
        }
        self.enclosed("pipe", |tracer| {
            for command in &pipeline.commands {
                tracer.apart(|tracer| tracer.command(command, checked));
                tracer.marker("|");
            }
        });
    }

    fn command(&mut self, command: &'d Command, checked: bool) {
        match command {
            Command::Simple(simple) => self.simple(simple, checked),
            Command::Compound(compound) => self.compound(compound, checked),
            Command::Function(function) => {
                self.remember(&[function.range.of(self.text)]);
                self.push(Kind::Command(vec![function.name.of(self.text)]));
                self.enclosed("function", |tracer| tracer.apart(|tracer| tracer.compound(&function.body, checked)));
            }
        }
    }

    fn compound(&mut self, compound: &'d CompoundCommand, checked: bool) {
        let name = self.heeding("compound", "compound, errexit", checked);
        self.enclosed(name, |tracer| {
            match &compound.kind {
                CompoundKind::Subshell(list) => {
                    tracer.enclosed("subshell", |tracer| tracer.apart(|tracer| tracer.list(list, checked)));
                }
                CompoundKind::Group(list) => tracer.enclosed("group", |tracer| tracer.list(list, checked)),
                CompoundKind::If { branches, otherwise } => {
                    for (condition, body) in branches {
                        tracer.enclosed("if", |tracer| tracer.list(condition, true));
                        tracer.enclosed("then", |tracer| tracer.list(body, checked));
                    }
                    otherwise.iter().for_each(|body| tracer.enclosed("else", |tracer| tracer.list(body, checked)));
                }
                CompoundKind::Loop { until, condition, body } => {
                    tracer.enclosed(if *until { "until" } else { "while" }, |tracer| tracer.list(condition, true));
                    tracer.enclosed("do", |tracer| tracer.list(body, checked));
                }
                CompoundKind::For { variable, words, body } => {
                    tracer.remember(&[variable.of(tracer.text)]);
                    tracer.push(Kind::Command(vec![variable.of(tracer.text)]));
                    tracer.words(words.iter().flatten());
                    tracer.enclosed("do", |tracer| tracer.list(body, checked));
                }
                CompoundKind::Case { subject, arms } => {
                    tracer.words(std::iter::once(subject));
                    for arm in arms {
                        tracer.words(arm.patterns.iter());
                        tracer.enclosed("arm", |tracer| tracer.list(&arm.body, checked));
                    }
                }
                CompoundKind::Expression { .. } => tracer.push(Kind::Command(vec![compound.range.of(tracer.text)])),
            }
            let text = tracer.text;
            tracer.push(Kind::Command(compound.redirects.iter().map(|found| found.range.of(text)).collect()));
        });
    }

    fn simple(&mut self, command: &'d SimpleCommand, checked: bool) {
        let parts = command.words.iter().chain(command.assignments.iter().map(|found| &found.value));
        let (text, on) = (self.text, self.errexit != Errexit::Off);
        let heeds = |list: &List| {
            let mut heeds = on;
            list.walk(&mut |command| heeds |= switches_errexit(command, text));
            heeds && list.items.len() > 1
        };
        let several = |word: &Word| word.substitutions.iter().any(heeds);
        if !checked && parts.into_iter().any(several) {
            self.marker("errexit in a substitution");
        }
        if !checked && self.traps_errors {
            self.marker("errors are trapped");
        }
        let mut words: Vec<&str> = command.assignments.iter().map(|found| found.range().of(self.text)).collect();
        words.extend(command.words.iter().map(|word| word.range.of(self.text)));
        for redirect in &command.redirects {
            words.push(redirect.range.of(self.text));
            words.extend(redirect.body.map(|body| body.of(self.text)));
        }
        let changes = leaves_state(command, self.text);
        let switch = if changes { self.errexit_switch(command) } else { None };
        self.push(Kind::Command(words.clone()));
        if changes {
            self.remember(&words);
        }
        self.errexit = switch.unwrap_or(self.errexit);
        let signals = ["ERR", "DEBUG", "RETURN", "$"];
        let traps = |word: &&str| signals.iter().any(|signal| word.contains(signal));
        self.traps_errors |= words.first() == Some(&"trap") && words.iter().skip(1).any(traps);
    }

    fn errexit_switch(&self, command: &SimpleCommand) -> Option<Errexit> {
        let mut words = command.words.iter().map(|word| word.range.of(self.text));
        match words.next()? {
            "set" => {}
            _ => return None,
        }
        let options: Vec<&str> = words.collect();
        let with = |sign: char| {
            options.iter().enumerate().any(|(at, word)| match word.strip_prefix(sign) {
                Some("o") => options.get(at + 1).is_some_and(|name| *name == "errexit"),
                Some(letters) => letters.chars().all(char::is_alphabetic) && letters.contains('e'),
                None => false,
            })
        };
        if with('+') {
            Some(Errexit::Off)
        } else if with('-') {
            Some(Errexit::On)
        } else {
            None
        }
    }

    fn words(&mut self, words: impl Iterator<Item = &'d Word>) {
        let words = words.map(|word| word.range.of(self.text)).collect();
        self.push(Kind::Command(words));
    }

    /// Runs `inside` in a shell of its own: what it changes there is gone afterwards.
    fn apart(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = (self.state, self.errexit, self.traps_errors);
        inside(self);
        (self.state, self.errexit, self.traps_errors) = before;
    }

    fn enclosed(&mut self, name: &'static str, inside: impl FnOnce(&mut Self)) {
        self.marker(name);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.marker("end");
    }

    /// The name of a construct, which tells whether `errexit` counts inside it.
    fn heeding(&self, plain: &'static str, heeds: &'static str, checked: bool) -> &'static str {
        if self.errexit == Errexit::Off || checked { plain } else { heeds }
    }

    fn marker(&mut self, name: &'static str) {
        self.push(Kind::Marker(name));
    }

    fn push(&mut self, kind: Kind<'d>) {
        self.out.push(Step { origin: self.origin, kind, state: self.state, depth: self.depth });
    }

    fn remember(&mut self, words: &[&str]) {
        let mut hasher = DefaultHasher::new();
        (self.state, words).hash(&mut hasher);
        self.state = hasher.finish();
    }
}

fn is_background(item: &Item) -> bool {
    item.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background)
}
