//! # production-dependencies
//!
//! Deletes what a project of Node.js depends on for developing only, behind the build that needs it. In a step of its own
//! it would come too late where the files already lie in the layer below, so npm does it in the same one; and in a stage
//! that another one copies from, behind the last step.
//!
//! ```context
//! project/package.json: {"scripts": {"build": "tsc", "start": "node dist/server.js"}, "dependencies": {"express": "^4"}, "devDependencies": {"typescript": "^5", "@types/node": "*"}}
//! project/package-lock.json: {"lockfileVersion": 3, "packages": {"": {}, "node_modules/express": {}}}
//! project/src/server.ts: import express from 'express';
//! loads/package.json: {"scripts": {"build": "tsc"}, "dependencies": {"express": "^4"}, "devDependencies": {"typescript": "^5", "morgan": "^1"}}
//! loads/package-lock.json: {}
//! loads/src/server.ts: import morgan from 'morgan';
//! ```
//!
//! ```dockerfile before unsafe
//! FROM node:20-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm cache clean --force
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm cache clean --force && npm prune --omit=dev
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile before unsafe
//! FROM node:20-slim AS build
//! WORKDIR /app
//! COPY project/package.json project/package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! COPY project/src src
//! RUN npm run build
//!
//! FROM node:20-slim
//! WORKDIR /app
//! COPY --from=build /app ./
//! CMD ["npm", "start"]
//! ```
//! ```dockerfile after
//! FROM node:20-slim AS build
//! WORKDIR /app
//! COPY project/package.json project/package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! COPY project/src src
//! RUN npm run build
//! RUN npm prune --omit=dev
//!
//! FROM node:20-slim
//! WORKDIR /app
//! COPY --from=build /app ./
//! CMD ["npm", "start"]
//! ```
//!
//! So it is where a third one has installed them:
//!
//! ```dockerfile before unsafe
//! FROM node:20-slim AS deps
//! WORKDIR /app
//! COPY project/package.json project/package-lock.json ./
//! RUN npm ci && npm cache clean --force
//!
//! FROM node:20-slim AS build
//! WORKDIR /app
//! COPY --from=deps /app/node_modules ./node_modules
//! COPY project .
//! RUN npm run build
//!
//! FROM node:20-slim
//! WORKDIR /app
//! COPY --from=build /app/node_modules ./node_modules
//! COPY --from=build /app/dist ./dist
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-slim AS deps
//! WORKDIR /app
//! COPY project/package.json project/package-lock.json ./
//! RUN npm ci && npm cache clean --force
//!
//! FROM node:20-slim AS build
//! WORKDIR /app
//! COPY --from=deps /app/node_modules ./node_modules
//! COPY project .
//! RUN npm run build
//! RUN npm prune --omit=dev
//!
//! FROM node:20-slim
//! WORKDIR /app
//! COPY --from=build /app/node_modules ./node_modules
//! COPY --from=build /app/dist ./dist
//! CMD ["node", "dist/server.js"]
//! ```
//!
//! **Unsafe**: the program itself may need one of them. Where a later step or the container runs a tool of that kind, or a
//! script that the Dockerfile does not show, all of them stay. Where nothing behind the installation needs them,
//! `omit-dev` does not even install them.
//!
//! ```dockerfile refused unsafe: later-step-works-from-it
//! FROM node:20-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm cache clean --force
//! RUN npx eslint src
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile refused unsafe: later-step-unseen
//! FROM node:20-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm cache clean --force
//! CMD ["npm", "start"]
//! ```
//! ```dockerfile refused unsafe: later-step-works-from-it
//! FROM node:20-slim
//! WORKDIR /app
//! COPY loads .
//! RUN npm ci && npm run build && npm cache clean --force
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile refused unsafe: tool-too-old
//! FROM node:12-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm cache clean --force
//! CMD ["node", "dist/server.js"]
//! ```
//! ```dockerfile unchanged unsafe
//! FROM node:20-slim
//! WORKDIR /app
//! COPY src src
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm run build && npm prune --omit=dev && npm cache clean --force
//! CMD ["node", "dist/server.js"]
//! ```

mod builders;

use dopt_model::commands::dev_dependencies::{needs_them, whole_install};
use dopt_model::commands::{Invocation, npm};
use dopt_model::{ContextFact, Origin, StageRun, Use, first_use, first_use_in_step};
use dopt_rewrite::{Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, append_command};
use dopt_syntax::dockerfile::Keyword;

use crate::split_stages::developing;

const CAVEAT: &str = "The program may need what is only meant for developing.";

const PRUNE: &str = "npm prune --omit=dev";

pub const TRANSFORM: Transform = Transform {
    name: "production-dependencies",
    summary: "delete what a project needs for developing only, behind the build that needs it",
    manual: include_str!("production_dependencies.rs"),
    aliases: &[],
    triggers: &["npm", "yarn", "pnpm"],
    joint: false,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let installed = npm::Installed::by(subject.document().text());
    let mut proposals: Vec<Proposal> =
        subject.runs().filter_map(|run| prune(run, subject, &installed).transpose()).collect();
    proposals.extend(builders::proposals(subject));
    proposals
}

fn prune(run: StageRun<'_>, subject: &Subject<'_>, installed: &npm::Installed) -> Result<Option<Fix>, Refusal> {
    if !subject.is_triggered(run) {
        return Ok(None);
    }
    let Ok(script) = run.script() else { return Ok(None) };
    let text = subject.document().text();
    let commands = script.commands();
    let install = commands.iter().copied().find(|command| {
        let call = Invocation::of(command, script.text());
        let found = call.as_ref().and_then(whole_install).filter(|(installer, _)| installer.program == "npm");
        found.is_some_and(|(installer, _)| !installer.is_set_up(text))
    });
    let Some(install) = install else { return Ok(None) };
    // Nothing needs them in this step: they need not be installed.
    let is_needed_here = first_use_in_step(subject.stages, run, install, &needs_them).is_some();
    let is_thought_of = ["prune", "--omit", "--production", ".npmrc"].iter().any(|word| script.text().contains(word));
    if !is_needed_here || is_thought_of {
        return Ok(None);
    }
    let refuse = |why| Refusal::new(script.in_file(install.range), why);
    match installed.oldest_version(run) {
        None => return Err(refuse(Why::VersionUnknown)),
        Some(version) if version < 7 => return Err(refuse(Why::ToolTooOld)),
        Some(_) => {}
    }
    match first_use(subject.stages, run, &needs_them) {
        None => loaded(subject, run).map_err(refuse)?,
        // Such an image may be there to develop in: nobody expects anything.
        Some(Use::NoStartCommand) => return Ok(None),
        Some(first) => return Err(refuse(first.into())),
    }
    let edit = append_command(subject, run, &script, PRUNE).map_err(refuse)?;
    Ok(Some(Fix {
        title: "delete what only developing needs, behind the build".into(),
        at: script.in_file(install.range),
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![Effect::AddsCommand { instruction: run.index(), command: PRUNE.to_owned() }],
        edits: vec![edit],
    }))
}

/// Refuses where a source of the project loads what is listed for developing only.
pub(crate) fn loaded(subject: &Subject<'_>, run: StageRun<'_>) -> Result<(), Why> {
    let ContextFact::Known(context) = &subject.facts.context else { return Ok(()) };
    let manifest = format!("{}/package.json", run.state().workdir().unwrap_or_default().trim_end_matches('/'));
    let found = Origin::of(subject.stages, (run.stage(), run.index()), context, &manifest);
    let Origin::Context(manifest) = found else { return Ok(()) };
    let Some(packages) = context.node_packages(manifest.trim_end_matches("package.json")) else { return Ok(()) };
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[run.stage()].body.clone()];
    let starts = body.iter().rfind(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint));
    let line = starts.map_or(run.instruction().first_line, |found| found.first_line);
    match developing::are_loaded(context, &packages) {
        true => Err(Why::LaterStepWorksFromIt { line }),
        false => Ok(()),
    }
}
