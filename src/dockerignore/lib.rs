//! Floor 2: `.dockerignore` files. How builders read their patterns, what Dockerfiles need of a context, and what of
//! it nothing needs.
//!
//! Nothing here looks at a disk: whoever walks a context asks what to enter and hands over what it found.

mod evidence;
mod file;
mod go_path;
mod go_regexp;
mod history;
mod junk;
mod matcher;
mod needs;
mod pattern;
mod proposal;
mod rules;
mod secrets;
mod steps;
mod survey;

#[cfg(test)]
mod tests;

pub use evidence::Evidence;
pub use file::{Group, IgnoreFile, InvalidFile, InvalidLine, Place, escaped, extended};
pub use go_path::glob_matches;
pub use junk::{CATALOG, Depth, Is, Junk, Proof as JunkProof, Shape};
pub use matcher::{FolderMatch, Matcher, Verdict};
pub use needs::{ContextName, Need, Part, Reach, Target, Unreadable, needs};
pub use pattern::{BrokenPattern, Builder, Invalid, Pattern};
pub use proposal::{Left, Line, Link, Proposal, Question, Reason, groups, propose};
pub use rules::{Kind, Rule, Rules, join};
pub use secrets::{Secret, confirm};
pub use steps::Steps;
pub use survey::{Amount, Around, Findings, Folder, Hit, Node, Plan, Proof, ProofFolder, Step, Survey, reached};
