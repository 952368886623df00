//! Official images that come in a variant made from Alpine, too.

use crate::{Family, ImageRef};

/// Images, and the word in a tag without which the variant is no choice yet: the slim one is smaller already.
const IMAGES: &[(&str, Option<&str>)] = &[
    ("node", Some("slim")),
    ("python", Some("slim")),
    ("ruby", Some("slim")),
    ("eclipse-temurin", Some("jre")),
    ("php", None),
    ("nginx", None),
    ("httpd", None),
    ("redis", None),
    ("memcached", None),
    ("haproxy", None),
];

/// Parts of a tag that say from which system an image is made, and how much of it.
const OF_DEBIAN: &[&str] = &["slim", "trixie", "bookworm", "bullseye", "buster", "noble", "jammy", "focal", "latest"];

/// Variants that Alpine's images have, too.
const VARIANTS: &[&str] = &["stable", "mainline", "lts", "current", "cli", "fpm", "zts", "jre", "perl"];

impl ImageRef<'_> {
    /// The tag of the variant that is made from Alpine, in place of the smallest one from Debian or Ubuntu.
    pub fn alpine_variant(self) -> Option<String> {
        let (_, needed) = IMAGES.iter().find(|(name, _)| *name == self.familiar_name())?;
        let tag = self.tag.unwrap_or("latest");
        let parts: Vec<&str> = tag.split('-').collect();
        if self.digest.is_some()
            || self.family() == Family::Alpine
            || self.is_ancient()
            || needed.is_some_and(|needed| !parts.contains(&needed))
        {
            return None;
        }
        let kept: Vec<&str> = parts.into_iter().filter(|part| !OF_DEBIAN.contains(part)).collect();
        let is_version = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_known = kept.iter().all(|part| is_version(part) || VARIANTS.contains(part));
        is_known.then(|| kept.into_iter().chain(["alpine"]).collect::<Vec<_>>().join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpine_variants_have_the_same_version() {
        for (image, tag) in [
            ("node:20-slim", Some("20-alpine")),
            ("node:20-bookworm-slim", Some("20-alpine")),
            ("node:20", None),
            ("python:3.12-slim-bookworm", Some("3.12-alpine")),
            ("python:slim", Some("alpine")),
            ("python:3.12-slim@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a", None),
            ("nginx", Some("alpine")),
            ("nginx:1.27", Some("1.27-alpine")),
            ("nginx:stable", Some("stable-alpine")),
            ("nginx:alpine", None),
            ("php:8.3-fpm-bookworm", Some("8.3-fpm-alpine")),
            ("php:8.3-apache", None),
            ("eclipse-temurin:21-jre-jammy", Some("21-jre-alpine")),
            ("eclipse-temurin:21", None),
            ("debian:12-slim", None),
            ("example.com/node:20-slim", None),
        ] {
            assert_eq!(ImageRef::parse(image).alpine_variant().as_deref(), tag, "{image}");
        }
    }
}
