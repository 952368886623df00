//! What is wrong with a Dockerfile, as BuildKit's parser sees it.

use crate::TextRange;

/// One thing that BuildKit rejects, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The place in the file.
    pub at: TextRange,
}

/// The kinds of problems. Their order is not meaningful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The file has no instruction.
    NoInstruction,
    /// A keyword that no frontend knows.
    UnknownInstruction,
    /// The line that ends a here-document is missing.
    UnterminatedHeredoc,
    /// `# escape=` names something else than `\` or a backtick.
    InvalidEscape,
    /// A parser directive stands twice.
    RepeatedDirective,
    /// A JSON array that holds something else than strings.
    NotAllStrings,
    /// `ENV` or `LABEL` without a value.
    MissingValue,
    /// A pair of `ENV`, `LABEL` without `=` behind one that has it.
    MissingEquals,
    /// A physical line longer than BuildKit's scanner takes (64 KiB − 1).
    LineTooLong,
    /// An instruction that needs arguments has none.
    MissingArguments,
}

impl ProblemKind {
    /// One sentence without a full stop.
    pub fn message(self) -> &'static str {
        match self {
            ProblemKind::NoInstruction => "the file has no instruction",
            ProblemKind::UnknownInstruction => "this instruction is unknown",
            ProblemKind::UnterminatedHeredoc => "the here-document is never ended",
            ProblemKind::InvalidEscape => "the escape directive takes `\\` or a backtick",
            ProblemKind::RepeatedDirective => "this parser directive stands twice",
            ProblemKind::NotAllStrings => "a JSON array here may hold strings only",
            ProblemKind::MissingValue => "a name without a value",
            ProblemKind::MissingEquals => "a pair without `=`",
            ProblemKind::LineTooLong => "the line is longer than the 65,535 bytes that BuildKit reads",
            ProblemKind::MissingArguments => "the instruction has no arguments",
        }
    }
}
