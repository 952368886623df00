//! What can be asked of a tree: where a command lies, what a word says.

use std::borrow::Cow;

use super::ast::*;
use crate::TextRange;

impl Command {
    /// From the command's first byte to its last.
    pub fn range(&self) -> TextRange {
        match self {
            Command::Simple(simple) => simple.range,
            Command::Compound(compound) => compound.range,
            Command::Function(function) => function.range,
        }
    }
}

impl AndOr {
    /// From the first pipeline's first byte to the last one's last.
    pub fn range(&self) -> TextRange {
        self.rest.last().map_or(self.first.range, |last| self.first.range.cover(last.pipeline.range))
    }
}

impl SimpleCommand {
    /// Assignments, words and redirections as written, in this order and with one blank between two.
    pub fn written(&self, text: &str) -> String {
        let assignments = self.assignments.iter().map(|found| found.range().of(text));
        let words = self.words.iter().map(|word| word.range.of(text));
        let redirects = self.redirects.iter().flat_map(|found| std::iter::once(found.range).chain(found.body));
        assignments.chain(words).chain(redirects.map(|range| range.of(text))).collect::<Vec<_>>().join(" ")
    }

    /// Whether a redirection reads or writes a file, other than `/dev/null`.
    pub fn redirects_to_files(&self, text: &str) -> bool {
        self.redirects.iter().any(|found| {
            let target = found.target.range.of(text);
            let is_descriptor = found.operator.of(text).ends_with('&') && target.bytes().all(|b| b.is_ascii_digit());
            !is_descriptor && target != "/dev/null"
        })
    }

    /// The literal value of the first word; `None` where there is none or it expands.
    pub fn name<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        self.words.first()?.literal(text)
    }
}

impl Word {
    /// The value with the quotes removed; `None` where it expands. With `globs` it is still the pattern as written.
    ///
    /// `text` is the script's own text. Borrows from it where nothing has to be removed from the middle.
    pub fn literal<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if self.expands {
            return None;
        }
        let raw = self.range.of(text);
        // What is not quoted has a backslash only in front of a line break.
        if !self.quoted && !raw.as_bytes().contains(&b'\\') {
            return Some(Cow::Borrowed(raw));
        }
        Some(inside_one_quote(raw).map_or_else(|| Cow::Owned(unquoted(raw)), Cow::Borrowed))
    }
}

/// What stands between the quotes where `raw` is one quoted string and nothing else.
fn inside_one_quote(raw: &str) -> Option<&str> {
    let quote = *raw.as_bytes().first()?;
    if quote != b'\'' && quote != b'"' {
        return None;
    }
    let inside = raw.get(1..raw.len().checked_sub(1)?)?;
    let plain = |b: u8| b != quote && (b != b'\\' || quote == b'\'');
    (raw.len() > 1 && inside.bytes().all(plain)).then_some(inside)
}

/// `raw` without its quotes and line continuations.
fn unquoted(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => match chars.next() {
                Some('\n') => {}
                Some(next) if quote.is_some() && !matches!(next, '$' | '`' | '"' | '\\') => value.extend(['\\', next]),
                Some(next) => value.push(next),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    value
}
