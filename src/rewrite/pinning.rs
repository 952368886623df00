//! What a user chose about pinning, and what a pin may change: the digest, and the tag that says nothing.

use dopt_model::{Digest, ImageName, ImageRef, Platform};

/// How references to images are pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinning {
    /// What becomes of the images that a glob covers; the last one counts.
    pub policies: Vec<(ImageGlob, PinPolicy)>,
    /// Names that builds replace by files of their own (`--build-context NAME=…`).
    pub contexts: Vec<String>,
    /// The platforms that every image has to be there for.
    pub platforms: Vec<Platform>,
    /// The images whose digests are looked up anew, also where one is written.
    pub update: Vec<ImageGlob>,
    /// After how many seconds a digest counts as stale.
    pub max_age: Option<u64>,
}

/// What becomes of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinPolicy {
    /// It is pinned, and its digest is looked up anew on demand.
    #[default]
    Pin,
    /// It is left as it is.
    Ignore,
    /// It is pinned, and keeps its digest from then on.
    NeverUpdate,
}

impl Pinning {
    /// What becomes of an image.
    pub fn policy(&self, image: &ImageName) -> PinPolicy {
        let found = self.policies.iter().rev().find(|(glob, _)| glob.covers(image));
        found.map_or_else(PinPolicy::default, |(_, policy)| *policy)
    }

    /// Whether the digest of an image is looked up anew.
    pub fn updates(&self, image: &ImageName) -> bool {
        self.policy(image) == PinPolicy::Pin && self.update.iter().any(|glob| glob.covers(image))
    }
}

/// A pattern for images: `*` is anything but a slash, `**` anything, `?` one character. Without a tag it covers all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageGlob(String);

impl ImageGlob {
    /// Any text is a pattern.
    pub fn new(pattern: impl Into<String>) -> ImageGlob {
        ImageGlob(pattern.into())
    }

    /// Whether it covers an image, by its short name or with host and `library/`.
    pub fn covers(&self, image: &ImageName) -> bool {
        let pattern = ImageRef::parse(&self.0);
        let names = [image.familiar(), format!("{}/{}", image.registry, image.repository)];
        let tag_fits = pattern.tag.is_none_or(|tag| image.tag().is_some_and(|found| matches(tag, found)));
        tag_fits && names.iter().any(|name| matches(pattern.name, name))
    }
}

/// Matches without going back further than to the last star, so the time is the product of both lengths at most.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where to go on behind the last `*` and the last `**`, and how much of the text they had taken.
    let (mut star, mut stars) = (None, None);
    while seen < text.len() || at < pattern.len() {
        match (pattern.get(at), text.get(seen)) {
            (Some(b'*'), _) if pattern.get(at + 1) == Some(&b'*') => {
                (stars, star) = (Some((at + 2, seen)), None);
                at += 2;
            }
            (Some(b'*'), _) => {
                star = Some((at + 1, seen));
                at += 1;
            }
            (Some(b'?'), Some(found)) if *found != b'/' => (at, seen) = (at + 1, seen + 1),
            (Some(expected), Some(found)) if expected == found => (at, seen) = (at + 1, seen + 1),
            _ => match (star, stars) {
                (Some((behind, taken)), _) if text.get(taken).is_some_and(|byte| *byte != b'/') => {
                    star = Some((behind, taken + 1));
                    (at, seen) = (behind, taken + 1);
                }
                (_, Some((behind, taken))) if taken < text.len() => {
                    (stars, star) = (Some((behind, taken + 1)), None);
                    (at, seen) = (behind, taken + 1);
                }
                _ => return false,
            },
        }
    }
    true
}

/// Whether one reference is the other with a digest: of another digest only that differs, a tag comes only where there
/// was none or `latest`, and nothing else changes.
fn is_pinned(before: &str, after: &str) -> bool {
    let (old, new) = (ImageRef::parse(before), ImageRef::parse(after));
    let tag_is_kept = old.tag == new.tag;
    let tag_is_told = old.tag.is_none_or(|tag| tag == "latest") && old.digest.is_none() && new.tag.is_some();
    let is_new_digest = new.digest.and_then(Digest::parse).is_some() && old.digest != new.digest;
    old.name == new.name && is_new_digest && (tag_is_kept || tag_is_told) && ImageName::parse(after).is_some()
}

/// Whether a text is another one in which these references, in this order, are pinned, and nothing else is changed.
pub(crate) fn only_pins(before: &str, after: &str, pins: &[(&str, &str)]) -> bool {
    let Some(((old, new), rest)) = pins.split_first() else { return before == after };
    let is_here = |at: usize| {
        let behind = after.strip_prefix(&before[..at]).and_then(|rest| rest.strip_prefix(new));
        behind.is_some_and(|behind| only_pins(&before[at + old.len()..], behind, rest))
    };
    is_pinned(old, new) && before.match_indices(old).any(|(at, _)| is_here(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_cover_names_and_tags() {
        let covers = |glob: &str, image: &str| ImageGlob::new(glob).covers(&ImageName::parse(image).unwrap());
        for (glob, image) in [
            ("python", "python:3"),
            ("python:3*", "python:3.12-slim"),
            ("*", "python:3"),
            ("docker.io/**", "python:3"),
            ("ghcr.io/**", "ghcr.io/acme/app/web:1"),
            ("ghcr.io/*/web", "ghcr.io/acme/web"),
            ("**/web", "ghcr.io/acme/app/web:1"),
            ("**/a*b", "x.io/a/b/axb"),
            ("localhost:5000/*", "localhost:5000/x:1"),
            ("p?thon", "python"),
        ] {
            assert!(covers(glob, image), "{glob} covers {image}");
        }
        for (glob, image) in [
            ("python", "pythons:3"),
            ("python:3", "python:3.12"),
            ("*", "ghcr.io/acme/app"),
            ("ghcr.io/*", "ghcr.io/acme/app"),
            ("**/a*b", "x.io/a/b/axc"),
            ("", "python"),
        ] {
            assert!(!covers(glob, image), "{glob} does not cover {image}");
        }
        let long = format!("x.io/{}", "a".repeat(200));
        assert!(!covers(&format!("x.io/{}b", "*a".repeat(60)), &long));
    }

    #[test]
    fn the_last_policy_counts() {
        let policies = vec![
            (ImageGlob::new("**"), PinPolicy::Ignore),
            (ImageGlob::new("ghcr.io/**"), PinPolicy::Pin),
            (ImageGlob::new("ghcr.io/acme/*:1"), PinPolicy::NeverUpdate),
        ];
        let pinning = Pinning { policies, update: vec![ImageGlob::new("**")], ..Pinning::default() };
        for (image, policy, updates) in [
            ("python", PinPolicy::Ignore, false),
            ("ghcr.io/acme/app:2", PinPolicy::Pin, true),
            ("ghcr.io/acme/app:1", PinPolicy::NeverUpdate, false),
        ] {
            let image = ImageName::parse(image).unwrap();
            assert_eq!((pinning.policy(&image), pinning.updates(&image)), (policy, updates), "{image}");
        }
    }

    #[test]
    fn a_pin_adds_a_digest_and_at_most_a_tag() {
        let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let (one, other) = (digest("1"), digest("2"));
        let good = [
            ("a:1", format!("a:1@{one}")),
            ("a", format!("a:2@{one}")),
            ("a", format!("a@{one}")),
            ("a:latest", format!("a:2@{one}")),
            (&format!("a:1@{one}"), format!("a:1@{other}")),
        ];
        for (before, after) in &good {
            assert!(is_pinned(before, after), "{before} {after}");
        }
        let bad = [
            ("a:1", format!("b:1@{one}")),
            ("a:1", format!("a:2@{one}")),
            ("a:1", format!("a@{one}")),
            ("a:1", "a:1".to_owned()),
            ("a:1", "a:1@sha256:12".to_owned()),
            ("a:1", format!("a:1@{one}0")),
            (&format!("a:1@{one}"), format!("a:2@{other}")),
            (&format!("a:1@{one}"), format!("a:1@{one}")),
        ];
        for (before, after) in &bad {
            assert!(!is_pinned(before, after), "{before} {after}");
        }
        let (a, b) = (format!("a@{one}"), format!("b@{other}"));
        assert!(only_pins("FROM a AS a", &format!("FROM {a} AS a"), &[("a", &a)]));
        assert!(only_pins("--x=a --x=b", &format!("--x={a} --x={b}"), &[("a", &a), ("b", &b)]));
        assert!(!only_pins("FROM a AS a", &format!("FROM {a} AS b"), &[("a", &a)]));
        assert!(!only_pins("--x=a --x=b", &format!("--x={a} --x=b"), &[("a", &a), ("b", &b)]));
    }
}
