//! Where the caches of package managers lie, for a `RUN --mount=type=cache`; and who understands that.

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{DirectiveName, Keyword};

use crate::commands::caches::{self, Cache, Filling};
use crate::commands::{Invocation, apk, apt, managers, pip};
use crate::{Family, ImageRef, State, User, Value};

/// The cache of one package manager as it can be mounted.
#[derive(Clone, Debug)]
pub struct Mountable {
    /// The name of the manager.
    pub manager: &'static str,
    /// The folders, as absolute paths.
    pub targets: Vec<String>,
    /// Whether two builds may not work in it at the same time.
    pub locked: bool,
    /// Who has to own the folders: `None` is root.
    pub owner: Option<u32>,
    /// The table of the manager; `None` for apt, apk and pip.
    pub cache: Option<&'static Cache>,
}

/// Why a cache cannot be mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMountable {
    /// Its folder, or who owns it, is not known.
    FolderUnknown,
    /// A variable keeps the manager from using any cache.
    SwitchedOff,
}

/// Words that put a cache elsewhere.
const ELSEWHERE: &[&str] = &[
    "--cache-dir", "--cache-folder", "--cache ", "--cache=", "--store-dir", "--installroot", "maven.repo.local",
    "--gradle-user-home", "--packages", "cachedir", "config set cache", "store-dir", "storeDir", "CacheDir",
];

/// The names of the managers whose caches can be mounted.
pub fn managers_with_mounts() -> Vec<&'static str> {
    let of_tables = caches::CACHES.iter().filter(|cache| !cache.mounts.is_empty()).map(|cache| cache.name);
    ["apt", "apk", "pip"].into_iter().chain(of_tables).collect()
}

/// The manager that a command runs.
pub fn manager_of(invocation: &Invocation<'_>) -> Option<&'static str> {
    if apt::is_apt(invocation) {
        return matches!(apt::lists(invocation), apt::Lists::Fetches | apt::Lists::Reads).then_some("apt");
    }
    if matches!(pip::read(invocation), Some(pip::Pip::Install(_))) {
        return Some("pip");
    }
    if let Some(Filling::Fills(cache, _)) = caches::filling(invocation) {
        return (!cache.mounts.is_empty()).then_some(cache.name);
    }
    match managers::action(invocation) {
        Some((manager, managers::Action::Install(_) | managers::Action::Update)) if manager.name == "apk" => {
            Some("apk")
        }
        _ => None,
    }
}

/// What is not known of a command that may fill a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// A word in front of the subcommand, or itself.
    Words,
    /// Which version of the program runs.
    Version,
}

/// The manager that a command calls in a way that is not known before the build, if its cache can be mounted.
pub fn unclear_manager(invocation: &Invocation<'_>) -> Option<(&'static str, Unclear)> {
    if apt::lists(invocation) == apt::Lists::Unknown {
        return Some(("apt", Unclear::Words));
    }
    if apk::index(invocation) == apt::Lists::Unknown {
        return Some(("apk", Unclear::Words));
    }
    if pip::read(invocation) == Some(pip::Pip::Unreadable) {
        return Some(("pip", Unclear::Words));
    }
    let (cache, unclear) = match caches::filling(invocation)? {
        Filling::Fills(..) => return None,
        Filling::Unreadable(cache) => (cache, Unclear::Words),
        Filling::Unknown(cache) => (cache, Unclear::Version),
    };
    (!cache.mounts.is_empty()).then_some((cache.name, unclear))
}

/// Where the cache lies that a command fills; `None` where it fills none that can be mounted.
pub fn mountable(invocation: &Invocation<'_>, state: State<'_>) -> Option<Result<Mountable, NotMountable>> {
    let manager = manager_of(invocation)?;
    let (folders, locked, cache): (&[&str], bool, _) = match manager {
        // All of `/var/lib/apt` would share `extended_states` too, by which apt removes packages.
        "apt" => (&["/var/cache/apt", apt::LISTS], true, None),
        "apk" => (&["/etc/apk/cache"], true, None),
        "pip" => (&["~/.cache/pip"], false, None),
        _ => match caches::filling(invocation)? {
            Filling::Fills(cache, _) => (folders_of(cache, invocation, state), cache.locks, Some(cache)),
            Filling::Unknown(_) | Filling::Unreadable(_) => return None,
        },
    };
    Some(place(invocation, state, folders, cache).map(|(targets, owner)| Mountable {
        manager,
        targets,
        locked,
        owner,
        cache,
    }))
}

/// The folders of a manager in this image; none where they are not known.
fn folders_of(cache: &'static Cache, invocation: &Invocation<'_>, state: State<'_>) -> &'static [&'static str] {
    let image = state.image().map(ImageRef::familiar_name);
    let known = |images: &[&str]| images.is_empty() || image.is_some_and(|name| images.contains(&name));
    match cache.name {
        _ if !known(cache.needs_image) || !known(cache.mount_images) => &[],
        "dnf" => dnf_folders(invocation.program(), state),
        "yarn" if state.user() == User::Root => &["/usr/local/share/.cache/yarn"],
        _ => cache.mounts,
    }
}

/// dnf 5, dnf 4 and yum 3 keep theirs in three places; Fedora 41 was the first with dnf 5.
fn dnf_folders(program: &str, state: State<'_>) -> &'static [&'static str] {
    let Some(image) = state.image() else { return &[] };
    let version = image.version().map(|(major, _)| major);
    match (image.familiar_name(), version) {
        _ if !matches!(program, "dnf" | "yum") => &[],
        ("fedora", Some(41..)) => &["/var/cache/libdnf5"],
        ("fedora", Some(22..)) => &["/var/cache/dnf"],
        ("centos", Some(5..=7)) => &["/var/cache/yum"],
        ("rockylinux" | "almalinux" | "oraclelinux" | "centos", Some(8..)) => &["/var/cache/dnf"],
        _ => &[],
    }
}

fn place(
    invocation: &Invocation<'_>,
    state: State<'_>,
    folders: &[&str],
    cache: Option<&Cache>,
) -> Result<(Vec<String>, Option<u32>), NotMountable> {
    let text = state.file();
    let names: Vec<&str> = match cache {
        Some(cache) => cache.signs_of_care.iter().copied().filter(|sign| is_variable(sign)).collect(),
        None if folders == ["~/.cache/pip"] => vec!["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME"],
        None => Vec::new(),
    };
    if names.iter().any(|name| name.contains("NO_CACHE") && text.contains(name)) {
        return Err(NotMountable::SwitchedOff);
    }
    let source = invocation.command.range.of(invocation.text);
    let elsewhere = names.iter().any(|name| text.contains(name))
        || ELSEWHERE.iter().any(|word| source.contains(word) || (word.contains("config") && text.contains(word)));
    let at_home = folders.iter().any(|folder| folder.starts_with('~'));
    let other_user = invocation.program_at > 0 || invocation.text.contains("HOME=");
    if folders.is_empty() || elsewhere || (at_home && other_user) {
        return Err(NotMountable::FolderUnknown);
    }
    let (home, owner) = if at_home { home_and_owner(state)? } else { (String::new(), None) };
    Ok((folders.iter().map(|folder| folder.replacen('~', &home, 1)).collect(), owner))
}

/// The home folder of the user in force, and the number of who owns it; no number for root.
fn home_and_owner(state: State<'_>) -> Result<(String, Option<u32>), NotMountable> {
    let is_node = state.image().is_some_and(|image| image.familiar_name() == "node");
    match state.user() {
        User::Root => state.home().map(|home| (home, None)),
        User::Other(name) if is_node && name == "node" => Some(("/home/node".to_owned(), Some(1000))),
        User::Other(number) => match (number.parse().ok(), state.variable("HOME")) {
            (Some(number), Value::Known(home)) => Some((home, Some(number))),
            _ => None,
        },
        User::Unknown => None,
    }
    .ok_or(NotMountable::FolderUnknown)
}

/// Whether the file says that its builder knows `RUN --mount`: by its `# syntax`, or by using it.
pub fn knows_mounts(document: &Document) -> bool {
    let syntax = document.directives().iter().find(|directive| directive.name == DirectiveName::Syntax);
    let by_syntax = syntax.is_some_and(|directive| {
        let image = ImageRef::parse(directive.value.of(document.text()));
        let is_frontend = matches!(image.familiar_name(), "docker/dockerfile" | "docker/dockerfile-upstream");
        is_frontend && image.version().is_none_or(|version| version >= (1, 2) || image.tag == Some("1"))
    });
    by_syntax
        || document.instructions().iter().any(|found| found.keyword == Keyword::Run && found.flag("mount").is_some())
}

/// Whether the image comes with apt's `docker-clean`, which deletes what a mount would keep.
pub fn has_docker_clean(state: State<'_>) -> bool {
    state.family() == Family::Debian && state.image().is_some_and(ImageRef::has_default_shell)
}

fn is_variable(sign: &str) -> bool {
    sign.contains('_') && sign.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
