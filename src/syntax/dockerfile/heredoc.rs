//! Here-documents of `RUN`, `COPY` and `ADD`: finding the words that announce them.

use super::lexer;
use crate::TextRange;

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it, quotes removed.
    pub name: String,
    /// Whether it was announced with `<<-`: leading tabs do not count in front of the terminator.
    pub strips_tabs: bool,
    /// Whether no part of the word is quoted.
    pub expands: bool,
    /// The file range of the lines between the announcement and the terminator.
    pub body: TextRange,
    /// The file range of the terminator's line, newline excluded; empty where it is missing.
    pub terminator: TextRange,
}

/// The here-documents that a logical line announces, with empty ranges.
pub(super) fn announced(line: &str) -> Vec<Heredoc> {
    if !line.contains("<<") {
        return Vec::new();
    }
    // BuildKit takes a line that its lexer cannot read for one without here-documents.
    let Ok(words) = lexer::raw_words(line) else { return Vec::new() };
    words.iter().filter_map(|word| of_word(word)).collect()
}

/// Reads `\d*<<-?WORD`, the pattern of BuildKit's `reHeredoc`.
fn of_word(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strips_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let name = lexer::unquoted_word(rest)?;
    let expands = name == rest;
    Some(Heredoc { name, strips_tabs, expands, body: TextRange::empty(0), terminator: TextRange::empty(0) })
}
