//! The bytes below the grammar: classes, blanks, comments, ends of lines, reserved words, refusals.
//!
//! In: the [`Parser`]'s state and everything that moves over bytes without building a tree.
//! Out: words (`word.rs`), what starts with `$` (`expansion.rs`), here-documents (`heredoc.rs`).

use super::ast::{Dialect, NotUnderstood};
use super::heredoc::HereDocuments;
use crate::TextRange;

pub(super) type Read<T> = Result<T, NotUnderstood>;

/// How deep constructs may be nested.
const DEEPEST: u32 = 64;

/// What a byte means to an unquoted word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Plain,
    /// Blank, newline, `;`, `&`, `|`, `(`, `)`, and 0, which stands for the end of the text.
    End,
    /// `<` and `>`, which end a word unless they open Bash's `<(…)`.
    Angle,
    SingleQuote,
    DoubleQuote,
    Backslash,
    Dollar,
    BackQuote,
    /// `*` and `?`
    Glob,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Tilde,
    CarriageReturn,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let ends = b"\0 \t\n;&|()";
    let mut i = 0;
    while i < ends.len() {
        classes[ends[i] as usize] = Class::End;
        i += 1;
    }
    classes[b'<' as usize] = Class::Angle;
    classes[b'>' as usize] = Class::Angle;
    classes[b'\'' as usize] = Class::SingleQuote;
    classes[b'"' as usize] = Class::DoubleQuote;
    classes[b'\\' as usize] = Class::Backslash;
    classes[b'$' as usize] = Class::Dollar;
    classes[b'`' as usize] = Class::BackQuote;
    classes[b'*' as usize] = Class::Glob;
    classes[b'?' as usize] = Class::Glob;
    classes[b'[' as usize] = Class::OpenBracket;
    classes[b']' as usize] = Class::CloseBracket;
    classes[b'{' as usize] = Class::OpenBrace;
    classes[b'}' as usize] = Class::CloseBrace;
    classes[b',' as usize] = Class::Comma;
    classes[b'~' as usize] = Class::Tilde;
    classes[b'\r' as usize] = Class::CarriageReturn;
    classes
};

pub(super) fn class(byte: u8) -> Class {
    CLASSES[byte as usize]
}

/// The words that mean something only where a command may start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reserved {
    If,
    Then,
    Elif,
    Else,
    Fi,
    For,
    In,
    While,
    Until,
    Do,
    Done,
    Case,
    Esac,
    OpenBrace,
    CloseBrace,
    Not,
    DoubleBracket,
    CloseDoubleBracket,
    Function,
    Select,
    Coproc,
    Time,
}

impl Reserved {
    fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"if" => Reserved::If,
            b"then" => Reserved::Then,
            b"elif" => Reserved::Elif,
            b"else" => Reserved::Else,
            b"fi" => Reserved::Fi,
            b"for" => Reserved::For,
            b"in" => Reserved::In,
            b"while" => Reserved::While,
            b"until" => Reserved::Until,
            b"do" => Reserved::Do,
            b"done" => Reserved::Done,
            b"case" => Reserved::Case,
            b"esac" => Reserved::Esac,
            b"{" => Reserved::OpenBrace,
            b"}" => Reserved::CloseBrace,
            b"!" => Reserved::Not,
            b"[[" => Reserved::DoubleBracket,
            b"]]" => Reserved::CloseDoubleBracket,
            b"function" => Reserved::Function,
            b"select" => Reserved::Select,
            b"coproc" => Reserved::Coproc,
            b"time" => Reserved::Time,
            _ => return None,
        })
    }

    pub(super) fn len(self) -> usize {
        match self {
            Reserved::OpenBrace | Reserved::CloseBrace | Reserved::Not => 1,
            Reserved::If | Reserved::Fi | Reserved::In | Reserved::Do => 2,
            Reserved::DoubleBracket | Reserved::CloseDoubleBracket => 2,
            Reserved::For => 3,
            Reserved::Then | Reserved::Elif | Reserved::Else | Reserved::Done => 4,
            Reserved::Case | Reserved::Esac | Reserved::Time => 4,
            Reserved::While | Reserved::Until => 5,
            Reserved::Select | Reserved::Coproc => 6,
            Reserved::Function => 8,
        }
    }

    /// Whether it ends or divides a compound command, so that no command starts with it.
    pub(super) fn closes(self) -> bool {
        use Reserved::*;
        matches!(self, Then | Elif | Else | Fi | Do | Done | Esac | CloseBrace | In)
    }
}

/// The reader: a position in the text and what was put aside on the way.
pub(super) struct Parser<'t> {
    pub text: &'t str,
    /// The text up to where the current reading ends: inside back-quotes that is the closing one.
    pub bytes: &'t [u8],
    pub pos: usize,
    pub dialect: Dialect,
    pub comments: Vec<TextRange>,
    pub heredocs: HereDocuments<'t>,
    depth: u32,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str, dialect: Dialect) -> Self {
        let heredocs = HereDocuments::default();
        Parser { text, bytes: text.as_bytes(), pos: 0, dialect, comments: Vec::new(), heredocs, depth: 0 }
    }

    pub fn bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    /// The byte at `at`, or 0 behind the end. A 0 in the text itself was refused at the start.
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte at the position.
    pub fn here(&self) -> u8 {
        self.byte(self.pos)
    }

    pub fn since(&self, start: usize) -> TextRange {
        TextRange::new(start, self.pos)
    }

    /// Refuses the character at `at`.
    pub fn refuse(&self, why: &'static str, at: usize) -> NotUnderstood {
        let mut start = at.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let end = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
        NotUnderstood { why, at: TextRange::new(start, end) }
    }

    pub fn fail<T>(&self, why: &'static str, at: usize) -> Read<T> {
        Err(self.refuse(why, at))
    }

    /// Refuses what stands at the position, which the grammar has no place for.
    pub fn unexpected<T>(&self) -> Read<T> {
        let why = match (self.here(), self.byte(self.pos + 1)) {
            (0, _) => "it ends in the middle of a command",
            (b';', b';' | b'&') => "`;;` stands outside a `case`",
            (b';' | b'&' | b'|' | b'\n', _) => "a command is missing",
            (b'<' | b'>', b'(') => "a process substitution, which is Bash's alone",
            (b'<' | b'>', _) => "a redirection stands where none can",
            (b'(', _) => "a `(` stands where none can",
            (b')', _) => "a `)` closes nothing",
            _ if self.reserved().is_some() => "a reserved word stands where it means nothing",
            _ => "a word stands where an operator has to",
        };
        self.fail(why, self.pos)
    }

    /// Runs `read` one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEEPEST {
            return self.fail("it is nested too deep", self.pos);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Where the bytes go on behind the line continuations at `at`.
    pub fn behind_continuations(&self, mut at: usize) -> usize {
        while self.byte(at) == b'\\' && self.byte(at + 1) == b'\n' {
            at += 2;
        }
        at
    }

    /// Whether an unquoted word cannot go on at `at`.
    pub fn ends_word(&self, at: usize) -> bool {
        matches!(class(self.byte(self.behind_continuations(at))), Class::End | Class::Angle)
    }

    /// Whether a word starts at the position, where a token starts.
    pub fn starts_word(&self) -> bool {
        match class(self.here()) {
            Class::End => false,
            Class::Angle => self.bash() && self.byte(self.pos + 1) == b'(',
            _ => self.here() != b'#',
        }
    }

    /// Skips spaces, tabs and line continuations.
    pub fn blanks(&mut self) {
        loop {
            match self.here() {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.byte(self.pos + 1) == b'\n' => self.pos += 2,
                _ => return,
            }
        }
    }

    /// Skips a comment, if one starts here.
    pub fn comment(&mut self) {
        if self.here() == b'#' {
            let start = self.pos;
            let rest = &self.bytes[start..];
            self.pos += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            self.comments.push(self.since(start));
        }
    }

    /// Skips blanks, comments and ends of lines.
    pub fn line_breaks(&mut self) -> Read<()> {
        loop {
            self.blanks();
            match self.here() {
                b'\n' => self.newline()?,
                b'#' => self.comment(),
                _ => return Ok(()),
            }
        }
    }

    /// Steps over an operator of `len` bytes that must not go on behind a line continuation.
    pub fn operator(&mut self, len: usize) -> Read<()> {
        let start = self.pos;
        self.pos += len;
        let next = self.behind_continuations(self.pos);
        if next == self.pos || matches!(&self.bytes[start..self.pos], b"&&" | b"||") {
            return Ok(());
        }
        let goes_on = match self.byte(self.pos - 1) {
            b'&' => matches!(self.byte(next), b'&' | b'>'),
            b'|' => matches!(self.byte(next), b'|' | b'&'),
            b';' => matches!(self.byte(next), b';' | b'&'),
            b'(' => self.byte(next) == b'(',
            _ => matches!(self.byte(next), b'<' | b'>' | b'&' | b'|' | b'(' | b'-'),
        };
        if goes_on { self.fail("a line continuation inside an operator", self.pos) } else { Ok(()) }
    }

    /// The reserved word at the position, where a command may start.
    pub fn reserved(&self) -> Option<Reserved> {
        if !matches!(self.here(), b'a'..=b'z' | b'{' | b'}' | b'!' | b'[' | b']') {
            return None;
        }
        let rest = &self.bytes[self.pos..];
        let part = |b: &u8| matches!(b, b'a'..=b'z' | b'{' | b'}' | b'!' | b'[' | b']');
        let len = rest.iter().take(9).position(|b| !part(b)).unwrap_or(rest.len().min(9));
        let word = Reserved::of(&rest[..len])?;
        self.ends_word(self.pos + len).then_some(word)
    }

    /// Steps over the reserved word `wanted`.
    pub fn expect(&mut self, wanted: Reserved, missing: &'static str) -> Read<()> {
        self.blanks();
        if self.reserved() == Some(wanted) {
            self.pos += wanted.len();
            return Ok(());
        }
        if self.here() == 0 { self.fail(missing, self.pos) } else { self.unexpected() }
    }

    /// The end of the name that starts at `at`; `at` itself where none does.
    pub fn name_end(&self, at: usize) -> usize {
        let first = self.byte(at);
        if !(first.is_ascii_alphabetic() || first == b'_') {
            return at;
        }
        let rest = &self.bytes[at..];
        at + rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(rest.len())
    }
}
