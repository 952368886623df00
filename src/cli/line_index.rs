//! Byte offsets into lines and columns, for reports only.

use dopt_syntax::TextRange;
use serde::Serialize;

/// A place as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where the lines of a text start.
#[derive(Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    /// Reads the text once.
    pub fn new(text: &'t str) -> LineIndex<'t> {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        LineIndex { text, starts: std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect() }
    }

    /// The place of a byte offset. A byte order mark is no character.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.starts[line];
        let before = &self.text[start..offset.clamp(start, self.text.len())];
        Position { line: line + 1, column: before.chars().filter(|found| *found != '\u{feff}').count() + 1 }
    }

    /// The bytes of all lines that a range touches, without the last line's newline.
    pub fn lines_around(&self, range: TextRange) -> TextRange {
        let start = self.starts[self.line_of(range.start())];
        let last = self.line_of(range.end().max(range.start() + 1) - 1);
        let end = self.starts.get(last + 1).copied().unwrap_or(self.text.len());
        let bytes = self.text[start..end].trim_end_matches(['\n', '\r']).len();
        TextRange::new(start, start + bytes)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_no_byte_order_mark() {
        let text = "\u{feff}FROM ä\r\nRUN b\n";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text.find("FROM").unwrap()), Position { line: 1, column: 1 });
        assert_eq!(index.position(text.find('\r').unwrap()), Position { line: 1, column: 7 });
        assert_eq!(index.position(text.find('b').unwrap()), Position { line: 2, column: 5 });
        assert_eq!(index.position(text.len()), Position { line: 3, column: 1 });
    }

    #[test]
    fn lines_around_a_range_are_whole() {
        let text = "one\r\ntwo\nthree";
        let index = LineIndex::new(text);
        let around = |start, end| index.lines_around(TextRange::new(start, end)).of(text);
        assert_eq!(around(1, 2), "one");
        assert_eq!(around(6, 9), "two");
        assert_eq!(around(1, 10), "one\r\ntwo\nthree");
        assert_eq!(around(text.len(), text.len()), "three");
    }
}
