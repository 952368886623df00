//! Which files may differ: those that the transforms say they delete, and what no two builds have in common.

use std::collections::BTreeSet;

use regex::Regex;

use crate::trees::{Difference, Fate, Tree};

/// What a transform deletes, as paths from the root. Whatever is not here has to stay as it was.
const DELETED: &[(&str, &str)] = &[
    ("clean-apt", r"^var/lib/apt/lists/"),
    ("no-pip-cache", r"^(root|home/[^/]+)/\.cache(/pip(/.*)?)?$"),
    ("clean-caches", r"^(root|home/[^/]+)/\.npm/_cacache(/.*)?$"),
    // Buildah 1.28 takes the folder below a mount out too; BuildKit leaves it.
    ("mount-caches", r"^(var/cache/apt|var/lib/apt/lists|root/\.npm|root/\.cache/pip)(/.*)?$"),
    ("mount-caches", r"^etc/apt/apt\.conf\.d/docker-clean$"),
];

/// What every build makes anew.
const NOISE: &[(&[Fate], &str)] = &[
    // Logs hold the time.
    (&[Fate::Content], r"^var/log/"),
    // npm calls its logs after the time.
    (&[Fate::New, Fate::Gone], r"^(root|home/[^/]+)/\.npm/_logs/"),
    // A mount lies in a folder, which is made where it is not there.
    (&[Fate::New], r"^root/\.cache$"),
    // The linker's cache holds numbers and times of files.
    (&[Fate::Content], r"^var/cache/ldconfig/aux-cache$"),
    // Compiled Python holds the time of its source.
    (&[Fate::Content], r"/__pycache__/[^/]+\.pyc$"),
];

/// What packages change besides their own files, and what describes them: other where `skip-recommends` installs fewer.
const ABOUT_PACKAGES: &[&str] = &[
    r"^var/lib/dpkg/(status|diversions|statoverride|triggers/.*)(-old)?$",
    r"^var/lib/apt/extended_states$",
    // Which of several programs stands behind a general name.
    r"^(etc/alternatives/.*|var/lib/dpkg/alternatives/.*|var/log/alternatives\.log)$",
    // Users and groups of services.
    r"^(etc/(passwd|group|shadow|gshadow)-?|run/adduser)$",
    r"^etc/ld\.so\.cache$",
];

pub struct Declared {
    deleted: Vec<Regex>,
    noise: Vec<(&'static [Fate], Regex)>,
    packages: Option<Packages>,
}

impl Declared {
    /// By these transforms; `gone` are the packages that only the first image has.
    pub fn by(rules: &[String], gone: Packages) -> Declared {
        let is_declared = |rule: &str| rules.iter().any(|found| found == rule);
        let deleted = DELETED.iter().filter(|(rule, _)| is_declared(rule)).map(|(_, paths)| pattern(paths));
        Declared {
            deleted: deleted.collect(),
            noise: NOISE.iter().map(|(fates, paths)| (*fates, pattern(paths))).collect(),
            packages: Some(gone).filter(|_| is_declared("skip-recommends")),
        }
    }

    pub fn covers(&self, difference: &Difference) -> bool {
        let Difference { path, fate } = difference;
        let is_noise = self.noise.iter().any(|(fates, paths)| fates.contains(fate) && paths.is_match(path));
        let is_deleted = *fate == Fate::Gone && self.deleted.iter().any(|paths| paths.is_match(path));
        is_noise || is_deleted || self.packages.as_ref().is_some_and(|packages| packages.cover(difference))
    }
}

/// Packages that only one of two images has, with their files.
pub struct Packages {
    files: BTreeSet<String>,
    names: BTreeSet<String>,
    descriptions: Vec<Regex>,
}

impl Packages {
    /// Those that are in the first and not in the second.
    pub fn gone(before: &Tree, after: &Tree) -> Packages {
        let names: BTreeSet<String> = installed(before).difference(&installed(after)).cloned().collect();
        let mut files = BTreeSet::new();
        for list in before.below("var/lib/dpkg/info/").filter(|path| path.ends_with(".list")) {
            if names.contains(package_of(list)) {
                files.extend(before.text(list).lines().map(|line| line.trim_start_matches('/').to_owned()));
            }
        }
        Packages { files, names, descriptions: ABOUT_PACKAGES.iter().map(|paths| pattern(paths)).collect() }
    }

    fn cover(&self, difference: &Difference) -> bool {
        let Difference { path, fate } = difference;
        let describes = self.descriptions.iter().any(|paths| paths.is_match(path));
        match fate {
            Fate::Gone | Fate::Other | Fate::Content if describes => true,
            Fate::Gone => {
                let is_description = path.starts_with("var/lib/dpkg/info/") && self.names.contains(package_of(path));
                // Where /bin is a link, packages say /bin and the files lie in /usr/bin.
                let said = path.strip_prefix("usr/").is_some_and(|path| self.files.contains(path));
                is_description || said || self.files.contains(path)
            }
            Fate::New | Fate::Other | Fate::Content => false,
        }
    }
}

fn installed(tree: &Tree) -> BTreeSet<String> {
    tree.text("var/lib/dpkg/status")
        .lines()
        .filter_map(|line| line.strip_prefix("Package: "))
        .map(str::to_owned)
        .collect()
}

/// `libc6` of `var/lib/dpkg/info/libc6:amd64.list`.
fn package_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':')
        .next()
        .filter(|_| name.contains(':'))
        .or(name.rsplit_once('.').map(|(name, _)| name))
        .unwrap_or(name)
}

fn pattern(paths: &str) -> Regex {
    Regex::new(paths).expect("the pattern is one")
}
