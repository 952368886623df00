//! What runs behind a step: in its stage, in the stages that start from it, and in their containers.

use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::{self, AndOrOperator, CompoundKind, Dialect, SimpleCommand};

use crate::commands::starters::INITS;
use crate::commands::{Invocation, Subcommand};
use crate::shell_form::shell_form;
use crate::{StageRun, Stages};

/// Where something that a step leaves is used first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// By the instruction on this line.
    At(usize),
    /// Perhaps by the instruction on this line, whose words do not show what it runs.
    Unseen(usize),
    /// Perhaps by an `ONBUILD` trigger.
    Trigger,
    /// Perhaps by whoever starts a container: the file does not say with what.
    NoStartCommand,
}

/// Programs whose arguments or input do not show what they run.
const RUNNERS: &[&str] = &[
    "sh", "bash", "dash", "ash", "zsh", "ksh", "su", "runuser", "chroot", "xargs", "parallel", "eval", ".", "source",
    "make", "gmake", "just", "task", "rake", "ninja", "cmake", "bazel", "mage", "air", "npm", "yarn", "pnpm", "npx",
    "ansible-playbook", "supervisord", "foreman", "honcho", "watchexec", "nodemon", "entr", "pm2", "tox", "nox",
    "invoke",
];

/// Whether and where something is used in the image of a step's stage, or of one that starts from it, by a command
/// for which `uses` is true.
pub fn first_use(stages: &Stages<'_>, run: StageRun<'_>, uses: &dyn Fn(&Invocation<'_>) -> bool) -> Option<Use> {
    let search = Search { stages, uses };
    search.stage(run.stage(), run.index() + 1, search.start_of(run.stage()))
}

/// The same among the commands of the step itself that stand behind one of them.
pub fn first_use_in_step(
    stages: &Stages<'_>,
    run: StageRun<'_>,
    command: &SimpleCommand,
    uses: &dyn Fn(&Invocation<'_>) -> bool,
) -> Option<Use> {
    Search { stages, uses }.step(run, command.range.end())
}

/// What looking at a later step tells.
#[derive(Clone, Copy, Debug)]
pub enum Look<T> {
    /// Nothing: the next one has to be looked at.
    GoOn,
    /// Nothing behind it matters any more, in its stage and those that start from it.
    Enough,
    /// This.
    Found(T),
}

/// Looks at the `RUN`s behind a step, in its stage and in those that start from it.
pub fn search_later<'s, T>(
    stages: &'s Stages<'s>,
    run: StageRun<'s>,
    look: &mut dyn FnMut(StageRun<'s>) -> Look<T>,
) -> Option<T> {
    search_stage(stages, run.stage(), run.index() + 1, look)
}

fn search_stage<'s, T>(
    stages: &'s Stages<'s>,
    stage: usize,
    from: usize,
    look: &mut dyn FnMut(StageRun<'s>) -> Look<T>,
) -> Option<T> {
    for run in (from..stages.all()[stage].body.end).filter_map(|index| stages.run(stage, index)) {
        match look(run) {
            Look::GoOn => {}
            Look::Enough => return None,
            Look::Found(found) => return Some(found),
        }
    }
    let mut children = stages.children(stage).iter();
    children.find_map(|child| search_stage(stages, *child, stages.all()[*child].body.start, look))
}

/// Where a command that stands behind this one can rely on it: a part of the script, or `None` for all of it. Inside
/// of an `if` it ran for what stands there, and perhaps not for what comes then.
pub fn reach(script: &shell::Script, text: &str, command: &SimpleCommand) -> Option<TextRange> {
    let mut may_end = false;
    script.walk(&mut |earlier| may_end |= earlier.range.start() < command.range.start() && ends_well(earlier, text));
    if may_end { Some(TextRange::new(0, text.len())) } else { reach_in(&script.list, command) }
}

/// Whether the script may end with this command, and succeed.
fn ends_well(command: &SimpleCommand, text: &str) -> bool {
    let word = |at: usize| command.words.get(at).map(|word: &shell::Word| word.range.of(text));
    match word(0) {
        Some("exec") => command.words.len() > 1,
        Some("exit" | "return") => word(1).is_none_or(|status| !status.starts_with(|c: char| ('1'..='9').contains(&c))),
        _ => false,
    }
}

fn reach_in(list: &shell::List, command: &SimpleCommand) -> Option<TextRange> {
    let holds = |pipeline: &shell::Pipeline| pipeline.range.contains(command.range);
    for (at, item) in list.items.iter().enumerate() {
        let and_or = &item.and_or;
        let behind = and_or.rest.iter().position(|link| holds(&link.pipeline));
        let pipeline = match behind {
            Some(behind) => &and_or.rest[behind].pipeline,
            None if holds(&and_or.first) => &and_or.first,
            None => continue,
        };
        let inside = pipeline.commands.iter().find(|part| part.range().contains(command.range));
        let narrower = match inside {
            Some(shell::Command::Simple(simple)) if std::ptr::eq(simple, command) => None,
            Some(shell::Command::Compound(block)) => match &block.kind {
                CompoundKind::Subshell(list) | CompoundKind::Group(list) => reach_in(list, command),
                _ => Some(block.range),
            },
            _ => Some(pipeline.range),
        };
        let chain = &and_or.rest[..behind.map_or(0, |behind| behind + 1)];
        let is_last = at + 1 == list.items.len();
        return match () {
            () if narrower.is_some() => narrower,
            () if chain.iter().any(|link| link.operator == AndOrOperator::Or) => Some(pipeline.range),
            () if chain.is_empty() || is_last => None,
            () => Some(and_or.range()),
        };
    }
    Some(command.range)
}

struct Search<'s> {
    stages: &'s Stages<'s>,
    uses: &'s dyn Fn(&Invocation<'_>) -> bool,
}

impl<'s> Search<'s> {
    /// `start`: what a container of the stage starts, if that is said.
    fn stage(&self, stage: usize, from: usize, start: Start<'s>) -> Option<Use> {
        let instructions = self.stages.document().instructions();
        let body = self.stages.all()[stage].body.clone();
        let found = (from..body.end).find_map(|index| match instructions[index].keyword {
            Keyword::Run => self.step(self.stages.run(stage, index)?, 0),
            Keyword::Healthcheck => self.words(&instructions[index], true),
            Keyword::Onbuild => Some(Use::Trigger),
            _ => None,
        });
        let children = self.stages.children(stage);
        let child = |child: &usize| {
            let start = start.overridden(self.start_in(*child));
            self.stage(*child, self.stages.all()[*child].body.start, start)
        };
        let contained = || match [start.entrypoint, start.command] {
            // A stage that others start from need not say how it is started.
            [None, None] => children.is_empty().then_some(Use::NoStartCommand),
            said => said.into_iter().flatten().find_map(|instruction| self.words(instruction, true)),
        };
        // The steps come first, those of other stages too, then the containers.
        found.or_else(|| children.iter().find_map(child)).or_else(contained)
    }

    /// Looks at the commands of a step behind an offset of its script.
    fn step(&self, run: StageRun<'_>, behind: usize) -> Option<Use> {
        let line = run.instruction().first_line;
        let Ok(script) = run.script() else { return self.words(run.instruction(), false) };
        let mut found = None;
        script.script().walk(&mut |command| {
            if command.range.start() >= behind {
                found = found.or_else(|| self.command(command, script.text(), line, false));
            }
        });
        found
    }

    /// Reads an exec form, or the text of a start command.
    fn words(&self, instruction: &Instruction, starts: bool) -> Option<Use> {
        let line = instruction.first_line;
        let text = match &instruction.form {
            Form::Exec(words) => shell::quoted(without_init(words)),
            Form::Shell => shell_form(instruction, self.stages.document().text())?.to_owned(),
        };
        let Ok(script) = shell::parse(&text, Dialect::Bash) else { return Some(Use::Unseen(line)) };
        let mut found = None;
        script.walk(&mut |command| {
            found = found.or_else(|| self.command(command, &text, line, starts));
        });
        found
    }

    fn command(&self, command: &SimpleCommand, text: &str, line: usize, starts: bool) -> Option<Use> {
        if command.words.is_empty() {
            return None;
        }
        let Some(invocation) = Invocation::of(command, text) else { return Some(Use::Unseen(line)) };
        if (self.uses)(&invocation) {
            return Some(Use::At(line));
        }
        let program = invocation.program();
        if is_housekeeping(&invocation) {
            return None;
        }
        let is_script = [".sh", ".bash", ".py", ".pl", ".rb"].iter().any(|end| program.ends_with(end));
        let is_built = || self.stages.document().text().matches(program).count() > 1;
        let unknown_artefact = invocation.path.contains('/') && !is_built() && !is_bin(&invocation.path);
        let hides = RUNNERS.contains(&program)
            || is_script
            || if starts { unknown_artefact } else { is_local(&invocation.path) };
        hides.then_some(Use::Unseen(line))
    }

    /// What a container of a stage starts.
    fn start_of(&self, stage: usize) -> Start<'s> {
        match self.stages.all()[stage].base {
            crate::Base::Stage(base) => self.start_of(base).overridden(self.start_in(stage)),
            _ => self.start_in(stage),
        }
    }

    fn start_in(&self, stage: usize) -> Start<'s> {
        let instructions = &self.stages.document().instructions()[self.stages.all()[stage].body.clone()];
        let last = |keyword| instructions.iter().rev().find(|found| found.keyword == keyword);
        Start { entrypoint: last(Keyword::Entrypoint), command: last(Keyword::Cmd) }
    }
}

/// What a container starts.
#[derive(Clone, Copy)]
struct Start<'s> {
    entrypoint: Option<&'s Instruction>,
    command: Option<&'s Instruction>,
}

impl<'s> Start<'s> {
    /// An `ENTRYPOINT` of a later stage makes the `CMD` of an earlier one void.
    fn overridden(self, later: Start<'s>) -> Start<'s> {
        let inherited = if later.entrypoint.is_some() { None } else { self.command };
        Start { entrypoint: later.entrypoint.or(self.entrypoint), command: later.command.or(inherited) }
    }
}

/// The command behind `tini --` and its like.
fn without_init(words: &[String]) -> &[String] {
    let is_init = |word: &String| INITS.contains(&word.rsplit('/').next().unwrap_or(word));
    match words.split_first() {
        Some((first, rest)) if is_init(first) => {
            let options = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[options..]
        }
        _ => words,
    }
}

/// Whether a package manager is called for something other than the scripts of the project.
fn is_housekeeping(invocation: &Invocation<'_>) -> bool {
    let first = match invocation.subcommand(&[]) {
        Subcommand::Named(_, name) => name,
        _ => return invocation.has_argument("--version") || invocation.has_argument("-v"),
    };
    match invocation.program() {
        "npm" | "yarn" | "pnpm" => matches!(
            first.as_ref(),
            "cache"
                | "config"
                | "set"
                | "store"
                | "prune"
                | "dedupe"
                | "install"
                | "i"
                | "ci"
                | "add"
                | "update"
                | "audit"
        ),
        _ => false,
    }
}

/// Whether a program lies where only what was built or installed lies.
fn is_bin(path: &str) -> bool {
    ["/bin/", "/sbin/", "/target/", "/build/", "/dist/", "/out/", "/publish/"]
        .iter()
        .any(|folder| path.contains(folder))
}

/// Whether a path leads to a file of the project.
fn is_local(path: &str) -> bool {
    path.contains('/') && !is_bin(path)
}
