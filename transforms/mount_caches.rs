//! # mount-caches
//!
//! Keeps the caches of package managers in `RUN --mount=type=cache`, which builds share and no layer holds. This is
//! the other strategy: `--strategy cache-mount`, or `strategy` in `dopt.toml` for all or some managers. Without it
//! this transform does nothing; with it, those that clean leave the managers alone that it applies to.
//!
//! ```dockerfile before cache-mount
//! # syntax=docker/dockerfile:1
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN npm ci && npm cache clean --force
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM node:20
//! COPY package.json package-lock.json ./
//! RUN --mount=type=cache,target=/root/.npm npm ci
//! ```
//!
//! Clean-ups and flags that would fight the mount go. apt bears no second process in its folders, and Debian's
//! images have a `docker-clean` that would empty the mount:
//!
//! ```dockerfile before cache-mount
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
//!     --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
//!     rm -f /etc/apt/apt.conf.d/docker-clean \
//!     && apt-get update && apt-get install -y curl
//! ```
//!
//! (All of `/var/lib/apt` in the mount, as it is often seen, would also share apt's notes of which packages were
//! installed automatically, and so what `autoremove` removes, between images that have nothing to do with each other.)
//!
//! A folder that belongs to another user than root is mounted as that user's:
//!
//! ```dockerfile before cache-mount
//! # syntax=docker/dockerfile:1
//! FROM node:20
//! USER node
//! RUN npm ci
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM node:20
//! USER node
//! RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 npm ci
//! ```
//!
//! **Safe**: what a mount holds can be downloaded again. The builder has to know mounts, the cache has to be found,
//! and nothing that comes later may need what is no longer in the layer:
//!
//! ```dockerfile refused cache-mount: mounts-not-allowed
//! FROM node:20
//! RUN npm ci
//! ```
//! ```dockerfile refused cache-mount: folder-unknown
//! # syntax=docker/dockerfile:1
//! FROM example.org/base
//! USER builder
//! RUN npm ci
//! ```
//! ```dockerfile refused cache-mount: cache-switched-off
//! # syntax=docker/dockerfile:1
//! FROM python:3.12
//! ENV PIP_NO_CACHE_DIR=1
//! RUN pip install flask
//! ```
//! ```dockerfile refused cache-mount: cleanup-stays
//! # syntax=docker/dockerfile:1
//! FROM node:20
//! RUN npm ci && if true; then rm -rf /root/.npm; fi
//! ```
//! ```dockerfile refused cache-mount: later-step-needs-it
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! RUN apt-get update
//! WORKDIR /srv
//! RUN apt-get install -y curl
//! ```
//! ```dockerfile refused cache-mount: later-step-has-no-mount
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! WORKDIR /srv
//! RUN apt-get update && apt-get install -y git
//! WORKDIR /app
//! RUN apt-get install -y make
//! ```
//! ```dockerfile refused cache-mount: needs-lower-layer
//! # syntax=docker/dockerfile:1
//! FROM example.org/with-lists
//! RUN apt-get install -y curl
//! ```

mod cleaning;

use std::cell::RefCell;

use dopt_model::commands::apk;
use dopt_model::commands::apt::{self, Lists};
use dopt_model::commands::ownership::at_or_below;
use dopt_model::commands::{Invocation, OwnScripts};
use dopt_model::{
    Look, Mount, Mountable, NotMountable, ShellScript, StageRun, Unclear, Use, first_use, has_docker_clean,
    knows_mounts, manager_of, mountable, reach, search_later, unclear_manager,
};
use dopt_rewrite::{Edit, Effect, Fix, Proposal, Refusal, Safety, Strategy, Subject, Transform, Why, prepend_command};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "mount-caches",
    summary: "keep package managers' caches in cache mounts (with --strategy cache-mount)",
    manual: include_str!("mount_caches.rs"),
    aliases: &[],
    triggers: &["RUN", "run", "Run"],
    joint: false,
    never_safe: false,
    propose,
};

/// A longer line is broken.
const WIDEST_LINE: usize = 100;

const DOCKER_CLEAN: &str = "rm -f /etc/apt/apt.conf.d/docker-clean";

/// apt, unlike apt-get, deletes what it has installed from.
const KEEP_PACKAGES: &str =
    "echo 'Binary::apt::APT::Keep-Downloaded-Packages \"true\";' > /etc/apt/apt.conf.d/keep-cache";

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    if !subject.settings.mounts_somewhere() {
        return Vec::new();
    }
    let own = OwnScripts::of(subject.document());
    // Builds get faster by it in every stage.
    let keeping = RefCell::default();
    subject.stages.runs().flat_map(|run| mount_for_run(run, subject, &own, &keeping)).collect()
}

/// `keeping`: the steps that let apt keep what it downloads.
fn mount_for_run(
    run: StageRun<'_>,
    subject: &Subject<'_>,
    own: &OwnScripts,
    keeping: &RefCell<Vec<usize>>,
) -> Vec<Proposal> {
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.all_commands();
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut managers = Vec::new();
    for command in &commands {
        let Some(invocation) = Invocation::of(command, script.text()) else { continue };
        let refuse = |why| Refusal::new(script.in_file(command.range), why);
        let unclear = unclear_manager(&invocation);
        let Some(manager) = unclear.map_or_else(|| manager_of(&invocation), |(name, _)| Some(name)) else { continue };
        if managers.contains(&manager) || subject.settings.strategy(manager) != Strategy::CacheMount {
            continue;
        }
        managers.push(manager);
        match unclear {
            Some((_, Unclear::Words)) => proposals.push(Err(refuse(Why::WordsUnknown))),
            Some((_, Unclear::Version)) => proposals.push(Err(refuse(Why::VersionUnknown))),
            None => {}
        }
        let Some(found) = mountable(&invocation, run.state()) else { continue };
        let found = found.map_err(|why| match why {
            NotMountable::FolderUnknown => Why::FolderUnknown,
            NotMountable::SwitchedOff => Why::CacheSwitchedOff,
        });
        let plan = found.map(|cache| Plan {
            run,
            script: &script,
            subject,
            own,
            keeping,
            commands: &commands,
            first: command,
            cache,
        });
        proposals.extend(plan.and_then(|plan| plan.mount()).map_err(refuse).transpose());
    }
    proposals
}

/// A mount for the cache of one manager in one step.
struct Plan<'p> {
    run: StageRun<'p>,
    script: &'p ShellScript<'p>,
    subject: &'p Subject<'p>,
    own: &'p OwnScripts,
    keeping: &'p RefCell<Vec<usize>>,
    /// All commands of the step.
    commands: &'p [&'p SimpleCommand],
    /// The first of them that fills the cache.
    first: &'p SimpleCommand,
    cache: Mountable,
}

impl Plan<'_> {
    fn mount(&self) -> Result<Option<Fix>, Why> {
        let mounts = self.run.mounts();
        if mounts.iter().any(|mount| self.cache.targets.iter().any(|target| mount.hides(target))) {
            return Ok(None);
        }
        if !self.subject.settings.mounts && !knows_mounts(self.subject.document()) {
            return Err(Why::MountsNotAllowed);
        }
        self.needs_nothing_below()?;
        self.nobody_needs_it()?;
        let (mut edits, mut effects) = self.add_flags();
        self.undo_cleaning(&mut edits, &mut effects)?;
        self.keep_packages(&mut edits, &mut effects)?;
        edits.sort_by_key(|edit| edit.range.start());
        Ok(Some(Fix {
            title: format!("keep the cache of {} in a mount", self.cache.manager).into(),
            at: self.script.in_file(self.first.range),
            safety: Safety::Safe,
            effects,
            edits,
        }))
    }

    /// Whether the step does without what earlier layers hold in the folders that the mount hides.
    fn needs_nothing_below(&self) -> Result<(), Why> {
        let text = self.script.text();
        let invocations = || self.commands.iter().filter_map(|command| Invocation::of(command, text));
        let offline = self.cache.cache.is_some_and(|cache| {
            cache.missed_by.iter().any(|sign| text.contains(sign))
                || invocations().any(|found| cache.downloads_nothing(&found))
        });
        let has_index = matches!(self.cache.manager, "apt" | "apk");
        let fetches = !has_index || !matches!(self.look_at_index(self.script, None), Look::Found(_));
        if fetches && !offline { Ok(()) } else { Err(Why::NeedsLowerLayer) }
    }

    /// Whether later steps or containers do without what is no longer in the layer.
    fn nobody_needs_it(&self) -> Result<(), Why> {
        if let Some(line) = self.copied_by() {
            return Err(Why::NamedElsewhere { line });
        }
        if matches!(self.cache.manager, "apt" | "apk") {
            return match search_later(self.subject.stages, self.run, &mut |later| self.look_for_index(later)) {
                None => Ok(()),
                Some(why) => Err(why),
            };
        }
        let Some(cache) = self.cache.cache else { return Ok(()) };
        let document = self.subject.document();
        let mut later = document.instructions().iter().skip(self.run.index() + 1);
        let has_mount = |found: &Instruction| {
            let mounts = Mount::all(found);
            self.cache.targets.iter().any(|target| mounts.iter().any(|mount| mount.hides(target)))
        };
        let misses = |text: &str| cache.missed_by.iter().any(|sign| text.contains(sign));
        if let Some(found) = later.find(|found| misses(found.range.of(document.text())) && !has_mount(found)) {
            return Err(Why::LaterStepNeedsIt { line: found.first_line });
        }
        if cache.needed_by.is_none() {
            return Ok(());
        }
        // A later step that fills the cache gets a mount of its own.
        let fills = |found: &Invocation<'_>| mountable(found, self.run.state()).is_some();
        let uses =
            |found: &Invocation<'_>| cache.is_needed_by(found) && (cache.downloads_nothing(found) || !fills(found));
        match first_use(self.subject.stages, self.run, &uses) {
            None => Ok(()),
            // A stage that only builds need not say how it is started.
            Some(Use::NoStartCommand) if !self.run.in_image() => Ok(()),
            Some(first) => Err(first.into()),
        }
    }

    /// The line of a `COPY --from` that takes the cache, or a folder that it lies in, out of a stage.
    fn copied_by(&self) -> Option<usize> {
        let document = self.subject.document();
        let home = self.run.state().home().unwrap_or_default();
        let takes = |source: &str| {
            let source = format!("/{}", source.trim_matches('/'));
            let whole = source == "/" || source == home;
            !whole
                && self.cache.targets.iter().any(|target| at_or_below(target, &source) || at_or_below(&source, target))
        };
        let copies = |found: &&Instruction| {
            let text = found.arguments_text(document.text());
            found.keyword == Keyword::Copy
                && found.flag("from").is_some()
                && text
                    .split(|c: char| c.is_whitespace() || "[]\",".contains(c))
                    .any(|word| word.contains('/') && takes(word))
        };
        document.instructions().iter().skip(self.run.index() + 1).find(copies).map(|found| found.first_line)
    }

    fn look_for_index(&self, later: StageRun<'_>) -> Look<Why> {
        let line = later.instruction().first_line;
        match (later.script(), &later.instruction().form) {
            (Ok(script), _) => self.look_at_index(&script, Some(line)),
            (Err(_), Form::Exec(words)) if self.own.exec_is_visible(words) => Look::GoOn,
            (Err(_), _) => Look::Found(Why::LaterStepUnseen { line }),
        }
    }

    /// Whether a script reads an index that it has not fetched. `line`: that of a later step.
    fn look_at_index(&self, script: &ShellScript<'_>, line: Option<usize>) -> Look<Why> {
        let needs = || line.map_or(Why::NeedsLowerLayer, |line| Why::LaterStepNeedsIt { line });
        let unseen = || line.map_or(Why::NeedsLowerLayer, |line| Why::LaterStepUnseen { line });
        let mut look = Look::GoOn;
        // Where it is fetched, and perhaps nowhere else.
        let mut fetched: Vec<TextRange> = Vec::new();
        script.script().walk(&mut |command| {
            if !matches!(look, Look::GoOn) {
                return;
            }
            if line.is_some() && !self.own.is_visible(command, script.text()) {
                look = Look::Found(unseen());
            }
            let Some(invocation) = Invocation::of(command, script.text()) else { return };
            let is_apk = self.cache.manager == "apk";
            match if is_apk { apk::index(&invocation) } else { apt::lists(&invocation) } {
                Lists::Fetches => match reach(script.script(), script.text(), command) {
                    None => look = Look::Enough,
                    Some(range) => fetched.push(range),
                },
                Lists::Reads if fetched.iter().any(|range| range.contains(command.range)) => {}
                Lists::Reads => look = Look::Found(needs()),
                Lists::Unknown => look = Look::Found(unseen()),
                Lists::Mentions | Lists::Ignores => {}
            }
        });
        look
    }

    /// Puts the mounts in front of the command: on lines of their own unless it is one and the line stays short.
    fn add_flags(&self) -> (Vec<Edit>, Vec<Effect>) {
        let instruction = self.run.instruction();
        let flags: Vec<String> = self.cache.targets.iter().map(|target| self.flag(target)).collect();
        let separator = if self.is_broken() { self.subject.style(instruction).line_break() } else { " ".to_owned() };
        let added: String = flags.iter().flat_map(|flag| [flag.as_str(), separator.as_str()]).collect();
        let at = instruction.logical.start_in_file(instruction.arguments.start());
        let after = instruction.flags.iter().map(|flag| flag.text.clone()).chain(flags).collect::<Vec<_>>().join(" ");
        (vec![Edit::insert(at, added)], vec![Effect::ChangesFlags { instruction: self.run.index(), after }])
    }

    /// Whether what is added stands on lines of its own.
    fn is_broken(&self) -> bool {
        let instruction = self.run.instruction();
        let width = instruction.range.of(self.subject.document().text()).lines().next().map_or(0, str::len);
        let wide = match &self.cache.targets[..] {
            [target] => width + self.flag(target).len() >= WIDEST_LINE,
            _ => true,
        };
        (wide || !instruction.flags.is_empty() || !instruction.logical.is_one_line()) && instruction.heredocs.is_empty()
    }

    fn flag(&self, target: &str) -> String {
        let mut flag = format!("--mount=type=cache,target={target}");
        if self.cache.locked {
            flag.push_str(",sharing=locked");
        }
        if let Some(owner) = self.cache.owner {
            flag.push_str(&format!(",uid={owner},gid={owner}"));
        }
        flag
    }

    /// Lets apt keep what it downloads.
    fn keep_packages(&self, edits: &mut Vec<Edit>, effects: &mut Vec<Effect>) -> Result<(), Why> {
        let mentions = |run: StageRun<'_>| {
            run.instruction().range.of(self.subject.document().text()).contains("docker-clean")
                || self.keeping.borrow().contains(&run.index())
        };
        if self.cache.manager != "apt"
            || !has_docker_clean(self.run.state())
            || mentions(self.run)
            || self.run.earlier().any(mentions)
        {
            return Ok(());
        }
        // What keeps packages keeps them in the layers of later steps too, unless these have mounts.
        let bare = search_later(self.subject.stages, self.run, &mut |later| match self.will_be_mounted(later) {
            true => Look::GoOn,
            false => Look::Found(later.instruction().first_line),
        });
        if let Some(line) = bare {
            return Err(Why::LaterStepHasNoMount { line });
        }
        let Some(invocation) = Invocation::of(self.first, self.script.text()) else { return Ok(()) };
        let sudo = invocation.sudo.map_or(String::new(), |sudo| format!("{} ", sudo.of(invocation.text)));
        let mut commands = vec![format!("{sudo}{DOCKER_CLEAN}")];
        if invocation.program() == "apt" && sudo.is_empty() {
            commands.push(KEEP_PACKAGES.to_owned());
        }
        let document = self.subject.document();
        let edit = prepend_command(document, self.run, self.script, self.first, &commands.join(" && "));
        let mut edit = edit.ok_or(Why::NoPlaceAtEnd)?;
        if let Some(command) = edit.replacement.strip_suffix(" && ").filter(|_| self.is_broken()) {
            let chained = self.subject.style(self.run.instruction()).chain_break(&[]);
            edit.replacement = format!("{command}{chained}");
        }
        edits.push(edit);
        let instruction = self.run.index();
        if !self.subject.is_suppressed(instruction) {
            self.keeping.borrow_mut().push(instruction);
        }
        effects.extend(commands.into_iter().map(|command| Effect::AddsCommand { instruction, command }));
        Ok(())
    }

    /// Whether a later step keeps what apt downloads out of its layer.
    fn will_be_mounted(&self, later: StageRun<'_>) -> bool {
        let (Ok(script), mounts) = (later.script(), later.mounts()) else { return true };
        if self.cache.targets.iter().all(|target| mounts.iter().any(|mount| mount.hides(target))) {
            return true;
        }
        let commands = script.all_commands();
        let first = commands.iter().find_map(|command| {
            let found = Invocation::of(command, script.text())?;
            (manager_of(&found) == Some("apt")).then_some((*command, mountable(&found, later.state())?))
        });
        let Some((first, cache)) = first else { return true };
        let Ok(cache) = cache else { return false };
        let plan = Plan { run: later, script: &script, commands: &commands, first, cache, ..*self };
        let fits = plan.needs_nothing_below().and_then(|()| plan.nobody_needs_it());
        let fits = fits.and_then(|()| plan.undo_cleaning(&mut Vec::new(), &mut Vec::new()));
        fits.is_ok() && !self.subject.is_suppressed(later.index())
    }
}
