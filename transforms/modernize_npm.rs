//! # modernize-npm
//!
//! Leaves development dependencies out with `--omit=dev`, for which `--production` and `--only=production` are
//! deprecated names. npm warns of them at every installation.
//!
//! ```dockerfile before
//! FROM node:20
//! WORKDIR /srv
//! COPY package*.json ./
//! RUN npm ci --only=production && npm cache clean --force
//! ```
//! ```dockerfile after
//! FROM node:20
//! WORKDIR /srv
//! COPY package*.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! ```
//!
//! **Safe** from npm 7 on, which makes the same of the three. An older one does not know the option and would install
//! everything:
//!
//! ```dockerfile refused: tool-too-old
//! FROM node:14
//! RUN npm install --production
//! ```
//! ```dockerfile refused: version-unknown
//! FROM debian:12
//! RUN npm install --production
//! ```
//!
//! **Unsafe** where the file speaks of `.npmrc` or sets such an option: an `omit` there counts beside `--production`, and not beside `--omit`.
//!
//! ```dockerfile before unsafe
//! FROM node:20
//! COPY .npmrc package.json /srv/
//! RUN cd /srv && npm prune --production
//! ```
//! ```dockerfile after
//! FROM node:20
//! COPY .npmrc package.json /srv/
//! RUN cd /srv && npm prune --omit=dev
//! ```

use dopt_model::commands::{Invocation, Subcommand, npm};
use dopt_model::{ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "An `omit` in .npmrc counts beside --production, but not beside --omit.";

const FLAG: &str = "--omit=dev";

pub const TRANSFORM: Transform = Transform {
    name: "modernize-npm",
    summary: "leave development dependencies out with --omit=dev",
    manual: include_str!("modernize_npm.rs"),
    aliases: &[],
    triggers: &["--production", "--only=", "--only "],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    let settings = [".npmrc", "npm_config_omit", "npm_config_include", "npm_config_also"];
    let lower_case = file.to_ascii_lowercase();
    let has_settings = settings.iter().any(|sign| lower_case.contains(sign));
    let safety = if has_settings { Safety::Unsafe { caveat: CAVEAT } } else { Safety::Safe };
    let installed = npm::Installed::by(file);
    let is_npm = |run: &StageRun<'_>| subject.is_triggered(*run) && run.instruction().range.of(file).contains("npm");
    subject.stages.runs().filter(is_npm).flat_map(|run| propose_for_run(run, installed, safety)).collect()
}

fn propose_for_run(run: StageRun<'_>, installed: npm::Installed, safety: Safety) -> Vec<Proposal> {
    // Which programs a step that cannot be read calls is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.commands().into_iter();
    commands.filter_map(|command| modernize(run, &script, command, installed, safety).transpose()).collect()
}

fn modernize(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    installed: npm::Installed,
    safety: Safety,
) -> Result<Option<Fix>, Refusal> {
    let installs = ["install", "i", "in", "ci", "clean-install", "prune"];
    let npm = Invocation::of(command, script.text()).filter(|found| {
        let subcommand = found.subcommand(npm::VALUE_OPTIONS);
        found.program() == "npm"
            && matches!(subcommand, Subcommand::Named(_, name) if installs.contains(&name.as_ref()))
    });
    let Some(invocation) = npm else { return Ok(None) };
    let Some(old) = OldOptions::of(&invocation) else { return Ok(None) };
    let refuse = |why| Err(Refusal::new(script.in_file(command.range), why));
    match installed.oldest_version(run) {
        None => return refuse(Why::VersionUnknown),
        Some(version) if version < 7 => return refuse(Why::ToolTooOld),
        Some(_) => {}
    }
    let mut reword = Reword::of(command);
    for (at, word) in old.words.iter().enumerate() {
        reword = if at == 0 && !old.has_new { reword.replace(*word, FLAG) } else { reword.remove(*word) };
    }
    let (edits, effect) = reword.finish(run, script);
    Ok(Some(Fix {
        title: format!("leave them out with {FLAG}").into(),
        at: script.in_file(command.words[old.words[0]].range),
        safety,
        effects: vec![effect],
        edits,
    }))
}

/// The words of a command that say it in the old way.
struct OldOptions {
    /// Never empty.
    words: Vec<usize>,
    /// Whether the new way is there too.
    has_new: bool,
}

impl OldOptions {
    /// `None` where there are none, or another option speaks of the same.
    fn of(invocation: &Invocation<'_>) -> Option<OldOptions> {
        let mut found = OldOptions { words: Vec::new(), has_new: false };
        let from = invocation.program_at + 1;
        let mut words = invocation.arguments().iter().enumerate().peekable();
        while let Some((at, word)) = words.next() {
            let literal = word.literal(invocation.text)?;
            let next = words.peek().and_then(|(_, word)| word.literal(invocation.text));
            match literal.as_ref() {
                // A value of its own may follow.
                "--production" if matches!(next.as_deref(), Some("true" | "false" | "null")) => return None,
                "--production" | "--production=true" | "--only=production" | "--only=prod" => {
                    found.words.push(from + at);
                }
                "--only" if matches!(next.as_deref(), Some("prod" | "production")) => {
                    found.words.extend([from + at, from + at + 1]);
                    words.next();
                }
                FLAG => found.has_new = true,
                "--" => break,
                other
                    if ["--only", "--production", "--no-production", "--include", "--also", "--dev", "--omit"]
                        .iter()
                        .any(|option| other.split('=').next() == Some(option)) =>
                {
                    return None;
                }
                _ => {}
            }
        }
        (!found.words.is_empty()).then_some(found)
    }
}
