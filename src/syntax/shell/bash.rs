//! Bash's own constructs, and `[[` for `/bin/sh`.
//!
//! In: `(( ))`, `for (( ))`, `[[ ]]` with its operators, arrays. Out: what the expressions mean; their operands are
//! not kept, only the lists inside them.

use super::ast::*;
use super::lexer::{Class, Parser, Read, class};
use super::word::Quoting;

const BINARY: &[&str] = &["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

fn is_unary(raw: &str) -> bool {
    matches!(raw.as_bytes(), [b'-', letter] if b"abcdefghknoprstuvwxzGLNORS".contains(letter))
}

/// The inside of `(( … ))`.
struct Parentheses {
    /// What was noticed on the way.
    word: Word,
    semicolons: usize,
}

impl Parser<'_> {
    /// `(( … ))` as a command.
    pub(super) fn arithmetic_command(&mut self) -> Read<CompoundKind> {
        if !self.bash() {
            return self.fail("`((`, which is arithmetic to Bash alone", self.pos);
        }
        let inside = self.double_parentheses()?;
        Ok(CompoundKind::Expression {
            body: None,
            assigns: inside.word.assigns,
            substitutions: inside.word.substitutions,
        })
    }

    /// `for (( … )); do … done` from the first `(` on.
    pub(super) fn arithmetic_for(&mut self) -> Read<CompoundKind> {
        if !self.bash() {
            return self.fail("`for ((`, which is Bash's alone", self.pos);
        }
        let open = self.pos;
        let inside = self.double_parentheses()?;
        if inside.semicolons != 2 {
            return self.fail("a `for ((` without its three parts", open);
        }
        self.blanks();
        match self.here() {
            b';' => self.list_terminator()?,
            _ => self.line_breaks()?,
        }
        let body = Some(self.do_group()?);
        Ok(CompoundKind::Expression { body, assigns: true, substitutions: inside.word.substitutions })
    }

    fn double_parentheses(&mut self) -> Read<Parentheses> {
        let open = self.pos;
        let mut inside = Word::at(open);
        self.pos += 2;
        let semicolons = self.arithmetic_until(b')', open, &mut inside, Quoting::None)?;
        if self.byte(self.pos + 1) != b')' {
            return self.fail("a `((` that is not arithmetic", open);
        }
        self.pos += 2;
        Ok(Parentheses { word: inside, semicolons })
    }

    /// An array, `(word word …)`, as a part of `word`.
    pub(super) fn array(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        if !self.bash() {
            return self.fail("an array, which is Bash's alone", open);
        }
        self.pos += 1;
        word.expands = true;
        loop {
            if self.here() == b'\n' && self.heredocs.waits() {
                return self.fail("a here-document that starts inside an array", self.pos);
            }
            self.line_breaks()?;
            if self.here() == b')' {
                break;
            }
            if !self.starts_word() {
                return self.fail("an array is never closed", open);
            }
            let element = self.word()?;
            let raw = element.range.of(self.text);
            if raw.starts_with('[') && !raw.contains("]=") && !raw.contains("]+=") {
                return self.fail("an element of an array whose index is not plain", element.range.start());
            }
            word.take_flags(element);
        }
        self.pos += 1;
        if !self.ends_word(self.pos) {
            return self.fail("an array with something behind it", self.pos);
        }
        word.range = self.since(word.range.start());
        Ok(())
    }

    /// `[[ … ]]` where it is a compound command.
    pub(super) fn double_bracket(&mut self) -> Read<CompoundKind> {
        self.pos += 2;
        let mut inside = Word::at(self.pos);
        self.condition(&mut inside)?;
        if !self.closes_double_bracket() {
            return self.fail("a `[[` is not an expression with a `]]`", self.pos);
        }
        self.pos += 2;
        Ok(CompoundKind::Expression { body: None, assigns: inside.assigns, substitutions: inside.substitutions })
    }

    fn closes_double_bracket(&self) -> bool {
        self.here() == b']' && self.byte(self.pos + 1) == b']' && self.ends_word(self.pos + 2)
    }

    /// Terms joined by `&&` and `||`, which need not be told apart.
    fn condition(&mut self, inside: &mut Word) -> Read<()> {
        loop {
            self.condition_term(inside)?;
            self.line_breaks()?;
            match (self.here(), self.byte(self.pos + 1)) {
                (b'&', b'&') | (b'|', b'|') => self.pos += 2,
                _ => return Ok(()),
            }
        }
    }

    fn condition_term(&mut self, inside: &mut Word) -> Read<()> {
        self.line_breaks()?;
        while self.here() == b'!' && self.ends_word(self.pos + 1) {
            self.pos += 1;
            self.line_breaks()?;
        }
        if self.here() == b'(' {
            self.pos += 1;
            self.deeper(|p| p.condition(inside))?;
            if self.here() != b')' {
                return self.fail("a `(` inside `[[ … ]]` is never closed", self.pos);
            }
            self.pos += 1;
            return Ok(());
        }
        let first = self.operand()?;
        let unary = is_unary(first.range.of(self.text));
        inside.take_flags(first);
        self.blanks();
        if unary {
            let operand = self.operand()?;
            inside.take_flags(operand);
        } else if !self.closes_double_bracket() {
            self.condition_operator(inside)?;
        }
        Ok(())
    }

    fn operand(&mut self) -> Read<Word> {
        self.blanks();
        if !self.starts_word() || self.closes_double_bracket() {
            return self.fail("an operand is missing inside `[[ … ]]`", self.pos);
        }
        self.word()
    }

    /// The operator behind the first operand and the second operand, if they are there.
    fn condition_operator(&mut self, inside: &mut Word) -> Read<()> {
        match self.here() {
            b'<' | b'>' if self.byte(self.pos + 1) != b'(' => self.pos += 1,
            b'&' | b'|' | b')' | b'\n' => return Ok(()),
            _ => {
                let start = self.pos;
                while !matches!(class(self.here()), Class::End | Class::Angle | Class::Backslash) {
                    self.pos += 1;
                }
                let operator = self.since(start).of(self.text);
                if !BINARY.contains(&operator) || !self.ends_word(self.pos) {
                    return self.fail("an operator inside `[[ … ]]` that is not known", start);
                }
                // `-eq` and its like evaluate their sides, which may assign; `=~` sets BASH_REMATCH.
                inside.assigns |= matches!(operator, "=~" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge");
                if matches!(operator, "=~" | "=" | "==" | "!=") {
                    return self.pattern_operand(inside);
                }
            }
        }
        let second = self.operand()?;
        inside.take_flags(second);
        Ok(())
    }

    /// A pattern or regular expression, which may have parentheses and `|` in it.
    fn pattern_operand(&mut self, inside: &mut Word) -> Read<()> {
        self.blanks();
        let start = self.pos;
        if self.here() == b'#' {
            return self.fail("an operand is missing inside `[[ … ]]`", start);
        }
        let mut parentheses = 0usize;
        loop {
            match self.here() {
                b'(' => parentheses += 1,
                b')' if parentheses > 0 => parentheses -= 1,
                b'|' if parentheses > 0 => {}
                b' ' | b'\t' if parentheses > 0 => {}
                b'\n' if parentheses > 0 => return self.fail("a pattern over several lines", self.pos),
                byte if class(byte) == Class::End => break,
                b'\\' if self.ends_word(self.pos) => break,
                b'<' | b'>' => return self.fail("a `<` or `>` inside a pattern", self.pos),
                _ => {
                    let part = self.word()?;
                    inside.take_flags(part);
                    continue;
                }
            }
            self.pos += 1;
        }
        if parentheses > 0 || self.pos == start {
            return self.fail("a pattern inside `[[ … ]]` is not complete", start);
        }
        Ok(())
    }

    /// `[[ … ]]` for `/bin/sh`: a command of that name for dash and BusyBox, a compound command for Bash. Understood
    /// where both see the same words.
    pub(super) fn posix_double_bracket(&mut self) -> Read<Command> {
        let start = self.pos;
        let command = self.simple()?;
        let Command::Simple(simple) = &command else { return Ok(command) };
        let words: Vec<_> = simple.words.iter().map(|word| word.range.of(self.text)).collect();
        let negations = words[1..].iter().take_while(|word| **word == "!").count();
        let closed = match &words[1 + negations..] {
            [one, "]]"] => !is_unary(one),
            [unary, operand, "]]"] => is_unary(unary) && *operand != "]]",
            [one, operator, _, "]]"] => !is_unary(one) && BINARY.contains(operator),
            _ => false,
        };
        let end = simple.words.last().map_or(start, |word| word.range.start());
        let redirected = simple.redirects.iter().any(|redirect| redirect.range.start() < end);
        if !closed || redirected {
            return self.fail("a `[[` that is more than a plain test, which is Bash's alone", start);
        }
        Ok(command)
    }
}
