//! What a step reads of the project: nothing, the lists of dependencies, or what cannot be told.

use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::paths::resolve;
use dopt_model::commands::pip::{self, Pip};
use dopt_model::commands::{Invocation, Subcommand, npm};
use dopt_model::{StageRun, State, Value};
use dopt_syntax::shell::{AndOrOperator, Command, SimpleCommand};

/// What a step reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// Nothing of the project.
    Nothing,
    /// The lists of these installations.
    Installs(Vec<Install>),
    /// What cannot be told, with what is installed among it.
    Unseen(Among),
}

/// What a step installs that does more, or cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// Nothing.
    Nothing,
    /// Something from a list.
    Lists,
    /// The project itself.
    Project,
    /// What the project depends on, compiled together with it.
    Crates,
}

/// An installation from a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Install {
    /// The folder that it runs in.
    pub folder: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// npm, yarn or pnpm, and whether scripts run.
    Node { runs_scripts: bool },
    /// pip, with these lists.
    Pip {
        lists: Vec<String>,
        /// Whether nothing is built, and so nothing runs that is not pip's.
        only_wheels: bool,
    },
    /// Another manager.
    Other {
        /// Files that have to be there.
        needs: &'static [&'static str],
        /// Files that it reads where they are.
        takes: &'static [&'static str],
        /// Whether the project itself is installed, too, where its manifest makes it a package.
        with_project: bool,
    },
}

/// Variables that name a file, or a folder, that an installation reads.
const FILES_IN_VARIABLES: &[&str] = &[
    "PIP_FIND_LINKS", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_CONFIG_FILE", "PIP_CERT", "UV_FIND_LINKS",
    "UV_CONSTRAINT", "UV_OVERRIDE", "UV_CONFIG_FILE", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig",
    "NPM_CONFIG_CAFILE", "npm_config_cafile", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE", "BUNDLE_GEMFILE", "COMPOSER", "PIPENV_PIPFILE", "GOFLAGS", "YARN_RC_FILENAME",
];

/// Programs that read nothing of the project, whatever they are told.
const BLIND: &[&str] = &[
    "apt-get", "apt", "apk", "corepack", "true", "echo", "set", "export", "useradd", "groupadd", "adduser", "addgroup",
];

impl Install {
    /// Whether the project itself may be installed, too.
    pub fn has_project(&self) -> bool {
        matches!(self.kind, Kind::Other { with_project: true, .. })
    }

    /// Whether it builds nothing and runs nothing that it installs.
    pub fn only_fetches(&self) -> bool {
        match &self.kind {
            Kind::Node { .. } => false,
            Kind::Pip { only_wheels, .. } => *only_wheels,
            Kind::Other { needs, .. } => needs.contains(&"go.mod"),
        }
    }

    /// Whether its lists may lie in a folder, or below it.
    pub fn is_in(&self, folder: &str) -> bool {
        let inside = self.folder.strip_prefix(folder.trim_end_matches('/'));
        matches!(self.kind, Kind::Pip { .. }) || inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Reads {
    /// Reads a step. `sources` is where the project is copied to.
    pub fn of(run: StageRun<'_>, sources: &str) -> Reads {
        let Ok(script) = run.script() else { return Reads::Unseen(Among::Nothing) };
        let all = script.all_commands();
        let unseen = Reads::Unseen(among(&all, script.text()));
        let Some(mut folder) = run.state().workdir().map(str::to_owned) else { return unseen };
        let [item] = &script.script().list.items[..] else { return unseen };
        let links = item.and_or.rest.iter();
        if links.clone().any(|link| link.operator != AndOrOperator::And)
            || item.separator.is_some_and(|found| found.kind == dopt_syntax::shell::SeparatorKind::Background)
            || !script.script().substituting_ranges().is_empty()
            || run.mounts().iter().any(|mount| mount.kind == dopt_model::MountKind::Bind)
        {
            return unseen;
        }
        let pipelines = std::iter::once(&item.and_or.first).chain(links.map(|link| &link.pipeline));
        let (mut installs, mut entered): (Vec<Install>, Vec<String>) = (Vec::new(), Vec::new());
        for pipeline in pipelines {
            let [Command::Simple(command)] = &pipeline.commands[..] else { return unseen };
            if command.redirects_to_files(script.text()) {
                return unseen;
            }
            let Some(call) = Invocation::of(command, script.text()) else { return unseen };
            let sets = |name: &&str| command.assignments.iter().any(|set| set.name.of(script.text()) == *name);
            if FILES_IN_VARIABLES.iter().any(sets) {
                return unseen;
            }
            if call.program() == "cd" {
                let [Some(to)] = &call.arguments().iter().map(|word| word.literal(call.text)).collect::<Vec<_>>()[..]
                else {
                    return unseen;
                };
                folder = resolve(&folder, to);
                entered.push(folder.clone());
                continue;
            }
            match install(&call, &folder) {
                Some(Some(_)) if names_file(run.state(), sources) => return unseen,
                Some(Some(found)) => installs.push(found),
                Some(None) => {}
                None if is_blind(&call, sources) => {}
                None => return unseen,
            }
        }
        // A folder is there only where lists are copied into it.
        let is_made = |folder: &String| {
            installs.iter().any(|install| install.folder == *folder && !matches!(install.kind, Kind::Pip { .. }))
        };
        if !entered.iter().all(is_made) {
            return unseen;
        }
        if installs.is_empty() { Reads::Nothing } else { Reads::Installs(installs) }
    }
}

/// What commands install, whatever else they do.
fn among(commands: &[&SimpleCommand], text: &str) -> Among {
    let calls = || commands.iter().filter_map(|command| Invocation::of(command, text));
    if calls().any(|call| matches!(install(&call, "/"), Some(Some(found)) if !found.has_project())) {
        return Among::Lists;
    }
    let first = |call: Invocation<'_>| match call.program() {
        "cargo" => compiles_crates(&call).then_some(Among::Crates),
        _ => installs_project(&call).then_some(Among::Project),
    };
    calls().find_map(first).unwrap_or(Among::Nothing)
}

fn words_of(call: &Invocation<'_>) -> Option<Vec<String>> {
    call.arguments().iter().map(|word| word.literal(call.text).map(|word| word.into_owned())).collect()
}

/// Whether Cargo compiles what a project depends on together with the project.
fn compiles_crates(call: &Invocation<'_>) -> bool {
    let Some(words) = words_of(call) else { return false };
    match words.first().map(String::as_str) {
        Some("build" | "b" | "fetch" | "test" | "check") => true,
        Some("install") => words.iter().any(|word| word == "--path" || word.starts_with("--path=")),
        _ => false,
    }
}

/// Whether a project is installed from its sources.
fn installs_project(call: &Invocation<'_>) -> bool {
    let Some(words) = words_of(call) else { return false };
    let is_here = |word: &String| [".", "./"].contains(&word.as_str()) || word.starts_with(".[");
    match (call.program(), words.first().map(String::as_str)) {
        (program, Some("setup.py")) if program.starts_with("python") => {
            words.iter().any(|word| ["install", "develop"].contains(&word.as_str()))
        }
        ("composer", Some("install")) => true,
        _ => match pip::read(call) {
            Some(Pip::Install(_)) => words.iter().any(is_here),
            _ => matches!(install(call, "/"), Some(Some(found)) if found.has_project()),
        },
    }
}

/// Whether a variable names a file that may be one of the project.
fn names_file(state: State<'_>, sources: &str) -> bool {
    FILES_IN_VARIABLES.iter().any(|name| match state.variable(name) {
        Value::Unset => false,
        Value::Known(value) => {
            let is_far = value.contains("://") || value.starts_with('/') && !value.starts_with(sources);
            !(value.is_empty() || is_far || value.starts_with("--") && !value.contains(['/', '.']))
        }
        Value::Default(_) | Value::Unknown => true,
    })
}

/// What an installation reads: `Some(None)` where that is nothing, `None` where it is none or cannot be told.
fn install(call: &Invocation<'_>, folder: &str) -> Option<Option<Install>> {
    let installs = |kind| Some(Some(Install { folder: folder.to_owned(), kind }));
    let other = |needs, takes, with_project| installs(Kind::Other { needs, takes, with_project });
    let words = words_of(call)?;
    let has = |word: &str| words.iter().any(|found| found == word);
    if let Some(found) = pip::read(call) {
        return match found {
            Pip::Install(_) => pip_lists(&words).map(|lists| {
                let joined = words.join(" ");
                let only_wheels =
                    ["--only-binary=:all:", "--only-binary :all:"].iter().any(|only| joined.contains(only));
                let kind = Kind::Pip { lists, only_wheels };
                let is_empty = matches!(&kind, Kind::Pip { lists, .. } if lists.is_empty());
                (!is_empty).then(|| Install { folder: folder.to_owned(), kind })
            }),
            _ => Some(None),
        };
    }
    let named = match call.subcommand(npm::VALUE_OPTIONS) {
        Subcommand::Named(_, name) => name.into_owned(),
        Subcommand::Missing => String::new(),
        Subcommand::Unreadable => return None,
    };
    let operands = call.operands(call.program_at + 1, npm::VALUE_OPTIONS).skip(1).count();
    let elsewhere =
        ["--prefix", "-C", "--cwd", "--dir", "-w", "--workspace", "--workspaces", "--directory", "--project"];
    if words.iter().any(|word| elsewhere.iter().any(|option| word == option || word.starts_with(&format!("{option}="))))
    {
        return None;
    }
    let runs_scripts = !has("--ignore-scripts");
    match (call.program(), named.as_str()) {
        ("npm", "install" | "i" | "add") | ("pnpm", "add") | ("yarn", "global") if operands > 0 => {
            let is_global = has("-g") || has("--global") || named == "global";
            let is_local = words.iter().any(|word| word.starts_with(['.', '/']));
            if is_global && !is_local { Some(None) } else { None }
        }
        ("npm", "ci" | "install" | "i" | "clean-install") if operands == 0 => installs(Kind::Node { runs_scripts }),
        ("yarn", "" | "install") | ("pnpm", "install" | "i") if operands == 0 => installs(Kind::Node { runs_scripts }),
        ("npm" | "yarn" | "pnpm", "cache" | "config" | "store") => Some(None),
        ("composer", "clear-cache" | "clearcache" | "cc") => Some(None),
        ("poetry", "config") | ("bundle", "config") | ("pip" | "pip3", _) => Some(None),
        ("poetry", "install") => other(&["pyproject.toml", "poetry.lock"], &["poetry.toml"], !has("--no-root")),
        ("uv", "sync") => {
            let is_alone = has("--no-install-project") || has("--no-install-workspace");
            other(&["pyproject.toml", "uv.lock"], &["uv.toml", ".python-version"], !is_alone)
        }
        ("pdm", "install" | "sync") => {
            other(&["pyproject.toml", "pdm.lock"], &["pdm.toml", ".pdm-python"], !has("--no-self"))
        }
        ("pipenv", "install" | "sync") if operands == 0 => other(&["Pipfile", "Pipfile.lock"], &[], false),
        ("bundle", "install" | "") if operands == 0 => {
            other(&["Gemfile", "Gemfile.lock"], &[".ruby-version", ".tool-versions", ".bundle/config"], false)
        }
        ("composer", "install") if has("--no-scripts") && has("--no-autoloader") => {
            other(&["composer.json", "composer.lock"], &["auth.json", "symfony.lock"], false)
        }
        ("go", "mod") if words[1..] == ["download"] => other(&["go.mod", "go.sum"], &[], false),
        _ => None,
    }
}

/// The lists of a call of pip; `None` where it installs something that lies in a folder.
fn pip_lists(words: &[String]) -> Option<Vec<String>> {
    let mut lists = Vec::new();
    let mut words = words.iter().skip_while(|word| *word != "install").skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" | "--requirement" | "-c" | "--constraint" => lists.push(words.next()?.clone()),
            "-e" | "--editable" | "-f" | "--find-links" | "--group" => return None,
            option if pip::VALUE_OPTIONS.contains(&option) => drop(words.next()?),
            option if option.starts_with("--requirement=") => lists.push(option["--requirement=".len()..].to_owned()),
            option if option.starts_with("-r") => lists.push(option[2..].to_owned()),
            option if option.starts_with("--find-links") || option.starts_with("--editable") => return None,
            option if option.starts_with('-') => {}
            name if name.starts_with(['.', '/'])
                || name.contains("file:")
                || name.ends_with(".whl")
                || name.ends_with(".gz") =>
            {
                return None;
            }
            _ => {}
        }
    }
    Some(lists)
}

/// Whether a command reads and writes nothing where the sources lie.
fn is_blind(call: &Invocation<'_>, sources: &str) -> bool {
    let Some(words) = call.arguments().iter().map(|word| word.literal(call.text)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let is_far = |word: &str| {
        word.starts_with('-') || (word.starts_with('/') && !word.starts_with(sources)) || word.starts_with('~')
    };
    match call.program() {
        "apt-get" | "apt" | "apk" => {
            !words.iter().any(|word| word.starts_with("./") || word.ends_with(".deb") || word.ends_with(".apk"))
                && matches!(
                    managers::action(call),
                    Some((_, Action::Update | Action::Install(_) | Action::Clean | Action::Remove(_)))
                )
        }
        program if BLIND.contains(&program) => true,
        "rm" | "mkdir" => sources != "/" && words.iter().all(|word| is_far(word)),
        _ => false,
    }
}
