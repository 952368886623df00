//! What package managers write down of the packages that are installed, and of the files that belong to them.

use std::collections::BTreeSet;

use crate::{Node, Tree};

/// Where dpkg keeps what each package brought.
const DPKG_INFO: &str = "var/lib/dpkg/info/";
const DPKG_STATUS: &str = "var/lib/dpkg/status";
const APK_INSTALLED: &[&str] = &["lib/apk/db/installed", "usr/lib/apk/db/installed"];

/// What describes packages and is other where fewer are installed, from the root.
const ABOUT_PACKAGES: &[&str] = &[
    "var/lib/dpkg/status", "var/lib/dpkg/diversions", "var/lib/dpkg/statoverride", "var/lib/dpkg/triggers/",
    "var/lib/dpkg/alternatives/", "var/lib/apt/extended_states", "var/log/alternatives.log", "etc/alternatives/",
    "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "run/adduser", "etc/ld.so.cache", "lib/apk/db/",
    "usr/lib/apk/db/", "etc/apk/world", "etc/subuid", "etc/subgid",
];

/// Whether a file is one of those notes.
pub(crate) fn is_note(path: &str) -> bool {
    path == DPKG_STATUS || APK_INSTALLED.contains(&path) || (path.starts_with(DPKG_INFO) && path.ends_with(".list"))
}

/// Packages that are in one image and not in another, with their files.
#[derive(Debug, Default)]
pub struct Packages {
    names: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Packages {
    /// Those of the first image that the second one does not have.
    pub fn gone(before: &Tree<'_>, after: &Tree<'_>) -> Packages {
        let (old, new) = (installed(before), installed(after));
        let names: BTreeSet<String> = old.difference(&new).cloned().collect();
        let mut files = BTreeSet::new();
        for (path, node) in before.nodes().filter(|(path, _)| path.starts_with(DPKG_INFO) && path.ends_with(".list")) {
            if names.contains(package_of(path)) {
                files.extend(text(node).lines().map(|line| line.trim_start_matches('/').to_owned()));
            }
        }
        for path in APK_INSTALLED {
            let Some(node) = before.get(path) else { continue };
            for (name, own) in apk_files(text(node)) {
                if names.contains(&name) {
                    files.extend(own);
                }
            }
        }
        Packages { names, files }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether a path belongs to one of them.
    pub fn own(&self, path: &str) -> bool {
        let is_description = path.starts_with(DPKG_INFO) && self.names.contains(package_of(path));
        // Where /bin is a link, packages say /bin and the files lie in /usr/bin.
        let said = path.strip_prefix("usr/").is_some_and(|path| self.files.contains(path));
        is_description || said || self.files.contains(path)
    }

    /// Whether a path describes what is installed.
    pub fn are_described_by(path: &str) -> bool {
        ABOUT_PACKAGES.iter().any(|note| path.starts_with(note))
    }
}

fn installed(tree: &Tree<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(node) = tree.get(DPKG_STATUS) {
        let names = text(node).lines().filter_map(|line| line.strip_prefix("Package: "));
        found.extend(names.map(str::to_owned));
    }
    for node in APK_INSTALLED.iter().filter_map(|path| tree.get(path)) {
        found.extend(apk_files(text(node)).into_iter().map(|(name, _)| name));
    }
    found
}

fn text<'i>(node: Node<'i>) -> &'i str {
    node.entry().and_then(|entry| entry.exact.as_ref()).and_then(|exact| exact.text.as_deref()).unwrap_or_default()
}

/// `P:` names a package, `F:` a folder, and `R:` a file in it.
fn apk_files(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut folder = "";
    for line in text.lines() {
        match (line.split_once(':'), found.last_mut()) {
            (Some(("P", name)), _) => found.push((name.to_owned(), Vec::new())),
            (Some(("F", name)), Some((_, files))) => {
                folder = name;
                files.push(folder.to_owned());
            }
            (Some(("R", name)), Some((_, files))) => files.push(format!("{folder}/{name}")),
            _ => {}
        }
    }
    found
}

/// `libc6` of `var/lib/dpkg/info/libc6:amd64.list`.
fn package_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.split_once(':') {
        Some((package, _)) => package,
        None => name.rsplit_once('.').map_or(name, |(package, _)| package),
    }
}
