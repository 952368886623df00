//! The header of a transform: its manual page, and its tests.

use dopt_rewrite::{Settings, Strategies, Strategy, Transform};

/// One example of a manual page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The Dockerfile.
    pub text: String,
    /// How it is rewritten.
    pub how: How,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// The options of an example: the words behind its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct How {
    /// `unsafe`: with unsafe fixes.
    pub unsafe_fixes: bool,
    /// `cache-mount`: caches are mounted, not cleaned.
    pub cache_mounts: bool,
}

/// What becomes of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This text.
    Becomes(String),
    /// Nothing, without a word.
    Unchanged,
    /// Nothing, but there is advice.
    Advised,
    /// A place is left alone, with this code.
    Refused(String),
}

impl How {
    /// Reads the words behind the kind. Panics for one that is not known.
    pub fn of<'w>(words: impl Iterator<Item = &'w str>) -> How {
        let mut how = How::default();
        for word in words {
            match word {
                "unsafe" => how.unsafe_fixes = true,
                "cache-mount" => how.cache_mounts = true,
                other => panic!("a block is unsafe or cache-mount, not {other}"),
            }
        }
        how
    }

    /// The settings that are meant.
    pub fn settings(self) -> Settings {
        let default = if self.cache_mounts { Strategy::CacheMount } else { Strategy::Clean };
        Settings { strategies: Strategies { default, own: Vec::new() }, ..Settings::default() }
    }
}

/// The manual page as Markdown: the header of the transform's file.
pub fn page(transform: &Transform) -> String {
    let header = transform.manual.lines().map_while(|line| line.strip_prefix("//!"));
    header.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

/// The examples of a page, in order. Panics where a block has another kind or an `after` follows no `before`.
pub fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut before = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```dockerfile ") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let (kind, code) = kind.split_once(": ").unwrap_or((kind, ""));
        let mut words = kind.split(' ');
        let (kind, how) = (words.next(), How::of(words));
        match kind {
            Some("before") => before = Some((text, how)),
            Some("after") => {
                let (before, how) = before.take().expect("an `after` block must follow a `before` block");
                examples.push(Example { text: before, how, outcome: Outcome::Becomes(text) });
            }
            Some("unchanged") => examples.push(Example { text, how, outcome: Outcome::Unchanged }),
            Some("advice") => {
                let how = How { unsafe_fixes: true, ..how };
                examples.push(Example { text, how, outcome: Outcome::Advised });
            }
            Some("refused") => examples.push(Example { text, how, outcome: Outcome::Refused(code.to_owned()) }),
            _ => panic!("a block is before, after, unchanged, advice or refused, not {line}"),
        }
    }
    examples
}
