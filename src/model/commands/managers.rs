//! Package managers: which of their subcommands fetch an index, install, remove and clean.

use super::{Invocation, Subcommand};

/// A package manager as data.
#[derive(Debug)]
pub struct Manager {
    /// The name that stands for all of its programs.
    pub name: &'static str,
    /// The programs, without folder.
    pub programs: &'static [&'static str],
    /// Subcommands that fetch the index of packages.
    pub update: &'static [&'static str],
    /// Subcommands that install.
    pub install: &'static [&'static str],
    /// Subcommands that remove.
    pub remove: &'static [&'static str],
    /// Subcommands that only delete caches.
    pub clean: &'static [&'static str],
    /// Options whose value is a word of its own.
    pub value_options: &'static [&'static str],
    /// Whether `install` needs an index that an earlier command fetched.
    pub needs_index: bool,
    /// Where root's caches lie.
    pub caches: &'static [&'static str],
}

/// Options of dnf and yum whose value is a word of its own.
pub const DNF_VALUE_OPTIONS: &[&str] = &[
    "-c", "--config", "-x", "--exclude", "--installroot", "--releasever", "-d", "-e", "--repo", "--repoid",
    "--enablerepo", "--disablerepo", "--setopt", "-R", "--randomwait", "--rpmverbosity", "--comment", "--forcearch",
];

/// What an invocation of a package manager does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fetches the index.
    Update,
    /// Installs these packages; a word that is not known is left out.
    Install(Vec<String>),
    /// Removes these packages.
    Remove(Vec<String>),
    /// Deletes caches.
    Clean,
    /// Something else.
    Other,
}

/// apt of Debian and what is made from it.
pub const APT: Manager = Manager {
    name: "apt",
    programs: &["apt-get", "apt", "aptitude", "apt-fast", "nala"],
    update: &["update"],
    install: &["install", "reinstall", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "build-dep"],
    remove: &["remove", "purge", "autoremove", "autopurge"],
    clean: &["clean", "autoclean", "distclean"],
    value_options: &[
        "-o", "--option", "-c", "--config-file", "-t", "--target-release", "--default-release", "-a",
        "--host-architecture", "-P", "--build-profiles", "--solver",
    ],
    needs_index: true,
    caches: &["/var/lib/apt/lists", "/var/cache/apt"],
};

/// apk of Alpine.
pub const APK: Manager = Manager {
    name: "apk",
    programs: &["apk"],
    update: &["update"],
    install: &["add", "upgrade"],
    remove: &["del"],
    clean: &["cache"],
    value_options: &[
        "-p", "--root", "-X", "--repository", "-t", "--virtual", "--cache-dir", "--keys-dir", "--repositories-file",
        "--arch", "--wait", "--timeout",
    ],
    needs_index: true,
    caches: &["/var/cache/apk"],
};

/// Options of apk that let it update its index first.
pub const APK_UPDATE_FLAGS: &[&str] = &["-U", "--update", "--update-cache"];

/// The package managers, the most frequent first.
pub const MANAGERS: &[Manager] = &[
    APT,
    APK,
    Manager {
        name: "dnf",
        programs: &["yum", "dnf", "microdnf", "tdnf", "dnf5"],
        update: &["makecache", "check-update"],
        install: &["install", "update", "upgrade", "localinstall", "groupinstall", "reinstall", "builddep"],
        remove: &["remove", "erase", "autoremove", "groupremove"],
        clean: &["clean"],
        value_options: DNF_VALUE_OPTIONS,
        needs_index: false,
        caches: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
    },
    Manager {
        name: "pip",
        programs: &["pip", "pip2", "pip3"],
        update: &[],
        install: &["install"],
        remove: &["uninstall"],
        clean: &["cache"],
        value_options: super::pip::VALUE_OPTIONS,
        needs_index: false,
        caches: &["/root/.cache/pip", "~/.cache/pip"],
    },
    Manager {
        name: "npm",
        programs: &["npm", "yarn", "pnpm", "bower"],
        update: &[],
        install: &["install", "i", "ci", "add", "run", "build", "update"],
        remove: &["uninstall", "remove", "prune"],
        clean: &["cache"],
        value_options: &["--prefix", "--registry", "--loglevel", "--cwd"],
        needs_index: false,
        caches: &["/root/.npm", "~/.npm", "/root/.cache/yarn", "/usr/local/share/.cache"],
    },
    Manager {
        name: "conda",
        programs: &["conda", "mamba", "micromamba"],
        update: &[],
        install: &["install", "create", "update", "env"],
        remove: &["remove", "uninstall"],
        clean: &["clean"],
        value_options: &["-n", "--name", "-c", "--channel", "-p", "--prefix", "-f", "--file"],
        needs_index: false,
        caches: &["/opt/conda/pkgs"],
    },
    Manager {
        name: "zypper",
        programs: &["zypper"],
        update: &["refresh", "ref"],
        install: &["install", "in", "update", "up", "dup"],
        remove: &["remove", "rm"],
        clean: &["clean", "cc"],
        value_options: &["-c", "--config", "-D", "--reposd-dir", "-R", "--root"],
        needs_index: true,
        caches: &["/var/cache/zypp"],
    },
    Manager {
        name: "gem",
        programs: &["gem", "bundle"],
        update: &[],
        install: &["install", "update"],
        remove: &["uninstall"],
        clean: &["cleanup", "clean"],
        value_options: &["-v", "--version", "-s", "--source"],
        needs_index: false,
        caches: &["/usr/local/bundle/cache"],
    },
];

/// The package manager that is called, and what for; `None` for other programs and unknown subcommands.
pub fn action(invocation: &Invocation<'_>) -> Option<(&'static Manager, Action)> {
    let program = invocation.program();
    let manager = MANAGERS.iter().find(|manager| manager.programs.contains(&program))?;
    let Subcommand::Named(at, name) = invocation.subcommand(manager.value_options) else { return None };
    let is = |list: &[&str]| list.contains(&name.as_ref());
    let packages = || {
        let words = invocation.operands(at + 1, manager.value_options);
        words.filter_map(|(_, word)| word).map(|word| package_name(&word).to_owned()).collect()
    };
    let action = match () {
        () if is(manager.update) => Action::Update,
        () if is(manager.install) => Action::Install(packages()),
        () if is(manager.remove) => Action::Remove(packages()),
        () if is(manager.clean) => Action::Clean,
        () => Action::Other,
    };
    Some((manager, action))
}

/// The value of `apk`'s `--virtual`, which a later `apk del` names.
pub fn virtual_package(invocation: &Invocation<'_>) -> Option<String> {
    let mut words = invocation.arguments().iter();
    while let Some(word) = words.next() {
        let literal = word.literal(invocation.text)?;
        match literal.as_ref() {
            "-t" | "--virtual" => return words.next()?.literal(invocation.text).map(|name| name.into_owned()),
            other => {
                if let Some(name) = other.strip_prefix("--virtual=") {
                    return Some(name.to_owned());
                }
            }
        }
    }
    None
}

fn package_name(word: &str) -> &str {
    word.split(['=', '<', '>', '~', '/', '@']).next().filter(|name| !name.is_empty()).unwrap_or(word)
}
