//! Which steps belong into one layer, because one makes bytes that another makes useless.

use super::Footprint;
use super::paths::overlap;

/// How far apart two steps may be that are judged together.
const FARTHEST: usize = 64;

/// For every one of several steps in a row the reason (half a sentence) to put it into one layer with the one in
/// front of it, if there is one.
pub fn bonds(steps: &[&Footprint]) -> Vec<Option<&'static str>> {
    let mut bonds = vec![None; steps.len()];
    for to in 0..steps.len() {
        let nearest = to.saturating_sub(FARTHEST);
        // The farthest first: it holds those between as well.
        if let Some((from, reason)) = (nearest..to).find_map(|from| Some((from, bond(&steps[from..=to])?))) {
            for held in &mut bonds[from + 1..=to] {
                held.get_or_insert(reason);
            }
        }
    }
    bonds
}

/// Why the first and the last of these steps belong together.
fn bond(steps: &[&Footprint]) -> Option<&'static str> {
    let [earlier, middle @ .., later] = steps else { return None };
    let removes = later.removes.iter().any(|(manager, packages)| {
        let installed = earlier.installs.iter().filter(|(name, _)| name == manager).flat_map(|(_, names)| names);
        installed.into_iter().any(|name| packages.contains(name))
    });
    if removes {
        return Some("the later step removes packages that the earlier one installs");
    }
    let between = |related: &dyn Fn(&Footprint) -> bool| middle.iter().all(|step| step.cheap || related(step));
    let index = earlier.updates.iter().find(|manager| later.needs_index_of(manager));
    if index.is_some_and(|manager| between(&|step| step.installs.iter().any(|(name, _)| name == manager))) {
        return Some("the later step installs from the package index that the earlier one downloads");
    }
    let meets =
        |step: &Footprint| step.makes.iter().any(|path| later.works_on.iter().any(|target| overlap(path, target)));
    let touches = |step: &Footprint| {
        meets(step) || step.reads.iter().any(|path| later.works_on.iter().any(|target| overlap(path, target)))
    };
    if meets(earlier) && between(&touches) {
        return Some("the later step deletes or changes what the earlier one makes");
    }
    // A step that installs as well cleans up after itself.
    let installs = |step: &Footprint, manager: &str| step.installs.iter().any(|(name, _)| *name == manager);
    let cleans = later
        .cleans
        .iter()
        .any(|manager| installs(earlier, manager) && !earlier.cleans.contains(manager) && !installs(later, manager));
    (cleans && middle.is_empty()).then_some("the later step cleans up what the earlier one downloads")
}
