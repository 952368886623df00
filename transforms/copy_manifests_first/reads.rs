//! What a step reads of the project: nothing, the lists of dependencies, or what cannot be told.

use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::paths::resolve;
use dopt_model::commands::pip::{self, Pip};
use dopt_model::commands::{Invocation, Subcommand, npm};
use dopt_model::{Context, NodePackage, StageRun};
use dopt_rewrite::{NotFirst, Why};
use dopt_syntax::shell::{AndOrOperator, Command, SimpleCommand};

/// What a step reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// Nothing of the project.
    Nothing,
    /// The lists of these installations.
    Installs(Vec<Install>),
    /// What cannot be told.
    Unseen {
        /// Whether something is installed from a list among it.
        installs: bool,
    },
}

/// An installation from a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Install {
    /// The folder that it runs in.
    folder: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// npm, yarn or pnpm, and whether scripts run.
    Node { runs_scripts: bool },
    /// pip, with these lists.
    Pip(Vec<String>),
    /// Another manager, with files that have to be there, and files that it reads where they are.
    Other { needs: &'static [&'static str], takes: &'static [&'static str] },
}

/// Folders that installations write, which a later `COPY` must not bring.
const OUTPUTS: &[&str] = &["node_modules", ".venv", "venv", "vendor", "__pypackages__", ".bundle"];

/// Programs that read nothing of the project, whatever they are told.
const BLIND: &[&str] = &[
    "apt-get", "apt", "apk", "corepack", "true", "echo", "set", "export", "useradd", "groupadd", "adduser", "addgroup",
];

impl Install {
    /// Whether its lists may lie in a folder, or below it.
    pub fn is_in(&self, folder: &str) -> bool {
        let inside = self.folder.strip_prefix(folder.trim_end_matches('/'));
        matches!(self.kind, Kind::Pip(_)) || inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Reads {
    /// Reads a step. `sources` is where the project is copied to.
    pub fn of(run: StageRun<'_>, sources: &str) -> Reads {
        let Ok(script) = run.script() else { return Reads::Unseen { installs: false } };
        let all = script.all_commands();
        let is_install = |command: &&SimpleCommand| {
            Invocation::of(command, script.text()).is_some_and(|call| matches!(install(&call, "/"), Some(Some(_))))
        };
        let unseen = Reads::Unseen { installs: all.iter().copied().any(|command| is_install(&command)) };
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
                Some(Some(found)) => installs.push(found),
                Some(None) => {}
                None if is_blind(&call, sources) => {}
                None => return unseen,
            }
        }
        // A folder is there only where lists are copied into it.
        let is_made = |folder: &String| {
            installs.iter().any(|install| install.folder == *folder && !matches!(install.kind, Kind::Pip(_)))
        };
        if !entered.iter().all(is_made) {
            return unseen;
        }
        if installs.is_empty() { Reads::Nothing } else { Reads::Installs(installs) }
    }
}

/// What an installation reads: `Some(None)` where that is nothing, `None` where it is none or cannot be told.
fn install(call: &Invocation<'_>, folder: &str) -> Option<Option<Install>> {
    let installs = |kind| Some(Some(Install { folder: folder.to_owned(), kind }));
    let words: Vec<String> = call
        .arguments()
        .iter()
        .map(|word| word.literal(call.text).map(|word| word.into_owned()))
        .collect::<Option<_>>()?;
    let has = |word: &str| words.iter().any(|found| found == word);
    if let Some(found) = pip::read(call) {
        return match found {
            Pip::Install(_) => pip_lists(&words).map(|lists| {
                (!lists.is_empty()).then(|| Install { folder: folder.to_owned(), kind: Kind::Pip(lists) })
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
        ("poetry", "config") | ("bundle", "config") | ("pip" | "pip3", _) => Some(None),
        ("poetry", "install") if has("--no-root") => {
            installs(Kind::Other { needs: &["pyproject.toml", "poetry.lock"], takes: &["poetry.toml"] })
        }
        ("uv", "sync") if has("--no-install-project") => {
            installs(Kind::Other { needs: &["pyproject.toml", "uv.lock"], takes: &["uv.toml", ".python-version"] })
        }
        ("pipenv", "install" | "sync") if operands == 0 => {
            installs(Kind::Other { needs: &["Pipfile", "Pipfile.lock"], takes: &[] })
        }
        ("bundle", "install" | "") if operands == 0 => {
            installs(Kind::Other { needs: &["Gemfile", "Gemfile.lock"], takes: &[".ruby-version", ".bundle/config"] })
        }
        ("composer", "install") if has("--no-scripts") && has("--no-autoloader") => {
            installs(Kind::Other { needs: &["composer.json", "composer.lock"], takes: &["auth.json"] })
        }
        ("go", "mod") if words[1..] == ["download"] => {
            installs(Kind::Other { needs: &["go.mod", "go.sum"], takes: &[] })
        }
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

/// The project, as the context has it and as it is copied.
pub(super) struct Project<'p> {
    pub context: &'p Context,
    /// The folder of the context that is copied, with a slash at its end; empty for all of it.
    pub source: &'p str,
    /// Where it is copied to.
    pub destination: &'p str,
}

impl Project<'_> {
    /// A folder of the context that installations write.
    pub fn output(&self) -> Option<&'static str> {
        let has = |name: &&&str| self.context.below(&format!("{}{name}", self.source)).next().is_some();
        OUTPUTS.iter().find(has).copied()
    }

    /// The files that installations read, from the folder that is copied.
    pub fn files(&self, installs: &[Install], line: usize) -> Result<Vec<String>, Why> {
        let mut files = Vec::new();
        for install in installs {
            let inside = match install.folder.strip_prefix(self.destination.trim_end_matches('/')) {
                Some("") => String::new(),
                Some(rest) if rest.starts_with('/') => {
                    format!("{}/", rest.trim_matches('/')).trim_start_matches('/').to_owned()
                }
                _ if matches!(install.kind, Kind::Pip(_)) => String::new(),
                _ => return Err(missing(line, "the folder that it runs in")),
            };
            match &install.kind {
                Kind::Node { runs_scripts } => files.extend(self.node(&inside, *runs_scripts, line)?),
                Kind::Pip(lists) => {
                    for list in lists {
                        let path = resolve(&install.folder, list);
                        let rest = path.strip_prefix(self.destination.trim_end_matches('/'));
                        let rest = rest.and_then(|rest| rest.strip_prefix('/')).ok_or_else(|| missing(line, list))?;
                        self.list(rest, line, &mut files)?;
                    }
                }
                Kind::Other { needs, takes } => files.extend(self.others(&inside, needs, takes, line)?),
            }
        }
        Ok(files)
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.context.text(&format!("{}{path}", self.source))
    }

    fn has(&self, path: &str) -> bool {
        self.context.has(&format!("{}{path}", self.source))
    }

    fn node(&self, inside: &str, runs_scripts: bool, line: usize) -> Result<Vec<String>, Why> {
        let manifest = format!("{inside}package.json");
        let text = self.text(&manifest).ok_or_else(|| missing(line, &manifest))?;
        let folder = format!("{}{inside}", self.source);
        let package = NodePackage::of_folder(self.context, &folder).ok_or_else(|| missing(line, &manifest))?;
        let local = ["\"file:", "\"link:", "\"portal:", "\"workspace:", "\"patch:", "patchedDependencies"];
        let unread = ["pnpm-workspace.yaml", ".pnpmfile.cjs", "lerna.json", ".yarn/", "patches/", ".yarnrc"];
        let has = |name: &str| match name.strip_suffix('/') {
            Some(name) => self.context.below(&format!("{folder}{name}")).next().is_some(),
            None => self.has(&format!("{inside}{name}")),
        };
        if package.has_workspaces()
            || local.iter().any(|sign| text.contains(sign))
            || unread.iter().any(|name| has(name))
        {
            return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
        }
        let hooks = ["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare"];
        let runs = |name: &&&str| package.script(name).is_some_and(|script| !script.starts_with("husky"));
        if let Some(script) = hooks.iter().find(runs).filter(|_| runs_scripts) {
            return Err(Why::NotFirst(NotFirst::RunsScripts { line, script: (*script).to_owned() }));
        }
        let mut all = package.dependencies().chain(package.dev_dependencies());
        if runs_scripts && (has("binding.gyp") || all.any(|name| name.contains("prisma"))) {
            return Err(Why::NotFirst(NotFirst::RunsScripts { line, script: "install".to_owned() }));
        }
        let names = [
            "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", ".npmrc",
            ".yarnrc.yml",
        ];
        Ok(names.iter().filter(|name| has(name)).map(|name| format!("{inside}{name}")).collect())
    }

    /// A list of pip and those that it names.
    fn list(&self, path: &str, line: usize, files: &mut Vec<String>) -> Result<(), Why> {
        if files.iter().any(|file| file == path) {
            return Ok(());
        }
        let text = self.text(path).ok_or_else(|| missing(line, path))?;
        files.push(path.to_owned());
        for found in text.lines().map(|found| found.split(" #").next().unwrap_or_default().trim()) {
            let (option, value) = found.split_once([' ', '=']).unwrap_or((found, ""));
            match option {
                "-r" | "--requirement" | "-c" | "--constraint" => {
                    let folder = path.rfind('/').map_or("", |at| &path[..at]);
                    let next = resolve(&format!("/{folder}"), value.trim());
                    self.list(next.trim_start_matches('/'), line, files)?;
                }
                "-e" | "--editable" | "-f" | "--find-links" => {
                    return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
                }
                _ if found.starts_with(['.', '/']) || found.contains("file:") => {
                    return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn others(&self, inside: &str, needs: &[&str], takes: &[&str], line: usize) -> Result<Vec<String>, Why> {
        let mut files = Vec::new();
        for name in needs {
            let path = format!("{inside}{name}");
            // A module without dependencies has no sums.
            if *name == "go.sum" && !self.has(&path) {
                continue;
            }
            if !self.has(&path) {
                return Err(missing(line, &path));
            }
            let text = self.text(&path).unwrap_or_default();
            let local = [
                "path =", "path:", "path=", "editable", "gemspec", "eval_gemfile", "require_relative", "File.",
                "=> ./", "=> ../", "workspace",
            ];
            if !is_lock(name) && local.iter().any(|sign| text.contains(sign)) || self.has(&format!("{inside}go.work")) {
                return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
            }
            files.push(path);
        }
        if takes.iter().any(|name| name.contains('/') && self.has(&format!("{inside}{name}"))) {
            return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
        }
        files.extend(takes.iter().map(|name| format!("{inside}{name}")).filter(|path| self.has(path)));
        Ok(files)
    }
}

/// Whether a file is written by a tool, and stands behind the manifest that it is made from.
pub(super) fn is_lock(path: &str) -> bool {
    ["lock", "lock.json", "lock.yaml", ".sum", "npm-shrinkwrap.json"].iter().any(|end| path.ends_with(end))
}

fn missing(line: usize, file: &str) -> Why {
    Why::NotFirst(NotFirst::ManifestMissing { line, file: file.to_owned() })
}
