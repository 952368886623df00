//! # env-equals
//!
//! Writes `ENV name=value` for the old `ENV name value`, and `LABEL` likewise. The old form takes one variable, and the
//! rest of the line, whatever it is, for its value.
//!
//! ```dockerfile before
//! FROM debian:12
//! ENV LANG C.UTF-8
//! LABEL version 1.0
//! ```
//! ```dockerfile after
//! FROM debian:12
//! ENV LANG=C.UTF-8
//! LABEL version=1.0
//! ```
//!
//! A value with blanks is quoted:
//!
//! ```dockerfile before
//! FROM eclipse-temurin:21
//! ENV JAVA_OPTS -Xms1g -Xmx2g -Dhome=$HOME
//! ```
//! ```dockerfile after
//! FROM eclipse-temurin:21
//! ENV JAVA_OPTS="-Xms1g -Xmx2g -Dhome=$HOME"
//! ```
//!
//! **Safe**: both forms give the same value, which is worked out for both and compared. Where that is not plain, or
//! looks like a mistake, nothing is done:
//!
//! ```dockerfile refused: quotes-mixed
//! FROM debian:12
//! ENV GREETING hello "dear $USER"
//! ```
//! ```dockerfile refused: comment-in-value
//! FROM debian:12
//! ENV EDITOR vi # what everybody knows
//! ```
//! ```dockerfile refused: looks-like-another-pair
//! FROM debian:12
//! ENV LANG C.UTF-8 \
//!     TZ=UTC
//! ```

use dopt_rewrite::{Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::{self, Instruction, Keyword, Pair, Segment};
use dopt_syntax::{Document, TextRange};

pub const TRANSFORM: Transform = Transform {
    name: "env-equals",
    summary: "write ENV name=value for the old ENV name value",
    manual: include_str!("env_equals.rs"),
    aliases: &["LegacyKeyValueFormat"],
    triggers: &["ENV", "env", "LABEL", "label", "Env", "Label"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let document = subject.document();
    let instructions = document.instructions().iter().enumerate();
    instructions.filter_map(|(index, instruction)| modernize(document, index, instruction).transpose()).collect()
}

fn modernize(document: &Document, index: usize, instruction: &Instruction) -> Result<Option<Fix>, Refusal> {
    let file = document.text();
    let is_pair = matches!(instruction.keyword, Keyword::Env | Keyword::Label) && instruction.flags.is_empty();
    let Some((name, value)) = is_pair.then(|| old_form(document, instruction)).flatten() else { return Ok(None) };
    let text = instruction.logical.text(file);
    let gap =
        TextRange::new(instruction.logical.end_in_file(name.end()), instruction.logical.start_in_file(value.start()));
    if gap.of(file).contains('#') {
        return Ok(None);
    }
    let refuse = |why| Err(Refusal::new(instruction.range, why));
    if looks_like_pairs(instruction.keyword, value.of(text)) {
        return refuse(Why::LooksLikeAnotherPair);
    }
    if value.of(text).split_whitespace().skip(1).any(|word| word.starts_with('#')) {
        return refuse(Why::CommentInValue);
    }
    let Some(meant) = dockerfile::expansions(value.of(text), document.escape()) else { return Ok(None) };
    let verbatim = value.of(text);
    // One word is taken as it is written.
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\' | '`');
    let plain = verbatim.chars().all(is_plain) && name.of(text).chars().all(is_plain);
    let same = |written: &str| is_same(document, instruction.keyword, name.of(text), written, &meant);
    let end = instruction.logical.end_in_file(value.end());
    let quoted = format!("\"{verbatim}\"");
    let has_quotes = verbatim.contains(['"', '\'', document.escape()]);
    let (written, edits) = if plain || same(verbatim) {
        (verbatim.to_owned(), vec![Edit::replace(gap, "=")])
    } else if !has_quotes && same(&quoted) {
        (quoted, vec![Edit::replace(gap, "=\""), Edit::insert(end, "\"")])
    } else {
        return refuse(Why::QuotesMixed);
    };
    Ok(Some(Fix {
        title: format!("write {}={written}", name.of(text)).into(),
        at: instruction.range,
        safety: Safety::Safe,
        effects: vec![Effect::ChangesInstruction {
            instruction: index,
            after: format!("{} {}={written}", instruction.keyword.name(), name.of(text)),
        }],
        edits,
    }))
}

/// Name and value of the old form.
fn old_form(document: &Document, instruction: &Instruction) -> Option<(TextRange, TextRange)> {
    let text = instruction.logical.text(document.text());
    let first = instruction.arguments_text(document.text()).split_ascii_whitespace().next()?;
    if first.contains('=') {
        return None;
    }
    match dockerfile::pairs(instruction, document.text(), document.escape())[..] {
        [Pair { name, value: Some(value) }] if !text[name.end()..].starts_with('=') && !value.is_empty() => {
            Some((name, value))
        }
        _ => None,
    }
}

/// Whether `name=written` is one pair, and its value what was meant.
fn is_same(document: &Document, keyword: Keyword, name: &str, written: &str, meant: &[Segment]) -> bool {
    let escape = document.escape();
    let line = format!("# escape={escape}\nFROM scratch\n{} {name}={written}\n", keyword.name());
    let trial = Document::parse(line);
    let [_, instruction] = trial.instructions() else { return false };
    let text = instruction.logical.text(trial.text());
    match dockerfile::pairs(instruction, trial.text(), escape)[..] {
        [Pair { name: found, value: Some(value) }] => {
            trial.problems().is_empty()
                && found.of(text) == name
                && dockerfile::expansions(value.of(text), escape).is_some_and(|read| read == meant)
        }
        _ => false,
    }
}

/// Whether the author may have meant more than one variable, or an `=` that is now part of the value.
fn looks_like_pairs(keyword: Keyword, value: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_pair = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| {
            name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(is_letter)
        })
    };
    value.starts_with('=') || (keyword == Keyword::Env && value.split_whitespace().skip(1).any(is_pair))
}
