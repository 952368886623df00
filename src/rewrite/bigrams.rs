//! A quick no to the question whether a word occurs in a text; a yes has to be looked at.

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

    /// Whether the word may occur in the text: all of its pairs do.
    pub(crate) fn may_have(&self, word: &str) -> bool {
        word.as_bytes().windows(2).all(|pair| {
            let (word, bit) = place(pair);
            self.seen[word] & bit != 0
        })
    }
}

fn place(pair: &[u8]) -> (usize, u64) {
    // Letters of the same case do not fall on each other.
    let number = (usize::from(pair[0]) * 31 + usize::from(pair[1])) % BITS;
    (number / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::Bigrams;

    #[test]
    fn a_word_that_is_there_is_found() {
        let bigrams = Bigrams::of("RUN apt-get update");
        for (word, found) in [("apt-get", true), ("ap", true), ("yum", false), ("pdate", true), ("", true)] {
            assert_eq!(bigrams.may_have(word), found, "{word:?}");
        }
        assert!(!Bigrams::of("").may_have("ab"));
    }

    #[test]
    fn a_word_is_found_where_an_edit_made_it() {
        let mut bigrams = Bigrams::of("RUN at update");
        assert!(!bigrams.may_have("apt"));
        bigrams.add(b"apt");
        assert!(bigrams.may_have("apt"));
    }
}
