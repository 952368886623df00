//! # remove-archives
//!
//! Deletes a downloaded archive or package right behind the command that unpacks or installs it, where nothing
//! else uses it. It would lie in the layer for good: a `RUN rm` of its own frees nothing.
//!
//! ```dockerfile before
//! FROM debian:12
//! ARG VERSION=1.22.5
//! RUN curl -fsSLO https://go.dev/dl/go$VERSION.linux-amd64.tar.gz \
//!     && tar -C /usr/local -xzf go$VERSION.linux-amd64.tar.gz
//! ```
//! ```dockerfile after
//! FROM debian:12
//! ARG VERSION=1.22.5
//! RUN curl -fsSLO https://go.dev/dl/go$VERSION.linux-amd64.tar.gz \
//!     && tar -C /usr/local -xzf go$VERSION.linux-amd64.tar.gz \
//!     && rm go$VERSION.linux-amd64.tar.gz
//! ```
//!
//! **Safe**: the archive was downloaded by the same step, it was there when the command read it, and nothing behind
//! that names it or what could be it. Nothing is done where it is deleted already, alone, by a pattern or with its
//! folder, where a mount lies over it, or where it is read from a pipe:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN cd /tmp && curl -fsSLO https://example.com/a.tar.gz && tar -xzf a.tar.gz && rm -rf /tmp/*
//! ```
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN curl -fsSL https://example.com/a.tar.gz | tar -xz -C /opt
//! ```
//! ```dockerfile refused: later-step-unseen
//! FROM debian:12
//! COPY setup.sh /
//! RUN curl -fsSL -o /a.tar.gz https://example.com/a.tar.gz && tar -xzf /a.tar.gz -C /opt && /setup.sh
//! ```

use dopt_model::commands::archives::{downloads, spelled, spelling, unpacked};
use dopt_model::commands::ownership::has_path;
use dopt_model::commands::{Invocation, OwnScripts, paths};
use dopt_model::{Mount, MountKind, ShellScript, StageRun};
use dopt_rewrite::{Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, insert_command};
use dopt_syntax::dockerfile::{self, Form, Keyword};
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "remove-archives",
    summary: "delete downloaded archives behind the command that unpacks them",
    manual: include_str!("remove_archives.rs"),
    aliases: &[],
    triggers: &["curl", "wget"],
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let own = OwnScripts::of(subject.document());
    subject.runs().flat_map(|run| remove_in(run, subject, &own)).collect()
}

fn remove_in(run: StageRun<'_>, subject: &Subject<'_>, own: &OwnScripts) -> Vec<Proposal> {
    let text = run.instruction().range.of(subject.document().text());
    if !TRANSFORM.triggers.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    let Ok(script) = run.script() else { return Vec::new() };
    let mut commands = Vec::new();
    script.script().walk(&mut |command| commands.push(command));
    let mut loaded: Vec<(String, bool)> = Vec::new();
    let mut folder = run.state().workdir().unwrap_or("").to_owned();
    let mut proposals = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        let Some(invocation) = Invocation::of(command, script.text()) else { continue };
        loaded.extend(downloads(&invocation).into_iter().map(|file| (file, invocation.sudo.is_some())));
        if let (true, Some(target)) = (invocation.program() == "cd", invocation.arguments().first()) {
            folder = paths::resolve(&folder, &spelling(target, script.text()));
        }
        let Some(word) = unpacked(&invocation) else { continue };
        let name = spelling(&command.words[word], script.text());
        // What another user has downloaded may not be ours to delete.
        let sudo = invocation.sudo.map(|sudo| sudo.of(script.text()));
        let allowed = |by_root: bool| sudo.map_or(!by_root, |sudo| sudo == "sudo" || sudo == "sudo -E");
        if loaded.iter().any(|(file, by_root)| base_name(file) == base_name(&name) && allowed(*by_root)) {
            let path = paths::resolve(&folder, &name);
            let archive =
                Archive { run, script: &script, invocation: &invocation, word, folder: &folder, path, subject, own };
            proposals.extend(archive.remove(&commands[at + 1..]).transpose());
        }
    }
    proposals
}

/// A downloaded file at the command that unpacks it.
struct Archive<'a, 's> {
    run: StageRun<'s>,
    script: &'a ShellScript<'s>,
    invocation: &'a Invocation<'a>,
    /// The word that names it.
    word: usize,
    /// The folder that the command runs in, as far as the words tell.
    folder: &'a str,
    /// Where it lies.
    path: String,
    subject: &'a Subject<'s>,
    own: &'a OwnScripts,
}

impl Archive<'_, '_> {
    fn remove(&self, behind: &[&SimpleCommand]) -> Result<Option<Fix>, Refusal> {
        let text = self.script.text();
        let command = self.invocation.command;
        let at = self.script.in_file(command.range);
        let used_here = self.is_named(&text[command.range.end()..]) || self.is_touched(behind, text, self.folder, true);
        // A continuation sign too many has drawn the next instruction into the command.
        let swallowed = command.words.iter().any(|word| Keyword::of(word.range.of(text)) != Keyword::Unknown);
        if used_here || swallowed || self.is_mounted() || self.is_used_later() {
            return Ok(None);
        }
        let written = command.words[self.word].range.of(text);
        let rm = match self.invocation.sudo {
            Some(sudo) => format!("{} rm {written}", sudo.of(text)),
            None => format!("rm {written}"),
        };
        let Some(edit) = insert_command(self.subject, self.run, self.script, command, &rm) else { return Ok(None) };
        if let Some(line) = self.unseen_line(behind) {
            return Err(Refusal::new(at, Why::LaterStepUnseen { line }));
        }
        Ok(Some(Fix {
            title: "delete the archive in the layer that downloads it".into(),
            at,
            safety: Safety::Safe,
            effects: vec![Effect::AddsCommand { instruction: self.run.index(), command: rm }],
            edits: vec![edit],
        }))
    }

    fn is_named(&self, text: &str) -> bool {
        has_path(&spelled(text), base_name(&self.path))
    }

    /// Whether commands, the first of which runs in `folder`, work on the archive by a pattern or with its folder.
    fn is_touched(&self, commands: &[&SimpleCommand], text: &str, folder: &str, here: bool) -> bool {
        let mut folder = folder.to_owned();
        commands.iter().any(|command| {
            let Some(invocation) = Invocation::of(command, text) else { return false };
            if let (true, Some(target)) = (invocation.program() == "cd", invocation.arguments().first()) {
                folder = paths::resolve(&folder, &spelling(target, text));
                return false;
            }
            self.is_touched_by(&invocation, &folder, here)
        })
    }

    /// `here`: the command is in the same script, where deleting twice would be needless; elsewhere it matters only
    /// if it would fail.
    fn is_touched_by(&self, invocation: &Invocation<'_>, folder: &str, here: bool) -> bool {
        let words: Vec<String> = invocation.arguments().iter().map(|word| spelling(word, invocation.text)).collect();
        let option = |letters: &str, long: &str| {
            let short = |word: &str| word.starts_with('-') && !word.starts_with("--");
            words.iter().any(|word| word == long || (short(word) && word.contains(|c| letters.contains(c))))
        };
        let deletes = invocation.program() == "rm";
        if deletes && !here && option("f", "--force") {
            return false;
        }
        let operands = words.iter().filter(|word| !word.starts_with('-'));
        let takes_target = matches!(invocation.program(), "mv" | "cp" | "rsync");
        let count = operands.clone().count() - usize::from(takes_target && words.len() > 1);
        let carries = takes_target || invocation.program() == "zip" || (deletes && option("rR", "--recursive"));
        operands.take(count).any(|word| {
            let place = paths::resolve(folder, word);
            if place.starts_with('/') != self.path.starts_with('/') {
                // One of the two is in a folder that is not known.
                return !deletes && (carries || word.contains(['*', '?']));
            }
            let is_open = deletes || place.contains(['*', '?', '[']);
            (carries && paths::covers(&place, &self.path)) || (is_open && may_be(&place, &self.path))
        })
    }

    /// Whether a mount lies over the archive, or may do so.
    fn is_mounted(&self) -> bool {
        let holds = |mount: &Mount| !matches!(mount.kind, MountKind::Secret | MountKind::Ssh);
        self.run.mounts().iter().filter(|mount| holds(mount)).any(|mount| {
            let known = self.path.starts_with('/') && !self.path.contains('$') && mount.target.is_some();
            !known || mount.hides(&self.path)
        })
    }

    /// Whether an instruction behind the step may use the archive.
    fn is_used_later(&self) -> bool {
        let document = self.subject.document();
        document.instructions().iter().enumerate().skip(self.run.index() + 1).any(|(index, instruction)| {
            if self.is_named(instruction.range.of(document.text())) {
                return true;
            }
            let run = (0..self.subject.stages.all().len())
                .find(|stage| self.subject.stages.all()[*stage].body.contains(&index))
                .and_then(|stage| self.subject.stages.run(stage, index));
            if run.is_some_and(|run| run.mounts().iter().any(|mount| mount.from.is_some())) {
                return true;
            }
            if let Some(Ok(script)) = run.map(StageRun::script) {
                let mut commands = Vec::new();
                script.script().walk(&mut |command| commands.push(command));
                let folder = run.and_then(|run| run.state().workdir()).unwrap_or_default();
                return self.is_touched(&commands, script.text(), folder, false);
            }
            let copies = instruction.keyword == Keyword::Copy && instruction.flag("from").is_some();
            let sources = dockerfile::Copy::of(instruction, document.text()).map(|copy| copy.sources);
            copies
                && sources.unwrap_or_default().iter().any(|source| {
                    let source = paths::resolve("/", &spelled(source));
                    !self.path.starts_with('/') || paths::covers(&source, &self.path) || source == "/"
                })
        })
    }

    /// The line of a script of the file's own that runs behind the command and may use the archive.
    fn unseen_line(&self, behind: &[&SimpleCommand]) -> Option<usize> {
        if behind.iter().any(|command| !self.own.is_visible(command, self.script.text())) {
            return Some(self.run.instruction().first_line);
        }
        let mut later = self.subject.stages.runs().filter(|run| run.index() > self.run.index());
        let unseen = later.find(|run| match (run.script(), &run.instruction().form) {
            (Ok(script), _) => {
                let mut seen = true;
                script.script().walk(&mut |command| seen &= self.own.is_visible(command, script.text()));
                !seen
            }
            (Err(_), Form::Exec(words)) => !self.own.exec_is_visible(words),
            (Err(_), Form::Shell) => true,
        });
        unseen.map(|run| run.instruction().first_line)
    }
}

/// Whether a path, which may be a pattern, may be another one. What a variable stands for may be anything.
fn may_be(pattern: &str, path: &str) -> bool {
    let open = |text: &str| text.contains(['*', '?', '[', '$']);
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let (in_folder, archive) = path.rsplit_once('/').unwrap_or(("", path));
    let same_folder = folder == in_folder
        || ((open(folder) || open(in_folder)) && folder.matches('/').count() == in_folder.matches('/').count());
    same_folder && if open(name) || open(archive) { may_match(name, archive) } else { name == archive }
}

fn may_match(pattern: &str, name: &str) -> bool {
    let head = |text: &str| text.split(['*', '?', '[', '$']).next().unwrap_or_default().to_owned();
    let tail = |text: &str| match text.rfind(['*', '?', ']', '}']) {
        Some(at) => text[at + 1..].to_owned(),
        None => text.to_owned(),
    };
    let fits = |one: &str, other: &str, fits: fn(&str, &str) -> bool| fits(one, other) || fits(other, one);
    fits(&head(pattern), &head(name), |one, other| one.starts_with(other))
        && fits(&tail(pattern), &tail(name), |one, other| one.ends_with(other))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
