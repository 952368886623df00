//! What lies in a folder of the image, the largest first.

use std::collections::BTreeMap;

use serde_json::json;

use super::terminal::plain_text;
use super::{SizeFormat, Stop, Subject};
use crate::bytes::Bytes;
use crate::streams::{DIM, STRONG, Streams};

const DEPTH: usize = 3;
/// What is smaller than this part of the folder is added up.
const LEAST_SHARE: u64 = 100;
const MOST: usize = 12;

/// A folder or a file, with all that lies in it.
#[derive(Default)]
struct Branch {
    bytes: u64,
    children: BTreeMap<String, Branch>,
}

/// Prints a path of the merged image.
pub fn print(subject: &Subject<'_>, path: &str, format: SizeFormat, streams: &mut Streams) -> Result<(), Stop> {
    let path = path.trim_matches('/');
    let tree = &subject.analysis.tree;
    if !path.is_empty() && tree.get(path).is_none() {
        return Err(Stop::failed(format!("{}: it has no /{path}", subject.name)));
    }
    let mut root = Branch::default();
    for (found, node) in tree.nodes() {
        let inner = match path {
            "" => Some(found),
            _ if found == path => Some(""),
            _ => found.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')),
        };
        let bytes = node.entry().map_or(0, |entry| entry.size);
        if let Some(inner) = inner {
            root.add(inner, bytes);
        }
    }
    if format == SizeFormat::Json {
        let whole = root.json(&format!("/{path}"), usize::MAX);
        streams.print(format_args!("{whole}\n"));
    } else {
        let title = streams.paint(STRONG, plain_text(&format!("/{path}")));
        streams.print(format_args!("{:>9}  {title}\n", Bytes(root.bytes)));
        root.print(&mut String::new(), DEPTH, root.bytes / LEAST_SHARE, streams);
    }
    Ok(())
}

impl Branch {
    fn add(&mut self, path: &str, bytes: u64) {
        self.bytes += bytes;
        let mut at = self;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            at = at.children.entry(name.to_owned()).or_default();
            at.bytes += bytes;
        }
    }

    fn sorted(&self) -> Vec<(&String, &Branch)> {
        let mut children: Vec<_> = self.children.iter().collect();
        children.sort_by_key(|(name, child)| (std::cmp::Reverse(child.bytes), name.as_str()));
        children
    }

    fn print(&self, stem: &mut String, depth: usize, least: u64, streams: &mut Streams) {
        let children = self.sorted();
        let shown = children.iter().take(MOST).take_while(|(_, child)| child.bytes > 0 && child.bytes >= least).count();
        let rest = &children[shown..];
        for (at, (name, child)) in children[..shown].iter().enumerate() {
            let is_last = at + 1 == shown && rest.is_empty();
            let (branch, more) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let end = if child.children.is_empty() { "" } else { "/" };
            let line = streams.paint(DIM, format!("{stem}{branch}"));
            streams.print(format_args!("{:>9}  {line}{}{end}\n", Bytes(child.bytes), plain_text(name)));
            if depth > 1 {
                stem.push_str(more);
                child.print(stem, depth - 1, least, streams);
                stem.truncate(stem.len() - more.len());
            }
        }
        if !rest.is_empty() {
            let bytes = rest.iter().map(|(_, child)| child.bytes).sum();
            let line = streams.paint(DIM, format!("{stem}└─ {} more", rest.len()));
            streams.print(format_args!("{:>9}  {line}\n", Bytes(bytes)));
        }
    }

    fn json(&self, name: &str, depth: usize) -> serde_json::Value {
        let children: Vec<_> = match depth {
            0 => Vec::new(),
            _ => self.sorted().into_iter().map(|(name, child)| child.json(name, depth - 1)).collect(),
        };
        json!({"name": name, "bytes": self.bytes, "children": children})
    }
}
