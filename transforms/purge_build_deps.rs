//! # purge-build-deps
//!
//! Removes what only a step needs in that step, once it has done what it was installed for: compilers, and other tools
//! that build something.
//!
//! ```context
//! requirements.txt: psycopg2
//! app.py: import psycopg2
//! report.tex: \\documentclass{article}
//! ```
//!
//! ```dockerfile before unsafe no-context
//! FROM python:3.12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev \
//!     && pip install --no-cache-dir psycopg2 \
//!     && rm -rf /var/lib/apt/lists/*
//! CMD ["python", "-m", "app"]
//! ```
//! ```dockerfile after
//! FROM python:3.12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev \
//!     && pip install --no-cache-dir psycopg2 \
//!     && rm -rf /var/lib/apt/lists/* \
//!     && apt-get purge -y --auto-remove gcc
//! CMD ["python", "-m", "app"]
//! ```
//!
//! apk would take the compiler's libraries along, which what was compiled may be linked with; they are named, and so
//! stay:
//!
//! ```dockerfile before unsafe
//! FROM node:20-alpine
//! RUN apk add --no-cache python3 make g++ && npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-alpine
//! RUN apk add --no-cache python3 make g++ libstdc++ && npm ci --omit=dev && npm cache clean --force \
//!     && apk del make g++
//! CMD ["node", "server.js"]
//! ```
//!
//! What is installed in front of the step that needs it is installed there, behind the files that the step works on. Of
//! packages with headers the libraries stay, of pip what others load that it installs, of a JDK its JRE:
//!
//! ```dockerfile before unsafe
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip build-essential python3-dev libpq-dev \
//!     && rm -rf /var/lib/apt/lists/*
//! COPY requirements.txt .
//! RUN pip3 install --no-cache-dir --break-system-packages -r requirements.txt
//! COPY app.py .
//! CMD ["python3", "app.py"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-setuptools ca-certificates libpq5 \
//!     && rm -rf /var/lib/apt/lists/*
//! COPY requirements.txt .
//! RUN apt-get update \
//!     && apt-get install -y --no-install-recommends python3-pip build-essential python3-dev libpq-dev \
//!     && pip3 install --no-cache-dir --break-system-packages -r requirements.txt \
//!     && apt-mark auto python3-pip build-essential python3-dev libpq-dev && apt-get autoremove -y --purge -o APT::AutoRemove::SuggestsImportant=false \
//!     && rm -rf /var/lib/apt/lists/*
//! COPY app.py .
//! CMD ["python3", "app.py"]
//! ```
//! ```dockerfile before unsafe
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends curl nginx-light texlive-latex-base && rm -rf /var/lib/apt/lists/*
//! COPY report.tex /srv/
//! RUN pdflatex -output-directory /var/www/html /srv/report.tex
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends curl nginx-light && rm -rf /var/lib/apt/lists/*
//! COPY report.tex /srv/
//! RUN apt-get update \
//!     && apt-get install -y --no-install-recommends texlive-latex-base \
//!     && pdflatex -output-directory /var/www/html /srv/report.tex \
//!     && apt-mark auto texlive-latex-base && apt-get autoremove -y --purge -o APT::AutoRemove::SuggestsImportant=false \
//!     && rm -rf /var/lib/apt/lists/*
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//!
//! A package that is installed by its name and that no step uses is there for somebody, and stays; so does whatever the
//! start commands, scripts and sources of the project name.
//!
//! **Unsafe**: with the compilers go the packages that were installed for them only; something may have relied on one
//! of those. Libraries (`libpq-dev`) stay. Where a later step compiles or cannot be looked into, where the image may
//! be there to build with, or where its base may have had the packages before, nothing is removed:
//!
//! ```dockerfile refused: later-step-works-from-it
//! FROM python:3.12-slim
//! RUN apt-get update && apt-get install -y gcc && pip install psycopg2 && rm -rf /var/lib/apt/lists/*
//! COPY . .
//! RUN pip install .
//! CMD ["python", "-m", "app"]
//! ```
//! ```dockerfile refused: no-start-command
//! FROM debian:12
//! RUN apt-get update && apt-get install -y gcc make && make && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile refused: later-step-unseen
//! FROM debian:12
//! RUN apt-get update && apt-get install -y gcc make && make && rm -rf /var/lib/apt/lists/*
//! CMD ["/bin/bash"]
//! ```
//! ```dockerfile refused: base-may-have-it
//! FROM python:3.12
//! RUN apt-get update && apt-get install -y gcc && pip install psycopg2 && rm -rf /var/lib/apt/lists/*
//! CMD ["python", "-m", "app"]
//! ```

mod installed;
mod moved;
mod tools;
mod uses;

use std::borrow::Cow;

use dopt_model::commands::managers::{self, Action, Manager};
use dopt_model::commands::{Invocation, Subcommand};
use dopt_model::{Family, ImageRef, ShellScript, StageRun, Use, User, first_use, shell_form};
use dopt_rewrite::{
    Effect, Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why, append_command, is_decisive,
};
use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str =
    "The compilers, and what was installed for them only, are gone from the image; something may rely on them.";

pub const TRANSFORM: Transform = Transform {
    name: "purge-build-deps",
    summary: "remove what only one step needs in that step: compilers and other build tools",
    manual: include_str!("purge_build_deps.rs"),
    aliases: &[],
    triggers: &["apt-get", "apt ", "apk "],
    joint: false,
    never_safe: true,
    propose,
};

/// Packages that only build others. Their libraries for what was built are others: libgcc, libstdc++.
const TOOLS: &[&str] = &[
    "gcc", "g++", "make", "cmake", "build-essential", "build-base", "pkg-config", "pkgconf", "autoconf", "automake",
    "libtool", "bison", "flex", "ninja-build", "meson", "gfortran", "clang", "nasm", "yasm", "musl-dev", "libc-dev",
    "libc6-dev", "linux-headers", "dpkg-dev", "alpine-sdk",
];

/// Those of them that compile; without one the others have another purpose.
const COMPILERS: &[&str] =
    &["gcc", "g++", "make", "cmake", "build-essential", "build-base", "gfortran", "clang", "alpine-sdk"];

/// Programs that compile, or install what may have to be compiled.
const BUILDERS: &[&str] = &[
    "pip", "pip2", "pip3", "python", "python2", "python3", "npm", "yarn", "pnpm", "npx", "node-gyp", "gem", "bundle",
    "pecl", "docker-php-ext-install", "phpize", "make", "gmake", "cmake", "ninja", "meson", "gcc", "g++", "cc", "c++",
    "clang", "ld", "cargo", "go", "configure", "cpan", "cpanm", "R", "Rscript", "poetry", "pipenv", "uv", "pdm", "tox",
    "easy_install", "setup.py", "luarocks", "opam", "cabal", "stack", "ghc", "mix", "rebar3", "conda", "mamba",
];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = subject.runs().filter_map(|run| purge(run, subject).transpose()).collect();
    if proposals.iter().all(Result::is_err) {
        proposals.extend(moved::propose(subject));
    }
    proposals
}

fn purge(run: StageRun<'_>, subject: &Subject<'_>) -> Result<Option<Fix>, Refusal> {
    let text = run.instruction().range.of(subject.document().text());
    if !subject.is_triggered(run) || !COMPILERS.iter().any(|word| text.contains(word)) {
        return Ok(None);
    }
    let Ok(script) = run.script() else { return Ok(None) };
    let Some(found) = installed_tools(run, &script) else { return Ok(None) };
    let at = script.in_file(found.command.range);
    let refuse = |why| Refusal::new(at, why);
    if found.invocation.sudo.is_none() && matches!(run.state().user(), User::Other(_)) {
        return Err(refuse(Why::NotRoot));
    }
    nobody_builds(run, subject).map_err(refuse)?;
    if !has_no_compiler(run) {
        return Err(refuse(Why::BaseMayHaveIt));
    }
    let sudo = found.invocation.sudo.map_or(String::new(), |sudo| format!("{} ", sudo.of(script.text())));
    let tools = found.tools.join(" ");
    let command = match found.manager.name {
        "apk" => format!("{sudo}apk del {tools}"),
        _ => format!("{sudo}apt-get purge -y --auto-remove {tools}"),
    };
    let mut edits = Vec::new();
    let mut effects = Vec::new();
    if let Some(library) = found.library {
        let last = found.command.words.len() - 1;
        let (reworded, effect) = Reword::of(found.command).insert(last, library).finish(run, &script);
        edits.extend(reworded);
        effects.push(effect);
    }
    edits.push(append_command(subject, run, &script, &command).map_err(refuse)?);
    effects.push(Effect::AddsCommand { instruction: run.index(), command });
    Ok(Some(Fix {
        title: format!("remove {tools} once they have compiled").into(),
        at,
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects,
        edits,
    }))
}

/// The command that installs the tools of a step, if something behind it builds and nothing removes them.
struct Installed<'s> {
    command: &'s SimpleCommand,
    invocation: Invocation<'s>,
    manager: &'static Manager,
    tools: Vec<String>,
    /// What has to be installed by name to stay.
    library: Option<&'static str>,
}

fn installed_tools<'s>(run: StageRun<'_>, script: &ShellScript<'s>) -> Option<Installed<'s>> {
    let text = script.text();
    let commands = script.all_commands();
    let mut found: Option<Installed<'s>> = None;
    let mut builds = false;
    for command in commands {
        let invocation = Invocation::of(command, text)?;
        match managers::action(&invocation) {
            Some((_, Action::Remove(_))) if ["apk", "apt-get", "apt"].contains(&invocation.program()) => return None,
            Some((manager, Action::Install(packages))) if matches!(manager.name, "apk" | "apt") => {
                let tools: Vec<String> =
                    packages.iter().filter(|package| TOOLS.contains(&package.as_str())).cloned().collect();
                if !tools.iter().any(|tool| COMPILERS.contains(&tool.as_str())) {
                    continue;
                }
                if found.is_some() || !is_decisive(run, script, command) || !is_plain(&invocation, manager) {
                    return None;
                }
                let library = if manager.name == "apk" { library_of(&packages) } else { None };
                found = Some(Installed { command, invocation, manager, tools, library });
            }
            _ => builds |= found.is_some() && is_builder(&invocation),
        }
    }
    found.filter(|_| builds)
}

/// Whether all words of an installation are known, and none makes a group of the packages.
fn is_plain(invocation: &Invocation<'_>, manager: &Manager) -> bool {
    let Subcommand::Named(at, _) = invocation.subcommand(manager.value_options) else { return false };
    managers::virtual_package(invocation).is_none()
        && invocation.operands(at + 1, manager.value_options).all(|(_, word)| word.is_some())
}

/// The library of Alpine's compilers that what they compile is linked with.
fn library_of(packages: &[String]) -> Option<&'static str> {
    let has = |names: &[&str]| packages.iter().any(|package| names.contains(&package.as_str()));
    match () {
        () if has(&["libstdc++"]) => None,
        () if has(&["g++", "build-base", "alpine-sdk", "clang"]) => Some("libstdc++"),
        () if has(&["gcc"]) && !has(&["libgcc"]) => Some("libgcc"),
        () => None,
    }
}

fn is_builder(invocation: &Invocation<'_>) -> bool {
    let program = invocation.program();
    let program: Cow<'_, str> = match program.strip_prefix("python") {
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => Cow::Borrowed("python"),
        _ => Cow::Borrowed(program),
    };
    BUILDERS.contains(&program.as_ref())
}

/// Whether no later step builds. What a container starts has no reason to compile, unless it is a shell for people.
fn nobody_builds(run: StageRun<'_>, subject: &Subject<'_>) -> Result<(), Why> {
    let document = subject.document();
    let starts = |line: usize| {
        let found = document.instructions().iter().find(|instruction| instruction.first_line == line);
        found.is_some_and(|found| {
            let text = document.text();
            let program = shell_form(found, text).unwrap_or_else(|| found.arguments_text(text));
            let is_end = |c: char| !c.is_ascii_alphanumeric() && !"+-_".contains(c);
            let mut words = program.split(is_end).filter(|word| !word.is_empty()).peekable();
            let compiles = words.peek().is_some_and(|word| TOOLS.contains(word));
            let is_shell = words.last().is_some_and(|word| ["sh", "bash", "zsh", "ash", "login"].contains(&word));
            matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck) && !is_shell && !compiles
        })
    };
    match first_use(subject.stages, run, &is_builder) {
        Some(Use::At(line) | Use::Unseen(line)) if starts(line) => Ok(()),
        None => Ok(()),
        Some(first) => Err(first.into()),
    }
}

/// Whether the base image is known to come without compilers.
fn has_no_compiler(run: StageRun<'_>) -> bool {
    let Some(image) = run.state().image() else { return false };
    let earlier = run.earlier().any(|earlier| {
        let mut installs = false;
        if let Ok(script) = earlier.script() {
            script.script().walk(&mut |command| {
                let found = Invocation::of(command, script.text());
                let packages = found.as_ref().and_then(managers::action);
                installs |= matches!(packages, Some((_, Action::Install(names))) if names.iter().any(|name| TOOLS.contains(&name.as_str())));
            });
        }
        installs
    });
    let slim = |image: ImageRef<'_>| match image.family() {
        Family::Alpine => true,
        Family::Debian => {
            let name = image.familiar_name();
            matches!(name, "debian" | "ubuntu")
                || (image.tag_has("slim") && matches!(name, "python" | "node" | "ruby" | "perl" | "openjdk"))
        }
        _ => false,
    };
    slim(image) && !earlier
}
