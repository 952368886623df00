//! What poetry, uv, `setup.py` and Django's `manage.py` install and fill.

use dopt_model::commands::paths::resolve;
use dopt_model::{Context, Value};

use super::super::leavings::Call;
use super::super::own_scripts;
use super::super::stack::Scene;
use super::found::{Folders, Found, unseen};

impl Found {
    pub(super) fn read_poetry(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        words: &[&str],
    ) -> Folders {
        match words {
            ["config", "virtualenvs.create", "false"] => {
                self.is_global = true;
                Ok(Some(Vec::new()))
            }
            ["config", "virtualenvs.in-project", "true"] => Ok(Some(Vec::new())),
            ["install" | "sync", rest @ ..] => {
                let state = call.run.state();
                let says = |name: &str, words: &[&str]| matches!(state.variable(name), Value::Known(value) if words.contains(&value.as_str()));
                let is_outside = says("POETRY_VIRTUALENVS_CREATE", &["0", "false", "False"]);
                let is_inside = says("POETRY_VIRTUALENVS_IN_PROJECT", &["1", "true", "True"]);
                let text = scene.subject.document().text();
                let is_set_up = ["virtualenvs.create false", "virtualenvs.in-project true"]
                    .iter()
                    .any(|words| text.contains(words));
                if !is_outside && !is_inside && !is_set_up {
                    return Err(unseen(call));
                }
                self.only_pip = false;
                self.is_global |= is_outside;
                self.with_developing = !leaves_out(rest);
                self.locks(scene, context, call, "poetry.lock")?;
                Ok(Some(vec![call.folder.clone()]))
            }
            ["check" | "lock" | "--version" | "show", ..] => Ok(Some(vec![call.folder.clone()])),
            _ => Err(unseen(call)),
        }
    }

    pub(super) fn read_uv(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>, words: &[&str]) -> Folders {
        match words {
            ["pip", "install", rest @ ..] => {
                let state = call.run.state();
                let is_system = rest.contains(&"--system") || state.variable("UV_SYSTEM_PYTHON") != Value::Unset;
                if !is_system {
                    return Err(unseen(call));
                }
                self.read_pip(scene, context, call).map(Some)
            }
            ["sync", rest @ ..] => {
                // Another interpreter than that of the image would lie in a folder of its own.
                if context.has(".python-version") {
                    return Err(unseen(call));
                }
                self.locks(scene, context, call, "uv.lock")?;
                self.with_developing = !leaves_out(rest);
                let rest = rest.iter().map(|word| (*word).to_owned()).collect();
                self.synced = Some((call.folder.clone(), rest));
                let environment = match call.run.state().variable("UV_PROJECT_ENVIRONMENT") {
                    Value::Unset => None,
                    Value::Known(path) if path != "/usr/local" => Some(resolve(&call.folder, &path)),
                    _ => return Err(unseen(call)),
                };
                self.environments.extend(environment.iter().cloned());
                Ok(Some(environment.into_iter().chain([call.folder.clone()]).collect()))
            }
            ["--version" | "cache", ..] => Ok(Some(Vec::new())),
            _ => Err(unseen(call)),
        }
    }

    /// What `setup.py` builds lies in its folder, what it installs beside the interpreter.
    pub(super) fn read_setup(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        words: &[&str],
    ) -> Folders {
        let elsewhere = ["--user", "--prefix", "--root", "--home", "--install-lib", "--install-scripts", "-d"];
        let is_odd = |word: &&str| elsewhere.contains(&word.split('=').next().unwrap_or(word));
        let known = ["build", "build_ext", "build_py", "egg_info", "test", "check", "sdist", "bdist_wheel"];
        let commands: Vec<&&str> = words.iter().filter(|word| !word.starts_with('-')).collect();
        let installs = |word: &&&str| ["install", "develop"].contains(*word);
        if words.iter().any(is_odd) || !commands.iter().all(|word| known.contains(*word) || installs(word)) {
            return Err(unseen(call));
        }
        self.compiles |= words.contains(&"build_ext");
        self.read_local(scene, context, call, ".", &[])?;
        self.is_global |= commands.iter().any(installs);
        self.is_checked |= commands.iter().any(|word| **word == "test");
        Ok(Some(vec![call.folder.clone()]))
    }

    /// Which folders a command of Django fills: that of the project, and the one that the settings name for static files.
    pub(super) fn manages(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>, command: &str) -> Folders {
        let is_kept = !["check", "test"].contains(&command);
        if is_kept && own_scripts::is_told_elsewhere(scene, context, call) {
            return Err(unseen(call));
        }
        let mut folders = vec![call.folder.clone()];
        match command {
            "collectstatic" => folders.extend(absolute_values(context, "STATIC_ROOT").ok_or_else(|| unseen(call))?),
            "compilemessages" => folders.extend(absolute_values(context, "LOCALE_PATHS").ok_or_else(|| unseen(call))?),
            "check" => {}
            "test" => self.is_checked = true,
            "migrate" | "makemigrations" | "loaddata" if absolute_values(context, "NAME") == Some(Vec::new()) => {}
            _ => return Err(unseen(call)),
        }
        Ok(Some(folders))
    }
}

/// The absolute paths that settings give names with a word in them; `None` where they are more than a path.
fn absolute_values(context: &Context, word: &str) -> Option<Vec<String>> {
    let lines = context.texts().flat_map(|(_, text)| text.lines()).filter(|line| line.contains(word));
    let mut found = Vec::new();
    for line in lines.filter(|line| line.contains("'/") || line.contains("\"/")) {
        let value = line.trim().strip_prefix(word)?.trim_start().strip_prefix('=')?.trim();
        let path = value.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
        found.push(resolve("/", path.trim_end_matches('/')));
    }
    Some(found)
}

/// Whether options of an installation say which groups of packages are meant.
fn leaves_out(words: &[&str]) -> bool {
    let signs = ["--only", "--no-dev", "--without", "--no-default-groups", "--no-group", "--group", "--with"];
    words.iter().any(|word| signs.iter().any(|sign| word.starts_with(sign)))
}
