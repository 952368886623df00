//! What only developing needs is taken out of Node's packages, where nothing that runs can miss it.

use dopt_model::commands::paths::base_name;
use dopt_model::needs_compiler::lock_may_compile;
use dopt_model::{Context, NodeManager, NodePackage, Origin, User};

use super::node::BUILDERS;
use super::node_steps::Project;
use super::stack::Scene;
use super::started;

/// Tools whose settings (`vite.config.js`) are read by nobody else.
const TOOLS_WITH_SETTINGS: &[&str] = &[
    "vite", "vitest", "rollup", "webpack", "jest", "tailwind", "postcss", "eslint", "prettier", "tsup", "esbuild",
    "karma", "cypress", "playwright", "svelte", "vue", "commitlint", "stylelint", "lint-staged", "rspack", "craco",
    "babel",
];

/// Folders and ends of names of tests.
const TESTS: &[&str] =
    &["test/", "tests/", "__tests__/", "e2e/", "cypress/", "spec/", "__mocks__/", "stories/", ".storybook/"];

/// Packages that are loaded by the names of what they speak to, which no source need write as theirs.
const LOADED_UNSEEN: &[&str] =
    &["pg", "mysql", "mysql2", "mariadb", "sqlite3", "better-sqlite3", "tedious", "oracledb", "mongodb", "redis"];

/// The step that takes out what only developing needs of a project; `None` where it may be needed, or cannot be told.
pub(super) fn step(
    project: &Project,
    scene: &Scene<'_>,
    context: &Context,
    packages: &[NodePackage],
    texts: &[String],
    last: usize,
) -> Option<String> {
    let stages = scene.subject.stages;
    let state = stages.state(scene.stage, last + 1);
    let is_same_user = matches!(state.user(), User::Root) || state.user() == project.user;
    let is_generated = packages.iter().flat_map(all).any(|name| ["prisma", "@prisma/client"].contains(&name));
    if !project.with_dev || !is_same_user || are_needed(context, packages, texts) {
        return None;
    }
    let manifest = format!("{}/package.json", project.folder.trim_end_matches('/'));
    let Origin::Context(manifest) = Origin::of(stages, (scene.stage, last), context, &manifest) else { return None };
    let place = Place {
        folder: manifest.trim_end_matches("package.json"),
        is_generated,
        has_members: packages.len() > 1 || packages[0].has_workspaces(),
    };
    let is_old = scene.image.newest_version().is_some_and(|version| version < (16, 0));
    let mut command = place.command(context, project.manager?, is_old)?;
    if matches!(project.manager, Some(NodeManager::Npm)) {
        if !matches!(state.user(), User::Root) {
            // The lockfile may be root's, and npm would write it again.
            command.push_str(" --no-save");
        }
        project.options.iter().for_each(|option| command.extend([" ", option]));
    }
    let is_here = state.workdir() == Some(project.folder.as_str());
    Some(if is_here { format!("RUN {command}") } else { format!("RUN cd {} && {command}", project.folder) })
}

/// What decides on how it is done, beside the manager.
pub(crate) struct Place<'p> {
    /// The folder of the context that its manifest lies in, with a slash at its end.
    pub folder: &'p str,
    /// Whether what is installed has files that were generated.
    pub is_generated: bool,
    /// Whether it is the root of several packages.
    pub has_members: bool,
}

impl Place<'_> {
    /// The command that takes out what only developing needs.
    pub fn command(&self, context: &Context, manager: NodeManager, is_old: bool) -> Option<String> {
        let text = |name: &str| context.text(&format!("{}{name}", self.folder));
        let lock_compiles = || text("yarn.lock").is_none_or(lock_may_compile);
        match manager {
            NodeManager::Npm if is_old => Some("npm prune --production".to_owned()),
            NodeManager::Npm => Some("npm prune --omit=dev".to_owned()),
            // A second installation takes out what scripts have compiled or generated.
            _ if self.is_generated || self.has_members => None,
            NodeManager::Yarn if lock_compiles() => None,
            NodeManager::Yarn => Some(
                "yarn install --production --frozen-lockfile --ignore-scripts --prefer-offline && yarn cache clean"
                    .to_owned(),
            ),
            NodeManager::Pnpm => Some("CI=true pnpm prune --prod --ignore-scripts".to_owned()),
            // `focus` came with version 4, and writes links to one file where there are no folders.
            NodeManager::Berry => {
                let settings = text(".yarnrc.yml")?;
                let is_known = settings.contains("nodeLinker: node-modules")
                    && (settings.contains("yarn-4") || NodePackage::of_folder(context, self.folder)?.is_for("yarn", 4));
                (is_known && !lock_compiles()).then(|| "yarn workspaces focus --production".to_owned())
            }
        }
    }
}

/// Whether anything that runs may need what only developing needs, or there is nothing of the kind.
fn are_needed(context: &Context, packages: &[NodePackage], texts: &[String]) -> bool {
    let (dev, _) = lists(packages);
    dev.is_empty() || are_named(packages, texts) || are_loaded(context, packages)
}

/// Whether a text names what only developing needs.
pub(crate) fn are_named(packages: &[NodePackage], texts: &[String]) -> bool {
    let (dev, production) = lists(packages);
    let dev: Vec<&str> = dev.into_iter().filter(|name| !name.starts_with("@types/")).collect();
    texts.iter().flat_map(|text| started::words(text)).any(|word| is_of(word, &dev, &production))
}

/// What is listed for developing only, and for all else.
fn lists(packages: &[NodePackage]) -> (Vec<&str>, Vec<&str>) {
    let production: Vec<&str> = packages.iter().flat_map(NodePackage::dependencies).collect();
    let dev = packages.iter().flat_map(NodePackage::dev_dependencies).filter(|name| !production.contains(name));
    (dev.collect(), production)
}

/// Whether a source, but those of tests and of what is set for tools, loads what only developing needs.
pub(crate) fn are_loaded(context: &Context, packages: &[NodePackage]) -> bool {
    let (dev, production) = lists(packages);
    let is_read =
        |path: &str| !path.ends_with(".json") && !path.ends_with(".d.ts") && !is_of_developers(path, &production);
    dev.iter().any(|name| LOADED_UNSEEN.contains(name))
        || context.texts().any(|(path, text)| is_read(path) && loads(text, &dev))
}

fn all(package: &NodePackage) -> impl Iterator<Item = &str> {
    package.dependencies().chain(package.dev_dependencies())
}

/// Whether a file is a test, or has the settings of a tool that only builds or checks.
fn is_of_developers(path: &str, production: &[&str]) -> bool {
    let name = base_name(path);
    let is_test = TESTS.iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
        || name.contains(".test.")
        || name.contains(".spec.")
        || name.contains(".stories.");
    let is_set_of = |tool: &&&str| {
        name.starts_with(&format!("{tool}.config."))
            || name.starts_with(&format!(".{tool}rc"))
            || name.starts_with(&format!("{tool}.setup."))
    };
    // Babel may translate when a program runs.
    let compiles_later = production.iter().any(|name| name.contains("babel"));
    let tool = TOOLS_WITH_SETTINGS.iter().find(is_set_of);
    is_test
        || name.to_ascii_lowercase().starts_with("gulpfile.")
        || name.to_ascii_lowercase().starts_with("gruntfile.")
        || tool.is_some_and(|tool| *tool != "babel" || !compiles_later)
}

/// Whether a word names a package for developing, a program of one, or a tool that none of the others is called after.
fn is_of(word: &str, dev: &[&str], production: &[&str]) -> bool {
    let name = base_name(word);
    let is_dev = |name: &str| dev.iter().any(|known| *known == name || known.split('/').any(|part| part == name));
    let head = word.split('/').next().unwrap_or(word);
    let is_tool = BUILDERS.contains(&name) && !production.iter().any(|known| known.split('/').any(|part| part == name));
    dev.iter().any(|known| is_program_of(name, known))
        || (is_dev(name) || is_dev(word) || is_dev(head) || is_tool) && !production.contains(&name)
}

/// Whether a program may be one of a package that is called differently: `sequelize` of `sequelize-cli`, `mikro-orm` of
/// `@mikro-orm/cli`, `typeorm-ts-node-commonjs`, which loads `ts-node`.
fn is_program_of(program: &str, package: &str) -> bool {
    let has_inside = |(at, part): (usize, &str)| {
        let (before, behind) = (&program[..at], &program[at + part.len()..]);
        (before.is_empty() || before.ends_with('-')) && (behind.is_empty() || behind.starts_with('-'))
    };
    let is_cli = package.strip_suffix("-cli").or_else(|| package.strip_suffix("/cli")?.strip_prefix('@'));
    is_cli == Some(program) || package.len() > 2 && program != package && program.match_indices(package).any(has_inside)
}

/// Whether a source loads one of these packages.
fn loads(text: &str, packages: &[&str]) -> bool {
    packages.iter().filter(|name| !name.starts_with("@types/")).any(|name| {
        let is_quoted =
            |sign: &char| text.contains(&format!("{sign}{name}{sign}")) || text.contains(&format!("{sign}{name}/"));
        ['"', '\'', '`'].iter().any(is_quoted) || text.contains(&format!("node_modules/{name}/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_by_the_names_of_their_packages() {
        for (program, package, is_it) in [
            ("sequelize", "sequelize-cli", true),
            ("mikro-orm", "@mikro-orm/cli", true),
            ("typeorm-ts-node-commonjs", "ts-node", true),
            ("pm2-runtime", "pm2", true),
            ("server", "serve", false),
            ("dotenv", "dotenv-cli", true),
            ("node", "nodemon", false),
        ] {
            assert_eq!(is_program_of(program, package), is_it, "{program} {package}");
        }
    }
}
