//! The header of a transform: its manual page, and its tests.

use dopt_rewrite::Transform;

/// One example of a manual page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Example {
    /// A Dockerfile and what becomes of it.
    Rewritten {
        /// Before.
        before: String,
        /// Whether it takes `--unsafe-fixes`.
        takes_unsafe: bool,
        /// After.
        after: String,
    },
    /// A Dockerfile that stays as it is, without a word.
    Unchanged(String),
    /// A Dockerfile that stays as it is, but about which there is advice.
    Advised(String),
    /// A Dockerfile in which a place is left alone.
    Refused {
        /// The code of the reason.
        code: String,
        /// The Dockerfile.
        text: String,
    },
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
        match kind {
            "before" => before = Some((text, false)),
            "before unsafe" => before = Some((text, true)),
            "after" => {
                let (before, takes_unsafe) = before.take().expect("an `after` block must follow a `before` block");
                examples.push(Example::Rewritten { before, takes_unsafe, after: text });
            }
            "unchanged" => examples.push(Example::Unchanged(text)),
            "advice" => examples.push(Example::Advised(text)),
            _ => {
                let code =
                    kind.strip_prefix("refused: ").expect("a block is before, after, unchanged, advice or refused");
                examples.push(Example::Refused { code: code.to_owned(), text });
            }
        }
    }
    examples
}
