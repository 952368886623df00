//! What the builder gets rid of before its packages are carried over: what only it has used, and what the second image
//! has itself.

use dopt_model::{ImageRef, User};

use super::super::stack::Scene;
use super::found::Found;
use super::interpreter::Interpreter;
use super::tools::{self, Running};

/// What is not carried over.
#[derive(Default)]
pub(super) struct Dropped {
    /// Packages that are uninstalled.
    packages: Vec<String>,
    /// Whether some of them checked the project.
    pub has_checks: bool,
    /// How uv brings its environment up to date without what only developing needs.
    synced: Option<String>,
    /// What checks have left.
    files: Vec<String>,
    /// Packages of the second image that the builder has in another version.
    stale: Vec<&'static str>,
}

impl Dropped {
    /// Looks at what the steps have installed, and who uses it.
    pub fn of(
        scene: &Scene<'_>,
        found: &Found,
        running: &Running<'_>,
        interpreter: Interpreter,
        last: usize,
    ) -> Dropped {
        let state = scene.subject.stages.state(scene.stage, last + 1);
        let is_of_image = interpreter == Interpreter::OfImage;
        if !matches!(state.user(), User::Root) {
            let stale = if is_of_image { stale(found, false) } else { Vec::new() };
            return Dropped { stale, ..Dropped::default() };
        }
        let mut dropped = Dropped::default();
        // What is named to pip may need some of them.
        let is_all_locked = found.named.iter().all(|name| tools::is_tool(name));
        let developing = found.locked.as_ref().filter(|_| found.with_developing && is_all_locked);
        let developing = developing.map(|lock| &lock.developing[..]).unwrap_or_default();
        let developing = tools::of_developing(developing, running);
        let is_together = found.lies_together();
        if is_together {
            dropped.packages.extend(developing.iter().cloned());
        }
        if is_together && found.is_checked {
            dropped.packages.extend(tools::of_checks(&found.named, &found.names, running));
        }
        // By itself, `omit-dev` would not have installed them.
        dropped.has_checks = found.is_checked && !dropped.packages.is_empty();
        if is_together || !found.is_global {
            let production = found.locked.as_ref().map(|lock| &lock.production[..]);
            dropped.packages.extend(tools::of_installers(&found.named, production, running));
        }
        if is_together {
            dropped.packages.extend(tools::of_compilers(&found.named, running));
        }
        // The second image has it, in the version that its interpreter came with.
        let has_pip = found.environments.is_empty() && !(found.upgrades("pip") && running.starts("pip"));
        if is_of_image {
            dropped.packages.extend((has_pip && found.is_global).then(|| "pip".to_owned()));
            dropped.stale = stale(found, has_pip);
        } else if is_together && found.upgrades("pip") && !running.starts("pip") && !running.starts("pip3") {
            dropped.packages.push("pip".to_owned());
        }
        dropped.packages.sort();
        dropped.packages.dedup();
        let here = found.synced.as_ref().filter(|(folder, _)| state.workdir() == Some(folder.as_str()));
        if let Some((_, words)) = here.filter(|_| !developing.is_empty() && !running.starts("uv")) {
            dropped.synced = without_developing(words);
            dropped.has_checks |= found.is_checked && dropped.synced.is_some();
        }
        let is_gone = |program: &str| dropped.packages.iter().chain(&developing).any(|name| name == program);
        let kept = found.kept_by_checks.iter().filter(|(program, _)| dropped.has_checks && is_gone(program));
        dropped.files = kept.map(|(_, folder)| folder.clone()).collect();
        dropped
    }

    /// Whether anything that lies beside the interpreter is more than what the second image has itself.
    pub fn needs_global(&self, found: &Found) -> bool {
        let is_left = |name: &String| name != "pip" && !self.packages.contains(name);
        found.is_global || found.global.iter().any(is_left)
    }

    /// The steps of the builder, behind which these paths are carried over.
    pub fn steps(&self, found: &Found, paths: &[String]) -> Vec<String> {
        let is_wanted = self.needs_global(found) || !found.environments.is_empty();
        let packages = Some(self.packages.join(" ")).filter(|packages| !packages.is_empty() && is_wanted);
        let pip = if found.pip.is_empty() { "pip" } else { &found.pip };
        let allowed = if found.breaks_system { " --break-system-packages" } else { "" };
        let uninstall = packages.map(|packages| format!("{pip} uninstall -y{allowed} {packages}"));
        let mut commands: Vec<String> = uninstall.into_iter().collect();
        commands.extend(self.synced.clone());
        let is_carried = |file: &&String| {
            paths.iter().any(|path| file.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        let mut files: Vec<&str> = self.files.iter().filter(is_carried).map(String::as_str).collect();
        files.sort_unstable();
        files.dedup();
        if !files.is_empty() {
            commands.push(format!("rm -rf {}", files.join(" ")));
        }
        if commands.is_empty() { Vec::new() } else { vec![format!("RUN {}", commands.join(" && "))] }
    }

    /// The step of the second image that makes room: of two versions of a package, files of both would stay.
    pub fn replaced(&self, image: ImageRef<'_>) -> Option<String> {
        let has_setuptools = image.newest_version().is_some_and(|version| version < (3, 12));
        let stale: Vec<&str> = self.stale.iter().copied().filter(|name| *name == "pip" || has_setuptools).collect();
        (!stale.is_empty()).then(|| format!("RUN pip uninstall -y {}", stale.join(" ")))
    }
}

/// What the builder may have in another version than the second image, and what is carried over.
fn stale(found: &Found, is_pip_dropped: bool) -> Vec<&'static str> {
    let names = if is_pip_dropped { &["setuptools", "wheel"][..] } else { &["setuptools", "wheel", "pip"] };
    names.iter().copied().filter(|name| found.upgrades(name)).collect()
}

/// `uv sync` with these words, and without what only developing needs; `None` where they speak of it.
fn without_developing(words: &[String]) -> Option<String> {
    let signs = ["dev", "group", "extra", "package"];
    let speaks = |word: &String| word.starts_with("--") && signs.iter().any(|sign| word.contains(sign));
    let all: String = words.iter().map(|word| format!(" {word}")).collect();
    (!words.iter().any(speaks)).then(|| format!("uv sync{all} --no-dev"))
}
