//! The words of a step's commands: variables of the file replaced, what is put in by commands looked into, and the
//! files that commands write their output to.

use dopt_model::commands::Invocation;
use dopt_model::commands::ownership::known_word;
use dopt_model::commands::paths::resolve;
use dopt_model::{ShellScript, StageRun, Value, is_unusual};
use dopt_rewrite::NotSplit;
use dopt_syntax::shell::{Command, List, Script, SimpleCommand, Word};

use super::carry::is_below;
use super::leavings::{ACTING, is_number_of_processors};

/// Programs that print what they find, and leave nothing.
const PRINTING: &[&str] = &[
    "nproc", "find", "ls", "cat", "date", "pwd", "uname", "hostname", "head", "tail", "cut", "tr", "grep", "wc",
    "echo", "printf", "pkg-config", "pkgconf", "dpkg-architecture", "getconf", "expr", "basename", "dirname", "which",
    "sort", "uniq", "sed", "git", "go", "arch", "realpath", "readlink", "getent", "seq",
];

/// Programs whose words need not be known: whatever they are, it is known what the program leaves, or the word that
/// says it is asked for.
const BUILDING: &[&str] = &[
    "go", "cargo", "make", "gmake", "ninja", "cmake", "configure", "gcc", "g++", "cc", "c++", "clang", "clang++",
    "javac", "mvn", "mvnw", "gradle", "gradlew", "echo", "printf",
];

/// The words behind the program. A word that only the build knows stays as it is written; `None` where the program may
/// do something else for it.
pub(super) fn of(
    invocation: &Invocation<'_>,
    script: &Script,
    whole: Option<&ShellScript<'_>>,
    run: StageRun<'_>,
) -> Option<Vec<String>> {
    let text = invocation.text;
    let is_building = BUILDING.contains(&invocation.program());
    let read = |word: &Word| {
        let known = word.literal(text).map(std::borrow::Cow::into_owned);
        let known = known.or_else(|| known_word(whole?, run.state(), word));
        let known = known.or_else(|| replaced(word, text, script, run));
        let written = word.range.of(text);
        let known = known.or_else(|| is_number_of_processors(written).then(|| written.to_owned()));
        // What Rust's installer puts into the folder of the user does nothing but name that.
        let is_settings =
            [".", "source"].contains(&invocation.program()) && written.trim_matches('"').ends_with("/.cargo/env");
        let is_harmless = (is_building || is_settings) && word.substitutions.iter().all(|list| prints(list, text));
        known.or_else(|| is_harmless.then(|| word.range.of(text).to_owned()))
    };
    invocation.arguments().iter().map(read).collect()
}

/// A word whose variables the file sets, and no command of the step.
fn replaced(word: &Word, text: &str, script: &Script, run: StageRun<'_>) -> Option<String> {
    let written = word.range.of(text);
    if !word.substitutions.is_empty() || written.contains(['\'', '`', '\\']) || sets_variables(script) {
        return None;
    }
    match run.state().expand(written.trim_matches('"')) {
        Value::Known(value) if !value.contains([' ', '\t', '*', '?', '"', '$']) => Some(value),
        _ => None,
    }
}

/// Whether a command of a script may set a variable.
fn sets_variables(script: &Script) -> bool {
    let mut sets = false;
    script.walk(&mut |command| sets |= !command.assignments.is_empty() && command.words.is_empty());
    sets || script.list.items.iter().any(|item| {
        item.and_or.first.commands.iter().any(|command| !matches!(command, dopt_syntax::shell::Command::Simple(_)))
    })
}

/// Whether the assignments in front of a command run nothing but what prints.
pub(super) fn assigns_quietly(command: &SimpleCommand, text: &str) -> bool {
    command.assignments.iter().all(|found| found.value.substitutions.iter().all(|list| prints(list, text)))
}

/// Whether nothing but output comes of a list.
fn prints(list: &List, text: &str) -> bool {
    let mut is_quiet = true;
    list.walk(&mut |command| is_quiet &= is_quiet_call(command, text));
    is_quiet
}

/// Whether a command of a pipeline does nothing but print.
pub(super) fn only_prints(command: &Command, text: &str) -> bool {
    matches!(command, Command::Simple(command) if is_quiet_call(command, text) && assigns_quietly(command, text))
}

fn is_quiet_call(command: &SimpleCommand, text: &str) -> bool {
    let does = |call: Invocation<'_>| {
        let words: Option<Vec<_>> = call.arguments().iter().map(|word| word.literal(text)).collect();
        let has = |options: &[&str]| {
            words.as_ref().is_none_or(|words| words.iter().any(|word| options.contains(&word.as_ref())))
        };
        match call.program() {
            "find" => !has(ACTING),
            "sed" => !has(&["-i", "--in-place"]),
            "sort" => !has(&["-o"]),
            "git" => has(&["rev-parse", "describe", "log", "show", "rev-list"]),
            "go" => has(&["env", "list", "version"]),
            program => PRINTING.contains(&program),
        }
    };
    !command.redirects_to_files(text) && Invocation::of(command, text).is_some_and(does)
}

/// The files that a command writes its output to; refuses those that an image may have already.
pub(super) fn written(
    command: &SimpleCommand,
    text: &str,
    (folder, workdir): (&str, &str),
    unseen: &NotSplit,
) -> Result<Vec<String>, NotSplit> {
    let mut found = Vec::new();
    for redirect in &command.redirects {
        let operator = redirect.operator.of(text);
        let target = redirect.target.literal(text).filter(|_| !redirect.target.globs).ok_or_else(|| unseen.clone())?;
        let is_descriptor = operator.ends_with('&') && target.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if operator.starts_with('<') || is_descriptor || target == "/dev/null" {
            continue;
        }
        let path = resolve(folder, &target);
        if !is_own(&path) && !is_below(&path, workdir) {
            return Err(unseen.clone());
        }
        found.push(path);
    }
    Ok(found)
}

/// Whether a file lies where distributions and their packages have none.
pub(super) fn is_own(path: &str) -> bool {
    is_unusual(path) || ["/usr/local/", "/go/src/"].iter().any(|folder| path.starts_with(folder))
}
