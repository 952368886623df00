//! # omit-dev
//!
//! Leaves out of the image what a project depends on for developing only: npm, yarn 1, pnpm, composer,
//! poetry, uv, pdm and bundler.
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
//! poetry learnt to leave out groups in 1.2 and forgot `--no-dev` in 2.0, so its version has to be in the file:
//!
//! ```dockerfile before unsafe
//! FROM python:3.12
//! ENV POETRY_VERSION=1.8.3
//! RUN pip install --no-cache-dir poetry==$POETRY_VERSION
//! COPY pyproject.toml poetry.lock ./
//! RUN poetry install --no-root --no-cache
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.12
//! ENV POETRY_VERSION=1.8.3
//! RUN pip install --no-cache-dir poetry==$POETRY_VERSION
//! COPY pyproject.toml poetry.lock ./
//! RUN poetry install --only main --no-root --no-cache
//! CMD ["python", "app.py"]
//! ```
//!
//! Bundler is told so where the environment says that the program runs in production:
//!
//! ```dockerfile before unsafe
//! FROM ruby:3.3
//! ENV RAILS_ENV=production
//! COPY Gemfile Gemfile.lock ./
//! RUN bundle install \
//!     && rm -rf ~/.bundle/cache /usr/local/bundle/cache/*.gem
//! CMD ["bundle", "exec", "puma"]
//! ```
//! ```dockerfile after
//! FROM ruby:3.3
//! ENV RAILS_ENV=production
//! COPY Gemfile Gemfile.lock ./
//! RUN bundle config set --local without 'development test' && bundle install \
//!     && rm -rf ~/.bundle/cache /usr/local/bundle/cache/*.gem
//! CMD ["bundle", "exec", "puma"]
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
//! ```dockerfile refused: later-step-works-from-it
//! FROM ghcr.io/astral-sh/uv:python3.12-bookworm
//! ENV UV_NO_CACHE=1
//! RUN uv sync --locked
//! CMD ["uv", "run", "app.py"]
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

mod project;

use std::cell::RefCell;
use std::collections::HashMap;

use dopt_model::commands::dev_dependencies::{needs_them, whole_install};
use dopt_model::commands::{Invocation, Subcommand, npm, poetry};
use dopt_model::{ImageRef, ShellScript, StageRun, Use, Value, first_use, first_use_in_step};
use dopt_rewrite::{
    Effect, Fix, NotSplit, Proposal, Refusal, Reword, Safety, Subject, Transform, Why, prepend_command,
};
use dopt_syntax::shell::SimpleCommand;

use project::Project;

const CAVEAT: &str = "The program, or a script such as `prepare`, may need what is only meant for developing.";

const LEAVE_GROUPS: &str = "bundle config set --local without 'development test'";

pub const TRANSFORM: Transform = Transform {
    name: "omit-dev",
    summary: "leave out what a project depends on for developing only",
    manual: include_str!("omit_dev.rs"),
    aliases: &[],
    triggers: &["npm", "yarn", "composer", "poetry ", "uv sync", "uv export", "pdm ", "bundle install"],
    joint: true,
    never_safe: true,
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
    if !subject.is_triggered(run) {
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
    if let Some(fix) = omit_groups(run, script, &invocation, file.subject)? {
        return Ok(Some(fix));
    }
    let Some((installer, at)) = whole_install(&invocation) else { return Ok(None) };
    let text = file.subject.document().text();
    if installer.is_set_up(text) || text.contains(".npmrc") {
        return Ok(None);
    }
    let refuse = |why| Err(Refusal::new(script.in_file(command.range), why));
    let flag = match installer.program {
        "npm" => match file.installed.oldest_version(run) {
            None => return refuse(Why::VersionUnknown),
            Some(version) if version < 7 => return refuse(Why::ToolTooOld),
            Some(_) => installer.flag,
        },
        "poetry" => match poetry::oldest_version(text, run.state().image()) {
            None => return refuse(Why::VersionUnknown),
            Some(version) if version < (1, 2) => "--no-dev",
            Some(_) => installer.flag,
        },
        _ => installer.flag,
    };
    let first = file.first_use(run, command);
    let project = match first {
        None | Some(Use::Unseen(_)) if ["npm", "yarn", "pnpm"].contains(&installer.program) => {
            Project::of(file.subject, run).map_err(|why| Refusal::new(script.in_file(command.range), why))?
        }
        _ => None,
    };
    let line = run.instruction().first_line;
    if installer.program == "composer"
        && project::composer_needs_them(file.subject, run, &invocation)
            .map_err(|why| Refusal::new(script.in_file(command.range), why))?
    {
        return refuse(Why::LaterStepWorksFromIt { line });
    }
    if let Some(service) = project.as_ref().and_then(|project| project.developing_service()) {
        return refuse(Why::NotSplit(NotSplit::ServiceStartsMore { file: service.file.clone() }));
    }
    match first {
        None | Some(Use::Unseen(_))
            if project
                .as_ref()
                .is_some_and(|project| project.needs_them(invocation.has_argument("--ignore-scripts"))) =>
        {
            return refuse(Why::LaterStepWorksFromIt { line });
        }
        None => {}
        Some(Use::Unseen(line)) if project.is_some_and(|project| project.starts_plainly(line)) => {}
        Some(Use::NoStartCommand) if installer.starts_by_itself => {}
        // Such an image may be there to develop in: nobody expects anything.
        Some(Use::NoStartCommand) => return Ok(None),
        Some(first) => return refuse(first.into()),
    }
    let (edits, effect) = Reword::of(command).insert(at, flag).finish(run, script);
    Ok(Some(Fix {
        title: format!("add {flag}").into(),
        at: script.in_file(command.words[at].range),
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![effect],
        edits,
    }))
}

/// Tells bundler to leave Rails' two groups out, where the file says that the program runs in production.
fn omit_groups(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    invocation: &Invocation<'_>,
    subject: &Subject<'_>,
) -> Result<Option<Fix>, Refusal> {
    let command = invocation.command;
    let in_production = ["RAILS_ENV", "RACK_ENV"]
        .iter()
        .any(|name| matches!(run.state().variable(name), Value::Known(value) if value == "production"));
    let text = subject.document().text();
    let is_whole = invocation.program() == "bundle"
        && invocation.program_at == 0
        && matches!(invocation.subcommand(&[]), Subcommand::Named(_, name) if name == "install");
    let thought_of = ["without", "WITHOUT", "--local", "--path", "BUNDLE_PATH", "BUNDLE_DEPLOYMENT"];
    if !is_whole || !in_production || thought_of.iter().any(|word| text.contains(word)) {
        return Ok(None);
    }
    // Bundler 2.1, which came with Ruby 2.7, was the first with `config set`.
    let image = run.state().image().filter(|image| image.familiar_name() == "ruby");
    let why = match image.map(ImageRef::newest_version) {
        None => Some(Why::VersionUnknown),
        Some(Some(version)) if version < (2, 7) => Some(Why::ToolTooOld),
        Some(_) => None,
    };
    if let Some(why) = why {
        return Err(Refusal::new(script.in_file(command.range), why));
    }
    let Some(edit) = prepend_command(subject.document(), run, script, command, LEAVE_GROUPS) else { return Ok(None) };
    Ok(Some(Fix {
        title: "leave out the groups development and test".into(),
        at: script.in_file(command.range),
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![Effect::AddsCommand { instruction: run.index(), command: LEAVE_GROUPS.to_owned() }],
        edits: vec![edit],
    }))
}
