//! The page with a map of all bytes: one file that needs nothing else, not even a network.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use dopt_image::{Class, Fate, Kind};
use serde::Serialize;

use super::{Subject, json};
use crate::bytes::Bytes;

#[derive(Template)]
#[template(path = "commands/size/page.html")]
struct Page {
    title: String,
    /// JSON in which no text ends the script that it stands in.
    data: String,
}

/// Boxes that would be smaller than this part of the image are added up.
const LEAST_SHARE: u64 = 4000;

/// A box of the map: a line, a folder or a file.
#[derive(Default, Serialize)]
struct Area {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "b")]
    bytes: u64,
    /// Bytes that no container sees.
    #[serde(rename = "w", skip_serializing_if = "is_zero")]
    wasted: u64,
    /// What most of it is.
    #[serde(rename = "k")]
    class: &'static str,
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    children: Vec<Area>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// The whole page.
pub fn page(subject: &Subject<'_>) -> String {
    let mut data = json::object(subject, 20);
    let used: BTreeSet<Class> =
        subject.analysis.steps.iter().flat_map(|step| step.classes.iter().map(|(class, _)| *class)).collect();
    let titles: BTreeMap<&str, &str> = used.iter().map(|class| (class.code(), class.title())).collect();
    data["class_titles"] = serde_json::json!(titles);
    data["by_line"] = serde_json::json!(by_line(subject));
    data["by_folder"] = serde_json::json!(by_folder(subject));
    // No text from an image may end the script that it stands in.
    let data = data.to_string().replace('<', "\\u003c");
    let name = subject.image.name.as_deref().unwrap_or(subject.name);
    let title = format!("{name}: {}", Bytes(subject.analysis.total_bytes));
    Page { title, data }.render().expect("a page is made of two texts")
}

/// Each layer with its files, those that are wasted too.
fn by_line(subject: &Subject<'_>) -> Area {
    let least = subject.analysis.total_bytes / LEAST_SHARE;
    let numbers: Vec<String> = (0..subject.image.layers.len()).map(|at| at.to_string()).collect();
    let mut root = Branch::default();
    for (at, layer) in subject.image.layers.iter().enumerate() {
        for (place, entry) in layer.entries.iter().enumerate().filter(|(_, entry)| entry.kind == Kind::File) {
            let wasted = subject.analysis.tree.fate(at, place) != Fate::Stays;
            root.add(
                [numbers[at].as_str()].into_iter().chain(entry.path.split('/')),
                entry.size,
                wasted,
                Class::of(&entry.path),
            );
        }
    }
    let mut area = root.area(String::new(), least);
    area.children.sort_by_key(|layer| layer.name.parse::<usize>().unwrap_or(usize::MAX));
    area
}

/// What a container sees.
fn by_folder(subject: &Subject<'_>) -> Area {
    let least = subject.analysis.total_bytes / LEAST_SHARE;
    let mut root = Branch::default();
    for (path, node) in subject.analysis.tree.nodes() {
        if let Some(entry) = node.entry().filter(|entry| entry.kind == Kind::File) {
            root.add(path.split('/'), entry.size, false, Class::of(path));
        }
    }
    root.area(String::new(), least)
}

#[derive(Default)]
struct Branch<'p> {
    bytes: u64,
    wasted: u64,
    classes: BTreeMap<Class, u64>,
    children: BTreeMap<&'p str, Branch<'p>>,
}

impl<'p> Branch<'p> {
    fn add(&mut self, names: impl Iterator<Item = &'p str>, bytes: u64, wasted: bool, class: Class) {
        let mut at = self;
        at.count(bytes, wasted, class);
        for name in names {
            at = at.children.entry(name).or_default();
            at.count(bytes, wasted, class);
        }
    }

    fn count(&mut self, bytes: u64, wasted: bool, class: Class) {
        self.bytes += bytes;
        self.wasted += if wasted { bytes } else { 0 };
        *self.classes.entry(class).or_default() += bytes;
    }

    fn area(&self, name: String, least: u64) -> Area {
        let class = self.classes.iter().max_by_key(|(_, bytes)| **bytes).map_or(Class::Other, |(class, _)| *class);
        let mut children = Vec::new();
        let mut rest = (0, Area { class: class.code(), ..Area::default() });
        for (name, child) in &self.children {
            if child.bytes > least.max(1) {
                children.push(child.area((*name).to_owned(), least));
            } else {
                rest = (
                    rest.0 + 1,
                    Area { bytes: rest.1.bytes + child.bytes, wasted: rest.1.wasted + child.wasted, ..rest.1 },
                );
            }
        }
        children.sort_by_key(|child| std::cmp::Reverse(child.bytes));
        if rest.1.bytes > 0 {
            rest.1.name = format!("{} more", rest.0);
            children.push(rest.1);
        }
        Area { name, bytes: self.bytes, wasted: self.wasted, class: class.code(), children }
    }
}
