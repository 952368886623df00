//! One instruction: its keyword, flags and arguments, and the map from its spliced text to the file.

use super::Heredoc;
use crate::TextRange;

/// One instruction of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// What it is, whatever its case in the file.
    pub keyword: Keyword,
    /// The file range of the keyword.
    pub keyword_range: TextRange,
    /// From the keyword to the end of its last line (newline excluded), here-documents included.
    pub range: TextRange,
    /// The first line, counted from 1.
    pub first_line: usize,
    /// The last line, counted from 1; with here-documents the line of the last terminator.
    pub last_line: usize,
    /// The lines without continuations and the comments between them.
    pub logical: Logical,
    /// `--name=value` in front of the arguments.
    pub flags: Vec<Flag>,
    /// The arguments behind keyword and flags, trimmed; in coordinates of `logical`.
    pub arguments: TextRange,
    /// Exec form or shell form.
    pub form: Form,
    /// The here-documents, in order.
    pub heredocs: Vec<Heredoc>,
    /// For `ONBUILD`: the instruction behind it, which shares `logical` and the here-documents.
    pub trigger: Option<Box<Instruction>>,
}

impl Instruction {
    /// The arguments as text. `file` is the text of the document.
    pub fn arguments_text<'t>(&'t self, file: &'t str) -> &'t str {
        self.arguments.of(self.logical.text(file))
    }

    /// The first flag of this name (without the dashes).
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name() == name)
    }
}

/// Whether the arguments are a JSON array of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Everything that is not a JSON array of strings.
    Shell,
    /// The strings of the array.
    Exec(Vec<String>),
}

/// A flag with its quotes and escapes removed, as BuildKit reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The whole flag, dashes included: `--mount=type=cache,target=/x`.
    pub text: String,
    /// Its place in the logical text.
    pub range: TextRange,
}

impl Flag {
    /// The name without the dashes.
    pub fn name(&self) -> &str {
        let text = self.text.trim_start_matches("--");
        text.split_once('=').map_or(text, |(name, _)| name)
    }

    /// What stands behind the `=`.
    pub fn value(&self) -> Option<&str> {
        self.text.split_once('=').map(|(_, value)| value)
    }
}

/// The text of an instruction with its continuations spliced out.
#[derive(Clone, Debug)]
pub enum Logical {
    /// The instruction stands on one line: the text is a slice of the file.
    Line(TextRange),
    /// The pieces of several lines behind each other.
    Spliced {
        /// The pieces' text.
        text: Box<str>,
        /// Where each piece comes from, in order. Never empty.
        pieces: Box<[Piece]>,
    },
}

/// A stretch of the logical text that stands in one line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts in the logical text.
    pub logical: u32,
    /// Where it stands in the file, without the continuation sign.
    pub file: TextRange,
}

impl Logical {
    /// The logical text. `file` is the text of the document.
    pub fn text<'t>(&'t self, file: &'t str) -> &'t str {
        match self {
            Logical::Line(range) => range.of(file),
            Logical::Spliced { text, .. } => text,
        }
    }

    /// The file offset of the byte at `offset`; at the end of the text, the offset behind the last byte.
    pub fn start_in_file(&self, offset: usize) -> usize {
        match self {
            Logical::Line(range) => range.start() + offset,
            Logical::Spliced { pieces, .. } => {
                let after = pieces.partition_point(|piece| piece.logical as usize <= offset);
                let piece = pieces[after.max(1) - 1];
                (piece.file.start() + offset - piece.logical as usize).min(piece.file.end())
            }
        }
    }

    /// The file offset behind the byte before `offset`: where something that follows it is inserted.
    pub fn end_in_file(&self, offset: usize) -> usize {
        match offset {
            0 => self.start_in_file(0),
            _ => self.start_in_file(offset - 1) + 1,
        }
    }

    /// The smallest file range that holds a non-empty range of the logical text.
    pub fn in_file(&self, range: TextRange) -> TextRange {
        let start = self.start_in_file(range.start());
        TextRange::new(start, self.end_in_file(range.end()).max(start))
    }

    /// Whether the text stands on one line.
    pub fn is_one_line(&self) -> bool {
        matches!(self, Logical::Line(_))
    }
}

macro_rules! keywords {
    ($($variant:ident $word:literal,)*) => {
        /// The instructions that BuildKit knows, and `Unknown`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
            /// Any other word.
            Unknown,
        }

        impl Keyword {
            /// The keyword that `word` is, in any case.
            pub fn of(word: &str) -> Keyword {
                $(if word.eq_ignore_ascii_case($word) { return Keyword::$variant; })*
                Keyword::Unknown
            }

            /// The keyword in capitals; `?` where it is unknown.
            pub fn name(self) -> &'static str {
                match self {
                    $(Keyword::$variant => $word,)*
                    Keyword::Unknown => "?",
                }
            }
        }
    };
}

keywords! {
    Run "RUN", From "FROM", Env "ENV", Copy "COPY", Workdir "WORKDIR", Cmd "CMD", Add "ADD", Expose "EXPOSE",
    Entrypoint "ENTRYPOINT", Arg "ARG", Volume "VOLUME", User "USER", Maintainer "MAINTAINER", Label "LABEL",
    Onbuild "ONBUILD", Shell "SHELL", Healthcheck "HEALTHCHECK", Stopsignal "STOPSIGNAL",
}
