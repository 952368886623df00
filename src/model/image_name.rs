//! References as registries understand them: completed as builders complete what is not written, and checked for form.

use std::fmt;

use crate::ImageRef;

/// The registry that is meant where a reference names none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The longest repository, host included.
const LONGEST_REPOSITORY: usize = 255;

/// `registry/repository:tag` or `registry/repository@digest`; shown without what everybody leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageName {
    /// The host, with its port where one is written: `docker.io`, `localhost:5000`.
    pub registry: String,
    /// The path on it: `library/python`.
    pub repository: String,
    /// What is asked for there.
    pub version: ImageVersion,
}

/// Which of the images of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageVersion {
    /// The one that has this name now.
    Tag(String),
    /// This very one.
    Digest(Digest),
}

/// `sha256:` and 64 small hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// `None` where the text is no such digest.
    pub fn parse(text: &str) -> Option<Digest> {
        let digits = text.strip_prefix("sha256:")?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| Digest(text.to_owned()))
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ImageName {
    /// Completes a reference: Docker Hub where there is no host, `library/` for its official images, `latest`. With a
    /// digest, the tag is decoration. `None` where no registry takes such a reference.
    pub fn parse(text: &str) -> Option<ImageName> {
        let written = ImageRef::parse(text);
        let (registry, path) = match written.name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest),
            _ => (DEFAULT_REGISTRY, written.name),
        };
        let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
        let repository = match registry == DEFAULT_REGISTRY && !path.contains('/') {
            true => format!("library/{path}"),
            false => path.to_owned(),
        };
        let is_valid = is_registry(registry)
            && repository.split('/').all(is_component)
            && registry.len() + 1 + repository.len() <= LONGEST_REPOSITORY
            && written.tag.is_none_or(is_tag);
        let version = match written.digest {
            Some(digest) => ImageVersion::Digest(Digest::parse(digest)?),
            None => ImageVersion::Tag(written.tag.unwrap_or("latest").to_owned()),
        };
        is_valid.then(|| ImageName { registry: registry.to_owned(), repository, version })
    }

    /// The same repository, and another version.
    #[must_use]
    pub fn with_version(&self, version: ImageVersion) -> ImageName {
        ImageName { version, ..self.clone() }
    }

    /// The name without tag and digest, as people write it.
    pub fn familiar(&self) -> String {
        match self.registry.as_str() {
            DEFAULT_REGISTRY => self.repository.strip_prefix("library/").unwrap_or(&self.repository).to_owned(),
            registry => format!("{registry}/{}", self.repository),
        }
    }

    /// The tag, if it is asked for by one.
    pub fn tag(&self) -> Option<&str> {
        match &self.version {
            ImageVersion::Tag(tag) => Some(tag),
            ImageVersion::Digest(_) => None,
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            ImageVersion::Tag(tag) => write!(f, "{}:{tag}", self.familiar()),
            ImageVersion::Digest(digest) => write!(f, "{}@{digest}", self.familiar()),
        }
    }
}

/// Whether the part in front of the first slash is a host, as Docker decides it.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rfind(':').filter(|at| !text[*at..].contains(']')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        ends.iter().all(|byte| byte.is_some_and(u8::is_ascii_alphanumeric))
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let is_address = |inside: &str| inside.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let is_good_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inside) => is_address(inside),
        None => host.split('.').all(is_label),
    };
    is_good_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// `[a-z0-9]+` with `.`, `_`, `__` or hyphens between.
fn is_component(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let edges = [bytes.first(), bytes.last()].iter().all(|byte| byte.is_some_and(|byte| is_word(*byte)));
    let separators = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    edges
        && separators
            .into_iter()
            .all(|found| matches!(found, "" | "." | "_" | "__") || found.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn references_are_completed_as_docker_does() {
        for (written, registry, repository, shown) in [
            ("python", "docker.io", "library/python", "python:latest"),
            ("docker.io/python:3", "docker.io", "library/python", "python:3"),
            ("index.docker.io/library/python:3", "docker.io", "library/python", "python:3"),
            ("docker/dockerfile:1", "docker.io", "docker/dockerfile", "docker/dockerfile:1"),
            ("localhost/a", "localhost", "a", "localhost/a:latest"),
            ("host:5000/x", "host:5000", "x", "host:5000/x:latest"),
            ("ghcr.io/acme/a__b-c.d:V1_2", "ghcr.io", "acme/a__b-c.d", "ghcr.io/acme/a__b-c.d:V1_2"),
            ("[::1]:5000/x:1", "[::1]:5000", "x", "[::1]:5000/x:1"),
        ] {
            let name = ImageName::parse(written).unwrap_or_else(|| panic!("{written} is a reference"));
            assert_eq!((name.registry.as_str(), name.repository.as_str()), (registry, repository), "{written}");
            assert_eq!(name.to_string(), shown);
        }
        let pinned = ImageName::parse(&format!("python:3@{DIGEST}")).unwrap();
        assert_eq!(pinned.to_string(), format!("python@{DIGEST}"));
    }

    #[test]
    fn what_no_registry_takes_is_no_reference() {
        let long = format!("a.b/{}", "x".repeat(255));
        let many_digits = format!("{DIGEST}0");
        for written in [
            "", "Python:3", "acme/Python", "python:", "python:-1", "a//b", "-a", "a-", "a..b", "a___b", "a:b:c", "a b",
            "host:/x", "host:0/x", "host:99999/x", "ho_st.io/x", "python@sha256:12", "python@md5:0123", &long,
        ] {
            assert_eq!(ImageName::parse(written), None, "{written}");
        }
        for digest in [DIGEST.to_uppercase(), DIGEST.replace("sha256", "sha512"), many_digits, DIGEST[7..].to_owned()] {
            assert_eq!(Digest::parse(&digest), None, "{digest}");
        }
    }
}
