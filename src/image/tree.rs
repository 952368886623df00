//! The files that a container sees: layers on top of each other, whiteouts and opaque folders taken into account.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::rc::Rc;

use crate::{Entry, Kind, Layer};

/// The merged files of some layers.
#[derive(Debug, Default)]
pub struct Tree<'i> {
    nodes: BTreeMap<&'i str, Node<'i>>,
    /// What became of every entry, by layer and place in it.
    fates: Vec<Vec<Fate>>,
}

/// A file of the merged tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'i> {
    /// The layer it is in.
    pub layer: usize,
    /// Its place in the layer; `None` for a folder that only the paths of others show.
    pub at: Option<usize>,
    entry: Option<&'i Entry>,
}

impl<'i> Node<'i> {
    /// The entry, where there is one.
    pub fn entry(&self) -> Option<&'i Entry> {
        self.entry
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.entry.map_or(Kind::Folder, |entry| entry.kind)
    }
}

/// What became of an entry of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// A container sees it, or another name of its content.
    #[default]
    Stays,
    /// A layer has the same path anew: which one.
    Overwritten(u16),
    /// A layer removes it: which one.
    Deleted(u16),
}

impl Fate {
    /// The layer that took it away.
    pub fn by(self) -> Option<usize> {
        match self {
            Fate::Stays => None,
            Fate::Overwritten(layer) | Fate::Deleted(layer) => Some(layer.into()),
        }
    }
}

impl<'i> Tree<'i> {
    /// Puts layers on top of each other, the lowest first.
    pub fn merge(layers: &'i [Rc<Layer>]) -> Tree<'i> {
        Tree::merge_watched(layers, |_, _| ())
    }

    /// The same; `before` sees the tree below every layer.
    pub(crate) fn merge_watched(layers: &'i [Rc<Layer>], mut before: impl FnMut(&Tree<'i>, usize)) -> Tree<'i> {
        let mut tree = Tree::default();
        for (at, layer) in layers.iter().enumerate() {
            before(&tree, at);
            tree.fates.push(vec![Fate::Stays; layer.entries.len()]);
            tree.add(at, layer);
        }
        for (at, layer) in layers.iter().enumerate() {
            tree.keep_linked(at, layer);
        }
        tree
    }

    /// The files, sorted by path; the root itself is the empty path where a layer has it.
    pub fn nodes(&self) -> impl Iterator<Item = (&'i str, Node<'i>)> + '_ {
        self.nodes.iter().map(|(path, node)| (*path, *node))
    }

    /// A file.
    pub fn get(&self, path: &str) -> Option<Node<'i>> {
        self.nodes.get(path).copied()
    }

    /// What became of an entry.
    pub fn fate(&self, layer: usize, at: usize) -> Fate {
        self.fates[layer][at]
    }

    /// The bytes of the contents below a path.
    pub fn bytes_below(&self, path: &str) -> u64 {
        let size = |node: &Node| node.entry.map_or(0, |entry| entry.size);
        self.below(path).map(|(_, node)| size(node)).sum()
    }

    fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = (&'i str, &'t Node<'i>)> + use<'t, 'i> {
        // A slash is the sign before 0.
        let (start, end) = (format!("{path}/"), format!("{path}0"));
        let range: (Bound<&str>, Bound<&str>) = match path {
            "" => (Bound::Excluded(""), Bound::Unbounded),
            _ => (Bound::Included(&start), Bound::Excluded(&end)),
        };
        self.nodes.range::<str, _>(range).map(|(path, node)| (*path, node))
    }

    fn add(&mut self, layer: usize, from: &'i Layer) {
        // Whiteouts mean the layers below, wherever they stand in the archive.
        for entry in &from.entries {
            match entry.kind {
                Kind::Whiteout => self.remove(&entry.path, Fate::Deleted(short(layer))),
                Kind::Opaque => self.remove_below(&entry.path, Fate::Deleted(short(layer))),
                _ => {}
            }
        }
        let mut last_folder = "";
        for (at, entry) in from.entries.iter().enumerate() {
            // Engines make the folder that a marker stands in.
            let folder = match entry.kind {
                Kind::Opaque => &*entry.path,
                _ => entry.path.rsplit_once('/').map_or("", |(folder, _)| folder),
            };
            if folder != last_folder {
                self.add_folders(layer, folder);
                last_folder = folder;
            }
            if matches!(entry.kind, Kind::Whiteout | Kind::Opaque) {
                continue;
            }
            self.put(layer, at, entry);
        }
    }

    fn put(&mut self, layer: usize, at: usize, entry: &'i Entry) {
        let fate = Fate::Overwritten(short(layer));
        if entry.kind != Kind::Folder {
            self.remove_below(&entry.path, Fate::Deleted(short(layer)));
        }
        let node = Node { layer, at: Some(at), entry: Some(entry) };
        if let Some(old) = self.nodes.insert(&entry.path, node) {
            self.settle(old, fate);
        }
    }

    /// Makes sure that there are folders above a path; whatever else lies there is hidden by them.
    fn add_folders(&mut self, layer: usize, folder: &'i str) {
        if folder.is_empty() {
            return;
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for end in ends {
            let path = &folder[..end];
            let node = Node { layer, at: None, entry: None };
            match self.nodes.get(path) {
                Some(old) if old.kind() == Kind::Folder => {}
                Some(_) => {
                    self.remove(path, Fate::Overwritten(short(layer)));
                    self.nodes.insert(path, node);
                }
                None => {
                    self.nodes.insert(path, node);
                }
            }
        }
    }

    fn remove(&mut self, path: &str, fate: Fate) {
        self.remove_below(path, fate);
        if let Some(old) = self.nodes.remove(path) {
            self.settle(old, fate);
        }
    }

    fn remove_below(&mut self, path: &str, fate: Fate) {
        let gone: Vec<&'i str> = self.below(path).map(|(path, _)| path).collect();
        for path in gone {
            if let Some(old) = self.nodes.remove(path) {
                self.settle(old, fate);
            }
        }
    }

    fn settle(&mut self, old: Node<'_>, fate: Fate) {
        if let Some(at) = old.at {
            self.fates[old.layer][at] = fate;
        }
    }

    /// A content stays as long as one of its names does.
    fn keep_linked(&mut self, layer: usize, from: &Layer) {
        let is_link = |(_, entry): &(usize, &Entry)| entry.kind == Kind::HardLink;
        let mut by_path: HashMap<&str, usize> = HashMap::new();
        for (at, link) in from.entries.iter().enumerate().filter(is_link) {
            if self.fates[layer][at] != Fate::Stays {
                continue;
            }
            if by_path.is_empty() {
                let files = from.entries.iter().enumerate().filter(|found| !is_link(found));
                by_path.extend(files.map(|(at, entry)| (&*entry.path, at)));
            }
            let target = link.link.as_deref().and_then(|target| by_path.get(target));
            if let Some(target) = target {
                self.fates[layer][*target] = Fate::Stays;
            }
        }
    }
}

fn short(layer: usize) -> u16 {
    u16::try_from(layer).unwrap_or(u16::MAX)
}
