//! Which Dockerfiles are built with a folder as their context, and which ignore file counts for each.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_dockerignore::{ContextName, Part, needs};
use dopt_model::Stages;
use dopt_syntax::Document;

use super::compose::{self, Build};
use super::walk::bytes_of;
use crate::discover::{is_dockerfile_name, tidy};

/// How deep below a context Dockerfiles are looked for that may be meant for it.
const DEEPEST: usize = 2;

/// A Dockerfile that is built with a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The Dockerfile; for one that stands in another file, that file.
    pub path: PathBuf,
    /// Its text, where it stands in another file.
    pub inline: Option<String>,
    /// The name that the context goes by in it; `None` for the main context.
    pub name: Option<String>,
    /// The compose or bake file that says so.
    pub says: Option<PathBuf>,
}

impl User {
    /// The name for reading what it takes.
    pub fn context_name(&self) -> ContextName<'_> {
        self.name.as_deref().map_or(ContextName::Main, ContextName::Named)
    }
}

/// A context with one ignore file, and the Dockerfiles for which that counts.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The folder.
    pub context: PathBuf,
    /// The ignore file, there or not.
    pub ignore: PathBuf,
    /// Who is built with it.
    pub users: Vec<User>,
    /// Compose and bake files that name the context.
    pub compose: Vec<PathBuf>,
}

/// The units of a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// Those for which some Dockerfile was found; that of the folder's own `.dockerignore` first.
    pub units: Vec<Unit>,
    /// Compose and bake files that could not be read, and why.
    pub unread: Vec<(PathBuf, String)>,
}

/// Finds who is built with a folder. `more` are Dockerfiles that the user names.
pub fn units(context: &Path, more: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let real = fs::canonicalize(context).unwrap_or_else(|_| context.to_path_buf());
    let plain = |path: PathBuf| User { path, inline: None, name: None, says: None };
    let mut users: Vec<User> = dockerfiles_in(context).into_iter().map(plain).collect();
    users.extend(more.iter().cloned().map(plain));
    let mut compose = Vec::new();
    for file in compose_files(context, &real) {
        match compose::builds(&file) {
            Ok(builds) => {
                let before = users.len();
                builds.iter().for_each(|build| add_users(build, &real, &mut users));
                if users.len() > before || file.parent().is_some_and(|folder| is_same(folder, &real)) {
                    compose.push(file);
                }
            }
            Err(error) => found.unread.push((tidy(&file).to_path_buf(), error)),
        }
    }
    users.extend(below(context, &users).into_iter().map(plain));
    let mut seen: Vec<(PathBuf, Option<String>, Option<String>)> = Vec::new();
    for user in users {
        let key = (fs::canonicalize(&user.path).unwrap_or(user.path.clone()), user.name.clone(), user.inline.clone());
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let ignore = ignore_file(context, &user);
        match found.units.iter_mut().find(|unit| unit.ignore == ignore) {
            Some(unit) => unit.users.push(user),
            None => {
                let (context, compose) = (context.to_path_buf(), compose.clone());
                found.units.push(Unit { context, ignore, users: vec![user], compose });
            }
        }
    }
    found.units.sort_by_key(|unit| unit.ignore.file_name().is_none_or(|name| name != ".dockerignore"));
    found
}

/// The one beside the Dockerfile takes the place of the context's; a folder with a name always has its own.
fn ignore_file(context: &Path, user: &User) -> PathBuf {
    let mut beside = user.path.clone().into_os_string();
    beside.push(".dockerignore");
    let beside = PathBuf::from(beside);
    if user.name.is_none() && user.inline.is_none() && beside.is_file() {
        return tidy(&beside).to_path_buf();
    }
    tidy(&context.join(".dockerignore")).to_path_buf()
}

fn add_users(build: &Build, real: &Path, users: &mut Vec<User>) {
    let path = if build.inline.is_some() { &build.file } else { &build.dockerfile };
    let user = |name: Option<String>| User {
        path: simplified(path),
        inline: build.inline.clone(),
        name,
        says: Some(build.file.clone()),
    };
    if build.inline.is_none() && !build.dockerfile.is_file() {
        return;
    }
    if is_same(&build.context, real) {
        users.push(user(None));
    }
    users.extend(
        build.named.iter().filter(|(_, folder)| is_same(folder, real)).map(|(name, _)| user(Some(name.clone()))),
    );
}

/// `a/./b/../c` as it is shown, where the disk agrees that it is the same.
pub fn simplified(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if is_same(&out, path) { out } else { path.to_path_buf() }
}

pub fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(if one.as_os_str().is_empty() { Path::new(".") } else { one }), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn dockerfiles_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_one = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(is_dockerfile_name) && path.is_file()
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_one).collect();
    found.sort();
    found.iter().map(|path| tidy(path).to_path_buf()).collect()
}

/// Compose and bake files in the folder and above it, up to the root of the repository.
pub fn compose_files(context: &Path, real: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folder = context.to_path_buf();
    for real in real.ancestors() {
        let entries = fs::read_dir(real).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name()).filter(|name| name.to_str().is_some_and(compose::is_name)).collect();
        names.sort();
        found.extend(names.iter().map(|name| tidy(&folder.join(name)).to_path_buf()));
        if real.join(".git").exists() {
            return found;
        }
        folder = if folder.is_absolute() { real.parent().unwrap_or(real).to_path_buf() } else { folder.join("..") };
    }
    // Outside of a repository, files of other people may lie above.
    found.retain(|file| file.parent().is_none_or(|folder| is_same(folder, real)));
    found
}

/// Dockerfiles in folders below whose sources are there from here, and not from where they lie.
fn below(context: &Path, known: &[User]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(context.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let inside = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let names_code = |name: &str| !matches!(name, "node_modules" | ".git" | "vendor" | ".venv" | "venv");
        for entry in inside.filter(|entry| entry.file_name().to_str().is_some_and(names_code)) {
            let path = entry.path();
            let files = dockerfiles_in(&path).into_iter().filter(|file| !known.iter().any(|user| user.path == *file));
            found.extend(files.filter(|file| is_meant_for(file, context)));
            if depth + 1 < DEEPEST {
                folders.push((path, depth + 1));
            }
        }
    }
    found.sort();
    found
}

fn is_meant_for(dockerfile: &Path, context: &Path) -> bool {
    let Ok(text) = fs::read_to_string(dockerfile) else { return false };
    let Some(sources) = first_names(&text) else { return false };
    !sources.is_empty() && all_in(&sources, context) && !all_in(&sources, folder_of(dockerfile))
}

/// The context that a Dockerfile is built with, as far as its sources tell, and the ignore file that counts: the folder
/// that it lies in, or the nearest above that has all of them.
pub fn context_of(dockerfile: &Path, text: &str) -> Option<(PathBuf, PathBuf)> {
    let sources = first_names(text)?;
    let mut folder = folder_of(dockerfile).to_path_buf();
    for _ in 0..=DEEPEST {
        if all_in(&sources, &folder) {
            let ignore = ignore_file_of(&folder, dockerfile);
            return Some((folder, ignore));
        }
        if folder.join(".git").exists() {
            return None;
        }
        folder = match folder.parent() {
            Some(parent) if folder.file_name().is_some() && !parent.as_os_str().is_empty() => parent.to_path_buf(),
            Some(_) if folder.file_name().is_some() => PathBuf::from("."),
            _ => folder.join(".."),
        };
    }
    None
}

/// The ignore file that counts where a Dockerfile is built with a folder.
pub fn ignore_file_of(context: &Path, dockerfile: &Path) -> PathBuf {
    ignore_file(context, &User { path: dockerfile.to_path_buf(), inline: None, name: None, says: None })
}

fn folder_of(dockerfile: &Path) -> &Path {
    dockerfile.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The first part of each source that is written out; nothing where it cannot be told what a Dockerfile takes.
fn first_names(text: &str) -> Option<Vec<Vec<u8>>> {
    let document = Document::parse(text);
    let needs = needs(&Stages::of(&document), 0, ContextName::Main).ok()?;
    let firsts = needs.iter().filter_map(|need| match need.parts.first() {
        Some(Part::Name(name)) => Some(name.clone()),
        _ => None,
    });
    Some(firsts.collect())
}

fn all_in(names: &[Vec<u8>], folder: &Path) -> bool {
    names.iter().all(|name| super::walk::on_disk(folder, name).symlink_metadata().is_ok())
}

impl Unit {
    /// The paths of what describes the build, from the context; nothing for what lies outside.
    pub fn docker_paths(&self) -> Vec<Vec<u8>> {
        let files = self.users.iter().filter(|user| user.inline.is_none()).map(|user| user.path.clone());
        let own = std::iter::once(self.ignore.clone());
        self.inside(files.chain(own))
    }

    /// The path of the ignore file, if it lies in the context.
    pub fn ignore_path(&self) -> Option<Vec<u8>> {
        self.inside(std::iter::once(self.ignore.clone())).pop()
    }

    /// The same for compose and bake files.
    pub fn compose_paths(&self) -> Vec<Vec<u8>> {
        self.inside(self.compose.iter().cloned())
    }

    fn inside(&self, files: impl Iterator<Item = PathBuf>) -> Vec<Vec<u8>> {
        let Ok(root) = fs::canonicalize(&self.context) else { return Vec::new() };
        let relative = |path: PathBuf| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let real = fs::canonicalize(folder).ok()?.join(path.file_name()?);
            Some(bytes_of(real.strip_prefix(&root).ok()?.as_os_str()))
        };
        files.filter_map(relative).collect()
    }

    /// The context for people.
    pub fn shown_context(&self) -> String {
        let shown = shown(&self.context);
        if shown.is_empty() { ".".to_owned() } else { shown }
    }
}

/// A path with forward slashes.
pub fn shown(path: &Path) -> String {
    let path = tidy(path).to_string_lossy();
    if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
}
