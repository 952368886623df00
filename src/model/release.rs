//! Which release of its distribution an official image is made from, and where its steps start, as far as its name tells.

use crate::ImageRef;

const DEBIAN: &[&str] = &["trixie", "bookworm", "bullseye", "buster", "stretch"];

/// Versions of Go whose images were made from one release as long as they were made at all.
const GO: &[((u32, u32), &str)] =
    &[((1, 17), "bullseye"), ((1, 18), "bullseye"), ((1, 21), "bookworm"), ((1, 22), "bookworm")];

/// Debian's releases by their numbers.
const NUMBERED: &[(&str, &str)] = &[("13", "trixie"), ("12", "bookworm"), ("11", "bullseye"), ("10", "buster")];

impl<'t> ImageRef<'t> {
    /// The folder that steps of an official image start in.
    pub fn initial_folder(self) -> &'static str {
        match self.familiar_name() {
            "golang" => "/go",
            "php" if self.serves() => "/var/www/html",
            _ => "/",
        }
    }

    /// Whether an image of PHP starts a server without being told.
    pub fn serves(self) -> bool {
        self.familiar_name() == "php" && (self.tag_has("apache") || self.tag_has("fpm"))
    }

    /// The release of Debian; `None` where the tag names none and the version of the language has seen several.
    pub fn debian_release(self) -> Option<&'static str> {
        let named = DEBIAN.iter().find(|release| self.tag_has(release)).copied();
        named.or_else(|| {
            let version = self.version().filter(|_| !self.tag_has("alpine"));
            match (self.familiar_name(), version) {
                ("golang", version) => {
                    GO.iter().find(|(known, _)| Some(*known) == version).map(|(_, release)| *release)
                }
                // Those that were made while one release was the newest.
                ("rust", Some((1, 56..=69))) => Some("bullseye"),
                ("rust", Some((1, 71..=87))) => Some("bookworm"),
                ("php", Some((7, 3 | 4))) => Some("bullseye"),
                ("php", Some((8, 0))) => Some("bookworm"),
                ("debian", _) => {
                    let major = self.tag?.split(['.', '-']).next()?;
                    NUMBERED.iter().find(|(number, _)| *number == major).map(|(_, release)| *release)
                }
                _ => None,
            }
        })
    }

    /// The release of Alpine: `3.20` from `1.22-alpine3.20`.
    pub fn alpine_release(self) -> Option<&'t str> {
        let tag = self.tag?;
        let release = &tag[tag.find("alpine")? + "alpine".len()..];
        let is_number = release.contains('.') && release.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_number.then_some(release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_by_tags() {
        for (image, debian, alpine) in [
            ("golang:1.22", Some("bookworm"), None),
            ("golang:1.22.3", Some("bookworm"), None),
            ("golang:1.23", None, None),
            ("rust:1.75.0", Some("bookworm"), None),
            ("rust:1.60-slim", Some("bullseye"), None),
            ("rust:1.70", None, None),
            ("rust:1", None, None),
            ("rust:1.75-alpine3.19", None, Some("3.19")),
            ("debian:12.5-slim", Some("bookworm"), None),
            ("debian:11", Some("bullseye"), None),
            ("debian:stable", None, None),
            ("golang", None, None),
            ("golang:1", None, None),
            ("golang:1.23-bullseye", Some("bullseye"), None),
            ("golang:trixie", Some("trixie"), None),
            ("golang:1.22-alpine", None, None),
            ("golang:1.22-alpine3.20", None, Some("3.20")),
            ("docker.io/library/golang:1.18", Some("bullseye"), None),
            ("example.com/golang:1.22", None, None),
        ] {
            let image = ImageRef::parse(image);
            assert_eq!((image.debian_release(), image.alpine_release()), (debian, alpine), "{image:?}");
        }
    }
}
