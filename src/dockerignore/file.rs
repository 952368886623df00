//! A `.dockerignore` file: its lines, its patterns, and how it is made longer.

use std::fmt;

use crate::go_path;
use crate::matcher::Matcher;
use crate::pattern::{Builder, Invalid, Pattern};

/// Go's scanner takes no longer line.
const LONGEST_LINE: usize = (64 << 10) - 1;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    /// What its patterns do.
    pub matcher: Matcher,
    /// Where each pattern of the matcher stands.
    pub places: Vec<Place>,
}

/// A line with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// The pattern as it is written, without blanks around it.
    pub text: String,
}

/// Why no build works with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFile {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: InvalidLine,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidLine {
    /// This pattern is.
    Pattern(String, Invalid),
    /// It is longer than builders read.
    TooLong,
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            InvalidLine::Pattern(_, Invalid::LoneExclamationMark) => {
                write!(f, "line {} has a `!` with no pattern behind it", self.line)
            }
            InvalidLine::Pattern(text, Invalid::Malformed) => {
                write!(f, "line {} has the pattern `{text}`, with an open `[` or a `\\` at its end", self.line)
            }
            InvalidLine::TooLong => write!(f, "line {} is longer than 64 KiB", self.line),
        }
    }
}

impl IgnoreFile {
    /// Reads a file as a builder does. An error means that every build with it fails.
    pub fn read(text: &[u8], builder: Builder) -> Result<IgnoreFile, InvalidFile> {
        let mut patterns = Vec::new();
        let mut places = Vec::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let invalid = |kind| InvalidFile { line: index + 1, kind };
            if line.len() > LONGEST_LINE && builder == Builder::BuildKit {
                return Err(invalid(InvalidLine::TooLong));
            }
            let entry = match builder {
                Builder::BuildKit => buildkit_entry(line, index == 0),
                Builder::Buildah => buildah_entry(line),
            };
            let Some(entry) = entry else { continue };
            let written = || String::from_utf8_lossy(go_path::trim(line)).into_owned();
            match Pattern::read(&entry, builder) {
                Ok(Some(pattern)) => {
                    patterns.push(pattern);
                    places.push(Place { line: index + 1, text: written() });
                }
                Ok(None) => {}
                Err(error) => return Err(invalid(InvalidLine::Pattern(written(), error))),
            }
        }
        Ok(IgnoreFile { matcher: Matcher::new(patterns, builder), places })
    }
}

/// What moby's `ignorefile` makes of a line.
fn buildkit_entry(line: &[u8], is_first: bool) -> Option<Vec<u8>> {
    let line = if is_first { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
    let trimmed = go_path::trim(line);
    if line.starts_with(b"#") || trimmed.is_empty() {
        return None;
    }
    let (mark, body) = match trimmed.strip_prefix(b"!") {
        Some(rest) => (&b"!"[..], go_path::trim(rest)),
        None => (&b""[..], trimmed),
    };
    let mut entry = mark.to_vec();
    if !body.is_empty() {
        let cleaned = go_path::clean(body);
        entry.extend_from_slice(match cleaned.strip_prefix(b"/") {
            Some(rest) if !rest.is_empty() => rest,
            _ => &cleaned,
        });
    }
    // They go to the client that has the files in a form that knows no other bytes.
    Some(go_path::chars(&entry).collect::<String>().into_bytes())
}

/// What buildah makes of a line: it takes slashes off both ends, and blanks only later.
fn buildah_entry(line: &[u8]) -> Option<Vec<u8>> {
    if line.starts_with(b"#") {
        return None;
    }
    let start = line.iter().position(|byte| *byte != b'/')?;
    let end = line.iter().rposition(|byte| *byte != b'/')? + 1;
    Some(line[start..end].to_vec())
}

/// A few patterns under one comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Without its `#`.
    pub comment: String,
    /// As they are written.
    pub patterns: Vec<String>,
}

/// The text with groups behind it, each under its comment: nothing that is there changes or moves. The ends of lines
/// are as in the text.
pub fn extended(text: &str, groups: &[Group]) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = text.to_owned();
    for group in groups.iter().filter(|group| !group.patterns.is_empty()) {
        if !out.is_empty() {
            if !out.ends_with('\n') {
                out.push_str(end);
            }
            out.push_str(end);
        }
        out.push_str(&format!("# {}{end}", group.comment));
        for pattern in &group.patterns {
            out.push_str(pattern);
            out.push_str(end);
        }
    }
    out
}

/// A path as a pattern that every builder reads alike. It matches the path, and seldom another: a `?` takes the place of
/// what no line can hold.
///
/// Special characters are escaped, which makes them stand for themselves in Go's regular expressions too. Only ASCII
/// punctuation and blanks can be: `\d` is a digit there.
pub fn escaped(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((found, behind)) = go_path::split_char(rest) {
        let is_byte = found == char::REPLACEMENT_CHARACTER && rest.len() - behind.len() == 1;
        let is_edge = out.is_empty() || behind.is_empty();
        match found {
            found if is_byte || found.is_control() || found == '\u{feff}' => out.push('?'),
            found if found.is_whitespace() && is_edge => out.push('?'),
            '#' | '!' if out.is_empty() => out.extend(['\\', found]),
            found if "*?[]^\\+(){}|$".contains(found) => out.extend(['\\', found]),
            found => out.push(found),
        }
        rest = behind;
    }
    out
}
