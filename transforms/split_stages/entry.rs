//! What containers start: the one program, or why it cannot be told.

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::resolve;
use dopt_model::{Stages, State, User};
use dopt_rewrite::NotSplit;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::{self, Command, Dialect};

/// Variables that only the images of Go set.
const BASE_VARIABLES: &[&str] = &["GOPATH", "GOROOT", "GOLANG_VERSION", "GOTOOLCHAIN"];

const SUPERVISORS: &[&str] = &["supervisord", "s6-svscan", "runsvdir", "foreman", "honcho", "overmind", "pm2"];

/// Where a program is found by its name alone.
const SEARCHED: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// What containers of a stage start.
pub(super) struct Entry {
    /// The path of the program.
    pub program: String,
    /// Whether a shell starts it.
    pub needs_shell: bool,
    /// The user at the end of the stage.
    pub user: User,
}

impl Entry {
    /// Reads the instructions of a stage whose base image starts nothing that counts.
    pub fn of(stages: &Stages<'_>, stage: usize) -> Result<Entry, NotSplit> {
        let document = stages.document();
        let body = stages.all()[stage].body.clone();
        let instructions = &document.instructions()[body.clone()];
        let last = |keyword| instructions.iter().rfind(|found| found.keyword == keyword);
        check_variables(stages, stage)?;
        if last(Keyword::Healthcheck)
            .is_some_and(|found| !found.arguments_text(document.text()).eq_ignore_ascii_case("none"))
        {
            return Err(NotSplit::HealthCheckNeedsTools);
        }
        if last(Keyword::Shell).is_some() {
            return Err(NotSplit::NonPosixShell);
        }
        let started = last(Keyword::Entrypoint).filter(|found| found.form != Form::Exec(Vec::new()));
        let started = started.or_else(|| last(Keyword::Cmd)).ok_or(NotSplit::UnknownArtefact)?;
        let state = stages.state(stage, body.end);
        let name = match &started.form {
            Form::Exec(words) => words.first().cloned().ok_or(NotSplit::UnknownArtefact)?,
            Form::Shell => shell_program(started, document.text())?,
        };
        // What is replaced by a later one is still there.
        let starts = |found: &Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let needs_shell = instructions.iter().any(|found| starts(found) && found.form == Form::Shell);
        Ok(Entry { program: path_of(&name, state)?, needs_shell, user: state.user() })
    }
}

/// Whether any instruction that the second stage gets uses what only the old base image sets.
fn check_variables(stages: &Stages<'_>, stage: usize) -> Result<(), NotSplit> {
    let document = stages.document();
    for instruction in &document.instructions()[stages.all()[stage].body.clone()] {
        let text = instruction.logical.text(document.text());
        let uses = |name: &&str| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
        if instruction.keyword != Keyword::Run && BASE_VARIABLES.iter().any(uses) {
            return Err(NotSplit::BaseVariable { line: instruction.first_line });
        }
    }
    Ok(())
}

/// The program that a shell starts, where it does nothing else.
fn shell_program(started: &Instruction, file: &str) -> Result<String, NotSplit> {
    let text = started.arguments_text(file);
    let script = shell::parse(text, Dialect::Posix).map_err(|_| NotSplit::RuntimeShellout)?;
    let [item] = &script.list.items[..] else { return Err(NotSplit::RuntimeShellout) };
    let ([Command::Simple(command)], true, false) =
        (&item.and_or.first.commands[..], item.and_or.rest.is_empty(), item.and_or.first.negated)
    else {
        return Err(NotSplit::RuntimeShellout);
    };
    if item.separator.is_some() || !script.substituting_ranges().is_empty() || command.redirects_to_files(text) {
        return Err(NotSplit::RuntimeShellout);
    }
    let invocation = Invocation::of(command, text).ok_or(NotSplit::RuntimeShellout)?;
    let is_exec = command.words[..invocation.program_at].iter().all(|word| word.range.of(text) == "exec");
    if is_exec { Ok(invocation.path.into_owned()) } else { Err(NotSplit::RuntimeShellout) }
}

/// The path of what is started by a name, or why it is not the program.
fn path_of(name: &str, state: State<'_>) -> Result<String, NotSplit> {
    let base = name.rsplit('/').next().unwrap_or(name);
    if SUPERVISORS.contains(&base) {
        return Err(NotSplit::MultiService);
    }
    let is_tool = ["sh", "bash", "ash", "dash", "go", "make", "env", "air", "reflex", "realize", "tini", "dumb-init"]
        .contains(&base);
    if is_tool || base.ends_with(".sh") || base.contains("entrypoint") {
        return Err(NotSplit::RuntimeShellout);
    }
    match name.contains('/') {
        _ if name.contains('$') => Err(NotSplit::UnknownArtefact),
        true => Ok(resolve(state.workdir().ok_or(NotSplit::UnknownArtefact)?, name)),
        // The first of the folders that a name is looked up in is the likeliest, and a build of another fits no name.
        false => Ok(format!("{}/{name}", SEARCHED[1])),
    }
}
