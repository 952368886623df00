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
use dopt_model::commands::paths::{self, base_name};
use dopt_model::commands::{Invocation, OwnScripts};
use dopt_model::{Mount, MountKind, ShellScript, StageRun};
use dopt_rewrite::{Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, insert_command};
use dopt_syntax::dockerfile::{self, Form, Instruction, Keyword};
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "remove-archives",
    summary: "delete downloaded archives behind the command that unpacks them",
    manual: include_str!("remove_archives.rs"),
    aliases: &[],
    triggers: &["curl", "wget"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut later = None;
    subject.runs().flat_map(|run| remove_in(run, subject, &mut later)).collect()
}

fn remove_in(run: StageRun<'_>, subject: &Subject<'_>, later: &mut Option<Later>) -> Vec<Proposal> {
    if !subject.is_triggered(run) {
        return Vec::new();
    }
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.all_commands();
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
                Archive { run, script: &script, invocation: &invocation, word, folder: &folder, path, subject };
            proposals.extend(archive.remove(&commands[at + 1..], later).transpose());
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
}

impl Archive<'_, '_> {
    fn remove(&self, behind: &[&SimpleCommand], later: &mut Option<Later>) -> Result<Option<Fix>, Refusal> {
        let text = self.script.text();
        let command = self.invocation.command;
        let at = self.script.in_file(command.range);
        let touches = || deeds_of(behind, text, self.folder, true).iter().any(|deed| deed.reaches(&self.path));
        let used_here = has_path(&spelled(&text[command.range.end()..]), base_name(&self.path)) || touches();
        // A continuation sign too many has drawn the next instruction into the command.
        let swallowed = command.words.iter().any(|word| Keyword::of(word.range.of(text)) != Keyword::Unknown);
        if used_here || swallowed || self.is_mounted() {
            return Ok(None);
        }
        let later = &*later.get_or_insert_with(|| Later::of(self.subject));
        if self.is_used_later(later) {
            return Ok(None);
        }
        let written = command.words[self.word].range.of(text);
        let rm = match self.invocation.sudo {
            Some(sudo) => format!("{} rm {written}", sudo.of(text)),
            None => format!("rm {written}"),
        };
        let Some(edit) = insert_command(self.subject, self.run, self.script, command, &rm) else { return Ok(None) };
        let unseen_here = behind.iter().any(|command| !later.own.is_visible(command, text));
        let here = unseen_here.then(|| self.run.instruction().first_line);
        if let Some(line) = here.or(later.steps[self.run.index()].unseen_behind) {
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

    /// Whether a mount lies over the archive, or may do so.
    fn is_mounted(&self) -> bool {
        let holds = |mount: &Mount| !matches!(mount.kind, MountKind::Secret | MountKind::Ssh);
        self.run.mounts().iter().filter(|mount| holds(mount)).any(|mount| {
            let known = self.path.starts_with('/') && !self.path.contains('$') && mount.target.is_some();
            !known || mount.hides(&self.path)
        })
    }

    /// Whether an instruction behind the step may use the archive.
    fn is_used_later(&self, later: &Later) -> bool {
        later.steps[self.run.index() + 1..].iter().any(|step| {
            step.mounts_others
                || has_path(&step.text, base_name(&self.path))
                || step.deeds.iter().any(|deed| deed.reaches(&self.path))
                || step
                    .copied
                    .iter()
                    .any(|source| !self.path.starts_with('/') || source == "/" || paths::covers(source, &self.path))
        })
    }
}

/// What the instructions of a file do to archives that lie there already, worked out once.
struct Later {
    steps: Vec<Step>,
    own: OwnScripts,
}

/// One instruction.
struct Step {
    /// Its text, spelled as names of archives are.
    text: String,
    deeds: Vec<Deed>,
    /// What it copies from a stage.
    copied: Vec<String>,
    /// Whether it mounts something of a stage.
    mounts_others: bool,
    /// The first line of a later step that runs a script of the file's own.
    unseen_behind: Option<usize>,
}

impl Later {
    fn of(subject: &Subject<'_>) -> Later {
        let document = subject.document();
        let text = document.text();
        let from_stage = |instruction: &Instruction| {
            let copies = instruction.keyword == Keyword::Copy && instruction.flag("from").is_some();
            let copy = dockerfile::Copy::of(instruction, text).filter(|_| copies);
            copy.into_iter().flat_map(|copy| copy.sources).map(|name| paths::resolve("/", &spelled(&name))).collect()
        };
        let read = |instruction: &Instruction| Step {
            text: spelled(instruction.range.of(text)),
            deeds: Vec::new(),
            copied: from_stage(instruction),
            mounts_others: false,
            unseen_behind: None,
        };
        let steps = document.instructions().iter().map(read).collect();
        let mut later = Later { steps, own: OwnScripts::of(document) };
        let runs: Vec<StageRun<'_>> = subject.stages.runs().collect();
        let (mut unseen, mut filled) = (None, later.steps.len());
        for run in runs.iter().rev() {
            later.steps[run.index()..filled].iter_mut().for_each(|step| step.unseen_behind = unseen);
            filled = run.index();
            if later.read_run(*run) {
                unseen = Some(run.instruction().first_line);
            }
        }
        later
    }

    /// Reads a `RUN`; says whether what it runs cannot be seen.
    fn read_run(&mut self, run: StageRun<'_>) -> bool {
        self.steps[run.index()].mounts_others = run.mounts().iter().any(|mount| mount.from.is_some());
        match (run.script(), &run.instruction().form) {
            (Ok(script), _) => {
                let commands = script.all_commands();
                let folder = run.state().workdir().unwrap_or_default();
                self.steps[run.index()].deeds = deeds_of(&commands, script.text(), folder, false);
                !commands.iter().all(|command| self.own.is_visible(command, script.text()))
            }
            (Err(_), Form::Exec(words)) => !self.own.exec_is_visible(words),
            (Err(_), Form::Shell) => true,
        }
    }
}

/// A path or a pattern that a command deletes, moves or copies, or a pattern that it is given.
struct Deed {
    place: String,
    deletes: bool,
    /// Whether a folder goes with all that is in it.
    carries: bool,
}

impl Deed {
    fn reaches(&self, path: &str) -> bool {
        if self.place.starts_with('/') != path.starts_with('/') {
            // One of the two is in a folder that is not known.
            return !self.deletes;
        }
        (self.carries && paths::covers(&self.place, path)) || may_be(&self.place, path)
    }
}

/// What commands, the first of which runs in `folder`, do to files. `here`: they are in the script of the archive,
/// where deleting it twice would be needless; elsewhere that matters only if it would fail.
fn deeds_of(commands: &[&SimpleCommand], text: &str, folder: &str, here: bool) -> Vec<Deed> {
    let mut folder = folder.to_owned();
    let mut deeds = Vec::new();
    for command in commands {
        let Some(invocation) = Invocation::of(command, text) else { continue };
        let words: Vec<String> = invocation.arguments().iter().map(|word| spelling(word, text)).collect();
        if let (true, Some(target)) = (invocation.program() == "cd", words.first()) {
            folder = paths::resolve(&folder, target);
            continue;
        }
        let option = |letters: &str, long: &str| {
            let short = |word: &str| word.starts_with('-') && !word.starts_with("--");
            words.iter().any(|word| word == long || (short(word) && word.contains(|c| letters.contains(c))))
        };
        let deletes = invocation.program() == "rm";
        if deletes && !here && option("f", "--force") {
            continue;
        }
        let operands: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
        let takes_target = matches!(invocation.program(), "mv" | "cp" | "rsync");
        let carries = takes_target || invocation.program() == "zip" || (deletes && option("rR", "--recursive"));
        let count = operands.len().saturating_sub(usize::from(takes_target));
        let matters = |word: &&&String| deletes || carries || word.contains(['*', '?', '[']);
        let deed = |word: &&String| Deed { place: paths::resolve(&folder, word), deletes, carries };
        deeds.extend(operands[..count].iter().filter(matters).map(deed));
    }
    deeds
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
