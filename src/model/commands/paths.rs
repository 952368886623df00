//! Paths as written in commands: joining, and whether two of them may meet.

/// Joins a path to the folder that it is relative to and takes `.`, `..` and doubled slashes out.
pub fn resolve(folder: &str, path: &str) -> String {
    let starts_anew = path.starts_with(['/', '~', '$']);
    let mut parts: Vec<&str> = if starts_anew { Vec::new() } else { parts_of(folder).collect() };
    let root = if path.starts_with('/') || (!starts_anew && folder.starts_with('/')) { "/" } else { "" };
    for part in parts_of(path) {
        match part {
            "." => {}
            // What stands in front of a variable's first part is not known.
            ".." if parts.len() > 1 || root == "/" => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

/// Whether something done to `target` (which may have `*` and `?`) reaches into `path` or below, or `path` lies
/// above `target`.
pub fn overlap(path: &str, target: &str) -> bool {
    if target.trim_end_matches('*').trim_end_matches('/').is_empty() {
        return false;
    }
    path.starts_with('/') == target.starts_with('/')
        && parts_of(path).zip(parts_of(target)).all(|(made, pattern)| matches(made, pattern))
}

/// Whether deleting `target` deletes `path` or all that is in it.
pub fn covers(target: &str, path: &str) -> bool {
    let target = target.strip_suffix("/*").unwrap_or(target);
    parts_of(target).count() <= parts_of(path).count() && overlap(path, target)
}

fn parts_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// A pattern of `*` and `?` against a name; both sides may have wildcards, and then may meet.
fn matches(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern || (name.contains(['*', '$']) && !pattern.is_empty() && matches_loosely(name, pattern)),
        Some((head, tail)) => {
            let tail = tail.rsplit('*').next().unwrap_or_default();
            name.starts_with(head) && name[head.len()..].ends_with(tail)
        }
    }
}

fn matches_loosely(name: &str, pattern: &str) -> bool {
    name.split_once('*').is_some_and(|(head, _)| !head.is_empty() && pattern.starts_with(head))
}

/// The last part of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
