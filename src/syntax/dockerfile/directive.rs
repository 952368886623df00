//! `# syntax=`, `# escape=` and `# check=` in the unbroken first lines.

use crate::TextRange;

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Which of the three.
    pub name: DirectiveName,
    /// The value, trimmed.
    pub value: TextRange,
    /// The whole line without its newline.
    pub range: TextRange,
}

/// The directives that BuildKit knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveName {
    /// The frontend image.
    Syntax,
    /// The character that continues a line.
    Escape,
    /// Which build checks are skipped or are errors.
    Check,
}

/// Reads one line, already without its newline and leading blanks, that starts at `offset` of the file.
/// `None` where the line is no directive, which ends the block of directives.
pub(super) fn read(line: &str, offset: usize) -> Option<Directive> {
    let rest = line.strip_prefix('#')?;
    let (name, value) = rest.split_once('=')?;
    let name = match name.trim() {
        name if name.eq_ignore_ascii_case("syntax") => DirectiveName::Syntax,
        name if name.eq_ignore_ascii_case("escape") => DirectiveName::Escape,
        name if name.eq_ignore_ascii_case("check") => DirectiveName::Check,
        _ => return None,
    };
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return None;
    }
    let start = offset + (line.len() - value.len()) + (value.len() - value.trim_start().len());
    Some(Directive {
        name,
        value: TextRange::new(start, start + trimmed.len()),
        range: TextRange::new(offset, offset + line.len()),
    })
}
