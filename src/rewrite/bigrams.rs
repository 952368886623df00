//! A quick no to the question whether a word occurs in a text.

/// Pairs of neighbouring bytes of a text and of its earlier versions, and some that only look like them.
pub(crate) struct Bigrams {
    /// One bit for each hash of a pair.
    seen: [u64; BITS / 64],
}

const BITS: usize = 4096;

impl Bigrams {
    pub(crate) fn of(text: &str) -> Self {
        let mut bigrams = Bigrams { seen: [0; BITS / 64] };
        bigrams.add(text.as_bytes());
        bigrams
    }

    /// Takes in what is new in a text, together with the byte on either side of it.
    pub(crate) fn add(&mut self, new: &[u8]) {
        for pair in new.windows(2) {
            let (word, bit) = place(pair);
            self.seen[word] |= bit;
        }
    }

    /// Whether the word occurs in the text, whose pairs are known. Only where all of its own are, the text is searched.
    pub(crate) fn text_has(&self, text: &str, word: &str) -> bool {
        let has_pair = |pair: &[u8]| {
            let (word, bit) = place(pair);
            self.seen[word] & bit != 0
        };
        word.as_bytes().windows(2).all(has_pair) && text.contains(word)
    }
}

fn place(pair: &[u8]) -> (usize, u64) {
    let number = (usize::from(pair[0]) << 5 ^ usize::from(pair[1])) % BITS;
    (number / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::Bigrams;

    #[test]
    fn a_word_is_found_where_it_is_and_nowhere_else() {
        let text = "RUN apt-get update";
        let bigrams = Bigrams::of(text);
        for (word, found) in
            [("apt-get", true), ("ap", true), ("apt ", false), ("pdate", true), ("", true), ("date ", false)]
        {
            assert_eq!(bigrams.text_has(text, word), found, "{word:?}");
        }
        assert!(!Bigrams::of("").text_has("", "a"));
        // All of its pairs are there, in other words.
        assert!(!Bigrams::of("ab bc").text_has("ab bc", "abc"));
    }

    #[test]
    fn a_word_is_found_where_an_edit_made_it() {
        let mut bigrams = Bigrams::of("RUN at update");
        bigrams.add(b"apt");
        assert!(bigrams.text_has("RUN apt update", "apt"));
    }
}
