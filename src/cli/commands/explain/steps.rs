//! What each step of a stage is taken for, and which programs the sources start.

use dopt_model::commands::Invocation;
use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::pip::{self, Pip};
use dopt_model::commands::{Subcommand, npm};
use dopt_model::{Context, Evidence, NodePackage, StageRun, Stages};

use super::place::{Belief, shortened};

/// Programs that build.
const BUILDERS: &[&str] = &[
    "make", "cmake", "meson", "ninja", "gcc", "g++", "cc", "c++", "javac", "mvn", "mvnw", "gradle", "gradlew", "rustc",
    "tsc", "vite", "webpack", "ng", "dotnet", "configure", "autoreconf", "sbt", "ant", "msbuild", "bazel",
];

/// The steps of a stage and of those that it starts from, in order.
pub fn of_stage(stages: &Stages<'_>, stage: usize, context: Option<&Context>) -> Vec<Belief> {
    let before = stages.before(stage, stages.all()[stage].body.end);
    let runs = before.into_iter().filter_map(|(stage, index)| stages.run(stage, index));
    runs.flat_map(|run| of_run(run, context)).collect()
}

fn of_run(run: StageRun<'_>, context: Option<&Context>) -> Vec<Belief> {
    let line = run.instruction().first_line;
    let Ok(script) = run.script() else {
        return vec![Belief::of_line("something that dopt cannot read", line)];
    };
    let mut found: Vec<Belief> = Vec::new();
    for command in script.all_commands() {
        let Some(call) = Invocation::of(command, script.text()) else { continue };
        let Some(what) = meaning(&call) else { continue };
        let range = command.words.first().zip(command.words.last());
        let text = range.map_or("", |(first, last)| &script.text()[first.range.start()..last.range.end()]);
        found.push(Belief::of_line(format!("{what}: {}", shortened(text)), line));
        if let (Some(context), Some(name)) = (context, script_of(&call)) {
            let text = NodePackage::of_folder(context, "").and_then(|package| package.script(&name).map(shortened));
            found.extend(text.map(|text| Belief::of_file(format!("  which runs: {text}"), "package.json")));
        }
    }
    found
}

/// What a command does; nothing where it neither installs nor builds.
fn meaning(call: &Invocation<'_>) -> Option<&'static str> {
    let named = match call.subcommand(npm::VALUE_OPTIONS) {
        Subcommand::Named(_, name) => name.into_owned(),
        _ => String::new(),
    };
    if matches!(call.program(), "npm" | "yarn" | "pnpm") && matches!(&*named, "run" | "build" | "run-script" | "test") {
        return Some("runs a script");
    }
    if let Some((_, action)) = managers::action(call) {
        return match action {
            Action::Install(_) => Some("installs"),
            Action::Remove(_) => Some("removes"),
            _ => None,
        };
    }
    if let Some(found) = pip::read(call) {
        return matches!(found, Pip::Install(_) | Pip::Unreadable).then_some("installs");
    }
    match (call.program(), named.as_str()) {
        ("npm" | "yarn" | "pnpm", "ci" | "install" | "i" | "add") | ("yarn", "") => Some("installs"),
        ("poetry" | "bundle" | "composer" | "pipenv" | "gem", "install") | ("uv", "sync" | "pip") => Some("installs"),
        ("go", "mod") | ("dotnet", "restore") | ("cargo", "fetch") => Some("fetches"),
        ("npx" | "bunx", _) => Some("runs"),
        ("docker-php-ext-install", _) | ("pecl", "install") => Some("builds extensions"),
        ("go", "build" | "install") | ("cargo", "build" | "install") => Some("builds"),
        (program, "setup.py") if program.starts_with("python") => Some("builds"),
        (program, _) if BUILDERS.contains(&program) => Some("builds"),
        ("curl" | "wget" | "git", _) => Some("fetches"),
        _ => None,
    }
}

/// The script of `package.json` that is run.
fn script_of(call: &Invocation<'_>) -> Option<String> {
    let mut operands = call.operands(call.program_at + 1, npm::VALUE_OPTIONS).filter_map(|(_, word)| word);
    match (call.program(), operands.next()?.as_ref()) {
        ("npm" | "yarn" | "pnpm", "run" | "run-script") => operands.next().map(|name| name.into_owned()),
        ("npm" | "yarn" | "pnpm", name @ ("build" | "test" | "start")) => Some(name.to_owned()),
        _ => None,
    }
}

/// The programs that sources and scripts of the project start, which slim images lack.
pub fn tools(context: &Context) -> Vec<Belief> {
    let found = Evidence::of(context).tools.into_iter();
    found.map(|(tool, file)| Belief::of_file(format!("may start {}", tool.program), file)).collect()
}

/// What a package of Node.js at the root of the project says that it needs, and is.
pub fn of_package(context: &Context) -> Vec<Belief> {
    let Some(package) = NodePackage::of_folder(context, "") else { return Vec::new() };
    let wanted = package.engine().map(|version| format!("wants node {}", shortened(version)));
    let main = package.main().map(|file| format!("its main file is {}", shortened(file)));
    let programs = package.programs().into_iter().map(|name| format!("brings the program {}", shortened(name)));
    wanted.into_iter().chain(main).chain(programs).map(|text| Belief::of_file(text, "package.json")).collect()
}
