//! Node.js with a build step, or with modules that are compiled: what was built, and what it depends on, in the slim image
//! of the same version and distribution.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, ImageRef, NodeManager, NodePackage, Origin, Value};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use super::leavings::{Call, Leavings};
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

/// What the steps do.
#[derive(Default)]
pub(super) struct Found {
    /// The folder that a package manager installs into, and which it is.
    pub project: Option<(String, NodeManager)>,
    /// Whether what only developing needs is installed.
    pub with_dev: bool,
    /// Whether more than one folder is installed into.
    pub has_several: bool,
    builds: bool,
    /// What is installed for all projects.
    tools: Vec<String>,
    /// Options of an installation that a second one has to have, too.
    pub options: Vec<String>,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let image = scene.image;
    let is_known = matches!(image.family(), Family::Debian | Family::Alpine) && image.digest.is_none();
    if image.familiar_name() != "node" || !is_known {
        return Err(scene.refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(scene.refuse(NotSplit::ContextNotRead)) };
    let mut found = Found::default();
    let mut leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    let slim = image.slim_variant().filter(|_| scene.wanted() != SplitBase::Same);
    let commands = started::commands(scene);
    let package = found.package(scene, context, leavings.last);
    let pruning = package
        .as_ref()
        .and_then(|package| developing::step(&found, scene, context, package, &commands, leavings.last));
    let compiles = package.as_ref().is_some_and(|package| package.dependencies().any(|name| NATIVE.contains(&name)));
    let is_smaller = slim.is_some() && (found.builds || compiles) || found.builds && pruning.is_some();
    if !(leavings.has_builders || is_smaller) {
        return Err(scene.refuse(NotSplit::NothingLeftBehind));
    }
    let (_, package) = package
        .zip(found.project.clone())
        .map(|(package, project)| (project, package))
        .ok_or_else(|| scene.refuse(NotSplit::UnknownArtefact))?;
    let names: Vec<&str> = package.dependencies().chain(package.dev_dependencies()).collect();
    if let Some(name) = names.iter().find(|name| UNKNOWN.contains(*name)) {
        return Err(scene.refuse(NotSplit::PackageUnknown { name: (*name).to_owned() }));
    }
    let scripts = started::scripts(&commands, &package);
    if scripts.iter().flat_map(|text| started::words(text)).any(|word| ["pnpm", "corepack"].contains(&word)) {
        return Err(scene.refuse(NotSplit::RuntimeShellout));
    }
    if leavings.has_builders && !starts_python(&scripts, context) {
        // It is there for node-gyp.
        leavings.kept.retain(|name| !PYTHON.contains(&name.as_str()));
    }
    let mut more = started::needed_packages(&scripts, context).map_err(|why| scene.refuse(why))?;
    if slim.is_none() {
        more.clear();
    } else {
        more.extend(NEEDS.iter().filter(|(name, _)| names.contains(name)).flat_map(|(_, needs)| needs.iter().copied()));
    }
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    if !carry::has_user(&end.user(), &leavings, &["node"]) {
        return Err(scene.refuse(NotSplit::UserUnknown));
    }
    let paths = carry::paths(scene, &leavings)?;
    let packages = carry::packages(&leavings, image, &more, &["libc6-dev"]).map_err(|why| scene.refuse(why))?;
    let mut installed = match image.family() {
        Family::Alpine if packages.is_empty() => Vec::new(),
        Family::Alpine => vec![format!("RUN apk add --no-cache {}", packages.join(" "))],
        _ => carry::installation(&packages, leavings.is_spare || leavings.kept.is_empty()),
    };
    installed.extend(carry::ownership(scene, &leavings, &paths)?);
    let mut carried = carry::carried(paths);
    let is_started =
        |tool: &String| scripts.iter().any(|text| started::words(text).any(|word| base_name(word) == tool));
    if found.tools.iter().any(|tool| is_started(tool) || !is_build_tool(tool)) {
        carried.extend(["/usr/local/lib/node_modules", "/usr/local/bin"].map(Carried::at));
    }
    let base = slim.map_or_else(|| written(image), |slim| format!("{}:{}", image.name, slim.tag));
    let prepared = pruning.into_iter().collect();
    Ok(Plan { last: leavings.last, base, prepared, installed, carried, finished: Vec::new(), caveat: CAVEAT })
}

fn written(image: ImageRef<'_>) -> String {
    image.tag.map_or_else(|| image.name.to_owned(), |tag| format!("{}:{tag}", image.name))
}

impl Found {
    /// Which folders a command fills; `None` where it is not one of Node's.
    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let (folder, words) = match &words[..] {
            ["--prefix" | "-C" | "--cwd" | "--dir", folder, rest @ ..] => (resolve(&call.folder, folder), rest),
            all => (call.folder.clone(), all),
        };
        if words.iter().any(|word| ["--prefix", "-C", "--cwd", "--dir"].contains(word)) {
            return Err(unseen);
        }
        let nothing = Ok(Some(Vec::new()));
        let program = call.invocation.program();
        let is_global = words.iter().any(|word| ["-g", "--global", "global", "--location=global"].contains(word));
        let operand = words.iter().copied().find(|word| !word.starts_with('-'));
        match (program, operand) {
            ("npm" | "yarn" | "pnpm", _) if is_global => {
                let names = words.iter().filter(|word| !word.starts_with('-'));
                self.tools
                    .extend(names.skip_while(|word| **word == "global").skip(1).map(|word| without_version(word)));
                if program == "npm" { nothing } else { Err(unseen) }
            }
            (
                "npm" | "yarn" | "pnpm",
                Some("cache" | "config" | "set" | "store" | "audit" | "version" | "list" | "ls" | "fund"),
            ) => nothing,
            ("npm", Some("ci" | "install" | "i" | "clean-install"))
            | ("pnpm", Some("install" | "i"))
            | ("yarn", None | Some("install" | "workspaces")) => {
                if words.iter().any(|word| ["--version", "-v", "--help"].contains(word)) {
                    return nothing;
                }
                self.install(scene, context, call, &folder, words)?;
                Ok(Some(vec![folder]))
            }
            (
                "npm" | "yarn" | "pnpm",
                Some("run" | "run-script" | "test" | "t" | "build" | "exec" | "rebuild" | "prune" | "lint" | "dedupe"),
            ) => {
                let name = if operand == Some("run") || operand == Some("run-script") {
                    words.iter().filter(|word| !word.starts_with('-')).nth(1).copied()
                } else {
                    operand
                };
                self.builds |= !matches!(name, Some("test" | "t" | "prune" | "rebuild" | "lint" | "dedupe"));
                let Some(package) = self.package_in(scene, context, call.run.index(), &folder) else {
                    return Err(unseen);
                };
                let is_inside = name.and_then(|name| package.script(name)).is_none_or(stays_inside);
                is_inside.then_some(Some(vec![folder])).ok_or(unseen)
            }
            ("npx", Some(tool)) if BUILDERS.contains(&tool) => {
                self.builds = true;
                Ok(Some(vec![folder]))
            }
            ("corepack", _) => nothing,
            ("node", _) if words.iter().any(|word| ["-v", "--version"].contains(word)) => nothing,
            (tool, _) if BUILDERS.contains(&tool) => {
                self.builds = true;
                let is_inside = words.iter().all(|word| stays_inside(word));
                is_inside.then_some(Some(vec![folder])).ok_or(unseen)
            }
            _ => Ok(None),
        }
    }

    fn install(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        folder: &str,
        words: &[&str],
    ) -> Result<(), NotSplit> {
        let line = call.run.instruction().first_line;
        let manifest = format!("{}/package.json", folder.trim_end_matches('/'));
        let found = Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, &manifest);
        let Origin::Context(file) = found else { return Err(NotSplit::RequirementsUnknown { line }) };
        let manager = NodeManager::of_folder(context, file.trim_end_matches("package.json"));
        let of_program = match call.invocation.program() {
            "yarn" => NodeManager::Yarn,
            "pnpm" => NodeManager::Pnpm,
            _ => NodeManager::Npm,
        };
        let manager = manager.filter(|manager| {
            *manager == of_program || (*manager == NodeManager::Berry && of_program == NodeManager::Yarn)
        });
        // npm finds out by itself what is installed.
        let manager = manager.or((of_program == NodeManager::Npm).then_some(NodeManager::Npm));
        let kept = ["--legacy-peer-deps", "--force", "-f", "--ignore-scripts", "--no-optional", "--omit=optional"];
        self.options.extend(words.iter().filter(|word| kept.contains(*word)).map(|word| (*word).to_owned()));
        self.has_several |= self.project.as_ref().is_some_and(|(known, _)| known != folder) || manager.is_none();
        self.project = Some((folder.to_owned(), manager.unwrap_or(of_program)));
        let leaves_out =
            ["--omit=dev", "--production", "--only=production", "--prod", "-P", "--only=prod", "--production=true"];
        let production = matches!(call.run.state().variable("NODE_ENV"), Value::Known(value) if value == "production");
        self.with_dev |= !production && !words.iter().any(|word| leaves_out.contains(word));
        Ok(())
    }

    fn package(&self, scene: &Scene<'_>, context: &Context, last: usize) -> Option<NodePackage> {
        let (folder, _) = self.project.as_ref()?;
        self.package_in(scene, context, last, folder)
    }

    fn package_in(&self, scene: &Scene<'_>, context: &Context, before: usize, folder: &str) -> Option<NodePackage> {
        let manifest = format!("{}/package.json", folder.trim_end_matches('/'));
        match Origin::of(scene.subject.stages, (scene.stage, before), context, &manifest) {
            Origin::Context(file) => NodePackage::of_folder(context, file.trim_end_matches("package.json")),
            _ => None,
        }
    }
}

/// Whether what a script names lies in its own folder.
fn stays_inside(script: &str) -> bool {
    let is_outside = |word: &str| word.starts_with('/') || word.starts_with('~') || word.contains("../");
    !started::words(script).any(is_outside) && !script.contains("$HOME")
}

/// The name of a package that is to be installed: `pnpm` of `pnpm@9.1.4`.
fn without_version(word: &str) -> String {
    let end = word.rfind('@').filter(|at| *at > 0).unwrap_or(word.len());
    word[..end].to_owned()
}

/// Whether a tool is there to install or to build with.
fn is_build_tool(name: &str) -> bool {
    ["npm", "yarn", "pnpm", "corepack", "typescript", "node-gyp", "@nestjs/cli", "@angular/cli"].contains(&name)
        || BUILDERS.contains(&name)
}

/// Whether any source, or what containers start, speaks of Python.
fn starts_python(commands: &[String], context: &Context) -> bool {
    let is_source = |path: &str| !path.ends_with(".md") && !path.ends_with("lock.json") && !path.contains("ockerfile");
    commands.iter().any(|text| text.contains("python"))
        || context.texts().any(|(path, text)| is_source(path) && text.contains("python"))
}
