//! What the steps install with pip, poetry, uv and pipenv, and which folders they fill.

use dopt_model::commands::exports::Export;
use dopt_model::commands::paths::resolve;
use dopt_model::commands::pip::VALUE_OPTIONS;
use dopt_model::{
    Context, LockedPython, Origin, PythonPackage, PythonProject, Requirements, User, Value, may_lack_wheel,
};
use dopt_rewrite::NotSplit;
use dopt_syntax::dockerfile::{Keyword, pairs};

use super::super::leavings::Call;
use super::super::own_scripts;
use super::super::stack::Scene;
use super::needs::{NEEDS, NEEDS_FROM_SOURCE};
use super::tools::{self, CHECKS};

/// What the steps install.
#[derive(Default)]
pub(super) struct Found {
    /// All packages that they name, and those that these are known to need.
    pub names: Vec<String>,
    /// Packages that pip was told to install, by their names or in lists: whoever declares that it needs them is none.
    pub named: Vec<String>,
    /// Those of them that lie beside the interpreter.
    pub global: Vec<String>,
    /// What the lockfile of the project lists.
    pub locked: Option<LockedPython>,
    /// Whether anything was installed beside the interpreter that is more than a tool, and not into an environment.
    pub is_global: bool,
    /// Whether a package may put files beside those of Python.
    pub has_data: bool,
    /// Whether an extension of the project is compiled.
    pub compiles: bool,
    /// Whether such an extension names libraries of the system.
    pub links: bool,
    /// Packages that pip compiles although most others need not: they are old, or it is told to.
    pub from_source: Vec<String>,
    /// Folders that checks leave for the next time, and the program.
    pub kept_by_checks: Vec<(&'static str, String)>,
    /// Whether something was installed for the user that runs the step alone.
    pub is_for_user: bool,
    /// Users other than root that have installed for themselves, and at which step.
    pub installers: Vec<(String, usize)>,
    /// The last environment that a step has made its own, and the step.
    pub activated: Option<(usize, String)>,
    /// Virtual environments.
    pub environments: Vec<String>,
    /// Whether all that was installed was named to pip.
    pub only_pip: bool,
    /// Whether what only developing needs of the project was installed, too.
    pub with_developing: bool,
    /// Whether a step checks the project.
    pub is_checked: bool,
    /// Folders that pip takes packages from.
    pub wheelhouses: Vec<String>,
    /// Files for pip that were made of the lockfile.
    pub exported: Vec<String>,
    /// How pip was called last: `/opt/venv/bin/pip`, `python3 -m pip`.
    pub pip: String,
    /// Whether it was told to work beside the packages of the distribution.
    pub breaks_system: bool,
    /// The last synchronisation of uv, its folder, and its words behind `uv sync`.
    pub synced: Option<(String, Vec<String>)>,
}

/// A project's folder is filled, or what a step leaves is not known.
pub(super) type Folders = Result<Option<Vec<String>>, NotSplit>;

impl Found {
    /// What the packages need of Debian, by the packages with headers, or by their own names.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        let named = NEEDS.iter().filter(|(name, _)| self.names.iter().any(|found| found == name));
        let compiled = NEEDS_FROM_SOURCE.iter().filter(|(name, _)| self.from_source.iter().any(|found| found == name));
        named.chain(compiled).flat_map(|(_, needs)| needs.iter().copied())
    }

    /// Counts those in that need something, and that the packages bring along.
    pub fn add_what_they_bring(&mut self) {
        let brought = self.names.iter().filter_map(|name| PythonPackage::named(name)).flat_map(|found| found.needing);
        let brought: Vec<String> = brought.map(str::to_owned).collect();
        self.names.extend(brought);
        for names in [&mut self.names, &mut self.named, &mut self.global] {
            names.sort();
            names.dedup();
        }
    }

    /// Whether a package was named that lies beside the interpreter.
    pub fn upgrades(&self, name: &str) -> bool {
        self.global.iter().any(|found| found == name)
    }

    /// Whether all packages lie in one place, so that pip finds all of them there.
    pub fn lies_together(&self) -> bool {
        match self.is_global {
            _ if self.is_for_user => false,
            true => self.environments.is_empty(),
            false => self.environments.len() == 1 && self.synced.is_none() && self.global.is_empty(),
        }
    }

    /// Which folders a command fills; `None` where it is not one of Python's.
    pub fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Folders {
        let program = call.invocation.program();
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        match (program, &words[..]) {
            // They start a program in the environment of the project.
            ("poetry" | "pipenv", ["run", rest @ ..]) => self.read_inner(scene, context, call, rest),
            ("uv", ["run", rest @ ..]) => {
                self.locks(scene, context, call, "uv.lock")?;
                self.synced.get_or_insert_with(|| (call.folder.clone(), Vec::new()));
                self.read_inner(scene, context, call, rest)
            }
            _ => self.read_program(scene, context, call, program, &words),
        }
    }

    fn read_inner(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>, words: &[&str]) -> Folders {
        match words {
            [program, rest @ ..] if !program.starts_with('-') => self.read_program(scene, context, call, program, rest),
            _ => Err(unseen(call)),
        }
    }

    fn read_program(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        program: &str,
        words: &[&str],
    ) -> Folders {
        let is_python = program.starts_with("python");
        let (program, words) = match words {
            ["-m", module, rest @ ..] if is_python => (*module, rest),
            all => (program, all),
        };
        let folder = || Ok(Some(vec![call.folder.clone()]));
        match (program, words) {
            ("pip" | "pip3", ["install", ..]) => self.read_pip(scene, context, call).map(Some),
            ("pip" | "pip3", ["uninstall", rest @ ..]) => {
                for names in [&mut self.named, &mut self.global] {
                    names.retain(|name| !rest.contains(&name.as_str()));
                }
                Ok(Some(Vec::new()))
            }
            ("pip" | "pip3", ["cache" | "check" | "list" | "show" | "freeze" | "config" | "--version" | "-V", ..]) => {
                Ok(Some(Vec::new()))
            }
            ("venv" | "virtualenv", [.., path]) if !path.starts_with('-') => {
                let path = resolve(&call.folder, path);
                self.environments.push(path.clone());
                Ok(Some(vec![path]))
            }
            ("." | "source", [script]) if script.ends_with("/bin/activate") => {
                let folder = resolve(&call.folder, script.trim_end_matches("/bin/activate"));
                self.environments.contains(&folder).then_some(()).ok_or_else(|| unseen(call))?;
                self.activated = Some((call.run.index(), folder));
                Ok(Some(Vec::new()))
            }
            // Models of spaCy are packages; those of nltk lie in a folder.
            ("compileall", _) | ("spacy", ["download", ..]) if is_python => Ok(Some(Vec::new())),
            ("nltk.downloader", words) if is_python => {
                let told = words.iter().position(|word| *word == "-d").and_then(|at| words.get(at + 1));
                let home = (call.run.state().user() == User::Root).then_some("/root/nltk_data");
                let folder = told.copied().or(home).ok_or_else(|| unseen(call))?;
                Ok(Some(vec![resolve(&call.folder, folder)]))
            }
            (program, words) if CHECKS.contains(&program) => {
                self.is_checked = true;
                let is_elsewhere = words.iter().any(|word| word.starts_with("--cache-dir") || *word == "--workdir");
                let kept = tools::KEPT.iter().filter(|(known, _)| *known == program && !is_elsewhere);
                self.kept_by_checks.extend(kept.map(|(known, name)| (*known, resolve(&call.folder, name))));
                Ok(Some(Vec::new()))
            }
            ("poetry" | "uv", ["export", ..]) | ("pipenv", ["requirements", ..]) => {
                let export = Export::of(&call.invocation).ok_or_else(|| unseen(call))?;
                self.locks(scene, context, call, export.lock)?;
                self.exported.push(resolve(&call.folder, &export.file));
                folder()
            }
            ("poetry", _) => self.read_poetry(scene, context, call, words),
            ("pipenv", ["install" | "sync", rest @ ..]) if rest.contains(&"--system") => {
                self.only_pip = false;
                self.is_global = true;
                self.with_developing = rest.iter().any(|word| ["--dev", "-d"].contains(word));
                self.locks(scene, context, call, "Pipfile.lock")?;
                folder()
            }
            ("uv", _) => self.read_uv(scene, context, call, words),
            ("manage.py", [command, ..]) => self.manages(scene, context, call, command),
            (_, ["manage.py" | "./manage.py", command, ..]) if is_python => self.manages(scene, context, call, command),
            (_, ["setup.py", rest @ ..]) if is_python => self.read_setup(scene, context, call, rest),
            (_, [file, ..]) if is_python && file.ends_with(".py") => {
                Ok(own_scripts::stays_of_python(scene, context, call, file).then(|| vec![call.folder.clone()]))
            }
            (_, ["-c", code]) if is_python && only_imports(code) => Ok(Some(Vec::new())),
            (_, ["--version" | "-V"]) if is_python => Ok(Some(Vec::new())),
            _ => Ok(None),
        }
    }

    /// The folder of the programs of the environment that the step has made its own.
    fn activated(&self, call: &Call<'_>) -> Option<String> {
        let here = self.activated.as_ref().filter(|(index, _)| *index == call.run.index());
        here.map(|(_, folder)| format!("{folder}/bin"))
    }

    pub(super) fn read_pip(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Vec<String>, NotSplit> {
        let elsewhere =
            ["--target", "-t", "--prefix", "--root", "--python", "--install-option", "--global-option", "--src"];
        let state = call.run.state();
        let is_set = |name: &&str| state.variable(name) != Value::Unset;
        let for_user = call.words.iter().any(|word| word == "--user");
        let path = self.activated(call).or_else(|| first_of_path(scene, call)).unwrap_or_default();
        let program = call.invocation.path.as_ref();
        let is_inside = |folder: &String| program.starts_with(&format!("{folder}/")) || path == format!("{folder}/bin");
        let is_inside = self.environments.iter().any(is_inside);
        // Whoever may not write beside the interpreter installs for himself, whether he says so or not.
        let installer = match state.user() {
            User::Root => None,
            User::Other(_) if is_inside => None,
            User::Other(name) => Some(name),
            User::Unknown => return Err(unseen(call)),
        };
        let for_user = for_user || installer.is_some();
        if call.invocation.command.range.of(call.invocation.text).contains("PIP_NO_BINARY=")
            || for_user && is_set(&"PYTHONUSERBASE")
            || ["PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_NO_BINARY"].iter().any(is_set)
            || call.words.iter().any(|word| elsewhere.contains(&word.split('=').next().unwrap_or(word)))
        {
            return Err(unseen(call));
        }
        let unknown = || unknown(call);
        let mut here = Requirements::default();
        let mut words = call.words.iter().skip_while(|word| *word != "install").skip(1);
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let mut value = || value.clone().or_else(|| words.next().cloned()).ok_or_else(unknown);
            match option {
                "-r" | "--requirement" => {
                    let path = resolve(&call.folder, &value()?);
                    if self.exported.contains(&path) {
                        here.names.extend(self.locked.iter().flat_map(LockedPython::names));
                        continue;
                    }
                    let Origin::Context(file) = origin(scene, context, call, &path) else { return Err(unknown()) };
                    let read = Requirements::of_file(context, &file).ok_or_else(unknown)?;
                    here.join(read);
                }
                "-e" | "--editable" => here.local.push((value()?, true)),
                "--no-binary" => here.compile(&value()?),
                "-f" | "--find-links" => {
                    let place = value()?;
                    self.wheelhouses.extend((!place.contains("://")).then(|| resolve(&call.folder, &place)));
                }
                option if option.starts_with('-') && VALUE_OPTIONS.contains(&option) => drop(value()?),
                option if option.starts_with('-') => {}
                path if path.starts_with(['.', '/']) && !path.ends_with(".whl") => {
                    here.local.push((path.to_owned(), false));
                }
                _ => here.add(word).ok_or_else(unknown)?,
            }
        }
        for (path, _) in &here.local {
            let (path, extras) = path.split_once('[').unwrap_or((path, ""));
            let extras: Vec<&str> = extras.trim_end_matches(']').split(',').map(str::trim).collect();
            here.names.extend(self.read_local(scene, context, call, path, &extras)?);
        }
        let is_global = !for_user && !is_inside;
        self.is_global |= is_global && (!here.local.is_empty() || !here.names.iter().all(|name| tools::is_tool(name)));
        if is_global {
            self.global.extend(here.names.iter().cloned());
        }
        self.breaks_system |= call.words.iter().any(|word| word == "--break-system-packages");
        self.pip = match call.invocation.program() {
            "uv" => "pip".to_owned(),
            _ if self.activated(call).is_some() => format!("{path}/pip"),
            name if name.starts_with("python") => format!("{program} -m pip"),
            _ => program.to_owned(),
        };
        let python = call.run.state().image().and_then(|image| image.python_version());
        let old = here.bounds.iter().filter(|(name, bound)| may_lack_wheel(name, bound, python));
        self.from_source.extend(old.map(|(name, _)| name.clone()));
        self.from_source.extend(here.from_source);
        self.named.extend(here.names.iter().cloned());
        self.names.extend(here.names);
        self.is_for_user |= for_user;
        if let Some(name) = installer {
            self.installers.push((name, call.run.index()));
            return Ok(Vec::new());
        }
        Ok(for_user.then(|| "/root/.local".to_owned()).into_iter().collect())
    }

    /// Reads the manifests of a project that is installed from where it lies; answers what its extras bring.
    pub(super) fn read_local(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        path: &str,
        extras: &[&str],
    ) -> Result<Vec<String>, NotSplit> {
        let folder = resolve(&call.folder, path);
        let manifests = ["pyproject.toml", "setup.py", "setup.cfg"].into_iter();
        let mut found =
            manifests.map(|name| origin(scene, context, call, &format!("{}/{name}", folder.trim_end_matches('/'))));
        let file = found.find_map(|found| if let Origin::Context(file) = found { Some(file) } else { None });
        let file = file.ok_or_else(|| unknown(call))?;
        let within = file.rfind('/').map_or("", |at| &file[..=at]);
        let project = PythonProject::of_folder(context, within).ok_or_else(|| unknown(call))?;
        self.has_data |= project.has_data_files;
        self.compiles |= project.compiles;
        self.links |= project.links && (project.compiles || self.compiles);
        self.names.extend(project.names);
        let asked = project.extras.into_iter().filter(|(name, _)| extras.contains(&name.as_str()));
        Ok(asked.flat_map(|(_, names)| names).collect())
    }

    pub(super) fn locks(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        name: &str,
    ) -> Result<(), NotSplit> {
        let found = origin(scene, context, call, &resolve(&call.folder, name));
        let Origin::Context(file) = found else { return Err(unknown(call)) };
        let locked = context.locked_python(&file).ok_or_else(|| unknown(call))?;
        self.only_pip = false;
        self.names.extend(locked.names());
        self.locked = Some(locked);
        Ok(())
    }
}

/// Whether code loads modules and prints, and does nothing else.
fn only_imports(code: &str) -> bool {
    let statements = code.split([';', '\n']).map(str::trim).filter(|statement| !statement.is_empty());
    let is_harmless = |statement: &str| {
        ["import ", "from ", "print("].iter().any(|start| statement.starts_with(start)) && !statement.contains("open(")
    };
    statements.into_iter().all(is_harmless)
}

/// The folder that programs are looked up in first, where an instruction of the stage says so.
fn first_of_path(scene: &Scene<'_>, call: &Call<'_>) -> Option<String> {
    let stages = scene.subject.stages;
    let document = stages.document();
    let set = |index: usize| {
        let instruction = &document.instructions()[index];
        let text = instruction.logical.text(document.text());
        let pairs = pairs(instruction, document.text(), document.escape());
        let pair = pairs.iter().find(|pair| pair.name.of(text) == "PATH")?;
        let first = pair.value?.of(text).trim_matches(['"', '\'']).split(':').next()?;
        match stages.state(scene.stage, index).expand(first) {
            Value::Known(folder) => Some(folder),
            _ => Some(String::new()),
        }
    };
    let before = stages.all()[scene.stage].body.start..call.run.index();
    before.rev().filter(|index| document.instructions()[*index].keyword == Keyword::Env).find_map(set)
}

pub(super) fn unseen(call: &Call<'_>) -> NotSplit {
    NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line }
}

fn unknown(call: &Call<'_>) -> NotSplit {
    NotSplit::RequirementsUnknown { line: call.run.instruction().first_line }
}

fn origin(scene: &Scene<'_>, context: &Context, call: &Call<'_>, path: &str) -> Origin {
    Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, path)
}
