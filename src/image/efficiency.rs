//! The efficiency of an image as dive defines it (`dive/filetree/efficiency.go`), so that numbers can be compared.
//!
//! For every path that is a leaf in some layer: the smallest size it has anywhere, in proportion to all of its sizes
//! added up. A whiteout of a file counts as 0 bytes, that of a folder as all that lay in it. dive stacks layers
//! without looking at opaque folders; here they count, which makes a difference where a folder that one of them hid
//! from is removed later.

use std::collections::{HashMap, HashSet};
#[cfg(test)]
use std::rc::Rc;

use crate::{Kind, Layer, Tree};

/// The efficiency, and what dive calls wasted: all sizes of the paths that are in more than one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Efficiency {
    /// 1 where nothing is wasted.
    pub score: f64,
    pub wasted: u64,
}

#[derive(Clone, Copy, Default)]
struct Leaf {
    smallest: u64,
    sum: u64,
    seen: u32,
}

/// The counts of all paths so far.
#[derive(Default)]
pub(crate) struct Scale<'i> {
    leaves: HashMap<&'i str, Leaf>,
}

impl<'i> Scale<'i> {
    /// Adds a layer to the tree of those below it.
    pub(crate) fn add(&mut self, layer: &'i Layer, below: &Tree<'_>) {
        // The last entry of a path counts, as in a tree.
        let mut sizes: HashMap<&'i str, (Kind, u64)> = HashMap::with_capacity(layer.entries.len());
        for entry in layer.entries.iter().filter(|entry| entry.kind != Kind::Opaque && !entry.path.is_empty()) {
            sizes.insert(&entry.path, (entry.kind, entry.size));
        }
        let inner: HashSet<&str> =
            sizes.keys().flat_map(|path| path.rsplit_once('/')).map(|(parent, _)| parent).collect();
        for (path, (kind, size)) in sizes {
            let size = match kind {
                Kind::Folder if inner.contains(path) => continue,
                Kind::Whiteout => removed(below, path),
                _ => size,
            };
            let leaf = self.leaves.entry(path).or_default();
            leaf.smallest = if leaf.seen == 0 { size } else { leaf.smallest.min(size) };
            leaf.sum += size;
            leaf.seen += 1;
        }
    }

    pub(crate) fn efficiency(&self) -> Efficiency {
        let smallest: u64 = self.leaves.values().map(|leaf| leaf.smallest).sum();
        let sum: u64 = self.leaves.values().map(|leaf| leaf.sum).sum();
        let wasted = self.leaves.values().filter(|leaf| leaf.seen > 1).map(|leaf| leaf.sum).sum();
        Efficiency { score: if sum == 0 { 1.0 } else { smallest as f64 / sum as f64 }, wasted }
    }
}

/// Only a folder that some layer names has a size.
fn removed(below: &Tree<'_>, path: &str) -> u64 {
    match below.get(path) {
        Some(node) if node.entry().is_some_and(|entry| entry.kind == Kind::Folder) => below.bytes_below(path),
        _ => 0,
    }
}

/// That of some layers.
#[cfg(test)]
pub(crate) fn efficiency(layers: &[Rc<Layer>]) -> Efficiency {
    let mut scale = Scale::default();
    let _ = Tree::merge_watched(layers, |below, at| scale.add(&layers[at], below));
    scale.efficiency()
}
