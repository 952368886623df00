//! The comment that forbids a rule: what it says, and where it goes.

use dopt_syntax::{Document, TextRange};

/// A reason as a comment can hold it; `None` where there is nothing in it.
pub fn reason(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|found| !found.is_control()).collect();
    let plain = plain.replace('"', "'");
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// Where the comment goes in a text, and its line: above the instruction at a place, or above the first one.
pub fn line(text: &str, at: TextRange, rule: &str, whole_file: bool, reason: &str) -> (usize, String) {
    let document = Document::parse(text);
    let instructions = document.instructions();
    let here = instructions.partition_point(|found| found.range.start() <= at.start()).saturating_sub(1);
    let offset = instructions.get(if whole_file { 0 } else { here }).map_or(0, |found| found.range.start());
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let indent: String = text[start..offset].chars().take_while(|found| matches!(found, ' ' | '\t')).collect();
    let word = if whole_file { "ignore-file" } else { "ignore" };
    (offset, format!("{indent}# dopt: {word}={rule} reason=\"{reason}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_stands_above_the_whole_instruction() {
        let text = "FROM a\n  RUN b \\\n    && c\n";
        let at = TextRange::empty(text.find('c').unwrap());
        assert_eq!(line(text, at, "x", false, "why"), (9, "  # dopt: ignore=x reason=\"why\"".to_owned()));
        assert_eq!(line(text, at, "x", true, "why"), (0, "# dopt: ignore-file=x reason=\"why\"".to_owned()));
    }

    #[test]
    fn a_reason_cannot_end_the_comment() {
        assert_eq!(reason(" say \"no\"\nRUN x ").as_deref(), Some("say 'no'RUN x"));
        assert_eq!(reason(" \t"), None);
    }
}
