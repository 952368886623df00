//! Scripts of the project that a step runs with an interpreter: whether what they leave lies in the folder they run in.

use dopt_model::commands::paths::resolve;
use dopt_model::{Context, Origin, Value};
use dopt_syntax::dockerfile::{Keyword, pairs};

use super::carry::is_below;
use super::leavings::Call;
use super::stack::Scene;

/// Modules of Python that keep nothing outside of the folder that a script works in.
const HARMLESS: &[&str] = &[
    "__future__", "abc", "argparse", "base64", "collections", "contextlib", "csv", "dataclasses", "datetime",
    "decimal", "django", "enum", "flask", "functools", "glob", "hashlib", "io", "itertools", "jinja2", "joblib",
    "json", "logging", "markdown", "math", "numpy", "operator", "os", "pandas", "pathlib", "pickle", "pprint",
    "random", "re", "secrets", "shutil", "sklearn", "sqlalchemy", "sqlite3", "statistics", "string", "struct", "sys",
    "textwrap", "time", "typing", "uuid", "yaml", "zipfile", "zlib",
];

/// Words of sources that speak of a folder elsewhere.
const ELSEWHERE: &[&str] =
    &["expanduser", "Path.home", "homedir", "os.tmpdir", "process.env.HOME", "~/", "fetch_", "gettempdir"];

/// How deep modules may load each other.
const DEEPEST: usize = 4;

/// Variables whose folders no project writes into.
const OF_TOOLS: &[&str] = &[
    "PATH", "PYTHONPATH", "NODE_PATH", "VIRTUAL_ENV", "POETRY_HOME", "HOME", "LANG", "SHELL", "JAVA_HOME", "NVM_DIR",
    "PYTHONUSERBASE", "UV_PROJECT_ENVIRONMENT", "PIP_CACHE_DIR", "NPM_CONFIG_PREFIX",
];

/// Whether a variable that is set for a step names a place outside of the folder that it runs in, and a source asks for it.
pub(super) fn is_told_elsewhere(scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> bool {
    let (stages, document) = (scene.subject.stages, scene.subject.document());
    let assigned = call.invocation.command.assignments.iter();
    if assigned.map(|found| found.value.range.of(call.invocation.text)).any(|value| value.contains('/')) {
        return true;
    }
    let before = stages.all()[scene.stage].body.start..call.run.index();
    let setting = before.map(|index| &document.instructions()[index]).filter(|found| found.keyword == Keyword::Env);
    let names = setting.flat_map(|found| {
        let text = found.logical.text(document.text());
        pairs(found, document.text(), document.escape()).into_iter().map(|pair| pair.name.of(text))
    });
    names.filter(|name| !OF_TOOLS.contains(name)).any(|name| {
        let is_elsewhere = match call.run.state().variable(name) {
            Value::Known(value) => names_elsewhere(&value, &call.folder),
            Value::Unset => false,
            _ => true,
        };
        // Tools ask for that one, too.
        is_elsewhere && (name == "DATABASE_URL" || context.texts().any(|(_, text)| text.contains(name)))
    })
}

/// Whether a value is a path outside of a folder, or the address of a file there.
fn names_elsewhere(value: &str, folder: &str) -> bool {
    let path = match value.split_once("://") {
        Some((scheme, rest)) if scheme.starts_with("sqlite") => rest.strip_prefix('/').unwrap_or(rest),
        Some(_) => return false,
        None => value.strip_prefix("file:").unwrap_or(value),
    };
    let place = resolve(folder, path);
    path.contains('/') && place != folder && !is_below(&place, folder)
}

/// Whether a script that Node.js runs lies in the project, and names no place outside of the folder that it runs in.
pub(super) fn stays_of_node(scene: &Scene<'_>, context: &Context, call: &Call<'_>, file: &str) -> bool {
    let text = text(scene, context, call, &resolve(&call.folder, file));
    let is_inside = |text: &str| names_nothing_outside(text, &call.folder) && !text.contains("child_process");
    text.is_some_and(is_inside) && !is_told_elsewhere(scene, context, call)
}

/// The same of Python, whose modules all have to be those of the project, or known to keep nothing elsewhere.
pub(super) fn stays_of_python(scene: &Scene<'_>, context: &Context, call: &Call<'_>, file: &str) -> bool {
    if is_told_elsewhere(scene, context, call) {
        return false;
    }
    let mut open = vec![resolve(&call.folder, file)];
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..DEEPEST {
        let mut loaded = Vec::new();
        for path in open.drain(..) {
            let Some(text) = text(scene, context, call, &path).filter(|_| !seen.contains(&path)) else { return false };
            if !names_nothing_outside(text, &call.folder) {
                return false;
            }
            let beside = path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned();
            for module in modules(text).filter(|module| !HARMLESS.contains(&module.split('.').next().unwrap_or(module)))
            {
                let name = module.replace('.', "/");
                let places = [format!("{beside}/{name}.py"), format!("{beside}/{name}/__init__.py")];
                match places.into_iter().find(|place| self::text(scene, context, call, place).is_some()) {
                    Some(place) => loaded.push(place),
                    None => return false,
                }
            }
            seen.push(path);
        }
        loaded.retain(|path| !seen.contains(path));
        if loaded.is_empty() {
            return true;
        }
        loaded.sort();
        loaded.dedup();
        open = loaded;
    }
    false
}

/// The text of a file of the context that lies below the folder of a call.
fn text<'c>(scene: &Scene<'_>, context: &'c Context, call: &Call<'_>, path: &str) -> Option<&'c str> {
    let place = (scene.stage, call.run.index());
    match Origin::of(scene.subject.stages, place, context, path) {
        Origin::Context(file) if is_below(path, &call.folder) => context.text(&file),
        _ => None,
    }
}

/// Whether no string is an absolute path outside of a folder.
fn names_nothing_outside(text: &str, folder: &str) -> bool {
    let outside = ["\"/", "'/", "`/"].iter().flat_map(|sign| text.match_indices(sign)).any(|(at, _)| {
        let rest = &text[at + 1..];
        let path = &rest[..rest.find(['"', '\'', '`', '\n']).unwrap_or(rest.len())];
        path.len() > 1 && !is_below(path, folder) && path != folder
    });
    !outside && !text.contains("../..") && !ELSEWHERE.iter().any(|word| text.contains(word))
}

/// The modules that a source of Python loads.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';']).map(str::trim_start).flat_map(|line| {
        let (named, listed) = match (line.strip_prefix("from "), line.strip_prefix("import ")) {
            (Some(rest), _) => (rest.split_whitespace().next(), ""),
            (None, Some(rest)) => (None, rest),
            (None, None) => (None, ""),
        };
        let listed = listed.split(',').filter_map(|name| name.split_whitespace().next());
        named.map(|name| name.trim_start_matches('.')).into_iter().chain(listed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_read_from_both_forms() {
        let text = "import os, sqlite3 as db; x = 1\nfrom shop.models import Item\nprint('import x')\n";
        assert_eq!(modules(text).collect::<Vec<_>>(), ["os", "sqlite3", "shop.models"]);
    }

    #[test]
    fn values_that_name_files_elsewhere_are_seen() {
        for (value, is_it) in [
            ("/data/app.db", true),
            ("/app/data/app.db", false),
            ("data/app.db", false),
            ("sqlite:////data/app.db", true),
            ("sqlite:///data/app.db", false),
            ("postgres://db/app", false),
            ("file:/data/app.db", true),
            ("file:./dev.db", false),
            ("production", false),
            ("/app", false),
        ] {
            assert_eq!(names_elsewhere(value, "/app"), is_it, "{value}");
        }
    }

    #[test]
    fn places_elsewhere_are_seen() {
        assert!(names_nothing_outside("open('data/app.db'); x = '/'; y = \"/app/data/x\"", "/app"));
        assert!(!names_nothing_outside("open('/var/lib/app.db')", "/app"));
        assert!(!names_nothing_outside("os.path.expanduser('x')", "/app"));
    }
}
