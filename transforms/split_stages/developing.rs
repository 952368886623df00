//! What only developing needs is taken out of Node's packages, where nothing that runs can miss it.

use dopt_model::commands::paths::base_name;
use dopt_model::needs_compiler::lock_may_compile;
use dopt_model::{Context, NodeManager, NodePackage, User};

use super::node::{BUILDERS, Found};
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

/// The step that takes out what only developing needs; `None` where it may be needed, or cannot be told.
pub(super) fn step(
    found: &Found,
    scene: &Scene<'_>,
    context: &Context,
    package: &NodePackage,
    commands: &[String],
    last: usize,
) -> Option<String> {
    let (folder, manager) = found.project.as_ref()?;
    let stages = scene.subject.stages;
    let state = stages.state(scene.stage, last + 1);
    let dev: Vec<&str> = package.dev_dependencies().filter(|name| !name.starts_with("@types/")).collect();
    let is_here = state.workdir() == Some(folder.as_str()) && matches!(state.user(), User::Root);
    if !found.with_dev
        || found.has_several
        || package.dev_dependencies().next().is_none()
        || !is_here
        || package.has_workspaces() && *manager != NodeManager::Npm
    {
        return None;
    }
    let production: Vec<&str> = package.dependencies().collect();
    let texts = started::scripts(commands, package);
    if texts.iter().flat_map(|text| started::words(text)).any(|word| is_of(word, &dev, &production)) {
        return None;
    }
    let is_read =
        |path: &str| !path.ends_with(".json") && !path.ends_with(".d.ts") && !is_of_developers(path, &production);
    if context.texts().any(|(path, text)| is_read(path) && loads(text, &dev)) {
        return None;
    }
    let is_generated = production.iter().chain(&dev).any(|name| ["prisma", "@prisma/client"].contains(name));
    let mut options = found.options.clone();
    options.dedup();
    let options = options.iter().map(|option| format!(" {option}")).collect::<String>();
    let is_old = scene.image.newest_version().is_some_and(|version| version < (16, 0));
    match manager {
        NodeManager::Npm if is_old => Some(format!("RUN npm prune --production{options}")),
        NodeManager::Npm => Some(format!("RUN npm prune --omit=dev{options}")),
        // A second installation takes out what scripts have compiled or generated.
        NodeManager::Yarn | NodeManager::Pnpm if is_generated => None,
        NodeManager::Yarn if context.text("yarn.lock").is_none_or(lock_may_compile) => None,
        NodeManager::Yarn => Some(
            "RUN yarn install --production --frozen-lockfile --ignore-scripts --prefer-offline && yarn cache clean"
                .to_owned(),
        ),
        NodeManager::Pnpm => Some("RUN CI=true pnpm prune --prod --ignore-scripts".to_owned()),
        NodeManager::Berry => None,
    }
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

/// Whether a word names a package for developing, or a tool that none of the others is called after.
fn is_of(word: &str, dev: &[&str], production: &[&str]) -> bool {
    let name = base_name(word);
    let is_dev = |name: &str| dev.iter().any(|known| *known == name || known.split('/').any(|part| part == name));
    let head = word.split('/').next().unwrap_or(word);
    let is_tool = BUILDERS.contains(&name) && !production.iter().any(|known| known.split('/').any(|part| part == name));
    (is_dev(name) || is_dev(word) || is_dev(head) || is_tool) && !production.contains(&name)
}

/// Whether a source loads one of these packages.
fn loads(text: &str, packages: &[&str]) -> bool {
    packages.iter().filter(|name| !name.starts_with("@types/")).any(|name| {
        ['"', '\'', '`']
            .iter()
            .any(|sign| text.contains(&format!("{sign}{name}{sign}")) || text.contains(&format!("{sign}{name}/")))
    })
}
