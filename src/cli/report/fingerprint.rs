//! What a finding is recognized by when the lines above it have moved.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Finding, Outcome};

/// Tells findings of one file apart.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: HashMap<String, usize>,
}

impl Fingerprints {
    /// A name for a finding: of its file, its rule and the words on its lines. The line numbers are not in it, nor how
    /// the words are set; of several that are equal, the second is another one than the first. 32 hexadecimal digits.
    pub fn of(&mut self, finding: &Finding<'_>, outcome: &Outcome<'_>, path: &str) -> String {
        let text = outcome.lines().lines_around(finding.at()).of(outcome.before);
        let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "\\").collect();
        self.of_parts(&[path, finding.id(), &words.join(" ")])
    }

    /// The same for a file that could not be read.
    pub fn of_file(&mut self, path: &str, code: &str) -> String {
        self.of_parts(&[path, code])
    }

    fn of_parts(&mut self, parts: &[&str]) -> String {
        let key = parts.join("\0");
        let count = self.seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(0);
        let hash = Sha256::digest(format!("{key}\0{count}"));
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
