//! The report for people.

use std::cmp::Ordering;
use std::fmt::Write;

use super::BuildArgs;
use super::verdict::{Side, Verdict, in_words};
use crate::bytes::{Bytes, percent};
use crate::streams::{DIM, ERROR, RULE, STRONG, Streams};
use crate::tally::count;

/// So many files of a folder are named.
const SHOWN: usize = 8;

/// What it came to, in one line.
pub fn headline(path: &str, verdict: &Verdict) -> String {
    match &verdict.after {
        Err(_) => format!("{path}: the rewritten file does not build"),
        Ok(_) if !verdict.is_good() => format!("{path}: the rewritten file builds another image"),
        Ok(after) => {
            let (old, new) = (verdict.before.bytes, after.bytes);
            let share = 100.0 - percent(new, old);
            let sizes = match old.cmp(&new) {
                Ordering::Greater => format!("{} → {} (-{share:.1} %)", Bytes(old), Bytes(new)),
                Ordering::Equal => format!("{} as before", Bytes(old)),
                Ordering::Less => format!("{} → {}", Bytes(old), Bytes(new)),
            };
            match verdict.untried() {
                [] => format!("{path}: verified, {sizes}"),
                untried => format!(
                    "{path}: built and compared, {sizes}; without a --smoke command, {} cannot be verified",
                    untried.join(", ")
                ),
            }
        }
    }
}

/// The whole report.
pub fn report(path: &str, verdict: &Verdict, args: &BuildArgs, streams: &Streams) -> String {
    let mut out = String::new();
    let style = if verdict.is_good() { STRONG } else { ERROR };
    let _ = writeln!(out, "{}\n", streams.paint(style, headline(path, verdict)));
    sizes(verdict, streams, &mut out);
    config(verdict, streams, &mut out);
    files(verdict, streams, &mut out);
    smoke(verdict, args, streams, &mut out);
    out
}

fn sizes(verdict: &Verdict, streams: &Streams, out: &mut String) {
    side("before", &verdict.before, out);
    match &verdict.after {
        Ok(after) => side("after", after, out),
        Err(log) => {
            let _ = writeln!(out, "  after     the end of the log:");
            for line in log.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    for (rule, bytes) in verdict.saved() {
        let sign = if bytes < 0 { "-" } else { "" };
        let what = match rule {
            Some(rule) => streams.paint(RULE, rule).to_string(),
            None => format!("what was stored twice ({})", verdict.rules.join(", ")),
        };
        let bytes = format!("{sign}{}", Bytes(bytes.unsigned_abs()));
        let _ = writeln!(out, "  saved     {bytes:>9}  {what}");
    }
}

fn side(name: &str, side: &Side, out: &mut String) {
    let layers = count(side.layers, "layer");
    let _ = writeln!(out, "  {name:<8}  {:>9}  {layers}, built in {:.1} s", Bytes(side.bytes), side.seconds);
}

fn config(verdict: &Verdict, streams: &Streams, out: &mut String) {
    if verdict.after.is_err() {
        return;
    }
    if verdict.config.is_empty() {
        let _ = writeln!(out, "  config    the same");
    }
    for change in &verdict.config {
        let key = streams.paint(ERROR, &change.key);
        let _ = writeln!(out, "  config    {key} {}", change.in_words());
    }
}

fn files(verdict: &Verdict, streams: &Streams, out: &mut String) {
    if verdict.after.is_err() {
        return;
    }
    let (declared, noise) = verdict.counts();
    let mut parts = vec![match verdict.unexpected.len() {
        0 => "the same".to_owned(),
        wrong => streams.paint(ERROR, format!("{} that no fix declared", count(wrong, "difference"))).to_string(),
    }];
    if declared > 0 {
        parts.push(format!("{} as the fixes declare", count(declared, "difference")));
    }
    if noise > 0 {
        parts.push(format!("{noise} that every build makes anew"));
    }
    let _ = writeln!(out, "  files     {}", parts.join("; "));
    for (folder, found) in verdict.by_folder() {
        let _ = writeln!(out, "    {}", streams.paint(STRONG, folder));
        for difference in found.iter().take(SHOWN) {
            let name = difference.path.rsplit('/').next().unwrap_or_default();
            let _ = writeln!(out, "      {name} {}", in_words(difference));
        }
        if found.len() > SHOWN {
            let _ = writeln!(out, "      {}", streams.paint(DIM, format!("and {} more", found.len() - SHOWN)));
        }
    }
}

fn smoke(verdict: &Verdict, args: &BuildArgs, streams: &Streams, out: &mut String) {
    let (Some((before, after)), Some(command)) = (&verdict.smoke, &args.smoke) else { return };
    if verdict.smoke_is_same() {
        let _ = writeln!(out, "  smoke     `{command}` does the same in both, with {}", after.status());
        return;
    }
    let different = streams.paint(ERROR, "does not do the same");
    let _ = writeln!(out, "  smoke     `{command}` {different}");
    for (name, found) in [("before", before), ("after", after)] {
        let _ = writeln!(out, "    {name}: {}", found.status());
        for line in found.printed.lines().take(SHOWN) {
            let _ = writeln!(out, "      {line}");
        }
    }
}
