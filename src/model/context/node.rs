//! What a project of Node.js says in `package.json`, and what its lockfile pins.

use serde_json::Value;

use super::Context;

/// A `package.json` that can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePackage(Value);

/// Who installs what a project depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeManager {
    /// npm.
    Npm,
    /// yarn 1.
    Yarn,
    /// yarn 2 and later.
    Berry,
    /// pnpm.
    Pnpm,
}

/// One package of a lockfile of npm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name.
    pub name: String,
    /// Whether only developing needs it.
    pub dev: bool,
    /// Whether it runs a program when it is installed, which compiles or downloads.
    pub installs_itself: bool,
}

impl NodePackage {
    /// Reads the `package.json` of a folder of the context (`""` or with a slash at its end).
    pub fn of_folder(context: &Context, folder: &str) -> Option<NodePackage> {
        let text = context.text(&format!("{folder}package.json"))?;
        serde_json::from_str(text.trim_start_matches('\u{feff}')).ok().filter(Value::is_object).map(NodePackage)
    }

    /// A script by its name.
    pub fn script(&self, name: &str) -> Option<&str> {
        self.0.get("scripts")?.get(name)?.as_str()
    }

    /// Whether it is the root of several packages.
    pub fn has_workspaces(&self) -> bool {
        self.0.get("workspaces").is_some_and(|found| !found.is_null())
    }

    /// What starts it: `main`.
    pub fn main(&self) -> Option<&str> {
        self.0.get("main")?.as_str()
    }

    /// The names of the programs that it brings: those of `bin`, or its own where that is one file.
    pub fn programs(&self) -> Vec<&str> {
        match self.0.get("bin") {
            Some(Value::Object(programs)) => programs.keys().map(String::as_str).collect(),
            Some(Value::String(_)) => self.0.get("name").and_then(Value::as_str).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// `engines.node`.
    pub fn engine(&self) -> Option<&str> {
        self.0.get("engines")?.get("node")?.as_str()
    }

    /// The packages of `dependencies` and `optionalDependencies`.
    pub fn dependencies(&self) -> impl Iterator<Item = &str> {
        self.names("dependencies").chain(self.names("optionalDependencies"))
    }

    /// The packages of `devDependencies`.
    pub fn dev_dependencies(&self) -> impl Iterator<Item = &str> {
        self.names("devDependencies")
    }

    /// Whether all packages that it lists come from a registry: by a version or a tag, from no folder, address or
    /// repository.
    pub fn is_of_registry(&self) -> bool {
        let lists = ["dependencies", "optionalDependencies", "devDependencies"];
        let listed = lists.iter().filter_map(|list| self.0.get(list)?.as_object()).flat_map(|list| list.values());
        listed.into_iter().all(|wanted| wanted.as_str().is_some_and(|wanted| !wanted.contains([':', '/'])))
    }

    /// Whether a package that it lists lies in a folder or a file: `file:x`, `./x`, `x.tgz`.
    pub fn has_local_dependencies(&self) -> bool {
        let lists = ["dependencies", "optionalDependencies", "devDependencies", "peerDependencies"];
        let listed = lists.iter().filter_map(|list| self.0.get(list)?.as_object()).flat_map(|list| list.values());
        let is_local = |wanted: &str| {
            let is_archive = [".tgz", ".tar", ".tar.gz"].iter().any(|end| wanted.ends_with(end));
            ["file:", "link:", "portal:", ".", "/", "~/"].iter().any(|start| wanted.starts_with(start))
                || is_archive && !wanted.contains("://")
        };
        listed.filter_map(Value::as_str).any(is_local)
    }

    fn names(&self, list: &str) -> impl Iterator<Item = &str> {
        let names = self.0.get(list).and_then(Value::as_object).map(|names| names.keys());
        names.into_iter().flatten().map(String::as_str)
    }

    /// Whether `packageManager` names this one, in this major version.
    pub fn is_for(&self, manager: &str, major: u32) -> bool {
        self.package_manager().is_some_and(|(name, version)| {
            name == manager && version.split('.').next().and_then(|found| found.parse().ok()) == Some(major)
        })
    }

    /// `packageManager`, with its version: `("pnpm", "9.1.0")`.
    pub fn package_manager(&self) -> Option<(&str, &str)> {
        self.0.get("packageManager")?.as_str()?.split_once('@')
    }
}

impl NodeManager {
    /// The one whose lockfile lies in a folder of the context; `None` where there is none, or several.
    pub fn of_folder(context: &Context, folder: &str) -> Option<NodeManager> {
        let has = |name: &str| context.has(&format!("{folder}{name}"));
        let found = [has("package-lock.json") || has("npm-shrinkwrap.json"), has("yarn.lock"), has("pnpm-lock.yaml")];
        match found {
            [true, false, false] => Some(NodeManager::Npm),
            [false, true, false] => {
                let lock = context.text(&format!("{folder}yarn.lock"))?;
                let is_first = lock.contains("# yarn lockfile v1") && !has(".yarnrc.yml");
                Some(if is_first { NodeManager::Yarn } else { NodeManager::Berry })
            }
            [false, false, true] => Some(NodeManager::Pnpm),
            _ => None,
        }
    }
}

impl Context {
    /// The manifest of a folder (`""` or with a slash at its end), and those of the packages below it where it is the root
    /// of several. `None` where it has none that can be read.
    pub fn node_packages(&self, folder: &str) -> Option<Vec<NodePackage>> {
        let root = NodePackage::of_folder(self, folder)?;
        let is_root = root.has_workspaces() || self.has(&format!("{folder}pnpm-workspace.yaml"));
        let mut found = vec![root];
        let manifests = self.texts().filter_map(|(path, _)| path.strip_prefix(folder)?.strip_suffix("/package.json"));
        for member in manifests.filter(|member| is_root && !member.contains("node_modules")) {
            found.extend(NodePackage::of_folder(self, &format!("{folder}{member}/")));
        }
        Some(found)
    }

    /// Whether npm's lockfile in a folder has what its `package.json`, and those of its workspaces, ask for. `None` where
    /// there is no lockfile, `Some(false)` also where it cannot be told: those of before npm 7 do not say what was asked.
    pub fn npm_lock_agrees(&self, folder: &str) -> Option<bool> {
        let files = ["npm-shrinkwrap.json", "package-lock.json"];
        let text = files.iter().find_map(|name| self.text(&format!("{folder}{name}")))?;
        let lock: Value = serde_json::from_str(text).unwrap_or_default();
        let lists = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
        let agrees = |package: &NodePackage, locked: &Value| {
            let wanted = |value: &Value, list: &str| {
                value.get(list).and_then(Value::as_object).filter(|names| !names.is_empty()).cloned()
            };
            lists.iter().all(|list| wanted(&package.0, list) == wanted(locked, list))
        };
        let locked = lock.get("packages").and_then(Value::as_object);
        let locked = locked.into_iter().flatten().filter(|(path, _)| !path.contains("node_modules"));
        let found: Vec<bool> = locked
            .map(|(path, locked)| {
                let member = if path.is_empty() { folder.to_owned() } else { format!("{folder}{path}/") };
                NodePackage::of_folder(self, &member).is_some_and(|package| agrees(&package, locked))
            })
            .collect();
        Some(found.len() == self.node_packages(folder)?.len().max(1) && found.iter().all(|agrees| *agrees))
    }

    /// The packages of npm's lockfile in a folder; `None` where there is none, or it is of before npm 7 or broken.
    pub fn locked_by_npm(&self, folder: &str) -> Option<Vec<LockedPackage>> {
        let files = ["package-lock.json", "npm-shrinkwrap.json"];
        let text = files.iter().find_map(|name| self.text(&format!("{folder}{name}")))?;
        let lock: Value = serde_json::from_str(text).ok()?;
        let says = |package: &Value, sign: &str| package.get(sign).and_then(Value::as_bool).unwrap_or(false);
        let read = |(path, package): (&String, &Value)| {
            let (_, name) = path.rsplit_once("node_modules/")?;
            let dev = says(package, "dev");
            Some(LockedPackage { name: name.to_owned(), dev, installs_itself: says(package, "hasInstallScript") })
        };
        Some(lock.get("packages")?.as_object()?.iter().filter_map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_and_lockfiles_are_read() {
        let texts = [
            (
                "package.json",
                r#"{"scripts":{"build":"tsc"},"dependencies":{"koa":"2"},"devDependencies":{"mocha":"1"},
                    "workspaces":["a"],"engines":{"node":">=18"},"packageManager":"npm@10.2.0","main":"x.js"}"#,
            ),
            (
                "package-lock.json",
                r#"{"packages":{"":{},"node_modules/bcrypt":{"hasInstallScript":true},
                    "node_modules/a/node_modules/@x/y":{"dev":true}}}"#,
            ),
            ("web/yarn.lock", "# yarn lockfile v1\n"),
            ("web/package.json", "{"),
        ];
        let owned = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let context = Context::new(owned.iter().map(|(path, _)| path.clone()).collect(), owned.into_iter().collect());
        let package = NodePackage::of_folder(&context, "").unwrap();
        assert_eq!((package.script("build"), package.script("start")), (Some("tsc"), None));
        assert_eq!(package.dependencies().collect::<Vec<_>>(), ["koa"]);
        assert_eq!(package.dev_dependencies().collect::<Vec<_>>(), ["mocha"]);
        assert_eq!((package.engine(), package.main(), package.has_workspaces()), (Some(">=18"), Some("x.js"), true));
        assert_eq!(package.package_manager(), Some(("npm", "10.2.0")));
        assert_eq!(NodePackage::of_folder(&context, "web/"), None);
        assert_eq!(NodeManager::of_folder(&context, ""), Some(NodeManager::Npm));
        assert_eq!(NodeManager::of_folder(&context, "web/"), Some(NodeManager::Yarn));
        let locked = context.locked_by_npm("").unwrap();
        assert!(locked.iter().any(|found| found.name == "bcrypt" && found.installs_itself && !found.dev));
        assert!(locked.iter().any(|found| found.name == "@x/y" && found.dev));
    }
}
