//! # no-apk-cache
//!
//! Lets apk fetch its index without keeping it: `--no-cache` instead of `apk update` and `--update`.
//!
//! ```dockerfile before
//! FROM alpine:3.20
//! RUN apk add --update curl
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! RUN apk add --no-cache curl
//! ```
//!
//! An `apk update` that nobody needs any longer goes:
//!
//! ```dockerfile before
//! FROM alpine:3.20
//! RUN apk update && apk upgrade && \
//!     apk add curl
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! RUN apk upgrade --no-cache && \
//!     apk add --no-cache curl
//! ```
//!
//! **Safe**: with `--no-cache` apk fetches the index itself. Nothing is done where a mount lies over the cache or the
//! step deletes it. An `apk update` or `--update` stays where something later may rely on its index:
//!
//! ```dockerfile unchanged
//! FROM alpine:3.20
//! RUN apk update && apk add curl && rm -rf /var/cache/apk/*
//! ```
//! ```dockerfile unchanged
//! FROM alpine:3.20
//! RUN --mount=type=cache,target=/var/cache/apk apk add --update curl
//! ```
//! ```dockerfile before
//! FROM alpine:3.20
//! RUN apk update && apk add curl
//! COPY install-more.sh /
//! RUN /install-more.sh
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! RUN apk update && apk add --no-cache curl
//! COPY install-more.sh /
//! RUN /install-more.sh
//! ```
//! apk of Alpine 3.2 and older does not know the option, and words behind a variable cannot be told:
//!
//! ```dockerfile refused: tool-too-old
//! FROM alpine:3.2
//! RUN apk add --update curl
//! ```
//! ```dockerfile refused: words-unknown
//! FROM alpine:3.20
//! ARG OPTIONS
//! RUN apk $OPTIONS add curl
//! ```

use std::cell::OnceCell;
use std::collections::HashMap;

use dopt_model::commands::managers::{APK, APK_UPDATE_FLAGS};
use dopt_model::commands::{Invocation, OwnScripts, Subcommand, apk};
use dopt_model::{ImageRef, ShellScript, StageRun};
use dopt_rewrite::{
    Effect, Fix, Proposal, Refusal, Reword, Safety, Strategy, Subject, Transform, Why, remove_commands,
    remove_instruction,
};
use dopt_syntax::dockerfile::{Form, Keyword};
use dopt_syntax::shell::{SimpleCommand, Word};

const FLAG: &str = "--no-cache";

pub const TRANSFORM: Transform = Transform {
    name: "no-apk-cache",
    summary: "let apk fetch its index without keeping it",
    manual: include_str!("no_apk_cache.rs"),
    aliases: &["DL3017", "DL3019"],
    triggers: &["apk "],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    if subject.settings.strategy("apk") == Strategy::CacheMount {
        return Vec::new();
    }
    let file = File { subject, own: OwnScripts::of(subject.document()), behind: OnceCell::new() };
    subject.runs().flat_map(|run| propose_for_run(run, &file)).collect()
}

fn propose_for_run(run: StageRun<'_>, file: &File<'_>) -> Vec<Proposal> {
    let text = run.instruction().range.of(file.subject.document().text());
    let cares =
        ["/var/cache/apk", "/etc/apk/cache", "--cache-dir", "--no-network"].iter().any(|sign| text.contains(sign));
    let offline = run.instruction().flag("network").is_some_and(|flag| flag.value() == Some("none"));
    let hidden = run.mounts().iter().any(|mount| mount.target.as_ref().is_some_and(|target| target.contains("apk")));
    if !text.contains("apk ") || cares || hidden || offline {
        return Vec::new();
    }
    // Whether a step that cannot be read keeps an index is not known either.
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.commands().into_iter();
    commands.filter_map(|command| improve(run, &script, command, file).transpose()).collect()
}

fn improve(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    file: &File<'_>,
) -> Result<Option<Fix>, Refusal> {
    let Some(invocation) = call_of_apk(command, script.text()) else { return Ok(None) };
    let (at, name) = match invocation.subcommand(APK.value_options) {
        Subcommand::Named(at, name) => (at, name),
        Subcommand::Missing => return Ok(None),
        Subcommand::Unreadable => return Err(Refusal::new(script.in_file(command.range), Why::WordsUnknown)),
    };
    match name.as_ref() {
        "add" if installs_files_only(&invocation, at) => Ok(None),
        "add" | "upgrade"
            if !keeps_no_index(&invocation)
                && update_flag(&invocation).is_some()
                && !file.behind(run, script, command).fetches =>
        {
            Ok(None)
        }
        "add" | "upgrade" if !keeps_no_index(&invocation) || update_flag(&invocation).is_some() => {
            match run.state().image().is_some_and(ImageRef::is_ancient) {
                true => Err(Refusal::new(script.in_file(command.range), Why::ToolTooOld)),
                false => Ok(Some(add_flag(run, script, &invocation, at))),
            }
        }
        "update" => {
            let behind = file.behind(run, script, command);
            let superfluous = behind.installs && behind.fetches;
            Ok(superfluous.then(|| drop_update(run, script, command, file.subject)).flatten())
        }
        _ => Ok(None),
    }
}

/// Puts the flag behind the subcommand, or in the place of one that only updates the index.
fn add_flag(run: StageRun<'_>, script: &ShellScript<'_>, invocation: &Invocation<'_>, subcommand: usize) -> Fix {
    let reword = Reword::of(invocation.command);
    let reword = match update_flag(invocation) {
        Some(at) if invocation.has_argument(FLAG) => reword.remove(at),
        Some(at) => reword.replace(at, FLAG),
        None => reword.insert(subcommand, FLAG),
    };
    let (edits, effect) = reword.finish(run, script);
    Fix {
        title: "fetch the index without keeping it".into(),
        at: script.in_file(invocation.command.words[subcommand].range),
        safety: Safety::Safe,
        effects: vec![effect],
        edits,
    }
}

/// Takes an `apk update` out, with its instruction where it is all of it.
fn drop_update(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    subject: &Subject<'_>,
) -> Option<Fix> {
    // What it prints into a file may be wanted there.
    if command.redirects_to_files(script.text()) {
        return None;
    }
    let alone = script.script().list.items.len() == 1 && script.script().list.items[0].and_or.range() == command.range;
    let (edits, effect) = if alone {
        (vec![remove_instruction(subject, run)?], Effect::DropsInstruction { instruction: run.index() })
    } else {
        let command_text = command.written(script.text());
        let effect = Effect::DropsCommand { instruction: run.index(), command: command_text };
        (remove_commands(subject.document(), run, script, &[command])?, effect)
    };
    Some(Fix {
        title: "drop the index that no later command reads".into(),
        at: script.in_file(command.range),
        safety: Safety::Safe,
        effects: vec![effect],
        edits,
    })
}

/// A file, and what its later steps do with the index that a step keeps.
struct File<'f> {
    subject: &'f Subject<'f>,
    own: OwnScripts,
    /// By instruction: what stands behind the `RUN`.
    behind: OnceCell<HashMap<usize, Behind>>,
}

/// What commands do with an index that was kept.
#[derive(Clone, Copy)]
struct Behind {
    /// Whether one of them installs.
    installs: bool,
    /// Whether all of them fetch their own.
    fetches: bool,
}

impl Behind {
    const NOTHING: Behind = Behind { installs: false, fetches: true };

    fn and(self, other: Behind) -> Behind {
        Behind { installs: self.installs || other.installs, fetches: self.fetches && other.fetches }
    }
}

impl File<'_> {
    /// What stands behind a command.
    fn behind(&self, run: StageRun<'_>, script: &ShellScript<'_>, command: &SimpleCommand) -> Behind {
        let later = self.behind.get_or_init(|| self.look_behind());
        self.look_at(script, command.range.end()).and(later.get(&run.index()).copied().unwrap_or(Behind::NOTHING))
    }

    fn look_behind(&self) -> HashMap<usize, Behind> {
        let stages = self.subject.stages;
        let document = self.subject.document();
        let elsewhere = document.instructions().iter().any(|instruction| {
            matches!(instruction.keyword, Keyword::Onbuild | Keyword::Cmd | Keyword::Entrypoint | Keyword::Copy)
                && instruction.arguments_text(document.text()).contains("apk")
        });
        let mut found = HashMap::new();
        let mut whole = vec![Behind::NOTHING; stages.all().len()];
        // Stages start from earlier ones, so that of each one those built on it are known.
        for stage in (0..whole.len()).rev() {
            let children = stages.children(stage).iter().map(|child| whole[*child]);
            let mut behind = children.fold(Behind { installs: false, fetches: !elsewhere }, Behind::and);
            for run in stages.runs_of(stage).collect::<Vec<_>>().into_iter().rev() {
                found.insert(run.index(), behind);
                behind = behind.and(match (run.script(), &run.instruction().form) {
                    (Ok(script), _) => self.look_at(&script, 0),
                    (Err(_), Form::Exec(words)) => Behind { installs: false, fetches: self.own.exec_is_visible(words) },
                    (Err(_), Form::Shell) => Behind { installs: false, fetches: false },
                });
            }
            whole[stage] = behind;
        }
        found
    }

    /// Looks at the commands of a script from an offset on.
    fn look_at(&self, script: &ShellScript<'_>, from: usize) -> Behind {
        let text = script.text();
        let mut found = Behind::NOTHING;
        script.script().walk(&mut |command| {
            if command.range.start() < from {
                return;
            }
            found.fetches &= self.own.is_visible(command, text);
            let Some(invocation) = call_of_apk(command, text) else { return };
            let reads = match invocation.subcommand(APK.value_options) {
                Subcommand::Named(_, name) => apk::needs_index(&name),
                Subcommand::Missing => false,
                Subcommand::Unreadable => true,
            };
            found.installs |= reads;
            found.fetches &= !reads || keeps_no_index(&invocation) || update_flag(&invocation).is_some();
        });
        found
    }
}

fn call_of_apk<'a>(command: &'a SimpleCommand, text: &'a str) -> Option<Invocation<'a>> {
    Invocation::of(command, text).filter(|invocation| invocation.program() == "apk")
}

/// Whether every package is a file, which needs no index.
fn installs_files_only(invocation: &Invocation<'_>, subcommand: usize) -> bool {
    let mut packages = invocation.operands(subcommand + 1, APK.value_options).peekable();
    packages.peek().is_some() && packages.all(|(_, package)| package.is_some_and(|name| name.ends_with(".apk")))
}

fn keeps_no_index(invocation: &Invocation<'_>) -> bool {
    invocation.has_argument(FLAG)
}

/// The word that lets apk update its index first.
fn update_flag(invocation: &Invocation<'_>) -> Option<usize> {
    let is_flag = |word: &Word| APK_UPDATE_FLAGS.contains(&word.range.of(invocation.text));
    let from = invocation.program_at + 1;
    invocation.command.words[from..].iter().position(is_flag).map(|at| from + at)
}
