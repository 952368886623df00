//! A rewrite that may ask for what the build sees of its folder. Most do not, so that nobody looks before.

use std::path::Path;

use dopt_model::{ContextFact, Facts};
use dopt_rewrite::Rewrite;

use super::guard::guarded_rewrite;
use crate::config::Choices;
use crate::context::listing::Listed;
use crate::failure::Failure;

/// What this run has listed.
static LISTED: Listed = Listed::new();

/// Rewrites, and once more with what is in the context where a transform asks for that. `dockerfile` is `None` for a
/// text without a folder. The facts are those of the second time, if there was one.
pub fn informed_rewrite(
    text: &str,
    choices: &Choices,
    facts: &Facts,
    dockerfile: Option<&Path>,
) -> (Result<Rewrite, Failure>, Option<Facts>) {
    let first = guarded_rewrite(text, &choices.options(facts));
    if !first.as_ref().is_ok_and(|rewrite| rewrite.refusals.iter().any(|refused| refused.why.wants_context())) {
        return (first, None);
    }
    let facts = match dockerfile {
        Some(path) => LISTED.add(facts, path, text, choices.context.as_deref()),
        None => facts.with_context(ContextFact::Unknown),
    };
    (guarded_rewrite(text, &choices.options(&facts)), Some(facts))
}
