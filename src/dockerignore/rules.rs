//! The catalogue of junk made ready for a walk: which names are worth a look.

use std::collections::HashMap;

use crate::file::escaped;
use crate::junk::{CATALOG, Depth, Is, Junk, LARGE_BYTES};

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file with its size.
    File(u64),
    /// A link, which no builder follows, wherever it leads.
    Link,
    /// A socket, a device or the like.
    Other,
}

/// One line that may be written, and what it is for.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The kind of junk, by its index in the catalogue.
    pub junk: usize,
    /// The line.
    pub line: String,
    /// The name that an entry needs, which may have a `*`.
    pub name: String,
    /// The name of the folder that it needs to lie in, if that matters.
    pub parent: Option<&'static str>,
    /// The whole path, where there is only one.
    path: Option<Vec<u8>>,
    /// Where.
    pub depth: Depth,
    is: Is,
}

/// All rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// In the order of the catalogue.
    pub all: Vec<Rule>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    by_wildcard: Vec<usize>,
}

impl Rule {
    /// What it is for.
    pub fn kind(&self) -> &'static Junk {
        &CATALOG[self.junk]
    }

    /// Whether hiding it needs no leave.
    pub fn is_safe(&self) -> bool {
        self.kind().caveat.is_none()
    }

    /// Whether it is about something of this name.
    pub fn has_name(&self, name: &[u8]) -> bool {
        match self.name.split_once('*') {
            None => self.name.as_bytes() == name,
            Some((head, tail)) => {
                name.len() >= head.len() + tail.len()
                    && name.starts_with(head.as_bytes())
                    && name.ends_with(tail.as_bytes())
            }
        }
    }

    fn is_at(&self, folder: &[u8], name: &[u8], kind: Kind, has_venv: &mut dyn FnMut() -> bool) -> bool {
        let parent = folder.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let is_placed = match (&self.path, self.depth) {
            (Some(path), _) => *path == join(folder, name),
            (None, Depth::Root) => folder.is_empty(),
            (None, Depth::Any) => self.parent.is_none_or(|wanted| wanted.as_bytes() == parent),
        };
        is_placed
            && match (self.is, kind) {
                (Is::Any, _) => true,
                (Is::Folder, kind) => kind == Kind::Folder,
                (Is::Venv, kind) => kind == Kind::Folder && has_venv(),
                (Is::File, Kind::File(_)) => true,
                (Is::LargeFile, Kind::File(bytes)) => bytes > LARGE_BYTES,
                (Is::File | Is::LargeFile, _) => false,
            }
    }
}

impl Rules {
    /// Those of the catalogue, and those for the very files that describe the build: `docker` and `compose` are their
    /// paths in the context.
    pub fn new(docker: &[Vec<u8>], compose: &[Vec<u8>]) -> Rules {
        let mut all = Vec::new();
        for (junk, found) in CATALOG.iter().enumerate() {
            let own = match found.name {
                "docker" => docker,
                "compose" => compose,
                _ => &[],
            };
            for path in own {
                let line = escaped(path);
                let name =
                    String::from_utf8_lossy(path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)).into_owned();
                let is_known = found.shapes.iter().any(|shape| shape.pattern.as_bytes() == path.as_slice());
                if !is_known {
                    let path = Some(path.clone());
                    all.push(Rule { junk, line, name, parent: None, path, depth: Depth::Root, is: Is::File });
                }
            }
            all.extend(found.shapes.iter().map(|shape| Rule {
                junk,
                line: shape.line(),
                name: shape.name().to_owned(),
                parent: shape.pattern.rsplit_once('/').map(|(parent, _)| parent),
                path: None,
                depth: shape.at,
                is: shape.is,
            }));
        }
        let mut rules = Rules { all, by_name: HashMap::new(), by_wildcard: Vec::new() };
        for (index, rule) in rules.all.iter().enumerate() {
            match rule.name.contains('*') {
                true => rules.by_wildcard.push(index),
                false => rules.by_name.entry(rule.name.as_bytes().to_vec()).or_default().push(index),
            }
        }
        rules
    }

    /// The first rule that hides such an entry without leave, and the first that needs it.
    pub fn of(
        &self,
        folder: &[u8],
        name: &[u8],
        kind: Kind,
        mut has_venv: impl FnMut() -> bool,
    ) -> (Option<usize>, Option<usize>) {
        let named = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let wild = if matches!(kind, Kind::File(_)) { self.by_wildcard.as_slice() } else { &[] };
        let (mut safe, mut risky) = (None, None);
        for &index in named.iter().chain(wild) {
            let rule = &self.all[index];
            let slot = if rule.is_safe() { &mut safe } else { &mut risky };
            if slot.is_none() && rule.has_name(name) && rule.is_at(folder, name, kind, &mut has_venv) {
                *slot = Some(index);
            }
        }
        (safe, risky)
    }
}

/// The path of an entry of a folder; the root is empty.
pub fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
