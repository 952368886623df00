//! A tree in short, cut out of the text by its ranges.

use std::fmt::Write;

use super::super::*;
use crate::TextRange;

pub fn dump(script: &Script, text: &str) -> String {
    let mut dump = Dump { text, out: String::new() };
    dump.list(&script.list);
    dump.out
}

struct Dump<'t> {
    text: &'t str,
    out: String,
}

impl Dump<'_> {
    fn cut(&mut self, range: TextRange) {
        self.out.push_str(range.of(self.text));
    }

    fn list(&mut self, list: &List) {
        for (i, item) in list.items.iter().enumerate() {
            if i > 0 {
                self.out.push(' ');
            }
            self.pipeline(&item.and_or.first);
            for link in &item.and_or.rest {
                write!(self.out, " {} ", link.operator_range.of(self.text)).unwrap();
                self.pipeline(&link.pipeline);
            }
            self.out.push_str(item.separator.map_or("", |separator| match separator.kind {
                SeparatorKind::Semicolon => ";",
                SeparatorKind::Newline => "n",
                SeparatorKind::Background => "&",
            }));
        }
    }

    fn block(&mut self, list: &List) {
        self.out.push('{');
        self.list(list);
        self.out.push('}');
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        self.out.push_str(if pipeline.negated { "!" } else { "" });
        for (i, command) in pipeline.commands.iter().enumerate() {
            assert!(pipeline.range.contains(command.range()));
            self.out.push_str(if i > 0 { "|" } else { "" });
            match command {
                Command::Simple(simple) => self.simple(simple),
                Command::Compound(compound) => self.compound(compound),
                Command::Function(function) => {
                    assert!(function.range.contains(function.body.range));
                    self.cut(function.name);
                    self.out.push_str("(){");
                    self.compound(&function.body);
                    self.out.push('}');
                }
            }
        }
    }

    /// The parts in the order of the text.
    fn simple(&mut self, simple: &SimpleCommand) {
        let assignments = simple.assignments.iter().map(|a| (a.range(), &a.value.substitutions, None));
        let words = simple.words.iter().map(|w| (w.range, &w.substitutions, None));
        let redirects = simple.redirects.iter().map(|r| (r.range, &r.target.substitutions, r.body));
        let mut parts: Vec<_> = assignments.chain(words).chain(redirects).collect();
        parts.sort_by_key(|part| part.0);
        self.out.push('[');
        for (i, (range, substitutions, body)) in parts.into_iter().enumerate() {
            assert!(simple.range.contains(range));
            self.out.push_str(if i > 0 { " " } else { "" });
            self.part(range, substitutions, body);
        }
        self.out.push(']');
    }

    fn part(&mut self, range: TextRange, substitutions: &[List], body: Option<TextRange>) {
        self.cut(range);
        for list in substitutions {
            self.out.push('$');
            self.block(list);
        }
        if let Some(body) = body {
            write!(self.out, "`{}`", body.of(self.text)).unwrap();
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match &compound.kind {
            CompoundKind::Subshell(list) => {
                self.out.push_str("sub");
                self.block(list);
            }
            CompoundKind::Group(list) => {
                self.out.push_str("group");
                self.block(list);
            }
            CompoundKind::If { branches, otherwise } => {
                self.out.push_str("if");
                for (condition, body) in branches {
                    self.block(condition);
                    self.block(body);
                }
                if let Some(list) = otherwise {
                    self.out.push_str("else");
                    self.block(list);
                }
            }
            CompoundKind::Loop { until, condition, body } => {
                self.out.push_str(if *until { "until" } else { "while" });
                self.block(condition);
                self.block(body);
            }
            CompoundKind::For { variable, words, body } => self.for_loop(*variable, words.as_deref(), body),
            CompoundKind::Case { subject, arms } => self.case(subject, arms),
            CompoundKind::Expression { body, assigns, substitutions } => {
                self.out.push_str(if *assigns { "expr=" } else { "expr" });
                self.part(TextRange::empty(0), substitutions, None);
                body.iter().for_each(|list| self.block(list));
            }
        }
        for redirect in &compound.redirects {
            self.out.push(' ');
            self.part(redirect.range, &redirect.target.substitutions, redirect.body);
        }
    }

    fn for_loop(&mut self, variable: TextRange, words: Option<&[Word]>, body: &List) {
        write!(self.out, "for {}", variable.of(self.text)).unwrap();
        if let Some(words) = words {
            self.out.push_str(" in");
            for word in words {
                self.out.push(' ');
                self.part(word.range, &word.substitutions, None);
            }
        }
        self.block(body);
    }

    fn case(&mut self, subject: &Word, arms: &[CaseArm]) {
        write!(self.out, "case {}", subject.range.of(self.text)).unwrap();
        for arm in arms {
            let patterns: Vec<_> = arm.patterns.iter().map(|word| word.range.of(self.text)).collect();
            write!(self.out, "({})", patterns.join("|")).unwrap();
            self.block(&arm.body);
        }
    }
}
