//! Files of stages: copying, listing, and which of them a package manager keeps only to be faster the next time.

use std::fs;
use std::path::Path;

/// The folders of caches, and what `mount-caches` writes into apt's configuration. What lies there may go, and nothing
/// may come.
const CACHES: &[&str] = &[
    "/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/etc/apk/cache", "/var/cache/dnf", "/var/cache/yum",
    "/var/cache/libdnf5", "/var/cache/zypp", "/var/cache/pacman/pkg", "/root/.npm", "/home/node/.npm", "/srv/.npm",
    "/srv/npm", "~/.cache/pip", "~/.cache/uv", "~/.cache/yarn", "~/.cache/pnpm", "~/.cache/pdm", "~/.cache/pipenv",
    "~/.cache/virtualenv", "~/.cache/go-build", "~/.cache/pypoetry/cache", "~/.cache/pypoetry/artifacts",
    "~/.composer/cache", "~/.bundle", "~/.cpanm", "~/.cpan/build", "~/.cpan/sources", "~/.m2/repository",
    "~/.gradle/caches", "~/.nuget/packages", "~/.local/share/pnpm/store", "/tmp/cache", "/tmp/pear",
    "/tmp/downloaded_packages", "/usr/local/share/.cache/yarn", "/usr/local/lib/gems/doc", "/usr/local/bundle/cache",
    "/usr/local/cargo/registry", "/usr/local/cargo/git", "/opt/conda/pkgs", "/go/pkg/mod",
];

/// Whether a path is, or lies in, a cache.
pub(crate) fn is_cache(path: &str) -> bool {
    let homes = ["/root", "/home/node", "/srv"];
    let inside = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    CACHES.iter().any(|folder| match folder.strip_prefix('~') {
        Some(rest) => homes.iter().any(|home| inside(&format!("{home}{rest}"))),
        None => inside(folder),
    })
}

/// Copies a file or a folder with all that is in it, if it is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if from.exists() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

/// Adds the files below a folder: their paths behind `name`, and what is in them. Folders are not listed: an empty one
/// is what a mount leaves.
pub(crate) fn list(folder: &Path, files: &mut Vec<String>, name: &str) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().display());
        match entry.file_type().unwrap().is_dir() {
            true => list(&entry.path(), files, &name),
            false => files.push(format!("{name} {}", fs::read_to_string(entry.path()).unwrap())),
        }
    }
}

/// The path of a listed file, without stage and content.
pub(crate) fn path_of(file: &str) -> &str {
    let path = file.split(' ').next().unwrap();
    &path[path.find('/').unwrap()..]
}
