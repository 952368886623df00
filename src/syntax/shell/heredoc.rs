//! The lines of here-documents.
//!
//! In: finding the lines, and the expansions in them where the delimiter is not quoted. The lines are found when the
//! line of the redirection ends, so they are put into the tree at the very end. Out: quoting inside `${…}` in the lines.

use std::borrow::Cow;
use std::mem;

use super::ast::*;
use super::lexer::{Parser, Read};
use super::word::Quoting;
use crate::TextRange;

/// A here-document whose lines have not come yet.
struct Announced<'t> {
    redirect: TextRange,
    delimiter: Cow<'t, str>,
    strips_tabs: bool,
    quoted: bool,
}

/// A here-document whose lines were read.
struct Found {
    redirect: u32,
    body: TextRange,
    expansions: Word,
}

/// The here-documents of the text, and those of the current line.
#[derive(Default)]
pub(super) struct HereDocuments<'t> {
    announced: Vec<Announced<'t>>,
    found: Vec<Found>,
    /// Whether the line around the current substitution has announced some.
    around: bool,
    inside_substitution: bool,
}

/// What a substitution puts aside while it is read.
pub(super) struct Outer<'t>(Vec<Announced<'t>>, bool, bool);

impl<'t> HereDocuments<'t> {
    pub fn enter(&mut self) -> Outer<'t> {
        let announced = mem::take(&mut self.announced);
        let around = self.around;
        self.around |= !announced.is_empty();
        Outer(announced, around, mem::replace(&mut self.inside_substitution, true))
    }

    /// False where a here-document was announced whose lines did not come.
    pub fn leave(&mut self, outer: Outer<'t>) -> bool {
        let complete = self.announced.is_empty();
        Outer(self.announced, self.around, self.inside_substitution) = outer;
        complete
    }

    pub fn waits(&self) -> bool {
        self.around || !self.announced.is_empty()
    }
}

impl Parser<'_> {
    pub(super) fn announce_heredoc(&mut self, redirect: &Redirect) -> Read<()> {
        let raw = redirect.target.range.of(self.text);
        let Some(delimiter) = redirect.target.literal(self.text).filter(|_| !raw.contains(['$', '`', '\n'])) else {
            return self.fail("a here-document whose delimiter is not plain", redirect.target.range.start());
        };
        self.heredocs.announced.push(Announced {
            redirect: redirect.range,
            delimiter,
            strips_tabs: redirect.operator.len() == 3,
            quoted: redirect.target.quoted,
        });
        Ok(())
    }

    /// Steps over the end of a line and over the here-documents that start behind it.
    pub(super) fn newline(&mut self) -> Read<()> {
        self.pos += 1;
        if !self.heredocs.waits() {
            return Ok(());
        }
        if self.heredocs.around {
            return self.fail("a here-document that starts inside a substitution", self.pos - 1);
        }
        for heredoc in mem::take(&mut self.heredocs.announced) {
            let (end, next) = self.find_delimiter(&heredoc)?;
            let body = TextRange::new(self.pos, end);
            let expansions = if heredoc.quoted { Word::at(end) } else { self.heredoc_expansions(body)? };
            self.heredocs.found.push(Found { redirect: heredoc.redirect.start, body, expansions });
            self.pos = next;
        }
        Ok(())
    }

    /// Where the line of the delimiter starts, and where the next one does.
    fn find_delimiter(&self, heredoc: &Announced) -> Read<(usize, usize)> {
        let delimiter = heredoc.delimiter.as_bytes();
        let mut start = self.pos;
        let mut continued = false;
        while start < self.bytes.len() {
            let rest = &self.bytes[start..];
            let end = start + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let tabs = self.bytes[start..end].iter().take_while(|b| heredoc.strips_tabs && **b == b'\t').count();
            let line = &self.bytes[start + tabs..end];
            if !continued && line == delimiter {
                return Ok((start, (end + 1).min(self.bytes.len())));
            }
            let behind = line.strip_prefix(delimiter).and_then(<[u8]>::first);
            if self.heredocs.inside_substitution && behind == Some(&b')') {
                return self.fail("a here-document that a `)` may end", start);
            }
            let backslashes = line.iter().rev().take_while(|b| **b == b'\\').count();
            continued = !heredoc.quoted && backslashes % 2 == 1;
            if continued && delimiter.starts_with(&line[..line.len() - 1]) {
                return self.fail("a line continuation where a here-document may end", end - 1);
            }
            start = end + 1;
        }
        Err(NotUnderstood { why: "a here-document has no end", at: heredoc.redirect })
    }

    /// The expansions in the lines of a here-document.
    fn heredoc_expansions(&mut self, body: TextRange) -> Read<Word> {
        let mut word = Word::at(body.start());
        let whole = self.bytes;
        self.bytes = &whole[..body.end()];
        while self.pos < body.end() {
            match self.here() {
                b'$' => self.dollar(&mut word, Quoting::HereDocument)?,
                b'`' => self.back_quotes(&mut word, Quoting::HereDocument)?,
                b'\\' => self.pos += 2,
                _ => self.pos += 1,
            }
        }
        self.bytes = whole;
        Ok(word)
    }

    /// Puts the lines of all here-documents into their redirections.
    pub(super) fn finish_heredocs(&mut self, list: &mut List) -> Read<()> {
        if let Some(heredoc) = self.heredocs.announced.first() {
            return Err(NotUnderstood { why: "a here-document has no end", at: heredoc.redirect });
        }
        let mut found = mem::take(&mut self.heredocs.found);
        if !found.is_empty() {
            found.sort_by_key(|found| found.redirect);
            Filling(found).list(list);
        }
        Ok(())
    }
}

/// Goes through a tree and puts what was found into the redirections it belongs to.
struct Filling(Vec<Found>);

impl Filling {
    fn list(&mut self, list: &mut List) {
        for item in &mut list.items {
            let rest = item.and_or.rest.iter_mut().map(|link| &mut link.pipeline);
            for pipeline in std::iter::once(&mut item.and_or.first).chain(rest) {
                pipeline.commands.iter_mut().for_each(|command| self.command(command));
            }
        }
    }

    fn command(&mut self, command: &mut Command) {
        match command {
            Command::Simple(simple) => {
                simple.assignments.iter_mut().for_each(|assignment| self.word(&mut assignment.value));
                self.words(&mut simple.words);
                self.redirects(&mut simple.redirects);
            }
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => self.compound(&mut function.body),
        }
    }

    fn compound(&mut self, compound: &mut CompoundCommand) {
        match &mut compound.kind {
            CompoundKind::Subshell(list) | CompoundKind::Group(list) => self.list(list),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition);
                    self.list(body);
                }
                otherwise.iter_mut().for_each(|list| self.list(list));
            }
            CompoundKind::Loop { condition, body, .. } => {
                self.list(condition);
                self.list(body);
            }
            CompoundKind::For { words, body, .. } => {
                words.iter_mut().for_each(|words| self.words(words));
                self.list(body);
            }
            CompoundKind::Case { subject, arms } => {
                self.word(subject);
                for arm in arms {
                    self.words(&mut arm.patterns);
                    self.list(&mut arm.body);
                }
            }
            CompoundKind::Expression { body, substitutions, .. } => {
                substitutions.iter_mut().chain(body).for_each(|list| self.list(list));
            }
        }
        self.redirects(&mut compound.redirects);
    }

    fn words(&mut self, words: &mut [Word]) {
        words.iter_mut().for_each(|word| self.word(word));
    }

    fn word(&mut self, word: &mut Word) {
        word.substitutions.iter_mut().for_each(|list| self.list(list));
    }

    fn redirects(&mut self, redirects: &mut [Redirect]) {
        for redirect in redirects {
            if let Ok(at) = self.0.binary_search_by_key(&redirect.range.start, |found| found.redirect) {
                let found = &mut self.0[at];
                redirect.body = Some(found.body);
                redirect.target.take_flags(mem::replace(&mut found.expansions, Word::at(0)));
            }
            self.word(&mut redirect.target);
        }
    }
}
