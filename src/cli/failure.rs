//! Why one file could not be done. Every message says what, why, and what to do.

use std::fmt;
use std::io;

use dopt_rewrite::Bug;

/// The reasons.
#[derive(Debug)]
pub enum Failure {
    /// It could not be read.
    Read(io::Error),
    /// It is larger than we read.
    TooLarge {
        /// The most that is read, in MiB.
        limit: usize,
    },
    /// It is no UTF-8.
    NotUtf8 {
        /// The offset of the first bad byte, from 0.
        offset: usize,
        /// Its line, from 1.
        line: usize,
        /// Whether it starts like UTF-16.
        utf16: bool,
    },
    /// A mistake of ours that was caught.
    Bug(Bug),
    /// A mistake of ours that ended in a panic.
    Panic(String),
    /// The new text could not be written.
    Write(String),
    /// The images could not be built and compared.
    NotVerified(String),
}

impl Failure {
    /// The reason for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Read(_) => "unreadable",
            Failure::TooLarge { .. } => "too-large",
            Failure::NotUtf8 { .. } => "not-utf8",
            Failure::Bug(_) => "bug",
            Failure::Panic(_) => "panic",
            Failure::Write(_) => "not-written",
            Failure::NotVerified(_) => "not-verified",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Read(error) => write!(f, "cannot be read: {}", plain(error)),
            Failure::TooLarge { limit } => {
                write!(f, "left as it is: it is larger than {limit} MiB, which no Dockerfile should be")
            }
            Failure::NotUtf8 { utf16: true, .. } => {
                write!(f, "left as it is: it looks like UTF-16, but a Dockerfile has to be UTF-8; convert it first")
            }
            Failure::NotUtf8 { offset, line, .. } => {
                write!(f, "left as it is: it is not UTF-8 (byte {offset}, on line {line}); convert it to UTF-8 first")
            }
            Failure::Bug(bug) => write!(f, "left as it is: this is a bug in dopt, please report it: {bug}"),
            Failure::Panic(message) => {
                write!(f, "left as it is: dopt failed on it; this is a bug, please report it: {message}")
            }
            Failure::Write(message) => write!(f, "not written: {message}"),
            Failure::NotVerified(message) => write!(f, "left as it is: {message}"),
        }
    }
}

/// The error without the number that the standard library puts behind it.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => lower_first(&text[..at]),
        None => text,
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
