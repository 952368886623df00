//! Links in a context. Builders follow a source that is a link, but only inside the context; links in folders that they
//! copy stay links, and lead to something only if that is copied too.

use std::fs;
use std::path::{Component, Path};

use dopt_dockerignore::{Link, Need, Part};

use super::walk::{bytes_of, on_disk};

/// A source whose wildcards match more than this is not followed further.
const MOST_MATCHES: usize = 10_000;

/// Linux follows no more links behind each other.
const MOST_LINKS: usize = 40;

/// Adds what sources lead to by links to what is needed.
pub fn follow(context: &Path, needs: &mut Vec<Need>) {
    let mut more = Vec::new();
    for need in needs.iter() {
        for path in matches(context, &need.parts) {
            if let Some(target) = resolved(context, &path).filter(|target| *target != path) {
                let written = format!("{}, which leads to {}", need.written, super::path_text(&target));
                let parts = target.split(|byte| *byte == b'/').map(|name| Part::Name(name.to_vec())).collect();
                more.push(Need { written, parts, ..need.clone() });
            }
        }
    }
    needs.extend(more);
}

/// Where links of the context lead; those that lead out of it, or nowhere, are left aside.
pub fn targets(context: &Path, links: &[Vec<u8>]) -> Vec<Link> {
    let target = |path: &Vec<u8>| Some(Link { path: path.clone(), target: pointed(context, path)? });
    let mut found: Vec<Link> = links.iter().filter_map(target).collect();
    found.retain(|link| !link.target.is_empty());
    found
}

/// The paths on disk that a source without `**` matches.
fn matches(context: &Path, parts: &[Part]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = vec![Vec::new()];
    for part in parts {
        let mut next = Vec::new();
        for folder in found {
            match part {
                Part::Name(name) => next.push(dopt_dockerignore::join(&folder, name)),
                Part::Glob(glob) => {
                    let inside = resolved(context, &folder).unwrap_or_else(|| folder.clone());
                    let entries = fs::read_dir(on_disk(context, &inside)).into_iter().flatten().flatten();
                    let names = entries.map(|entry| bytes_of(&entry.file_name()));
                    let fits = names.filter(|name| dopt_dockerignore::glob_matches(glob, name));
                    next.extend(fits.map(|name| dopt_dockerignore::join(&folder, &name)));
                }
                Part::AnyDepth => return Vec::new(),
            }
        }
        if next.len() > MOST_MATCHES {
            return Vec::new();
        }
        found = next;
    }
    found.retain(|path| !path.is_empty());
    found
}

/// The path with every link in it followed, none of them out of the context.
fn resolved(context: &Path, path: &[u8]) -> Option<Vec<u8>> {
    let mut path = path.to_vec();
    for _ in 0..MOST_LINKS {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).chain([path.len()]);
        let link = ends.map(|end| &path[..end]).find(|head| on_disk(context, head).is_symlink());
        let Some(head) = link else { return Some(path) };
        let rest = path[head.len()..].to_vec();
        path = [pointed(context, head)?, rest].concat();
        if path.starts_with(b"/") {
            path.remove(0);
        }
    }
    None
}

/// What a link points to, from the context; one with a slash in front counts from there too. `None` outside of it.
fn pointed(context: &Path, link: &[u8]) -> Option<Vec<u8>> {
    let target = fs::read_link(on_disk(context, link)).ok()?;
    let folder = link.iter().rposition(|byte| *byte == b'/').map_or(&link[..0], |at| &link[..at]);
    let mut parts: Vec<Vec<u8>> = folder.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
    parts.retain(|part| !part.is_empty());
    for part in target.components() {
        match part {
            Component::RootDir => parts.clear(),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(name) => parts.push(bytes_of(name)),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Some(parts.join(&b'/'))
}
