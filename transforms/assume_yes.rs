//! # assume-yes
//!
//! Answers the questions of package managers. A build has nobody to ask: the command gives up, or goes on only because
//! it had nothing to ask today.
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update && apt-get install curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile before
//! FROM opensuse/leap:15.6
//! RUN zypper install git && zypper clean --all
//! ```
//! ```dockerfile after
//! FROM opensuse/leap:15.6
//! RUN zypper -n install git && zypper clean --all
//! ```
//!
//! It knows apt, aptitude, add-apt-repository, dnf, yum, tdnf, zypper, pacman, conda, mamba and micromamba, and puts the
//! option where the file has it elsewhere.
//!
//! **Safe**: where the command asked, the build failed. Nothing is done where an option, a setting or another command
//! answers:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN apt-get update && yes | apt-get install curl && apt-get install -qq git && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! **Unsafe** where its failure did not stop the build, for then it may never have done what it will do now:
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! RUN apt-get remove perl || true
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get remove -y perl || true
//! ```

use std::cell::RefCell;
use std::collections::HashMap;

use dopt_model::commands::Invocation;
use dopt_model::commands::questions::{self, Answered, Question};
use dopt_model::{ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Reword, Safety, Subject, Transform, is_decisive};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "The command may have asked, failed and been ignored so far; now it does what it says.";

pub const TRANSFORM: Transform = Transform {
    name: "assume-yes",
    summary: "answer the questions of package managers, which nobody else does",
    manual: include_str!("assume_yes.rs"),
    aliases: &["DL3014", "DL3030", "DL3034", "DL3038"],
    triggers: &["apt", "yum", "dnf", "zypper", "pacman", "conda", "mamba"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let text = subject.document().text();
    let file = File { text, answered: Answered::by(text), in_front: RefCell::default() };
    // A question stops the build of any stage.
    let runs = subject.stages.runs().filter(|run| subject.is_triggered(*run));
    runs.flat_map(|run| propose_for_run(run, &file)).collect()
}

/// What the whole file says of answers.
struct File<'f> {
    text: &'f str,
    answered: Answered,
    /// Whether the option stands in front of a subcommand more often than behind it.
    in_front: RefCell<HashMap<String, bool>>,
}

fn propose_for_run(run: StageRun<'_>, file: &File<'_>) -> Vec<Proposal> {
    // What asks in a step that cannot be read is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    let fed = script.script().fed_ranges(script.text());
    let commands =
        script.commands().into_iter().filter(|command| !fed.iter().any(|range| range.contains(command.range)));
    commands.filter_map(|command| answer(run, &script, command, file).map(Ok)).collect()
}

fn answer(run: StageRun<'_>, script: &ShellScript<'_>, command: &SimpleCommand, file: &File<'_>) -> Option<Fix> {
    let invocation = Invocation::of(command, script.text())?;
    let question = questions::question(&invocation)?;
    if file.answered.covers(invocation.program()) {
        return None;
    }
    let behind = file.place(&invocation, &question);
    let (edits, effect) = Reword::of(command).insert(behind, question.flag).finish(run, script);
    Some(Fix {
        title: format!("add {}", question.flag).into(),
        at: script.in_file(command.words[behind].range),
        safety: match is_decisive(run, script, command) {
            true => Safety::Safe,
            false => Safety::Unsafe { caveat: CAVEAT },
        },
        effects: vec![effect],
        edits,
    })
}

impl File<'_> {
    /// Behind the subcommand, or behind the program where the file writes it so.
    fn place(&self, invocation: &Invocation<'_>, question: &Question) -> usize {
        let [subcommand, program] = question.behind[..] else { return question.behind[0] };
        let word = |at: usize| invocation.command.words[at].range.of(invocation.text);
        let count = |at: usize| self.text.matches(&format!("{} {} ", word(at), question.flag)).count();
        let key = format!("{} {}", word(program), word(subcommand));
        let in_front = *self.in_front.borrow_mut().entry(key).or_insert_with(|| count(program) > count(subcommand));
        if in_front { program } else { subcommand }
    }
}
