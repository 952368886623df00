//! The steps of a stage that is to be split: whether each is one that leaves nothing but what is carried over.

use dopt_model::commands::Invocation;
use dopt_model::commands::go::{self, GoBuild};
use dopt_model::commands::paths::resolve;
use dopt_model::{ShellScript, StageRun, Stages, User, Value};
use dopt_rewrite::{NotSplit, Refusal, Why};
use dopt_syntax::shell::{AndOrOperator, Command, SimpleCommand};

use super::removals::Removals;

/// Packages that compile and fetch, or whose files are carried over anyway.
const BUILD_PACKAGES: &[&str] = &[
    "ca-certificates", "tzdata", "git", "make", "gcc", "g++", "build-base", "build-essential", "libc-dev", "libc6-dev",
    "musl-dev", "binutils", "mercurial", "bzr", "subversion",
];

/// Programs that leave no file that another one needs when it runs.
const QUIET: &[&str] = &["ls", "pwd", "true", "cat", "echo", "set", "export", "update-ca-certificates"];

/// What the steps do.
pub(super) struct Steps {
    /// The only call that builds.
    pub build: GoBuild,
    /// Whether the program is known to need no library.
    pub is_static: bool,
    /// Folders that steps make.
    pub made: Vec<String>,
    /// What steps delete again.
    pub removed: Removals,
    /// Whether a step may leave more files where the sources lie.
    pub writes_beside_sources: bool,
    /// The last `RUN`.
    pub last: usize,
}

impl Steps {
    /// Reads all steps of a stage.
    pub fn of(stages: &Stages<'_>, stage: usize) -> Result<Steps, Refusal> {
        let mut found = Reader::default();
        let mut last = None;
        for run in stages.runs_of(stage) {
            found.read(run)?;
            last = Some(run);
        }
        let at = stages.document().instructions()[stages.all()[stage].from].range;
        match (last, found.builds.pop()) {
            (Some(last), Some((build, is_static))) if found.builds.is_empty() => Ok(Steps {
                build,
                is_static,
                made: found.made,
                removed: found.removed,
                writes_beside_sources: found.writes_beside_sources,
                last: last.index(),
            }),
            _ => Err(Refusal::new(at, Why::NotSplit(NotSplit::UnknownArtefact))),
        }
    }
}

#[derive(Default)]
struct Reader {
    builds: Vec<(GoBuild, bool)>,
    made: Vec<String>,
    removed: Removals,
    writes_beside_sources: bool,
}

impl Reader {
    fn read(&mut self, run: StageRun<'_>) -> Result<(), Refusal> {
        let instruction = run.instruction();
        let refuse = |why| Refusal::new(instruction.range, Why::NotSplit(why));
        let line = instruction.first_line;
        let unseen = || refuse(NotSplit::WritesOutsideWorkdir { line });
        let state = run.state();
        if state.shell().dialect.is_none() {
            return Err(refuse(NotSplit::NonPosixShell));
        }
        if state.user() != User::Root {
            return Err(refuse(NotSplit::UserUnknown));
        }
        let script = run.script()?;
        let commands = chain(&script).ok_or_else(unseen)?;
        let mut folder = state.workdir().ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?.to_owned();
        let mut cgo_off = state.variable("CGO_ENABLED") == Value::Known("0".to_owned());
        for command in commands {
            if command.words.is_empty() || command.redirects_to_files(script.text()) {
                return Err(unseen());
            }
            let call = Invocation::of(command, script.text()).ok_or_else(unseen)?;
            let words: Option<Vec<_>> = call.arguments().iter().map(|word| word.literal(call.text)).collect();
            match (call.program(), words.as_deref()) {
                ("cd", Some([to])) if !call.arguments()[0].globs && to != "-" => folder = resolve(&folder, to),
                ("mkdir", Some(words)) if call.arguments().iter().all(|word| !word.globs) => {
                    let folders = words.iter().filter(|word| !word.starts_with('-'));
                    self.made.extend(folders.map(|made| resolve(&folder, made)));
                }
                ("rm", Some(words)) => {
                    self.removed.read(words.iter().map(|word| word.as_ref()), &folder, run.index());
                }
                ("export", Some(words)) => cgo_off = words.iter().any(|word| word == "CGO_ENABLED=0") || cgo_off,
                ("apt-get" | "apt" | "apk", Some(words)) => {
                    let lost = words.iter().any(|word| !is_known_to_apt(word));
                    if lost {
                        return Err(refuse(NotSplit::AptRuntimeLibsUnknown { line }));
                    }
                }
                ("apt-get" | "apt" | "apk", None) => return Err(refuse(NotSplit::AptRuntimeLibsUnknown { line })),
                ("go", _) => self.go(&call, &folder, cgo_off).ok_or_else(unseen)?,
                (program, _) if QUIET.contains(&program) => {}
                _ => return Err(unseen()),
            }
        }
        Ok(())
    }

    fn go(&mut self, call: &Invocation<'_>, folder: &str, cgo_off: bool) -> Option<()> {
        let name = call.arguments().first()?.literal(call.text)?;
        match name.as_ref() {
            "build" => {
                let build = GoBuild::of(call, folder)?;
                let words = call.command.words[..call.program_at].iter().map(|word| word.range);
                let assigned = call.command.assignments.iter().map(|found| found.range()).chain(words);
                let settings: Vec<&str> = assigned.map(|range| range.of(call.text)).collect();
                let says = |value: &str| settings.iter().any(|found| *found == format!("CGO_ENABLED={value}"));
                self.builds.push((build, says("0") || (cgo_off && !says("1"))));
            }
            "generate" | "test" | "run" => self.writes_beside_sources = true,
            quiet if go::QUIET.contains(&quiet) => {}
            _ => return None,
        }
        // What a program that is run here writes is not known.
        (name != "run").then_some(())
    }
}

/// The commands of a script that is nothing but commands joined by `&&`.
fn chain<'s>(script: &ShellScript<'s>) -> Option<Vec<&'s SimpleCommand>> {
    let [item] = &script.script().list.items[..] else { return None };
    let rest = item.and_or.rest.iter();
    if item.separator.is_some_and(|found| found.kind == dopt_syntax::shell::SeparatorKind::Background)
        || rest.clone().any(|link| link.operator != AndOrOperator::And)
        || !script.script().substituting_ranges().is_empty()
    {
        return None;
    }
    let pipelines = std::iter::once(&item.and_or.first).chain(rest.map(|link| &link.pipeline));
    let simple = |pipeline: &'s dopt_syntax::shell::Pipeline| match &pipeline.commands[..] {
        [Command::Simple(command)] if !pipeline.negated => Some(command),
        _ => None,
    };
    pipelines.map(simple).collect()
}

/// Whether a word behind `apt-get` or `apk` brings nothing that a program could need when it runs.
fn is_known_to_apt(word: &str) -> bool {
    let is_option = word.starts_with('-') && !word.contains('=');
    let name = word.split(['=', ':']).next().unwrap_or(word);
    is_option || ["update", "install", "add", "clean", "autoremove"].contains(&word) || BUILD_PACKAGES.contains(&name)
}
