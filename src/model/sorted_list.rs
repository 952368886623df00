//! Lists in text, a name at the start of each line, sorted by bytes.

/// The line that starts with a name and nothing, or a space, behind it.
pub(crate) fn line(list: &'static str, name: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = list[middle..].find('\n').map_or(list.len(), |at| middle + at);
        let found = &list[start..end];
        match found.split(' ').next().unwrap_or_default().cmp(name) {
            std::cmp::Ordering::Equal => return Some(found),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}
