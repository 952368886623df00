//! # clean-caches
//!
//! Lets a package manager empty its cache right behind the command that filled it: npm, yarn 1, dnf and yum,
//! zypper, conda, composer. What they have downloaded serves the next installation on the same machine; in an
//! image it is dead weight.
//!
//! ```dockerfile before
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! ```
//! ```dockerfile after
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! ```
//!
//! The command comes right behind the last one that fills the cache, so that the program is still there:
//!
//! ```dockerfile before
//! FROM rockylinux:9
//! RUN sudo dnf -y install gcc && make && sudo dnf -y remove gcc
//! ```
//! ```dockerfile after
//! FROM rockylinux:9
//! RUN sudo dnf -y install gcc && sudo dnf clean all && make && sudo dnf -y remove gcc
//! ```
//!
//! **Safe**: no later step reads the cache. Nothing is done where a mount lies over it, where the step already
//! cares for it, or where the cache is put elsewhere:
//!
//! ```dockerfile unchanged
//! FROM node:20
//! RUN --mount=type=cache,target=/root/.npm npm ci
//! ```
//! ```dockerfile unchanged
//! FROM rockylinux:9
//! RUN dnf -y install gcc && rm -rf /var/cache/dnf
//! ```
//!
//! Which yarn runs, and whether a program that has replaced itself still runs, cannot be told:
//!
//! ```dockerfile refused: version-unknown
//! FROM node:6
//! RUN npm install -g npm
//! ```
//! ```dockerfile refused: version-unknown
//! FROM node:20
//! RUN yarn install --immutable
//! ```
//! ```dockerfile refused: later-step-needs-it
//! FROM node:20
//! RUN npm ci
//! ENV A=b
//! RUN npm install --offline left-pad
//! ```
//! ```dockerfile refused: no-place-at-end
//! FROM node:20
//! RUN npm ci | tee log && rm -rf /usr/local/bin/npm
//! ```

use dopt_model::commands::Invocation;
use dopt_model::commands::caches::{self, Cache, Filling};
use dopt_model::{MountKind, ShellScript, StageRun};
use dopt_rewrite::{Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, append_command, insert_command};

pub const TRANSFORM: Transform = Transform {
    name: "clean-caches",
    summary: "empty the caches of npm, yarn, dnf, zypper, conda and composer in the layer that fills them",
    manual: include_str!("clean_caches.rs"),
    aliases: &["DL3016", "DL3032", "DL3036", "DL3040", "DL3060"],
    triggers: &["npm", "yarn", "yum", "dnf", "zypper", "conda", "mamba", "composer"],
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    subject.runs().flat_map(|run| clean_run(run, subject)).collect()
}

fn clean_run(run: StageRun<'_>, subject: &Subject<'_>) -> Vec<Proposal> {
    let text = run.instruction().range.of(subject.document().text());
    if !TRANSFORM.triggers.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    // A step that cannot be read may fill a cache or not: there is nothing to say about it.
    let Ok(script) = run.script() else { return Vec::new() };
    let mut last: Vec<(&'static Cache, Filling, Invocation<'_>)> = Vec::new();
    script.script().walk(&mut |command| {
        let Some(invocation) = Invocation::of(command, script.text()) else { return };
        let Some(filling) = caches::filling(&invocation) else { return };
        let (Filling::Fills(cache) | Filling::Unknown(cache)) = filling;
        last.retain(|(known, ..)| !std::ptr::eq(*known, cache));
        last.push((cache, filling, invocation));
    });
    last.iter()
        .filter_map(|(cache, filling, last)| clean(run, &script, subject, cache, filling, last).transpose())
        .collect()
}

/// Proposes the clean-up of one cache behind the last command that fills it.
fn clean(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    subject: &Subject<'_>,
    cache: &Cache,
    filling: &Filling,
    last: &Invocation<'_>,
) -> Result<Option<Fix>, Refusal> {
    let text = script.text();
    let at = script.in_file(last.command.range);
    let refuse = |why| Err(Refusal::new(at, why));
    let cares = cache.signs_of_care.iter().any(|sign| text.contains(sign)) || is_set_up(subject, cache);
    let hidden = run.mounts().iter().any(|mount| {
        let target = mount.target.as_deref().unwrap_or_default();
        // A cache that builds share may be this one, wherever it lies, unless another tool's name is in its path.
        let foreign = ["apt", "apk", "pip", "go-build", "/go/", "cargo", ".m2", "gradle"];
        let shared = mount.kind == MountKind::Cache && !foreign.iter().any(|name| target.contains(name));
        shared || cache.folders.iter().any(|folder| mount.hides(folder))
    });
    if cares || hidden {
        return Ok(None);
    }
    if let Filling::Unknown(_) = filling {
        return refuse(Why::VersionUnknown);
    }
    if let Some(line) = line_that_misses(subject, cache, run.index()) {
        return refuse(Why::LaterStepNeedsIt { line });
    }
    let command = format!("{}{}", prefix(last), cache.cleaned_by);
    let edit = match insert_command(subject, run, script, last.command, &command) {
        Some(edit) => edit,
        None if may_be_gone(script, last) => return refuse(Why::NoPlaceAtEnd),
        None => match append_command(subject, run, script, &command) {
            Ok(edit) => edit,
            Err(why) => return refuse(why),
        },
    };
    Ok(Some(Fix {
        title: format!("empty the cache of {} in the layer that fills it", last.program()).into(),
        at,
        safety: Safety::Safe,
        effects: vec![Effect::AddsCommand { instruction: run.index(), command }],
        edits: vec![edit],
    }))
}

/// What stands in front of the subcommand: the program, who runs it, and the variables that say where its cache is.
fn prefix(last: &Invocation<'_>) -> String {
    let mut out = String::new();
    let places = ["HOME", "COMPOSER", "CONFIG", "config", "PREFIX"];
    for assignment in &last.command.assignments {
        let source = assignment.range().of(last.text);
        if places.iter().any(|part| assignment.name.of(last.text).contains(part)) {
            out.extend([source, " "]);
        }
    }
    for word in &last.command.words[..=last.program_at] {
        out.extend([word.range.of(last.text), " "]);
    }
    out
}

/// Whether an instruction that sets the stage up says where the cache is.
fn is_set_up(subject: &Subject<'_>, cache: &Cache) -> bool {
    let document = subject.document();
    let names =
        |sign: &&&str| sign.contains('_') && sign.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let mut names = cache.signs_of_care.iter().filter(names);
    names.any(|name| document.text().contains(*name)) || document.text().contains("config set cache")
}

/// The line of a later instruction that works from the cache.
fn line_that_misses(subject: &Subject<'_>, cache: &Cache, from: usize) -> Option<usize> {
    let document = subject.document();
    let later = document.instructions().iter().skip(from + 1);
    let misses = |text: &str| cache.missed_by.iter().any(|sign| text.contains(sign));
    later.into_iter().find(|found| misses(found.range.of(document.text()))).map(|found| found.first_line)
}

/// Whether something behind the command may take its program away.
fn may_be_gone(script: &ShellScript<'_>, last: &Invocation<'_>) -> bool {
    let mut gone = false;
    script.script().walk(&mut |command| {
        let behind = command.range.start > last.command.range.start;
        gone |= behind && Invocation::of(command, script.text()).is_none_or(|found| caches::removes_program(&found));
    });
    gone
}
