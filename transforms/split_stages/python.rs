//! Python: what pip, poetry, uv and pipenv install, carried into the slim image of the same version.

mod dropped;
mod found;
mod interpreter;
mod managers;
mod needs;
mod tools;

use dopt_model::commands::paths::base_name;
use dopt_model::{ImageRef, PythonPackage, pip_is_plain};
use dopt_rewrite::{NotSplit, Refusal, SplitBase};

use super::leavings::Leavings;
use super::stack::{Plan, Scene, Stack};
use super::{carry, started};
use dropped::Dropped;
use found::Found;
use interpreter::Interpreter;
use needs::UNKNOWN;
pub(crate) use needs::libraries_of_python;
use tools::Running;

pub(super) const STACK: Stack = Stack {
    triggers: &[
        "pip install", "pip3 install", "setup.py", "poetry install", "uv sync", "uv pip", "pipenv install",
        "pipenv sync",
    ],
    images: &["python"],
    compiles: false,
    plan,
};

/// Of Python, where it is known.
type Version = Option<(u32, u32)>;

const CAVEAT: &str = "A package that was compiled against a library that only the build image has, or that starts one of its \
                      programs in a way that its sources do not show, does not find it any longer.";

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let image = scene.image;
    let interpreter = Interpreter::of(scene)?;
    let Some(context) = scene.context()? else { return Err(scene.refuse(NotSplit::ContextNotRead)) };
    let mut found = Found { only_pip: true, ..Found::default() };
    let mut leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    found.add_what_they_bring();
    let python = image.python_version();
    if interpreter == Interpreter::OfDebian && !leavings.kept.iter().any(|name| name.starts_with("python3")) {
        return Err(scene.refuse(NotSplit::BaseUnknown));
    }
    let commands = started::commands(scene);
    let texts = started::with_scripts(scene.subject, &commands, context);
    let running = texts.as_ref().ok().map(|texts| Running { texts, context });
    let dropped = running.as_ref().map(|running| Dropped::of(scene, &found, running, interpreter, leavings.last));
    let dropped = dropped.unwrap_or_default();
    interpreter.keep(&mut leavings, running.as_ref());
    let slim = image.slim_variant();
    let is_smaller = slim.is_some() && interpreter == Interpreter::OfImage;
    // What compiles is taken out of the one stage that starts from Debian, by `purge-build-deps`.
    let has_builders = leavings.has_builders && interpreter == Interpreter::OfImage;
    if !has_builders && !dropped.has_checks && (!is_smaller || is_plain(&found, python)) {
        return Err(scene.refuse(NotSplit::NothingLeftBehind));
    }
    let slim = slim.filter(|_| scene.wanted != SplitBase::Same);
    let is_smaller = slim.is_some() && interpreter == Interpreter::OfImage;
    let texts = texts.as_ref().map_err(|why| scene.refuse(why.clone()))?;
    if let Some(name) = unknown(&found, &leavings, is_smaller, python) {
        return Err(scene.refuse(NotSplit::PackageUnknown { name }));
    }
    let tools = started::needed_packages(scene.subject, texts, context).map_err(|why| scene.refuse(why))?;
    let names_git = found.names.iter().any(|name| name.contains("git")) || found.needs().any(|need| need == "git");
    if is_smaller && !names_git && !tools.contains(&"git") && !started::is_shell(&commands) {
        leavings.leave_with_builders("git");
    }
    let mut more: Vec<&str> = Vec::new();
    if slim.is_some() {
        more.extend(tools);
    }
    if is_smaller {
        for need in found.needs() {
            match need.ends_with("-dev") {
                true => leavings.headers.push((need.to_owned(), scene.line())),
                false => more.push(need),
            }
        }
    }
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    if !carry::has_user(&end.user(), &leavings, &[]) {
        return Err(scene.refuse(NotSplit::UserUnknown));
    }
    for (name, index) in &found.installers {
        let folder = format!("{}/.local", leavings.home_of(name).ok_or_else(|| scene.refuse(NotSplit::UserUnknown))?);
        leavings.filled.push((folder.clone(), *index));
        leavings.marked.push((folder, format!("chown {name}:")));
    }
    if leavings.fetches_installer && texts.iter().flat_map(|text| started::words(text)).any(is_fetched) {
        return Err(scene.refuse(NotSplit::RuntimeShellout));
    }
    let mut paths = carry::paths(scene, &leavings)?;
    let is_named = |path: &String| texts.iter().any(|text| text.contains(path.as_str()));
    paths.retain(|path| !found.wheelhouses.contains(path) || is_named(path));
    let packages = carry::packages(&leavings, leavings.kept.clone(), image, &more, &interpreter.brought())
        .map_err(|why| scene.refuse(why))?;
    let mut installed = carry::installation(&packages, leavings.is_spare || leavings.kept.is_empty());
    let needs_global = dropped.needs_global(&found);
    installed.extend(dropped.replaced(image).filter(|_| needs_global));
    installed.extend(carry::ownership(scene, &leavings, &paths)?);
    let prepared = dropped.steps(&found, &paths);
    let mut carried = if needs_global { interpreter.carried(&found, scene) } else { Vec::new() };
    let has = |path: &str| carried.iter().any(|folder| path == folder.from || carry::is_below(path, &folder.from));
    let rest: Vec<String> = paths.into_iter().filter(|path| !has(path)).collect();
    carried.extend(carry::carried(rest));
    let base = slim.map_or_else(|| written(image), |slim| format!("{}:{}", image.name, slim.tag));
    Ok(Plan {
        last: leavings.last,
        base,
        prepared,
        installed,
        carried,
        finished: Vec::new(),
        restart: None,
        caveat: CAVEAT,
    })
}

/// Whether a word is a program that an installer fetches, which stays behind.
fn is_fetched(word: &str) -> bool {
    ["poetry", "uv", "uvx"].contains(&base_name(word))
}

/// A package of which it is not known what it needs of Debian, where the second image has less of that.
fn unknown(found: &Found, leavings: &Leavings, is_smaller: bool, python: Version) -> Option<String> {
    let compiled = found.from_source.iter().filter(|name| is_smaller && !needs::is_known_from_source(name));
    let is_unknown = |name: &str| {
        let is_seen = || match PythonPackage::named(name) {
            // What it brings along is among the names.
            Some(package) => {
                package.is_plain(python) || !package.needing.is_empty() && !package.needing.contains(&name)
            }
            // A `setup.py` quotes more than names.
            None => !found.named.iter().any(|named| named == name),
        };
        is_smaller && !needs::is_known_from_source(name) && !is_seen()
    };
    let named = found.names.iter().filter(|name| UNKNOWN.contains(&name.as_str()) || is_unknown(name));
    // What was installed for it by name goes along.
    let is_unclear = is_smaller && found.links && leavings.headers.is_empty();
    named.chain(compiled).next().cloned().or_else(|| is_unclear.then(|| "that the project builds".to_owned()))
}

/// Whether a slim image without a split would do as well: nothing is compiled, and nothing needs more of Debian.
fn is_plain(found: &Found, python: Version) -> bool {
    found.only_pip
        && !found.compiles
        && found.from_source.is_empty()
        && found.names.iter().all(|name| pip_is_plain(name, python))
}

fn written(image: ImageRef<'_>) -> String {
    match image.tag {
        Some(tag) => format!("{}:{tag}", image.name),
        None => image.name.to_owned(),
    }
}
