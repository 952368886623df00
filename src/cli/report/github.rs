//! Annotations in a GitHub workflow: commands on standard output, one a line.

use std::fmt;

use super::place::{Here, ends};
use super::{Finding, Level, Outcome, Report};
use crate::streams::Streams;

/// One annotation for each finding. Places that are left alone are none.
pub struct Annotations {
    here: Here,
}

impl Annotations {
    /// Paths are seen from the current folder, which has to be the root of the repository.
    pub fn new() -> Annotations {
        Annotations { here: Here::new() }
    }
}

impl Report for Annotations {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        let path = self.here.shown(outcome.path);
        let file = Property(&path);
        if let Err(failure) = &outcome.result {
            let message = failure.to_string();
            streams.print(format_args!("::error file={file},title=dopt ({})::{}\n", failure.code(), Message(&message)));
        }
        for finding in outcome.findings() {
            if matches!(finding, Finding::Left(_)) {
                continue;
            }
            let command = match finding.level() {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "notice",
            };
            let (start, end) = ends(outcome, finding.at());
            // GitHub takes columns on one line only.
            let columns = match start.line == end.line {
                true => format!(",col={},endColumn={}", start.column, end.column),
                false => String::new(),
            };
            streams.print(format_args!(
                "::{command} file={file},line={},endLine={}{columns},title=dopt ({})::{}\n",
                start.line,
                end.line,
                finding.id(),
                Message(&finding.message_with_caveat())
            ));
        }
    }
}

/// What stands behind the second `::`.
struct Message<'t>(&'t str);

/// The value of a property.
struct Property<'t>(&'t str);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, &['%', '\r', '\n'], f)
    }
}

impl fmt::Display for Property<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, &['%', '\r', '\n', ':', ','], f)
    }
}

fn escape(text: &str, special: &[char], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for found in text.chars() {
        match special.contains(&found) {
            true => write!(f, "%{:02X}", u32::from(found))?,
            false => write!(f, "{found}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_path_or_a_message_ends_the_command() {
        assert_eq!(Property("a:b,c%\n::error::x").to_string(), "a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3Ax");
        assert_eq!(Message("100 %\r\n::error::x").to_string(), "100 %25%0D%0A::error::x");
    }
}
