//! `dopt rules`: the transforms, in the order in which they run.

use dopt_transforms::{CATALOG, edition_of};
use serde::Serialize;

use crate::args::RulesFormat;
use crate::exit::Exit;
use crate::streams::{DIM, RULE, Streams};

/// Runs it.
pub fn run(format: RulesFormat, streams: &mut Streams) -> Exit {
    match format {
        RulesFormat::Table => table(streams),
        RulesFormat::Json => json(streams),
    }
    Exit::Done
}

fn table(streams: &mut Streams) {
    let width = CATALOG.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    for rule in CATALOG {
        let name = streams.paint(RULE, format!("{:width$}", rule.name));
        let aliases = match rule.aliases {
            [] => String::new(),
            aliases => streams.paint(DIM, format!("  ({})", aliases.join(", "))).to_string(),
        };
        let line = streams.folded(&format!("{name}  {}{aliases}", rule.summary), width + 2);
        streams.print(format_args!("{line}\n"));
    }
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    summary: &'static str,
    aliases: &'static [&'static str],
    edition: &'static str,
}

fn json(streams: &mut Streams) {
    let entry = |rule: &&dopt_rewrite::Transform| Entry {
        name: rule.name,
        summary: rule.summary,
        aliases: rule.aliases,
        edition: edition_of(rule),
    };
    let entries: Vec<_> = CATALOG.iter().map(entry).collect();
    let text = serde_json::to_string_pretty(&entries).expect("there are only strings in it");
    streams.print(format_args!("{text}\n"));
}
