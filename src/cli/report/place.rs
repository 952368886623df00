//! Where something is, as reports for programs say it: paths from the current folder, places by line and column.

use std::path::{Path, PathBuf};

use dopt_syntax::TextRange;

use super::Outcome;
use crate::line_index::Position;

/// The folder that paths are seen from.
#[derive(Clone, Debug)]
pub struct Here(PathBuf);

impl Here {
    /// The current folder, which in a pipeline is the root of the repository.
    pub fn new() -> Here {
        Here(std::env::current_dir().unwrap_or_default())
    }

    /// The path from here, where the file lies below; otherwise as the user would write it.
    pub fn of<'p>(&self, path: &'p Path) -> &'p Path {
        let path = path.strip_prefix(&self.0).unwrap_or(path);
        path.strip_prefix(".").unwrap_or(path)
    }

    /// The path as text with forward slashes; bytes that are no text become �.
    pub fn shown(&self, path: &Path) -> String {
        let path = self.of(path).to_string_lossy();
        if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
    }

    /// The path as a reference in the sense of RFC 3986: every byte that is not plain is escaped, so none is lost.
    pub fn uri(&self, path: &Path) -> String {
        let path = self.of(path);
        let mut uri = if path.is_absolute() { "file://".to_owned() } else { String::new() };
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(*byte))
                }
                b'\\' if cfg!(windows) => uri.push('/'),
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri
    }
}

/// First and last place of a range.
pub fn ends(outcome: &Outcome<'_>, at: TextRange) -> (Position, Position) {
    (outcome.position(at.start()), outcome.position(at.end()))
}
