//! The unified diff that `git apply` and `patch -p1` take.

use similar::TextDiff;

/// The unified diff between two texts with three lines of context; empty where they are equal.
/// `path` stands behind `a/` and `b/`, and is quoted as git does where it has unusual bytes.
pub fn unified_diff(before: &str, after: &str, path: &str) -> String {
    if before == after {
        return String::new();
    }
    let (old, new) = (quoted(&format!("a/{path}")), quoted(&format!("b/{path}")));
    // Not `from_lines`: that takes a lone CR for a line end, which `git apply` and `patch` do not.
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    diff.unified_diff().context_radius(3).header(&old, &new).to_string()
}

/// The same for a file that is not there yet: the old side is `/dev/null`.
pub fn unified_diff_of_new(text: &str, path: &str) -> String {
    let new = lines(text);
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&[], &new);
    diff.unified_diff().header("/dev/null", &quoted(&format!("b/{path}"))).to_string()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Git's quoting of a path: in double quotes with octal escapes if anything in it is unusual.
fn quoted(path: &str) -> String {
    if path.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\') {
        // A name with a blank needs a tab behind it, or `patch` takes the rest for a time stamp.
        return if path.contains(' ') { format!("{path}\t") } else { path.to_owned() };
    }
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x20..0x7f => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "\""
}
