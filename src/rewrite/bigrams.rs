//! A quick no to the question whether a word occurs in a text.

/// The pairs of neighbouring bytes that a text has.
pub(crate) struct Bigrams<'t> {
    text: &'t str,
    /// One bit for each pair.
    seen: Box<[u64; 1024]>,
}

impl<'t> Bigrams<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut seen = Box::new([0; 1024]);
        for pair in text.as_bytes().windows(2) {
            let (word, bit) = place(pair);
            seen[word] |= bit;
        }
        Bigrams { text, seen }
    }

    /// Whether the word occurs in the text. Only where all of its pairs do, the text is searched.
    pub(crate) fn text_has(&self, word: &str) -> bool {
        let has_pair = |pair: &[u8]| {
            let (word, bit) = place(pair);
            self.seen[word] & bit != 0
        };
        word.as_bytes().windows(2).all(has_pair) && self.text.contains(word)
    }
}

fn place(pair: &[u8]) -> (usize, u64) {
    let number = usize::from(pair[0]) << 8 | usize::from(pair[1]);
    (number >> 6, 1 << (number & 63))
}

#[cfg(test)]
mod tests {
    use super::Bigrams;

    #[test]
    fn a_word_is_found_where_it_is_and_nowhere_else() {
        let bigrams = Bigrams::of("RUN apt-get update");
        for (word, found) in
            [("apt-get", true), ("ap", true), ("apt ", false), ("pdate", true), ("", true), ("date ", false)]
        {
            assert_eq!(bigrams.text_has(word), found, "{word:?}");
        }
        assert!(!Bigrams::of("").text_has("a"));
        // All of its pairs are there, in other words.
        assert!(!Bigrams::of("ab bc").text_has("abc"));
    }
}
