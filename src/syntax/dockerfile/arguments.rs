//! Typed views of arguments, with ranges in the instruction's logical text.

use super::{Form, Instruction};
use crate::TextRange;

/// The arguments of `FROM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// The image or the stage, as written.
    pub image: TextRange,
    /// The name behind `AS`.
    pub alias: Option<TextRange>,
}

impl From {
    /// Reads `image [AS name]`; `None` for any other number of words.
    pub fn of(instruction: &Instruction, file: &str) -> Option<From> {
        let words = plain_words(instruction.logical.text(file), instruction.arguments);
        match words[..] {
            [image] => Some(From { image, alias: None }),
            [image, keyword, alias] if keyword.of(instruction.logical.text(file)).eq_ignore_ascii_case("as") => {
                Some(From { image, alias: Some(alias) })
            }
            _ => None,
        }
    }
}

/// The arguments of `COPY` and `ADD`, quotes and variables as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Every source; a here-document is one too.
    pub sources: Vec<String>,
    /// The last argument.
    pub destination: String,
}

impl Copy {
    /// `None` where there are fewer than two arguments.
    pub fn of(instruction: &Instruction, file: &str) -> Option<Copy> {
        let mut sources = match &instruction.form {
            Form::Exec(words) => words.clone(),
            Form::Shell => {
                let text = instruction.logical.text(file);
                plain_words(text, instruction.arguments).iter().map(|word| word.of(text).to_owned()).collect()
            }
        };
        let destination = sources.pop()?;
        if sources.is_empty() { None } else { Some(Copy { sources, destination }) }
    }
}

/// One `name=value` of `ENV`, `LABEL` or `ARG`, quotes and variables as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: TextRange,
    /// The value; `None` for an `ARG` without default.
    pub value: Option<TextRange>,
}

/// The pairs of `ENV`, `LABEL` or `ARG`, also of the old form `ENV name value`.
pub fn pairs(instruction: &Instruction, file: &str, escape: char) -> Vec<Pair> {
    let text = instruction.logical.text(file);
    let words = quoted_words(text, instruction.arguments, escape);
    let is_arg = instruction.keyword == super::Keyword::Arg;
    match words.first() {
        Some(first) if !is_arg && !first.of(text).contains('=') => {
            let name = plain_words(text, instruction.arguments)[0];
            let rest = text[name.end()..instruction.arguments.end()].trim_start_matches(is_blank);
            let value = TextRange::new(instruction.arguments.end() - rest.len(), instruction.arguments.end());
            vec![Pair { name, value: Some(value) }]
        }
        _ => words.into_iter().map(|word| split_pair(text, word)).collect(),
    }
}

fn split_pair(text: &str, word: TextRange) -> Pair {
    match word.of(text).find('=') {
        None => Pair { name: word, value: None },
        Some(at) => Pair {
            name: TextRange::new(word.start(), word.start() + at),
            value: Some(TextRange::new(word.start() + at + 1, word.end())),
        },
    }
}

/// The stretches without blanks; quotes mean nothing.
pub fn plain_words(text: &str, range: TextRange) -> Vec<TextRange> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate().take(range.end()).skip(range.start()) {
        match (is_blank(char::from(byte)), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(TextRange::new(from, at));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| TextRange::new(from, range.end())));
    words
}

/// The words of `ENV`, `LABEL`, `ARG`: blanks inside quotes and behind the escape character belong to a word.
pub(super) fn quoted_words(text: &str, range: TextRange, escape: char) -> Vec<TextRange> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = range.of(text).char_indices();
    while let Some((at, c)) = characters.next() {
        let at = range.start() + at;
        match quote {
            None if c.is_whitespace() => {
                words.extend(start.take().map(|from| TextRange::new(from, at)));
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        start.get_or_insert(at);
        if c == escape && quote != Some('\'') {
            characters.next();
        }
    }
    words.extend(start.map(|from| TextRange::new(from, range.end())));
    words
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}
