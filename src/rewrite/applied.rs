//! Edits that are applied to a text, and the way back from the new text to the old one.

use dopt_syntax::TextRange;

use crate::{Edit, Fix};

/// All edits, in the order of the text.
pub(crate) fn edits_of<'f>(fixes: &[&'f Fix]) -> Vec<&'f Edit> {
    let mut edits: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.range);
    edits
}

pub(crate) fn apply(text: &str, edits: &[&Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.range.start()]);
        out.push_str(&edit.replacement);
        at = edit.range.end();
    }
    out.push_str(&text[at..]);
    out
}

/// The edits of one step, by where they stand in the new text.
pub(crate) struct Step {
    /// Start in the new text, length there, start and end in the old text; in order.
    pub edits: Vec<(usize, usize, TextRange)>,
}

impl Step {
    pub fn of(edits: &[&Edit]) -> Step {
        let mut shift: isize = 0;
        let place = |edit: &&Edit| {
            let start = edit.range.start().strict_add_signed(shift);
            shift += edit.replacement.len().cast_signed() - edit.range.len().cast_signed();
            (start, edit.replacement.len(), edit.range)
        };
        Step { edits: edits.iter().map(place).collect() }
    }

    /// The offset that `at` had before the step.
    pub fn before(&self, at: usize) -> usize {
        let upto = self.edits.partition_point(|(start, ..)| *start <= at);
        match upto.checked_sub(1).map(|last| self.edits[last]) {
            None => at,
            Some((start, length, old)) if at < start + length => old.start(),
            Some((start, length, old)) => at - (start + length) + old.end(),
        }
    }
}
