//! What the package managers of Node.js install.

use dopt_model::commands::npm;
use dopt_model::needs_compiler::{
    lock_may_compile, npm_installs_plainly, npm_is_plain, npm_needs_system, npm_starts, npm_tool_is_plain,
};
use dopt_model::{Context, NodeManager, NodePackage, Value};
use dopt_rewrite::Why;

use super::{Call, Packages, may_compile, plain_or};

impl Packages<'_, '_> {
    pub(super) fn node(&mut self, call: &Call<'_>) -> Result<(), Why> {
        let invocation = &call.invocation;
        let options = npm::VALUE_OPTIONS;
        let operands: Vec<_> = invocation.operands(invocation.program_at + 1, options).map(|(_, word)| word).collect();
        let packages = operands.iter().skip(1).filter(|word| !matches!(word.as_deref(), Some("add" | "install")));
        let packages: Vec<_> = packages.map(|word| word.as_deref().map(str::to_owned)).collect();
        if !packages.is_empty() {
            return plain_or(call, packages.into_iter(), |word| npm_tool_is_plain(word) || npm_is_plain(word));
        }
        let context = self.context()?;
        let Some(path) = self.file(call, "package.json") else {
            return Err(may_compile(call, "packages that nothing here tells"));
        };
        let folder = path.strip_suffix("package.json").unwrap_or_default();
        let package = NodePackage::of_folder(context, folder);
        let Some(package) = package else { return Err(may_compile(call, "what package.json lists")) };
        let all: Vec<&str> = package.dependencies().chain(package.dev_dependencies()).collect();
        if all.iter().any(|name| name.contains("prisma")) {
            self.needs.need_package("openssl", call.run.index());
            self.needs.need_package("ca-certificates", call.run.index());
        }
        all.iter().filter_map(|name| npm_starts(name)).for_each(|package| self.starts(call, package));
        if all.is_empty() && !package.has_workspaces() {
            return Ok(());
        }
        let has = |name: &str| context.has(&format!("{folder}{name}"));
        let own = match invocation.program() {
            "npm" if has("package-lock.json") || has("npm-shrinkwrap.json") => Some(NodeManager::Npm),
            "yarn" if has("yarn.lock") => Some(NodeManager::Yarn),
            "pnpm" if has("pnpm-lock.yaml") => Some(NodeManager::Pnpm),
            _ => NodeManager::of_folder(context, folder),
        };
        match own {
            Some(NodeManager::Npm) => self.npm(call, context, folder),
            Some(_) => {
                let locks = ["yarn.lock", "pnpm-lock.yaml"];
                locks
                    .iter()
                    .try_for_each(|name| self.lock(call, context.text(&format!("{folder}{name}")).unwrap_or_default()))
            }
            None if !package.is_of_registry() || package.has_workspaces() => {
                Err(may_compile(call, "packages without a lockfile"))
            }
            None => plain_or(call, all.iter().map(|name| Some((*name).to_owned())), npm_is_plain),
        }
    }

    /// A lockfile that does not say which packages run a program when they are installed.
    fn lock(&mut self, call: &Call<'_>, text: &str) -> Result<(), Why> {
        if text.contains("git+") || text.contains("git@") {
            self.git(call, "git+");
        }
        match lock_may_compile(text) && !self.is_elsewhere(call) {
            true => Err(may_compile(call, "what its lockfile lists")),
            false => Ok(()),
        }
    }

    fn npm(&mut self, call: &Call<'_>, context: &Context, folder: &str) -> Result<(), Why> {
        let lock = ["package-lock.json", "npm-shrinkwrap.json"]
            .iter()
            .find_map(|name| context.text(&format!("{folder}{name}")));
        let Some(locked) = context.locked_by_npm(folder) else {
            // Before npm 7, they tell no more than those of yarn.
            return match lock.filter(|lock| lock.contains("\"lockfileVersion\": 1")) {
                Some(lock) => self.lock(call, lock),
                None => Err(may_compile(call, "what a lockfile lists that cannot be read")),
            };
        };
        if lock.is_some_and(|lock| lock.contains("\"git+")) {
            self.git(call, "git+");
        }
        locked.iter().filter_map(|found| npm_starts(&found.name)).for_each(|package| self.starts(call, package));
        let elsewhere = self.is_elsewhere(call);
        let is_bad = |name: &str, installs: bool| {
            npm_needs_system(name) || installs && !elsewhere && !npm_installs_plainly(name)
        };
        let has_browser = self.has_browser(call);
        let is_bad =
            |name: &str, installs: bool| is_bad(name, installs) && !(has_browser && name.starts_with("puppeteer"));
        match locked.iter().find(|package| is_bad(&package.name, package.installs_itself)) {
            Some(package) => Err(may_compile(call, &package.name)),
            None => Ok(()),
        }
    }

    /// Whether a browser of the distribution is installed, and no other one is fetched.
    fn has_browser(&self, call: &Call<'_>) -> bool {
        let skips = ["PUPPETEER_SKIP_DOWNLOAD", "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD"];
        let is_installed =
            self.needs.installed.iter().any(|(name, _)| ["chromium", "google-chrome-stable"].contains(&name.as_str()));
        is_installed
            && skips
                .iter()
                .any(|name| matches!(call.run.state().variable(name), Value::Known(value) if value != "false"))
    }
}
