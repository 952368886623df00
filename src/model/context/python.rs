//! What a project of Python depends on, from its manifests and lockfiles.

use super::Context;

/// How deep files of requirements may name each other.
const DEEPEST: usize = 8;

/// What a file of requirements, or a command of pip, names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Packages, normalised: `flask-cors`.
    pub names: Vec<String>,
    /// What they say of the versions of packages: `==4.6.3`.
    pub bounds: Vec<(String, String)>,
    /// Packages that are compiled though they need not be; `:all:` is all of them.
    pub from_source: Vec<String>,
    /// Paths of projects that are installed from where they lie, and whether they are only linked (`-e`).
    pub local: Vec<(String, bool)>,
}

/// What `pyproject.toml`, `setup.py` and `setup.cfg` of one folder say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PythonProject {
    /// Packages that it depends on, optional ones included, normalised.
    pub names: Vec<String>,
    /// The optional ones that `pyproject.toml` lists, by the names of their extras.
    pub extras: Vec<(String, Vec<String>)>,
    /// Whether files may be put beside the packages: `data_files` and their like.
    pub has_data_files: bool,
    /// Whether it may have an extension that is compiled.
    pub compiles: bool,
    /// Whether such an extension names libraries that it is linked with, beside those of C itself.
    pub links: bool,
}

/// Whether a file has the usual name of a list of requirements, or lies in a folder of that name.
pub(super) fn is_requirements(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stems = ["requirement", "requirements", "requires", "constraints", "reqs", "dependencies"];
    let named = stems.iter().any(|stem| name.contains(stem) || folder.rsplit('/').next() == Some(stem));
    let is_text = [".txt", ".in", ".pip"].iter().any(|end| name.ends_with(end)) || !name.contains('.');
    is_text && named || matches!(name, "base.txt" | "prod.txt" | "dev.txt" | "req.txt" | "deps.txt" | "packages.txt")
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
                "--no-binary" => self.compile(value),
                "-c" | "--constraint" | "-i" | "--index-url" | "--extra-index-url" | "--trusted-host" | "--pre"
                | "--only-binary" | "--prefer-binary" | "--require-hashes" | "-f" | "--find-links" | "--no-index"
                | "--use-feature" => {}
                _ if option.starts_with('-') => return None,
                _ => self.add(line)?,
            }
        }
        Some(())
    }

    /// Adds what `--no-binary` names.
    pub fn compile(&mut self, names: &str) {
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != ":none:");
        self.from_source.extend(names.map(|name| if name == ":all:" { name.to_owned() } else { normalised(name) }));
    }

    /// Adds all that another one has.
    pub fn join(&mut self, other: Requirements) {
        self.names.extend(other.names);
        self.bounds.extend(other.bounds);
        self.from_source.extend(other.from_source);
        self.local.extend(other.local);
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
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = named[end..].trim_start();
        let rest = if rest.starts_with('[') { rest.split_once(']').map_or("", |(_, rest)| rest) } else { rest };
        let bound = rest.split([';', '#', '@']).next().unwrap_or_default().split(" --").next().unwrap_or_default();
        if bound.contains(['=', '<']) {
            self.bounds.push((name.clone(), bound.trim().trim_matches(['(', ')']).replace(' ', "")));
        }
        self.names.push(name);
        Some(())
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
        found.links = [pyproject, setup, cfg].into_iter().flatten().any(names_libraries);
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
        lists.for_each(|list| list.as_array().into_iter().flatten().for_each(|value| add(&mut self.names, value)));
        for (extra, list) in optional.into_iter().flatten() {
            let mut names = Vec::new();
            list.as_array().into_iter().flatten().for_each(|value| add(&mut names, value));
            self.names.extend(names.iter().cloned());
            self.extras.push((extra.clone(), names));
        }
        let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry")?.get("dependencies")?.as_table());
        self.names.extend(poetry.into_iter().flat_map(toml::Table::keys).map(|name| normalised(name)));
        self.names.retain(|name| name != "python");
        let build = manifest.get("tool").and_then(|tool| tool.get("poetry")?.get("build"));
        self.compiles |= build.is_some();
    }
}

/// What a lockfile of poetry, uv or pipenv lists, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedPython {
    /// What the project itself needs, and all that this needs.
    pub production: Vec<String>,
    /// The rest: what only developing needs.
    pub developing: Vec<String>,
}

impl LockedPython {
    /// All names.
    pub fn names(&self) -> impl Iterator<Item = String> + use<'_> {
        self.production.iter().chain(&self.developing).cloned()
    }

    /// Tells the packages that are reached from these names from the others.
    fn reached(packages: &[toml::Value], roots: Vec<String>) -> Option<LockedPython> {
        let name = |package: &toml::Value| Some(normalised(package.get("name")?.as_str()?));
        let names: Vec<String> = packages.iter().map(name).collect::<Option<_>>()?;
        let mut reached = roots;
        let mut at = 0;
        while at < reached.len() {
            let found = packages.iter().zip(&names).filter(|(_, name)| **name == reached[at]);
            let needed: Vec<String> = found.flat_map(|(package, _)| needed_by(package)).collect();
            for name in needed {
                if !reached.contains(&name) {
                    reached.push(name);
                }
            }
            at += 1;
        }
        let (production, developing) = names.into_iter().partition(|name| reached.contains(name));
        Some(LockedPython { production, developing })
    }
}

/// The packages that one of poetry's or uv's lockfile needs, its extras included.
fn needed_by(package: &toml::Value) -> Vec<String> {
    let named = |value: &toml::Value| value.get("name").and_then(toml::Value::as_str).map(normalised);
    let mut found = Vec::new();
    match package.get("dependencies") {
        Some(toml::Value::Table(needs)) => found.extend(needs.keys().map(|name| normalised(name))),
        Some(toml::Value::Array(needs)) => found.extend(needs.iter().filter_map(named)),
        _ => {}
    }
    let optional = package.get("optional-dependencies").and_then(toml::Value::as_table);
    let lists = optional.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_array);
    found.extend(lists.flatten().filter_map(named));
    found
}

impl Context {
    /// The packages that a lockfile of poetry, uv or pipenv names; `None` where it is none or broken.
    pub fn locked_python(&self, path: &str) -> Option<LockedPython> {
        let text = self.text(path)?;
        if path.ends_with("Pipfile.lock") {
            let lock: serde_json::Value = serde_json::from_str(text).ok()?;
            let names = |section: &str| -> Option<Vec<String>> {
                Some(lock.get(section)?.as_object()?.keys().map(|name| normalised(name)).collect())
            };
            let production = names("default")?;
            let mut developing = names("develop").unwrap_or_default();
            developing.retain(|name| !production.contains(name));
            return Some(LockedPython { production, developing });
        }
        let lock: toml::Table = text.parse().ok()?;
        let packages = lock.get("package")?.as_array()?;
        let folder = path.rfind('/').map_or("", |at| &path[..=at]);
        let own = |package: &&toml::Value| {
            let source = package.get("source").and_then(toml::Value::as_table);
            source.is_some_and(|source| source.contains_key("virtual") || source.contains_key("editable"))
        };
        let mut roots: Vec<String> =
            packages.iter().filter(own).filter_map(|package| package.get("name")?.as_str()).map(normalised).collect();
        if roots.is_empty() {
            // Where the project is not read, all of it may be needed.
            let project = PythonProject::of_folder(self, folder).filter(|project| !project.names.is_empty());
            roots = match project {
                Some(project) => project.names,
                None => packages.iter().filter_map(|package| package.get("name")?.as_str()).map(normalised).collect(),
            };
        }
        LockedPython::reached(packages, roots)
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

/// Whether manifests say what an extension is linked with, beside the libraries of C.
fn names_libraries(text: &str) -> bool {
    let with_c = ["m", "c", "dl", "rt", "pthread", "stdc++", "gcc"];
    let odd = ["pkgconfig", "pkg-config", "pkg_config", "extra_link_args", "get_libraries"];
    let named = text.match_indices("libraries").filter_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start().strip_prefix(['=', ':'])?.trim_start();
        Some(rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(list, _)| list))
    });
    let is_foreign = |list: &str| {
        let names = list.split(',').map(|name| name.trim().trim_matches(['"', '\'']));
        names.into_iter().any(|name| !name.is_empty() && !with_c.contains(&name))
    };
    odd.iter().any(|word| text.contains(word)) || named.into_iter().any(|list| list.is_none_or(is_foreign))
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
        assert_eq!(found.bounds[0], ("gunicorn".to_owned(), "==20.1".to_owned()));
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

    #[test]
    fn libraries_of_extensions_are_those_beside_c() {
        assert!(!names_libraries("Extension('x', ['x.c'], libraries=['m'])"));
        assert!(names_libraries("Extension('x', ['x.c'], libraries = ['m', 'xml2'])"));
        assert!(names_libraries("Extension('x', libraries=LIBS)"));
        assert!(!names_libraries("setup(classifiers=['Topic :: Software Development :: Libraries'])"));
    }

    #[test]
    fn lockfiles_tell_what_only_developing_needs() {
        let poetry = "[[package]]\nname = \"click\"\n\n[package.dependencies]\nColorama = \"*\"\n\n\
                      [[package]]\nname = \"colorama\"\n\n[[package]]\nname = \"pytest\"\n\n\
                      [package.dependencies]\niniconfig = \"*\"\ncolorama = \"*\"\n\n[[package]]\nname = \"iniconfig\"\n";
        let context = context(&[
            ("pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.11\"\nclick = \"^8\"\n"),
            ("poetry.lock", poetry),
            ("Pipfile.lock", "{\"default\": {\"flask\": {}}, \"develop\": {\"pytest\": {}, \"flask\": {}}}"),
        ]);
        let locked = context.locked_python("poetry.lock").unwrap();
        assert_eq!(locked.production, ["click", "colorama"]);
        assert_eq!(locked.developing, ["pytest", "iniconfig"]);
        assert_eq!(context.locked_python("Pipfile.lock").unwrap().developing, ["pytest"]);
    }
}
