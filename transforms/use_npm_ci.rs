//! # use-npm-ci
//!
//! Installs exactly what the lockfile says, with `npm ci`. `npm install` may take newer versions and write the lockfile
//! anew, so that two builds of one commit differ.
//!
//! ```dockerfile before unsafe
//! FROM node:20
//! WORKDIR /srv
//! COPY package.json package-lock.json ./
//! RUN npm install && npm cache clean --force
//! ```
//! ```dockerfile after
//! FROM node:20
//! WORKDIR /srv
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! ```
//!
//! **Unsafe**: `npm ci` fails where `package.json` asks for something else than the lockfile has, or the lockfile is not
//! there, and it deletes `node_modules` first. It is proposed where a lockfile is copied by its name, or by a pattern
//! such as `package*.json`, into the folder where npm runs, and nothing was installed there before.
//!
//! ```dockerfile unchanged
//! FROM node:20
//! WORKDIR /srv
//! COPY package.json ./
//! RUN npm install && npm cache clean --force
//! ```
//! With the folder that is built at hand, the lockfile has to be in it, and to have what `package.json` asks for:
//!
//! ```context
//! package.json: {"dependencies": {"express": "^4.19.0"}}
//! package-lock.json: {"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.0"}}}}
//! older/package.json: {"dependencies": {"express": "^5.0.0"}}
//! older/package-lock.json: {"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.0"}}}}
//! unlocked/package.json: {"dependencies": {"express": "^4.19.0"}}
//! ```
//! ```dockerfile refused unsafe: lockfile-differs
//! FROM node:20
//! WORKDIR /srv
//! COPY older/package.json older/package-lock.json ./
//! RUN npm install && npm cache clean --force
//! ```
//! ```dockerfile unchanged unsafe
//! FROM node:20
//! WORKDIR /srv
//! COPY unlocked/package*.json ./
//! RUN npm install && npm cache clean --force
//! ```
//!
//! npm 5 of old images does not know the command:
//!
//! ```dockerfile refused: tool-too-old
//! FROM node:8
//! COPY package.json package-lock.json /
//! RUN npm install
//! ```
//! ```dockerfile refused: version-unknown
//! FROM alpine:3.20
//! COPY package.json package-lock.json /
//! RUN npm install
//! ```

use dopt_model::commands::{Invocation, Subcommand, npm};
use dopt_model::{ContextFact, Origin, ShellScript, StageRun, Value};
use dopt_rewrite::{Fix, NotSplit, Proposal, Refusal, Reword, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::{self, Keyword};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "npm ci fails where package.json and the lockfile disagree, and deletes node_modules first.";

const PATTERN_CAVEAT: &str = "npm ci fails without a lockfile, which the pattern need not match, and where package.json asks for something else.";

pub const TRANSFORM: Transform = Transform {
    name: "use-npm-ci",
    summary: "install exactly what the lockfile says",
    manual: include_str!("use_npm_ci.rs"),
    aliases: &[],
    triggers: &["npm i"],
    joint: true,
    never_safe: true,
    propose,
};

/// How a lockfile came to where npm runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Copied {
    ByPattern,
    ByName,
}

/// A lockfile that an instruction of a stage copies into a folder.
struct Lockfile {
    stage: usize,
    index: usize,
    folder: String,
    copied: Copied,
}

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let stages = subject.stages.all().iter().enumerate();
    let indices = stages.flat_map(|(stage, found)| found.body.clone().map(move |index| (stage, index)));
    let lockfiles: Vec<Lockfile> = indices.filter_map(|(stage, index)| lockfile(subject, stage, index)).collect();
    if lockfiles.is_empty() {
        return Vec::new();
    }
    let version = npm::Installed::by(subject.document().text());
    subject.stages.runs().flat_map(|run| propose_for_run(run, subject, &lockfiles, version)).collect()
}

fn propose_for_run(
    run: StageRun<'_>,
    subject: &Subject<'_>,
    lockfiles: &[Lockfile],
    version: npm::Installed,
) -> Vec<Proposal> {
    let text = run.instruction().logical.text(subject.document().text());
    // In another folder lies another lockfile, and one that is deleted or moved is none.
    let is_elsewhere = ["cd ", "pushd ", "package-lock", "shrinkwrap"].iter().any(|sign| text.contains(sign));
    if !text.contains("npm i") || is_elsewhere {
        return Vec::new();
    }
    let (Ok(script), Some(folder)) = (run.script(), run.state().workdir()) else { return Vec::new() };
    let folder = clean(folder);
    let here = lockfiles.iter().filter(|found| found.folder == folder && precedes(subject, found, run));
    let Some(copied) = here.map(|found| found.copied).max() else { return Vec::new() };
    let mut proposals = Vec::new();
    let mut installed = has_packages(subject, run);
    for command in script.commands() {
        let install = bare_install(&script, command);
        if let (Some(install), false) = (install, installed) {
            proposals.extend(replace(run, subject, command, install, copied, version).transpose());
        }
        installed |= install.is_some() || is_install(&script, command);
    }
    proposals
}

/// Whether the lockfile was copied in front of a step, in its stage or in one that this starts from.
fn precedes(subject: &Subject<'_>, lockfile: &Lockfile, run: StageRun<'_>) -> bool {
    subject.stages.before(run.stage(), run.index()).contains(&(lockfile.stage, lockfile.index))
}

fn replace(
    run: StageRun<'_>,
    subject: &Subject<'_>,
    command: &SimpleCommand,
    install: usize,
    copied: Copied,
    version: npm::Installed,
) -> Result<Option<Fix>, Refusal> {
    let script = run.script()?;
    let at = script.in_file(command.words[install].range);
    match version.oldest_version(run) {
        None => return Err(Refusal::new(at, Why::VersionUnknown)),
        Some(version) if version < 6 => return Err(Refusal::new(at, Why::ToolTooOld)),
        Some(_) => {}
    }
    match agrees(run, subject) {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(why) => return Err(Refusal::new(at, why)),
    }
    let (edits, effect) = Reword::of(command).replace(install, "ci").finish(run, &script);
    let caveat = if copied == Copied::ByName { CAVEAT } else { PATTERN_CAVEAT };
    let safety = Safety::Unsafe { caveat };
    Ok(Some(Fix { title: "install with npm ci".into(), at, safety, effects: vec![effect], edits }))
}

/// Whether the folder where a step installs has a lockfile that `npm ci` takes; so it is where nobody can tell.
fn agrees(run: StageRun<'_>, subject: &Subject<'_>) -> Result<bool, Why> {
    let context = match &subject.facts.context {
        ContextFact::Known(context) => context,
        ContextFact::NotAsked => return Err(Why::NotSplit(NotSplit::ContextNotRead)),
        ContextFact::Unknown => return Ok(true),
    };
    let manifest = format!("{}/package.json", run.state().workdir().unwrap_or_default().trim_end_matches('/'));
    let place = (run.stage(), run.index());
    let Origin::Context(manifest) = Origin::of(subject.stages, place, context, &manifest) else {
        return Err(Why::LockfileDiffers);
    };
    match context.npm_lock_agrees(manifest.trim_end_matches("package.json")) {
        None => Ok(false),
        Some(true) => Ok(true),
        Some(false) => Err(Why::LockfileDiffers),
    }
}

/// The word `install` of a call that installs what `package.json` says, where `npm ci` knows all of its options.
fn bare_install(script: &ShellScript<'_>, command: &SimpleCommand) -> Option<usize> {
    const OPTIONS: &[&str] = &[
        "--production", "--only", "--omit", "--include", "--no-audit", "--audit", "--no-fund", "--fund", "--silent",
        "-s", "-q", "-d", "--quiet", "--loglevel", "--unsafe-perm", "--legacy-peer-deps", "--ignore-scripts",
        "--no-optional", "--no-progress", "--progress", "--verbose", "--registry", "--prefer-offline", "--cache",
        "--no-update-notifier", "--network-timeout", "--fetch-timeout", "--fetch-retries", "--maxsockets",
        "--foreground-scripts", "--no-bin-links",
    ];
    let invocation = Invocation::of(command, script.text()).filter(|found| found.program() == "npm")?;
    let Subcommand::Named(at, name) = invocation.subcommand(npm::VALUE_OPTIONS) else { return None };
    let known = invocation.arguments().iter().all(|word| {
        word.literal(script.text())
            .is_some_and(|word| !word.starts_with('-') || OPTIONS.contains(&word.split('=').next().unwrap_or(&word)))
    });
    let bare = invocation.operands(at + 1, npm::VALUE_OPTIONS).next().is_none();
    (matches!(name.as_ref(), "install" | "i") && known && bare).then_some(at)
}

/// Whether the command puts something into `node_modules`.
fn is_install(script: &ShellScript<'_>, command: &SimpleCommand) -> bool {
    let source = command.range.of(script.text());
    let is_global = source.contains(" -g") || source.contains("--global");
    let programs = ["npm ", "yarn ", "pnpm "];
    let installs = ["install", " i ", " ci", "link", "add "];
    !is_global && programs.iter().any(|sign| source.contains(sign)) && installs.iter().any(|sign| source.contains(sign))
}

/// Whether an earlier step of the stage, or of one that it starts from, put something into `node_modules`.
fn has_packages(subject: &Subject<'_>, run: StageRun<'_>) -> bool {
    subject.stages.before(run.stage(), run.index()).into_iter().any(|(stage, index)| {
        let text = subject.document().instructions()[index].logical.text(subject.document().text());
        match subject.stages.run(stage, index).map(StageRun::script) {
            None => text.contains("node_modules") && !text.trim_start().starts_with("ENV"),
            Some(Err(_)) => text.contains("npm") || text.contains("yarn"),
            Some(Ok(script)) => {
                let mentions = text.contains("node_modules") || text.contains("package-lock");
                mentions || script.all_commands().into_iter().any(|command| is_install(&script, command))
            }
        }
    })
}

/// The lockfile that an instruction copies.
fn lockfile(subject: &Subject<'_>, stage: usize, index: usize) -> Option<Lockfile> {
    let document = subject.document();
    let instruction = &document.instructions()[index];
    if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) || instruction.flag("from").is_some() {
        return None;
    }
    let copy = dockerfile::Copy::of(instruction, document.text())?;
    let copied = copy.sources.iter().filter_map(|source| copies_lockfile(source)).max()?;
    let state = subject.stages.state(stage, index);
    let Value::Known(destination) = state.expand(&copy.destination) else { return None };
    let path = match destination.starts_with('/') {
        true => destination,
        false => format!("{}/{destination}", state.workdir()?),
    };
    let names_file = ["package-lock.json", "npm-shrinkwrap.json"].iter().any(|name| path.ends_with(name));
    let folder = if names_file { path.rsplit_once('/')?.0 } else { &path };
    Some(Lockfile { stage, index, folder: clean(folder), copied })
}

fn copies_lockfile(source: &str) -> Option<Copied> {
    match source.rsplit('/').next()? {
        "package-lock.json" | "npm-shrinkwrap.json" => Some(Copied::ByName),
        "package*.json"
        | "package-lock*.json"
        | "package-lock.json*"
        | "package-lock*"
        | "package*"
        | "*.json"
        | "package-*.json"
        | "npm-shrinkwrap.json*"
        | "package?(-lock).json" => Some(Copied::ByPattern),
        _ => None,
    }
}

/// A path without `.` and doubled slashes.
fn clean(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("/{}", parts.join("/"))
}
