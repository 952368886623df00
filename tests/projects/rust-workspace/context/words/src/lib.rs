//! Counts words.

/// How many there are.
pub fn count(words: impl Iterator<Item = String>) -> usize {
    words.count()
}
