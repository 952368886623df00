//! # force-npm-clean
//!
//! Cleans npm's cache with `--force`, without which npm has refused since version 5.
//!
//! ```dockerfile before
//! FROM node:20
//! WORKDIR /srv
//! COPY package.json ./
//! RUN npm install && npm cache clean
//! ```
//! ```dockerfile after
//! FROM node:20
//! WORKDIR /srv
//! COPY package.json ./
//! RUN npm install && npm cache clean --force
//! ```
//!
//! **Safe**: npm 5 and later failed, and earlier ones know the option too. Nothing is done where a mount lies over the
//! cache: it would be emptied for every other build.
//!
//! ```dockerfile unchanged
//! FROM node:20
//! RUN --mount=type=cache,target=/root/.npm npm install -g serve && npm cache clean
//! ```
//!
//! **Unsafe** where nobody noticed the failure:
//!
//! ```dockerfile before unsafe
//! FROM node:20
//! RUN npm install -g serve; npm cache clean || true
//! ```
//! ```dockerfile after
//! FROM node:20
//! RUN npm install -g serve; npm cache clean --force || true
//! ```

use dopt_model::commands::{Invocation, npm};
use dopt_model::{ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Reword, Safety, Subject, Transform, is_decisive};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "npm may have refused so far without being noticed; now its cache is deleted.";

const FLAG: &str = "--force";

pub const TRANSFORM: Transform = Transform {
    name: "force-npm-clean",
    summary: "clean npm's cache with --force, without which npm refuses",
    manual: include_str!("force_npm_clean.rs"),
    aliases: &[],
    triggers: &["npm cache"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    subject.stages.runs().flat_map(|run| propose_for_run(run, subject)).collect()
}

fn propose_for_run(run: StageRun<'_>, subject: &Subject<'_>) -> Vec<Proposal> {
    let text = run.instruction().range.of(subject.document().text());
    let mounted = |target: &Option<String>| target.as_ref().is_none_or(|target| target.contains("npm"));
    if !text.contains("npm cache") || run.mounts().iter().any(|mount| mounted(&mount.target)) {
        return Vec::new();
    }
    // Which programs a step that cannot be read calls is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    script.commands().into_iter().filter_map(|command| force(run, &script, command).map(Ok)).collect()
}

fn force(run: StageRun<'_>, script: &ShellScript<'_>, command: &SimpleCommand) -> Option<Fix> {
    let invocation = Invocation::of(command, script.text()).filter(|found| found.program() == "npm")?;
    let mut operands = invocation.operands(invocation.program_at + 1, npm::VALUE_OPTIONS);
    let is = |word: &Option<(usize, Option<std::borrow::Cow<'_, str>>)>, names: &[&str]| {
        word.as_ref().and_then(|(_, name)| name.as_deref()).is_some_and(|name| names.contains(&name))
    };
    let (cache, clean) = (operands.next(), operands.next());
    let forced = invocation.arguments().iter().any(|word| {
        word.literal(script.text()).is_none_or(|word| word.starts_with(FLAG) || word == "-f" || word.contains("help"))
    });
    if !is(&cache, &["cache"]) || !is(&clean, &["clean", "clear", "rm"]) || operands.next().is_some() || forced {
        return None;
    }
    let (at, _) = clean?;
    let (edits, effect) = Reword::of(command).insert(at, FLAG).finish(run, script);
    Some(Fix {
        title: format!("add {FLAG}").into(),
        at: script.in_file(command.words[at].range),
        safety: match is_decisive(run, script, command) {
            true => Safety::Safe,
            false => Safety::Unsafe { caveat: CAVEAT },
        },
        effects: vec![effect],
        edits,
    })
}
