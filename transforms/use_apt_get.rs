//! # use-apt-get
//!
//! Calls `apt-get` where a step calls `apt`, which says itself that it has no stable interface for scripts.
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt update && apt install -y git && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! **Safe** for subcommands and options that are the same in both, on images that are known to be made of Debian or
//! Ubuntu: unlike `apt`, `apt-get` keeps the packages that it downloads, and those images tell it not to. `apt upgrade`
//! installs new packages where it must, which `apt-get upgrade` does when it is told to, and `apt full-upgrade` is
//! `apt-get dist-upgrade`:
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt update && apt upgrade -y && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get upgrade --with-new-pkgs -y && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! What `apt-get` does not know, such as `apt list`, stays, and with it all of its step:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN apt update && apt list --upgradable && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! **Unsafe** where the base is not known, or the file lets apt keep its packages:
//!
//! ```dockerfile before unsafe
//! FROM registry.example.com/base
//! RUN apt remove -y perl
//! ```
//! ```dockerfile after
//! FROM registry.example.com/base
//! RUN apt-get remove -y perl
//! ```

use dopt_model::commands::managers::APT;
use dopt_model::commands::{Invocation, Subcommand};
use dopt_model::{Family, ImageRef, ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Reword, Safety, Subject, Transform};
use dopt_syntax::shell::{SimpleCommand, Word};

const CAVEAT: &str = "apt deletes packages once they are installed; apt-get does so only where the image says it.";

pub const TRANSFORM: Transform = Transform {
    name: "use-apt-get",
    summary: "call apt-get instead of apt, which promises scripts nothing",
    manual: include_str!("use_apt_get.rs"),
    aliases: &["DL3027"],
    triggers: &["apt "],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    let keeps = ["docker-clean", "Keep-Downloaded"].iter().any(|sign| file.contains(sign));
    subject.stages.runs().flat_map(|run| propose_for_run(run, file, keeps)).collect()
}

/// `keeps`: the file lets apt keep what it downloads.
fn propose_for_run(run: StageRun<'_>, file: &str, keeps: bool) -> Vec<Proposal> {
    if !run.instruction().range.of(file).contains("apt ") {
        return Vec::new();
    }
    // Which programs a step that cannot be read calls is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    let image = run.state().image().filter(|image| image.has_default_shell());
    let safety = match image.map(ImageRef::family) {
        Some(Family::Debian) if !keeps => Safety::Safe,
        Some(Family::Debian) | None => Safety::Unsafe { caveat: CAVEAT },
        // Another family's `apt` is another program.
        Some(_) => return Vec::new(),
    };
    let calls: Vec<_> =
        script.commands().into_iter().filter_map(|command| Some((command, program(&script, command)?))).collect();
    let renamed = calls.iter().map(|(command, program)| rename(run, &script, command, *program, safety));
    // A step that calls both would look like a mistake.
    let all: Option<Vec<Fix>> = renamed.collect();
    all.unwrap_or_default().into_iter().map(Ok).collect()
}

/// The word `apt` of a call.
fn program(script: &ShellScript<'_>, command: &SimpleCommand) -> Option<usize> {
    let at = Invocation::of(command, script.text())?.program_at;
    (command.words[at].range.of(script.text()) == "apt").then_some(at)
}

/// `None` where `apt-get` does not do the same.
fn rename(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    program: usize,
    safety: Safety,
) -> Option<Fix> {
    let invocation = Invocation::of(command, script.text())?;
    let is_option = |word: &str| word.len() > 1 && word.starts_with('-');
    let known = |word: &Word| match word.literal(script.text()) {
        Some(word) => !is_option(&word) || OPTIONS.contains(&word.split('=').next().unwrap_or(&word)),
        None => !word.range.of(script.text()).to_ascii_lowercase().contains("opt"),
    };
    let Subcommand::Named(at, name) = invocation.subcommand(APT.value_options) else { return None };
    if !invocation.arguments().iter().all(known) {
        return None;
    }
    let reword = Reword::of(command).replace(program, "apt-get");
    let reword = match name.as_ref() {
        name if SHARED.contains(&name) => reword,
        // `APT::Get::Upgrade-Allow-New`, which is set for `apt` alone.
        "upgrade" => reword.insert(at, "--with-new-pkgs"),
        "full-upgrade" => reword.replace(at, "dist-upgrade"),
        _ => return None,
    };
    let (edits, effect) = reword.finish(run, script);
    let at = script.in_file(command.words[program].range);
    Some(Fix { title: "call apt-get".into(), at, safety, effects: vec![effect], edits })
}

/// Subcommands that both know and do alike.
const SHARED: &[&str] = &[
    "install", "update", "remove", "purge", "autoremove", "clean", "autoclean", "build-dep", "dist-upgrade", "source",
    "download", "changelog",
];

/// Options that both read alike.
const OPTIONS: &[&str] = &[
    "-y", "--yes", "--assume-yes", "-q", "-qq", "-qy", "-yq", "-qqy", "-yqq", "--quiet", "-f", "--fix-broken", "-m",
    "--fix-missing", "--ignore-missing", "--no-install-recommends", "--install-recommends", "--no-install-suggests",
    "--install-suggests", "-o", "--option", "-t", "--target-release", "--default-release", "--allow-unauthenticated",
    "--allow-downgrades", "--allow-change-held-packages", "--allow-remove-essential", "--allow-insecure-repositories",
    "--allow-releaseinfo-change", "--reinstall", "--purge", "--auto-remove", "--autoremove", "--only-upgrade",
    "--no-upgrade", "--download-only", "-d", "--force-yes", "-V", "--verbose-versions", "-u", "--no-remove", "-fy",
    "-yf", "-yV", "-Vy", "-c", "--config-file",
];
