//! What holds for all patterns and paths. What single ones mean is held against moby's own library elsewhere.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::{Builder, Group, IgnoreFile, escaped, extended};

const NAMES: &[&str] = &["a", "b", "ab", ".git", "x.log", "a b", "ä", "[x]", "a*", "n\nl"];

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(NAMES), 1..4).prop_map(|names| names.join("/"))
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(NAMES).prop_map(|name| name.replace(['[', ']', '\n', '*'], "?")),
        2 => Just("*".to_owned()),
        2 => Just("**".to_owned()),
        1 => Just("a?".to_owned()),
        1 => Just("[a-b]".to_owned()),
    ];
    (prop::bool::weighted(0.3), prop::collection::vec(part, 1..4))
        .prop_map(|(negated, parts)| format!("{}{}", if negated { "!" } else { "" }, parts.join("/")))
}

fn hides(text: &str, path: &str, builder: Builder) -> bool {
    let file = IgnoreFile::read(text.as_bytes(), builder).expect("it is valid");
    file.matcher.verdict(path.as_bytes()).expect("every pattern can be read").hidden
}

const BOTH: [Builder; 2] = [Builder::BuildKit, Builder::Buildah];

/// The same cases for the same `DOPT_SEED`.
fn config() -> ProptestConfig {
    let seed = std::env::var("DOPT_SEED").ok().and_then(|text| text.parse().ok());
    let rng_seed = seed.map_or(RngSeed::Random, RngSeed::Fixed);
    ProptestConfig { cases: 500, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn one_more_pattern_without_a_mark_shows_nothing(
        patterns in prop::collection::vec(pattern(), 0..5), more in pattern(), path in path(),
    ) {
        prop_assume!(!more.starts_with('!'));
        let before = patterns.join("\n");
        let after = format!("{before}\n{more}");
        for builder in BOTH {
            prop_assert!(!hides(&before, &path, builder) || hides(&after, &path, builder), "{:?}", builder);
        }
    }

    #[test]
    fn the_pattern_of_a_path_hides_it_and_what_is_in_it(path in path(), below in path()) {
        let pattern = escaped(path.as_bytes());
        for builder in BOTH {
            prop_assert!(hides(&pattern, &path, builder));
            let inside = format!("{path}/{below}");
            prop_assert!(hides(&pattern, &inside, builder) || (builder == Builder::Buildah && below.contains('\n')));
        }
    }

    #[test]
    fn without_exceptions_a_hidden_folder_hides_what_is_in_it(
        patterns in prop::collection::vec(pattern(), 1..5), path in path(), below in path(),
    ) {
        let text = patterns.join("\n").replace('!', "");
        prop_assume!(!below.contains('\n'));
        for builder in BOTH {
            let inside = format!("{path}/{below}");
            prop_assert!(!hides(&text, &path, builder) || hides(&text, &inside, builder));
        }
    }

    #[test]
    fn slashes_and_dots_around_a_pattern_mean_nothing(pattern in pattern(), path in path()) {
        let (mark, body) = pattern.split_at(usize::from(pattern.starts_with('!')));
        let long = format!("**\n  {mark}/./{body}/.  \r");
        prop_assert_eq!(
            hides(&long, &path, Builder::BuildKit),
            hides(&format!("**\n{pattern}"), &path, Builder::BuildKit)
        );
    }

    #[test]
    fn a_longer_file_begins_with_the_old_one(old in "([a-z#!*\n\r ]|\r\n){0,30}", comment in "[a-z ]{1,9}", line in "[a-z]{1,9}") {
        let groups = [Group { comment, patterns: vec![line.clone()] }];
        let new = extended(&old, &groups);
        prop_assert!(new.starts_with(&old));
        prop_assert_eq!(new.lines().last(), Some(line.as_str()));
        prop_assert_eq!(extended(&new, &[]), new);
    }
}
