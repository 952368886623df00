//! The Dockerfile itself: directives, instructions, flags, here-documents.
//!
//! The grammar is that of BuildKit's parser, quirks included; what instructions mean is not known here.

mod arguments;
mod directive;
mod heredoc;
mod instruction;
mod lexer;
mod parser;

#[cfg(test)]
mod tests;

pub use arguments::{Copy, From, Pair, pairs, plain_words};
pub use directive::{Directive, DirectiveName};
pub use heredoc::Heredoc;
pub use instruction::{Flag, Form, Instruction, Keyword, Logical, Piece};
pub use lexer::{Expansion, Modifier, Segment, expansions, quoted};

use crate::{Problem, ProblemKind};

/// A Dockerfile that was read: its text, byte for byte, and what stands where.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    directives: Vec<Directive>,
    instructions: Vec<Instruction>,
    problems: Vec<Problem>,
    escape: u8,
}

impl Document {
    /// Reads any text; what is wrong with it is listed in [`Document::problems`]. Panics beyond 4 GiB.
    pub fn parse(text: impl Into<String>) -> Document {
        parser::parse(text.into())
    }

    /// The text that was read, unchanged.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The instructions, in the order of the file.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The parser directives of the first lines.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// What BuildKit would reject, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is a problem of this kind.
    pub fn has_problem(&self, kind: ProblemKind) -> bool {
        self.problems.iter().any(|problem| problem.kind == kind)
    }

    /// The character that continues a line: `\` or a backtick.
    pub fn escape(&self) -> char {
        char::from(self.escape)
    }

    /// `\r\n` where the first line ends so, else `\n`.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}
