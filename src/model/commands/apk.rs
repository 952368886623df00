//! apk: who fetches its index, and who reads the one that is there.

use super::apt::Lists;
use super::managers::{APK, APK_UPDATE_FLAGS};
use super::{Invocation, Subcommand};

/// Subcommands that never look at the index.
const INDIFFERENT: &[&str] = &["del", "info", "audit", "verify", "cache", "stats", "version"];

/// Whether a subcommand looks at the index, be it its own or one that is there.
pub fn needs_index(subcommand: &str) -> bool {
    subcommand != "update" && !INDIFFERENT.contains(&subcommand)
}

/// What a command means for the index of apk.
pub fn index(invocation: &Invocation<'_>) -> Lists {
    if invocation.program() != "apk" {
        return Lists::Ignores;
    }
    let name = match invocation.subcommand(APK.value_options) {
        Subcommand::Named(_, name) => name,
        Subcommand::Missing => return Lists::Ignores,
        Subcommand::Unreadable => return Lists::Unknown,
    };
    match name.as_ref() {
        name if INDIFFERENT.contains(&name) || invocation.has_argument("--no-cache") => Lists::Ignores,
        "update" => Lists::Fetches,
        _ if APK_UPDATE_FLAGS.iter().any(|flag| invocation.has_argument(flag)) => Lists::Fetches,
        _ => Lists::Reads,
    }
}
