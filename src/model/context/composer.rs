//! `composer.json` and `composer.lock`: where Composer puts packages, and what they need besides PHP.

use serde_json::Value;

use super::Context;

/// The project of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposerProject {
    manifest: Value,
    lock: Option<Value>,
}

impl ComposerProject {
    /// Reads the `composer.json` of a folder of the context (`""` or with a slash at its end), and its lockfile.
    pub fn of_folder(context: &Context, folder: &str) -> Option<ComposerProject> {
        let read = |name: &str| -> Option<Value> {
            let text = context.text(&format!("{folder}{name}"))?;
            serde_json::from_str(text.trim_start_matches('\u{feff}')).ok().filter(Value::is_object)
        };
        Some(ComposerProject { manifest: read("composer.json")?, lock: read("composer.lock") })
    }

    /// Whether packages, and what its scripts name, lie in the folder of the project.
    pub fn stays_inside(&self) -> bool {
        let config = self.manifest.get("config");
        let folders = ["vendor-dir", "bin-dir"].into_iter().filter_map(|name| config?.get(name)?.as_str());
        let is_outside = |path: &str| path.starts_with(['/', '~', '$']) || path.contains("..");
        let scripts = self.manifest.get("scripts").map(strings).unwrap_or_default();
        !folders.into_iter().any(is_outside) && !scripts.iter().any(|text| text.split_whitespace().any(is_outside))
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
    fn packages_around_git_are_known_by_their_names() {
        assert!(project(r#"{"require": {"czproject/git-php": "^4"}}"#, "").starts_tools());
        assert!(project("{}", r#"{"packages": [{"name": "composer/composer"}]}"#).starts_tools());
        assert!(!project(r#"{"require": {"vendor/digits": "*", "php": ">=8"}}"#, "{}").starts_tools());
    }
}
