//! # omit-dev
//!
//! Leaves out of the image what a project depends on for developing only: npm, yarn 1, pnpm, composer, uv and pdm.
//!
//! ```dockerfile before unsafe
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN npm ci && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile before unsafe
//! FROM php:8.3-fpm
//! COPY . .
//! RUN composer install && composer clear-cache
//! ```
//! ```dockerfile after
//! FROM php:8.3-fpm
//! COPY . .
//! RUN composer install --no-dev && composer clear-cache
//! ```
//!
//! **Unsafe**: the program itself, or a script such as npm's `prepare`, may need one of them. Where a later step or the
//! container runs a tool of that kind, or a script that the Dockerfile does not show, all of them stay; and where a
//! variable such as `NODE_ENV` is set, it has been thought of:
//!
//! ```dockerfile refused: later-step-works-from-it
//! FROM node:20
//! RUN npm ci && npm cache clean --force
//! RUN node_modules/.bin/tsc
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused: later-step-unseen
//! FROM node:20
//! RUN npm ci && npm cache clean --force
//! CMD ["npm", "start"]
//! ```
//! ```dockerfile unchanged
//! FROM node:20
//! RUN npm ci && npm cache clean --force
//! ```
//! ```dockerfile refused: tool-too-old
//! FROM node:12
//! RUN npm ci && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused: version-unknown
//! FROM example.org/node
//! RUN npm ci && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile unchanged
//! FROM node:20
//! ENV NODE_ENV=production
//! RUN npm ci && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```

use std::cell::RefCell;
use std::collections::HashMap;

use dopt_model::commands::dev_dependencies::{needs_them, whole_install};
use dopt_model::commands::{Invocation, npm};
use dopt_model::{ShellScript, StageRun, Use, first_use, first_use_in_step};
use dopt_rewrite::{Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "The program, or a script such as `prepare`, may need what is only meant for developing.";

pub const TRANSFORM: Transform = Transform {
    name: "omit-dev",
    summary: "leave out what a project depends on for developing only",
    manual: include_str!("omit_dev.rs"),
    aliases: &[],
    triggers: &["npm", "yarn", "composer", "uv sync", "pdm "],
    joint: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    let file = File { subject, installed: npm::Installed::by(file), later: RefCell::default() };
    subject.runs().flat_map(|run| propose_for_run(run, &file)).collect()
}

/// A file, and what was found out about it.
struct File<'f> {
    subject: &'f Subject<'f>,
    installed: npm::Installed,
    /// By stage: what the instructions behind one of its steps need first, and that step.
    later: RefCell<HashMap<usize, (usize, Option<Use>)>>,
}

impl File<'_> {
    /// Where something behind a command needs what it installs first.
    fn first_use(&self, run: StageRun<'_>, command: &SimpleCommand) -> Option<Use> {
        first_use_in_step(self.subject.stages, run, command, &needs_them).or_else(|| self.first_use_later(run))
    }

    /// What was found behind an earlier step holds for this one too, unless it lies between them.
    fn first_use_later(&self, run: StageRun<'_>) -> Option<Use> {
        let mut known = self.later.borrow_mut();
        let line = run.instruction().last_line;
        match known.get(&run.stage()) {
            Some((from, found))
                if *from <= run.index() && !matches!(found, Some(Use::At(at) | Use::Unseen(at)) if *at <= line) =>
            {
                *found
            }
            _ => {
                let found = first_use(self.subject.stages, run, &needs_them);
                known.insert(run.stage(), (run.index(), found));
                found
            }
        }
    }
}

fn propose_for_run(run: StageRun<'_>, file: &File<'_>) -> Vec<Proposal> {
    let subject = file.subject;
    let text = run.instruction().range.of(subject.document().text());
    if !TRANSFORM.triggers.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    // What a step that cannot be read installs is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.commands().into_iter();
    commands.filter_map(|command| omit(run, &script, command, file).transpose()).collect()
}

fn omit(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    file: &File<'_>,
) -> Result<Option<Fix>, Refusal> {
    let Some(invocation) = Invocation::of(command, script.text()) else { return Ok(None) };
    let Some((installer, at)) = whole_install(&invocation) else { return Ok(None) };
    let text = file.subject.document().text();
    if installer.is_set_up(text) || text.contains(".npmrc") {
        return Ok(None);
    }
    let refuse = |why| Err(Refusal::new(script.in_file(command.range), why));
    if installer.program == "npm" {
        match file.installed.oldest_version(run) {
            None => return refuse(Why::VersionUnknown),
            Some(version) if version < 7 => return refuse(Why::ToolTooOld),
            Some(_) => {}
        }
    }
    match file.first_use(run, command) {
        None => {}
        Some(Use::NoStartCommand) if installer.starts_by_itself => {}
        // Such an image may be there to develop in: nobody expects anything.
        Some(Use::NoStartCommand) => return Ok(None),
        Some(Use::At(line)) => return refuse(Why::LaterStepWorksFromIt { line }),
        Some(Use::Unseen(line)) => return refuse(Why::LaterStepUnseen { line }),
        Some(Use::Trigger) => return refuse(Why::TriggerMayNeedIt),
    }
    let (edits, effect) = Reword::of(command).insert(at, installer.flag).finish(run, script);
    Ok(Some(Fix {
        title: format!("add {}", installer.flag).into(),
        at: script.in_file(command.words[at].range),
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![effect],
        edits,
    }))
}
