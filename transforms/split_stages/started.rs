//! What containers start: tools that a smaller image lacks, and scripts that start them.

use dopt_model::commands::paths::base_name;
use dopt_model::{Context, Evidence, NodePackage, Tool};
use dopt_rewrite::{NotSplit, Subject};
use dopt_syntax::dockerfile::{Form, Keyword};

use super::carry::is_script;
use super::stack::Scene;

pub(super) const SUPERVISORS: &[&str] =
    &["supervisord", "s6-svscan", "runsvdir", "foreman", "honcho", "overmind", "circusd"];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

/// What the instructions say that start something, one text each.
pub(super) fn commands(scene: &Scene<'_>) -> Vec<String> {
    commands_of(scene.subject, scene.stage)
}

/// The same of a stage that nobody has looked at.
pub(super) fn commands_of(subject: &Subject<'_>, stage: usize) -> Vec<String> {
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[stage].body.clone()];
    let last = |keyword| body.iter().rfind(|found| found.keyword == keyword);
    let found = [Keyword::Entrypoint, Keyword::Cmd, Keyword::Healthcheck].into_iter().filter_map(last);
    let text = |found: &dopt_syntax::dockerfile::Instruction| match &found.form {
        Form::Exec(words) => words.join(" "),
        Form::Shell => found.logical.text(document.text()).to_owned(),
    };
    found.map(text).collect()
}

/// The packages that bring what containers start and a smaller image lacks. Refuses what cannot be looked into, and
/// what starts a compiler.
pub(super) fn needed_packages(commands: &[String], context: &Context) -> Result<Vec<&'static str>, NotSplit> {
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
            let mut found =
                context.texts().filter(|(path, _)| base_name(path) == name && is_like_script(path)).peekable();
            if found.peek().is_none() && is_script(&name) && name != "docker-entrypoint.sh" {
                return Err(NotSplit::RuntimeShellout);
            }
            texts.extend(found.map(|(_, text)| text.to_owned()));
            seen.push(name);
        }
    }
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

fn is_like_script(path: &str) -> bool {
    is_script(path) || !base_name(path).contains('.')
}

/// The words of a text of a shell.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$[],=".contains(c)).filter(|word| !word.is_empty())
}

/// The commands, and the scripts of a `package.json` that they run.
pub(super) fn scripts(commands: &[String], package: &NodePackage) -> Vec<String> {
    let mut found = commands.to_vec();
    let mut at = 0;
    while at < found.len() && found.len() < 32 {
        let text = found[at].clone();
        let words: Vec<&str> = words(&text).collect();
        for (at, word) in words.iter().enumerate() {
            if !["npm", "yarn", "pnpm"].contains(word) {
                continue;
            }
            let mut rest = words[at + 1..].iter().filter(|word| !word.starts_with('-'));
            let name = match rest.next() {
                Some(&("run" | "run-script")) => rest.next(),
                other => other,
            };
            let Some(name) = name else { continue };
            for name in [format!("pre{name}"), (*name).to_owned(), format!("post{name}")] {
                let script = package.script(&name).map(str::to_owned);
                found.extend(script.filter(|script| !found.contains(script)));
            }
        }
        at += 1;
    }
    found
}
