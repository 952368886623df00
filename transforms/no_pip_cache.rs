//! # no-pip-cache
//!
//! Tells pip not to keep what it downloads.
//! Its cache serves the next installation on the same machine; in an image it is dead weight.
//!
//! ```dockerfile before
//! FROM python:3.12
//! RUN pip install flask
//! ```
//! ```dockerfile after
//! FROM python:3.12
//! RUN pip install --no-cache-dir flask
//! ```
//!
//! pip is found under all of its names, and behind options, `sudo` and `python -m`:
//!
//! ```dockerfile before
//! FROM python:3.12
//! RUN sudo -H python3.12 -m pip --timeout 100 install -r requirements.txt
//! ```
//! ```dockerfile after
//! FROM python:3.12
//! RUN sudo -H python3.12 -m pip --timeout 100 install --no-cache-dir -r requirements.txt
//! ```
//!
//! **Safe**: pip installs the same with and without its cache. Nothing is done where the cache is off already
//! (`PIP_NO_CACHE_DIR` with any value), lies in a mount, or is deleted by the same step:
//!
//! ```dockerfile unchanged
//! FROM python:3.12
//! ENV PIP_NO_CACHE_DIR=off
//! RUN pip install flask
//! ```
//! ```dockerfile unchanged
//! FROM python:3.12
//! RUN --mount=type=cache,target=/root/.cache pip install flask
//! ```
//!
//! pip 1.5 (that of Debian 8 and Ubuntu 14.04) does not know the option, and a subcommand behind a variable cannot be
//! told from others:
//!
//! ```dockerfile refused: tool-too-old
//! FROM ubuntu:14.04
//! RUN apt-get install -y python-pip && rm -rf /var/lib/apt/lists/*
//! RUN pip install flask
//! ```
//! ```dockerfile refused: words-unknown
//! FROM python:3.12
//! ARG PIP_OPTIONS
//! RUN pip $PIP_OPTIONS install flask
//! ```

use dopt_model::commands::Invocation;
use dopt_model::commands::pip::{self, Pip};
use dopt_model::{ImageRef, ShellScript, StageRun, Value};
use dopt_rewrite::{Edit, Effect, Fix, Proposal, Refusal, Safety, Strategy, Subject, Transform, Why};
use dopt_syntax::shell::SimpleCommand;

const FLAG: &str = "--no-cache-dir";

pub const TRANSFORM: Transform = Transform {
    name: "no-pip-cache",
    summary: "tell pip not to keep what it downloads",
    manual: include_str!("no_pip_cache.rs"),
    aliases: &["DL3042"],
    triggers: &["pip"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    if subject.settings.strategy("pip") == Strategy::CacheMount {
        return Vec::new();
    }
    subject.runs().flat_map(|run| propose_for_run(run, subject)).collect()
}

fn propose_for_run(run: StageRun<'_>, subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    let text = run.instruction().logical.text(file);
    if !text.contains("pip") && run.instruction().heredocs.is_empty() {
        return Vec::new();
    }
    let script = match run.script() {
        Ok(script) => script,
        Err(_) if !mentions_install(text) => return Vec::new(),
        Err(error) => return vec![Err(error.into())],
    };
    if cache_is_no_matter(run, &script) {
        return Vec::new();
    }
    let commands = script.commands().into_iter();
    commands.filter_map(|command| propose_for_command(run, &script, command, file).transpose()).collect()
}

fn propose_for_command(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    file: &str,
) -> Result<Option<Fix>, Refusal> {
    let Some(invocation) = Invocation::of(command, script.text()) else { return Ok(None) };
    let refuse = |why| Err(Refusal::new(script.in_file(command.range), why));
    let install = match pip::read(&invocation) {
        None if hides_pip(&invocation) => return refuse(Why::WordsUnknown),
        None | Some(Pip::Other) => return Ok(None),
        Some(Pip::Unreadable) => return refuse(Why::WordsUnknown),
        Some(Pip::Install(install)) => install,
    };
    if pip::says_cache(&invocation) || environment_says_cache(&invocation) {
        return Ok(None);
    }
    if may_be_ancient(run, file) {
        return refuse(Why::ToolTooOld);
    }
    Ok(Some(Fix {
        title: format!("add {FLAG}").into(),
        at: script.in_file(install),
        safety: Safety::Safe,
        effects: vec![Effect::AddsFlag {
            instruction: run.index(),
            flag: FLAG.to_owned(),
            behind: install.of(script.text()).to_owned(),
        }],
        edits: vec![Edit::insert(script.end_in_file(install.end()), format!(" {FLAG}"))],
    }))
}

/// Whether pip may be older than 6.0 of 2014, which brought the option: that of an old base, that of a Debian
/// package on a base of unknown age, or one that the file asks for.
fn may_be_ancient(run: StageRun<'_>, file: &str) -> bool {
    let image = run.state().image();
    let packaged = file.contains("python-pip") && !image.is_some_and(ImageRef::is_dated_debian);
    let asked_for = ["pip==0.", "pip==1.", "pip<", "pip~=1.", "setuptools<"].iter().any(|words| file.contains(words));
    packaged || asked_for || image.is_some_and(ImageRef::is_ancient)
}

/// Whether pip's cache stays out of the layer anyway.
fn cache_is_no_matter(run: StageRun<'_>, script: &ShellScript<'_>) -> bool {
    let state = run.state();
    if state.variable("PIP_NO_CACHE_DIR") != Value::Unset {
        return true;
    }
    let text = script.text();
    let deleted = ["pip cache purge", "pip3 cache purge", ".cache"].iter().any(|sign| text.contains(sign));
    let switched = text.contains("PIP_NO_CACHE_DIR") || text.contains("no-cache-dir true");
    let folder = match (state.variable("PIP_CACHE_DIR"), state.variable("XDG_CACHE_HOME")) {
        (Value::Known(folder), _) => Some(folder),
        (Value::Unset, Value::Known(folder)) => Some(format!("{folder}/pip")),
        (Value::Unset, Value::Unset) => state.home().map(|home| format!("{home}/.cache/pip")),
        _ => None,
    };
    deleted
        || switched
        || run.mounts().iter().any(|mount| match &folder {
            Some(folder) => mount.hides(folder),
            None => mount.target.as_ref().is_some_and(|target| target.contains("cache") || target.contains("pip")),
        })
}

fn environment_says_cache(invocation: &Invocation<'_>) -> bool {
    let source = invocation.command.range.of(invocation.text);
    source.contains("PIP_NO_CACHE_DIR") || source.contains("PIP_CACHE_DIR")
}

/// Whether another program is handed pip's words: `xargs pip install`, `sh -c "pip install …"`.
fn hides_pip(invocation: &Invocation<'_>) -> bool {
    let runner = ["xargs", "sh", "bash", "ash", "su", "parallel"].contains(&invocation.program());
    (runner || (invocation.program() == "conda" && invocation.has_argument("run")))
        && invocation.arguments().iter().any(|word| {
            let source = word.range.of(invocation.text);
            source == "pip" || source == "pip3" || mentions_install(source)
        })
        && !invocation.command.range.of(invocation.text).contains(FLAG)
}

fn mentions_install(text: &str) -> bool {
    ["pip install", "pip3 install"].iter().any(|words| text.contains(words)) && !text.contains(FLAG)
}
