//! The log of a build: calls of stubs, in order.

use crate::files::is_cache;

/// One call of a package manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The program and its arguments; files of one cache folder are one word.
    pub words: Vec<String>,
    pub status: i32,
    /// Whether it found what it works from, where it says so.
    pub found: Option<bool>,
}

impl Call {
    /// Reads what a stub writes: `npm ci --offline = 1 miss`.
    pub(crate) fn read(line: &str) -> Call {
        let (call, end) = line.rsplit_once(" = ").expect("a stub writes its status");
        let (status, found) = match end.split_once(' ') {
            Some((status, found)) => (status, Some(found == "hit")),
            None => (end, None),
        };
        let mut words: Vec<String> = call.split_whitespace().map(str::to_owned).collect();
        if words[0] == "rm" {
            words.iter_mut().for_each(|word| *word = without_name(word));
            words.dedup();
        }
        Call { words, status: status.parse().expect("a status is a number"), found }
    }

    /// The words, one blank between two.
    pub(crate) fn text(&self) -> String {
        self.words.join(" ")
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found = match self.found {
            Some(true) => " hit",
            Some(false) => " miss",
            None => "",
        };
        write!(f, "{} = {}{found}", self.text(), self.status)
    }
}

/// A file of a cache without its name: how many there are is not what is compared.
fn without_name(word: &str) -> String {
    match word.rsplit_once('/') {
        Some((folder, _)) if is_cache(folder) => format!("{folder}/*"),
        _ => word.to_owned(),
    }
}
