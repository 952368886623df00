//! The package managers of Red Hat, SUSE and Arch; apt and apk have rules of their own.

use super::{CACHE, Cache, Remedy, managers};

pub(super) const DNF: Cache = Cache {
    name: "dnf",
    programs: &["yum", "dnf", "microdnf", "tdnf", "dnf5"],
    filled_by: &[
        "install", "update", "upgrade", "localinstall", "groupinstall", "reinstall", "makecache", "builddep",
        "distro-sync", "module", "swap",
    ],
    value_options: managers::DNF_VALUE_OPTIONS,
    remedy: Remedy::Command("clean all"),
    signs_of_care: &["clean all", "/var/cache", "keepcache", "cachedir", "--installroot"],
    folders: &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
    mounts: &["/var/cache/dnf"],
    locks: true,
    missed_by: &["--cacheonly", " -C ", "/var/cache/yum", "/var/cache/dnf"],
    ..CACHE
};

pub(super) const ZYPPER: Cache = Cache {
    name: "zypper",
    programs: &["zypper"],
    filled_by: &["install", "in", "update", "up", "dup", "refresh", "ref", "patch", "dist-upgrade"],
    value_options: &["-c", "--config", "-D", "--reposd-dir", "-R", "--root", "-p", "--plus-repo"],
    remedy: Remedy::Command("clean --all"),
    signs_of_care: &["zypper clean", "zypper cc", "clean -a", "clean --all", "/var/cache"],
    folders: &["/var/cache/zypp"],
    mounts: &["/var/cache/zypp"],
    locks: true,
    missed_by: &["--no-refresh", "/var/cache/zypp"],
    ..CACHE
};

/// `pacman -Scc --noconfirm` deletes nothing: it takes the default answer, which is no (pacman's `sync.c`).
pub(super) const PACMAN: Cache = Cache {
    name: "pacman",
    programs: &["pacman"],
    filled_by: &["-S", "-Sy", "-Su", "-Syu", "-Syy", "-Syyu", "-Suy", "-Sw", "--sync"],
    option_is_subcommand: true,
    remedy: Remedy::Delete(&["/var/cache/pacman/pkg/*"]),
    signs_of_care: &["pacman/pkg", "/var/cache", "--cachedir", "paccache", "| pacman", "CacheDir"],
    folders: &["/var/cache/pacman/pkg"],
    mounts: &["/var/cache/pacman/pkg"],
    locks: true,
    missed_by: &["/var/cache/pacman", "pacman -U"],
    ..CACHE
};
