//! How the files of two images differ. Times are left aside: every build has its own.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::{Entry, Image, Kind, Node, Tree, capabilities};

/// A path that is not the same in both images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path from the root.
    pub path: String,
    /// What has changed.
    pub change: Change,
    /// What it was, for people; empty where it was not there.
    pub before: String,
    /// What it is.
    pub after: String,
    /// The bytes that it had.
    pub bytes_before: u64,
    /// The bytes that it has.
    pub bytes_after: u64,
}

/// What has changed. Of several, the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is not there any more.
    Gone,
    /// It was not there.
    New,
    /// It is something else: a folder, a link.
    Kind,
    /// A link leads elsewhere, or a device is another.
    Target,
    /// Other bytes.
    Content,
    /// Other permissions.
    Mode,
    /// Another user or group.
    Owner,
    /// Other capabilities or extended attributes.
    Attributes,
}

impl Change {
    /// The code for machines.
    pub fn code(self) -> &'static str {
        match self {
            Change::Gone => "gone",
            Change::New => "new",
            Change::Kind => "kind",
            Change::Target => "target",
            Change::Content => "content",
            Change::Mode => "mode",
            Change::Owner => "owner",
            Change::Attributes => "attributes",
        }
    }
}

/// Everything that is not the same, sorted by path. The images have to be read exactly.
pub fn differences<'i>(before: (&'i Image, &Tree<'i>), after: (&'i Image, &Tree<'i>)) -> Vec<Difference> {
    let paths: BTreeSet<&str> = before.1.nodes().chain(after.1.nodes()).map(|(path, _)| path).collect();
    let side = |(image, tree): (&'i Image, &Tree<'i>), path: &str| tree.get(path).map(|node| File::of(image, node));
    let mut found = Vec::new();
    for path in paths {
        let (old, new) = (side(before, path), side(after, path));
        let changed = match (&old, &new) {
            (Some(old), Some(new)) => old.change(new),
            (Some(old), None) => Some((Change::Gone, old.summary(), String::new())),
            (None, Some(new)) => Some((Change::New, String::new(), new.summary())),
            (None, None) => None,
        };
        if let Some((change, before, after)) = changed {
            let bytes =
                |file: &Option<File<'_>>| file.as_ref().map_or(0, |file| file.content().map_or(0, |entry| entry.size));
            let (bytes_before, bytes_after) = (bytes(&old), bytes(&new));
            found.push(Difference { path: path.to_owned(), change, before, after, bytes_before, bytes_after });
        }
    }
    found
}

/// A file with its content, which a hard link has elsewhere.
struct File<'i> {
    kind: Kind,
    entry: Option<&'i Entry>,
    linked: Option<&'i Entry>,
}

/// What two files are compared by, in this order.
const LOOKS: &[(Change, Look)] = &[
    (Change::Kind, |file| file.kind.name().to_owned()),
    (Change::Target, |file| file.target()),
    (Change::Content, |file| file.sum()),
    (Change::Mode, |file| file.mode()),
    (Change::Owner, |file| file.owner()),
    (Change::Attributes, |file| file.attributes()),
];

type Look = fn(&File<'_>) -> String;

impl<'i> File<'i> {
    fn of(image: &'i Image, node: Node<'i>) -> File<'i> {
        let entry = node.entry();
        let mut linked = entry;
        // A link to a link is seldom, a circle impossible but in an archive that means harm.
        for _ in 0..8 {
            let Some(link) = linked.filter(|entry| entry.kind == Kind::HardLink) else { break };
            let entries = &image.layers[node.layer].entries;
            linked =
                entries.iter().find(|other| Some(&other.path) == link.link.as_ref() && other.kind != Kind::HardLink);
        }
        let kind = linked.map_or(node.kind(), |entry| entry.kind);
        File { kind, entry, linked }
    }

    fn content(&self) -> Option<&'i Entry> {
        self.linked.filter(|_| self.kind == Kind::File)
    }

    fn summary(&self) -> String {
        match self.content() {
            Some(entry) => format!("{} of {} bytes", self.kind.name(), entry.size),
            None => self.kind.name().to_owned(),
        }
    }

    fn change(&self, other: &File<'_>) -> Option<(Change, String, String)> {
        // Engines choose the mode of a folder that no layer names.
        let is_named = self.entry.is_some() && other.entry.is_some();
        let looks = LOOKS.iter().filter(|(change, _)| is_named || !matches!(change, Change::Mode | Change::Owner));
        let mut both = looks.map(|(change, text)| (*change, text(self), text(other)));
        both.find(|(_, before, after)| before != after)
    }

    fn target(&self) -> String {
        match (self.kind, self.entry) {
            (Kind::Symlink, Some(entry)) => entry.link.as_deref().unwrap_or_default().to_owned(),
            (Kind::Device, Some(Entry { exact: Some(exact), .. })) => format!("{:?}", exact.device),
            _ => String::new(),
        }
    }

    fn sum(&self) -> String {
        let Some(entry) = self.content() else { return String::new() };
        let sum = entry.exact.as_ref().map(|exact| exact.sha256).unwrap_or_default();
        let mut text = format!("{} bytes, SHA-256 ", entry.size);
        for byte in sum {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn mode(&self) -> String {
        self.linked.map(|entry| format!("{:o}", entry.mode)).filter(|_| self.kind != Kind::Symlink).unwrap_or_default()
    }

    fn owner(&self) -> String {
        self.linked.map(|entry| format!("{}:{}", entry.uid, entry.gid)).unwrap_or_default()
    }

    fn attributes(&self) -> String {
        let exact = self.linked.and_then(|entry| entry.exact.as_ref());
        let list = exact.map(|exact| exact.xattrs.as_slice()).unwrap_or_default();
        let text = |(name, value): &(String, Vec<u8>)| {
            let capabilities = capabilities::in_words(value).filter(|_| name == capabilities::ATTRIBUTE);
            capabilities.map(|words| format!("capabilities {words}")).unwrap_or_else(|| {
                let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{name}=0x{hex}")
            })
        };
        list.iter().map(text).collect::<Vec<_>>().join(" ")
    }
}
