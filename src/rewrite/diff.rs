//! The unified diff that `git apply` and `patch -p1` take.

use std::fmt::Write;
use std::iter::zip;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff, group_diff_ops};

/// The lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// The unified diff between two texts with three lines of context; empty where they are equal.
/// `path` stands behind `a/` and `b/`, and is quoted as git does where it has unusual bytes.
pub fn unified_diff(before: &str, after: &str, path: &str) -> String {
    if before == after {
        return String::new();
    }
    diff_of(&quoted(&format!("a/{path}")), before, &quoted(&format!("b/{path}")), after)
}

/// The same for a file that is not there yet: the old side is `/dev/null`.
pub fn unified_diff_of_new(text: &str, path: &str) -> String {
    diff_of("/dev/null", "", &quoted(&format!("b/{path}")), text)
}

fn diff_of(old_name: &str, before: &str, new_name: &str, after: &str) -> String {
    let mut diff = format!("--- {old_name}\n+++ {new_name}\n");
    let (before, after) = (lines(before), lines(after));
    for hunk in group_diff_ops(operations(&before, &after), CONTEXT) {
        let _ = writeln!(diff, "{}", UnifiedHunkHeader::new(&hunk));
        for change in hunk.iter().flat_map(|operation| operation.iter_changes(&before, &after)) {
            diff.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            diff.push_str(change.value());
            if !change.value().ends_with('\n') {
                diff.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    diff
}

/// Only `\n` ends a line: a lone CR does not, for `git apply` and `patch`.
fn lines(text: &str) -> Vec<&str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1);
    let rest = (!text.is_empty() && !text.ends_with('\n')).then_some(text.len());
    ends.chain(rest).map(|end| &text[std::mem::replace(&mut start, end)..end]).collect()
}

/// What makes the new lines of the old ones. The equal lines at both ends are not searched.
fn operations(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let head = zip(before, after).take_while(|(old, new)| old == new).count();
    let tail = zip(before[head..].iter().rev(), after[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (before.len() - tail, after.len() - tail);
    let mut operations = vec![DiffOp::Equal { old_index: 0, new_index: 0, len: head }];
    operations.extend(capture_diff(Algorithm::Myers, before, head..old_end, after, head..new_end));
    operations.push(DiffOp::Equal { old_index: old_end, new_index: new_end, len: tail });
    operations.retain(|operation| !operation.old_range().is_empty() || !operation.new_range().is_empty());
    operations
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
