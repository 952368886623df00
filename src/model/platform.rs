//! Platforms: `linux/arm64`, as `--platform` and the index of an image name them.

use std::fmt;

/// An operating system, an architecture and perhaps a variant of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
    /// `v7`
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `os/architecture[/variant]`, or an architecture alone, which is one of Linux. `None` for other texts.
    pub fn parse(text: &str) -> Option<Platform> {
        let is_word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(|part| is_word(part)) {
            return None;
        }
        match parts[..] {
            [architecture] => ARCHITECTURES
                .iter()
                .any(|(known, other)| architecture == *known || architecture == *other)
                .then(|| Platform::new("linux", architecture, None)),
            [os, architecture] => Some(Platform::new(os, architecture, None)),
            [os, architecture, variant] => Some(Platform::new(os, architecture, Some(variant))),
            _ => None,
        }
    }

    /// The platform in the spelling that images use.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Platform {
        let (os, architecture) = (os.to_ascii_lowercase(), architecture.to_ascii_lowercase());
        let usual =
            ARCHITECTURES.iter().find(|(_, other)| *other == architecture).map(|(usual, _)| (*usual).to_owned());
        let architecture = usual.unwrap_or(architecture);
        // The only one there is.
        let variant = variant.filter(|variant| !(variant.is_empty() || architecture == "arm64" && *variant == "v8"));
        Platform { os, architecture, variant: variant.map(str::to_owned) }
    }

    /// Whether an image for `self` serves where `wanted` is asked for.
    pub fn serves(&self, wanted: &Platform) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || self.variant == wanted.variant)
    }
}

/// The usual names of architectures, and other names for them.
const ARCHITECTURES: &[(&str, &str)] = &[
    ("amd64", "x86_64"),
    ("amd64", "x86-64"),
    ("arm64", "aarch64"),
    ("386", "i386"),
    ("arm", "armhf"),
    ("ppc64le", "ppc64le"),
    ("s390x", "s390x"),
    ("riscv64", "riscv64"),
];

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn an_image_serves_who_asks_for_its_platform() {
        let serves =
            |image: &str, wanted: &str| Platform::parse(image).unwrap().serves(&Platform::parse(wanted).unwrap());
        assert!(serves("linux/amd64", "amd64") && serves("linux/arm64", "linux/aarch64/v8"));
        assert!(serves("linux/arm64", "linux/arm64/v8") && serves("linux/arm/v7", "linux/arm"));
        assert!(!serves("linux/arm/v6", "linux/arm/v7") && !serves("windows/amd64", "linux/amd64"));
        for text in ["", "linux/", "linux/a/b/c", "whatever", "$TARGETPLATFORM", "linux / amd64"] {
            assert_eq!(Platform::parse(text), None, "{text}");
        }
    }
}
