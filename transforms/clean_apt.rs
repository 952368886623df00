//! # clean-apt
//!
//! Deletes apt's package lists in the `RUN` that downloaded them.
//! A `RUN rm` of its own would come too late: the lists would already lie in the layer below it.
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! A later step that installs from the same lists, in this stage or in one built on it, gets its own:
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ENV LANG=C.UTF-8
//! RUN apt-get install -y git
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ENV LANG=C.UTF-8
//! RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! A `RUN` that did nothing but fetch the lists has then lost its purpose and goes:
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update
//! COPY app.deb /tmp/
//! RUN apt-get install -y /tmp/app.deb
//! ```
//! ```dockerfile after
//! FROM debian:12
//! COPY app.deb /tmp/
//! RUN apt-get update && apt-get install -y /tmp/app.deb && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! **Safe**, because whatever reads the lists later has fetched them itself. Where that cannot be seen, the file
//! stays as it is:
//!
//! ```dockerfile refused: later-step-unseen
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! COPY install-more.sh /
//! RUN /install-more.sh
//! ```
//! ```dockerfile refused: later-step-needs-it
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ENV LANG=C.UTF-8
//! RUN if test -e /usr/bin/curl; then apt-get install -y git; fi
//! ```
//! ```dockerfile refused: trigger-may-need-it
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! ONBUILD RUN apt-get install -y git
//! ```
//! ```dockerfile refused: named-elsewhere
//! FROM debian:12 AS lists
//! RUN apt-get update && apt-get install -y curl
//! FROM debian:12
//! COPY --from=lists /var/lib/apt/lists /lists
//! FROM lists
//! ```
//! ```dockerfile refused: not-root
//! FROM debian:12
//! USER www-data
//! RUN apt-get update && apt-get install -y curl
//! ```
//! ```dockerfile refused: no-place-at-end
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl; exec true
//! ```
//! ```dockerfile refused: not-understood
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && (
//! ```
//!
//! Nothing is done where a mount lies over the folder:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && apt-get install -y curl
//! ```

use dopt_model::commands::apt::{self, DELETE_LISTS, LISTS, Lists};
use dopt_model::commands::{Invocation, exec_is_visible, is_visible};
use dopt_model::{Base, NotUnderstood, ShellScript, StageRun, Stages, User};
use dopt_rewrite::{
    Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, append_command, prepend_command,
};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{Form, Keyword};
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "clean-apt",
    summary: "delete apt's package lists in the layer that downloads them",
    manual: include_str!("clean_apt.rs"),
    aliases: &["DL3009"],
    triggers: &["apt-get", "apt ", "aptitude"],
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    subject.runs().filter_map(|run| clean(run, subject).transpose()).collect()
}

fn clean(run: StageRun<'_>, subject: &Subject<'_>) -> Result<Option<Fix>, Refusal> {
    let script = match run.script() {
        Ok(script) => script,
        Err(error) => return unread(run, subject, error),
    };
    let Some(fetch) = unclean_fetch(&script) else { return Ok(None) };
    if run.mounts().iter().any(|mount| mount.hides(LISTS)) {
        return Ok(None);
    }
    let at = script.in_file(fetch.command.range);
    let refuse = |why| Err(Refusal::new(at, why));
    if matches!(run.state().user(), User::Other(_)) && fetch.sudo.is_none() {
        return refuse(Why::NotRoot);
    }
    let mut later = Later { subject, readers: Vec::new() };
    if let Err(why) = later.search(run.stage(), run.index() + 1, true) {
        return refuse(why);
    }
    let mut edits = later.readers.iter().map(|reader| reader.edit.clone()).collect::<Vec<_>>();
    let mut effects = later.readers.into_iter().map(|reader| reader.effect).collect::<Vec<_>>();
    if only_fetches(&script) {
        let Some(edit) = deletion(run, subject) else { return refuse(Why::NoPlaceAtEnd) };
        edits.insert(0, edit);
        effects.push(Effect::DropsInstruction { instruction: run.index() });
        let title = "fetch the package lists where they are read, not in a layer of their own".into();
        return Ok(Some(Fix { title, at, safety: Safety::Safe, effects, edits }));
    }
    let command = privileged(&fetch, DELETE_LISTS);
    match append_command(subject.document(), run, &script, &command) {
        Ok(edit) => edits.insert(0, edit),
        Err(why) => return refuse(why),
    }
    effects.push(Effect::AddsCommand { instruction: run.index(), command });
    let title = match edits.len() {
        1 => "delete the package lists in the layer that downloads them".into(),
        _ => "delete the package lists here, and fetch them again where they are read later".into(),
    };
    Ok(Some(Fix { title, at, safety: Safety::Safe, effects, edits }))
}

/// A step that cannot be read is worth a word only where it fetches lists and keeps them.
fn unread(run: StageRun<'_>, subject: &Subject<'_>, error: NotUnderstood) -> Result<Option<Fix>, Refusal> {
    let text = run.instruction().range.of(subject.document().text());
    let fetches = ["apt-get update", "apt update", "aptitude update"].iter().any(|words| text.contains(words));
    if fetches && !text.contains(LISTS) { Err(error.into()) } else { Ok(None) }
}

/// The last command that fetches the lists, unless a later one deletes them.
fn unclean_fetch<'s>(script: &ShellScript<'s>) -> Option<Invocation<'s>> {
    let mut fetch = None;
    script.script().walk(&mut |command| {
        let Some(invocation) = Invocation::of(command, script.text()) else { return };
        match apt::lists(&invocation) {
            Lists::Fetches => fetch = Some(invocation),
            Lists::Mentions => fetch = None,
            _ => {}
        }
    });
    fetch
}

fn only_fetches(script: &ShellScript<'_>) -> bool {
    let mut only = true;
    script.script().walk(&mut |command| {
        let found = Invocation::of(command, script.text());
        only &= found.is_some_and(|invocation| apt::lists(&invocation) == Lists::Fetches);
    });
    only
}

fn privileged(like: &Invocation<'_>, command: &str) -> String {
    match like.sudo {
        Some(sudo) => format!("{} {command}", sudo.of(like.text)),
        None => command.to_owned(),
    }
}

/// Takes the whole instruction out; `None` where a comment belongs to it.
fn deletion(run: StageRun<'_>, subject: &Subject<'_>) -> Option<Edit> {
    let text = subject.document().text();
    let range = run.instruction().range;
    let start = text[..range.start()].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end()..].find('\n').map_or(text.len(), |at| range.end() + at + 1);
    let above = text[..start].trim_end_matches(['\r', '\n']).rsplit('\n').next().unwrap_or_default();
    let commented = above.trim_start().starts_with('#') || text[start..end].contains('#');
    (!commented && !range.of(text).contains('\n')).then(|| Edit::replace(TextRange::new(start, end), ""))
}

/// A later command that reads the lists, and how it gets its own.
struct Reader {
    edit: Edit,
    effect: Effect,
}

/// The search for what reads the lists later.
struct Later<'s> {
    subject: &'s Subject<'s>,
    readers: Vec<Reader>,
}

impl<'s> Later<'s> {
    /// Looks at a stage from an instruction on and at the stages built on it. `same_sources`: nothing so far has
    /// changed where apt fetches from.
    fn search(&mut self, stage: usize, from: usize, mut same_sources: bool) -> Result<(), Why> {
        let stages: &'s Stages<'s> = self.subject.stages;
        self.check_names(stage)?;
        let document = self.subject.document();
        for index in stages.all()[stage].body.clone().filter(|index| *index >= from) {
            let instruction = &document.instructions()[index];
            match (instruction.keyword, stages.run(stage, index)) {
                (_, Some(run)) if run.mounts().iter().any(|mount| mount.hides(LISTS)) => {}
                (_, Some(run)) if self.search_run(run, &mut same_sources)? => return Ok(()),
                (Keyword::Copy | Keyword::Add, _) => {
                    same_sources &= !instruction.arguments_text(document.text()).contains("/etc/apt");
                }
                _ => {}
            }
        }
        for (child, _) in stages.all().iter().enumerate().filter(|(_, child)| child.base == Base::Stage(stage)) {
            self.search(child, stages.all()[child].body.start, same_sources)?;
        }
        Ok(())
    }

    /// Says whether what follows the step no longer depends on our lists.
    fn search_run(&mut self, run: StageRun<'s>, same_sources: &mut bool) -> Result<bool, Why> {
        let line = run.instruction().first_line;
        let script = match (run.script(), &run.instruction().form) {
            (Ok(script), _) => script,
            (Err(_), Form::Exec(words)) if exec_is_visible(words) => return Ok(false),
            (Err(_), _) => return Err(Why::LaterStepUnseen { line }),
        };
        let mut commands = Vec::new();
        script.script().walk(&mut |command| commands.push(command));
        for command in commands {
            if !is_visible(command, script.text()) {
                return Err(Why::LaterStepUnseen { line });
            }
            let Some(invocation) = Invocation::of(command, script.text()) else { continue };
            match apt::lists(&invocation) {
                Lists::Fetches => return Ok(true),
                Lists::Mentions if invocation.program() == "rm" => return Ok(true),
                Lists::Mentions => return Err(Why::NamedElsewhere { line }),
                Lists::Unknown => return Err(Why::LaterStepUnseen { line }),
                Lists::Reads if *same_sources => {
                    let reader = self.reader(run, &script, command, &invocation);
                    self.readers.push(reader.ok_or(Why::LaterStepNeedsIt { line })?);
                    return Ok(true);
                }
                Lists::Reads => return Err(Why::LaterStepNeedsIt { line }),
                Lists::Ignores => *same_sources &= !apt::changes_sources(&invocation),
            }
        }
        Ok(false)
    }

    fn reader(
        &self,
        run: StageRun<'_>,
        script: &ShellScript<'_>,
        command: &SimpleCommand,
        invocation: &Invocation<'_>,
    ) -> Option<Reader> {
        let program = if apt::is_apt(invocation) { invocation.program() } else { "apt-get" };
        let update = privileged(invocation, &format!("{program} update"));
        let edit = prepend_command(script, command, &update)?;
        Some(Reader { edit, effect: Effect::AddsCommand { instruction: run.index(), command: update } })
    }

    /// Triggers, start commands and copies that need the lists.
    fn check_names(&self, stage: usize) -> Result<(), Why> {
        let document = self.subject.document();
        for instruction in &document.instructions()[self.subject.stages.all()[stage].body.clone()] {
            let text = instruction.arguments_text(document.text());
            match instruction.keyword {
                Keyword::Onbuild if text.contains("apt") => return Err(Why::TriggerMayNeedIt),
                Keyword::Cmd | Keyword::Entrypoint if text.contains("apt-get") => {
                    return Err(Why::LaterStepUnseen { line: instruction.first_line });
                }
                _ => {}
            }
        }
        let names = document.instructions().iter().find(|instruction| {
            !matches!(instruction.keyword, Keyword::Run | Keyword::Onbuild)
                && instruction.arguments_text(document.text()).contains("/var/lib/apt")
        });
        match names {
            Some(instruction) => Err(Why::NamedElsewhere { line: instruction.first_line }),
            None => Ok(()),
        }
    }
}
