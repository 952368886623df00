//! Which files and folders go from the builder into the second stage, whose they are there, and what that stage installs.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, ImageRef, Origin, Placed, User, is_usual, runtime_packages_in};
use dopt_rewrite::{Carried, NotSplit, Refusal, Why};
use dopt_syntax::dockerfile::Keyword;

use super::leavings::Leavings;
use super::line_of;
use super::stack::Scene;

/// Folders of the system, and of users, in which more lies than a project has.
pub(super) const TOO_WIDE: &[&str] = &["/", "/home", "/root", "/usr/src", "/usr/local", "/usr/local/lib"];

/// Folders that every image of a language has, and in which it has nothing.
const EMPTY: &[&str] = &["/srv", "/mnt", "/media"];

/// The paths of a stage whose files its program may read.
pub(super) fn paths(scene: &Scene<'_>, leavings: &Leavings) -> Result<Vec<String>, Refusal> {
    let (subject, stages) = (scene.subject, scene.subject.stages);
    let mut found: Vec<(String, usize)> = leavings.filled.clone();
    for (path, (index, _)) in &leavings.written {
        let workdir = stages.state(scene.stage, *index).workdir().unwrap_or("/").to_owned();
        if !is_below(path, &workdir) {
            let (line, at) = line_of(subject, *index);
            return Err(Refusal::new(at, Why::NotSplit(NotSplit::WritesOutsideWorkdir { line })));
        }
        found.push((workdir, *index));
    }
    let body = stages.all()[scene.stage].body.clone();
    for index in body.start..leavings.last {
        let keyword = subject.document().instructions()[index].keyword;
        let (line, at) = line_of(subject, index);
        let refuse = |why| Refusal::new(at, Why::NotSplit(why));
        match keyword {
            Keyword::Volume => return Err(refuse(NotSplit::VolumeUnderBuild)),
            Keyword::Copy | Keyword::Add => {
                let placed = stages.placements().at(index);
                let placed = placed.ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?;
                if !is_brought_again(scene, placed, leavings) {
                    found.extend(places(scene, placed).into_iter().map(|place| (place, index)));
                }
            }
            _ => {}
        }
    }
    found.retain(|(path, index)| !leavings.removed.take(path, *index));
    for (path, index) in &found {
        let (line, at) = line_of(subject, *index);
        if TOO_WIDE.contains(&path.as_str()) || is_usual(path) && !EMPTY.contains(&path.as_str()) {
            return Err(Refusal::new(at, Why::NotSplit(NotSplit::FolderTooWide { line })));
        }
    }
    let mut paths: Vec<String> = found.into_iter().map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let all = paths.clone();
    paths.retain(|path| !all.iter().any(|other| is_below(path, other)));
    for (path, _) in &leavings.marked {
        if !paths.iter().any(|carried| carried == path || is_below(path, carried)) {
            let (line, at) = line_of(subject, leavings.last);
            return Err(Refusal::new(at, Why::NotSplit(NotSplit::OwnerMayChange { line })));
        }
    }
    Ok(paths)
}

/// Whether the same files are copied to the same place behind the last step, and no step fills that place.
fn is_brought_again(scene: &Scene<'_>, placed: &Placed, leavings: &Leavings) -> bool {
    let Some(files) = placed.files().filter(|_| placed.from_context) else { return false };
    let stages = scene.subject.stages;
    let end = stages.all()[scene.stage].body.end;
    let brings = |later: &Placed, source: &str, file: &str| {
        let is_whole =
            later.from_context && later.sources.iter().any(|found| matches!(found.as_str(), "." | "./" | "/"));
        let folder = later.destination.trim_end_matches('/');
        is_whole && format!("{folder}/{}", source.trim_start_matches("./")) == file
    };
    let again = |(source, file): (&String, &String)| {
        (leavings.last + 1..end).filter_map(|at| stages.placements().at(at)).any(|later| brings(later, source, file))
    };
    placed.sources.iter().zip(&files).all(again)
        && !leavings.marked.iter().any(|(path, _)| files.iter().any(|file| file == path || is_below(file, path)))
}

/// What an instruction puts there: each file by its own path where it tells them, else the folder.
fn places(scene: &Scene<'_>, placed: &Placed) -> Vec<String> {
    let files = files(scene, placed).filter(|_| is_usual(&placed.destination) || placed.destination == "/");
    files.unwrap_or_else(|| match placed.files() {
        Some(files) if files.len() == 1 => files,
        _ => vec![placed.destination.clone()],
    })
}

/// The path of every file that an instruction puts there, as its names or the folder that is built tell.
fn files(scene: &Scene<'_>, placed: &Placed) -> Option<Vec<String>> {
    let context = scene.context().ok().flatten().filter(|_| placed.from_context);
    let file = |source: &String| {
        let path = resolve("/", source);
        let is_file = context.is_some_and(|context| context.has(path.trim_start_matches('/')));
        // Folders of programs have no folders in them.
        let is_program = placed.destination.rsplit('/').nth(1) == Some("bin");
        match placed.into_folder {
            true => is_file.then(|| resolve(&placed.destination, base_name(source))),
            false => (is_file || is_program).then(|| placed.destination.clone()),
        }
    };
    placed.files().or_else(|| placed.sources.iter().map(file).collect())
}

/// How folders come about with the owner and the mode that steps gave them: `COPY` keeps those of what is below only.
pub(super) fn ownership(scene: &Scene<'_>, leavings: &Leavings, paths: &[String]) -> Result<Vec<String>, Refusal> {
    let is_inside = |marked: &String| paths.iter().any(|path| path == marked || is_below(marked, path));
    let is_made = |marked: &String| !is_inside(marked) && is_made_anew(scene, paths, marked);
    let made: Vec<&String> =
        leavings.marked.iter().map(|(marked, _)| marked).filter(|marked| is_made(marked)).collect();
    let mut folders: Vec<&String> = Vec::new();
    // What is set, and for which folders.
    let mut sets: Vec<(&str, Vec<&String>)> = Vec::new();
    for path in made.into_iter().chain(paths) {
        let mut marks: Vec<&str> = Vec::new();
        for (marked, set) in &leavings.marked {
            if marked == path || is_below(path, marked) {
                let kind = set.split(' ').next().unwrap_or_default();
                marks.retain(|mark| !mark.starts_with(kind));
                marks.push(set);
            }
        }
        if marks.is_empty() || folders.contains(&path) || !is_made(path) && !is_folder(scene, leavings, path)? {
            continue;
        }
        folders.push(path);
        for mark in marks {
            match sets.iter_mut().find(|(set, _)| *set == mark) {
                Some((_, all)) => all.push(path),
                None => sets.push((mark, vec![path])),
            }
        }
    }
    let joined = |all: &[&String]| all.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(" ");
    let mut commands = leavings.users.clone();
    if !folders.is_empty() {
        commands.push(format!("mkdir -p {}", joined(&folders)));
        commands.extend(sets.iter().map(|(set, all)| format!("{set} {}", joined(all))));
    }
    Ok(if commands.is_empty() { Vec::new() } else { vec![format!("RUN {}", commands.join(" && "))] })
}

/// Whether a folder that steps give an owner or a mode is not carried, but comes about in the second stage: a part of it
/// is carried, or containers start there.
pub(super) fn is_made_anew(scene: &Scene<'_>, paths: &[String], folder: &str) -> bool {
    let stages = scene.subject.stages;
    let mut body = stages.all()[scene.stage].body.clone();
    let is_workdir = body.any(|index| stages.state(scene.stage, index).workdir() == Some(folder));
    let is_own = !TOO_WIDE.contains(&folder) && !is_usual(folder);
    is_own && (is_workdir || paths.iter().any(|path| is_below(path, folder)))
}

/// Whether a path is a folder and no file, to which `COPY` leaves owner and mode; refuses where nobody can tell.
fn is_folder(scene: &Scene<'_>, leavings: &Leavings, path: &str) -> Result<bool, Refusal> {
    let stages = scene.subject.stages;
    let context = scene.context()?;
    let is_program = |path: &str| path.rsplit('/').nth(1) == Some("bin");
    if leavings.fetched.iter().any(|file| file == path)
        || leavings.copied_to.iter().any(|place| place == path && is_program(place))
    {
        return Ok(false);
    }
    if leavings.copied_to.iter().any(|place| place == path) {
        let (line, at) = line_of(scene.subject, leavings.last);
        return Err(Refusal::new(at, Why::NotSplit(NotSplit::OwnerMayChange { line })));
    }
    let body = stages.all()[scene.stage].body.clone();
    for placed in body.clone().filter_map(|index| stages.placements().at(index)) {
        if files(scene, placed).is_some_and(|files| files.iter().any(|file| file == path)) {
            return Ok(false);
        }
        if placed.destination != path {
            continue;
        }
        let in_context = |source: &String| context.filter(|_| placed.from_context).map(|context| context.has(source));
        let whole = |source: &String| matches!(source.as_str(), "." | "./" | "/");
        match &placed.sources[..] {
            _ if placed.into_folder => return Ok(true),
            [source] if source.contains("://") => return Ok(false),
            [source] if whole(source) => return Ok(true),
            [source] => match in_context(&source.trim_start_matches("./").to_owned()) {
                Some(is_file) => return Ok(!is_file),
                None => break,
            },
            _ => break,
        }
    }
    if let Some(is_file) = context.and_then(|context| is_file_of(scene, context, path)) {
        return Ok(!is_file);
    }
    if leavings.written.iter().any(|(written, _)| written == path) {
        return Ok(false);
    }
    let is_filled = leavings.filled.iter().any(|(filled, _)| filled == path);
    let is_workdir = body.clone().any(|index| stages.state(scene.stage, index).workdir() == Some(path));
    let (line, at) = line_of(scene.subject, leavings.last);
    let refuse = || Refusal::new(at, Why::NotSplit(NotSplit::OwnerMayChange { line }));
    (is_filled || is_workdir).then_some(true).ok_or_else(refuse)
}

/// Whether a path below what is copied whole is a file of the context; `None` where the context has nothing there.
fn is_file_of(scene: &Scene<'_>, context: &Context, path: &str) -> Option<bool> {
    let stages = scene.subject.stages;
    let body = stages.all()[scene.stage].body.clone();
    let end = (scene.stage, body.end);
    if matches!(Origin::of(stages, end, context, path), Origin::Context(_)) {
        return Some(true);
    }
    let mut copies = body.filter_map(|index| stages.placements().at(index)).filter(|placed| placed.from_context);
    let has_below = copies.any(|placed| {
        let rest = path.strip_prefix(placed.destination.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        let below = |rest: &str| {
            placed.sources.iter().any(|source| context.below(&format!("{source}/{rest}")).next().is_some())
        };
        rest.is_some_and(below)
    });
    has_below.then_some(false)
}

/// The step that installs what the program needs of the distribution.
pub(super) fn installation(packages: &[String], is_spare: bool) -> Vec<String> {
    if packages.is_empty() {
        return Vec::new();
    }
    let spare = if is_spare { "--no-install-recommends " } else { "" };
    let names = packages.join(" ");
    vec![format!("RUN apt-get update && apt-get install -y {spare}{names} && rm -rf /var/lib/apt/lists/*")]
}

/// The packages that go on: those that are kept of what the file installs, the libraries behind headers, and these.
/// `has` says what the image of the second stage brings itself.
pub(super) fn packages(
    leavings: &Leavings,
    kept: Vec<String>,
    image: ImageRef<'_>,
    more: &[&str],
    has: &[&str],
) -> Result<Vec<String>, NotSplit> {
    let mut found = kept;
    for (header, line) in &leavings.headers {
        if has.contains(&header.as_str()) {
            continue;
        }
        let libraries = runtime_packages_in(image, header).ok_or(NotSplit::AptRuntimeLibsUnknown { line: *line })?;
        found.extend(libraries.iter().map(|name| (*name).to_owned()));
    }
    found.extend(more.iter().map(|name| (*name).to_owned()));
    let adds = |command: &String| command.contains("adduser") || command.contains("addgroup");
    if leavings.users.iter().any(adds) && image.slim_may_lack_adduser() {
        found.push("adduser".to_owned());
    }
    let fetches = |name: &String| {
        ["git", "curl", "wget"].contains(&name.as_str())
            || ["libcurl", "libssl"].iter().any(|start| name.starts_with(start))
    };
    // A library only recommends them.
    if found.iter().any(fetches) && !has.contains(&"ca-certificates") {
        found.push("ca-certificates".to_owned());
    }
    let mut seen = Vec::new();
    found.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    Ok(found)
}

/// Whether the second stage has the user, under the same number: every image has it, a step makes it, or its base does.
pub(super) fn has_user(user: &User, leavings: &Leavings, of_base: &[&str]) -> bool {
    leavings.counted.is_empty() && has_user_of_name(user, leavings, of_base)
}

/// The same, whatever its number is.
pub(super) fn has_user_of_name(user: &User, leavings: &Leavings, of_base: &[&str]) -> bool {
    let is_made = |name: &str| {
        leavings.users.iter().any(|command| command.split_whitespace().any(|word| word == name))
            || of_base.contains(&name)
    };
    super::is_usual_user(user) || matches!(user, User::Other(name) if is_made(name))
}

/// Paths that stay where they are.
pub(super) fn carried(paths: Vec<String>) -> Vec<Carried> {
    paths.into_iter().map(Carried::at).collect()
}

pub(super) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a name ends as scripts of a shell do.
pub(super) fn is_script(path: &str) -> bool {
    let name = base_name(path);
    name.ends_with(".sh") || name.ends_with(".bash") || name.contains("entrypoint")
}
