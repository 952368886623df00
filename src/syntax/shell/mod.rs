//! The shell inside a `RUN`: POSIX shell and the parts of Bash that Dockerfiles use, with byte spans.
//!
//! What cannot be read with certainty is [`NotUnderstood`], never guessed at.

mod access;
mod ast;
mod bash;
mod compound;
mod expansion;
mod heredoc;
mod lexer;
mod parser;
mod quote;
mod redirect;
mod walk;
mod word;

#[cfg(test)]
mod tests;

pub use ast::*;
pub use parser::parse;
pub use quote::quoted;
