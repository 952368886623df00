//! Words: quotes, globs, and where a word ends.
//!
//! In: every kind of quoting, and the flags of [`Word`]. Out: what a `$` or a back-quote starts (`expansion.rs`).

use super::ast::*;
use super::lexer::{Class, Parser, Read, class};
use crate::TextRange;

/// The quotes around an expansion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    None,
    Double,
    /// The body of a here-document, where `"` and `'` mean nothing.
    HereDocument,
}

impl Word {
    pub(super) fn at(start: usize) -> Word {
        let range = TextRange::empty(start);
        Word { range, quoted: false, expands: false, globs: false, assigns: false, substitutions: Vec::new() }
    }

    pub(super) fn take_flags(&mut self, other: Word) {
        self.quoted |= other.quoted;
        self.expands |= other.expands;
        self.globs |= other.globs;
        self.assigns |= other.assigns;
        self.substitutions.extend(other.substitutions);
    }
}

/// How much of a `{…,…}` was seen.
#[derive(Default)]
struct Brace {
    /// Behind the last `{`, or behind what was already searched for `..`.
    open: Option<usize>,
    divided: bool,
}

impl Parser<'_> {
    /// The word at the position. The caller has made sure that one starts here.
    pub(super) fn word(&mut self) -> Read<Word> {
        let mut word = Word::at(self.pos);
        self.word_parts(&mut word)?;
        word.range = self.since(word.range.start());
        Ok(word)
    }

    /// The value of an assignment: a word, nothing, or in Bash an array.
    pub(super) fn value(&mut self) -> Read<Word> {
        if self.here() != b'(' {
            return self.word();
        }
        let mut word = Word::at(self.pos);
        self.array(&mut word)?;
        Ok(word)
    }

    fn word_parts(&mut self, word: &mut Word) -> Read<()> {
        let start = self.pos;
        let mut brace = Brace::default();
        let mut bracket = false;
        let mut continued = false;
        loop {
            let rest = &self.bytes[self.pos..];
            self.pos += rest.iter().position(|b| class(*b) != Class::Plain).unwrap_or(rest.len());
            let at = self.pos;
            match class(self.here()) {
                Class::Plain => {}
                Class::End => return Ok(()),
                Class::Angle if self.bash() && self.byte(at + 1) == b'(' => self.process_substitution(word)?,
                Class::Angle => return Ok(()),
                Class::SingleQuote => self.single_quotes(word)?,
                Class::DoubleQuote => self.double_quotes(word)?,
                Class::Dollar => self.dollar(word, Quoting::None)?,
                Class::BackQuote => self.back_quotes(word, Quoting::None)?,
                Class::Backslash if self.byte(at + 1) == b'\n' => {
                    if self.ends_word(at) {
                        return Ok(());
                    }
                    self.continuation_inside(start, &mut continued)?;
                }
                Class::Backslash => self.escape(word)?,
                Class::CarriageReturn => return self.fail("a carriage return, which is no blank to a shell", at),
                special => {
                    self.note_glob(word, special, start, &mut brace, &mut bracket);
                    self.pos += 1;
                }
            }
        }
    }

    fn note_glob(&self, word: &mut Word, special: Class, start: usize, brace: &mut Brace, bracket: &mut bool) {
        let at = self.pos;
        match special {
            Class::Glob => word.globs = true,
            Class::OpenBracket => *bracket = true,
            Class::CloseBracket => word.globs |= *bracket,
            Class::OpenBrace => brace.open = Some(at + 1),
            Class::Comma => brace.divided |= brace.open.is_some(),
            Class::CloseBrace => {
                if let Some(open) = brace.open {
                    brace.divided |= self.bytes[open..at].windows(2).any(|two| two == b"..");
                    brace.open = Some(at);
                    word.globs |= brace.divided;
                }
            }
            Class::Tilde => word.globs |= at == start || matches!(self.byte(at - 1), b'=' | b':'),
            _ => {}
        }
    }

    /// A line continuation with the same word on both sides. Where the word might turn out to be a reserved word, a
    /// name or a number once the continuation is gone, it is refused.
    fn continuation_inside(&mut self, start: usize, continued: &mut bool) -> Read<()> {
        let namelike = |b: &u8| b.is_ascii_alphanumeric() || b"_!{}[]".contains(b);
        let before = &self.bytes[start..self.pos];
        if !*continued && !before.is_empty() && before.iter().all(namelike) {
            return self.fail("a line continuation inside a word", self.pos);
        }
        *continued = true;
        self.pos = self.behind_continuations(self.pos);
        Ok(())
    }

    fn escape(&mut self, word: &mut Word) -> Read<()> {
        match self.byte(self.pos + 1) {
            0 => return self.fail("it ends with a backslash", self.pos),
            b'\r' => return self.fail("a carriage return, which is no blank to a shell", self.pos + 1),
            _ => self.pos += 2,
        }
        word.quoted = true;
        Ok(())
    }

    pub(super) fn single_quotes(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        match self.bytes[open + 1..].iter().position(|b| *b == b'\'') {
            Some(len) => self.pos = open + len + 2,
            None => return self.fail("a `'` is never closed", open),
        }
        word.quoted = true;
        Ok(())
    }

    pub(super) fn double_quotes(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        word.quoted = true;
        self.pos += 1;
        loop {
            match self.here() {
                b'"' => {
                    self.pos += 1;
                    return Ok(());
                }
                b'$' => self.dollar(word, Quoting::Double)?,
                b'`' => self.back_quotes(word, Quoting::Double)?,
                b'\\' => self.pos += 2,
                0 => return self.fail("a `\"` is never closed", open),
                _ => self.pos += 1,
            }
        }
    }
}
