//! The build context: which files lie in the folder that is built, and the text of the manifests among them.
//!
//! Nothing here reads a folder. The edge does, where a transform refuses for want of it.

mod composer;
mod evidence;
mod java;
mod listed;
mod makefile;
mod node;
mod origin;
mod python;
mod rust;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use composer::ComposerProject;
pub use evidence::{Evidence, Tool};
pub use java::JavaProject;
pub use makefile::Makefile;
pub use node::{LockedPackage, NodeManager, NodePackage};
pub use origin::Origin;
pub use python::{LockedPython, PythonProject, Requirements};
pub use rust::RustProject;

/// What is known of the folder that is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContextFact {
    /// Nobody was asked so far.
    #[default]
    NotAsked,
    /// Nobody can tell: the text came without a folder, or there is too much in it.
    Unknown,
    /// This is in it.
    Known(Arc<Context>),
}

/// The files that a build sees of a folder: what its ignore file hides is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Paths from the folder, with `/`, in order; folders are not listed by themselves.
    files: Vec<String>,
    texts: BTreeMap<String, String>,
}

/// The files whose text is read: manifests and lockfiles.
const MANIFESTS: &[&str] = &[
    "go.mod", "go.sum", "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
    "pnpm-workspace.yaml", ".yarnrc.yml", ".npmrc", "next.config.js", "pyproject.toml", "setup.py", "setup.cfg",
    "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "Procfile", "Cargo.toml", "Cargo.lock", "Makefile",
    "GNUmakefile", "CMakeLists.txt", "meson.build", "configure.ac", "pom.xml", "build.gradle", "build.gradle.kts",
    "Gemfile", "Gemfile.lock", "composer.json", "composer.lock",
];

impl Context {
    /// These files, and the text of some of them by their path.
    pub fn new(mut files: Vec<String>, texts: BTreeMap<String, String>) -> Context {
        files.sort_unstable();
        Context { files, texts }
    }

    /// Whether the text of a file is wanted.
    pub fn wants_text(path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_project = [".csproj", ".fsproj", ".mk", ".cmake"].iter().any(|end| name.ends_with(end));
        MANIFESTS.contains(&name)
            || is_project
            || listed::is_list(path)
            || evidence::may_start_others(path)
            || python::is_requirements(path)
            || evidence::is_source(path)
    }

    /// Whether there is a file of this very path.
    pub fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|found| found.as_str().cmp(path)).is_ok()
    }

    /// The texts of manifests and sources, by their paths.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a manifest.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The files that a source of `COPY` brings: the file itself, or all below the folder. None for a pattern.
    pub fn below<'c>(&'c self, source: &str) -> impl Iterator<Item = &'c str> + use<'c> {
        let mut parts: Vec<&str> = source.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        // Builders keep what climbs out of the context inside it.
        parts.retain(|part| *part != "..");
        let (file, folder) = (parts.join("/"), parts.iter().map(|part| format!("{part}/")).collect::<String>());
        let files = self.files.iter().map(String::as_str);
        files.filter(move |path| *path == file || path.starts_with(&folder))
    }
}
