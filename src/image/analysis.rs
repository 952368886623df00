//! Who made which bytes, and what became of them: added up by layer, by what they are, and by what could be saved.

use std::collections::{BTreeMap, HashMap};

use crate::efficiency::{Efficiency, Scale};
use crate::finding::{Findings, Loss};
use crate::{Class, Fate, Finding, Image, Kind, Line, Provenance, Tree};

/// Smaller files are not compared; their headers weigh as much as they do.
const DUPLICATE_BYTES: u64 = 4096;

/// What an image consists of.
#[derive(Debug)]
pub struct Analysis<'i> {
    /// The layers, the lowest first.
    pub steps: Vec<Step>,
    /// The bytes of all contents of all layers.
    pub total_bytes: u64,
    /// Of them, those that no container sees.
    pub wasted_bytes: u64,
    /// The efficiency as dive has it: 1 where nothing is wasted.
    pub efficiency: f64,
    /// What dive calls wasted: all sizes of paths that are in more than one layer.
    pub dive_wasted_bytes: u64,
    /// The bytes that a container sees, by what they are, most first.
    pub classes: Vec<(Class, u64)>,
    /// What could be saved, most first.
    pub findings: Vec<Finding>,
    /// The paths with the most bytes that no container sees, most first.
    pub wasted: Vec<WastedPath<'i>>,
    /// Files that are there more than once, the most wasteful first.
    pub duplicates: Vec<Duplicate<'i>>,
    /// The files that a container sees.
    pub tree: Tree<'i>,
}

/// One layer.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What made it, where that is known.
    pub line: Option<Line>,
    /// The bytes of its contents.
    pub bytes: u64,
    /// Of them, those that later layers have anew.
    pub overwritten: u64,
    /// Of them, those that later layers delete.
    pub deleted: u64,
    /// Its files.
    pub files: usize,
    /// Its bytes by what they are, most first.
    pub classes: Vec<(Class, u64)>,
}

/// A path with bytes that no container sees.
#[derive(Clone, Copy, Debug)]
pub struct WastedPath<'i> {
    /// The path from the root.
    pub path: &'i str,
    /// Its bytes.
    pub bytes: u64,
    /// The layer they are in.
    pub layer: usize,
    /// What became of them.
    pub fate: Fate,
}

/// A content that is there under several names.
#[derive(Clone, Debug)]
pub struct Duplicate<'i> {
    /// Its bytes, once.
    pub bytes: u64,
    /// Where it is, with the layer; the first one in order is needed.
    pub places: Vec<(&'i str, usize)>,
}

impl Duplicate<'_> {
    /// What all but one of them take.
    pub fn wasted(&self) -> u64 {
        self.bytes * (self.places.len() as u64 - 1)
    }
}

impl<'i> Analysis<'i> {
    /// Looks at all files of an image.
    pub fn of(image: &'i Image, provenance: &Provenance) -> Analysis<'i> {
        let mut scale = Scale::default();
        let tree = Tree::merge_watched(&image.layers, |below, at| scale.add(&image.layers[at], below));
        let Efficiency { score, wasted: dive_wasted_bytes } = scale.efficiency();
        drop(scale);
        let mut found = Findings::new(provenance);
        let (mut steps, mut wasted, mut classes) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (layer, from) in image.layers.iter().enumerate() {
            let mut step = Step { line: provenance.layers.get(layer).cloned().flatten(), ..Step::default() };
            let mut own: BTreeMap<Class, u64> = BTreeMap::new();
            for (at, entry) in from.entries.iter().enumerate().filter(|(_, entry)| entry.kind == Kind::File) {
                let (class, fate) = (Class::of(&entry.path), tree.fate(layer, at));
                step.files += 1;
                step.bytes += entry.size;
                *own.entry(class).or_default() += entry.size;
                match fate {
                    Fate::Stays => *classes.entry(class).or_default() += entry.size,
                    Fate::Overwritten(_) => step.overwritten += entry.size,
                    Fate::Deleted(_) => step.deleted += entry.size,
                }
                if fate != Fate::Stays && entry.size > 0 {
                    wasted.push(WastedPath { path: &entry.path, bytes: entry.size, layer, fate });
                }
                found.add(layer, entry, class, fate, &tree);
            }
            step.classes = most_first(own);
            steps.push(step);
        }
        wasted.sort_by_key(|path| (std::cmp::Reverse(path.bytes), path.path));
        let duplicates = duplicates(&tree);
        for duplicate in &duplicates {
            found.add_duplicate(duplicate);
        }
        Analysis {
            total_bytes: steps.iter().map(|step| step.bytes).sum(),
            wasted_bytes: steps.iter().map(|step| step.overwritten + step.deleted).sum(),
            steps,
            efficiency: score,
            dive_wasted_bytes,
            classes: most_first(classes),
            findings: found.finish(),
            wasted,
            duplicates,
            tree,
        }
    }

    /// The largest files that a container sees, with their layers.
    pub fn largest(&self, count: usize) -> Vec<(&'i str, u64, usize)> {
        let size =
            |(path, node): (&'i str, crate::Node<'i>)| (path, node.entry().map_or(0, |entry| entry.size), node.layer);
        let mut files: Vec<_> = self.tree.nodes().map(size).filter(|(_, bytes, _)| *bytes > 0).collect();
        files.sort_by_key(|(path, bytes, _)| (std::cmp::Reverse(*bytes), *path));
        files.truncate(count);
        files
    }
}

fn most_first(classes: BTreeMap<Class, u64>) -> Vec<(Class, u64)> {
    let mut list: Vec<_> = classes.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    list.sort_by_key(|(class, bytes)| (std::cmp::Reverse(*bytes), *class));
    list
}

/// Contents that a container sees more than once.
fn duplicates<'i>(tree: &Tree<'i>) -> Vec<Duplicate<'i>> {
    let mut by_content: HashMap<(u64, u128), Vec<(&'i str, usize)>> = HashMap::new();
    for (path, node) in tree.nodes() {
        if let Some(entry) = node.entry().filter(|entry| entry.kind == Kind::File && entry.size >= DUPLICATE_BYTES) {
            by_content.entry((entry.size, entry.fingerprint)).or_default().push((path, node.layer));
        }
    }
    let several = by_content.into_iter().filter(|(_, places)| places.len() > 1);
    let mut found: Vec<_> = several.map(|((bytes, _), places)| Duplicate { bytes, places }).collect();
    for duplicate in &mut found {
        duplicate.places.sort_by_key(|(path, layer)| (*layer, *path));
    }
    found.sort_by_key(|duplicate| (std::cmp::Reverse(duplicate.wasted()), duplicate.places[0].0));
    found
}

impl Loss {
    pub(crate) fn of(fate: Fate) -> Option<Loss> {
        match fate {
            Fate::Stays => None,
            Fate::Overwritten(_) => Some(Loss::Overwritten),
            Fate::Deleted(_) => Some(Loss::Deleted),
        }
    }
}
