//! What the steps of a file install with the package managers of languages: whether it takes a compiler.

mod nested;
mod node;

use dopt_model::commands::exports::Export;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::commands::pip::{self, Pip};
use dopt_model::commands::{Invocation, Subcommand, npm};
use dopt_model::needs_compiler::gem_is_plain;
use dopt_model::{
    Base, Context, ExecScript, Origin, PythonProject, Requirements, StageRun, Value, may_lack_wheel, pip_is_plain,
};
use dopt_rewrite::{NotSlim, Why};
use dopt_syntax::shell::SimpleCommand;

use super::need::{IN_CONTAINERS, IntoWhy, Needs};
use crate::split_stages::libraries_of_python;

/// Looks at what is installed.
pub(super) struct Packages<'p, 'n> {
    needs: &'p mut Needs<'n>,
    /// Whether a step so far has made wheels of packages.
    has_wheels: bool,
    /// Files for pip that were made of a lockfile, and the packages in them.
    exported: Vec<(String, Vec<String>)>,
    /// How many scripts that start each other are looked into.
    depth: usize,
}

/// One call, and where it stands.
struct Call<'c> {
    run: StageRun<'c>,
    /// The folder that it runs in.
    folder: String,
    invocation: Invocation<'c>,
}

impl<'p, 'n> Packages<'p, 'n> {
    /// Nothing was looked at so far.
    pub fn of(needs: &'p mut Needs<'n>) -> Self {
        Packages { needs, has_wheels: false, exported: Vec::new(), depth: 0 }
    }

    /// Looks at all steps of the file: what one stage installs, another may copy.
    pub fn of_file(&mut self) -> Result<(), Why> {
        let stages = self.needs.stages();
        for run in stages.runs() {
            match (run.script(), ExecScript::of(&run.instruction().form)) {
                (Ok(script), _) => self.step(run, &script.all_commands(), script.text())?,
                (Err(_), Some(exec)) => self.step(run, &exec.all_commands(), exec.text())?,
                (Err(_), None) if self.needs.is_made_slim(run.stage()) => {
                    return Err(NotSlim::RunsUnseen { line: run.instruction().first_line }.into_why());
                }
                (Err(_), None) => {}
            }
        }
        Ok(())
    }

    fn step(&mut self, run: StageRun<'_>, commands: &[&SimpleCommand], text: &str) -> Result<(), Why> {
        self.commands(run, commands, text, run.state().workdir().unwrap_or("/"))
    }

    fn commands(
        &mut self,
        run: StageRun<'_>,
        commands: &[&SimpleCommand],
        text: &str,
        folder: &str,
    ) -> Result<(), Why> {
        let mut folder = folder.to_owned();
        for command in commands {
            let Some(invocation) = Invocation::of(command, text) else { continue };
            folder = entered(&invocation, &folder).unwrap_or(folder);
            let call = Call { run, folder: prefix(&invocation, &folder), invocation };
            self.call(&call)?;
            self.nested(&call)?;
        }
        Ok(())
    }

    fn call(&mut self, call: &Call<'_>) -> Result<(), Why> {
        let invocation = &call.invocation;
        if let Some(found) = pip::read(invocation) {
            return match found {
                Pip::Install(_) => self.pip(call),
                Pip::Other if makes_wheels(invocation) => {
                    self.has_wheels = true;
                    self.pip(call)
                }
                Pip::Other => Ok(()),
                Pip::Unreadable => Err(may_compile(call, "packages that are not known before the build")),
            };
        }
        if let Some(export) = Export::of(invocation) {
            let names = self.locked_names(call, export.lock)?;
            let lock = self.file(call, export.lock).and_then(|path| self.needs.context?.text(&path));
            // Who installs the list fetches them, maybe in another stage.
            if lock.is_some_and(is_of_git) {
                return Err(may_compile(call, "packages from repositories of Git"));
            }
            self.exported.push((resolve(&call.folder, &export.file), names));
            return Ok(());
        }
        let named = match invocation.subcommand(npm::VALUE_OPTIONS) {
            Subcommand::Named(_, name) => name.into_owned(),
            _ => String::new(),
        };
        match (invocation.program(), named.as_str()) {
            ("npm", "ci" | "install" | "i" | "clean-install" | "add" | "rebuild")
            | ("yarn", "" | "install" | "add" | "global") => self.node(call),
            ("pnpm", "install" | "i" | "add" | "fetch") => self.node(call),
            ("npx", _) => Ok(()),
            ("poetry", "install" | "sync" | "add") => self.locked(call, "poetry.lock"),
            ("uv", "sync") => self.locked(call, "uv.lock"),
            ("uv", "pip") => self.pip(call),
            ("pipenv", "install" | "sync") => self.locked(call, "Pipfile.lock"),
            ("pdm" | "conda" | "mamba" | "cpanm" | "cpan" | "luarocks", _) => {
                Err(may_compile(call, "packages that nothing here tells"))
            }
            ("bundle" | "bundler", "install" | "" | "update") => self.bundle(call),
            ("gem", "install" | "i") => {
                let words = invocation.operands(invocation.program_at + 1, &["-v", "--version", "-s", "--source"]);
                let words = words.skip(1).map(|(_, word)| word.map(|word| word.into_owned()));
                let (own, others): (Vec<_>, Vec<_>) =
                    words.partition(|word| word.as_deref().is_some_and(|word| word.ends_with(".gem")));
                own.into_iter().flatten().try_for_each(|file| self.own_gem(call, &file))?;
                plain_or(call, others.into_iter(), gem_is_plain)
            }
            ("gem", "build") => match invocation.arguments().get(1).and_then(|word| word.literal(invocation.text)) {
                Some(file) => self.own_gem(call, &file),
                None => Err(may_compile(call, "a gem that is not seen")),
            },
            (program, "setup.py") if program.starts_with("python") => self.project(call, "."),
            _ => Ok(()),
        }
    }

    fn pip(&mut self, call: &Call<'_>) -> Result<(), Why> {
        let invocation = &call.invocation;
        let is_told = call.run.state().variable("PIP_NO_BINARY") != Value::Unset
            || invocation.command.range.of(invocation.text).contains("PIP_NO_BINARY=");
        if is_told {
            return Err(may_compile(call, "packages from their sources"));
        }
        let words = invocation.arguments().iter().map(|word| word.literal(invocation.text));
        let mut words = words.skip_while(|word| !matches!(word.as_deref(), Some("install" | "wheel")));
        words.next();
        let mut found = Requirements::default();
        while let Some(word) = words.next() {
            let Some(word) = word else {
                return Err(may_compile(call, "packages that are not known before the build"));
            };
            let (option, value) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
                _ if word.starts_with("-r") && word.len() > 2 => ("-r", Some(word[2..].to_owned())),
                _ => (word.as_ref(), None),
            };
            let mut value =
                || value.clone().or_else(|| words.next().flatten().map(|word| word.into_owned())).unwrap_or_default();
            match option {
                "-r" | "--requirement" => {
                    let file = value();
                    let listed = self.requirements(call, &file)?;
                    found.join(listed);
                }
                "-e" | "--editable" => found.local.push((value(), true)),
                "--no-binary" => return Err(may_compile(call, "packages from their sources")),
                option if pip::VALUE_OPTIONS.contains(&option) => drop(value()),
                option if option.starts_with('-') => {}
                // They were looked at where they were made.
                name if self.has_wheels && self.lies_among_wheels(call, name) => {}
                name => {
                    self.git(call, name);
                    found.add(name).ok_or_else(|| may_compile(call, name))?;
                }
            }
        }
        let python = call.run.state().image().and_then(|image| image.python_version());
        if let Some((name, _)) = found.bounds.iter().find(|(name, bound)| may_lack_wheel(name, bound, python)) {
            return Err(may_compile(call, &format!("an old version of {name}")));
        }
        self.plain_python(call, found.names)?;
        found.local.iter().try_for_each(|(folder, _)| self.project(call, folder))
    }

    /// Whether a name means wheels that were copied from another stage.
    fn lies_among_wheels(&self, call: &Call<'_>, name: &str) -> bool {
        let Some((folder, file)) = name.rsplit_once('/') else { return false };
        let folder = resolve(&call.folder, folder);
        let stages = self.needs.stages();
        let before = stages.all()[call.run.stage()].body.start..call.run.index();
        let mut copies = before.filter_map(|index| stages.placements().at(index));
        (file == "*" || file.ends_with(".whl"))
            && copies.any(|placed| !placed.from_context && placed.destination.trim_end_matches('/') == folder)
    }

    fn requirements(&mut self, call: &Call<'_>, file: &str) -> Result<Requirements, Why> {
        let context = self.context()?;
        if let Some(names) = self.exported_names(call, file) {
            return Ok(Requirements { names, ..Requirements::default() });
        }
        let Some(path) = self.file(call, file) else { return Err(may_compile(call, &format!("what {file} lists"))) };
        let text = context.text(&path).unwrap_or_default();
        if text.contains("git+") {
            self.git(call, "git+");
        }
        if text.contains("--no-binary") {
            return Err(may_compile(call, "packages from their sources"));
        }
        Requirements::of_file(context, &path).ok_or_else(|| may_compile(call, &format!("what {file} lists")))
    }

    /// What a list has that was made of a lockfile, here or in a stage that it was copied from.
    fn exported_names(&self, call: &Call<'_>, file: &str) -> Option<Vec<String>> {
        let path = resolve(&call.folder, file);
        let stages = self.needs.stages();
        let before = stages.all()[call.run.stage()].body.start..call.run.index();
        let mut copies = before.filter_map(|index| stages.placements().at(index)).filter(|placed| !placed.from_context);
        let of_path = |path: &str| self.exported.iter().rfind(|(made, _)| made == path);
        let copied = || {
            let placed = copies.find(|placed| path.starts_with(&placed.destination))?;
            placed
                .sources
                .iter()
                .filter(|source| base_name(source) == base_name(&path))
                .find_map(|source| of_path(source))
        };
        of_path(&path).or_else(copied).map(|(_, names)| names.clone())
    }

    /// A project that is installed from where it lies.
    fn project(&mut self, call: &Call<'_>, folder: &str) -> Result<(), Why> {
        let context = self.context()?;
        let manifests = ["pyproject.toml", "setup.py", "setup.cfg"];
        let folder = folder.split('[').next().unwrap_or_default();
        let found = manifests.iter().find_map(|name| Some((self.file(call, &format!("{folder}/{name}"))?, name)));
        let Some((path, name)) = found else { return Err(may_compile(call, "a project that is not seen")) };
        let folder = path.strip_suffix(name).unwrap_or_default();
        let all: String = manifests.iter().filter_map(|name| context.text(&format!("{folder}{name}"))).collect();
        if ["setuptools_scm", "setuptools-scm", "hatch-vcs", "versioneer", "poetry-dynamic-versioning", "pdm-scm"]
            .iter()
            .any(|sign| all.contains(sign))
        {
            self.git(call, "git+");
        }
        match PythonProject::of_folder(context, folder) {
            Some(project) if project.compiles && !is_poetry_without_build(&all) => {
                Err(may_compile(call, "an extension of its own"))
            }
            // A `setup.py` quotes more than names.
            Some(project) if context.text(&format!("{folder}setup.py")).is_none() => {
                self.plain_python(call, project.names)
            }
            Some(project) => {
                let known_bad =
                    ["psycopg2", "mysqlclient", "uwsgi", "python-ldap", "pycurl", "dlib", "xmlsec", "pyodbc"];
                match project.names.iter().find(|name| known_bad.contains(&name.as_str())) {
                    Some(name) => Err(may_compile(call, name)),
                    None if all.contains("open(") || all.contains("read_text") => {
                        Err(may_compile(call, "what setup.py reads"))
                    }
                    None => Ok(()),
                }
            }
            None => Err(may_compile(call, "a project that is not seen")),
        }
    }

    fn locked(&mut self, call: &Call<'_>, lock: &str) -> Result<(), Why> {
        let names = self.locked_names(call, lock)?;
        self.plain_python(call, names)
    }

    fn locked_names(&mut self, call: &Call<'_>, lock: &str) -> Result<Vec<String>, Why> {
        let context = self.context()?;
        let Some(path) = self.file(call, lock) else { return Err(may_compile(call, "packages without a lockfile")) };
        if context.text(&path).is_some_and(is_of_git) {
            self.git(call, "git+");
        }
        let locked = context.locked_python(&path).ok_or_else(|| may_compile(call, &format!("what {lock} lists")))?;
        let folder = path.strip_suffix(lock).unwrap_or_default();
        let own = own_name(context.text(&format!("{folder}pyproject.toml")).unwrap_or_default());
        Ok(locked.names().filter(|name| Some(name.as_str()) != own.as_deref()).collect())
    }

    /// What another stage has compiled needs its libraries alone, where they are known.
    fn plain_python(&mut self, call: &Call<'_>, names: Vec<String>) -> Result<(), Why> {
        let image = self.needs.image().filter(|_| self.is_elsewhere(call));
        let python = call.run.state().image().and_then(|image| image.python_version());
        for name in names.into_iter().filter(|name| !pip_is_plain(name, python)) {
            let libraries = image.and_then(|image| libraries_of_python(image, &name));
            let libraries = libraries.ok_or_else(|| may_compile(call, &name))?;
            libraries.into_iter().for_each(|library| self.needs.need_package(library, IN_CONTAINERS));
        }
        Ok(())
    }

    fn bundle(&mut self, call: &Call<'_>) -> Result<(), Why> {
        let context = self.context()?;
        let Some(path) = self.file(call, "Gemfile.lock") else {
            return Err(may_compile(call, "gems without a lockfile"));
        };
        let text = context.text(&path).unwrap_or_default();
        if text.lines().any(|line| line == "GIT") {
            self.git(call, "git+");
        }
        let gems =
            text.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     ") && line.contains(" ("));
        let names = gems.map(|line| line.trim().split(' ').next().map(str::to_owned));
        plain_or(call, names, gem_is_plain)
    }

    /// A gem that is built from the project: `name.gemspec`, or the `name-1.0.gem` that comes of it.
    fn own_gem(&mut self, call: &Call<'_>, file: &str) -> Result<(), Why> {
        let context = self.context()?;
        let unseen = || may_compile(call, file);
        let name = base_name(file).trim_end_matches(".gem").trim_end_matches(".gemspec");
        let names = [name, name.rsplit_once('-').map_or(name, |(name, _)| name)];
        let specification = names.iter().find_map(|name| self.file(call, &format!("{name}.gemspec")));
        let text = specification.and_then(|path| context.text(&path)).ok_or_else(unseen)?;
        if text.contains("extensions") || context.below(".").any(|path| base_name(path) == "extconf.rb") {
            return Err(unseen());
        }
        if text.contains("git ls-files") {
            self.git(call, "git+");
        }
        let needs = text.lines().filter(|line| line.contains("dependency") && !line.contains("development"));
        let names = needs.map(|line| line.split(['"', '\'']).nth(1).map(str::to_owned));
        plain_or(call, names, gem_is_plain)
    }

    /// Whether the step runs in a stage that keeps its whole image.
    fn is_elsewhere(&self, call: &Call<'_>) -> bool {
        !self.needs.is_made_slim(call.run.stage())
    }

    /// A program that what is installed starts when it runs.
    fn starts(&mut self, call: &Call<'_>, package: &'static str) {
        self.needs.need_package(package, call.run.index());
    }

    fn git(&mut self, call: &Call<'_>, word: &str) {
        if word.starts_with("git+") && !self.is_elsewhere(call) {
            self.needs.need_package("git", call.run.index());
        }
    }

    fn context(&self) -> Result<&'n Context, Why> {
        self.needs.context.ok_or_else(|| self.needs.unknown())
    }

    /// The file of the context that lies where a command looks for it.
    fn file(&self, call: &Call<'_>, name: &str) -> Option<String> {
        let context = self.needs.context?;
        let stages = self.needs.stages();
        let path = resolve(&call.folder, name);
        let bound = call.run.mounts().into_iter().any(|mount| {
            mount.from.is_none() && mount.target.as_deref().is_some_and(|target| path.starts_with(target))
        });
        if bound && context.has(name) {
            return Some(name.to_owned());
        }
        let (mut stage, mut before) = (call.run.stage(), call.run.index());
        loop {
            match (Origin::of(stages, (stage, before), context, &path), &stages.all()[stage].base) {
                (Origin::Context(file), _) => return Some(file),
                (Origin::None, Base::Stage(base)) => {
                    stage = *base;
                    before = stages.all()[stage].body.end;
                }
                _ => return None,
            }
        }
    }
}

/// The folder that `cd` goes to.
pub(super) fn entered(invocation: &Invocation<'_>, folder: &str) -> Option<String> {
    let target = invocation.arguments().first().filter(|_| invocation.program() == "cd")?;
    Some(resolve(folder, &target.literal(invocation.text)?))
}

/// Whether pip is told to make wheels.
fn makes_wheels(invocation: &Invocation<'_>) -> bool {
    let words = invocation.arguments().iter().filter_map(|word| word.literal(invocation.text));
    let mut words = words.filter(|word| !word.starts_with('-') && !["pip", "pip3"].contains(&word.as_ref()));
    words.next().is_some_and(|word| word == "wheel")
}

/// The folder of a project that a package manager of Node.js is told.
fn prefix(invocation: &Invocation<'_>, folder: &str) -> String {
    let words: Vec<_> = invocation.arguments().iter().filter_map(|word| word.literal(invocation.text)).collect();
    let is_told = ["npm", "yarn", "pnpm"].contains(&invocation.program());
    let at = words.iter().position(|word| ["--prefix", "-C", "--cwd", "--dir"].contains(&word.as_ref()));
    match at.and_then(|at| words.get(at + 1)).filter(|_| is_told) {
        Some(told) => resolve(folder, told),
        None => folder.to_owned(),
    }
}

/// poetry's `build` table may only say which files go in.
fn is_poetry_without_build(manifests: &str) -> bool {
    manifests.contains("poetry-core") && !manifests.contains("build.py") && !manifests.contains("[tool.poetry.build]")
}

fn own_name(pyproject: &str) -> Option<String> {
    let line = pyproject.lines().find_map(|line| line.trim().strip_prefix("name"))?;
    let name = line.split_once('=')?.1.trim().trim_matches(['"', '\'']);
    Some(name.to_ascii_lowercase().replace(['_', '.'], "-"))
}

fn plain_or(
    call: &Call<'_>,
    mut names: impl Iterator<Item = Option<String>>,
    is_plain: impl Fn(&str) -> bool,
) -> Result<(), Why> {
    match names.find(|name| name.as_deref().is_none_or(|name| !is_plain(name))) {
        None => Ok(()),
        Some(Some(name)) => Err(may_compile(call, &name)),
        Some(None) => Err(may_compile(call, "packages that are not known before the build")),
    }
}

/// Whether a lockfile of Python lists what Git fetches.
fn is_of_git(lock: &str) -> bool {
    ["type = \"git\"", "git+", "git = "].iter().any(|sign| lock.contains(sign))
}

fn may_compile(call: &Call<'_>, package: &str) -> Why {
    NotSlim::MayCompile { line: call.run.instruction().first_line, package: package.to_owned() }.into_why()
}
