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
//! ```dockerfile refused: comment-above
//! FROM debian:12
//! # the lists
//! RUN apt-get update
//! ENV LANG=C.UTF-8
//! RUN apt-get install -y git
//! ```
//! ```dockerfile refused: not-understood
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && (
//! ```
//!
//! ```dockerfile refused: words-unknown
//! FROM debian:12
//! RUN bash -c "apt-get update && apt-get install -y curl"
//! ```
//!
//! Nothing is done where a mount lies over the folder:
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && apt-get install -y curl
//! ```

use std::collections::HashMap;

use dopt_model::commands::apt::{self, DELETE_LISTS, LISTS, Lists};
use dopt_model::commands::{Invocation, OwnScripts};
use dopt_model::{NotUnderstood, ShellScript, Stage, StageRun, Stages, User, reach};
use dopt_rewrite::{
    Edit, Effect, Fix, Proposal, Refusal, Safety, Strategy, Subject, Transform, Why, append_command, is_decisive,
    prepend_command, remove_instruction,
};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::{Document, TextRange};

pub const TRANSFORM: Transform = Transform {
    name: "clean-apt",
    summary: "delete apt's package lists in the layer that downloads them",
    manual: include_str!("clean_apt.rs"),
    aliases: &["DL3009"],
    triggers: &["apt-get", "apt ", "aptitude"],
    joint: true,
    never_safe: false,
    propose,
};

/// Words of which a step must have one to fetch or read lists.
const READING_WORDS: &[&str] = &["apt", "gdebi", "mk-build-deps", "rosdep", "tasksel", "unattended"];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    if subject.settings.strategy("apt") == Strategy::CacheMount {
        return Vec::new();
    }
    let mut later = Later::new(subject);
    let runs: Vec<StageRun<'_>> = subject.stages.runs().collect();
    // From the end on: whether a step can be cleaned depends on those behind it.
    for run in runs.iter().rev() {
        later.learn(*run);
    }
    subject.runs().filter_map(|run| clean(run, &later).transpose()).collect()
}

fn clean(run: StageRun<'_>, later: &Later<'_>) -> Result<Option<Fix>, Refusal> {
    let script = match run.script() {
        Ok(script) => script,
        Err(error) => return unread(run, later.subject, error),
    };
    let Some(fetch) = unclean_fetch(&script) else {
        return match hidden_fetch(&script) {
            Some(at) => Err(Refusal::new(at, Why::WordsUnknown)),
            None => Ok(None),
        };
    };
    if run.mounts().iter().any(|mount| mount.hides(LISTS)) {
        return Ok(None);
    }
    let at = script.in_file(fetch.command.range);
    let refuse = |why| Err(Refusal::new(at, why));
    let is_user = matches!(run.state().user(), User::Other(_)) && fetch.sudo.is_none();
    if is_user || (fetch.sudo.is_some() && sudo_is_limited(later.subject.document().text())) {
        return refuse(Why::NotRoot);
    }
    let readers = match later.readers_behind(run) {
        Ok(readers) => readers,
        Err(why) => return refuse(why),
    };
    let mut plan = Plan { later, edits: Vec::new(), effects: Vec::new() };
    let title = if only_fetches(&script) {
        let Some(edit) = remove_instruction(later.subject, run) else { return refuse(Why::CommentAbove) };
        plan.edits.push(edit);
        plan.effects.push(Effect::DropsInstruction { instruction: run.index() });
        "fetch the package lists where they are read, not in a layer of their own"
    } else {
        if let Err(why) = plan.delete(run, &script, &fetch) {
            return refuse(why);
        }
        match readers.is_empty() {
            true => "delete the package lists in the layer that downloads them",
            false => "delete the package lists here, and fetch them again where they are read later",
        }
    };
    if let Err(reader) = plan.provide(readers, &Fetch { run, invocation: &fetch, script: &script }) {
        return refuse(Why::LaterStepNeedsIt { line: reader.run.instruction().first_line });
    }
    plan.edits.sort_by_key(|edit| edit.range);
    Ok(Some(Fix { title: title.into(), at, safety: Safety::Safe, effects: plan.effects, edits: plan.edits }))
}

/// What one fix does to the step that fetches the lists and to those that read them.
struct Plan<'p, 's> {
    later: &'p Later<'s>,
    edits: Vec<Edit>,
    effects: Vec<Effect>,
}

impl<'s> Plan<'_, 's> {
    /// Deletes the lists at the end of a step, as whoever runs `like`.
    fn delete(&mut self, run: StageRun<'_>, script: &ShellScript<'_>, like: &Invocation<'_>) -> Result<(), Why> {
        let command = privileged(like, DELETE_LISTS);
        self.edits.push(append_command(self.later.subject, run, script, &command)?);
        self.effects.push(Effect::AddsCommand { instruction: run.index(), command });
        Ok(())
    }

    /// Gives each reader lists of its own, which it deletes too, and so on for those that read them.
    fn provide(&mut self, readers: &[Reader<'s>], fetch: &Fetch<'_>) -> Result<(), Reader<'s>> {
        let mut waiting = readers.to_vec();
        while let Some(reader) = waiting.pop() {
            let (edit, effect) = self.later.fetch_again(&reader, fetch).ok_or(reader)?;
            self.edits.push(edit);
            self.effects.push(effect);
            let Some((script, reading)) = reader.read() else { return Err(reader) };
            let cleans = deletes_behind(&script, reader.command);
            if cleans || self.delete(reader.run, &script, &reading).is_ok() {
                waiting.extend(self.later.readers_behind(reader.run).unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// Whether a script deletes the lists behind the command at `place`.
fn deletes_behind(script: &ShellScript<'_>, place: TextRange) -> bool {
    let mut deletes = false;
    script.script().walk(&mut |command| {
        let found = Invocation::of(command, script.text());
        let mentions = found.is_some_and(|invocation| apt::lists(&invocation) == Lists::Mentions);
        deletes |= command.range.start > place.start && mentions;
    });
    deletes
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

/// A command that may fetch the lists: through a shell of its own, or with words that are not known before the build.
fn hidden_fetch(script: &ShellScript<'_>) -> Option<TextRange> {
    let mut found = None;
    script.script().walk(&mut |command| {
        let hides = Invocation::of(command, script.text()).is_some_and(|invocation| {
            let fetches = ["apt-get update", "apt update"].iter().any(|words| invocation.hands_on(words));
            let may_fetch = fetches || apt::lists(&invocation) == Lists::Unknown;
            may_fetch && !script.text().contains(LISTS)
        });
        if hides {
            found = found.or(Some(script.in_file(command.range)));
        }
    });
    found
}

fn only_fetches(script: &ShellScript<'_>) -> bool {
    // A step that must fail stays.
    let mut only = !script.text().contains('!');
    script.script().walk(&mut |command| {
        let found = Invocation::of(command, script.text());
        // What it prints into a file may be wanted there.
        only &= found.is_some_and(|invocation| apt::lists(&invocation) == Lists::Fetches)
            && !command.redirects_to_files(script.text());
    });
    only
}

fn privileged(like: &Invocation<'_>, command: &str) -> String {
    match like.sudo {
        Some(sudo) => format!("{} {command}", sudo.of(like.text)),
        None => command.to_owned(),
    }
}

/// A later step that reads the lists before it fetches any.
#[derive(Clone, Copy)]
struct Reader<'s> {
    run: StageRun<'s>,
    /// The range of the reading command in its script.
    command: TextRange,
}

impl<'s> Reader<'s> {
    /// The script and the reading command in it.
    fn read(&self) -> Option<(ShellScript<'s>, Invocation<'s>)> {
        let script = self.run.script().ok()?;
        let mut found = None;
        script.script().walk(&mut |command| {
            if command.range == self.command {
                found = found.or(Some(command));
            }
        });
        Some((script, Invocation::of(found?, script.text())?))
    }
}

/// What becomes of the lists behind each step.
struct Later<'s> {
    subject: &'s Subject<'s>,
    /// By instruction: who reads the lists that the step leaves, or why they cannot go.
    known: HashMap<usize, Result<Vec<Reader<'s>>, Why>>,
    /// By stage: what beside its steps needs the lists.
    names: Vec<Option<Why>>,
    own: OwnScripts,
}

impl<'s> Later<'s> {
    fn new(subject: &'s Subject<'s>) -> Self {
        let document = subject.document();
        let elsewhere = document.instructions().iter().find(|instruction| {
            !matches!(instruction.keyword, Keyword::Run | Keyword::Onbuild)
                && instruction.arguments_text(document.text()).contains("/var/lib/apt")
        });
        let elsewhere = elsewhere.map(|instruction| Why::NamedElsewhere { line: instruction.first_line });
        let names = |stage: &Stage| {
            elsewhere.clone().or_else(|| names_in(&document.instructions()[stage.body.clone()], document))
        };
        let names = subject.stages.all().iter().map(names).collect();
        Later { subject, known: HashMap::new(), names, own: OwnScripts::of(document) }
    }

    fn readers_behind(&self, run: StageRun<'s>) -> Result<&[Reader<'s>], Why> {
        match self.known.get(&run.index()) {
            Some(Ok(readers)) => Ok(readers),
            Some(Err(why)) => Err(why.clone()),
            None => Ok(&[]),
        }
    }

    /// Works out what stands behind a step; everything behind it has to be known already.
    fn learn(&mut self, run: StageRun<'s>) {
        let text = run.instruction().range.of(self.subject.document().text());
        if READING_WORDS.iter().any(|word| text.contains(word)) && run.script().is_ok_and(|script| uses_lists(&script))
        {
            let mut readers = Vec::new();
            let found = self.search(run.stage(), run.index() + 1, true, &mut readers).map(|()| readers);
            self.known.insert(run.index(), found);
        }
    }

    /// Looks at a stage from an instruction on and at the stages built on it. `same_sources`: nothing so far has
    /// changed where apt fetches from.
    fn search(
        &self,
        stage: usize,
        from: usize,
        mut same_sources: bool,
        readers: &mut Vec<Reader<'s>>,
    ) -> Result<(), Why> {
        let stages: &'s Stages<'s> = self.subject.stages;
        if let Some(why) = &self.names[stage] {
            return Err(why.clone());
        }
        let document = self.subject.document();
        let body = stages.all()[stage].body.clone();
        for index in from..body.end {
            let instruction = &document.instructions()[index];
            match (instruction.keyword, stages.run(stage, index)) {
                (_, Some(run)) if run.mounts().iter().any(|mount| mount.hides(LISTS)) => {}
                (_, Some(run)) if self.search_run(run, &mut same_sources, readers)? => return Ok(()),
                (Keyword::Copy | Keyword::Add, _) => {
                    same_sources &= !instruction.arguments_text(document.text()).contains("/etc/apt");
                }
                _ => {}
            }
        }
        for &child in stages.children(stage) {
            self.search(child, stages.all()[child].body.start, same_sources, readers)?;
        }
        Ok(())
    }

    /// Says whether what follows the step no longer depends on our lists.
    fn search_run(
        &self,
        run: StageRun<'s>,
        same_sources: &mut bool,
        readers: &mut Vec<Reader<'s>>,
    ) -> Result<bool, Why> {
        let line = run.instruction().first_line;
        let script = match (run.script(), &run.instruction().form) {
            (Ok(script), _) => script,
            (Err(_), Form::Exec(words)) if self.own.exec_is_visible(words) => return Ok(false),
            (Err(_), _) => return Err(Why::LaterStepUnseen { line }),
        };
        let commands = script.all_commands();
        // Where the lists are fetched, and perhaps nowhere else.
        let mut fetched: Vec<TextRange> = Vec::new();
        for command in commands {
            if !self.own.is_visible(command, script.text()) {
                return Err(Why::LaterStepUnseen { line });
            }
            let Some(invocation) = Invocation::of(command, script.text()) else { continue };
            match apt::lists(&invocation) {
                Lists::Fetches => match reach(script.script(), script.text(), command) {
                    None => return Ok(true),
                    Some(range) => fetched.push(range),
                },
                Lists::Mentions if invocation.program() == "rm" => {
                    if reach(script.script(), script.text(), command).is_none() {
                        return Ok(true);
                    }
                }
                Lists::Reads if fetched.iter().any(|range| range.contains(command.range)) => {}
                Lists::Mentions => return Err(Why::NamedElsewhere { line }),
                Lists::Unknown => return Err(Why::LaterStepUnseen { line }),
                Lists::Reads if *same_sources && is_decisive(run, &script, command) => {
                    // It will have lists of its own, so these must be able to go too.
                    self.readers_behind(run)?;
                    readers.push(Reader { run, command: command.range });
                    return Ok(true);
                }
                Lists::Reads => return Err(Why::LaterStepNeedsIt { line }),
                Lists::Ignores => *same_sources &= !apt::changes_sources(&invocation),
            }
        }
        Ok(false)
    }

    /// Puts the command that fetches in front of the one that reads, with the options that it had.
    fn fetch_again(&self, reader: &Reader<'s>, fetch: &Fetch<'_>) -> Option<(Edit, Effect)> {
        let (script, reading) = reader.read()?;
        let surroundings = |run: StageRun<'_>| {
            let flags = run.instruction().flags.iter().filter(|flag| !flag.text.contains("type=cache"));
            flags.map(|flag| flag.text.clone()).collect::<Vec<_>>()
        };
        let decisive = is_decisive(fetch.run, fetch.script, fetch.invocation.command);
        if !decisive || surroundings(reader.run) != surroundings(fetch.run) {
            return None;
        }
        let update = fetch.command_for(&reading)?;
        let document = self.subject.document();
        let edit = prepend_command(document, reader.run, &script, reading.command, &update)?;
        Some((edit, Effect::AddsCommand { instruction: reader.run.index(), command: update }))
    }
}

/// The command that fetches the lists, in its step.
struct Fetch<'f> {
    run: StageRun<'f>,
    invocation: &'f Invocation<'f>,
    script: &'f ShellScript<'f>,
}

impl Fetch<'_> {
    /// The command as whoever runs `reading` has to write it; `None` where its words depend on its step.
    fn command_for(&self, reading: &Invocation<'_>) -> Option<String> {
        let Invocation { command, text, program_at, sudo, .. } = self.invocation;
        let assignments: Vec<&str> = command.assignments.iter().map(|found| found.range().of(text)).collect();
        let words: Vec<&str> = command.words.iter().map(|word| word.range.of(text)).collect();
        let redirects: Vec<&str> = command.redirects.iter().map(|redirect| redirect.range.of(text)).collect();
        let depends = command.words.iter().chain(command.assignments.iter().map(|found| &found.value));
        if depends.into_iter().any(|word| word.expands) || command.redirects.iter().any(|found| found.body.is_some()) {
            return None;
        }
        let plain = assignments.is_empty();
        let whole = match (sudo, reading.sudo) {
            (Some(_), Some(_)) | (None, None) => [assignments, words, redirects].concat().join(" "),
            (Some(_), None) if plain => [&words[*program_at..], &redirects[..]].concat().join(" "),
            (None, Some(sudo)) if plain => {
                format!("{} {}", sudo.of(reading.text), [words, redirects].concat().join(" "))
            }
            _ => return None,
        };
        Some(whole)
    }
}

/// Whether the file lets `sudo` run some programs only.
fn sudo_is_limited(file: &str) -> bool {
    file.match_indices("NOPASSWD:").any(|(at, words)| !file[at + words.len()..].trim_start().starts_with("ALL"))
}

/// Triggers and start commands that need the lists.
fn names_in(instructions: &[Instruction], document: &Document) -> Option<Why> {
    instructions.iter().find_map(|instruction| {
        let text = instruction.arguments_text(document.text());
        match instruction.keyword {
            Keyword::Onbuild if text.contains("apt") => Some(Why::TriggerMayNeedIt),
            Keyword::Cmd | Keyword::Entrypoint if text.contains("apt-get") || text.contains("apt ") => {
                Some(Why::LaterStepUnseen { line: instruction.first_line })
            }
            _ => None,
        }
    })
}

/// Whether a script fetches or reads the lists.
fn uses_lists(script: &ShellScript<'_>) -> bool {
    let mut uses = false;
    script.script().walk(&mut |command| {
        let found = Invocation::of(command, script.text());
        uses |= found.is_some_and(|invocation| matches!(apt::lists(&invocation), Lists::Fetches | Lists::Reads));
    });
    uses
}
