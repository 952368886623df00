//! Every example of every manual page is true.

use dopt_rewrite::{Options, Rewrite, Settings, Transform, rewrite};
use dopt_transforms::CATALOG;
use dopt_transforms::manual::{Example, examples, page};

/// Rewrites with the whole catalog and holds what must hold for every text.
fn fix(text: &str, unsafe_fixes: bool) -> Rewrite {
    let options = Options { transforms: CATALOG, unsafe_fixes, inline_ignores: true, settings: Settings::default() };
    let first = rewrite(text, &options).unwrap_or_else(|bug| panic!("{bug} in\n{text}"));
    let second = rewrite(&first.after, &options).unwrap_or_else(|bug| panic!("{bug} in\n{}", first.after));
    assert_eq!(second.after, first.after, "a second run must change nothing");
    first
}

fn check(transform: &Transform, example: &Example) -> Result<(), String> {
    match example {
        Example::Rewritten { before, takes_unsafe, after } => {
            let found = fix(before, *takes_unsafe).after;
            if found == *after { Ok(()) } else { Err(format!("{before}\nbecomes\n{found}\nand not\n{after}")) }
        }
        Example::Unchanged(text) => {
            let found = fix(text, false);
            let silent = found.refusals.iter().all(|refused| refused.rule != transform.name);
            match found.after == *text && silent {
                true => Ok(()),
                false => Err(format!("{text}\nbecomes\n{}\n{:?}", found.after, found.refusals)),
            }
        }
        Example::Advised(text) => {
            let found = fix(text, true);
            let advises = |hidden: &dopt_rewrite::Change| hidden.rule == transform.name;
            match found.after == *text && found.hidden.iter().any(advises) {
                true => Ok(()),
                false => Err(format!("{text}\nbecomes\n{}\nwith {:?}", found.after, found.hidden)),
            }
        }
        Example::Refused { code, text } => {
            let found = fix(text, false);
            let refused = |entry: &&dopt_rewrite::Refused| entry.rule == transform.name && entry.why.code() == code;
            match found.refusals.iter().find(refused) {
                Some(_) => Ok(()),
                None => Err(format!("{text}\nis not refused with {code} but with {:?}", found.refusals)),
            }
        }
    }
}

#[test]
fn every_example_of_every_manual_page_is_true() {
    let mut failures = Vec::new();
    for transform in CATALOG {
        let found = examples(&page(transform));
        assert!(!found.is_empty(), "{} has no examples", transform.name);
        failures.extend(
            found
                .iter()
                .filter_map(|example| check(transform, example).err())
                .map(|error| format!("--- {}\n{error}", transform.name)),
        );
    }
    assert!(failures.is_empty(), "{} examples are wrong:\n{}", failures.len(), failures.join("\n"));
}
