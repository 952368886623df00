//! Floor 0: bytes and spans. Grammar, no meaning: what a `USER` does is not known here.
//!
//! Reading cannot fail. What the grammar does not know is kept as it stands, and what is wrong is a
//! [`Problem`] beside the instructions.

pub mod dockerfile;
mod problem;
pub mod shell;
mod text;

pub use dockerfile::Document;
pub use problem::{Problem, ProblemKind};
pub use text::TextRange;
