//! Looks into single files of a context: those that steer builds, and those that may hold secrets.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use dopt_dockerignore::{Amount, Builder, Evidence, Findings, IgnoreFile, Need, Rules, Secret, confirm, reached};

use super::walk::{self, on_disk, shown};

/// Longer files steer no build and hold no secrets.
const LONGEST_BYTES: u64 = 1 << 20;

/// How many of the largest are told.
const LARGEST: usize = 10;

/// A file with a secret that builders see.
pub struct SecretFile {
    /// Its path.
    pub path: String,
    /// What it is.
    pub kind: Secret,
    /// Whether a source takes it, so that it ends up in an image.
    pub is_copied: bool,
    /// Whether the new file hides it.
    pub is_hidden: bool,
}

/// Something large.
pub struct Large {
    /// Its path, with a slash behind folders.
    pub path: String,
    /// How much it is.
    pub amount: Amount,
}

/// Reads the files that steer builds.
pub fn evidence(context: &Path, findings: &Findings, rules: &Rules) -> Evidence {
    let mut evidence = Evidence::default();
    for path in &findings.build_files {
        match beginning(&on_disk(context, path)) {
            Some(text) => evidence.read(rules, path, &String::from_utf8_lossy(&text)),
            None => evidence.incomplete = Some(format!("{} cannot be read", shown(path))),
        }
    }
    if findings.too_many_build_files {
        evidence.incomplete = Some("there are too many files that steer builds".to_owned());
    }
    evidence
}

/// The files with secrets. Their content goes nowhere.
pub fn secrets(context: &Path, findings: &Findings, needs: &[Need], after: &IgnoreFile) -> Vec<SecretFile> {
    let mut found = Vec::new();
    for (path, kind) in &findings.suspects {
        let content = beginning(&on_disk(context, path)).unwrap_or_default();
        if confirm(*kind, path, &content) {
            let is_hidden = after.matcher.verdict(path).is_ok_and(|verdict| verdict.hidden);
            found.push(SecretFile { path: shown(path), kind: *kind, is_copied: reached(needs, path).1, is_hidden });
        }
    }
    found
}

fn beginning(path: &Path) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path).ok()?.take(LONGEST_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}

/// The largest files and folders that remain. A folder is told where its bytes are spread, and what is in it where
/// most of them lie together.
pub fn largest(findings: &Findings, after: &IgnoreFile) -> Vec<Large> {
    let mut totals: BTreeMap<&[u8], Amount> = BTreeMap::new();
    let mut children: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    let mut files: BTreeMap<&[u8], (&[u8], u64)> = BTreeMap::new();
    let is_hidden = |path: &[u8]| !path.is_empty() && after.matcher.verdict(path).is_ok_and(|verdict| verdict.hidden);
    for node in findings.nodes.iter().filter(|node| node.own.files > 0 && !is_hidden(&node.path)) {
        let mut path = node.path.as_slice();
        totals.entry(path).or_default().add(node.own);
        if let Some((name, bytes)) = &node.largest {
            files.insert(path, (name, *bytes));
        }
        while !path.is_empty() {
            path = parent(path);
            totals.entry(path).or_default().add(node.own);
        }
    }
    for path in totals.keys().filter(|path| !path.is_empty()) {
        children.entry(parent(path)).or_default().push(path);
    }
    let mut found: Vec<Large> = Vec::new();
    let mut open: Vec<&[u8]> = vec![b""];
    while let Some(folder) = open.pop() {
        for child in children.get(folder).into_iter().flatten() {
            let total = totals[child].bytes;
            let inside = children.get(child).into_iter().flatten().map(|path| totals[path].bytes);
            let file = files.get(child).map_or(0, |(_, bytes)| *bytes);
            if inside.chain([file]).any(|bytes| 2 * bytes > total) && total > 0 {
                open.push(child);
            } else {
                found.push(Large { path: format!("{}/", shown(child)), amount: totals[child] });
            }
        }
        if let Some((name, bytes)) = files.get(folder) {
            let path = dopt_dockerignore::join(folder, name);
            if !is_hidden(&path) {
                found.push(Large { path: shown(&path), amount: Amount { files: 1, bytes: *bytes } });
            }
        }
    }
    found.retain(|large| large.amount.bytes > 0);
    found.sort_by(|a, b| b.amount.bytes.cmp(&a.amount.bytes).then_with(|| a.path.cmp(&b.path)));
    found.truncate(LARGEST);
    found
}

fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(&path[..0], |at| &path[..at])
}

/// The first path that BuildKit hides and buildah shows, or the other way round.
pub fn disagreement(context: &Path, text: &str) -> Option<String> {
    if !text.contains(['!', '\\', '+', '(', ')', '{', '}', '|', '^', '[']) {
        return None;
    }
    let one = IgnoreFile::read(text.as_bytes(), Builder::BuildKit).ok()?;
    let other = IgnoreFile::read(text.as_bytes(), Builder::Buildah).ok()?;
    walk::first_difference(context, &one, &other).map(|path| shown(&path))
}
