//! One pattern, as a builder reads it.

use regex::bytes::Regex;

use crate::{go_path, go_regexp};

/// Whose reading of the patterns counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builder {
    /// moby's `patternmatcher`: BuildKit, and Docker without it.
    BuildKit,
    /// The older copy of it that buildah and podman have, up to buildah 1.33.
    Buildah,
}

/// A pattern with which every build fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// `!` with nothing behind it.
    LoneExclamationMark,
    /// A class that is not closed, or a backslash at the end.
    Malformed,
}

/// What a pattern matches.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Whether it starts with `!` and shows again what it matches.
    pub negated: bool,
    /// The pattern without its `!`, as short as it can be.
    pub cleaned: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The path itself.
    Exact,
    /// `a/**`: what begins like it.
    Prefix,
    /// `**/a`: what ends like it.
    Suffix,
    Expression(Box<Regex>),
    /// Go cannot compile it. A build fails where it is asked for.
    Broken,
}

/// A pattern that Go could not compile was asked for: the build fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenPattern;

impl Pattern {
    /// Reads a pattern as it comes out of a file; `None` for one that says nothing.
    pub fn read(text: &[u8], builder: Builder) -> Result<Option<Pattern>, Invalid> {
        let trimmed = go_path::trim(text);
        if trimmed.is_empty() {
            return Ok(None);
        }
        let mut cleaned = go_path::clean(trimmed);
        let negated = cleaned.starts_with(b"!");
        if negated {
            cleaned.remove(0);
            if cleaned.is_empty() {
                return Err(Invalid::LoneExclamationMark);
            }
            if builder == Builder::Buildah {
                cleaned = go_path::clean(&cleaned);
                if cleaned.starts_with(b"/") {
                    cleaned.remove(0);
                }
            }
        }
        if !go_path::is_accepted_glob(&cleaned) {
            return Err(Invalid::Malformed);
        }
        if builder == Builder::Buildah {
            // It hands its patterns to another process, as JSON.
            cleaned = go_path::chars(&cleaned).collect::<String>().into_bytes();
        }
        let kind = match builder {
            Builder::BuildKit => buildkit_kind(&cleaned),
            Builder::Buildah => buildah_kind(&cleaned),
        };
        Ok(Some(Pattern { negated, cleaned, kind }))
    }

    /// Whether it matches this very path; what lies below a folder that it matches is up to the caller, but for
    /// buildah, whose expressions have that in them.
    pub fn matches(&self, path: &[u8]) -> Result<bool, BrokenPattern> {
        match &self.kind {
            Kind::Exact => Ok(path == self.cleaned),
            Kind::Prefix => Ok(path.starts_with(&self.cleaned[..self.cleaned.len() - 2])),
            Kind::Suffix => {
                let suffix = &self.cleaned[2..];
                Ok(path.ends_with(suffix) || suffix.strip_prefix(b"/") == Some(path))
            }
            Kind::Expression(expression) if std::str::from_utf8(path).is_ok() => Ok(expression.is_match(path)),
            Kind::Expression(expression) => {
                Ok(expression.is_match(go_path::chars(path).collect::<String>().as_bytes()))
            }
            Kind::Broken => Err(BrokenPattern),
        }
    }

    /// Whether a build fails that asks for it.
    pub fn is_broken(&self) -> bool {
        matches!(self.kind, Kind::Broken)
    }

    /// What BuildKit takes for the place that a `!` can reach into; `None` where it could be any.
    pub fn literal_head(&self) -> Option<&[u8]> {
        let head = self.cleaned.strip_suffix(b"/**").unwrap_or(&self.cleaned);
        let head = head.strip_suffix(b"/*").unwrap_or(head);
        (!head.iter().any(|byte| b"*[]?^\\".contains(byte))).then_some(head)
    }
}

/// The expression and the short cuts of moby's matcher.
fn buildkit_kind(cleaned: &[u8]) -> Kind {
    let mut expression = String::from("^");
    let mut found = Kind::Exact;
    let mut is_expression = false;
    let mut at_start = true;
    let mut chars = pattern_chars(cleaned).peekable();
    while let Some(next) = chars.next() {
        match next {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                match (chars.peek(), &found) {
                    (None, Kind::Exact) if !is_expression => found = Kind::Prefix,
                    (None, _) => (expression, is_expression) = (expression + ".*", true),
                    (Some(_), _) => (expression, is_expression) = (expression + "(.*/)?", true),
                }
                if at_start {
                    (found, is_expression) = (Kind::Suffix, false);
                }
            }
            '*' => (expression, is_expression) = (expression + "[^/]*", true),
            '?' => (expression, is_expression) = (expression + "[^/]", true),
            // moby means to escape braces and bars too, but its table of bits ends before them.
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', next]),
            '\\' => {
                expression.push('\\');
                if let Some(escaped) = chars.next() {
                    expression.push(escaped);
                    is_expression = true;
                }
            }
            '[' | ']' => {
                expression.push(next);
                is_expression = true;
            }
            next => expression.push(next),
        }
        at_start = false;
    }
    if is_expression { compiled(&(expression + "$")) } else { found }
}

/// The expression of the older matcher, which lets more of Go's syntax through.
fn buildah_kind(cleaned: &[u8]) -> Kind {
    let mut expression = String::from("^");
    let mut chars = pattern_chars(cleaned).peekable();
    while let Some(next) = chars.next() {
        match next {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                expression += if chars.peek().is_none() { ".*" } else { "(.*/)?" };
            }
            '*' => expression += "[^/]*",
            '?' => expression += "[^/]",
            '.' | '$' => expression.extend(['\\', next]),
            '\\' => match chars.next() {
                Some(escaped) => expression.extend(['\\', escaped]),
                None => return Kind::Broken,
            },
            next => expression.push(next),
        }
    }
    compiled(&(expression + "(/.*)?$"))
}

/// The characters as Go's scanner hands them out: it drops a byte order mark.
fn pattern_chars(cleaned: &[u8]) -> impl Iterator<Item = char> {
    go_path::chars(cleaned.strip_prefix("\u{feff}".as_bytes()).unwrap_or(cleaned))
}

fn compiled(expression: &str) -> Kind {
    go_regexp::compile(expression).map_or(Kind::Broken, |found| Kind::Expression(Box::new(found)))
}
