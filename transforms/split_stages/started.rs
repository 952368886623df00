//! What containers start: tools that a smaller image lacks, and scripts that start them.

use dopt_model::commands::paths::base_name;
use dopt_model::commands::starters::SHELLS;
use dopt_model::{Context, Evidence, NodePackage, Service, Tool, shell_form};
use dopt_rewrite::{NotSplit, Subject};
use dopt_syntax::dockerfile::{Form, Keyword};

use super::carry::is_script;
use super::stack::Scene;

pub(super) const SUPERVISORS: &[&str] =
    &["supervisord", "s6-svscan", "runsvdir", "foreman", "honcho", "overmind", "circusd"];

/// Scripts that images bring or steps fetch, which start what stands behind them and nothing else.
const KNOWN: &[&str] = &["docker-entrypoint.sh", "wait-for-it.sh"];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

/// What the instructions say that start something, one text each.
pub(super) fn commands(scene: &Scene<'_>) -> Vec<String> {
    commands_of(scene.subject, scene.stage)
}

/// The same of a stage.
pub(crate) fn commands_of(subject: &Subject<'_>, stage: usize) -> Vec<String> {
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[stage].body.clone()];
    let last = |keyword| body.iter().rfind(|found| found.keyword == keyword);
    let found = [Keyword::Entrypoint, Keyword::Cmd, Keyword::Healthcheck].into_iter().filter_map(last);
    let text = |found: &dopt_syntax::dockerfile::Instruction| match &found.form {
        Form::Exec(words) => Some(words.join(" ")),
        Form::Shell => shell_form(found, document.text()).map(str::to_owned),
    };
    // What every Node.js loads first.
    let loads = |found: &&dopt_syntax::dockerfile::Instruction| {
        found.keyword == Keyword::Env && found.arguments_text(document.text()).contains("NODE_OPTIONS")
    };
    let loading = body.iter().filter(loads).map(|found| found.arguments_text(document.text()).to_owned());
    let services = subject.services(stage).flat_map(Service::texts).map(str::to_owned);
    found.filter_map(text).chain(loading).chain(services).collect()
}

/// The packages that bring what containers start and a smaller image lacks. Refuses what cannot be looked into, and
/// what starts a compiler.
pub(super) fn needed_packages(
    subject: &Subject<'_>,
    commands: &[String],
    context: &Context,
) -> Result<Vec<&'static str>, NotSplit> {
    let texts = with_scripts(subject, commands, context)?;
    let mut tools: Vec<Tool> = texts.iter().flat_map(|text| Tool::in_shell(text)).collect();
    tools.extend(Evidence::of_sources(context).tools.into_iter().map(|(tool, _)| tool));
    let mut packages = Vec::new();
    for tool in tools {
        let package = tool.package.ok_or(NotSplit::RuntimeShellout)?;
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    Ok(packages)
}

/// The commands, and the texts of the scripts that they start.
pub(crate) fn with_scripts(
    subject: &Subject<'_>,
    commands: &[String],
    context: &Context,
) -> Result<Vec<String>, NotSplit> {
    let renamed = renamed(subject, context);
    let mut texts: Vec<String> = commands.to_vec();
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..DEEPEST {
        for name in texts.iter().flat_map(|text| words(text)).map(base_name).map(str::to_owned).collect::<Vec<_>>() {
            if SUPERVISORS.contains(&name.as_str()) {
                return Err(NotSplit::MultiService);
            }
            if seen.contains(&name) {
                continue;
            }
            let mut found: Vec<&str> = match renamed.iter().rfind(|(new, _)| *new == name) {
                Some((_, file)) => vec![context.text(file).ok_or(NotSplit::RuntimeShellout)?],
                None => {
                    let is_it = |path: &str| base_name(path) == name && is_like_script(path);
                    context.texts().filter(|(path, _)| is_it(path)).map(|(_, text)| text).collect()
                }
            };
            if found.is_empty() && is_script(&name) && !KNOWN.contains(&name.as_str()) {
                return Err(NotSplit::RuntimeShellout);
            }
            let listed = context.listed_commands(&name);
            found.extend(listed.iter().map(String::as_str));
            found.retain(|text| !texts.iter().any(|known| known == text));
            texts.extend(found.into_iter().map(str::to_owned));
            seen.push(name);
        }
    }
    Ok(texts)
}

/// Whether containers start nothing but a shell, in which somebody may want to start anything.
pub(super) fn is_shell(commands: &[String]) -> bool {
    let mut words = commands.iter().flat_map(|text| words(text)).map(base_name);
    let shells = ["ipython", "python", "python3", "node"];
    words.all(|word| SHELLS.contains(&word) || shells.contains(&word))
}

/// Scripts that are copied under another name: the new name, and the file of the context.
fn renamed(subject: &Subject<'_>, context: &Context) -> Vec<(String, String)> {
    let placements = subject.stages.placements();
    let copied = (0..subject.document().instructions().len()).filter_map(|index| placements.at(index));
    let single = copied.filter(|placed| placed.from_context && !placed.into_folder).filter_map(|placed| {
        let [source] = &placed.sources[..] else { return None };
        let file = source.trim_start_matches("./").trim_start_matches('/');
        let name = base_name(&placed.destination);
        (context.has(file) && name != base_name(file) && (is_script(name) || is_script(file)))
            .then(|| (name.to_owned(), file.to_owned()))
    });
    single.collect()
}

fn is_like_script(path: &str) -> bool {
    is_script(path) || !base_name(path).contains('.')
}

/// The words of a text of a shell.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$[],=".contains(c)).filter(|word| !word.is_empty())
}

/// The commands, the scripts that they start, and those of each `package.json` that they run.
pub(crate) fn texts(
    subject: &Subject<'_>,
    commands: &[String],
    context: &Context,
    packages: &[NodePackage],
) -> Result<Vec<String>, NotSplit> {
    let mut found = commands.to_vec();
    for _ in 0..DEEPEST {
        let before = found.len();
        found = with_scripts(subject, &found, context)?;
        for package in packages {
            found = scripts(found, package);
        }
        if found.len() == before {
            return Ok(found);
        }
    }
    // There is more than anybody looks at.
    Err(NotSplit::RuntimeShellout)
}

/// Texts, and the scripts of a `package.json` that they run.
fn scripts(mut found: Vec<String>, package: &NodePackage) -> Vec<String> {
    let mut at = 0;
    while at < found.len() {
        let text = found[at].clone();
        let words: Vec<&str> = words(&text).collect();
        for (at, word) in words.iter().enumerate() {
            if !["npm", "yarn", "pnpm", "run-s", "run-p", "npm-run-all", "concurrently"].contains(word) {
                continue;
            }
            // A value of an option may stand in front of the name.
            let rest = words[at + 1..].iter().filter(|word| !word.starts_with('-')).take(4);
            for name in rest.map(|word| word.strip_prefix("npm:").unwrap_or(word)) {
                for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
                    let script = package.script(&name).map(str::to_owned);
                    found.extend(script.filter(|script| !found.contains(script)));
                }
            }
        }
        at += 1;
    }
    found
}
