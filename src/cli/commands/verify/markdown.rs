//! The report for a comment on a merge request.

use std::fmt::Write;

use super::verdict::{Side, Verdict, in_words};
use super::{BuildArgs, human};
use crate::bytes::Bytes;

const SHOWN: usize = 50;

/// The whole report.
pub fn report(path: &str, verdict: &Verdict, args: &BuildArgs) -> String {
    let mut out = String::new();
    let sign = if verdict.is_good() { "✅" } else { "❌" };
    let _ = writeln!(out, "### {sign} {}\n", human::headline(path, verdict));
    let _ = writeln!(out, "| | bytes | layers | seconds |\n| --- | --: | --: | --: |");
    row("before", &verdict.before, &mut out);
    match &verdict.after {
        Ok(after) => row("after", after, &mut out),
        Err(log) => {
            let _ = writeln!(out, "\nThe end of the log:\n\n```text\n{}\n```", log.replace("```", "` ` `"));
        }
    }
    let saved = verdict.saved();
    if !saved.is_empty() {
        let _ = writeln!(out, "\n| saved by | bytes |\n| --- | --: |");
        for (rule, bytes) in saved {
            let sign = if bytes < 0 { "-" } else { "" };
            let rule = rule.map_or("what was stored twice".to_owned(), |rule| format!("`{rule}`"));
            let _ = writeln!(out, "| {rule} | {sign}{} |", Bytes(bytes.unsigned_abs()));
        }
    }
    let mut wrong: Vec<String> =
        verdict.config.iter().map(|change| format!("`{}` {}", change.key, change.in_words())).collect();
    wrong.extend(verdict.unexpected.iter().take(SHOWN).map(|found| format!("`/{}` {}", found.path, in_words(found))));
    if verdict.unexpected.len() > SHOWN {
        wrong.push(format!("and {} more files", verdict.unexpected.len() - SHOWN));
    }
    if let (Some((before, after)), Some(command)) = (&verdict.smoke, &args.smoke) {
        match verdict.smoke_is_same() {
            true => {
                let _ = writeln!(out, "\n`{command}` does the same in both images, with {}.", after.status());
            }
            false => wrong.push(format!(
                "`{command}` does not do the same: {} before, {} after",
                before.status(),
                after.status()
            )),
        }
    }
    if !wrong.is_empty() {
        let _ = writeln!(out, "\nNo fix declared this:\n");
        for line in wrong {
            let _ = writeln!(out, "- {line}");
        }
    }
    out
}

fn row(name: &str, side: &Side, out: &mut String) {
    let _ = writeln!(out, "| {name} | {} | {} | {:.1} |", Bytes(side.bytes), side.layers, side.seconds);
}
