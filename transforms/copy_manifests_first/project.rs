//! The files of the project that installations read, and what shows that they may read more.

use dopt_model::commands::paths::resolve;
use dopt_model::{ComposerProject, Context, NodePackage};
use dopt_rewrite::{NotFirst, Why};

use super::reads::{Install, Kind};

/// Folders that installations write, which a later `COPY` must not bring.
const OUTPUTS: &[&str] = &["node_modules", ".venv", "venv", "vendor", "__pypackages__", ".bundle"];

/// Scripts of a `package.json` that an installation runs.
const HOOKS: &[&str] = &[
    "preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare", "dependencies",
    "pnpm:devPreinstall",
];

/// Settings of npm that name files.
const FILES_OF_NPM: &[&str] =
    &["cafile", "certfile", "keyfile", "userconfig", "globalconfig", "init-module", "node-options", "script-shell"];

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
                _ if matches!(install.kind, Kind::Pip { .. }) => String::new(),
                _ => return Err(missing(line, "the folder that it runs in")),
            };
            match &install.kind {
                Kind::Node { runs_scripts } => files.extend(self.node(&inside, *runs_scripts, line)?),
                Kind::Pip { lists, .. } => {
                    for list in lists {
                        let path = resolve(&install.folder, list);
                        let rest = path.strip_prefix(self.destination.trim_end_matches('/'));
                        let rest = rest.and_then(|rest| rest.strip_prefix('/')).ok_or_else(|| missing(line, list))?;
                        self.list(rest, line, &mut files)?;
                    }
                }
                Kind::Other { needs, takes, with_project } => {
                    files.extend(self.others(&inside, needs, takes, line)?);
                    if *with_project && !self.is_no_package(&inside) {
                        return Err(Why::NotFirst(NotFirst::InstallsProject { line }));
                    }
                }
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
        let locked = self.text(&format!("{inside}package-lock.json")).unwrap_or_default();
        let links = ["\"link\": true", "\"link\":true", "\"resolved\": \"file:", "\"resolved\":\"file:"];
        if package.has_workspaces()
            || package.has_local_dependencies()
            || links.iter().any(|sign| locked.contains(sign))
            || self.text(&format!("{inside}.npmrc")).is_some_and(names_files)
            || local.iter().any(|sign| text.contains(sign))
            || unread.iter().any(|name| has(name))
        {
            return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
        }
        let runs = |name: &&&str| package.script(name).is_some_and(|script| !reads_nothing(script));
        if let Some(script) = HOOKS.iter().find(runs).filter(|_| runs_scripts) {
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
                _ if is_local(found) => {
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
                "=> ./", "=> ../", "workspace", "Dir[", "Dir.", "eval(", "load ",
            ];
            if !is_lock(name) && local.iter().any(|sign| text.contains(sign)) || self.has(&format!("{inside}go.work")) {
                return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
            }
            // A version that is told by Git, or by a source, is found out for the lockfile.
            if *name == "pyproject.toml" && needs.contains(&"uv.lock") && text.contains("dynamic") {
                return Err(Why::NotFirst(NotFirst::ReadsSources { line }));
            }
            files.push(path);
        }
        if takes.iter().any(|name| name.contains('/') && self.has(&format!("{inside}{name}"))) {
            return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
        }
        let folder = format!("{}{inside}", self.source);
        if needs.contains(&"composer.json")
            && ComposerProject::of_folder(self.context, &folder).is_none_or(|project| project.installs_from_folders())
        {
            return Err(Why::NotFirst(NotFirst::LocalDependencies { line }));
        }
        files.extend(takes.iter().map(|name| format!("{inside}{name}")).filter(|path| self.has(path)));
        Ok(files)
    }

    /// Whether a `pyproject.toml` describes no package, so that there is none to install.
    fn is_no_package(&self, inside: &str) -> bool {
        let text = self.text(&format!("{inside}pyproject.toml")).unwrap_or_default();
        let says = |key: &str, value: &str| {
            let is_it =
                |line: &str| line.split_once('=').is_some_and(|(name, is)| name.trim() == key && is.trim() == value);
            text.lines().any(is_it)
        };
        let is_for_uv = self.has(&format!("{inside}uv.lock"));
        match is_for_uv {
            true => !text.contains("[build-system]") && !says("package", "true"),
            false => says("package-mode", "false") || says("distribution", "false"),
        }
    }
}

/// Whether a script of a `package.json` looks at no file but that.
fn reads_nothing(script: &str) -> bool {
    let script = script.trim().trim_end_matches("|| true").trim_end_matches("|| exit 0").trim();
    let script = script.trim_start_matches("is-ci ||").trim();
    let words: Vec<&str> = script.split_whitespace().filter(|word| !word.starts_with('-')).collect();
    matches!(words[..], ["husky"] | ["husky", "install"] | ["npx", "only-allow", _] | ["npx", "husky", "install"])
}

/// Whether settings of npm name a file, which is to be there.
fn names_files(settings: &str) -> bool {
    let keys = settings.lines().filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim());
    keys.into_iter().any(|key| FILES_OF_NPM.iter().any(|known| key == *known || key.ends_with(&format!(":{known}"))))
}

/// Whether a line of a list of pip is the path of a folder or a file.
fn is_local(line: &str) -> bool {
    let line = line.split(';').next().unwrap_or_default().trim();
    let is_path = !line.contains("://") && !line.starts_with(['-', '#']) && line.contains(['/', '\\']);
    let is_file = [".whl", ".gz", ".zip", ".bz2"].iter().any(|end| line.ends_with(end)) && !line.contains("://");
    line.starts_with(['.', '/']) || line.contains("file:") || is_path || is_file
}

/// Whether a file is written by a tool, and stands behind the manifest that it is made from.
pub(super) fn is_lock(path: &str) -> bool {
    ["lock", "lock.json", "lock.yaml", ".sum", "npm-shrinkwrap.json"].iter().any(|end| path.ends_with(end))
}

fn missing(line: usize, file: &str) -> Why {
    Why::NotFirst(NotFirst::ManifestMissing { line, file: file.to_owned() })
}
