//! Which version `latest` is: the tags of a repository that look like versions, the likeliest first.

use std::cmp::Ordering;

/// How many tags are looked at; each takes a question to the registry.
const MOST: usize = 24;

/// Numbers above this are dates, which name something else than versions do.
const LARGEST_NUMBER: u64 = 9_999;

/// The version tags in the order in which they are worth a question: the newest first, the longer one of two that
/// start alike (`2.0.1` before `2.0`), dates last.
pub(crate) fn versions(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<(Vec<u64>, String)> = tags.filter_map(|tag| Some((numbers(&tag)?, tag))).collect();
    found.sort_by(|(one, first), (other, second)| compare(one, other).then_with(|| first.cmp(second)));
    found.into_iter().take(MOST).map(|(_, tag)| tag).collect()
}

fn compare(one: &[u64], other: &[u64]) -> Ordering {
    let is_date = |numbers: &[u64]| numbers.first().is_some_and(|first| *first > LARGEST_NUMBER);
    is_date(one).cmp(&is_date(other)).then_with(|| other.cmp(one))
}

/// `1.2.3` or `v1.2.3`, and nothing behind it.
fn numbers(tag: &str) -> Option<Vec<u64>> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = tag.strip_prefix('v').unwrap_or(tag).split('.');
    parts.map(|part| if is_number(part) { part.parse().ok() } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::versions;

    #[test]
    fn the_newest_and_longest_version_is_asked_for_first() {
        let tags =
            ["latest", "2", "2.0", "2.0.1", "1.9.10", "1.9.9", "3.0-rc1", "20240101", "v2.1", "alpine", "2.0.1-slim"];
        let found = versions(tags.into_iter().map(str::to_owned));
        assert_eq!(found, ["v2.1", "2.0.1", "2.0", "2", "1.9.10", "1.9.9", "20240101"]);
        assert_eq!(versions((0..1000).map(|n| format!("1.{n}"))).len(), super::MOST);
        assert!(versions(["", "v", ".", "1.", "99999999999999999999999"].into_iter().map(str::to_owned)).is_empty());
    }
}
