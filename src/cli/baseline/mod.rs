//! `.dopt-baseline.toml`: findings that are known, and not reported until they change.
//!
//! A finding is known by its transform, by what it is (`fix`, or the code of a refusal) and by the text of its lines,
//! not by their numbers: it may move, but when its text changes it is a new one.

mod file;
mod record;

use std::collections::BTreeMap;

use dopt_rewrite::{Change, Options, Refused, Rejected, Rewrite, Why};
use dopt_syntax::TextRange;
use sha2::{Digest, Sha256};

use crate::batch::guarded_rewrite_without;
use crate::failure::Failure;
use crate::line_index::LineIndex;

pub use file::Baseline;
pub use record::Record;

/// The name of the file. It lies where `dopt.lock` lies.
pub const BASELINE: &str = ".dopt-baseline.toml";

/// Leaving a fix out can bring others to light; behind so many rounds what is left is reported.
const ROUNDS: usize = 8;

/// The known findings of one file, by transform and mark: how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<(String, String), usize>);

impl Known {
    /// Another one.
    pub fn add(&mut self, rule: &str, mark: &str) {
        *self.0.entry((rule.to_owned(), mark.to_owned())).or_default() += 1;
    }

    /// Everything that was found in a file.
    fn of(before: &str, rewrite: &Rewrite) -> Known {
        let (mut known, marks) = (Known::default(), Marks(LineIndex::new(before), before));
        for change in rewrite.changes.iter().chain(&rewrite.hidden) {
            known.add(change.rule, &marks.of_fix(change));
        }
        for refused in &rewrite.refusals {
            known.add(refused.rule, &marks.of_refusal(refused));
        }
        known
    }

    /// Everything that was found in a file, and what comes to light where that is left out.
    pub fn all_of(before: &str, options: &Options<'_>, rewrite: &Rewrite) -> Result<Known, Failure> {
        let mut known = Known::of(before, rewrite);
        for _ in 0..ROUNDS {
            let (left, _) = known.leave_out(before, options, rewrite.clone())?;
            let more = Known::of(before, &left);
            if more.is_empty() {
                break;
            }
            for (finding, number) in more.0 {
                *known.0.entry(finding).or_default() += number;
            }
        }
        Ok(known)
    }

    /// Whether it is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Transform, mark and number of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.0.iter().map(|((rule, mark), number)| (rule.as_str(), mark.as_str(), *number))
    }

    /// The rewrite without what is known, and how much that was. Known fixes are not applied.
    pub fn leave_out(
        &self,
        before: &str,
        options: &Options<'_>,
        mut rewrite: Rewrite,
    ) -> Result<(Rewrite, usize), Failure> {
        let marks = Marks(LineIndex::new(before), before);
        let mut open = self.0.clone();
        let mut take = |rule: &str, mark: String| {
            open.get_mut(&(rule.to_owned(), mark)).filter(|number| **number > 0).map(|number| *number -= 1).is_some()
        };
        let mut rejected: Vec<Rejected> = Vec::new();
        for _ in 0..ROUNDS {
            let known = rewrite.changes.iter().filter(|change| take(change.rule, marks.of_fix(change)));
            let known: Vec<_> = known.map(|change| Rejected { rule: change.rule, at: change.at.start() }).collect();
            if known.is_empty() {
                break;
            }
            rejected.extend(known);
            rewrite = guarded_rewrite_without(before, options, &rejected)?;
        }
        let is_rejected = |found: &Refused| {
            matches!(found.why, Why::FailedInBuild)
                && rejected.contains(&Rejected { rule: found.rule, at: found.at.start() })
        };
        rewrite.refusals.retain(|found| !is_rejected(found));
        let all = rejected.len() + rewrite.hidden.len() + rewrite.refusals.len();
        rewrite.hidden.retain(|change| !take(change.rule, marks.of_fix(change)));
        rewrite.refusals.retain(|found| !take(found.rule, marks.of_refusal(found)));
        let left_out = all - rewrite.hidden.len() - rewrite.refusals.len();
        Ok((rewrite, left_out))
    }
}

/// How findings are told apart.
struct Marks<'t>(LineIndex<'t>, &'t str);

impl Marks<'_> {
    /// Whether it is safe does not matter, for that may depend on the rest of the file.
    fn of_fix(&self, change: &Change) -> String {
        format!("fix:{}", self.hash(change.at))
    }

    fn of_refusal(&self, refused: &Refused) -> String {
        format!("{}:{}", refused.why.code(), self.hash(refused.at))
    }

    /// Of the words on the lines; blanks between them do not count.
    fn hash(&self, at: TextRange) -> String {
        let lines = self.0.lines_around(at).of(self.1);
        let mut hasher = Sha256::new();
        for word in lines.split_whitespace() {
            hasher.update(word);
            hasher.update(" ");
        }
        hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}
