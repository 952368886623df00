//! What our matcher says of a case.

use std::collections::BTreeSet;

use dopt_dockerignore::{BrokenPattern, Builder, FolderMatch, IgnoreFile};

use crate::generate::{Case, Kind};

/// For each path of the tree, whether the builder sees it; `None` where it fails.
pub fn visible(case: &Case, builder: Builder) -> Option<Vec<bool>> {
    let file = IgnoreFile::read(&case.file, builder).ok()?;
    walked(case, &file).ok()
}

fn walked(case: &Case, file: &IgnoreFile) -> Result<Vec<bool>, BrokenPattern> {
    // The folders around the present path, each with what is known of it; `None` where it is not entered.
    let mut around: Vec<(Vec<u8>, Option<FolderMatch>)> = vec![(Vec::new(), Some(FolderMatch::default()))];
    let mut found = Vec::new();
    for (path, kind) in &case.tree {
        while !path.starts_with(&around.last().unwrap().0) {
            around.pop();
        }
        let Some(parent) = &around.last().unwrap().1 else {
            found.push(false);
            continue;
        };
        let verdict = file.matcher.look(parent, path)?;
        assert_eq!(file.matcher.verdict(path)?.hidden, verdict.hidden, "a walk down says something else");
        if *kind != Kind::Folder {
            assert_eq!(file.matcher.hides(parent, path)?, verdict.hidden, "a file is not hidden as folders are");
        }
        found.push(!verdict.hidden);
        if *kind == Kind::Folder {
            let enters = !verdict.hidden || file.matcher.enters_hidden(path);
            around.push(([path, &b"/"[..]].concat(), enters.then_some(verdict.folder)));
        }
    }
    Ok(found)
}

/// What is in an image that has all visible paths: they and the folders around them.
pub fn in_image(case: &Case, visible: &[bool]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for ((path, _), _) in case.tree.iter().zip(visible).filter(|(_, seen)| **seen) {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        found.extend(ends.chain([path.len()]).map(|end| path[..end].to_vec()));
    }
    found
}
