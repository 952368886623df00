//! What a project of Rust builds, and which libraries it may link, from its manifests and its lockfile.

use toml::{Table, Value};

use super::Context;

/// What the manifests of one folder and of its members say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RustProject {
    /// The names of its programs.
    pub programs: Vec<String>,
    /// The packages of its lockfile.
    pub locked: Vec<String>,
    /// Whether a manifest may name packages of others.
    pub has_dependencies: bool,
}

impl RustProject {
    /// Reads the manifest and the lockfile of a folder of the context (`""`, `"server/"`), and all manifests below it.
    pub fn of_folder(context: &Context, folder: &str) -> Option<RustProject> {
        context.text(&format!("{folder}Cargo.toml"))?;
        let mut found = RustProject::default();
        for (path, text) in context.texts() {
            let Some(within) = path.strip_suffix("Cargo.toml").filter(|within| within.starts_with(folder)) else {
                continue;
            };
            found.read_manifest(context, within, text)?;
        }
        // Members have that of their workspace.
        let places = folder.match_indices('/').map(|(at, _)| &folder[..=at]).rev().chain([""]);
        let Some(lockfile) = places.into_iter().find_map(|place| context.text(&format!("{place}Cargo.lock"))) else {
            // What depends on nothing has nothing to lock.
            return (!found.has_dependencies).then_some(found);
        };
        let lockfile = lockfile.parse::<Table>().ok()?;
        let packages = lockfile.get("package").and_then(Value::as_array).into_iter().flatten();
        found.locked = packages.filter_map(|package| package.get("name")?.as_str().map(str::to_owned)).collect();
        Some(found)
    }

    fn read_manifest(&mut self, context: &Context, folder: &str, text: &str) -> Option<()> {
        let manifest = text.parse::<Table>().ok()?;
        self.has_dependencies |= ["dependencies", "build-dependencies", "target", "workspace"].iter().any(|name| {
            let table = manifest.get(*name).and_then(Value::as_table);
            table.is_some_and(|table| !table.is_empty())
        });
        let named = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
        let bins = manifest.get("bin").and_then(Value::as_array).into_iter().flatten();
        self.programs.extend(bins.filter_map(named));
        if context.has(&format!("{folder}src/main.rs")) {
            self.programs.extend(manifest.get("package").and_then(named));
        }
        let bins = format!("{folder}src/bin/");
        for path in context.below(&bins) {
            let rest = path[bins.len()..].trim_end_matches("/main.rs");
            self.programs.extend(rest.strip_suffix(".rs").or((!rest.contains('.')).then_some(rest)).map(str::to_owned));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_named_by_manifests_and_files() {
        let texts = [
            (
                "Cargo.toml",
                "[package]\nname = \"one\"\n[workspace]\nmembers = [\"two\"]\n[[bin]]\nname = \"own\"\npath = \"x.rs\"",
            ),
            ("Cargo.lock", "version = 3\n[[package]]\nname = \"openssl-sys\"\nversion = \"0.9.1\"\n"),
            ("two/Cargo.toml", "[package]\nname = \"two\"\n"),
        ];
        let files = ["src/main.rs", "src/bin/tool.rs", "src/bin/other/main.rs", "two/src/lib.rs"];
        let files = files.iter().chain(texts.iter().map(|(path, _)| path)).map(|path| (*path).to_owned()).collect();
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let context = Context::new(files, texts);
        let found = RustProject::of_folder(&context, "").unwrap();
        assert_eq!(found.programs, ["own", "one", "other", "tool"]);
        assert_eq!(found.locked, ["openssl-sys"]);
        let member = RustProject::of_folder(&context, "two/").unwrap();
        assert_eq!((member.programs.len(), member.locked.len()), (0, 1));
        assert_eq!(RustProject::of_folder(&context, "three/"), None);
        let alone = |manifest: &str| {
            let texts = [("Cargo.toml".to_owned(), manifest.to_owned())];
            RustProject::of_folder(&Context::new(vec!["src/main.rs".to_owned()], texts.into()), "").is_some()
        };
        assert!(alone("[package]\nname = \"one\"\n[dependencies]\n"));
        assert!(!alone("[package]\nname = \"one\"\n[dependencies]\nserde = \"1\"\n"));
    }
}
