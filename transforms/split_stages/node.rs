//! Node.js with a build step, or with modules that are compiled: what was built, and what it depends on, in the slim image
//! of the same version and distribution.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Evidence, Family, ImageRef, NodeManager, NodePackage, Stage};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};

use super::leavings::Leavings;
use super::node_steps::{Found, Project, Tool};
use super::stack::{Plan, Scene, Stack};
use super::{carry, developing, started};

pub(super) const STACK: Stack = Stack { triggers: &["npm", "yarn", "pnpm"], images: &["node"], compiles: false, plan };

const CAVEAT: &str = "A program that starts others (git, curl, python …) in a way that its sources do not show, or that loads \
                      what is listed for developing only, does not find it any longer.";

/// Tools that build a project, by the names that they are started by.
pub(super) const BUILDERS: &[&str] = &[
    "tsc", "vite", "next", "nest", "ng", "webpack", "rollup", "esbuild", "parcel", "gulp", "grunt", "babel", "swc",
    "tsup", "react-scripts", "vue-cli-service", "nuxt", "nuxi", "astro", "svelte-kit", "tailwindcss", "sass", "turbo",
    "nx", "lerna", "prisma", "remix", "gatsby", "tsc-alias", "ncc", "rimraf", "mkdirp", "copyfiles", "eslint",
    "prettier", "jest", "vitest", "mocha",
];

/// Packages that need something of Debian when they run.
const NEEDS: &[(&str, &[&str])] = &[
    ("@prisma/client", &["openssl", "ca-certificates"]),
    ("prisma", &["openssl", "ca-certificates"]),
    ("gm", &["imagemagick"]),
    ("imagemagick", &["imagemagick"]),
    ("simple-git", &["git"]),
    ("pg-native", &["libpq5"]),
    ("libpq", &["libpq5"]),
    ("node-libcurl", &["libcurl4"]),
];

/// Packages whose needs are not known, or that fetch programs into folders of the user.
const UNKNOWN: &[&str] = &[
    "puppeteer", "playwright", "@playwright/test", "cypress", "electron", "nodegit", "oracledb", "odbc", "ibm_db",
    "kerberos", "node-rdkafka", "robotjs", "phantomjs-prebuilt", "canvas",
];

/// Packages that are compiled when they are installed, and need nothing but the C++ runtime then.
const NATIVE: &[&str] = &[
    "bcrypt", "better-sqlite3", "sqlite3", "argon2", "bufferutil", "utf-8-validate", "farmhash", "node-sass",
    "cpu-features", "re2", "leveldown", "classic-level", "snappy", "microtime", "isolated-vm", "sharp",
    "sodium-native", "msgpackr-extract", "hiredis", "bigint-buffer", "node-pty", "xxhash", "deasync", "heapdump",
    "v8-profiler-next",
];

/// Packages of Debian and Alpine that node-gyp needs.
const PYTHON: &[&str] =
    &["python3", "python", "python2", "python3-minimal", "python-is-python3", "python3-setuptools", "py3-setuptools"];

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let image = scene.image;
    let is_known = matches!(image.family(), Family::Debian | Family::Alpine) && image.digest.is_none();
    if image.familiar_name() != "node" || !is_known {
        return Err(scene.refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(scene.refuse(NotSplit::ContextNotRead)) };
    let mut found = Found::default();
    let mut leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    let slim = image.slim_variant().filter(|_| scene.wanted != SplitBase::Same);
    let read = |project: &Project| found.packages_in(scene, context, leavings.last, &project.folder);
    let packages: Option<Vec<Vec<NodePackage>>> = found.projects.iter().map(read).collect();
    let packages = packages.filter(|packages| !packages.is_empty());
    let all: Vec<NodePackage> = packages.iter().flatten().flatten().cloned().collect();
    let commands = started::commands(scene);
    let texts = started::texts(scene.subject, &commands, context, &all);
    let pruning: Vec<String> = match (&texts, &packages) {
        (Ok(texts), Some(packages)) => (found.projects.iter().zip(packages))
            .filter_map(|(project, packages)| developing::step(project, scene, context, packages, texts, leavings.last))
            .collect(),
        _ => Vec::new(),
    };
    let compiles = all.iter().any(|package| package.dependencies().any(|name| NATIVE.contains(&name)));
    let is_smaller = slim.is_some() && (found.builds || compiles) || found.builds && !pruning.is_empty();
    if !(leavings.has_builders || is_smaller) {
        return Err(scene.refuse(NotSplit::NothingLeftBehind));
    }
    if packages.is_none() {
        return Err(scene.refuse(NotSplit::UnknownArtefact));
    }
    let names: Vec<&str> =
        all.iter().flat_map(|package| package.dependencies().chain(package.dev_dependencies())).collect();
    if let Some(name) = names.iter().find(|name| UNKNOWN.contains(*name)) {
        return Err(scene.refuse(NotSplit::PackageUnknown { name: (*name).to_owned() }));
    }
    let texts = texts.map_err(|why| scene.refuse(why))?;
    if texts.iter().flat_map(|text| started::words(text)).any(|word| ["pnpm", "corepack"].contains(&word)) {
        return Err(scene.refuse(NotSplit::RuntimeShellout));
    }
    // The yarn of the image refuses a project for another one, which corepack has fetched.
    let brings_yarn = || context.texts().any(|(path, text)| path.ends_with(".yarnrc.yml") && text.contains("yarnPath"));
    if found.uses_corepack
        && texts.iter().flat_map(|text| started::words(text)).any(|word| word == "yarn")
        && !brings_yarn()
    {
        return Err(scene.refuse(NotSplit::RuntimeShellout));
    }
    if leavings.has_builders && !starts_python(&texts, context) {
        // It is there for node-gyp.
        leavings.kept.retain(|name| !PYTHON.contains(&name.as_str()));
    }
    let mut more = started::needed_packages(scene.subject, &texts, context).map_err(|why| scene.refuse(why))?;
    let names_git = more.contains(&"git") || names.iter().any(|name| name.contains("git"));
    if slim.is_some() && !names_git && !started::is_shell(&commands) {
        leavings.leave_with_builders("git");
    }
    if slim.is_none() {
        more.clear();
    } else {
        more.extend(NEEDS.iter().filter(|(name, _)| names.contains(name)).flat_map(|(_, needs)| needs.iter().copied()));
    }
    if slim.is_some() && Evidence::of_sources(context).python.is_some() {
        more.push("python3");
    }
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    if !carry::has_user(&end.user(), &leavings, &["node"]) {
        return Err(scene.refuse(NotSplit::UserUnknown));
    }
    let mut paths = carry::paths(scene, &leavings)?;
    if let Some((target, source)) = &found.deployed {
        let is_there = end.workdir().is_some_and(|folder| folder == target || carry::is_below(folder, target));
        // What is deployed stands for itself.
        if is_there && !names_path(scene, source) {
            paths.retain(|path| path != source);
        }
    }
    let tools = needed_tools(&found.tools, &texts);
    let served = served_folder(scene, &tools).filter(|folder| paths.iter().any(|path| carry::is_below(folder, path)));
    if let Some(folder) = &served {
        paths = vec![folder.clone()];
    }
    let packages = carry::packages(&leavings, leavings.kept.clone(), image, &more, &["libc6-dev"])
        .map_err(|why| scene.refuse(why))?;
    let mut installed = match image.family() {
        Family::Alpine if packages.is_empty() => Vec::new(),
        Family::Alpine => vec![format!("RUN apk add --no-cache {}", packages.join(" "))],
        _ => carry::installation(&packages, leavings.is_spare || leavings.kept.is_empty()),
    };
    let ownership = carry::ownership(scene, &leavings, &paths)?;
    let mut carried = carry::carried(paths);
    if tools.iter().all(|tool| tool.is_plain) {
        installed.extend(installation_of_tools(&tools));
    } else {
        carried.extend(["/usr/local/lib/node_modules", "/usr/local/bin"].map(Carried::at));
    }
    installed.extend(ownership);
    let base = slim.map_or_else(|| written(image), |slim| format!("{}:{}", image.name, slim.tag));
    let mut prepared = if served.is_some() { Vec::new() } else { pruning };
    let folders: Vec<String> = carried.iter().map(|carried| carried.from.clone()).collect();
    let builder = stages.state(scene.stage, leavings.last + 1).user();
    let caches = found.spare_caches(&folders, &builder, &texts);
    prepared.extend((!caches.is_empty()).then(|| format!("RUN rm -rf {}", caches.join(" "))));
    if carried.iter().any(|carried| carried.from == "/home/node") {
        // The cache lies among what goes along.
        prepared.push("RUN npm cache clean --force".to_owned());
    }
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

/// What takes out of the projects of a stage what only developing needs, where others copy from it.
pub(super) fn prunings(
    scene: &Scene<'_>,
    consumers: &[usize],
    takes: &dyn Fn(&str) -> bool,
) -> Result<Option<(usize, Vec<String>)>, Refusal> {
    let subject = scene.subject;
    if scene.image.familiar_name() != "node" {
        return Ok(None);
    }
    let Some(context) = scene.context()? else { return Ok(None) };
    let mut found = Found::default();
    // What cannot be read may leave anything, but takes nothing away that is in the list.
    let Ok(leavings) = Leavings::of(scene, &mut |call| found.read(scene, context, call)) else { return Ok(None) };
    let steps = subject.stages.runs_of(scene.stage);
    let mut texts = steps.map(|run| run.instruction().logical.text(subject.document().text()));
    if found.projects.is_empty() && !texts.any(|text| text.contains("prune")) {
        found.projects.extend(fetched(scene, context));
    }
    let mut commands = Vec::new();
    for consumer in consumers {
        commands.extend(started::commands_of(subject, *consumer));
        let runs = subject.stages.runs_of(*consumer);
        commands.extend(runs.map(|run| run.instruction().logical.text(subject.document().text()).to_owned()));
    }
    let mut steps = Vec::new();
    for project in found.projects.iter().filter(|project| takes(&project.folder)) {
        let Some(packages) = found.packages_in(scene, context, leavings.last, &project.folder) else { continue };
        let Ok(texts) = started::texts(subject, &commands, context, &packages) else { return Ok(None) };
        steps.extend(developing::step(project, scene, context, &packages, &texts, leavings.last));
    }
    Ok(Some((leavings.last, steps)))
}

/// The projects whose packages another stage installs, and this one copies.
fn fetched(scene: &Scene<'_>, context: &Context) -> Vec<Project> {
    let stages = scene.subject.stages;
    let mut projects = Vec::new();
    for index in stages.all()[scene.stage].body.clone() {
        let instruction = &scene.subject.document().instructions()[index];
        let name = instruction.flag("from").and_then(|flag| flag.value()).map(str::to_ascii_lowercase);
        let is_it = |(at, stage): (usize, &Stage)| stage.name == name || name == Some(at.to_string());
        let source = stages.all()[..scene.stage].iter().enumerate().filter(|_| name.is_some()).position(is_it);
        let Some((source, placed)) = source.zip(stages.placements().at(index)) else { continue };
        let [from] = &placed.sources[..] else { continue };
        let folders = resolve("/", from).strip_suffix("/node_modules").map(str::to_owned);
        let Some((from, to)) = folders.zip(placed.destination.strip_suffix("/node_modules")) else { continue };
        let Ok(other) = Scene::of(scene.subject, source) else { continue };
        let mut found = Found::default();
        if Leavings::of(&other, &mut |call| found.read(&other, context, call)).is_ok() {
            let installed = found.projects.into_iter().find(|project| project.folder == from);
            let installed = installed.filter(|project| project.manager == Some(NodeManager::Npm));
            projects.extend(installed.map(|project| Project { folder: to.to_owned(), ..project }));
        }
    }
    projects
}

fn written(image: ImageRef<'_>) -> String {
    image.tag.map_or_else(|| image.name.to_owned(), |tag| format!("{}:{tag}", image.name))
}

/// The tools for all projects that containers may need.
fn needed_tools(tools: &[Tool], texts: &[String]) -> Vec<Tool> {
    let is_started = |name: &str| texts.iter().any(|text| started::words(text).any(|word| base_name(word) == name));
    // It loads the other one.
    let translates = tools.iter().any(|tool| ["ts-node", "ts-node-dev"].contains(&tool.name.as_str()));
    let is_needed =
        |tool: &&Tool| is_started(&tool.name) || !is_build_tool(&tool.name) || translates && tool.name == "typescript";
    tools.iter().filter(is_needed).cloned().collect()
}

/// The folder that a container serves and nothing else, where a tool for all projects does that.
fn served_folder(scene: &Scene<'_>, tools: &[Tool]) -> Option<String> {
    const WITH_VALUE: &[&str] = &["-l", "--listen", "-p", "--port", "-a"];
    const ALONE: &[&str] = &["-s", "--single", "-n", "--no-clipboard", "-L", "--no-request-logging", "-C", "--cors"];
    let document = scene.subject.document();
    let stage = &scene.subject.stages.all()[scene.stage];
    let body = &document.instructions()[stage.body.clone()];
    let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
    let mut starting = body.iter().filter(starts);
    let (Some(start), None) = (starting.next(), starting.next()) else { return None };
    let words = match &start.form {
        Form::Exec(words) => words.clone(),
        Form::Shell => {
            let text = start.arguments_text(document.text());
            let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:".contains(c);
            text.chars().all(is_plain).then(|| text.split_whitespace().map(str::to_owned).collect())?
        }
    };
    let (program, rest) = words.split_first()?;
    let ([tool], true) = (tools, ["serve", "http-server"].contains(&program.as_str())) else { return None };
    if tool.name != *program || !tool.is_plain {
        return None;
    }
    let mut folder = None;
    let mut rest = rest.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            _ if WITH_VALUE.contains(&word) => drop(rest.next()?),
            _ if ALONE.contains(&word) => {}
            _ if word.starts_with('-') || word.contains('$') || folder.is_some() => return None,
            _ => folder = Some(word),
        }
    }
    let state = scene.subject.stages.state(scene.stage, stage.body.end);
    Some(resolve(state.workdir()?, folder?))
}

/// The steps that install them once more: beside what the image has, a copy of them would bring all that it has, too.
fn installation_of_tools(tools: &[Tool]) -> Vec<String> {
    let of = |manager: &str| {
        let names = tools.iter().filter(|tool| tool.manager == manager).map(|tool| tool.written.as_str());
        Some(names.collect::<Vec<_>>().join(" ")).filter(|names| !names.is_empty())
    };
    let by_npm = of("npm").map(|names| format!("RUN npm install -g {names} && npm cache clean --force"));
    let by_yarn = of("yarn").map(|names| format!("RUN yarn global add {names} && yarn cache clean"));
    by_npm.into_iter().chain(by_yarn).collect()
}

/// Whether anything that configures the image names a folder.
fn names_path(scene: &Scene<'_>, folder: &str) -> bool {
    let document = scene.subject.document();
    let stage = &document.instructions()[scene.subject.stages.all()[scene.stage].body.clone()];
    let configures =
        |keyword| matches!(keyword, Keyword::Env | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
    stage.iter().any(|found| configures(found.keyword) && found.logical.text(document.text()).contains(folder))
}

/// Whether a tool is there to install or to build with.
fn is_build_tool(name: &str) -> bool {
    const TOOLS: &[&str] = &[
        "npm", "yarn", "pnpm", "corepack", "typescript", "node-gyp", "@nestjs/cli", "@angular/cli", "@vue/cli",
        "gulp-cli", "grunt-cli", "webpack-cli", "bower",
    ];
    TOOLS.contains(&name) || BUILDERS.contains(&name)
}

/// Whether any source, or what containers start, speaks of Python.
fn starts_python(commands: &[String], context: &Context) -> bool {
    let is_source = |path: &str| !path.ends_with(".md") && !path.ends_with("lock.json") && !path.contains("ockerfile");
    commands.iter().any(|text| text.contains("python"))
        || context.texts().any(|(path, text)| is_source(path) && text.contains("python"))
}
