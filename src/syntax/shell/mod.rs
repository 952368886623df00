//! The shell inside a `RUN`: POSIX shell and the parts of Bash that Dockerfiles use, with byte spans.
//!
//! What cannot be read with certainty is [`NotUnderstood`], never guessed at.

mod ast;

pub use ast::*;
