//! Compound commands and functions.
//!
//! In: `( )`, `{ }`, `if`, `while`, `until`, `for`, `case` and `name() …`. Out: Bash's `[[ ]]`, `(( ))`, `function` and
//! arithmetic `for` (`bash.rs`).

use super::ast::*;
use super::lexer::{Parser, Read, Reserved};
use crate::TextRange;

impl Parser<'_> {
    /// The compound command at the position with the redirections behind it.
    pub(super) fn compound(&mut self) -> Read<CompoundCommand> {
        let start = self.pos;
        let kind = self.deeper(Self::compound_kind)?;
        let mut end = self.pos;
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            let Some(redirect) = self.redirect()? else { break };
            redirects.push(redirect);
            end = self.pos;
        }
        Ok(CompoundCommand { range: TextRange::new(start, end), kind, redirects })
    }

    fn compound_kind(&mut self) -> Read<CompoundKind> {
        if self.here() == b'(' {
            return if self.byte(self.pos + 1) == b'(' { self.arithmetic_command() } else { self.subshell() };
        }
        match self.reserved() {
            Some(Reserved::OpenBrace) => self.group(),
            Some(Reserved::If) => self.conditional(),
            Some(Reserved::While) => self.conditional_loop(false),
            Some(Reserved::Until) => self.conditional_loop(true),
            Some(Reserved::For) => self.for_loop(),
            Some(Reserved::Case) => self.case(),
            Some(Reserved::DoubleBracket) if self.bash() => self.double_bracket(),
            _ => self.unexpected(),
        }
    }

    fn subshell(&mut self) -> Read<CompoundKind> {
        self.operator(1)?;
        let list = self.some_list()?;
        self.blanks();
        match self.here() {
            b')' => self.pos += 1,
            0 => return self.fail("a `(` is never closed", self.pos),
            _ => return self.unexpected(),
        }
        Ok(CompoundKind::Subshell(list))
    }

    fn group(&mut self) -> Read<CompoundKind> {
        self.pos += 1;
        let list = self.some_list()?;
        self.expect(Reserved::CloseBrace, "a `{` is never closed")?;
        Ok(CompoundKind::Group(list))
    }

    fn conditional(&mut self) -> Read<CompoundKind> {
        self.pos += 2;
        let mut branches = Vec::with_capacity(1);
        loop {
            let condition = self.some_list()?;
            self.expect(Reserved::Then, "an `if` has no `then`")?;
            branches.push((condition, self.some_list()?));
            if self.reserved() != Some(Reserved::Elif) {
                break;
            }
            self.pos += 4;
        }
        let mut otherwise = None;
        if self.reserved() == Some(Reserved::Else) {
            self.pos += 4;
            otherwise = Some(self.some_list()?);
        }
        self.expect(Reserved::Fi, "an `if` has no `fi`")?;
        Ok(CompoundKind::If { branches, otherwise })
    }

    fn conditional_loop(&mut self, until: bool) -> Read<CompoundKind> {
        self.pos += 5;
        let condition = self.some_list()?;
        let body = self.do_group()?;
        Ok(CompoundKind::Loop { until, condition, body })
    }

    /// `do list done`
    pub(super) fn do_group(&mut self) -> Read<List> {
        self.expect(Reserved::Do, "a loop has no `do`")?;
        let body = self.some_list()?;
        self.expect(Reserved::Done, "a loop has no `done`")?;
        Ok(body)
    }

    fn for_loop(&mut self) -> Read<CompoundKind> {
        self.pos += 3;
        self.blanks();
        if self.here() == b'(' && self.byte(self.pos + 1) == b'(' {
            return self.arithmetic_for();
        }
        let start = self.pos;
        self.pos = self.name_end(start);
        if self.pos == start || !self.ends_word(self.pos) {
            return self.fail("a `for` has no plain name behind it", start);
        }
        let variable = self.since(start);
        self.blanks();
        let mut words = None;
        if self.here() == b';' {
            self.list_terminator()?;
        } else {
            self.line_breaks()?;
            if self.reserved() == Some(Reserved::In) {
                self.pos += 2;
                words = Some(self.for_words()?);
            }
        }
        let body = self.do_group()?;
        Ok(CompoundKind::For { variable, words, body })
    }

    fn for_words(&mut self) -> Read<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            if !self.starts_word() {
                break;
            }
            words.push(self.word()?);
        }
        self.comment();
        match self.here() {
            b';' => self.list_terminator()?,
            b'\n' => self.line_breaks()?,
            _ => return self.unexpected(),
        }
        Ok(words)
    }

    /// A `;` that is not one of two, and the ends of lines behind it.
    pub(super) fn list_terminator(&mut self) -> Read<()> {
        if matches!(self.byte(self.pos + 1), b';' | b'&') {
            return self.unexpected();
        }
        self.operator(1)?;
        self.line_breaks()
    }

    fn case(&mut self) -> Read<CompoundKind> {
        self.pos += 4;
        self.blanks();
        if !self.starts_word() {
            return self.unexpected();
        }
        let subject = self.word()?;
        self.line_breaks()?;
        self.expect(Reserved::In, "a `case` has no `in`")?;
        let mut arms = Vec::new();
        loop {
            self.line_breaks()?;
            if self.reserved() == Some(Reserved::Esac) {
                break;
            }
            let patterns = self.patterns()?;
            let body = self.list()?;
            arms.push(CaseArm { patterns, body });
            if !self.arm_end()? {
                self.line_breaks()?;
                break;
            }
        }
        self.expect(Reserved::Esac, "a `case` has no `esac`")?;
        Ok(CompoundKind::Case { subject, arms })
    }

    /// `pattern | pattern )` with or without a `(` in front.
    fn patterns(&mut self) -> Read<Vec<Word>> {
        if self.here() == b'(' {
            self.operator(1)?;
            self.blanks();
        }
        let mut patterns = Vec::with_capacity(1);
        loop {
            if self.here() == 0 {
                return self.fail("a `case` has no `esac`", self.pos);
            }
            if !self.starts_word() || self.reserved() == Some(Reserved::Esac) {
                return self.fail("a branch of a `case` has no pattern", self.pos);
            }
            patterns.push(self.word()?);
            self.blanks();
            match self.here() {
                b'|' if !matches!(self.byte(self.pos + 1), b'|' | b'&') => self.operator(1)?,
                b')' => break,
                _ => return self.fail("a pattern of a `case` has no `)` behind it", self.pos),
            }
            self.blanks();
        }
        self.pos += 1;
        Ok(patterns)
    }

    /// Steps over what ends a branch; false where nothing does, so that it must be the last.
    fn arm_end(&mut self) -> Read<bool> {
        match (self.here(), self.byte(self.pos + 1), self.byte(self.pos + 2)) {
            (b';', b';', b'&') if self.bash() => self.pos += 3,
            (b';', b'&', _) if self.bash() => self.pos += 2,
            (b';', b';', b'&') | (b';', b'&', _) => {
                return self.fail("`;&`, which is Bash's alone", self.pos);
            }
            (b';', b';', _) => self.operator(2)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The rest of `name() body`, from the `(` on.
    pub(super) fn function(&mut self, before: &SimpleCommand, name: TextRange) -> Read<Command> {
        if !before.assignments.is_empty() || !before.redirects.is_empty() {
            return self.unexpected();
        }
        self.operator(1)?;
        self.blanks();
        if self.here() != b')' {
            return self.fail("a `(` stands where none can", self.pos - 1);
        }
        self.pos += 1;
        if !self.is_function_name(name) {
            return self.fail("a function whose name is not a plain one", name.start());
        }
        Ok(Command::Function(self.function_body(name.start(), name)?))
    }

    fn is_function_name(&self, name: TextRange) -> bool {
        let text = name.of(self.text);
        let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-' && self.bash();
        !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && text.bytes().all(part)
    }

    /// The body of a function that starts at `start`.
    pub(super) fn function_body(&mut self, start: usize, name: TextRange) -> Read<FunctionDefinition> {
        self.line_breaks()?;
        let opens = match self.reserved() {
            Some(Reserved::Not | Reserved::Function | Reserved::Select | Reserved::Coproc | Reserved::Time) => false,
            Some(Reserved::DoubleBracket) => self.bash(),
            Some(word) => !word.closes(),
            None => self.here() == b'(',
        };
        if !opens {
            return self.fail("the body of a function is not a compound command", self.pos);
        }
        let body = Box::new(self.compound()?);
        Ok(FunctionDefinition { range: TextRange::new(start, body.range.end()), name, body })
    }

    /// `function name body` and `function name() body`, which are Bash's alone.
    pub(super) fn bash_function(&mut self) -> Read<FunctionDefinition> {
        let start = self.pos;
        if !self.bash() {
            return self.fail("`function`, which is Bash's alone", start);
        }
        self.pos += 8;
        self.blanks();
        let at = self.pos;
        while self.here().is_ascii_alphanumeric() || matches!(self.here(), b'_' | b'-') {
            self.pos += 1;
        }
        let name = self.since(at);
        if name.is_empty() || !self.ends_word(self.pos) || !self.is_function_name(name) {
            return self.fail("a function whose name is not a plain one", at);
        }
        self.blanks();
        if self.here() == b'(' {
            let open = self.pos;
            self.pos += 1;
            self.blanks();
            if self.here() == b')' {
                self.pos += 1;
            } else {
                self.pos = open;
            }
        }
        self.function_body(start, name)
    }
}
