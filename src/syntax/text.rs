//! Byte offsets and ranges. Lines and columns exist only in reports.

use std::fmt;
use std::ops::Range;

/// A half-open range of byte offsets, `start..end`, into one text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextRange {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset behind the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range `start..end`. Panics if `end < start` or an offset passes 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        assert!(start <= end, "a range must not end before it starts");
        TextRange { start: offset(start), end: offset(end) }
    }

    /// The empty range at `at`: the place of an insertion.
    pub fn empty(at: usize) -> Self {
        TextRange::new(at, at)
    }

    /// The first offset as an index.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// The offset behind the last byte as an index.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest range that holds both.
    pub fn cover(self, other: TextRange) -> TextRange {
        TextRange { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside this range.
    pub fn contains(self, other: TextRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of `text` in this range. Panics where the range leaves `text` or splits a character.
    pub fn of(self, text: &str) -> &str {
        &text[Range::from(self)]
    }
}

impl From<TextRange> for Range<usize> {
    fn from(range: TextRange) -> Self {
        range.start()..range.end()
    }
}

impl fmt::Debug for TextRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("texts of 4 GiB and more are refused before they are parsed")
}
