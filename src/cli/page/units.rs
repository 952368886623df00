//! What of a rewrite can be taken or left on its own: lines that change, and the fixes that change them.
//!
//! Fixes that touch the same lines belong together. Whether those of other lines do without each other is not guessed:
//! the file is rewritten with some of them, and has to become what it is when just those lines are put in.

use std::cell::RefCell;
use std::ops::Range;

use dopt_rewrite::{
    Change, Choice, Judge, LineChange, Offer, Options, Rewrite, Safety, line_changes, lines, rewrite_as,
};
use dopt_syntax::TextRange;

use crate::line_index::LineIndex;

/// So many units are tried in all combinations; of more, each alone and all without each.
const ALL_COMBINATIONS: usize = 4;
/// A file with more gets larger ones.
const MOST: usize = 32;

/// Some lines of a file that change together.
#[derive(Debug, Default)]
pub struct Unit {
    /// Which lines become which, in order.
    pub changes: Vec<LineChange>,
    /// The fixes that do it, in the order in which they are applied.
    pub fixes: Vec<Applied>,
}

/// A fix that was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The transform's name.
    pub rule: &'static str,
    /// What is done.
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// Its place in the old text.
    pub at: TextRange,
    /// The lines of the old text that its edits touch, from 0.
    lines: Vec<Range<usize>>,
}

impl Unit {
    /// All that changes, by fixes that cannot be told apart.
    pub fn whole(old: &[&str], new: &[&str]) -> Unit {
        Unit { changes: line_changes(old, new), fixes: Vec::new() }
    }
}

/// Divides a rewrite that was made by these options; one unit where it cannot be divided.
pub fn units(before: &str, options: &Options<'_>, rewrite: &Rewrite) -> Vec<Unit> {
    let after = rewrite.after.as_str();
    if !rewrite.problems.is_empty() || after == before {
        return Vec::new();
    }
    let whole = Unit::whole(&lines(before), &lines(after));
    let index = LineIndex::new(before);
    let clerk = Recorder { index: &index, among: &rewrite.changes, wanted: None, applied: RefCell::default() };
    let made = rewrite_as(before, options, &clerk).is_ok_and(|rewrite| rewrite.after == after);
    if !made {
        return vec![whole];
    }
    let fixes = clerk.applied.take();
    let trial = Trial { before, after, among: &rewrite.changes, options, index: &index };
    let finest = apart(whole.changes.clone(), &fixes);
    for changes in [&finest, &whole.changes] {
        let units = divided(changes, &fixes);
        if units.len() < 2 || trial.holds(&units) {
            return units;
        }
    }
    vec![Unit { fixes, ..whole }]
}

/// Cuts lines off that change beside each other for reasons of their own.
fn apart(changes: Vec<LineChange>, fixes: &[Applied]) -> Vec<LineChange> {
    let mut parts = Vec::new();
    for mut change in changes {
        let mut behind = Vec::new();
        let both = |change: &LineChange| change.old.len() > 1 && !change.new.is_empty();
        while both(&change) && stands_alone(change.old.start, fixes) {
            let (old, new) = (change.old.start, change.new.start);
            parts.push(LineChange { old: old..old + 1, new: new..new + 1 });
            (change.old.start, change.new.start) = (old + 1, new + 1);
        }
        while both(&change) && stands_alone(change.old.end - 1, fixes) {
            (change.old.end, change.new.end) = (change.old.end - 1, change.new.end - 1);
            let (old, new) = (change.old.end, change.new.end);
            behind.push(LineChange { old: old..old + 1, new: new..new + 1 });
        }
        parts.push(change);
        parts.extend(behind.into_iter().rev());
    }
    parts
}

/// Whether a line is changed by fixes that change no other.
fn stands_alone(line: usize, fixes: &[Applied]) -> bool {
    let here = |fix: &&Applied| fix.lines.iter().any(|lines| lines.contains(&line));
    fixes.iter().filter(here).all(|fix| fix.lines.iter().all(|lines| *lines == (line..line + 1)))
}

/// Puts together what touches the same lines.
fn divided(changes: &[LineChange], fixes: &[Applied]) -> Vec<Unit> {
    // The unit of each change, by the first change in it.
    let mut unit: Vec<usize> = (0..changes.len()).collect();
    let mut join = |one: usize, other: usize| {
        let (from, to) = (unit[one].max(unit[other]), unit[one].min(unit[other]));
        unit.iter_mut().filter(|found| **found == from).for_each(|found| *found = to);
    };
    let mut home = Vec::new();
    for fix in fixes {
        let touched: Vec<usize> = (0..changes.len()).filter(|at| fix.touches(&changes[*at])).collect();
        // What a later fix has undone shows in no line; it goes to what is nearest.
        let first = touched.first().copied().or_else(|| nearest(changes, fix)).unwrap_or_default();
        touched.iter().for_each(|other| join(first, *other));
        home.push(first);
    }
    // Lines that no fix owns up to belong to the ones in front of them.
    for (at, change) in changes.iter().enumerate().skip(1) {
        if !fixes.iter().any(|fix| fix.touches(change)) {
            join(at - 1, at);
        }
    }
    let mut firsts: Vec<usize> = unit.clone();
    firsts.sort_unstable();
    firsts.dedup();
    let buckets = firsts.len().min(MOST);
    let bucket = |first: usize| firsts.partition_point(|found| *found < first) * buckets / firsts.len();
    let mut units: Vec<Unit> = (0..buckets).map(|_| Unit::default()).collect();
    for (at, change) in changes.iter().enumerate() {
        units[bucket(unit[at])].changes.push(change.clone());
    }
    for (fix, home) in fixes.iter().zip(home) {
        units[bucket(unit[home])].fixes.push(fix.clone());
    }
    units
}

fn nearest(changes: &[LineChange], fix: &Applied) -> Option<usize> {
    let line = fix.lines.first().map_or(0, |range| range.start);
    (0..changes.len()).min_by_key(|at| changes[*at].old.start.abs_diff(line))
}

impl Applied {
    fn touches(&self, change: &LineChange) -> bool {
        self.lines.iter().any(|lines| touch(lines, &change.old))
    }
}

/// Whether lines that are edited are among those that change. New lines stand between two old ones.
fn touch(lines: &Range<usize>, change: &Range<usize>) -> bool {
    match change.is_empty() {
        true => lines.start <= change.start && change.start <= lines.end,
        false => lines.start < change.end && change.start < lines.end,
    }
}

/// Tries whether units do without each other.
struct Trial<'t> {
    before: &'t str,
    after: &'t str,
    among: &'t [Change],
    options: &'t Options<'t>,
    index: &'t LineIndex<'t>,
}

impl Trial<'_> {
    fn holds(&self, units: &[Unit]) -> bool {
        let count = units.len();
        if count <= ALL_COMBINATIONS {
            return (1..(1_u32 << count) - 1).all(|set| self.becomes(units, &|at| set & (1 << at) != 0));
        }
        (0..count).all(|one| self.becomes(units, &|at| at == one) && self.becomes(units, &|at| at != one))
    }

    /// Whether the rewriter makes of some of the units what the lines say.
    fn becomes(&self, units: &[Unit], is_in: &dyn Fn(usize) -> bool) -> bool {
        let chosen: Vec<&Unit> = units.iter().enumerate().filter(|(at, _)| is_in(*at)).map(|(_, unit)| unit).collect();
        let applied = RefCell::default();
        let clerk = Recorder { index: self.index, among: self.among, wanted: Some(&chosen), applied };
        let made = rewrite_as(self.before, self.options, &clerk);
        made.is_ok_and(|rewrite| rewrite.after == with(self.before, self.after, &chosen))
    }
}

/// The old text with the lines of some units.
fn with(before: &str, after: &str, units: &[&Unit]) -> String {
    let (old, new) = (lines(before), lines(after));
    let mut changes: Vec<&LineChange> = units.iter().flat_map(|unit| &unit.changes).collect();
    changes.sort_by_key(|change| (change.old.start, change.new.start));
    let mut text = String::new();
    let mut at = 0;
    for change in changes {
        text.extend(old[at..change.old.start].iter().chain(&new[change.new.clone()]).copied());
        at = change.old.end;
    }
    text.extend(old[at..].iter().copied());
    text
}

/// Lets the fixes of some units through, or all, and notes them.
struct Recorder<'r> {
    index: &'r LineIndex<'r>,
    /// The fixes of the rewrite. What else is offered was known, or has failed when it was built.
    among: &'r [Change],
    wanted: Option<&'r [&'r Unit]>,
    applied: RefCell<Vec<Applied>>,
}

impl Recorder<'_> {
    fn lines(&self, offer: &Offer<'_>) -> Vec<Range<usize>> {
        let line = |at: usize| self.index.position(at).line - 1;
        offer.places().into_iter().map(|place| line(place.start())..line(place.end()) + 1).collect()
    }
}

impl Judge for Recorder<'_> {
    fn choose(&self, offer: &Offer<'_>) -> Choice {
        let is_this = |change: &Change| change.rule == offer.transform.name && change.at.start() == offer.at.start();
        let in_wanted = |units: &[&Unit]| {
            let in_units = |lines: &Range<usize>| {
                let mut changes = units.iter().flat_map(|unit| &unit.changes);
                let mut fixes = units.iter().flat_map(|unit| &unit.fixes);
                changes.any(|change| touch(lines, &change.old)) || fixes.any(|fix| fix.lines.contains(lines))
            };
            self.lines(offer).iter().all(in_units)
        };
        let is_wanted = self.among.iter().any(is_this) && self.wanted.is_none_or(in_wanted);
        if is_wanted { Choice::Take } else { Choice::Leave(None) }
    }

    fn applied(&self, offer: &Offer<'_>) {
        if self.wanted.is_some() {
            return;
        }
        self.applied.borrow_mut().push(Applied {
            rule: offer.transform.name,
            title: offer.fix.title.clone().into_owned(),
            safety: offer.fix.safety,
            at: offer.at,
            lines: self.lines(offer),
        });
    }
}

#[cfg(test)]
mod tests {
    use dopt_model::NO_FACTS;
    use dopt_rewrite::{Settings, rewrite};
    use dopt_transforms::CATALOG;

    use super::*;

    fn with_options<T>(work: impl FnOnce(&Options<'_>) -> T) -> T {
        let settings = Settings::default();
        let (unsafe_fixes, inline_ignores, facts) = (true, true, &NO_FACTS);
        work(&Options { transforms: CATALOG, unsafe_fixes, inline_ignores, settings, facts })
    }

    fn units_of(before: &str) -> Vec<Unit> {
        with_options(|options| units(before, options, &rewrite(before, options).unwrap()))
    }

    #[test]
    fn lines_that_have_nothing_to_do_with_each_other_are_units_of_their_own() {
        let units = units_of("FROM debian\nADD a.py /\nADD b.py /\nRUN apt update\n");
        let lines: Vec<usize> = units.iter().flat_map(|unit| &unit.changes).map(|change| change.old.start).collect();
        assert_eq!(lines, [1, 2, 3], "{units:?}");
        assert_eq!(units.len(), 3);
    }

    #[test]
    fn fixes_of_the_same_lines_are_one_unit() {
        let units = units_of("FROM debian\nADD a.py /\nRUN apt-get update\nRUN apt-get install -y curl\n");
        assert_eq!(units.len(), 2, "{units:?}");
        let rules: Vec<&str> = units[1].fixes.iter().map(|fix| fix.rule).collect();
        assert_eq!(rules, ["merge-runs", "clean-apt", "skip-recommends"]);
    }

    /// Of more units than are tried in all combinations, any choice is what the rewriter makes of it.
    #[test]
    fn every_choice_of_units_is_what_the_rewriter_makes() {
        let seed = std::env::var("DOPT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124_u64);
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))];
        folders.extend(std::env::var_os("DOPT_CORPUS").map(Into::into));
        let mut tried = 0;
        let paths: Vec<_> = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).collect();
        // Of thousands of real files, some hundred.
        let every = (paths.len() / 800).max(1);
        for path in paths.into_iter().skip(random() as usize % every).step_by(every) {
            let Ok(before) = std::fs::read_to_string(path.unwrap().path()) else { continue };
            with_options(|options| {
                let Ok(found) = rewrite(&before, options) else { return };
                let units = units(&before, options, &found);
                let index = LineIndex::new(&before);
                let (after, among) = (found.after.as_str(), found.changes.as_slice());
                let trial = Trial { before: &before, after, among, options, index: &index };
                for _ in 0..if units.len() > 1 { 40 } else { 0 } {
                    let set = random();
                    assert!(trial.becomes(&units, &|at| set & (1 << at) != 0), "DOPT_SEED={seed} {set:b}\n{before}");
                    tried += 1;
                }
            });
        }
        assert!(tried > 100, "{tried} choices were tried");
    }
}
