//! Whose the files are that go along, where steps make users that are counted: their numbers follow what else is
//! installed, so the new stage may give them others.

use dopt_model::{Context, Origin, User, has_usual_parent, is_usual};
use dopt_rewrite::{Carried, NotSplit, Refusal, Why};
use dopt_syntax::dockerfile::Keyword;

use super::carry::is_below;
use super::leavings::Leavings;
use super::line_of;
use super::stack::Scene;

/// A command that gives a path to somebody.
pub(super) struct Owner {
    /// The absolute path.
    pub path: String,
    /// `user:group`, as it is written.
    pub to: String,
    /// Whether what lies below it is meant, too.
    pub is_recursive: bool,
    /// The step.
    pub step: usize,
}

/// Notes whose a folder becomes that a `COPY` makes; false where it is not known what gets another owner.
pub(super) fn read_copy(scene: &Scene<'_>, context: Option<&Context>, leavings: &mut Leavings, index: usize) -> bool {
    let stages = scene.subject.stages;
    let instruction = &scene.subject.document().instructions()[index];
    let Some(flag) = instruction.flag("chown") else { return instruction.flag("parents").is_none() };
    let (Some(placed), Some(owner)) = (stages.placements().at(index), flag.value()) else { return false };
    if instruction.flag("parents").is_some() || instruction.keyword != Keyword::Copy {
        return false;
    }
    let path = &placed.destination;
    let is_workdir = |path: &str| stages.state(scene.stage, index).workdir() == Some(path);
    // What lies below a folder that was there keeps its owner.
    if is_workdir(path) {
        return true;
    }
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    if owner.contains('$') || !(has_usual_parent(path) || is_workdir(parent)) {
        return false;
    }
    let lies_there = |other: &str| other == path || is_below(other, path);
    let start = stages.all()[scene.stage].body.start;
    let is_filled = (start..index).any(|at| {
        let is_copied = stages.placements().at(at).is_some_and(|earlier| lies_there(&earlier.destination));
        is_copied || stages.state(scene.stage, at).workdir().is_some_and(lies_there)
    });
    if is_filled || leavings.filled.iter().any(|(filled, _)| lies_there(filled)) || is_usual(path) {
        return false;
    }
    let [source] = &placed.sources[..] else { return false };
    let Some(context) = context.filter(|_| placed.from_context) else { return false };
    if context.has(source.trim_start_matches("./")) && !placed.into_folder {
        return true;
    }
    leavings.marked.insert(0, (path.clone(), format!("chown {owner}")));
    true
}

/// What is carried, with the owner by name where its number would say another. Refuses what cannot be told.
pub(super) fn named(
    scene: &Scene<'_>,
    leavings: &Leavings,
    carried: Vec<Carried>,
    built: &[String],
) -> Result<Vec<Carried>, Refusal> {
    if leavings.counted.is_empty() {
        return Ok(carried);
    }
    let is_counted = |owner: &str| owner.split([':', '.']).any(|name| leavings.counted.iter().any(|made| made == name));
    let stages = scene.subject.stages;
    let runs_as = |user: User| matches!(user, User::Other(name) if is_counted(&name));
    if stages.runs_of(scene.stage).any(|run| runs_as(run.state().user())) {
        return Err(scene.refuse(NotSplit::UserUnknown));
    }
    let refuse = |index| {
        let (line, at) = line_of(scene.subject, index);
        Refusal::new(at, Why::NotSplit(NotSplit::OwnerMayChange { line }))
    };
    let mut copied = Vec::new();
    for index in stages.all()[scene.stage].body.start..=leavings.last {
        let instruction = &scene.subject.document().instructions()[index];
        let Some(owner) = instruction.flag("chown").and_then(|flag| flag.value()).filter(|owner| is_counted(owner))
        else {
            continue;
        };
        let placed = stages.placements().at(index).ok_or_else(|| refuse(index))?;
        copied.push((placed.destination.clone(), owner.replace('.', ":"), index));
    }
    let context = scene.context()?;
    let owners: Vec<&Owner> = leavings.owners.iter().filter(|owner| is_counted(&owner.to)).collect();
    let name = |mut carried: Carried| {
        let inside = |owner: &&&Owner| is_below(&owner.path, &carried.from);
        let is_copied = |(path, ..): &&(String, String, usize)| *path == carried.from || is_below(&carried.from, path);
        let copy = copied.iter().rfind(is_copied).or(copied.iter().find(|(path, ..)| is_below(path, &carried.from)));
        let above =
            |owner: &&&Owner| owner.path == carried.from || owner.is_recursive && is_below(&carried.from, &owner.path);
        if let Some(owner) = owners.iter().find(inside) {
            return Err(refuse(owner.step));
        }
        if let Some(owner) = owners.iter().rfind(above) {
            // What is put there later stays root's.
            if owner.step != leavings.last || !owner.is_recursive {
                return Err(refuse(owner.step));
            }
            carried.owner = Some(owner.to.replace('.', ":"));
        } else if let Some((path, owner, index)) = copy {
            let at = (scene.stage, leavings.last);
            let is_file = |path: &str| {
                context.is_some_and(|context| matches!(Origin::of(stages, at, context, path), Origin::Context(_)))
            };
            let is_filled =
                leavings.filled.iter().any(|(filled, _)| filled == &carried.from || is_below(filled, &carried.from));
            // What is built beside what was copied is root's.
            match is_file(&carried.from) {
                true => carried.owner = Some(owner.clone()),
                false if built.contains(&carried.from) => {}
                false if is_filled || path == &carried.from || is_below(path, &carried.from) => {
                    return Err(refuse(*index));
                }
                false => carried.owner = Some(owner.clone()),
            }
        }
        Ok(carried)
    };
    carried.into_iter().map(name).collect()
}
