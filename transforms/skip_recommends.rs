//! # skip-recommends
//!
//! Installs what packages depend on, and not what they merely recommend.
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! RUN apt-get update && apt-get install -y poppler-utils && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y --no-install-recommends poppler-utils && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! A client of TLS without certificates fails at every address. `ca-certificates` is only recommended by most of
//! them, so it is named where it is not:
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! dnf calls them weak dependencies:
//!
//! ```dockerfile before unsafe
//! FROM rockylinux:9
//! RUN dnf install -y git && dnf clean all
//! ```
//! ```dockerfile after
//! FROM rockylinux:9
//! RUN dnf install -y --setopt=install_weak_deps=False git && dnf clean all
//! ```
//!
//! pip recommends a compiler (and goes with the step that needs it, see `purge-build-deps`). That is left out where nothing in the stage needs one: packages are in a list of those that
//! are installed without, and those that the context names are looked at.
//!
//! ```dockerfile before unsafe
//! FROM ubuntu:22.04
//! RUN apt-get update && apt-get install -y python3-pip && rm -rf /var/lib/apt/lists/*
//! RUN pip3 install --no-cache-dir requests pyyaml
//! CMD ["python3", "-m", "http.server"]
//! ```
//! ```dockerfile after
//! FROM ubuntu:22.04
//! RUN apt-get update && apt-get install -y --no-install-recommends python3-setuptools ca-certificates && rm -rf /var/lib/apt/lists/*
//! RUN apt-get update \
//!     && apt-get install -y --no-install-recommends python3-pip \
//!     && pip3 install --no-cache-dir requests pyyaml \
//!     && apt-mark auto python3-pip && apt-get autoremove -y --purge -o APT::AutoRemove::SuggestsImportant=false \
//!     && rm -rf /var/lib/apt/lists/*
//! CMD ["python3", "-m", "http.server"]
//! ```
//! ```dockerfile refused unsafe: may-compile
//! FROM ubuntu:22.04
//! RUN apt-get update && apt-get install -y python3-pip && rm -rf /var/lib/apt/lists/*
//! RUN pip3 install --no-cache-dir uwsgi
//! CMD ["uwsgi", "--ini", "app.ini"]
//! ```
//!
//! **Unsafe**: something may have relied on a recommended package. gcc recommends the headers of the C library: where such
//! a package is installed, the place is left alone.
//!
//! ```dockerfile refused: relies-on-recommends
//! FROM debian:12
//! RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile refused: words-unknown
//! FROM debian:12
//! ARG PACKAGES
//! RUN apt-get update && apt-get install -y $PACKAGES && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! Nothing is done where the file speaks of recommended packages already:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/99lean
//! WORKDIR /srv
//! RUN apt-get update && apt-get install -y poppler-utils && rm -rf /var/lib/apt/lists/*
//! ```

use crate::slim_base::does_without_compilers;
use dopt_model::commands::managers::{APT, DNF_VALUE_OPTIONS};
use dopt_model::commands::{Invocation, Subcommand, apt};
use dopt_model::{ImageRef, ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "Packages that are only recommended are no longer installed; something may have relied on them.";

const CERTIFICATES: &str = "ca-certificates";

pub const TRANSFORM: Transform = Transform {
    name: "skip-recommends",
    summary: "install what packages depend on, not what they recommend",
    manual: include_str!("skip_recommends.rs"),
    aliases: &["DL3015"],
    triggers: &["apt-get", "apt ", "dnf"],
    joint: true,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    if ["Install-Recommends", "install_weak_deps"].iter().any(|setting| file.contains(setting)) {
        return Vec::new();
    }
    let mut certified = vec![file.contains(CERTIFICATES); subject.stages.all().len()];
    subject.runs().flat_map(|run| propose_for_run(run, subject, &mut certified[run.stage()])).collect()
}

/// `certified`: the certificates are named somewhere, so no fix has to name them.
fn propose_for_run(run: StageRun<'_>, subject: &Subject<'_>, certified: &mut bool) -> Vec<Proposal> {
    if !subject.is_triggered(run) {
        return Vec::new();
    }
    // Nothing is known of the packages of a step that cannot be read.
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.commands().into_iter();
    commands.filter_map(|command| skip(subject, run, &script, command, certified).transpose()).collect()
}

fn skip(
    subject: &Subject<'_>,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    certified: &mut bool,
) -> Result<Option<Fix>, Refusal> {
    let Some(invocation) = Invocation::of(command, script.text()) else { return Ok(None) };
    let (flag, value_options) = match invocation.program() {
        "apt-get" | "apt" if apt::is_apt(&invocation) => ("--no-install-recommends", APT.value_options),
        "dnf" => ("--setopt=install_weak_deps=False", DNF_VALUE_OPTIONS),
        _ => return Ok(None),
    };
    let refuse = |why| Err(Refusal::new(script.in_file(command.range), why));
    let install = match invocation.subcommand(value_options) {
        Subcommand::Named(at, name) if name == "install" => at,
        Subcommand::Unreadable => return refuse(Why::WordsUnknown),
        _ => return Ok(None),
    };
    if ["--no-install-recommends", "--install-recommends"].iter().any(|known| invocation.has_argument(known)) {
        return Ok(None);
    }
    let mut packages = Vec::new();
    for (_, package) in invocation.operands(install + 1, value_options) {
        match package {
            Some(package) => packages.push(package),
            None => return refuse(Why::WordsUnknown),
        }
    }
    let is_one_of = |names: &[&str]| packages.iter().any(|package| names.contains(&package_name(package)));
    if packages.is_empty() {
        return Ok(None);
    }
    if is_one_of(RELY_ON_RECOMMENDS) {
        return refuse(Why::ReliesOnRecommends);
    }
    if is_one_of(RELY_ON_COMPILERS) {
        if !run.state().image().is_some_and(has_setuptools) {
            return refuse(Why::ReliesOnRecommends);
        }
        if let Err(why) = does_without_compilers(subject, run.stage()) {
            return refuse(why);
        }
    }
    let has_certificates = *certified || run.state().image().is_some_and(ImageRef::brings_certificates);
    let certificates = invocation.program() != "dnf" && is_one_of(TLS_CLIENTS) && !has_certificates;
    *certified |= certificates;
    let mut named: Vec<&str> = certificates.then_some(CERTIFICATES).into_iter().collect();
    if invocation.program() != "dnf" {
        let companions = COMPANIONS.iter().filter(|(name, _)| is_one_of(&[*name])).flat_map(|(_, more)| more.iter());
        named.extend(companions.copied().filter(|name| !is_one_of(&[*name])));
    }
    Ok(Some(add(run, script, &invocation, install, flag, &named)))
}

/// Puts the flag behind the options that follow `install`, and behind the flag what has to be named now.
fn add(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    invocation: &Invocation<'_>,
    install: usize,
    flag: &str,
    named: &[&str],
) -> Fix {
    let command = invocation.command;
    let text = script.text();
    let is_plain_option = |at: &usize| {
        command.words.get(*at).is_some_and(|word| {
            ["-y", "-qq", "-q", "--yes", "-qy", "-yq", "-yqq", "-qqy", "--assume-yes"].contains(&word.range.of(text))
        })
    };
    let behind = (install + 1..).take_while(is_plain_option).last().unwrap_or(install);
    let added = [&[flag], named].concat().join(" ");
    let (edits, effect) = Reword::of(command).insert(behind, added.clone()).finish(run, script);
    Fix {
        title: format!("add {added}").into(),
        at: script.in_file(command.words[install].range),
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![effect],
        edits,
    }
}

/// Whether pip of the release depends on what it installs packages with from their sources: since Debian 11 and
/// Ubuntu 20.04.
fn has_setuptools(image: ImageRef<'_>) -> bool {
    let first = match image.familiar_name() {
        "debian" => (11, 0),
        "ubuntu" => (20, 4),
        _ => return false,
    };
    match image.version() {
        Some(version) => version >= first,
        None => {
            image.tag.is_none_or(|tag| tag == "latest")
                || ["bullseye", "bookworm", "trixie", "stable", "focal", "jammy", "noble"]
                    .iter()
                    .any(|name| image.tag_has(name))
        }
    }
}

fn package_name(package: &str) -> &str {
    package.split(['=', ':', '/']).next().unwrap_or(package)
}

/// Packages that are of little use without what they recommend.
const RELY_ON_RECOMMENDS: &[&str] = &[
    "gcc", "clang", "python-pip", "r-base", "texlive", "default-jdk-headless", "dkms", "ubuntu-desktop", "xfce4",
    "lxde", "build-dep", "r-base-dev", "ruby", "software-properties-common", "openssh-server", "gnupg", "gnupg2",
    "systemd", "network-manager", "libreoffice", "wine", "steam", "winehq-stable", "winehq-devel", "winehq-staging",
    "wine-stable", "wine64", "wine32", "bundler", "ruby-bundler",
];

/// What packages only recommend and do nothing without: Composer fetches with the one and unpacks with the other.
const COMPANIONS: &[(&str, &[&str])] = &[("composer", &["git", "unzip"])];

/// Packages that recommend compilers and version control, for what they install.
const RELY_ON_COMPILERS: &[&str] = &["python3-pip", "npm"];

/// Packages whose programs talk TLS and only recommend the certificates.
const TLS_CLIENTS: &[&str] = &[
    "curl", "wget", "git", "subversion", "mercurial", "aria2", "lftp", "python3-requests", "python3-urllib3", "nodejs",
    "golang", "golang-go", "libcurl4", "libcurl3", "libcurl4-openssl-dev", "libcurl4-gnutls-dev", "php-curl",
    "openssl", "ruby-dev", "python3", "php-cli", "php", "composer", "jq", "rclone", "awscli", "httpie", "elinks",
    "lynx", "w3m",
];
