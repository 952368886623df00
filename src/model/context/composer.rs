//! `composer.json` and `composer.lock`: where Composer puts packages, and what they need besides PHP.

use serde_json::Value;

use super::Context;

/// The project of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposerProject {
    manifest: Value,
    lock: Option<Value>,
}

/// Scripts that an installation runs; without a lockfile it is an update.
const HOOKS: &[&str] = &[
    "pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd", "pre-autoload-dump",
    "post-autoload-dump", "post-package-install", "post-root-package-install",
];

/// Commands that Laravel itself brings.
const ARTISAN: &[&str] = &[
    "package:discover", "vendor:publish", "key:generate", "optimize", "clear-compiled", "config:", "cache:", "route:",
    "view:", "event:", "storage:link", "migrate",
];

/// Programs of the system that scripts call.
const PLAIN: &[&str] = &["cp", "mkdir", "rm", "chmod", "mv", "touch", "echo", "test", "true", "ln"];

impl ComposerProject {
    /// Reads the `composer.json` of a folder of the context (`""` or with a slash at its end), and its lockfile.
    pub fn of_folder(context: &Context, folder: &str) -> Option<ComposerProject> {
        let read = |name: &str| -> Option<Value> {
            let text = context.text(&format!("{folder}{name}"))?;
            serde_json::from_str(text.trim_start_matches('\u{feff}')).ok().filter(Value::is_object)
        };
        Some(ComposerProject { manifest: read("composer.json")?, lock: read("composer.lock") })
    }

    /// Whether packages, patches or parts of the manifest lie in folders of the project.
    pub fn installs_from_folders(&self) -> bool {
        let repositories = self.manifest.get("repositories");
        let listed: Vec<&Value> = match repositories {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(named)) => named.values().collect(),
            _ => Vec::new(),
        };
        let is_local = |repository: &Value| {
            let says = |key: &str| repository.get(key).and_then(Value::as_str).unwrap_or_default();
            let is_far = says("url").contains("://") || says("url").starts_with("git@");
            ["path", "artifact"].contains(&says("type")) || !says("url").is_empty() && !is_far
        };
        let extra = self.manifest.get("extra").and_then(Value::as_object);
        let mut extra = extra.into_iter().flat_map(|extra| extra.keys());
        listed.into_iter().any(is_local) || extra.any(|key| key.contains("patches") || key == "merge-plugin")
    }

    /// Whether packages, and what its scripts name, lie in the folder of the project.
    pub fn stays_inside(&self) -> bool {
        let config = self.manifest.get("config");
        let folders = ["vendor-dir", "bin-dir"].into_iter().filter_map(|name| config?.get(name)?.as_str());
        let is_outside = |path: &str| path.starts_with(['/', '~', '$']) || path.contains("..");
        let scripts = self.manifest.get("scripts").map(strings).unwrap_or_default();
        !folders.into_iter().any(is_outside) && !scripts.iter().any(|text| text.split_whitespace().any(is_outside))
    }

    /// Whether what is listed for developing is needed when the project is installed, by the scripts that run then, or by
    /// bundles that are loaded wherever the program is not told that it runs in production.
    pub fn needs_dev(&self, in_production: bool, runs_scripts: bool) -> bool {
        let required = self.manifest.get("require-dev").and_then(Value::as_object);
        let required = required.into_iter().flatten().map(|(name, _)| name.as_str());
        let locked = self.lock.as_ref().and_then(|lock| lock.get("packages-dev")?.as_array());
        let locked = locked.into_iter().flatten().filter_map(|package| package.get("name")?.as_str());
        let names: Vec<&str> = required.chain(locked).collect();
        let has_bundles = names.iter().any(|name| name.ends_with("bundle"));
        !names.is_empty()
            && (has_bundles && !in_production
                || runs_scripts && HOOKS.iter().any(|hook| self.script_needs_dev(hook, in_production, 0)))
    }

    fn script_needs_dev(&self, name: &str, in_production: bool, depth: usize) -> bool {
        let Some(script) = self.manifest.get("scripts").and_then(|scripts| scripts.get(name)) else { return false };
        // Those of Symfony, which load the bundles of the environment.
        if script.is_object() {
            return !in_production;
        }
        strings(script).iter().any(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            match &words[..] {
                _ if text.contains("COMPOSER_DEV_MODE") => false,
                [] | ["@php" | "php", "-r", ..] => false,
                ["@composer" | "composer" | "@putenv" | "@no_additional_args", ..] => false,
                ["@php" | "php", "artisan", command, ..] => !ARTISAN.iter().any(|known| command.starts_with(known)),
                ["@php" | "php", "bin/console", ..] | ["bin/console", ..] => !in_production,
                [program, ..] if program.starts_with('@') => {
                    depth > 4 || self.script_needs_dev(&program[1..], in_production, depth + 1)
                }
                [callback] if callback.contains("::") => {
                    !["Illuminate\\", "Composer\\"].iter().any(|known| callback.starts_with(known))
                }
                [program, ..] => !PLAIN.contains(program) || text.contains(['&', ';', '|', '`', '$']),
            }
        })
    }

    /// Whether a package is known, or by its name likely, to start git or what unpacks archives when it runs.
    pub fn starts_tools(&self) -> bool {
        let required = ["require", "require-dev"].into_iter().filter_map(|list| self.manifest.get(list)?.as_object());
        let required = required.flat_map(|list| list.keys().map(String::as_str));
        let locked =
            ["packages", "packages-dev"].into_iter().filter_map(|list| self.lock.as_ref()?.get(list)?.as_array());
        let locked = locked.flatten().filter_map(|package| package.get("name")?.as_str());
        required.chain(locked).any(|name| name == "composer/composer" || is_of_git(name))
    }
}

/// Names such as `czproject/git-php`; `digit` is another word.
fn is_of_git(name: &str) -> bool {
    name.split(['/', '-', '_', '.'])
        .any(|part| ["git", "gitlib", "gitonomy", "gitwrapper", "unzip", "svn", "ssh"].contains(&part))
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(values) => values.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(manifest: &str, lock: &str) -> ComposerProject {
        let texts = [("composer.json", manifest), ("composer.lock", lock)];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let files = texts.iter().map(|(path, _)| path.clone()).collect();
        ComposerProject::of_folder(&Context::new(files, texts.into_iter().collect()), "").unwrap()
    }

    #[test]
    fn packages_and_scripts_may_leave_the_folder() {
        assert!(project("{}", "{}").stays_inside());
        assert!(project(r#"{"scripts": {"post-install-cmd": ["@php artisan optimize"]}}"#, "").stays_inside());
        assert!(!project(r#"{"scripts": {"build": "cp x /usr/share/x"}}"#, "").stays_inside());
        assert!(!project(r#"{"config": {"vendor-dir": "../vendor"}}"#, "").stays_inside());
    }

    #[test]
    fn scripts_of_an_installation_may_need_what_is_for_developing() {
        let needs = |scripts: &str, package: &str, in_production| {
            let manifest = format!(r#"{{"require-dev": {{"{package}": "*"}}, "scripts": {scripts}}}"#);
            project(&manifest, "{}").needs_dev(in_production, true)
        };
        let symfony = r#"{"auto-scripts": {"cache:clear": "symfony-cmd"}, "post-install-cmd": ["@auto-scripts"]}"#;
        assert!(needs(symfony, "phpunit/phpunit", false));
        assert!(!needs(symfony, "symfony/maker-bundle", true));
        assert!(needs("{}", "symfony/maker-bundle", false));
        assert!(!needs("{}", "phpunit/phpunit", false));
        for (command, needs_them) in [
            ("@php artisan package:discover --ansi", false),
            ("@php artisan ide-helper:generate", true),
            (r"Illuminate\\Foundation\\ComposerScripts::postAutoloadDump", false),
            (r"PhpCsFixer\\Installer::install", true),
            ("captainhook install -f", true),
            ("[ $COMPOSER_DEV_MODE -eq 0 ] || vendor/bin/grumphp git:init", false),
            ("cp -n .env.example .env", false),
        ] {
            let scripts = format!(r#"{{"post-autoload-dump": ["{command}"]}}"#);
            assert_eq!(needs(&scripts, "a/b", false), needs_them, "{command}");
        }
        assert!(!project(r#"{"scripts": {"post-install-cmd": "phpunit"}}"#, "{}").needs_dev(false, true));
    }

    #[test]
    fn packages_around_git_are_known_by_their_names() {
        assert!(project(r#"{"require": {"czproject/git-php": "^4"}}"#, "").starts_tools());
        assert!(project("{}", r#"{"packages": [{"name": "composer/composer"}]}"#).starts_tools());
        assert!(!project(r#"{"require": {"vendor/digits": "*", "php": ">=8"}}"#, "{}").starts_tools());
    }
}
