//! Floor 2: `.dockerignore` files. How builders read their patterns, what Dockerfiles need of a context, and what of
//! it nothing needs.
//!
//! Nothing here looks at a disk: whoever walks a context asks what to enter and hands over what it found.

mod file;
mod go_path;
mod go_regexp;
mod matcher;
mod pattern;

#[cfg(test)]
mod tests;

pub use file::{Group, IgnoreFile, InvalidFile, InvalidLine, Place, escaped, extended};
pub use matcher::{FolderMatch, Matcher, Verdict};
pub use pattern::{BrokenPattern, Builder, Invalid, Pattern};
