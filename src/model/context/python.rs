//! What a project of Python depends on, from its manifests and lockfiles.

use super::Context;

/// How deep files of requirements may name each other.
const DEEPEST: usize = 8;

/// What a file of requirements, or a command of pip, names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Packages, normalised: `flask-cors`.
    pub names: Vec<String>,
    /// Paths of projects that are installed from where they lie, and whether they are only linked (`-e`).
    pub local: Vec<(String, bool)>,
}

/// What `pyproject.toml`, `setup.py` and `setup.cfg` of one folder say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonProject {
    /// Packages that it depends on, optional ones included, normalised.
    pub names: Vec<String>,
    /// Whether files may be put beside the packages: `data_files` and their like.
    pub has_data_files: bool,
    /// Whether it may have an extension that is compiled.
    pub compiles: bool,
}

/// Whether a file has the usual name of a list of requirements.
pub(super) fn is_requirements(name: &str) -> bool {
    let named = ["requirements", "requires", "constraints"].iter().any(|stem| name.contains(stem));
    (name.ends_with(".txt") || name.ends_with(".in")) && (named || matches!(name, "base.txt" | "prod.txt" | "dev.txt"))
}

impl Requirements {
    /// Reads a file of the context with all that it names; `None` where a line, or a file, cannot be read.
    pub fn of_file(context: &Context, path: &str) -> Option<Requirements> {
        let mut found = Requirements::default();
        found.read(context, path, DEEPEST)?;
        Some(found)
    }

    fn read(&mut self, context: &Context, path: &str, depth: usize) -> Option<()> {
        let text = context.text(path).filter(|_| depth > 0)?;
        let folder = path.rfind('/').map_or("", |at| &path[..=at]);
        for line in text.replace("\\\r\n", " ").replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
            match option {
                "-r" | "--requirement" => {
                    self.read(context, &super::origin::join(folder, value.trim()), depth - 1)?;
                }
                "-e" | "--editable" => self.local.push((value.trim().to_owned(), true)),
                "-c" | "--constraint" | "-i" | "--index-url" | "--extra-index-url" | "--trusted-host" | "--pre"
                | "--no-binary" | "--only-binary" | "--prefer-binary" | "--require-hashes" | "-f" | "--find-links"
                | "--no-index" | "--use-feature" => {}
                _ if option.starts_with('-') => return None,
                _ => self.add(line)?,
            }
        }
        Some(())
    }

    /// Adds what one word of pip, or one line, names; `None` where that cannot be told.
    pub fn add(&mut self, requirement: &str) -> Option<()> {
        let requirement = requirement.trim().trim_matches(['"', '\'']);
        let is_path = requirement.starts_with(['.', '/']) || requirement.starts_with("file:");
        if is_path && !requirement.ends_with(".whl") {
            let path = requirement.trim_start_matches("file:").split('[').next().unwrap_or_default();
            self.local.push((path.to_owned(), false));
            return Some(());
        }
        // `git+https://host/name.git#egg=name` tells its name, or not.
        let named = match requirement.split_once("#egg=") {
            Some((_, name)) => name,
            None if requirement.contains("://") && !requirement.contains('@') => return None,
            None => requirement,
        };
        let end = named.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(named.len());
        let name = normalised(&named[..end]);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        is_name.then(|| self.names.push(name))
    }
}

impl PythonProject {
    /// Reads the manifests of a folder of the context (`""` or with a slash at its end); `None` where there are none,
    /// or one of them is broken.
    pub fn of_folder(context: &Context, folder: &str) -> Option<PythonProject> {
        let text = |name: &str| context.text(&format!("{folder}{name}"));
        let (pyproject, setup, cfg) = (text("pyproject.toml"), text("setup.py"), text("setup.cfg"));
        if pyproject.is_none() && setup.is_none() && cfg.is_none() {
            return None;
        }
        let mut found = PythonProject::default();
        if let Some(text) = pyproject {
            found.read_pyproject(&text.parse().ok()?);
        }
        for text in [pyproject, setup, cfg].into_iter().flatten() {
            let data = ["data_files", "data-files", "shared-data", "shared_data", "shared-scripts"];
            found.has_data_files |= data.iter().any(|sign| text.contains(sign));
            let native = ["ext_modules", "ext-modules", "Extension(", "cffi_modules", "maturin", "setuptools-rust"];
            let native_too = ["scikit-build", "meson-python", "cythonize", "pybind11", "mesonpy"];
            found.compiles |= native.iter().chain(&native_too).any(|sign| text.contains(sign));
        }
        for text in [setup, cfg].into_iter().flatten() {
            // What a program writes cannot be told; what it quotes may be names.
            found.names.extend(quoted_names(text));
        }
        found.names.sort();
        found.names.dedup();
        Some(found)
    }

    fn read_pyproject(&mut self, manifest: &toml::Table) {
        let add = |names: &mut Vec<String>, value: &toml::Value| {
            let mut one = Requirements::default();
            if value.as_str().is_some_and(|text| one.add(text).is_some()) {
                names.append(&mut one.names);
            }
        };
        let project = manifest.get("project").and_then(toml::Value::as_table);
        let lists = project.and_then(|project| project.get("dependencies")).into_iter();
        let optional = project.and_then(|project| project.get("optional-dependencies")?.as_table());
        for list in lists.chain(optional.into_iter().flat_map(toml::Table::values)) {
            list.as_array().into_iter().flatten().for_each(|value| add(&mut self.names, value));
        }
        let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry")?.get("dependencies")?.as_table());
        self.names.extend(poetry.into_iter().flat_map(toml::Table::keys).map(|name| normalised(name)));
        self.names.retain(|name| name != "python");
        let build = manifest.get("tool").and_then(|tool| tool.get("poetry")?.get("build"));
        self.compiles |= build.is_some();
    }
}

impl Context {
    /// The packages that a lockfile of poetry, uv or pipenv names, normalised; `None` where it is none or broken.
    pub fn locked_python(&self, path: &str) -> Option<Vec<String>> {
        let text = self.text(path)?;
        if path.ends_with("Pipfile.lock") {
            let lock: serde_json::Value = serde_json::from_str(text).ok()?;
            return Some(lock.get("default")?.as_object()?.keys().map(|name| normalised(name)).collect());
        }
        let lock: toml::Table = text.parse().ok()?;
        let packages = lock.get("package")?.as_array()?.iter();
        Some(packages.filter_map(|package| package.get("name")?.as_str()).map(normalised).collect())
    }
}

/// A name as all tools compare it.
fn normalised(name: &str) -> String {
    let mut text = String::new();
    for c in name.to_ascii_lowercase().chars() {
        match c {
            '-' | '_' | '.' if text.ends_with('-') => {}
            '_' | '.' => text.push('-'),
            c => text.push(c),
        }
    }
    text
}

fn quoted_names(text: &str) -> Vec<String> {
    let words = text.split(['"', '\'', '\n', ' ', ',', '[', ']', '(', ')']);
    let heads = words.map(|word| word.split(['=', '<', '>', '~', '!', ';']).next().unwrap_or_default());
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    heads.filter(is_name).map(normalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(texts: &[(&str, &str)]) -> Context {
        let files = texts.iter().map(|(path, _)| (*path).to_owned()).collect();
        Context::new(files, texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn requirements_name_packages_and_other_files() {
        let context = context(&[
            ("requirements.txt", "-r deps/requirements-base.txt\nFlask_CORS>=3 ; python_version > '3'\n-e .\n# none\n"),
            (
                "deps/requirements-base.txt",
                "--index-url https://example.com/simple\ngunicorn==20.1 \\\n  --hash=sha256:1\n",
            ),
            ("bad-requirements.txt", "--unknown-option\n"),
            ("git-requirements.txt", "git+https://example.com/acme/x.git\nname @ git+https://example.com/y.git\n"),
        ]);
        let found = Requirements::of_file(&context, "requirements.txt").unwrap();
        assert_eq!(found.names, ["gunicorn", "flask-cors"]);
        assert_eq!(found.local, [(".".to_owned(), true)]);
        assert_eq!(Requirements::of_file(&context, "bad-requirements.txt"), None);
        assert_eq!(Requirements::of_file(&context, "git-requirements.txt"), None);
    }

    #[test]
    fn projects_tell_what_they_need_and_leave() {
        let context = context(&[
            ("pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\"click>=8\", \"Rich\"]\n"),
            ("old/setup.py", "setup(install_requires=['psycopg2>=2'], data_files=[('etc', ['x.conf'])])"),
            ("broken/pyproject.toml", "[project\n"),
        ]);
        let found = PythonProject::of_folder(&context, "").unwrap();
        assert_eq!((found.names, found.has_data_files), (vec!["click".to_owned(), "rich".to_owned()], false));
        let old = PythonProject::of_folder(&context, "old/").unwrap();
        assert!(old.has_data_files && old.names.contains(&"psycopg2".to_owned()));
        assert_eq!(PythonProject::of_folder(&context, "broken/"), None);
        assert_eq!(PythonProject::of_folder(&context, "none/"), None);
    }
}
