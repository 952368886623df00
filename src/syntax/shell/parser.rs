//! Lists, and-or lists, pipelines and simple commands.
//!
//! In: the grammar of POSIX shell from the script down to the simple command, byte spans, no trees of tokens.
//! Out: compound commands (`compound.rs`), Bash's own constructs (`bash.rs`), words (`word.rs`), aliases, and
//! everything that is known only when the script runs.

use super::ast::*;
use super::lexer::{Class, Parser, Read, Reserved, class};
use crate::TextRange;

/// Reads `text` as a whole script, or says what keeps it from being read with certainty.
///
/// Takes time linear in the length of `text` and never panics.
pub fn parse(text: &str, dialect: Dialect) -> Result<Script, NotUnderstood> {
    let mut parser = Parser::new(text, dialect);
    if u32::try_from(text.len()).is_err() {
        return Err(NotUnderstood { why: "it is too long", at: TextRange::empty(0) });
    }
    if let Some(at) = text.find('\0') {
        return parser.fail("it has a NUL byte", at);
    }
    if text.starts_with(['-', '+']) {
        return parser.fail("it starts like an option, which is what `sh -c` takes it for", 0);
    }
    let mut list = parser.list()?;
    if parser.pos < text.len() {
        return parser.unexpected();
    }
    parser.finish_heredocs(&mut list)?;
    Ok(Script { list, comments: parser.comments })
}

impl Parser<'_> {
    /// Reads and-or lists up to something that cannot start one, which is left to the caller.
    pub(super) fn list(&mut self) -> Read<List> {
        let mut items = Vec::new();
        loop {
            self.line_breaks()?;
            if self.ends_list() {
                return Ok(List { items });
            }
            let and_or = self.and_or()?;
            self.blanks();
            self.comment();
            let separator = self.separator()?;
            let over = separator.is_none();
            let needs_separator = over && !self.ends_with_bracket(&and_or);
            items.push(Item { and_or, separator });
            if over {
                if needs_separator && self.reserved().is_some() {
                    return self.unexpected();
                }
                return Ok(List { items });
            }
        }
    }

    /// A list with at least one command.
    pub(super) fn some_list(&mut self) -> Read<List> {
        let list = self.list()?;
        if list.items.is_empty() { self.unexpected() } else { Ok(list) }
    }

    fn ends_list(&self) -> bool {
        match self.here() {
            0 | b')' => true,
            b';' => matches!(self.byte(self.pos + 1), b';' | b'&'),
            _ => self.reserved().is_some_and(Reserved::closes),
        }
    }

    /// Whether a reserved word may follow without a separator: behind `)`, `}`, `fi` …, not behind a redirection.
    fn ends_with_bracket(&self, and_or: &AndOr) -> bool {
        let last = and_or.rest.last().map_or(&and_or.first, |link| &link.pipeline);
        match last.commands.last() {
            Some(Command::Compound(compound)) => compound.redirects.is_empty(),
            Some(Command::Function(function)) => function.body.redirects.is_empty(),
            _ => false,
        }
    }

    fn separator(&mut self) -> Read<Option<Separator>> {
        let start = self.pos;
        let kind = match (self.here(), self.byte(start + 1)) {
            (b'\n', _) => SeparatorKind::Newline,
            (b';', next) if next != b';' && next != b'&' => SeparatorKind::Semicolon,
            (b'&', _) => SeparatorKind::Background,
            _ => return Ok(None),
        };
        if kind == SeparatorKind::Newline {
            self.newline()?;
        } else {
            self.operator(1)?;
        }
        Ok(Some(Separator { kind, range: TextRange::new(start, start + 1) }))
    }

    fn and_or(&mut self) -> Read<AndOr> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let operator = match (self.here(), self.byte(self.pos + 1)) {
                (b'&', b'&') => AndOrOperator::And,
                (b'|', b'|') => AndOrOperator::Or,
                _ => return Ok(AndOr { first, rest }),
            };
            let operator_range = TextRange::new(self.pos, self.pos + 2);
            self.operator(2)?;
            self.line_breaks()?;
            rest.push(Link { operator, operator_range, pipeline: self.pipeline()? });
        }
    }

    fn pipeline(&mut self) -> Read<Pipeline> {
        let start = self.pos;
        let negated = self.reserved() == Some(Reserved::Not);
        if negated {
            self.pos += 1;
            if self.here() == b'(' {
                return self.fail("`!(`, which may be a pattern or a subshell", start);
            }
            self.blanks();
        }
        let mut commands = Vec::with_capacity(1);
        let first = self.command()?;
        let mut end = first.range().end();
        commands.push(first);
        loop {
            self.blanks();
            match (self.here(), self.byte(self.pos + 1)) {
                (b'|', b'|') => break,
                (b'|', b'&') if self.bash() => self.operator(2)?,
                (b'|', b'&') => return self.fail("`|&`, which is Bash's alone", self.pos),
                (b'|', _) => self.operator(1)?,
                _ => break,
            }
            self.line_breaks()?;
            let next = self.command()?;
            end = next.range().end();
            commands.push(next);
        }
        Ok(Pipeline { range: TextRange::new(start, end), negated, commands })
    }

    fn command(&mut self) -> Read<Command> {
        if self.here() == b'(' {
            return Ok(Command::Compound(self.compound()?));
        }
        match self.reserved() {
            None => self.simple(),
            Some(Reserved::DoubleBracket) if !self.bash() => self.posix_double_bracket(),
            Some(Reserved::Time) => self.time(),
            Some(Reserved::Function) => Ok(Command::Function(self.bash_function()?)),
            Some(Reserved::Select) => self.fail("`select`, which is not read", self.pos),
            Some(Reserved::Coproc) => self.fail("`coproc`, which is not read", self.pos),
            Some(Reserved::Not) => self.fail("a `!` stands where none can", self.pos),
            Some(word) if word.closes() => self.unexpected(),
            Some(_) => Ok(Command::Compound(self.compound()?)),
        }
    }

    /// `time command`, which Bash reads as a part of its grammar and the others as a command of that name.
    fn time(&mut self) -> Read<Command> {
        let start = self.pos;
        self.pos += 4;
        self.blanks();
        if self.byte(self.pos) == b'-' {
            self.word()?;
            self.blanks();
        }
        let assigns = matches!(self.byte(self.name_end(self.pos)), b'=' | b'+' | b'[');
        let redirects = matches!(class(self.here()), Class::Angle) || self.here().is_ascii_digit();
        if !self.starts_word() || self.reserved().is_some() || assigns || redirects {
            return self.fail("`time` in front of something that is not a plain command", start);
        }
        self.pos = start;
        self.simple()
    }

    /// A simple command, or a function's definition, which starts like one.
    pub(super) fn simple(&mut self) -> Read<Command> {
        let start = self.pos;
        let mut command =
            SimpleCommand { range: TextRange::empty(start), assignments: vec![], words: vec![], redirects: vec![] };
        let mut end = start;
        loop {
            if self.starts_word() {
                if let Some(redirect) = self.redirect()? {
                    command.redirects.push(redirect);
                } else if command.words.is_empty() {
                    if let Some(assignment) = self.assignment()? {
                        command.assignments.push(assignment);
                    } else {
                        let name = self.word()?;
                        end = self.pos;
                        self.blanks();
                        if self.here() == b'(' {
                            return self.function(&command, name.range);
                        }
                        command.words.push(name);
                        continue;
                    }
                } else {
                    let word = self.argument(&command)?;
                    command.words.push(word);
                }
            } else if let Some(redirect) = self.redirect()? {
                command.redirects.push(redirect);
            } else {
                break;
            }
            end = self.pos;
            self.blanks();
        }
        if end == start {
            return self.unexpected();
        }
        command.range = TextRange::new(start, end);
        if !self.bash() {
            self.check_double_brackets(&command)?;
        }
        Ok(Command::Simple(command))
    }

    /// BusyBox reads on to a `]]` behind any word `[[`, not only behind a command of that name.
    fn check_double_brackets(&self, command: &SimpleCommand) -> Read<()> {
        let misplaced = |word: &&Word| word.range.len() == 2 && word.range.start > command.range.start;
        match command.words.iter().filter(misplaced).find(|word| word.range.of(self.text) == "[[") {
            Some(word) => self.fail("a `[[` that is more than a plain test, which is Bash's alone", word.range.start()),
            None => Ok(()),
        }
    }

    fn assignment(&mut self) -> Read<Option<Assignment>> {
        let start = self.pos;
        let name_end = self.name_end(start);
        if name_end == start {
            return Ok(None);
        }
        let value = match (self.byte(name_end), self.byte(name_end + 1)) {
            (b'=', _) => name_end + 1,
            (b'+', b'=') if self.bash() => name_end + 2,
            (b'+', b'=') => return self.fail("`+=`, which is Bash's alone", name_end),
            (b'[', _) => return self.fail("what may be an element of an array", start),
            _ => return Ok(None),
        };
        self.pos = value;
        let value = self.value()?;
        Ok(Some(Assignment { name: TextRange::new(start, name_end), value }))
    }

    /// A word behind the command's name: in Bash `declare` and its like take arrays there.
    fn argument(&mut self, command: &SimpleCommand) -> Read<Word> {
        let mut word = self.word()?;
        if self.here() == b'(' && self.bash() && command.redirects.is_empty() && self.declares(&command.words[0]) {
            let start = word.range.start();
            let name_end = self.name_end(start);
            if name_end > start && matches!(&self.bytes[name_end..self.pos], b"=" | b"+=") {
                self.array(&mut word)?;
            }
        }
        Ok(word)
    }

    fn declares(&self, name: &Word) -> bool {
        matches!(name.range.of(self.text), "declare" | "typeset" | "local" | "export" | "readonly")
    }
}
