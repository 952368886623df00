//! Packages of Debian and Alpine that steps install: those that only building needs, and those that go along.

use dopt_model::commands::managers::{self, Action};
use dopt_rewrite::NotSplit;

use super::{Call, Leavings};

/// Packages that only building needs.
const BUILDERS: &[&str] = &[
    "build-essential", "gcc", "g++", "cpp", "make", "cmake", "ninja-build", "meson", "autoconf", "automake", "libtool",
    "pkg-config", "pkgconf", "clang", "llvm", "gfortran", "cython3", "python3-dev", "python-dev", "cargo", "rustc",
    "golang", "golang-go", "swig", "bison", "flex", "dpkg-dev", "binutils", "patch", "libpython3-dev", "gcc-multilib",
    "g++-multilib", "ccache", "apt-utils", "software-properties-common", "apt-transport-https",
];

/// Packages that fetch and unpack, and the programs by which a step uses them.
const FETCHERS: &[(&str, &[&str])] = &[
    ("git", &["git", "go", "cargo"]),
    ("curl", &["curl"]),
    ("wget", &["wget"]),
    ("unzip", &["unzip"]),
    ("xz-utils", &["xz", "tar"]),
    ("bzip2", &["bzip2", "tar"]),
    ("gnupg", &["gpg"]),
    ("mercurial", &["hg", "go"]),
    ("subversion", &["svn", "go"]),
    ("openssh-client", &["ssh", "ssh-keyscan", "git", "go"]),
    ("patch", &["patch"]),
];

impl Leavings {
    /// What goes along of the packages that steps install, but for those by which a step has fetched something: a program
    /// that is compiled tells itself what else it starts.
    pub fn kept_but_fetchers(&self) -> Vec<String> {
        let has_fetched = |name: &str| {
            let found = FETCHERS.iter().find(|(package, _)| *package == name);
            found.is_some_and(|(_, programs)| self.ran.iter().any(|ran| programs.contains(&ran.as_str())))
        };
        self.kept.iter().filter(|name| !has_fetched(name)).cloned().collect()
    }

    pub(super) fn read_apt(&mut self, call: &Call<'_>, line: usize) -> Result<(), NotSplit> {
        let unknown = NotSplit::AptRuntimeLibsUnknown { line };
        match managers::action(&call.invocation) {
            Some((_, Action::Update | Action::Clean)) => Ok(()),
            Some((_, Action::Remove(packages))) => {
                self.kept.retain(|kept| !packages.contains(kept));
                self.builders.retain(|builder| !packages.contains(builder));
                Ok(())
            }
            Some((_, Action::Install(packages))) => {
                let odd = ["-t", "--target-release", "-o", "-c", "--option", "--config-file"];
                if call.words.iter().any(|word| {
                    odd.contains(&word.as_str()) || word.contains(['/', '*', '+'].as_slice()) && word != "g++"
                }) {
                    return Err(unknown);
                }
                self.is_spare &= call.words.iter().any(|word| word == "--no-install-recommends");
                let (kept, builders) = (self.kept.len(), self.builders.len());
                for package in packages {
                    let name = package.split(['=', ':']).next().unwrap_or(&package);
                    match name {
                        name if BUILDERS.contains(&name) || name.starts_with("gcc-") || name.starts_with("g++-") => {
                            self.builders.push(name.to_owned());
                        }
                        name if name.ends_with("-dev") => {
                            self.builders.push(name.to_owned());
                            self.headers.push((name.to_owned(), line));
                        }
                        _ => self.kept.push(package),
                    }
                }
                // What was deleted before may be among what these bring.
                if self.has_erased && self.kept.len() > kept {
                    return Err(unknown);
                }
                if self.builders.len() > builders {
                    self.beside_builders.extend(self.kept[kept..].iter().cloned());
                }
                Ok(())
            }
            _ if call
                .words
                .iter()
                .any(|word| ["upgrade", "dist-upgrade", "autoremove", "autoclean"].contains(&word.as_str())) =>
            {
                Ok(())
            }
            _ => Err(unknown),
        }
    }

    /// What apk installs: headers of Alpine are told from libraries by no table.
    pub(super) fn read_apk(&mut self, call: &Call<'_>, line: usize) -> Result<(), NotSplit> {
        let unknown = NotSplit::AptRuntimeLibsUnknown { line };
        match managers::action(&call.invocation) {
            Some((_, Action::Update | Action::Clean)) => Ok(()),
            Some((_, Action::Remove(packages))) => {
                let is_gone = |kept: &String| packages.iter().any(|gone| gone == kept);
                self.kept.retain(|kept| !is_gone(kept));
                self.builders.retain(|builder| !is_gone(builder));
                Ok(())
            }
            Some((_, Action::Install(packages))) => {
                // What is installed under one name goes with it.
                let virtual_package = managers::virtual_package(&call.invocation);
                let mut add = |name: &str| self.builders.push(virtual_package.clone().unwrap_or(name.to_owned()));
                for package in packages.into_iter().filter(|package| !package.starts_with('.')) {
                    match package.as_str() {
                        "build-base" | "musl-dev" | "libc-dev" | "linux-headers" => add(&package),
                        name if BUILDERS.contains(&name) => add(name),
                        name if name.ends_with("-dev") => return Err(unknown),
                        _ => self.kept.push(package),
                    }
                }
                Ok(())
            }
            _ => Err(unknown),
        }
    }

    /// Leaves a package behind that was installed together with what only building needs.
    pub fn leave_with_builders(&mut self, name: &str) {
        if self.beside_builders.iter().any(|found| found == name) {
            self.kept.retain(|found| found != name);
        }
    }
}
