//! One fix of many, as it would be if nobody did the others: what an editor offers for one place.

use crate::{Change, Options, Rejected, Safety, rewrite_without};

/// Where a fix is left out, its transform may propose another one; so often it is asked again.
const ROUNDS: usize = 16;

/// The text with one fix that [`crate::rewrite`] told of and no other; `None` where it takes another one first, or where
/// nobody may write it.
pub fn rewrite_alone(text: &str, options: &Options<'_>, wanted: &Change) -> Option<String> {
    if matches!(wanted.safety, Safety::Advice { .. }) {
        return None;
    }
    let rule = options.transforms.iter().copied().find(|rule| rule.name == wanted.rule)?;
    let unsafe_fixes = matches!(wanted.safety, Safety::Unsafe { .. });
    let options = Options { transforms: &[rule], unsafe_fixes, ..options.clone() };
    let mut rejected: Vec<Rejected> = Vec::new();
    for _ in 0..ROUNDS {
        let rewrite = rewrite_without(text, &options, &rejected).ok()?;
        let (found, others): (Vec<_>, Vec<_>) =
            rewrite.changes.iter().partition(|change| change.at.start() == wanted.at.start());
        if others.is_empty() {
            return (!found.is_empty()).then_some(rewrite.after);
        }
        rejected.extend(others.iter().map(|change| Rejected { rule: change.rule, at: change.at.start() }));
    }
    None
}
