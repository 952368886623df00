//! What starts with `$` or a back-quote, and Bash's `<(…)`.
//!
//! In: parameters, command substitutions (read as lists in place), arithmetic. Out: what the expansions yield.

use super::ast::*;
use super::lexer::{Parser, Read};
use super::word::Quoting;

impl Parser<'_> {
    /// What starts with the `$` at the position; the `$` alone where nothing does.
    pub(super) fn dollar(&mut self, word: &mut Word, quoting: Quoting) -> Read<()> {
        let at = self.pos;
        match self.byte(at + 1) {
            b'(' if self.byte(at + 2) == b'(' => {
                word.expands = true;
                self.pos += 3;
                self.deeper(|p| p.arithmetic(at, word, quoting))?;
            }
            b'(' => {
                word.expands = true;
                self.pos += 1;
                self.substitution(word)?;
            }
            b'{' => {
                word.expands = true;
                self.deeper(|p| p.parameter(word, quoting))?;
            }
            b'\'' if quoting == Quoting::None => self.dollar_single_quotes(word)?,
            b'"' if quoting == Quoting::None => {
                word.expands = true;
                self.pos += 1;
                self.double_quotes(word)?;
            }
            b'[' => return self.fail("`$[`, which only Bash reads as arithmetic", at),
            b'\\' if self.byte(at + 2) == b'\n' => {
                return self.fail("a line continuation inside an expansion", at);
            }
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9' => {
                word.expands = true;
                self.pos += 2;
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                word.expands = true;
                self.pos = self.name_end(at + 1);
                let next = self.behind_continuations(self.pos);
                if next > self.pos && self.byte(next).is_ascii_alphanumeric() {
                    return self.fail("a line continuation inside an expansion", self.pos);
                }
            }
            _ => self.pos += 1,
        }
        Ok(())
    }

    /// `$'…'`: for Bash and BusyBox one quoted string with escapes, for dash a `$` and a quoted string.
    fn dollar_single_quotes(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        word.quoted = true;
        word.expands = true;
        self.pos += 2;
        loop {
            match (self.here(), self.byte(self.pos + 1)) {
                (b'\'', _) => break,
                (b'\\', b'\'') if !self.bash() => return self.fail("`\\'` inside `$'…'`, which is Bash's", self.pos),
                (0, _) | (b'\\', 0) => return self.fail("a `$'` is never closed", open),
                (b'\\', _) => self.pos += 2,
                _ => self.pos += 1,
            }
        }
        self.pos += 1;
        Ok(())
    }

    /// `(list)` behind a `$`, `<` or `>`.
    fn substitution(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        self.pos += 1;
        let list = self.deeper(|p| p.nested_list())?;
        match self.here() {
            b')' => self.pos += 1,
            0 => return self.fail("a substitution is never closed", open),
            _ => return self.unexpected(),
        }
        word.substitutions.push(list);
        Ok(())
    }

    /// Bash's `<(…)` and `>(…)`.
    pub(super) fn process_substitution(&mut self, word: &mut Word) -> Read<()> {
        word.expands = true;
        self.pos += 1;
        self.substitution(word)
    }

    /// A list inside a word. A here-document of its own has to end inside, and the ones of the line around it must not
    /// start there.
    fn nested_list(&mut self) -> Read<List> {
        let outer = self.heredocs.enter();
        let list = self.list()?;
        self.blanks();
        if !self.heredocs.leave(outer) {
            return self.fail("a here-document without lines inside a substitution", self.pos);
        }
        Ok(list)
    }

    /// `` `list` ``. A backslash that the shell would take away before it reads the list is refused.
    pub(super) fn back_quotes(&mut self, word: &mut Word, quoting: Quoting) -> Read<()> {
        let open = self.pos;
        let mut close = open + 1;
        loop {
            match (self.byte(close), self.byte(close + 1)) {
                (b'`', _) => break,
                (b'\\', b'$' | b'`' | b'\\' | b'\n' | 0) => {
                    return self.fail("an escape between back-quotes", close);
                }
                (b'\\', b'"') if quoting != Quoting::None => {
                    return self.fail("an escape between back-quotes", close);
                }
                (0, _) => return self.fail("a back-quote is never closed", open),
                (b'\\', _) => close += 2,
                _ => close += 1,
            }
        }
        word.expands = true;
        let whole = self.bytes;
        self.bytes = &whole[..close];
        self.pos += 1;
        let list = self.deeper(|p| p.nested_list())?;
        if self.pos != close {
            return self.unexpected();
        }
        self.bytes = whole;
        self.pos = close + 1;
        word.substitutions.push(list);
        Ok(())
    }

    /// `${…}` from the `$` on.
    fn parameter(&mut self, word: &mut Word, quoting: Quoting) -> Read<()> {
        let open = self.pos;
        self.pos += 2;
        let measured = self.here() == b'#' && self.byte(self.pos + 1) != b'}';
        let indirect = self.here() == b'!' && self.byte(self.pos + 1) != b'}';
        if indirect && !self.bash() {
            return self.fail("`${!`, which is Bash's alone", open);
        }
        self.pos += usize::from(measured || indirect);
        self.parameter_name(open)?;
        if self.here() == b'[' {
            self.subscript(word, open, quoting)?;
        }
        if indirect && matches!(self.here(), b'*' | b'@') && self.byte(self.pos + 1) == b'}' {
            self.pos += 1;
        }
        if self.here() == b'}' {
            self.pos += 1;
            return Ok(());
        }
        if measured {
            return self.fail("a `${#` with something behind the name", open);
        }
        let everywhere = self.parameter_operator(word, open)?;
        self.parameter_word(word, open, everywhere, quoting)
    }

    fn parameter_name(&mut self, open: usize) -> Read<()> {
        match self.here() {
            b'0'..=b'9' => {
                while self.here().is_ascii_digit() {
                    self.pos += 1;
                }
            }
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => self.pos += 1,
            0 => return self.fail("a `${` is never closed", open),
            _ => {
                let end = self.name_end(self.pos);
                if end == self.pos {
                    return self.fail("a `${` without a name", open);
                }
                self.pos = end;
            }
        }
        Ok(())
    }

    fn subscript(&mut self, word: &mut Word, open: usize, quoting: Quoting) -> Read<()> {
        if !self.bash() {
            return self.fail("an array, which is Bash's alone", open);
        }
        self.pos += 1;
        self.arithmetic_until(b']', open, word, quoting)?;
        self.pos += 1;
        Ok(())
    }

    /// Steps over the operator behind the name; whether every shell has it.
    fn parameter_operator(&mut self, word: &mut Word, open: usize) -> Read<bool> {
        let colon = usize::from(self.here() == b':');
        let (everywhere, len) = match self.byte(self.pos + colon) {
            b'=' => {
                word.assigns = true;
                (true, colon + 1)
            }
            b'-' | b'?' | b'+' => (true, colon + 1),
            b'#' | b'%' if colon == 0 => (true, 1),
            b'}' => return self.fail("a `${` that no shell expands", open),
            _ if colon == 1 => (false, 1),
            b'/' | b'^' | b',' | b'@' => (false, 1),
            0 => return self.fail("a `${` is never closed", open),
            _ => return self.fail("a `${` that no shell expands", open),
        };
        self.pos += len;
        if !everywhere && colon == 1 {
            let rest = &self.bytes[self.pos..];
            let offset = &rest[..rest.iter().position(|b| *b == b'}').unwrap_or(0)];
            word.assigns |= offset.contains(&b'=') || offset.windows(2).any(|two| two == b"++" || two == b"--");
        }
        Ok(everywhere)
    }

    /// The rest of `${name operator word}`.
    fn parameter_word(&mut self, word: &mut Word, open: usize, everywhere: bool, quoting: Quoting) -> Read<()> {
        let unquoted = quoting == Quoting::None;
        let special_to_some = !everywhere && !self.bash();
        loop {
            let at = self.pos;
            match self.here() {
                b'}' => break,
                0 => return self.fail("a `${` is never closed", open),
                b'"' | b'\'' | b'\\' | b'`' if special_to_some => {
                    return self.fail("quotes inside a `${…}` that only some shells expand", at);
                }
                b'\\' if self.byte(at + 1) == 0 => return self.fail("it ends with a backslash", at),
                b'\\' => {
                    word.quoted = true;
                    self.pos += 2;
                }
                b'"' if unquoted => self.double_quotes(word)?,
                b'\'' if unquoted => self.single_quotes(word)?,
                b'"' if quoting == Quoting::Double => self.inner_double_quotes(word)?,
                b'\'' if quoting == Quoting::Double && self.bash() => self.single_quotes(word)?,
                b'"' | b'\'' => return self.fail("quotes that shells read differently inside `${…}`", at),
                b'$' if !unquoted && matches!(self.byte(at + 1), b'\'' | b'"') => {
                    return self.fail("quotes that shells read differently inside `${…}`", at);
                }
                b'$' => self.dollar(word, quoting)?,
                b'`' => self.back_quotes(word, quoting)?,
                b'<' | b'>' if self.byte(at + 1) == b'(' => {
                    return self.fail("a process substitution inside `${…}`", at);
                }
                b'\r' if unquoted => return self.fail("a carriage return, which is no blank to a shell", at),
                _ => self.pos += 1,
            }
        }
        self.pos += 1;
        Ok(())
    }

    /// `"…"` inside `"${…}"`. A `}` between them ends the expansion for some shells.
    fn inner_double_quotes(&mut self, word: &mut Word) -> Read<()> {
        let open = self.pos;
        self.double_quotes(word)?;
        if !self.bash() && self.bytes[open..self.pos].contains(&b'}') {
            return self.fail("quotes that shells read differently inside `${…}`", open);
        }
        Ok(())
    }

    /// The rest of `$((…))`.
    fn arithmetic(&mut self, open: usize, word: &mut Word, quoting: Quoting) -> Read<()> {
        self.arithmetic_until(b')', open, word, quoting)?;
        if self.byte(self.pos + 1) != b')' {
            return self.fail("a `$((` that is not arithmetic", open);
        }
        self.pos += 2;
        Ok(())
    }

    /// Moves to the `close` that ends an arithmetic expression. Returns how many `;` the expression has.
    pub(super) fn arithmetic_until(
        &mut self,
        close: u8,
        open: usize,
        word: &mut Word,
        quoting: Quoting,
    ) -> Read<usize> {
        let inner = if quoting == Quoting::None { Quoting::Double } else { quoting };
        let mut parentheses = 0usize;
        let mut semicolons = 0;
        loop {
            let at = self.pos;
            match self.here() {
                byte if byte == close && parentheses == 0 => return Ok(semicolons),
                0 => return self.fail("an arithmetic expression is never closed", open),
                b'(' => parentheses += 1,
                b')' if parentheses == 0 => return self.fail("an arithmetic expression is never closed", open),
                b')' => parentheses -= 1,
                b'$' => {
                    self.dollar(word, inner)?;
                    continue;
                }
                b'`' => {
                    self.back_quotes(word, inner)?;
                    continue;
                }
                b'"' if self.bash() && quoting == Quoting::None => {
                    self.double_quotes(word)?;
                    continue;
                }
                b'\\' if self.byte(at + 1) == b'\n' => self.pos += 1,
                b'"' | b'\'' | b'\\' => return self.fail("quotes inside an arithmetic expression", at),
                b'=' if self.byte(at + 1) == b'=' => self.pos += 1,
                b'=' => word.assigns |= !self.compares(at),
                sign @ (b'+' | b'-') => word.assigns |= self.byte(at + 1) == sign,
                b';' if parentheses == 0 => semicolons += 1,
                _ => {}
            }
            self.pos += 1;
        }
    }

    /// Whether the `=` at `at` is the end of `!=`, `<=` or `>=`, and not of `<<=` or `>>=`.
    fn compares(&self, at: usize) -> bool {
        match self.byte(at - 1) {
            b'!' => true,
            angle @ (b'<' | b'>') => self.byte(at - 2) != angle,
            _ => false,
        }
    }
}
