//! Tells a release which commit it was made of, so that `dopt --version` says it.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/cli/build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // While working on dopt, a commit must not build everything anew.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if is_release { commit() } else { None };
    let shown = commit.map_or(version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=DOPT_VERSION={shown}");
}

/// Its hash and day; `None` where the sources are not those of a Git repository of their own.
fn commit() -> Option<String> {
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let inside = git(&["rev-parse", "--show-prefix"])?;
    if inside.is_empty() { git(&["log", "-1", "--format=%h %cs"]) } else { None }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
