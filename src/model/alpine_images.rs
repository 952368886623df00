//! Official images that come in a variant made of Alpine, which are smaller still: what its tag is.

use crate::ImageRef;

/// Name, and the first version that has the variant.
const LANGUAGES: &[(&str, (u32, u32))] = &[("node", (6, 0)), ("python", (3, 5)), ("ruby", (2, 3)), ("php", (7, 0))];

/// Servers, likewise.
const SERVERS: &[(&str, (u32, u32))] =
    &[("nginx", (1, 9)), ("httpd", (2, 4)), ("redis", (3, 2)), ("memcached", (1, 5)), ("haproxy", (1, 7))];

/// Words of tags that name a release of Debian, or a variant of it.
const OF_DEBIAN: &[&str] = &["slim", "buster", "bullseye", "bookworm", "trixie", "latest"];

/// Releases of Ubuntu that Temurin's tags name.
const OF_UBUNTU: &[&str] = &["-focal", "-jammy", "-noble"];

/// The Javas whose runtime Temurin has for Alpine.
const JAVAS: &[u32] = &[8, 11, 17, 21, 25];

impl ImageRef<'_> {
    /// The tag of the same version's variant for Alpine, of an image that has no smaller one of its own distribution.
    pub fn alpine_variant(self) -> Option<String> {
        if self.digest.is_some() || self.tag_has("alpine") || self.slim_variant().is_some() {
            return None;
        }
        let tag = self.tag.unwrap_or("latest");
        if self.familiar_name() == "eclipse-temurin" {
            let tag = OF_UBUNTU.iter().find_map(|release| tag.strip_suffix(release)).unwrap_or(tag);
            let version = tag.strip_suffix("-jre")?;
            return JAVAS.iter().any(|java| version == java.to_string()).then(|| format!("{tag}-alpine"));
        }
        let is_it = |known: &&(&str, (u32, u32))| known.0 == self.familiar_name();
        let (name, first) = *LANGUAGES.iter().chain(SERVERS).find(is_it)?;
        let mut parts: Vec<&str> = tag.split('-').filter(|part| !OF_DEBIAN.contains(part)).collect();
        let is_version = |part: &str| part.split('.').all(|number| number.parse::<u32>().is_ok());
        let is_known = match parts[..] {
            [] | ["stable" | "mainline" | "lts" | "current"] => true,
            [version] | [version, "cli" | "fpm"] if is_version(version) => {
                ImageRef { tag: Some(version), ..self }.newest_version()? >= first
            }
            ["cli" | "fpm"] => name == "php",
            _ => false,
        };
        parts.push("alpine");
        is_known.then(|| parts.join("-"))
    }

    /// Whether it is the image of a server, which has its own program and is given files to serve.
    pub fn is_server(self) -> bool {
        SERVERS.iter().any(|(name, _)| *name == self.familiar_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_for_alpine_are_of_the_same_version() {
        for (image, tag) in [
            ("node:20-slim", Some("20-alpine")),
            ("node:20-bookworm-slim", Some("20-alpine")),
            ("node:slim", Some("alpine")),
            ("python:3.12-slim-bookworm", Some("3.12-alpine")),
            ("php:8.2-fpm", Some("8.2-fpm-alpine")),
            ("php:8.2", Some("8.2-alpine")),
            ("nginx", Some("alpine")),
            ("nginx:1.27", Some("1.27-alpine")),
            ("docker.io/library/redis:7", Some("7-alpine")),
            ("eclipse-temurin:21-jre", Some("21-jre-alpine")),
            // A smaller one of the same distribution comes first.
            ("node:20", None),
            ("node:20-alpine", None),
            ("php:8.2-apache", None),
            ("nginx:1.27-perl", None),
            ("nginx:1.27-otel", None),
            ("eclipse-temurin:21-jre-jammy", Some("21-jre-alpine")),
            ("eclipse-temurin:21", None),
            ("postgres:16", None),
            ("debian:12-slim", None),
            ("node:4-slim", None),
        ] {
            assert_eq!(ImageRef::parse(image).alpine_variant().as_deref(), tag, "{image}");
        }
    }
}
