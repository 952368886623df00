//! Caches that a package manager has a command of its own to empty.

use super::managers::{self, Action};
use super::{Invocation, Subcommand};

/// How the cache of a package manager is emptied.
#[derive(Debug)]
pub struct Cache {
    /// The programs that share it, without folder.
    pub programs: &'static [&'static str],
    /// The subcommands that fill it; empty where the program fills it without one.
    pub filled_by: &'static [&'static str],
    /// Options whose value is a word of its own.
    value_options: &'static [&'static str],
    /// The arguments that empty it, behind the program.
    pub cleaned_by: &'static str,
    /// Words of a command that show that it is emptied already, or lies elsewhere.
    pub signs_of_care: &'static [&'static str],
    /// Where it lies for root.
    pub folders: &'static [&'static str],
    /// Words of later commands that would miss it.
    pub missed_by: &'static [&'static str],
    /// Words without which nobody knows which program of that name it is.
    proven_by: &'static [&'static str],
}

/// The caches, the most frequent first.
pub const CACHES: &[Cache] = &[
    Cache {
        programs: &["npm"],
        filled_by: &["install", "i", "ci", "add", "update", "install-clean"],
        value_options: &["--prefix", "--registry", "--loglevel", "-w", "--workspace", "--userconfig"],
        cleaned_by: "cache clean --force",
        signs_of_care: &["npm cache", "_cacache", ".npm", "--cache", "npm_config_cache", "NPM_CONFIG_CACHE"],
        folders: &["/root/.npm", "/home/node/.npm"],
        missed_by: &["--offline", "--prefer-offline", "_cacache"],
        proven_by: &[],
    },
    Cache {
        programs: &["yarn"],
        filled_by: &["", "install", "add", "global", "upgrade"],
        value_options: &["--cwd", "--network-timeout", "--registry", "--modules-folder", "--prefix"],
        cleaned_by: "cache clean",
        signs_of_care: &["yarn cache", "cache/yarn", ".cache", "--cache-folder", "YARN_CACHE_FOLDER", "cache-folder"],
        folders: &["/usr/local/share/.cache", "/root/.cache/yarn", "/usr/local/share/.cache/yarn"],
        missed_by: &["--offline", "--prefer-offline"],
        // Options of version 1 that the later versions do not take.
        proven_by: &[
            "--production", "--prod", "--pure-lockfile", "--non-interactive", "--network-timeout", "--ignore-optional",
            "--no-progress", "--ignore-engines", "--modules-folder", "--ignore-platform", "--no-lockfile", "global",
        ],
    },
    Cache {
        programs: &["yum", "dnf", "microdnf", "tdnf", "dnf5"],
        filled_by: &[
            "install", "update", "upgrade", "localinstall", "groupinstall", "reinstall", "makecache", "builddep",
            "distro-sync", "module", "swap",
        ],
        value_options: managers::DNF_VALUE_OPTIONS,
        cleaned_by: "clean all",
        signs_of_care: &["clean all", "/var/cache", "keepcache", "cachedir", "--installroot"],
        folders: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
        missed_by: &["--cacheonly", " -C ", "/var/cache/yum", "/var/cache/dnf"],
        proven_by: &[],
    },
    Cache {
        programs: &["zypper"],
        filled_by: &["install", "in", "update", "up", "dup", "refresh", "ref", "patch", "dist-upgrade"],
        value_options: &["-c", "--config", "-D", "--reposd-dir", "-R", "--root", "-p", "--plus-repo"],
        cleaned_by: "clean --all",
        signs_of_care: &["zypper clean", "zypper cc", "clean -a", "clean --all", "/var/cache"],
        folders: &["/var/cache/zypp"],
        missed_by: &["--no-refresh", "/var/cache/zypp"],
        proven_by: &[],
    },
    Cache {
        programs: &["conda", "mamba"],
        filled_by: &["install", "create", "update", "upgrade", "env"],
        value_options: &["-n", "--name", "-c", "--channel", "-p", "--prefix", "-f", "--file"],
        cleaned_by: "clean -ay",
        signs_of_care: &[
            "conda clean", "mamba clean", "/pkgs", "CONDA_PKGS_DIRS", "always_softlink", "allow_softlinks",
        ],
        folders: &["/opt/conda/pkgs", "/root/miniconda3/pkgs"],
        missed_by: &["--offline", "/pkgs"],
        proven_by: &[],
    },
    Cache {
        programs: &["composer"],
        filled_by: &["install", "update", "require", "create-project", "global"],
        value_options: &["-d", "--working-dir"],
        cleaned_by: "clear-cache",
        signs_of_care: &[
            "clear-cache", "clearcache", ".composer", "cache/composer", "COMPOSER_CACHE_DIR", "--no-cache",
        ],
        folders: &["/root/.composer/cache", "/tmp/cache", "/root/.cache/composer"],
        missed_by: &["COMPOSER_DISABLE_NETWORK"],
        proven_by: &[],
    },
];

/// What a command does to the cache of its package manager.
#[derive(Clone, Copy, Debug)]
pub enum Filling {
    /// It fills this cache.
    Fills(&'static Cache),
    /// It may fill it; which version of the program runs, or with which words, is not known.
    Unknown(&'static Cache),
}

/// Looks whether a command fills a cache.
pub fn filling(invocation: &Invocation<'_>) -> Option<Filling> {
    let program = invocation.program();
    let cache = CACHES.iter().find(|cache| cache.programs.contains(&program))?;
    let fills = match invocation.subcommand(cache.value_options) {
        Subcommand::Unreadable => return Some(Filling::Unknown(cache)),
        Subcommand::Missing => cache.filled_by.contains(&"") && !invocation.has_argument("--version"),
        Subcommand::Named(_, name) => cache.filled_by.contains(&name.as_ref()),
    };
    let only_asks =
        ["--help", "--version", "-v", "--dry-run", "config"].iter().any(|word| invocation.has_argument(word));
    if !fills || only_asks {
        return None;
    }
    // A package manager that installs itself anew may not even run afterwards.
    let replaces_itself = invocation.arguments().iter().any(|word| {
        let source = word.range.of(invocation.text);
        source == program || source.strip_prefix(program).is_some_and(|rest| rest.starts_with('@'))
    });
    if replaces_itself {
        return Some(Filling::Unknown(cache));
    }
    let proven = cache.proven_by.is_empty()
        || invocation.arguments().iter().any(|word| {
            let source = word.range.of(invocation.text);
            cache
                .proven_by
                .iter()
                .any(|sign| source == *sign || source.strip_prefix(sign).is_some_and(|r| r.starts_with('=')))
        });
    Some(if proven { Filling::Fills(cache) } else { Filling::Unknown(cache) })
}

/// Whether a command may remove the program of a cache.
pub fn removes_program(invocation: &Invocation<'_>) -> bool {
    matches!(invocation.program(), "rm" | "dpkg" | "rpm" | "mv")
        || matches!(managers::action(invocation), Some((_, Action::Remove(_))))
}
