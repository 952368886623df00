//! The last line on standard error: what it all came to.

use crate::streams::{DIM, ERROR, STRONG, Streams, WARNING};
use crate::tally::{Tally, count};

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
        if tally.config_errors == 0 {
            streams
                .error("no Dockerfile found; name the file, or see `dopt fix --help` for the names that are searched");
        }
        return;
    }
    if streams.quiet() {
        return;
    }
    streams.gap();
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
    if tally.advice > 0 {
        parts.push(format!("{} of advice", count(tally.advice, "piece")));
    }
    parts
}
