//! npm: its options, and which version runs at a step.

use crate::{ImageRef, StageRun};

/// Options whose value is a word of its own.
pub const VALUE_OPTIONS: &[&str] = &[
    "--prefix", "-C", "--registry", "--loglevel", "--cache", "--userconfig", "--only", "--omit", "--include", "--also",
    "-w", "--workspace", "--tag", "--before",
];

/// Node.js versions by the names of their long-term releases.
const RELEASES: &[(&str, u32)] = &[
    ("argon", 4),
    ("boron", 6),
    ("carbon", 8),
    ("dubnium", 10),
    ("erbium", 12),
    ("fermium", 14),
    ("gallium", 16),
    ("hydrogen", 18),
    ("iron", 20),
    ("jod", 22),
    ("krypton", 24),
];

/// Images whose tags are versions of Node.js, with the npm that comes with it.
const NODE_IMAGES: &[&str] = &[
    "node", "amd64/node", "arm32v6/node", "arm32v7/node", "arm64v8/node", "i386/node", "ppc64le/node", "s390x/node",
    "public.ecr.aws/docker/library/node", "cimg/node", "circleci/node",
];

/// The npm that a file installs beside that of its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// None, or one that is newer.
    Newest,
    /// One of at least this major version.
    AtLeast(u32),
    /// One that cannot be told.
    Unknown,
}

impl Installed {
    /// Looks for `npm@…` and for programs that bring another Node.js.
    pub fn by(file: &str) -> Installed {
        let others = ["nvm", "nodesource", "fnm ", "volta", " n stable", " n latest", " n lts", "--global n ", "-g n "];
        if others.iter().any(|sign| file.contains(sign)) {
            return Installed::Unknown;
        }
        let mut oldest = Installed::Newest;
        for (at, sign) in file.match_indices("npm@") {
            // `pnpm@9` is something else.
            if file[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.') {
                continue;
            }
            let wanted = file[at + sign.len()..].trim_start_matches(['^', '~', 'v', '"', '\'']);
            if ["latest", "next"].iter().any(|tag| wanted.starts_with(tag)) {
                continue;
            }
            let digits = wanted.find(|c: char| !c.is_ascii_digit()).unwrap_or(wanted.len());
            oldest = match (wanted[..digits].parse(), oldest) {
                (Err(_), _) => return Installed::Unknown,
                (Ok(version), Installed::AtLeast(other)) => Installed::AtLeast(other.min(version)),
                (Ok(version), _) => Installed::AtLeast(version),
            };
        }
        oldest
    }

    /// The oldest npm that may run at a step: its major version. `None` where that is not known.
    pub fn oldest_version(self, run: StageRun<'_>) -> Option<u32> {
        let bundled = bundled(node_version(run.state().image()?)?);
        match self {
            Installed::Newest => Some(bundled),
            Installed::AtLeast(version) => Some(bundled.min(version)),
            Installed::Unknown => None,
        }
    }
}

/// Major and minor version of Node.js in an official image. No minor version means the last one.
fn node_version(image: ImageRef<'_>) -> Option<(u32, u32)> {
    const NEWEST: (u32, u32) = (22, u32::MAX);
    if !NODE_IMAGES.contains(&image.familiar_name()) {
        return None;
    }
    let Some(tag) = image.tag else { return image.digest.is_none().then_some(NEWEST) };
    let first = tag.split('-').next().unwrap_or(tag);
    if let Some((_, major)) =
        RELEASES.iter().find(|(name, _)| first == *name || tag.starts_with(&format!("lts-{name}")))
    {
        return Some((*major, u32::MAX));
    }
    // A variant without a version is that of the newest release.
    if ["latest", "current", "lts", "alpine", "slim"].contains(&first) {
        return Some(NEWEST);
    }
    let mut numbers = first.split('.');
    let major = numbers.next()?.parse().ok()?;
    match numbers.next() {
        None => Some((major, u32::MAX)),
        Some(minor) => Some((major, minor.parse().ok()?)),
    }
}

/// The major version of the npm that a Node.js comes with.
fn bundled((major, minor): (u32, u32)) -> u32 {
    match major {
        0..=4 => 2,
        5..=7 => 3,
        8 | 9 => 5,
        10 if minor < 3 => 5,
        10..=14 => 6,
        15 => 7,
        16 if minor < 11 => 7,
        16..=19 => 8,
        20 | 21 => 9,
        _ => 10,
    }
}
