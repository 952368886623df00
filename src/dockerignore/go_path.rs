//! What Go's `path.Clean` and `filepath.Match` do, on bytes: names need not be UTF-8.

/// The shortest path that means the same, as `path.Clean` has it; `.` for an empty one.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    let mut found = if rooted { b"/".to_vec() } else { Vec::new() };
    found.extend(parts.join(&b'/'));
    if found.is_empty() { b".".to_vec() } else { found }
}

/// Whether `filepath.Match` takes the pattern when it is tried on `.`, which is all that builders do: it looks no further
/// than to the first `*` behind something that is no dot.
pub fn is_accepted_glob(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    loop {
        let (chunk, behind) = first_chunk(rest);
        if !is_valid_glob(chunk) {
            return false;
        }
        let is_dot = !chunk.is_empty() && glob_matches(chunk, b".");
        if !is_dot || behind.is_empty() || rest.starts_with(b"*") {
            return true;
        }
        rest = behind;
    }
}

/// What stands up to the next `*` that is in no class, and behind those at the start; then the rest.
fn first_chunk(pattern: &[u8]) -> (&[u8], &[u8]) {
    let start = pattern.iter().position(|byte| *byte != b'*').unwrap_or(pattern.len());
    let pattern = &pattern[start..];
    let (mut in_class, mut escaped) = (false, false);
    for (at, byte) in pattern.iter().enumerate() {
        match byte {
            _ if escaped => {}
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => return pattern.split_at(at),
            _ => {}
        }
        escaped = !escaped && *byte == b'\\';
    }
    (pattern, &[])
}

/// Whether every class is closed and every backslash has something behind it.
pub fn is_valid_glob(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    while let Some((first, behind)) = rest.split_first() {
        rest = match first {
            b'[' => match class(behind) {
                Some((_, behind)) => behind,
                None => return false,
            },
            b'\\' if behind.is_empty() => return false,
            b'\\' => &behind[1..],
            _ => behind,
        };
    }
    true
}

/// Whether the pattern has a wildcard that no backslash takes the meaning from.
pub fn has_wildcard(pattern: &[u8]) -> bool {
    let mut escaped = false;
    pattern.iter().any(|byte| {
        let found = !escaped && matches!(byte, b'*' | b'?' | b'[');
        escaped = !escaped && *byte == b'\\';
        found
    })
}

/// The text without its backslashes, where it has no wildcard.
pub fn unescaped(pattern: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let mut found = Vec::with_capacity(pattern.len());
    for &byte in pattern {
        escaped = !escaped && byte == b'\\';
        if !escaped {
            found.push(byte);
        }
    }
    found
}

/// Whether a name, which has no slash in it, matches; never for a pattern that is not valid.
pub fn glob_matches(pattern: &[u8], name: &[u8]) -> bool {
    // Where the last `*` was, and how much of the name it has taken.
    let mut star: Option<(&[u8], &[u8])> = None;
    let (mut pattern, mut name) = (pattern, name);
    loop {
        if let Some(rest) = pattern.strip_prefix(b"*") {
            star = Some((rest, name));
            pattern = rest;
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return true;
        }
        if let Some((rest_of_pattern, rest_of_name)) = matches_one(pattern, name) {
            (pattern, name) = (rest_of_pattern, rest_of_name);
            continue;
        }
        match star {
            Some((behind, taken)) if !taken.is_empty() => {
                star = Some((behind, &taken[1..]));
                (pattern, name) = (behind, &taken[1..]);
            }
            _ => return false,
        }
    }
}

/// What is left of both behind the first element of the pattern.
fn matches_one<'p, 'n>(pattern: &'p [u8], name: &'n [u8]) -> Option<(&'p [u8], &'n [u8])> {
    let (first, behind) = pattern.split_first()?;
    let (found, rest) = split_char(name)?;
    match first {
        b'?' => Some((behind, rest)),
        b'[' => {
            let (class, behind) = class(behind)?;
            class.has(found).then_some((behind, rest))
        }
        b'\\' => {
            let (wanted, behind) = behind.split_first()?;
            (*wanted == name[0]).then_some((behind, &name[1..]))
        }
        first => (*first == name[0]).then_some((behind, &name[1..])),
    }
}

/// A class in brackets: whether it is negated, and its ranges.
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn has(&self, found: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&found)) != self.negated
    }
}

/// Reads what stands behind a `[`, and returns the rest behind its `]`.
fn class(text: &[u8]) -> Option<(Class, &[u8])> {
    let negated = text.first() == Some(&b'^');
    let mut rest = &text[usize::from(negated)..];
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty()
            && let Some(behind) = rest.strip_prefix(b"]")
        {
            return Some((Class { negated, ranges }, behind));
        }
        let (low, behind) = class_char(rest)?;
        rest = behind;
        let mut high = low;
        if let Some(behind) = rest.strip_prefix(b"-") {
            (high, rest) = class_char(behind)?;
        }
        ranges.push((low, high));
    }
}

/// A character of a class. Go wants something to stand behind it.
fn class_char(text: &[u8]) -> Option<(char, &[u8])> {
    let text = match text.first()? {
        b'-' | b']' => return None,
        b'\\' => &text[1..],
        _ => text,
    };
    let (found, rest) = split_char(text)?;
    let is_broken = found == char::REPLACEMENT_CHARACTER && text.len() - rest.len() == 1;
    (!is_broken && !rest.is_empty()).then_some((found, rest))
}

/// The first character; a byte that is no UTF-8 counts as U+FFFD.
pub fn split_char(text: &[u8]) -> Option<(char, &[u8])> {
    let first = *text.first()?;
    if first.is_ascii() {
        return Some((char::from(first), &text[1..]));
    }
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(found) => Some((found, &text[found.len_utf8()..])),
        None => Some((char::REPLACEMENT_CHARACTER, &text[1..])),
    }
}

/// The characters of a text, broken bytes as U+FFFD, each on its own.
pub fn chars(text: &[u8]) -> impl Iterator<Item = char> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (found, behind) = split_char(rest)?;
        rest = behind;
        Some(found)
    })
}

/// The text without the blanks around it that Unicode knows, as `strings.TrimSpace` does it.
pub fn trim(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let Some((first, rest)) = split_char(text)
        && first.is_whitespace()
    {
        text = rest;
    }
    loop {
        // A character has at most four bytes; the last whole one counts.
        let start = (1..=4.min(text.len())).rev().map(|bytes| text.len() - bytes);
        let last = start.into_iter().find(|at| split_char(&text[*at..]).is_some_and(|(_, rest)| rest.is_empty()));
        match last {
            Some(at) if split_char(&text[at..]).is_some_and(|(last, _)| last.is_whitespace()) => text = &text[..at],
            _ => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does_it() {
        let cases = [
            ("", "."),
            ("a//b/./c/", "a/b/c"),
            ("a/../b", "b"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("/", "/"),
            ("a/..", "."),
            ("!../a", "!../a"),
        ];
        for (path, cleaned) in cases {
            assert_eq!(clean(path.as_bytes()), cleaned.as_bytes(), "{path}");
        }
    }

    #[test]
    fn globs_match_as_in_go() {
        let yes =
            [("*", ""), ("a*c", "abbc"), ("[^a-c]?", "dä"), ("\\*", "*"), ("[]-a]", "]"), ("*.tar.*", "a.tar.gz")];
        for (pattern, name) in yes {
            let expected = pattern != "[]-a]";
            assert_eq!(glob_matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern}");
        }
        for bad in ["[", "[]", "[a", "[a-]", "[-a]", "a\\", "[^]", "[]a]", "[a\\"] {
            assert!(!is_valid_glob(bad.as_bytes()), "{bad}");
        }
        for good in ["[a]", "[a-c]", "[\\]]", "[!a]", "]", "a-b", "[[]", "[a*b]"] {
            assert!(is_valid_glob(good.as_bytes()), "{good}");
        }
    }

    #[test]
    fn blanks_are_those_of_unicode() {
        assert_eq!(trim("\u{2003} a b\u{a0}\r".as_bytes()), b"a b");
        assert_eq!(trim(b" \xff "), b"\xff");
        assert_eq!(trim(b"  "), b"");
    }
}
