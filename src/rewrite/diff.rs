//! What differs between two texts: the unified diff that `git apply` and `patch -p1` take, its hunks, the lines that
//! changed, and edits.

use std::iter::zip;
use std::ops::Range;

use dopt_syntax::TextRange;
use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff};

use crate::Edit;

/// The lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// The unified diff between two texts with three lines of context; empty where they are equal.
/// `path` stands behind `a/` and `b/`, and is quoted as git does where it has unusual bytes.
pub fn unified_diff(before: &str, after: &str, path: impl AsRef<[u8]>) -> String {
    if before == after {
        return String::new();
    }
    diff_of(&quoted("a/", path.as_ref()), before, &quoted("b/", path.as_ref()), after)
}

/// The same for a file that is not there yet: the old side is `/dev/null`.
pub fn unified_diff_of_new(text: &str, path: impl AsRef<[u8]>) -> String {
    diff_of("/dev/null", "", &quoted("b/", path.as_ref()), text)
}

fn diff_of(old_name: &str, before: &str, new_name: &str, after: &str) -> String {
    let hunks = hunks(before, after, CONTEXT, 2 * CONTEXT).into_iter().map(|hunk| hunk.text);
    std::iter::once(format!("--- {old_name}\n+++ {new_name}\n")).chain(hunks).collect()
}

/// One part of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines of the old text that it shows, from 0.
    pub lines: Range<usize>,
    /// Its text, from `@@` on.
    pub text: String,
}

/// The parts of the unified diff between two texts, in order, with so many lines of context. Changes that are no more
/// than `gap` lines apart are in one part.
pub fn hunks(before: &str, after: &str, context: usize, gap: usize) -> Vec<Hunk> {
    let (before, after) = (lines(before), lines(after));
    let hunk = |operations: Vec<DiffOp>| {
        let mut text = format!("{}\n", UnifiedHunkHeader::new(&operations));
        for change in operations.iter().flat_map(|operation| operation.iter_changes(&before, &after)) {
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            text.push_str(change.value());
            if !change.value().ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
        let start = operations.first().map_or(0, |operation| operation.old_range().start);
        Hunk { lines: start..operations.last().map_or(start, |operation| operation.old_range().end), text }
    };
    groups(operations(&before, &after), context, gap).into_iter().map(hunk).collect()
}

/// Cuts the equal lines between changes down to their context.
fn groups(operations: Vec<DiffOp>, context: usize, gap: usize) -> Vec<Vec<DiffOp>> {
    let mut groups = vec![Vec::new()];
    let last = operations.len() - 1;
    for (at, operation) in operations.into_iter().enumerate() {
        let DiffOp::Equal { old_index, new_index, len } = operation else {
            groups.last_mut().expect("there is one").push(operation);
            continue;
        };
        let kept = len.min(context);
        let behind = DiffOp::Equal { old_index, new_index, len: kept };
        let (old_index, new_index) = (old_index + len - kept, new_index + len - kept);
        let before = DiffOp::Equal { old_index, new_index, len: kept };
        match at {
            0 => groups.push(vec![before]),
            at if at == last => groups.last_mut().expect("there is one").push(behind),
            _ if len > gap => {
                groups.last_mut().expect("there is one").push(behind);
                groups.push(vec![before]);
            }
            _ => groups.last_mut().expect("there is one").push(operation),
        }
    }
    groups.retain(|group| group.iter().any(|operation| !matches!(operation, DiffOp::Equal { .. })));
    groups
}

/// The edits that make the new text of the old one: in order, disjoint, and none longer than it has to be.
pub fn edits_between(before: &str, after: &str) -> Vec<Edit> {
    let (old, new) = (lines(before), lines(after));
    let offset = |lines: &[&str], line: usize| lines[..line].iter().map(|line| line.len()).sum::<usize>();
    let differs = |operation: &DiffOp| !matches!(operation, DiffOp::Equal { .. });
    let edit = |operation: DiffOp| {
        let (from, to) = (operation.old_range(), operation.new_range());
        let (start, new_start) = (offset(&old, from.start), offset(&new, to.start));
        narrowed(start, &before[start..offset(&old, from.end)], &after[new_start..offset(&new, to.end)])
    };
    operations(&old, &new).into_iter().filter(differs).map(edit).collect()
}

/// The replacement without what both texts begin and end with.
fn narrowed(start: usize, old: &str, new: &str) -> Edit {
    let head = zip(old.chars(), new.chars()).take_while(|(old, new)| old == new).map(|(old, _)| old.len_utf8()).sum();
    let (old, new): (&str, &str) = (&old[head..], &new[head..]);
    let both = zip(old.chars().rev(), new.chars().rev());
    let tail: usize = both.take_while(|(old, new)| old == new).map(|(old, _)| old.len_utf8()).sum();
    let range = TextRange::new(start + head, start + head + old.len() - tail);
    Edit { range, replacement: new[..new.len() - tail].to_owned() }
}

/// Lines that became others. Both ranges count lines from 0; one of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// Those of the old text.
    pub old: Range<usize>,
    /// Those of the new text.
    pub new: Range<usize>,
}

/// Which lines became which, in order; lines between two of them are the same in both texts.
pub fn line_changes(before: &[&str], after: &[&str]) -> Vec<LineChange> {
    let mut changes: Vec<LineChange> = Vec::new();
    for operation in operations(before, after) {
        if matches!(operation, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (operation.old_range(), operation.new_range());
        match changes.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                (last.old.end, last.new.end) = (old.end, new.end);
            }
            _ => changes.push(LineChange { old, new }),
        }
    }
    changes
}

/// The lines of a text, with what ends them. Only `\n` ends a line: a lone CR does not, for `git apply` and `patch`.
pub fn lines(text: &str) -> Vec<&str> {
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
    operations
}

/// Git's quoting of a path: in double quotes with octal escapes if anything in it is unusual.
fn quoted(side: &str, path: &[u8]) -> String {
    if path.iter().all(|byte| (0x20..0x7f).contains(byte) && *byte != b'"' && *byte != b'\\') {
        // A name with a blank needs a tab behind it, or `patch` takes the rest for a time stamp.
        let tab = if path.contains(&b' ') { "\t" } else { "" };
        return format!("{side}{}{tab}", String::from_utf8_lossy(path));
    }
    let mut out = format!("\"{side}");
    for byte in path.iter().copied() {
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
