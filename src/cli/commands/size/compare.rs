//! What became of an image: totals, kinds of files, and the folders that grew or shrank most.

use std::collections::{BTreeMap, BTreeSet};

use dopt_image::{Class, Tree};
use serde_json::json;

use super::terminal::plain_text;
use super::{SizeFormat, Subject, json as object};
use crate::bytes::{Bytes, percent, signed};
use crate::streams::{DIM, STRONG, Streams};
use crate::tally::count;

/// How deep the folders are that are named.
const DEPTH: usize = 3;
const SHOWN: usize = 12;

/// Prints both images side by side.
pub fn print(before: &Subject<'_>, after: &Subject<'_>, format: SizeFormat, streams: &mut Streams) {
    let folders = folders(&before.analysis.tree, &after.analysis.tree);
    if format == SizeFormat::Json {
        let folders: Vec<_> = folders
            .iter()
            .map(|(path, old, new)| json!({"path": path, "before_bytes": old, "after_bytes": new}))
            .collect();
        let both = json!({
            "version": 1,
            "before": object::object(before, 0),
            "after": object::object(after, 0),
            "folders": folders,
        });
        return streams.print(format_args!("{both}\n"));
    }
    totals(before, after, streams);
    classes(before, after, streams);
    if !folders.is_empty() {
        title("Folders", streams);
        for (path, old, new) in folders.iter().take(SHOWN) {
            row(&format!("/{}", plain_text(path)), *old, *new, streams);
        }
    }
}

fn totals(before: &Subject<'_>, after: &Subject<'_>, streams: &mut Streams) {
    let (old, new) = (&before.analysis, &after.analysis);
    let change = signed(old.total_bytes, new.total_bytes);
    let share = (percent(new.total_bytes, old.total_bytes) - 100.0).round();
    let headline = format!("{} → {}", Bytes(old.total_bytes), Bytes(new.total_bytes));
    streams.print(format_args!("{}  {change} ({share:+} %)\n\n", streams.paint(STRONG, headline)));
    let layers = |subject: &Subject<'_>| count(subject.image.layers.len(), "layer");
    streams.print(format_args!("{:<28} {:>12} {:>12} {:>12}\n", "", "before", "after", "change"));
    row("wasted", old.wasted_bytes, new.wasted_bytes, streams);
    let stored = |subject: &Subject<'_>| subject.image.layers.iter().map(|layer| layer.stored_bytes).sum();
    row("as stored", stored(before), stored(after), streams);
    let efficiency = |share: f64| format!("{:.1} %", share * 100.0);
    let (left, right) = (efficiency(old.efficiency), efficiency(new.efficiency));
    streams.print(format_args!("{:<28} {left:>12} {right:>12}\n", "efficiency"));
    streams.print(format_args!("{:<28} {:>12} {:>12}\n", "", layers(before), layers(after)));
}

fn classes(before: &Subject<'_>, after: &Subject<'_>, streams: &mut Streams) {
    let sums = |subject: &Subject<'_>| subject.analysis.classes.iter().copied().collect::<BTreeMap<Class, u64>>();
    let (old, new) = (sums(before), sums(after));
    let mut all: Vec<(Class, u64, u64)> = old
        .keys()
        .chain(new.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|class| (*class, old.get(class).copied().unwrap_or(0), new.get(class).copied().unwrap_or(0)))
        .filter(|(_, old, new)| old != new)
        .collect();
    all.sort_by_key(|(_, old, new)| std::cmp::Reverse(old.abs_diff(*new)));
    if !all.is_empty() {
        title("What a container sees", streams);
    }
    for (class, old, new) in all {
        row(class.title(), old, new, streams);
    }
}

fn title(text: &str, streams: &mut Streams) {
    let text = streams.paint(STRONG, text);
    streams.print(format_args!("\n{text}\n"));
}

fn row(name: &str, old: u64, new: u64, streams: &mut Streams) {
    let name = super::terminal::shorten(name, 28);
    let pad = " ".repeat(28 - name.chars().count());
    let change = signed(old, new);
    let change = if old == new { streams.paint(DIM, change) } else { streams.paint(anstyle::Style::new(), change) };
    streams.print(format_args!("{name}{pad} {:>12} {:>12} {change:>12}\n", Bytes(old), Bytes(new)));
}

/// Folders whose bytes differ, without those that differ by just as much as one folder in them.
fn folders(before: &Tree<'_>, after: &Tree<'_>) -> Vec<(String, u64, u64)> {
    let (old, new) = (sums(before), sums(after));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let bytes = |sums: &BTreeMap<String, u64>, path: &str| sums.get(path).copied().unwrap_or(0);
    let changed = |path: &&&String| bytes(&old, path) != bytes(&new, path);
    let mut found: Vec<(String, u64, u64)> =
        paths.iter().filter(changed).map(|path| ((*path).clone(), bytes(&old, path), bytes(&new, path))).collect();
    let all = found.clone();
    found.retain(|(path, old, new)| {
        let inner = |other: &str| other.len() > path.len() && other.starts_with(&format!("{path}/"));
        let difference = (*old).cast_signed() - (*new).cast_signed();
        !all.iter().any(|(other, old, new)| inner(other) && old.cast_signed() - new.cast_signed() == difference)
    });
    found.sort_by_key(|(_, old, new)| std::cmp::Reverse(old.abs_diff(*new)));
    found.truncate(200);
    found
}

fn sums(tree: &Tree<'_>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (path, node) in tree.nodes() {
        let Some(bytes) = node.entry().map(|entry| entry.size).filter(|bytes| *bytes > 0) else { continue };
        for (end, _) in path.match_indices('/').take(DEPTH) {
            *sums.entry(path[..end].to_owned()).or_default() += bytes;
        }
    }
    sums
}
