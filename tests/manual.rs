//! Every example of every manual page is true.

use dopt_model::Facts;
use dopt_rewrite::{Options, Rewrite, Transform, rewrite};
use dopt_transforms::CATALOG;
use dopt_transforms::manual::{Example, How, Outcome, examples, facts, page};

/// Rewrites with the whole catalog and holds what must hold for every text.
fn fix(text: &str, how: &How, facts: &Facts) -> Rewrite {
    let (unsafe_fixes, settings) = (how.unsafe_fixes, how.settings());
    let facts = &how.facts(facts);
    let options = Options { transforms: CATALOG, unsafe_fixes, inline_ignores: true, settings, facts };
    let first = rewrite(text, &options).unwrap_or_else(|bug| panic!("{bug} in\n{text}"));
    let second = rewrite(&first.after, &options).unwrap_or_else(|bug| panic!("{bug} in\n{}", first.after));
    assert_eq!(second.after, first.after, "a second run must change nothing");
    first
}

fn check(transform: &Transform, example: &Example, facts: &Facts) -> Result<(), String> {
    let Example { text, how, outcome } = example;
    let found = fix(text, how, facts);
    let ours = |entry: &&dopt_rewrite::Refused| entry.rule == transform.name;
    let mut refused = found.refusals.iter().filter(ours);
    match outcome {
        Outcome::Becomes(after) if found.after == *after => Ok(()),
        Outcome::Becomes(after) => Err(format!("{text}\nbecomes\n{}\nand not\n{after}", found.after)),
        Outcome::Unchanged
            if found.after == *text
                && refused.next().is_none()
                && !found.hidden.iter().any(|hidden| hidden.rule == transform.name) =>
        {
            Ok(())
        }
        Outcome::Unchanged => Err(format!("{text}\nbecomes\n{}\n{:?} {:?}", found.after, found.refusals, found.hidden)),
        Outcome::Advised if found.after == *text && found.hidden.iter().any(|hidden| hidden.rule == transform.name) => {
            Ok(())
        }
        Outcome::Advised => Err(format!("{text}\nbecomes\n{}\nwith {:?}", found.after, found.hidden)),
        Outcome::Refused(code) if refused.any(|entry| entry.why.code() == code) => Ok(()),
        Outcome::Refused(code) => Err(format!("{text}\nis not refused with {code} but with {:?}", found.refusals)),
    }
}

#[test]
fn every_example_of_every_manual_page_is_true() {
    let mut failures = Vec::new();
    for transform in CATALOG {
        let page = page(transform);
        let (found, facts) = (examples(&page), facts(&page));
        assert!(!found.is_empty(), "{} has no examples", transform.name);
        failures.extend(
            found
                .iter()
                .filter_map(|example| check(transform, example, &facts).err())
                .map(|error| format!("--- {}\n{error}", transform.name)),
        );
    }
    assert!(failures.is_empty(), "{} examples are wrong:\n{}", failures.len(), failures.join("\n"));
}
