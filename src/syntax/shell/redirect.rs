//! Redirections.
//!
//! In: the descriptor, the operator and the target. Out: the lines of here-documents (`heredoc.rs`).

use super::ast::*;
use super::lexer::{Parser, Read};
use crate::TextRange;

impl Parser<'_> {
    /// The redirection at the position, where a token starts, if there is one.
    pub(super) fn redirect(&mut self) -> Read<Option<Redirect>> {
        let start = self.pos;
        let operator_start = match self.here() {
            b'<' | b'>' => start,
            b'&' if self.byte(start + 1) == b'>' => start,
            b'0'..=b'9' => self.descriptor_end(start),
            b'{' => self.variable_descriptor_end(start),
            _ => return Ok(None),
        };
        let next = self.behind_continuations(operator_start);
        if !matches!(self.byte(next), b'<' | b'>') && operator_start > start {
            return Ok(None);
        }
        if next > operator_start {
            return self.fail("a line continuation inside a redirection", operator_start);
        }
        let Some(len) = self.redirect_operator(operator_start) else { return Ok(None) };
        let operator = TextRange::new(operator_start, operator_start + len);
        self.check_portable(start, operator)?;
        self.pos = operator_start;
        self.operator(len)?;
        self.blanks();
        if !self.starts_word() {
            return match self.here() {
                0 | b'\n' => self.fail("a redirection has no target", start),
                _ => self.unexpected(),
            };
        }
        let mut target = self.word()?;
        // `{name}>file` leaves the descriptor's number in the variable.
        target.assigns |= self.byte(start) == b'{';
        if matches!(self.here(), b'<' | b'>') && self.is_descriptor(target.range) {
            return self.fail("a redirection has no target", start);
        }
        let redirect = Redirect { range: self.since(start), operator, target, body: None };
        match operator.of(self.text) {
            "<<" | "<<-" => self.announce_heredoc(&redirect)?,
            ">&" | "<&" => self.check_duplicate(&redirect.target)?,
            _ => {}
        }
        Ok(Some(redirect))
    }

    /// Whether the word in front of a `<` or `>` belongs to that.
    fn is_descriptor(&self, word: TextRange) -> bool {
        word.of(self.text).bytes().all(|b| b.is_ascii_digit())
            || self.variable_descriptor_end(word.start()) == word.end()
    }

    fn descriptor_end(&self, start: usize) -> usize {
        let rest = &self.bytes[start..];
        start + rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len())
    }

    /// The end of `{name}`; `start` where there is none.
    fn variable_descriptor_end(&self, start: usize) -> usize {
        let end = self.name_end(start + 1);
        if end > start + 1 && self.byte(end) == b'}' { end + 1 } else { start }
    }

    /// The length of the operator at `at`; `None` for Bash's `<(` and `>(`, and where there is none.
    fn redirect_operator(&self, at: usize) -> Option<usize> {
        let [first, second, third] = [at, at + 1, at + 2].map(|at| self.byte(at));
        Some(match (first, second, third) {
            (b'<' | b'>', b'(', _) => return None,
            (b'<', b'<', b'<' | b'-') | (b'&', b'>', b'>') => 3,
            (b'<', b'<' | b'&' | b'>', _) | (b'>', b'>' | b'&' | b'|', _) | (b'&', b'>', _) => 2,
            (b'<' | b'>', _, _) => 1,
            _ => return None,
        })
    }

    /// Refuses what the shells behind `/bin/sh` read differently, and numbers that no shell takes for a descriptor.
    fn check_portable(&self, start: usize, operator: TextRange) -> Read<()> {
        let digits = operator.start() - start;
        if self.bash() {
            if digits > 6 && self.byte(start) != b'{' {
                return self.fail("a descriptor with too many digits", start);
            }
            return Ok(());
        }
        match operator.of(self.text) {
            "<<<" => self.fail("`<<<`, which is Bash's alone", start),
            "&>" | "&>>" => self.fail("`&>`, which dash reads as `&` and `>`", start),
            _ if self.byte(start) == b'{' => self.fail("`{name}>`, which is Bash's alone", start),
            _ if digits > 1 => self.fail("a descriptor of two digits, which dash does not have", start),
            _ => Ok(()),
        }
    }

    /// `>&name` is a file to Bash and BusyBox and an error to dash; to Bash `>&-x` is `>&-` and `x`.
    fn check_duplicate(&self, target: &Word) -> Read<()> {
        let raw = target.range.of(self.text);
        if raw.len() > 1 && raw.starts_with('-') {
            return self.fail("`>&-` with something behind it", target.range.start());
        }
        let descriptor = raw == "-" || raw.bytes().all(|b| b.is_ascii_digit());
        if descriptor || target.expands || self.bash() {
            return Ok(());
        }
        self.fail("`>&` with a name, which dash refuses", target.range.start())
    }
}
