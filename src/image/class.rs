//! What a file is there for, told by its path: package lists, caches, documentation, and what else an image could do
//! without.

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Lists of what could be installed.
    PackageLists,
    /// Packages of the distribution that were downloaded and installed.
    PackageCache,
    /// What pip downloaded or built.
    PipCache,
    /// What npm downloaded.
    NpmCache,
    /// What another package manager keeps.
    OtherCache,
    /// Compiled Python.
    Bytecode,
    /// Manuals and documentation.
    Docs,
    /// Translations.
    Locales,
    /// Logs of the build.
    Logs,
    /// Temporary files.
    Temporary,
    /// The history of a source tree.
    Git,
    /// Archives that were unpacked, or were to be.
    Archives,
    /// Compilers, headers and static libraries.
    BuildTools,
    /// Source code.
    Sources,
    /// Everything else.
    Other,
}

impl Class {
    /// The code for machines.
    pub fn code(self) -> &'static str {
        match self {
            Class::PackageLists => "package-lists",
            Class::PackageCache => "package-cache",
            Class::PipCache => "pip-cache",
            Class::NpmCache => "npm-cache",
            Class::OtherCache => "cache",
            Class::Bytecode => "bytecode",
            Class::Docs => "docs",
            Class::Locales => "locales",
            Class::Logs => "logs",
            Class::Temporary => "temporary",
            Class::Git => "git",
            Class::Archives => "archives",
            Class::BuildTools => "build-tools",
            Class::Sources => "sources",
            Class::Other => "other",
        }
    }

    /// Some words for people.
    pub fn title(self) -> &'static str {
        match self {
            Class::PackageLists => "package lists",
            Class::PackageCache => "package cache",
            Class::PipCache => "pip's cache",
            Class::NpmCache => "npm's cache",
            Class::OtherCache => "caches",
            Class::Bytecode => "Python bytecode",
            Class::Docs => "docs and manuals",
            Class::Locales => "locales",
            Class::Logs => "logs",
            Class::Temporary => "temporary files",
            Class::Git => ".git",
            Class::Archives => "archives",
            Class::BuildTools => "build tools",
            Class::Sources => "sources",
            Class::Other => "everything else",
        }
    }

    /// What a file with this path from the root is.
    pub fn of(path: &str) -> Class {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if let Some((_, class)) = PLACES.iter().find(|(place, _)| lies_in(path, place)) {
            let unpacked = *class == Class::Temporary && is_archive(name, extension);
            return if unpacked { Class::Archives } else { *class };
        }
        if has_folder(path, ".git") {
            return Class::Git;
        }
        match extension {
            "pyc" | "pyo" => Class::Bytecode,
            "log" => Class::Logs,
            _ if is_archive(name, extension) => Class::Archives,
            "a" | "h" | "hpp" | "o" => Class::BuildTools,
            "c" | "cc" | "cpp" | "rs" | "go" | "java" | "ts" | "map" => Class::Sources,
            _ if path.contains("bin/") && is_tool(name) => Class::BuildTools,
            _ => Class::Other,
        }
    }
}

/// Folders by what lies in them; `~` is any home folder.
const PLACES: &[(&str, Class)] = &[
    ("/var/lib/apt/lists", Class::PackageLists),
    ("/var/lib/dnf/repos", Class::PackageLists),
    ("/var/cache/apt", Class::PackageCache),
    ("/var/cache/apk", Class::PackageCache),
    ("/etc/apk/cache", Class::PackageCache),
    ("/var/cache/dnf", Class::PackageCache),
    ("/var/cache/libdnf5", Class::PackageCache),
    ("/var/cache/yum", Class::PackageCache),
    ("/var/cache/zypp", Class::PackageCache),
    ("/var/cache/pacman", Class::PackageCache),
    ("~/.cache/pip", Class::PipCache),
    ("~/.npm/_logs", Class::Logs),
    ("~/.npm", Class::NpmCache),
    ("~/.cache", Class::OtherCache),
    ("/usr/local/share/.cache/yarn", Class::OtherCache),
    ("~/.composer/cache", Class::OtherCache),
    ("~/.cpanm/work", Class::OtherCache),
    ("~/.cpan", Class::OtherCache),
    ("~/.gradle/caches", Class::OtherCache),
    ("~/.m2/repository", Class::OtherCache),
    ("~/.bundle/cache", Class::OtherCache),
    ("/usr/local/bundle/cache", Class::OtherCache),
    ("/usr/local/cargo/registry", Class::OtherCache),
    ("/go/pkg/mod/cache", Class::OtherCache),
    ("/opt/conda/pkgs", Class::OtherCache),
    ("~/miniconda3/pkgs", Class::OtherCache),
    ("/usr/share/doc", Class::Docs),
    ("/usr/share/man", Class::Docs),
    ("/usr/share/info", Class::Docs),
    ("/usr/share/gtk-doc", Class::Docs),
    ("/usr/local/share/man", Class::Docs),
    ("/usr/local/share/doc", Class::Docs),
    ("/usr/share/locale", Class::Locales),
    ("/usr/share/i18n", Class::Locales),
    ("/usr/lib/locale", Class::Locales),
    ("/var/log", Class::Logs),
    ("/tmp", Class::Temporary),
    ("/var/tmp", Class::Temporary),
    ("/usr/lib/gcc", Class::BuildTools),
    ("/usr/libexec/gcc", Class::BuildTools),
    ("/usr/include", Class::BuildTools),
    ("/usr/share/cmake", Class::BuildTools),
    ("/usr/src", Class::Sources),
];

/// Programs that only builds need.
const TOOLS: &[&str] = &[
    "gcc", "g++", "cc", "c++", "cpp", "ld", "ld.bfd", "ld.gold", "as", "ar", "make", "cmake", "ninja", "clang",
    "clang++", "rustc", "cargo", "gdb",
];

/// GNU's tools are called after the machine that they build for.
fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name) || name.contains("-linux-gnu-") || name.contains("-linux-musl-")
}

/// Whether a path lies in a folder; `~` is any home folder.
fn lies_in(path: &str, folder: &str) -> bool {
    let below = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    match folder.strip_prefix("~/") {
        None => below(path, folder.trim_start_matches('/')),
        Some(folder) => {
            let home = path.strip_prefix("root/");
            let other = || path.strip_prefix("home/")?.split_once('/').map(|(_, rest)| rest);
            home.or_else(other).is_some_and(|rest| below(rest, folder))
        }
    }
}

fn is_archive(name: &str, extension: &str) -> bool {
    match extension {
        "deb" | "rpm" | "apk" | "whl" | "tgz" | "tbz2" | "txz" | "zip" | "tar" => true,
        "gz" | "xz" | "bz2" | "zst" => name.contains(".tar."),
        _ => false,
    }
}

fn has_folder(path: &str, folder: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| part == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_places() {
        for (path, class) in [
            ("var/lib/apt/lists/deb.debian.org_main", Class::PackageLists),
            ("var/lib/apt/extended_states", Class::Other),
            ("var/cache/apt/pkgcache.bin", Class::PackageCache),
            ("root/.cache/pip/http/0/1", Class::PipCache),
            ("home/app/.npm/_cacache/index", Class::NpmCache),
            ("home/app/.npm/_logs/1.log", Class::Logs),
            ("usr/local/lib/python3/__pycache__/os.pyc", Class::Bytecode),
            ("usr/share/doc/apt/copyright", Class::Docs),
            ("usr/share/locale/de/LC_MESSAGES/a.mo", Class::Locales),
            ("srv/app/.git/objects/pack/p", Class::Git),
            ("srv/app/.gitignore", Class::Other),
            ("opt/node.tar.xz", Class::Archives),
            ("opt/model.gz", Class::Other),
            ("usr/bin/gcc", Class::BuildTools),
            ("usr/bin/x86_64-linux-gnu-lto-dump-12", Class::BuildTools),
            ("usr/lib/gcc/x86_64-linux-gnu/12/cc1", Class::BuildTools),
            ("root/.m2/repository/a.jar", Class::OtherCache),
            ("tmp/x", Class::Temporary),
            ("tmpfile", Class::Other),
        ] {
            assert_eq!(Class::of(path), class, "{path}");
        }
    }
}
