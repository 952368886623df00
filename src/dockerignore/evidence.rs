//! What the files that steer builds say: whether they read the history, and whether they speak of something.

use std::collections::BTreeMap;

use crate::history;
use crate::junk::{CATALOG, Proof};
use crate::rules::Rules;
use crate::steps::has_word;

/// What was found in the build files of a context.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The first file that reads the history, with the words.
    pub history: Option<(String, String)>,
    /// For each name that is spoken of, the first file that does.
    mentions: BTreeMap<String, String>,
    /// Folders whose `package.json` speaks for those below them.
    pub workspaces: Vec<Vec<u8>>,
    /// Why not all of them could be read.
    pub incomplete: Option<String>,
}

impl Evidence {
    /// Takes a file into account.
    pub fn read(&mut self, rules: &Rules, path: &[u8], text: &str) {
        let shown = || String::from_utf8_lossy(path).into_owned();
        if self.history.is_none()
            && let Some(words) = history::reader_in(text)
        {
            self.history = Some((shown(), words));
        }
        let matters = |junk: usize| CATALOG[junk].proof == Proof::NotMentionedInBuild;
        for rule in rules.all.iter().filter(|rule| matters(rule.junk)) {
            let word = rule.name.trim_start_matches('*');
            let is_wild = word.len() != rule.name.len();
            let found = if is_wild { false } else { text.contains(word) && has_word(text, word) };
            if found && !self.mentions.contains_key(word) {
                self.mentions.insert(word.to_owned(), shown());
            }
        }
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&path[..0], path),
        };
        if name == b"pnpm-workspace.yaml" || (name == b"package.json" && text.contains("\"workspaces\"")) {
            self.workspaces.push(folder.to_vec());
        }
    }

    /// The file that speaks of a name.
    pub fn mention(&self, name: &str) -> Option<&str> {
        self.mentions.get(name).map(String::as_str)
    }
}
