//! npm, yarn, pnpm and bun.

use super::{CACHE, Cache, Remedy};

pub(super) const NPM: Cache = Cache {
    name: "npm",
    programs: &["npm"],
    filled_by: &["install", "i", "ci", "add", "update", "install-clean"],
    value_options: &["--prefix", "--registry", "--loglevel", "-w", "--workspace", "--userconfig"],
    remedy: Remedy::Command("cache clean --force"),
    signs_of_care: &["npm cache", "_cacache", ".npm", "--cache", "npm_config_cache", "NPM_CONFIG_CACHE"],
    folders: &["~/.npm"],
    mounts: &["~/.npm"],
    missed_by: &["--offline", "--prefer-offline", "_cacache"],
    ..CACHE
};

pub(super) const YARN: Cache = Cache {
    name: "yarn",
    programs: &["yarn"],
    filled_by: &["", "install", "add", "global", "upgrade"],
    value_options: &["--cwd", "--network-timeout", "--registry", "--modules-folder", "--prefix"],
    remedy: Remedy::Command("cache clean"),
    signs_of_care: &["yarn cache", "cache/yarn", ".cache", "--cache-folder", "YARN_CACHE_FOLDER", "cache-folder"],
    folders: &["/usr/local/share/.cache/yarn", "~/.cache/yarn"],
    mounts: &["~/.cache/yarn"],
    missed_by: &["--offline", "--prefer-offline"],
    // Options of version 1 that the later versions do not take.
    proven_by: &[
        "--production", "--prod", "--pure-lockfile", "--non-interactive", "--network-timeout", "--ignore-optional",
        "--no-progress", "--ignore-engines", "--modules-folder", "--ignore-platform", "--no-lockfile", "global",
    ],
    ..CACHE
};

/// Its store shares its files with `node_modules` by hard links; the metadata beside it goes, and what no project
/// uses (seen with 9.15: 5.8 MB of 16).
pub(super) const PNPM: Cache = Cache {
    name: "pnpm",
    programs: &["pnpm"],
    filled_by: &["install", "i", "add", "update", "up"],
    value_options: &["-C", "--dir", "--filter", "-F", "--registry", "--reporter", "--loglevel"],
    remedy: Remedy::Command("store prune"),
    signs_of_care: &[
        "pnpm store", "pnpm-store", "pnpm/store", "--store-dir", "store-dir", "storeDir", "PNPM_HOME/store",
    ],
    folders: &["~/.local/share/pnpm", "~/.cache/pnpm", "~/.pnpm-store"],
    mounts: &["~/.local/share/pnpm/store"],
    missed_by: &["--offline", "--prefer-offline"],
    ..CACHE
};

pub(super) const BUN: Cache = Cache {
    name: "bun",
    programs: &["bun"],
    filled_by: &["install", "i", "add", "update"],
    value_options: &["--cwd", "--cache-dir", "--registry", "-c", "--config"],
    remedy: Remedy::SharesFiles,
    signs_of_care: &["bun pm cache", ".bun/install/cache", "--cache-dir", "BUN_INSTALL_CACHE_DIR"],
    folders: &["~/.bun/install/cache"],
    mounts: &["~/.bun/install/cache"],
    missed_by: &["--offline", "--prefer-offline"],
    ..CACHE
};
