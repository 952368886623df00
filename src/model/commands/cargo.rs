//! cargo: which calls link programs for an image, and what shows that their symbols have been thought of.

use super::{Invocation, Subcommand};

/// The first version whose profiles know `strip`.
pub const FIRST_WITH_STRIP: (u32, u32) = (1, 59);

/// Subcommands that compile with the profile `release` where they are told to.
const COMPILING: &[&str] =
    &["build", "b", "test", "t", "run", "r", "bench", "rustc", "check", "c", "clippy", "doc", "chef", "nextest"];

/// Signs in a file that somebody has decided about symbols, or about flags of the compiler.
const DECISIONS: &[&str] =
    &[" strip ", "strip=", "STRIP", "link-arg", "RUSTFLAGS", "CARGO_PROFILE", "--profile", "RUST_BACKTRACE"];

/// Which word of a call is the subcommand that links programs with the profile `release`.
pub fn linked_release(invocation: &Invocation<'_>, in_image: bool) -> Option<usize> {
    let (at, name) = subcommand(invocation)?;
    let asks = ["--help", "--lib", "--dry-run", "--debug", "--list"].iter().any(|word| invocation.has_argument(word));
    let links = match name.as_str() {
        "build" | "b" => is_release(invocation),
        // Tools that a build stage installs for itself end up in no image.
        "install" => in_image || invocation.has_argument("--path"),
        _ => false,
    };
    (links && !asks).then_some(at)
}

/// Whether a call compiles what a release build would find compiled already, unless the profile differs.
pub fn shares_release(invocation: &Invocation<'_>) -> bool {
    subcommand(invocation).is_some_and(|(_, name)| COMPILING.contains(&name.as_str())) && is_release(invocation)
}

/// Whether a file shows that symbols have been thought of.
pub fn is_decided(file: &str) -> bool {
    DECISIONS.iter().any(|sign| file.contains(sign))
}

fn subcommand(invocation: &Invocation<'_>) -> Option<(usize, String)> {
    match invocation.subcommand(&["--color", "--config", "-Z", "-C"]) {
        Subcommand::Named(at, name) if invocation.program() == "cargo" => Some((at, name.into_owned())),
        _ => None,
    }
}

fn is_release(invocation: &Invocation<'_>) -> bool {
    ["--release", "-r"].iter().any(|flag| invocation.has_argument(flag))
}
