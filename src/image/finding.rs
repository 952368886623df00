//! What could be saved, who wasted it, and which transform of dopt saves it.
//!
//! Transforms are only names here: whether one of them can do anything in a certain Dockerfile is theirs to say.

use std::collections::HashMap;

use crate::{Class, Duplicate, Entry, Fate, Kind, Provenance, Tree};

/// Bytes of one kind, made by one layer, that an image could do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the files are.
    pub class: Class,
    /// Why their bytes are lost.
    pub loss: Loss,
    /// How many bytes.
    pub bytes: u64,
    /// How many files.
    pub files: usize,
    /// The layer that has them.
    pub layer: usize,
    /// The layer that deleted or overwrote them, or has them too.
    pub by: Option<usize>,
    /// The transform that saves such bytes, if there is one.
    pub rule: Option<&'static str>,
}

/// Why bytes are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// A container sees them and does not need them.
    Useless,
    /// A later layer has the path anew, with another content.
    Overwritten,
    /// A later layer has the same content anew, with another mode, owner or time.
    Touched,
    /// A later layer deletes them.
    Deleted,
    /// The same content is there under another name.
    Duplicate,
}

impl Loss {
    /// The code for machines.
    pub fn code(self) -> &'static str {
        match self {
            Loss::Useless => "useless",
            Loss::Overwritten => "overwritten",
            Loss::Touched => "touched",
            Loss::Deleted => "deleted",
            Loss::Duplicate => "duplicate",
        }
    }

    /// Some words for people, behind those for the files.
    pub fn title(self) -> &'static str {
        match self {
            Loss::Useless => "kept",
            Loss::Overwritten => "overwritten later",
            Loss::Touched => "again, mode or owner changed",
            Loss::Deleted => "deleted later",
            Loss::Duplicate => "there twice",
        }
    }
}

type Key = (Class, Loss, usize, Option<usize>, Option<&'static str>);

/// The findings so far.
pub(crate) struct Findings<'i> {
    provenance: &'i Provenance,
    sums: HashMap<Key, (u64, usize)>,
}

impl<'i> Findings<'i> {
    pub(crate) fn new(provenance: &'i Provenance) -> Findings<'i> {
        Findings { provenance, sums: HashMap::new() }
    }

    /// Looks at one file.
    pub(crate) fn add(&mut self, layer: usize, entry: &Entry, class: Class, fate: Fate, tree: &Tree<'_>) {
        let (loss, by) = match Loss::of(fate) {
            None if is_useless(class) => (Loss::Useless, None),
            None => return,
            Some(_) if is_touched(entry, fate, tree) => (Loss::Touched, fate.by()),
            Some(loss) => (loss, fate.by()),
        };
        let rule = self.rule(class, loss, layer, &entry.path);
        self.count((class, loss, layer, by, rule), entry.size);
    }

    pub(crate) fn add_duplicate(&mut self, duplicate: &Duplicate<'_>) {
        let (_, first) = duplicate.places[0];
        for (path, layer) in &duplicate.places[1..] {
            let class = Class::of(path);
            if !is_useless(class) {
                self.count((class, Loss::Duplicate, *layer, Some(first), None), duplicate.bytes);
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Finding> {
        let finding =
            |((class, loss, layer, by, rule), (bytes, files))| Finding { class, loss, bytes, files, layer, by, rule };
        let mut found: Vec<Finding> = self.sums.into_iter().map(finding).collect();
        found.sort_by_key(|found| (std::cmp::Reverse(found.bytes), found.layer, found.class, found.loss, found.by));
        found
    }

    fn count(&mut self, key: Key, bytes: u64) {
        if bytes > 0 {
            let sum = self.sums.entry(key).or_default();
            *sum = (sum.0 + bytes, sum.1 + 1);
        }
    }

    /// The transform that saves such bytes. What the base image has, no transform can save.
    fn rule(&self, class: Class, loss: Loss, layer: usize, path: &str) -> Option<&'static str> {
        let line = self.provenance.layers.get(layer).and_then(Option::as_ref);
        if line.is_some_and(|line| line.in_base) {
            return None;
        }
        let made_by = |keyword: &str| line.is_some_and(|line| line.text.starts_with(keyword));
        match (class, loss) {
            (Class::PackageLists, _) => Some("clean-apt"),
            (Class::PackageCache, _) => Some(package_cache_rule(path)),
            (Class::PipCache, _) => Some("no-pip-cache"),
            (Class::NpmCache | Class::OtherCache, _) => Some("clean-caches"),
            (_, Loss::Touched) => Some("fold-chown"),
            (Class::BuildTools, Loss::Useless) if made_by("RUN") => Some("purge-build-deps"),
            (Class::Archives, Loss::Deleted) if made_by("COPY") || made_by("ADD") => Some("bind-archives"),
            (Class::Archives, Loss::Deleted | Loss::Useless) if made_by("RUN") => Some("remove-archives"),
            (_, Loss::Deleted) if made_by("RUN") => Some("merge-runs"),
            _ => None,
        }
    }
}

fn package_cache_rule(path: &str) -> &'static str {
    if path.contains("/apk/") || path.starts_with("etc/apk/") {
        "no-apk-cache"
    } else if path.contains("/apt/") {
        "clean-apt"
    } else {
        "clean-caches"
    }
}

/// Whether an image does without files of this kind, or should think about it.
fn is_useless(class: Class) -> bool {
    !matches!(class, Class::Other | Class::Sources)
}

/// Whether what overwrote a file has the same content.
fn is_touched(entry: &Entry, fate: Fate, tree: &Tree<'_>) -> bool {
    let Fate::Overwritten(by) = fate else { return false };
    let same =
        |other: &Entry| other.kind == Kind::File && other.size == entry.size && other.fingerprint == entry.fingerprint;
    let over = tree.get(&entry.path).filter(|node| node.layer == usize::from(by));
    over.is_some_and(|node| node.entry().is_some_and(same))
}
