//! Words that are written so that a shell reads them as they are.

/// The words, each in single quotes, with blanks between them.
pub fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    let quoted = words.iter().map(|word| format!("'{}'", word.as_ref().replace('\'', "'\\''")));
    quoted.collect::<Vec<_>>().join(" ")
}
