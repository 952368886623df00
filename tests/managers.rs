//! Every package manager: what is done about its cache by default, what with `--strategy cache-mount`, and that words
//! which nobody knows before the build are a reason to leave it alone in both.

use dopt_model::NO_FACTS;
use dopt_rewrite::{Options, Rewrite, Settings, Strategies, Strategy, Transform, rewrite};
use dopt_transforms::CATALOG;

/// A manager in an image.
struct Row {
    image: &'static str,
    /// A step that installs.
    step: &'static str,
    /// What becomes of it: the step, `refused: CODE`, or nothing.
    cleaned: &'static str,
    /// The targets of the mounts, `the same` as without them, `refused: CODE`, or nothing.
    mounted: &'static str,
    /// A step with an unknown word in front of the subcommand, where there is one.
    unreadable: &'static str,
}

const fn row(
    image: &'static str,
    step: &'static str,
    cleaned: &'static str,
    mounted: &'static str,
    unreadable: &'static str,
) -> Row {
    Row { image, step, cleaned, mounted, unreadable }
}

#[rustfmt::skip]
const MANAGERS: &[Row] = &[
    // Of systems.
    row("debian:12", "apt-get update && apt-get install -y --no-install-recommends bc", "apt-get update && apt-get install -y --no-install-recommends bc && rm -rf /var/lib/apt/lists/*", "/var/cache/apt /var/lib/apt/lists", "apt-get $OPTIONS update"),
    row("debian:12", "apt update && apt install -y --no-install-recommends bc", "apt-get update && apt-get install -y --no-install-recommends bc && rm -rf /var/lib/apt/lists/*", "/var/cache/apt /var/lib/apt/lists", "apt $OPTIONS update"),
    row("debian:12", "aptitude update && aptitude install -y bc", "aptitude update && aptitude install -y bc && rm -rf /var/lib/apt/lists/*", "/var/cache/apt /var/lib/apt/lists", "aptitude $OPTIONS update"),
    row("alpine:3.20", "apk add --update bc", "apk add --no-cache bc", "/etc/apk/cache", "apk $OPTIONS add bc"),
    row("rockylinux:9", "dnf -y install bc", "dnf -y install bc && dnf clean all", "/var/cache/dnf", "dnf $OPTIONS install bc"),
    row("centos:7", "yum -y install bc", "yum -y install bc && yum clean all", "/var/cache/yum", "yum $OPTIONS install bc"),
    row("registry.access.redhat.com/ubi9/ubi-minimal", "microdnf install -y bc", "microdnf install -y bc && microdnf clean all", "refused: folder-unknown", "microdnf $OPTIONS install bc"),
    row("mcr.microsoft.com/azurelinux/base/core:3.0", "tdnf install -y bc", "tdnf install -y bc && tdnf clean all", "refused: folder-unknown", "tdnf $OPTIONS install bc"),
    row("opensuse/leap:15", "zypper -n install bc", "zypper -n install bc && zypper clean --all", "/var/cache/zypp", "zypper $OPTIONS install bc"),
    row("archlinux", "pacman -Syu --noconfirm bc", "pacman -Syu --noconfirm bc && rm -rf /var/cache/pacman/pkg/*", "/var/cache/pacman/pkg", "pacman $OPTIONS bc"),
    // Of Python.
    row("python:3.12", "pip install flask", "pip install --no-cache-dir flask", "/root/.cache/pip", "pip $OPTIONS install flask"),
    row("python:3.12", "pip3 install flask", "pip3 install --no-cache-dir flask", "/root/.cache/pip", "pip3 $OPTIONS install flask"),
    row("python:3.12", "python -m pip install flask", "python -m pip install --no-cache-dir flask", "/root/.cache/pip", "python -m pip $OPTIONS install flask"),
    row("debian:12", "pipx install black", "pipx install --pip-args=--no-cache-dir black", "/root/.cache/pip", "pipx $OPTIONS install black"),
    row("python:3.12", "uv pip install --system flask", "uv pip install --no-cache --system flask", "/root/.cache/uv", "uv $OPTIONS pip install flask"),
    row("python:3.12", "poetry install --only main", "poetry install --only main && rm -rf ~/.cache/pypoetry/cache ~/.cache/pypoetry/artifacts ~/.cache/virtualenv", "/root/.cache/pypoetry/artifacts /root/.cache/pypoetry/cache", "poetry $OPTIONS install"),
    row("python:3.12", "pipenv install --deploy", "pipenv install --deploy && rm -rf ~/.cache/pip ~/.cache/pipenv ~/.cache/virtualenv", "/root/.cache/pip /root/.cache/pipenv", "pipenv $OPTIONS install"),
    row("python:3.12", "pdm install --prod", "pdm install --prod && pdm cache clear", "/root/.cache/pdm", "pdm $OPTIONS install"),
    row("continuumio/miniconda3", "conda install -y flask", "conda install -y flask && conda clean -ay", "/opt/conda/pkgs", "conda $OPTIONS install flask"),
    row("condaforge/mambaforge", "mamba install -y flask", "mamba install -y flask && mamba clean -ay", "/opt/conda/pkgs", "mamba $OPTIONS install flask"),
    row("mambaorg/micromamba", "micromamba install -y flask", "micromamba install -y flask && micromamba clean -ay", "refused: folder-unknown", "micromamba $OPTIONS install flask"),
    // Of JavaScript.
    row("node:20", "npm ci --omit=dev", "npm ci --omit=dev && npm cache clean --force", "/root/.npm", "npm $OPTIONS install"),
    row("node:20", "yarn install --production --pure-lockfile", "yarn install --production --pure-lockfile && yarn cache clean", "/usr/local/share/.cache/yarn", "yarn $OPTIONS install"),
    row("node:20", "yarn install --immutable", "refused: version-unknown", "the same", "yarn $OPTIONS install"),
    row("node:20", "pnpm install --prod", "pnpm install --prod && pnpm store prune", "/root/.local/share/pnpm/store", "pnpm $OPTIONS install"),
    row("oven/bun:1", "bun install --production", "refused: shares-files", "refused: folder-unknown", "bun $OPTIONS install"),
    // Of scripting languages.
    row("debian:12", "gem install sass", "gem install --no-document sass", "the same", "gem $OPTIONS install sass"),
    row("ruby:3.3", "bundle install --jobs 4", "bundle install --jobs 4 && rm -rf ~/.bundle/cache /usr/local/bundle/cache/*.gem", "/usr/local/bundle/cache", "bundle $OPTIONS install"),
    row("php:8.3", "composer install --no-dev", "composer install --no-dev && composer clear-cache", "refused: folder-unknown", "composer $OPTIONS install"),
    row("php:8.3", "pecl install redis", "pecl install redis && rm -rf /tmp/pear", "the same", "pecl $OPTIONS install redis"),
    // Of compiled languages.
    row("rust:1.80", "cargo build", "cargo build && rm -rf /usr/local/cargo/git /usr/local/cargo/registry", "/usr/local/cargo/git /usr/local/cargo/registry", "cargo $OPTIONS build"),
    row("golang:1.22", "go build -o /bin/server", "go build -o /bin/server && go clean -cache -modcache", "/go/pkg/mod /root/.cache/go-build", "go $OPTIONS build"),
    row("maven:3.9", "mvn -B package", "mvn -B package && rm -rf ~/.m2/repository", "/root/.m2/repository", "mvn $OPTIONS package"),
    row("gradle:8", "gradle build", "refused: daemon-writes", "/root/.gradle/caches", "gradle $OPTIONS build"),
    row("mcr.microsoft.com/dotnet/sdk:8.0", "dotnet publish -o /out", "dotnet publish -o /out && dotnet nuget locals all --clear", "/root/.nuget/packages", "dotnet $OPTIONS publish"),
    // Of R and Perl, whose installers take nothing but packages; R's own leaves nothing.
    row("rocker/r-ver:4", "Rscript -e 'install.packages(\"jsonlite\")'", "", "the same", ""),
    row("rocker/r-ver:4", "install2.r jsonlite", "install2.r jsonlite && rm -rf /tmp/downloaded_packages", "the same", ""),
    row("perl:5.38", "cpan JSON", "cpan JSON && rm -rf ~/.cpan/build ~/.cpan/sources", "the same", ""),
    row("perl:5.38", "cpanm JSON", "cpanm JSON && rm -rf ~/.cpanm", "the same", ""),
];

#[test]
fn every_cache_is_cared_for_in_both_ways() {
    let mut wrong = Vec::new();
    for row in MANAGERS {
        let (cleaned, mounted) = (outcome(row, Strategy::Clean), outcome(row, Strategy::CacheMount));
        let mounted = if mounted == cleaned { "the same".to_owned() } else { mounted };
        for (found, expected) in [(cleaned, row.cleaned), (mounted, row.mounted)] {
            if found != expected {
                wrong.push(format!("{}: {found}, not {expected}", row.step));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_that_nobody_knows_are_left_alone() {
    for row in MANAGERS.iter().filter(|row| !row.unreadable.is_empty()) {
        for strategy in [Strategy::Clean, Strategy::CacheMount] {
            let (text, found) = fix(row.image, row.unreadable, strategy);
            assert_eq!(found.after, text, "{} is changed", row.unreadable);
            let codes: Vec<&str> = found.refusals.iter().map(|refused| refused.why.code()).collect();
            assert!(codes.contains(&"words-unknown"), "{} is refused with {codes:?}", row.unreadable);
        }
    }
}

/// What becomes of a step: its targets or its text, a reason, or nothing.
fn outcome(row: &Row, strategy: Strategy) -> String {
    let (text, found) = fix(row.image, row.step, strategy);
    let targets: Vec<&str> =
        found.after.split("target=").skip(1).filter_map(|rest| rest.split([',', ' ']).next()).collect();
    let step = || {
        let (_, step) = found.after.split_once("\nRUN ").expect("the step is there");
        let step = step.split("\nCMD").next().unwrap_or(step);
        step.replace('\\', " ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match found.refusals.first() {
        _ if !targets.is_empty() => targets.join(" "),
        _ if found.after != text => step(),
        Some(refused) => format!("refused: {}", refused.why.code()),
        None => String::new(),
    }
}

fn fix(image: &str, step: &str, strategy: Strategy) -> (String, Rewrite) {
    let text = format!("# syntax=docker/dockerfile:1\nFROM {image}\nARG OPTIONS\nRUN {step}\nCMD [\"/bin/server\"]\n");
    let strategies = Strategies { default: strategy, own: Vec::new() };
    let settings = Settings { strategies, ..Settings::default() };
    // Whether a stage is split, or starts from another image, is no matter of its caches.
    let is_here = |rule: &&Transform| !["slim-base", "split-stages"].contains(&rule.name);
    let transforms: Vec<&Transform> = CATALOG.iter().copied().filter(is_here).collect();
    let options =
        Options { transforms: &transforms, unsafe_fixes: false, inline_ignores: true, settings, facts: &NO_FACTS };
    let found = rewrite(&text, &options).unwrap_or_else(|bug| panic!("{bug} in\n{text}"));
    (text, found)
}
