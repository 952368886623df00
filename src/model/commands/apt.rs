//! apt: who fetches the package lists, who reads them, who deletes them.

use super::managers::{self, Action};
use super::{Invocation, Subcommand};

/// The folder of the package lists.
pub const LISTS: &str = "/var/lib/apt/lists";

/// The command that deletes the lists and keeps the folder, as Docker's documentation writes it.
pub const DELETE_LISTS: &str = "rm -rf /var/lib/apt/lists/*";

/// What a command means for the package lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// It fetches them.
    Fetches,
    /// It works only, or works otherwise, where they are there.
    Reads,
    /// It deletes them, or names them in a way that is not ours to judge.
    Mentions,
    /// They do not matter to it.
    Ignores,
    /// An apt whose words are not known before the build.
    Unknown,
}

/// Programs beside apt itself that read the package lists.
const READERS: &[&str] = &[
    "apt-cache", "apt-file", "apt-show-versions", "gdebi", "mk-build-deps", "rosdep", "tasksel", "unattended-upgrade",
    "unattended-upgrades", "apt-venv", "aptdcon", "debi", "apt-rdepends",
];

/// Subcommands of apt that never look at the lists.
const INDIFFERENT: &[&str] = &[
    "clean", "autoclean", "remove", "purge", "autoremove", "autopurge", "check", "moo", "help", "edit-sources",
    "config", "list", "hold", "unhold", "markauto", "unmarkauto", "indextargets",
];

/// Whether the program is apt itself.
pub fn is_apt(invocation: &Invocation<'_>) -> bool {
    managers::APT.programs.contains(&invocation.program())
}

/// What a command means for the package lists.
pub fn lists(invocation: &Invocation<'_>) -> Lists {
    let source = invocation.command.range.of(invocation.text);
    let paths = ["/var/lib/apt", "apt/lists", "/var/lib/{apt"];
    if source.contains("apt") && paths.iter().any(|path| source.contains(path)) {
        return Lists::Mentions;
    }
    if READERS.contains(&invocation.program()) {
        return Lists::Reads;
    }
    if !is_apt(invocation) {
        return Lists::Ignores;
    }
    match invocation.subcommand(managers::APT.value_options) {
        Subcommand::Missing => Lists::Ignores,
        Subcommand::Unreadable => Lists::Unknown,
        Subcommand::Named(_, name) => match name.as_ref() {
            "update" => Lists::Fetches,
            "distclean" => Lists::Mentions,
            name if INDIFFERENT.contains(&name) => Lists::Ignores,
            _ => Lists::Reads,
        },
    }
}

/// Whether the command changes from where apt fetches: what it reads afterwards is not what it read before.
pub fn changes_sources(invocation: &Invocation<'_>) -> bool {
    let source = invocation.command.range.of(invocation.text);
    let program = invocation.program();
    source.contains("/etc/apt")
        || matches!(program, "add-apt-repository" | "apt-add-repository" | "apt-key")
        || (program == "dpkg" && invocation.has_argument("--add-architecture"))
        || matches!(managers::action(invocation), Some((manager, Action::Other)) if manager.name == "apt")
}
