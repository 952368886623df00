//! What the steps of a project of Node.js install, build and fill.

use dopt_model::commands::paths::resolve;
use dopt_model::needs_compiler::npm_tool_is_plain;
use dopt_model::{Context, NodeManager, NodePackage, Origin, User, Value};
use dopt_rewrite::NotSplit;

use super::carry::is_below;
use super::leavings::Call;
use super::node::BUILDERS;
use super::own_scripts;
use super::stack::Scene;
use super::started;

/// Programs that run sources of the project, or write into its databases.
const RUNNERS: &[&str] =
    &["node", "ts-node", "tsx", "knex", "sequelize", "sequelize-cli", "typeorm", "prisma", "babel-node", "nodemon"];

/// Folders that tools fill while they build, to build faster the next time.
const CACHES: &[(&str, &[&str])] = &[
    ("next", &[".next/cache/webpack"]),
    ("react-scripts", &["node_modules/.cache"]),
    ("vue-cli-service", &["node_modules/.cache"]),
    ("webpack", &["node_modules/.cache"]),
    ("ng", &[".angular/cache"]),
    ("parcel", &[".parcel-cache"]),
    ("nx", &[".nx/cache"]),
];

/// Options of an installation that a second one has to have, too.
const KEPT: &[&str] = &["--legacy-peer-deps", "--force", "-f", "--ignore-scripts", "--no-optional", "--omit=optional"];

/// Options that leave out what only developing needs.
const LEAVES_OUT: &[&str] =
    &["--omit=dev", "--production", "--only=production", "--prod", "-P", "--only=prod", "--production=true"];

/// Options, with a value as a word of their own, that say which of several packages is meant.
const CHOOSES: &[&str] = &["--filter", "-F", "--workspace", "-w"];

/// Words of a global installation that a second one can do without.
const OF_GLOBAL: &[&str] = &[
    "install", "i", "add", "global", "-g", "--global", "--location=global", "--silent", "-s", "--no-audit",
    "--no-fund", "--unsafe-perm", "--unsafe-perm=true", "--no-progress", "--quiet", "-q",
];

/// What the steps do.
#[derive(Default)]
pub(super) struct Found {
    /// The folders that package managers install into.
    pub projects: Vec<Project>,
    /// Whether anything is built.
    pub builds: bool,
    /// Whether corepack fetches the package manager of the project.
    pub uses_corepack: bool,
    /// What is installed for all projects.
    pub tools: Vec<Tool>,
    /// Folders that only a later build would read, the tool, and who has built.
    pub caches: Vec<(String, &'static str, User)>,
    /// A folder that `pnpm deploy` fills, and the one that it takes the project from.
    pub deployed: Option<(String, String)>,
}

/// A folder that a package manager installs into.
pub(super) struct Project {
    /// Its path.
    pub folder: String,
    /// Which it is; `None` where lockfiles do not tell.
    pub manager: Option<NodeManager>,
    /// Whether what only developing needs is installed.
    pub with_dev: bool,
    /// Options of the installation that a second one has to have, too.
    pub options: Vec<String>,
    /// Who installs.
    pub user: User,
}

/// A tool that is installed for all projects.
#[derive(Clone)]
pub(super) struct Tool {
    /// Its name.
    pub name: String,
    /// How it is written, with its version.
    pub written: String,
    /// npm or yarn.
    pub manager: &'static str,
    /// Whether it can be installed again, and needs nothing of the system.
    pub is_plain: bool,
}

impl Found {
    /// Which folders a command fills; `None` where it is not one of Node's.
    pub fn read(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
    ) -> Result<Option<Vec<String>>, NotSplit> {
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
        // `workspaces run build` and `workspaces foreach run build` run it in each of them.
        let words = match words {
            ["workspaces", rest @ ..] => rest.iter().position(|word| *word == "run").map_or(words, |at| &rest[at..]),
            _ => words,
        };
        let is_manager = ["npm", "yarn", "pnpm"].contains(&program);
        let is_global = words.iter().any(|word| ["-g", "--global", "global", "--location=global"].contains(word));
        let operands = operands(words);
        match (program, operands.first().copied()) {
            _ if is_manager && is_global => match self.install_tools(scene, program, words) {
                true => nothing,
                false => Err(unseen),
            },
            // Where tools are installed then is not known.
            _ if is_manager && words.iter().any(|word| word.contains("prefix")) => Err(unseen),
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
                if program == "yarn" && keeps_archives_at_home(scene, context, call, &folder) {
                    return Err(unseen);
                }
                self.install(scene, context, call, &folder, words)?;
                Ok(Some(vec![folder]))
            }
            ("pnpm", Some("deploy")) => {
                let [_, target] = operands[..] else { return Err(unseen) };
                let target = resolve(&call.folder, target);
                self.builds = true;
                self.deployed = Some((target.clone(), folder));
                Ok(Some(vec![target]))
            }
            ("npm" | "yarn" | "pnpm", Some(first)) => {
                let is_run = ["run", "run-script"].contains(&first);
                let name = if is_run { operands.get(1).copied() } else { Some(first) };
                let Some(packages) = self.packages_in(scene, context, call.run.index(), &folder) else {
                    return if is_run { Err(unseen) } else { Ok(None) };
                };
                let scripts: Vec<&str> =
                    packages.iter().filter_map(|package| package.script(name.unwrap_or_default())).collect();
                let is_own = ["test", "t", "build", "exec", "rebuild", "prune", "lint", "dedupe"].contains(&first);
                // npm runs but its own by their bare names.
                if !is_run && !is_own && (program == "npm" || scripts.is_empty()) {
                    return Ok(None);
                }
                if first == "prune" && words.iter().any(|word| LEAVES_OUT.contains(word)) {
                    self.projects
                        .iter_mut()
                        .filter(|known| known.folder == folder)
                        .for_each(|known| known.with_dev = false);
                }
                self.builds |= !matches!(name, Some("test" | "t" | "prune" | "rebuild" | "lint" | "dedupe"));
                scripts
                    .iter()
                    .flat_map(|script| started::words(script))
                    .for_each(|word| self.caches(word, call, &folder));
                let runs_own =
                    scripts.iter().flat_map(|script| started::words(script)).any(|word| RUNNERS.contains(&word));
                let is_inside = scripts.iter().all(|script| stays_inside(script))
                    && !(runs_own && own_scripts::is_told_elsewhere(scene, context, call));
                is_inside.then_some(Some(vec![folder])).ok_or(unseen)
            }
            ("npx", Some(tool)) if RUNNERS.contains(&tool) && own_scripts::is_told_elsewhere(scene, context, call) => {
                Err(unseen)
            }
            ("npx", Some(tool)) if BUILDERS.contains(&tool) => {
                self.builds = true;
                self.caches(tool, call, &folder);
                Ok(Some(vec![folder]))
            }
            ("corepack", _) => {
                self.uses_corepack = true;
                nothing
            }
            ("node", _) if words.iter().any(|word| ["-v", "--version"].contains(word)) => nothing,
            ("node", Some(file)) if words.first() == Some(&file) && words.iter().all(|word| stays_inside(word)) => {
                Ok(own_scripts::stays_of_node(scene, context, call, file).then(|| vec![folder]))
            }
            (tool, _) if BUILDERS.contains(&tool) => {
                self.builds = true;
                self.caches(tool, call, &folder);
                let is_inside = words.iter().all(|word| stays_inside(word));
                is_inside.then_some(Some(vec![folder])).ok_or(unseen)
            }
            _ => Ok(None),
        }
    }

    /// Notes what a tool keeps for the next time.
    fn caches(&mut self, tool: &str, call: &Call<'_>, folder: &str) {
        let known = CACHES.iter().filter(|(name, _)| *name == tool);
        let paths = known.flat_map(|(name, paths)| paths.iter().map(|path| (resolve(folder, path), *name)));
        self.caches.extend(paths.map(|(path, name)| (path, name, call.run.state().user())));
    }

    /// The folders of them that lie below these paths, that their user can delete, and that no container reads.
    pub fn spare_caches(&self, paths: &[String], user: &User, texts: &[String]) -> Vec<String> {
        let is_started =
            |words: &[&str]| texts.iter().flat_map(|text| started::words(text)).any(|word| words.contains(&word));
        let is_spare = |(path, tool, owner): &&(String, &str, User)| {
            let is_read = if *tool == "next" { is_started(&["dev", "build"]) } else { is_started(&[tool]) };
            !is_read && (*user == User::Root || user == owner) && paths.iter().any(|carried| is_below(path, carried))
        };
        let mut found: Vec<String> = self.caches.iter().filter(is_spare).map(|(path, ..)| path.clone()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Notes what is installed for all projects; whether it is known where to.
    fn install_tools(&mut self, scene: &Scene<'_>, program: &str, words: &[&str]) -> bool {
        let text = scene.subject.document().text();
        if ["NPM_CONFIG_PREFIX", "npm_config_prefix", "set prefix"].iter().any(|sign| text.contains(sign)) {
            return false;
        }
        // A registry that a step has set is not set in another stage.
        let settings = ["NPM_CONFIG", "npm_config", "npm config", "npm set", "yarn config", ".npmrc", ".yarnrc"];
        let is_set = settings.iter().any(|sign| text.contains(sign));
        let (options, names): (Vec<&str>, Vec<&str>) =
            words.iter().partition(|word| word.starts_with('-') || OF_GLOBAL.contains(word));
        let is_bare = !is_set && options.iter().all(|word| OF_GLOBAL.contains(word));
        let manager = match program {
            "npm" => "npm",
            "yarn" => "yarn",
            _ => return false,
        };
        let tools = names.iter().map(|word| Tool {
            name: without_version(word),
            written: (*word).to_owned(),
            manager,
            is_plain: is_bare && npm_tool_is_plain(word),
        });
        let before = self.tools.len();
        self.tools.extend(tools);
        manager == "npm" || self.tools[before..].iter().all(|tool| tool.is_plain)
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
        let production = matches!(call.run.state().variable("NODE_ENV"), Value::Known(value) if value == "production");
        let with_dev = !production && !words.iter().any(|word| LEAVES_OUT.contains(word));
        let user = call.run.state().user();
        let options = words.iter().filter(|word| KEPT.contains(*word)).map(|word| (*word).to_owned());
        match self.projects.iter_mut().find(|known| known.folder == folder) {
            Some(known) => {
                // What is installed last is there.
                known.with_dev = with_dev;
                known.manager = known.manager.filter(|known| manager == Some(*known));
                known.options.extend(options);
                known.options.dedup();
            }
            None => self.projects.push(Project {
                folder: folder.to_owned(),
                manager,
                with_dev,
                options: options.collect(),
                user,
            }),
        }
        Ok(())
    }

    /// The manifests of a folder in front of an instruction: its own, and those of the packages below it where it is the
    /// root of several. `None` where that cannot be read.
    pub fn packages_in(
        &self,
        scene: &Scene<'_>,
        context: &Context,
        before: usize,
        folder: &str,
    ) -> Option<Vec<NodePackage>> {
        let manifest = format!("{}/package.json", folder.trim_end_matches('/'));
        match Origin::of(scene.subject.stages, (scene.stage, before), context, &manifest) {
            Origin::Context(file) => context.node_packages(file.trim_end_matches("package.json")),
            _ => None,
        }
    }
}

/// The words that are neither options nor say which of several packages is meant.
fn operands<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if CHOOSES.contains(word) || *word == "workspace" {
            words.next();
        } else if !word.starts_with('-') {
            found.push(*word);
        }
    }
    found
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

/// Whether Yarn runs programs from archives (Plug'n'Play) that lie in a folder of the user, where version 4 puts them.
fn keeps_archives_at_home(scene: &Scene<'_>, context: &Context, call: &Call<'_>, folder: &str) -> bool {
    let text = |name: &str| {
        let at = (scene.stage, call.run.index());
        match Origin::of(scene.subject.stages, at, context, &resolve(folder, name)) {
            Origin::Context(file) => context.text(&file),
            _ => None,
        }
    };
    let settings = text(".yarnrc.yml").unwrap_or_default();
    let manifest = text("package.json").unwrap_or_default();
    let is_berry = text("yarn.lock").is_some_and(|lock| lock.contains("__metadata:"));
    let is_old = ["2", "3"].iter().any(|version| {
        settings.contains(&format!("yarn-{version}.")) || manifest.contains(&format!("\"yarn@{version}."))
    });
    let says = |name: &str, values: &[&str]| matches!(call.run.state().variable(name), Value::Known(value) if values.contains(&value.as_str()));
    let has_folders = ["nodeLinker: node-modules", "nodeLinker: pnpm", "enableGlobalCache: false"];
    let is_told = says("YARN_NODE_LINKER", &["node-modules", "pnpm"])
        || says("YARN_ENABLE_GLOBAL_CACHE", &["false", "0"])
        || has_folders.iter().any(|setting| settings.contains(setting));
    is_berry && !is_old && !is_told
}
