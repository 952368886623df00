//! Installers that are fetched and run in one go, and leave nothing but a package manager.

use dopt_model::{State, User, Value};
use dopt_syntax::shell::Command;

/// Where each is fetched from, and what runs it.
const INSTALLERS: &[(&str, &[&str])] = &[
    ("getcomposer.org/installer", &["php"]),
    ("install.python-poetry.org", &["python3", "python"]),
    ("astral.sh/uv/install.sh", &["sh", "bash"]),
];

/// Whether a pipeline hands an installer that is known to what runs it.
pub(super) fn is_known(pipeline: &[Command], text: &str) -> bool {
    let [Command::Simple(fetching), Command::Simple(running)] = pipeline else { return false };
    let fetches = fetching.name(text).is_some_and(|name| ["curl", "wget"].contains(&name.as_ref()));
    let has = |place: &str| fetching.words.iter().any(|word| word.range.of(text).contains(place));
    let found = INSTALLERS.iter().find(|(place, _)| has(place));
    // Behind a lone dash, it is told where to.
    let is_bare = running.words.len() == 1 || running.words.len() == 2 && running.words[1].range.of(text) == "-";
    let runs = |programs: &[&str]| running.name(text).is_some_and(|name| programs.contains(&name.as_ref()));
    fetches && found.is_some_and(|(place, programs)| runs(programs) && (is_bare || place.contains("composer")))
}

/// Whether a script has one of those for Python's projects.
pub(super) fn fetches_for_python(text: &str) -> bool {
    INSTALLERS[1..].iter().any(|(place, _)| text.contains(place))
}

/// Whether they put what they fetch where nothing else is carried from.
pub(super) fn lies_apart(state: State<'_>) -> bool {
    let is_apart = |name: &str| match state.variable(name) {
        Value::Unset => true,
        Value::Known(folder) => folder.starts_with("/opt/") || folder.starts_with("/root/") || folder == "/poetry",
        Value::Default(_) | Value::Unknown => false,
    };
    state.user() == User::Root && ["POETRY_HOME", "UV_INSTALL_DIR", "XDG_BIN_HOME"].iter().all(|name| is_apart(name))
}
