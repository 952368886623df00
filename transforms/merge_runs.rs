//! # merge-runs
//!
//! Joins neighbouring `RUN`s where that saves bytes or costs no build cache.
//! What one step makes and a later one deletes or changes is stored for good, unless both are one layer.
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update
//! RUN apt-get install -y curl
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update \
//!     && apt-get install -y curl \
//!     && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! A shell that was changed does not leak into the next step, `;` and `||` keep their reach, and comments stay:
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN cd /tmp && wget https://example.com/a.tar.gz
//! # where it belongs
//! RUN tar -xzf /tmp/a.tar.gz -C /opt || exit 3
//! RUN rm /tmp/a.tar.gz
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN (cd /tmp && wget https://example.com/a.tar.gz) \
//!     # where it belongs
//!     && (tar -xzf /tmp/a.tar.gz -C /opt || exit 3) \
//!     && rm /tmp/a.tar.gz
//! ```
//!
//! **Safe**: the commands, their order, the folder and the variables that each of them sees, and what happens when
//! one fails, stay the same. Two steps that both take time and have nothing to do with each other stay apart, for a
//! change to one would repeat the other; `merge-runs = "all"` in `dopt.toml` or `--merge all` joins them too,
//! `"never"` none:
//!
//! ```dockerfile refused: both-expensive
//! FROM python:3.12
//! RUN pip install --no-cache-dir flask
//! RUN python -m compileall /srv
//! ```
//!
//! ```dockerfile refused: not-worth-wrapping
//! FROM debian:12
//! RUN cd /srv && mkdir a
//! RUN mkdir b
//! ```
//!
//! Stages that end up in no image are left alone. So is what cannot be joined exactly:
//!
//! ```dockerfile refused: shell-state-leaks
//! FROM debian:12
//! RUN . /etc/profile
//! RUN mkdir /a
//! ```
//! ```dockerfile refused: relies-on-errexit
//! FROM debian:12
//! RUN set -e; mkdir /a; mkdir /b
//! RUN rm -r /a
//! ```
//! ```dockerfile refused: unknown-shell-options
//! FROM example.com/base
//! RUN mkdir /a; mkdir /b
//! RUN mkdir /c
//! ```
//! ```dockerfile refused: flags-differ
//! FROM debian:12
//! RUN --network=none mkdir /a
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: mount-holds-files
//! FROM debian:12
//! RUN --mount=type=tmpfs,target=/t mkdir /a
//! RUN --mount=type=tmpfs,target=/t mkdir /b
//! ```
//! ```dockerfile refused: starts-service
//! FROM debian:12
//! RUN service postgresql start
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: replaces-shell
//! FROM debian:12
//! RUN ln -sf /bin/bash /bin/sh
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: reads-startup-files
//! FROM debian:12
//! SHELL ["/bin/bash", "-l", "-c"]
//! RUN echo 'A=1' >> /etc/profile
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: trailing-comment
//! FROM debian:12
//! RUN mkdir /a # here
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: directive-between
//! FROM debian:12
//! RUN mkdir /a
//! # hadolint ignore=DL3003
//! RUN mkdir /b
//! ```
//! ```dockerfile refused: leaves-job
//! FROM debian:12
//! RUN mkdir /a
//! RUN sleep 1000 &
//! ```
//! ```dockerfile refused: runs-nothing
//! FROM debian:12
//! RUN mkdir /a
//! RUN # nothing
//! ```
//! ```dockerfile refused: is-heredoc
//! FROM debian:12
//! RUN mkdir /a
//! RUN <<EOF
//! mkdir /b
//! EOF
//! ```
//! ```dockerfile refused: not-understood
//! FROM debian:12
//! RUN mkdir /a
//! RUN ["mkdir", "/b"]
//! ```
//! ```dockerfile refused: suppressed-by-comment
//! FROM debian:12
//! RUN mkdir /a
//! # dopt: ignore=merge-runs reason="kept apart for the cache"
//! RUN mkdir /b
//! ```

use std::ops::Range;

use std::rc::Rc;

use dopt_model::commands::{Aftermath, Footprint, ProgramUse, bonds, hides_moved_programs};
use dopt_model::{Errexit, Isolation, MountKind, ShellScript, StageRun, Value};
use dopt_rewrite::{
    Edit, Effect, Fix, Merge, Proposal, Refusal, Safety, Subject, Transform, Why, is_directive_comment,
};
use dopt_syntax::TextRange;
use dopt_syntax::shell::{AndOrOperator, Dialect, List};

pub const TRANSFORM: Transform = Transform {
    name: "merge-runs",
    summary: "join neighbouring RUNs where that saves bytes or costs no build cache",
    manual: include_str!("merge_runs.rs"),
    aliases: &["DL3059"],
    triggers: &["RUN", "run", "Run"],
    joint: false,
    never_safe: false,
    propose,
};

/// A command line is one argument of the shell, and Linux takes at most 128 KiB for one.
const LONGEST_SCRIPT: usize = 100_000;

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    let mut runs = subject.runs().peekable();
    while let Some(first) = runs.next() {
        let mut block = vec![first];
        while let Some(next) = runs.next_if(|next| next.index() == block[block.len() - 1].index() + 1) {
            block.push(next);
        }
        if block.len() > 1 {
            Block::new(subject, &block).propose(&mut proposals);
        }
    }
    proposals
}

/// Joins `RUN`s in a row, for a reason that somebody else has.
pub(crate) fn join_all(subject: &Subject<'_>, runs: &[StageRun<'_>]) -> Result<Fix, Why> {
    let block = Block::new(subject, runs);
    (1..runs.len()).try_for_each(|right| block.joint(right))?;
    let group = Group { parts: 0..runs.len(), reason: "", length: 0, cheap: false, works: false };
    Ok(block.join(&group))
}

/// `RUN`s with nothing but comments between them.
struct Block<'b, 's> {
    subject: &'b Subject<'s>,
    runs: &'b [StageRun<'s>],
    parts: Vec<Option<Part<'s>>>,
}

/// A `RUN` that can be read.
struct Part<'s> {
    script: ShellScript<'s>,
    footprint: Rc<Footprint>,
    /// What it would leave in a shell that goes on behind it.
    leaves: Isolation,
    programs: Rc<ProgramUse>,
}

impl Part<'_> {
    fn list(&self) -> &List {
        &self.script.script().list
    }
}

/// Parts that are joined, and why.
struct Group {
    parts: Range<usize>,
    reason: &'static str,
    length: usize,
    cheap: bool,
    /// Whether one of the parts deletes or changes files.
    works: bool,
}

impl<'b, 's> Block<'b, 's> {
    fn new(subject: &'b Subject<'s>, runs: &'b [StageRun<'s>]) -> Self {
        let read = |run: &StageRun<'s>| {
            let script = run.script().ok().filter(|script| !script.is_heredoc())?;
            let short = script.text().len() <= LONGEST_SCRIPT;
            let footprint = script.footprint(run.state().workdir());
            let programs = script.programs();
            short.then(|| Part { script, footprint, leaves: script.isolation(), programs })
        };
        Block { subject, runs, parts: runs.iter().map(read).collect() }
    }

    fn propose(&self, proposals: &mut Vec<Proposal>) {
        let mut start = 0;
        for right in 1..=self.runs.len() {
            let joint = if right < self.runs.len() { self.joint(right) } else { Err(Why::RunsNothing) };
            if let Err(why) = joint {
                self.propose_stretch(start..right, proposals);
                if right < self.runs.len() {
                    proposals.push(Err(self.refusal(right, why)));
                }
                start = right;
            }
        }
    }

    /// Proposes for parts that can all be joined.
    fn propose_stretch(&self, stretch: Range<usize>, proposals: &mut Vec<Proposal>) {
        let groups = self.groups(stretch);
        for (at, group) in groups.iter().enumerate() {
            if group.parts.len() > 1 {
                proposals.push(Ok(self.join(group)));
            }
            if let Some(next) = groups.get(at + 1) {
                let why = match group.cheap || next.cheap {
                    _ if group.length + next.length > LONGEST_SCRIPT => Why::TooLong,
                    true => Why::NotWorthWrapping,
                    false => Why::BothExpensive,
                };
                proposals.push(Err(self.refusal(next.parts.start, why)));
            }
        }
    }

    fn refusal(&self, right: usize, why: Why) -> Refusal {
        Refusal::new(self.runs[right].instruction().keyword_range, why)
    }

    /// Whether the part `right` can be joined to the one in front of it.
    fn joint(&self, right: usize) -> Result<(), Why> {
        let (left_run, right_run) = (self.runs[right - 1], self.runs[right]);
        if self.subject.settings.merge == Merge::Never {
            return Err(Why::MergingIsOff);
        }
        if self.subject.is_suppressed(left_run.index()) || self.subject.is_suppressed(right_run.index()) {
            return Err(Why::SuppressedByComment);
        }
        for (run, part) in [(left_run, &self.parts[right - 1]), (right_run, &self.parts[right])] {
            match run.script() {
                Err(error) => return Err(Why::NotUnderstood(error.why)),
                Ok(script) if script.is_heredoc() => return Err(Why::IsHeredoc),
                Ok(script) if script.script().list.items.is_empty() => return Err(Why::RunsNothing),
                Ok(_) => match part {
                    None => return Err(Why::TooLong),
                    Some(part) if part.leaves.background => return Err(Why::LeavesJob),
                    Some(_) => {}
                },
            }
        }
        self.check_flags(left_run, right_run)?;
        if self.comments_between(right).iter().any(|comment| is_directive_comment(comment)) {
            return Err(Why::DirectiveBetween);
        }
        self.check_left(left_run, right - 1)
    }

    fn check_flags(&self, left: StageRun<'_>, right: StageRun<'_>) -> Result<(), Why> {
        let flags =
            |run: StageRun<'_>| run.instruction().flags.iter().map(|flag| flag.text.clone()).collect::<Vec<_>>();
        if flags(left) != flags(right) {
            return Err(Why::FlagsDiffer);
        }
        let holds = |mount: &dopt_model::Mount| match mount.kind {
            MountKind::Tmpfs | MountKind::Unknown => true,
            MountKind::Bind => mount.writable,
            MountKind::Cache | MountKind::Secret | MountKind::Ssh => false,
        };
        if left.mounts().iter().any(holds) { Err(Why::MountHoldsFiles) } else { Ok(()) }
    }

    /// Whether a part can stand left of `&&`.
    fn check_left(&self, run: StageRun<'_>, left: usize) -> Result<(), Why> {
        let Some(part) = &self.parts[left] else { return Err(Why::IsHeredoc) };
        let script = &part.script;
        if !script.script().comments.is_empty() {
            return Err(Why::TrailingComment);
        }
        let state = run.state();
        if state.shell().reads_startup_files || state.variable("BASH_ENV") != Value::Unset {
            return Err(Why::ReadsStartupFiles);
        }
        match script.aftermath() {
            Aftermath::None => {}
            Aftermath::Service => return Err(Why::StartsService),
            Aftermath::Shell => return Err(Why::ReplacesShell),
        }
        let found = part.leaves;
        if found.subshell && found.may_end_early && run.state().shell().dialect == Some(Dialect::Bash) {
            return Err(Why::ShellStateLeaks("Bash ends with another status where an expansion fails in a subshell"));
        }
        if let Some(why) = found.impossible {
            return Err(Why::ShellStateLeaks(why));
        }
        match (found.heeds_errexit, found.sets_errexit, run.state().shell().errexit) {
            (false, ..) | (true, false, Errexit::Off) => Ok(()),
            (true, false, Errexit::Unknown) => Err(Why::UnknownShellOptions),
            (true, true, _) | (true, _, Errexit::On) => Err(Why::ReliesOnErrexit),
        }
    }

    /// Cuts a stretch of joinable parts into groups: first what has a reason, then what costs nothing.
    fn groups(&self, stretch: Range<usize>) -> Vec<Group> {
        let bonds = self.bonds(stretch.clone());
        let mut bound: Vec<Group> = Vec::new();
        for at in stretch.clone() {
            let next = self.single(at);
            match (bound.last_mut(), bonds[at - stretch.start]) {
                (Some(group), Some(reason)) if group.length + next.length <= LONGEST_SCRIPT => group.add(next, reason),
                _ => bound.push(next),
            }
        }
        let mut groups: Vec<Group> = Vec::new();
        for group in bound {
            match groups.last_mut() {
                Some(before) if self.may_follow(before, &group) => before.add(group, ""),
                _ => groups.push(group),
            }
        }
        groups
    }

    fn single(&self, at: usize) -> Group {
        let part = self.parts[at].as_ref();
        Group {
            parts: at..at + 1,
            reason: "",
            length: part.map_or(0, |part| part.script.text().len()),
            cheap: part.is_some_and(|part| part.footprint.cheap),
            works: part.is_some_and(|part| !part.footprint.works_on.is_empty()),
        }
    }

    /// Whether two groups without a bond are joined all the same.
    fn may_follow(&self, before: &Group, group: &Group) -> bool {
        if before.length + group.length > LONGEST_SCRIPT {
            return false;
        }
        match self.subject.settings.merge {
            Merge::All => true,
            _ => (before.cheap || group.cheap) && self.is_worth_wrapping(before, group),
        }
    }

    /// Whether nothing has to be wrapped, or what comes later works on files and so may well save bytes.
    fn is_worth_wrapping(&self, before: &Group, group: &Group) -> bool {
        let both = before.parts.start..group.parts.end;
        let seam = before.parts.end - 1..group.parts.start + 1;
        let hides = self.hides_moved_programs(seam.clone());
        let bare = |at: usize| !hides[at - seam.start] && self.wrapper(&both, at, false) == Wrapper::None;
        (group.works && !before.cheap) || seam.clone().all(bare)
    }

    /// For every part of a stretch the reason to join it to the one in front of it, if there is one.
    fn bonds(&self, stretch: Range<usize>) -> Vec<Option<&'static str>> {
        // A stretch of one may be a step that cannot be read.
        if stretch.len() == 1 {
            return vec![None];
        }
        let footprints: Vec<&Footprint> = self.parts[stretch].iter().flatten().map(|part| &*part.footprint).collect();
        bonds(&footprints)
    }

    fn join(&self, group: &Group) -> Fix {
        let Range { start, end } = group.parts;
        let (first, last) = (self.runs[start], self.runs[end - 1]);
        let style = self.subject.style(first.instruction());
        let hides = self.hides_moved_programs(group.parts.clone());
        let wrappers: Vec<Wrapper> =
            group.parts.clone().map(|at| self.wrapper(&group.parts, at, hides[at - start])).collect();
        let ends = |at: usize| self.parts[at].as_ref().map_or(TextRange::empty(0), |part| content(&part.script));
        let mut edits = vec![Edit::insert(ends(start).start(), wrappers[0].open())];
        for right in start + 1..end {
            let gap = TextRange::new(ends(right - 1).end(), ends(right).start());
            let comments = self.comments_between(right);
            let (left, right) = (wrappers[right - 1 - start], wrappers[right - start]);
            edits.push(Edit::replace(gap, format!("{}{}{}", left.close(), style.chain_break(&comments), right.open())));
        }
        edits.push(Edit::insert(ends(end - 1).end(), wrappers[wrappers.len() - 1].close()));
        edits.retain(|edit| !edit.range.is_empty() || !edit.replacement.is_empty());
        let reason = if group.reason.is_empty() { "it costs no build cache" } else { group.reason };
        Fix {
            title: format!("join {} RUNs: {reason}", group.parts.len()).into(),
            at: first.instruction().keyword_range.cover(last.instruction().range),
            safety: Safety::Safe,
            effects: vec![Effect::JoinsRuns { first: first.index(), last: last.index() }],
            edits,
        }
    }

    fn hides_moved_programs(&self, parts: Range<usize>) -> Vec<bool> {
        let programs: Vec<&ProgramUse> = self.parts[parts].iter().flatten().map(|part| &*part.programs).collect();
        hides_moved_programs(&programs)
    }

    /// `hides`: a later part would run a program from where this one found it, although it has been moved.
    fn wrapper(&self, group: &Range<usize>, at: usize, hides: bool) -> Wrapper {
        let Some(part) = &self.parts[at] else { return Wrapper::None };
        let is_last = at + 1 == group.end;
        if !is_last && (part.leaves.subshell || hides) {
            let opens = part.script.text().trim_start().starts_with('(');
            return if opens { Wrapper::SpacedSubshell } else { Wrapper::Subshell };
        }
        if needs_braces(part.list(), at == group.start) { Wrapper::Braces } else { Wrapper::None }
    }

    /// The comment lines between the commands of a part and those of the one in front of it.
    fn comments_between(&self, right: usize) -> Vec<&'s str> {
        let (Some(before), Some(part)) = (&self.parts[right - 1], &self.parts[right]) else { return Vec::new() };
        let gap = TextRange::new(content(&before.script).end(), content(&part.script).start());
        let lines = gap.of(self.subject.document().text()).lines().skip(1);
        lines.map(str::trim).filter(|line| line.starts_with('#')).collect()
    }
}

impl Group {
    fn add(&mut self, next: Group, reason: &'static str) {
        let own = if reason.is_empty() { next.reason } else { reason };
        if self.reason.is_empty() {
            self.reason = own;
        }
        self.parts.end = next.parts.end;
        self.length += next.length;
        self.cheap &= next.cheap;
        self.works |= next.works;
    }
}

/// What is put around a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    None,
    Braces,
    Subshell,
    /// A subshell around text that starts with a parenthesis: two in a row would be arithmetic.
    SpacedSubshell,
}

impl Wrapper {
    fn open(self) -> &'static str {
        match self {
            Wrapper::None => "",
            Wrapper::Braces => "{ ",
            Wrapper::Subshell => "(",
            Wrapper::SpacedSubshell => "( ",
        }
    }

    fn close(self) -> &'static str {
        match self {
            Wrapper::None => "",
            Wrapper::Braces => "; }",
            Wrapper::Subshell => ")",
            Wrapper::SpacedSubshell => " )",
        }
    }
}

/// From the first command to the last, without a `;` at the end.
fn content(script: &ShellScript<'_>) -> TextRange {
    let items = &script.script().list.items;
    match (items.first(), items.last()) {
        (Some(first), Some(last)) => script.in_file(first.and_or.range().cover(last.and_or.range())),
        _ => TextRange::empty(script.start_in_file(0)),
    }
}

/// Whether the operators of a list would reach beyond it in a chain. `||` binds to the left, so it may come first.
fn needs_braces(list: &List, is_first: bool) -> bool {
    let chooses =
        |item: &dopt_syntax::shell::Item| item.and_or.rest.iter().any(|link| link.operator == AndOrOperator::Or);
    list.items.len() > 1 || (!is_first && list.items.iter().any(chooses))
}
