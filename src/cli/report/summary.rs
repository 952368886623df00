//! The last line on standard error: what it all came to.

use indicatif::HumanCount;

use crate::bytes::Bytes;
use crate::streams::{DIM, ERROR, RULE, STRONG, Streams, WARNING};
use crate::tally::{Tally, count};

/// From so many files on, a table says what each transform came to.
const MANY: usize = 8;

/// What the files were looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show what would change.
    Preview,
    /// To change them.
    Write,
    /// To list what was found.
    Check,
}

/// Prints the summary, unless the user wants it quiet.
pub fn print(purpose: Purpose, tally: &Tally, streams: &mut Streams) {
    if tally.files == 0 {
        if tally.is_part {
            if !streams.quiet() && tally.config_errors == 0 {
                streams.note(format_args!("0 files, nothing to do"));
            }
        } else if tally.config_errors == 0 {
            streams
                .error("no Dockerfile found; name the file, or see `dopt fix --help` for the names that are searched");
        }
        return;
    }
    if streams.quiet() {
        return;
    }
    streams.gap();
    if tally.files >= MANY {
        by_rule(tally, streams);
    }
    // Otherwise every place was told already.
    if purpose != Purpose::Check && !streams.verbose() {
        for (trouble, places) in &tally.pin_troubles {
            let head = streams.paint_err(WARNING, "warning").to_string();
            let places = if *places == 1 { String::new() } else { format!(" ({places} places)") };
            streams.note(format_args!("{head}: {trouble}{places}"));
        }
    }
    let mut parts = Vec::new();
    if tally.failed < tally.files {
        parts.push(streams.paint_err(STRONG, headline(purpose, tally)).to_string());
    }
    if tally.failed > 0 {
        let failed = format!("{} not done", count(tally.failed, "file"));
        parts.push(streams.paint_err(ERROR, failed).to_string());
    }
    parts.extend(details(purpose, tally).into_iter().map(|part| streams.paint_err(DIM, part).to_string()));
    streams.note(format_args!("{}", parts.join("; ")));
}

/// What each transform came to, where something did.
fn by_rule(tally: &Tally, streams: &mut Streams) {
    let has_bytes = tally.by_rule.values().any(|found| found.bytes.is_some());
    let width = tally.by_rule.keys().map(String::len).max().unwrap_or_default();
    let heading = format!("{:width$}  {:>8}  {:>8}  {:>10}", "", "fixes", "hidden", "left alone");
    let heading = if has_bytes { format!("{heading}  {:>9}", "saved") } else { heading };
    if width > 0 {
        let heading = streams.paint_err(DIM, heading).to_string();
        streams.note(format_args!("{heading}"));
    }
    let number = |number: usize| if number == 0 { String::new() } else { HumanCount(number as u64).to_string() };
    for (rule, found) in &tally.by_rule {
        let bytes = found.bytes.map(|bytes| {
            let sign = if bytes < 0 { "-" } else { "" };
            format!("  {:>9}", format!("{sign}{}", Bytes(bytes.unsigned_abs())))
        });
        let (fixes, hidden, left) = (number(found.fixes), number(found.hidden), number(found.refusals));
        let row = format!("  {fixes:>8}  {hidden:>8}  {left:>10}{}", bytes.unwrap_or_default());
        let rule = streams.paint_err(RULE, format!("{rule:width$}")).to_string();
        streams.note(format_args!("{rule}{}", row.trim_end()));
    }
}

fn headline(purpose: Purpose, tally: &Tally) -> String {
    let Tally { files, changed, written, fixes, .. } = *tally;
    let all = count(files, "file");
    let of_all = |part: usize| if part == files { all.clone() } else { format!("{part} of {all}") };
    let fixes = count(fixes, "fix");
    match purpose {
        Purpose::Check if tally.has_findings() => format!("{all}: {fixes} to apply"),
        Purpose::Preview if changed > 0 => format!("{} would change ({fixes})", of_all(changed)),
        Purpose::Write if written > 0 => format!("{} changed ({fixes})", of_all(written)),
        _ => format!("{all}, nothing to do"),
    }
}

fn details(purpose: Purpose, tally: &Tally) -> Vec<String> {
    let mut parts = Vec::new();
    if tally.refusals > 0 {
        let hint = if purpose == Purpose::Check { "" } else { " (dopt check says why)" };
        parts.push(format!("{} left alone{hint}", count(tally.refusals, "place")));
    }
    if tally.unsafe_fixes > 0 {
        let verb = if tally.unsafe_fixes == 1 { "needs" } else { "need" };
        parts.push(format!("{} {verb} --unsafe-fixes", count(tally.unsafe_fixes, "hidden fix")));
    }
    if tally.known > 0 {
        parts.push(format!("{} not shown", count(tally.known, "known finding")));
    }
    if tally.advice > 0 {
        parts.push(format!("{} of advice", count(tally.advice, "piece")));
    }
    parts
}
