//! `dopt explain`: the manual page of a transform; on a terminal with headings and code set off.

use anstyle::Style;
use dopt_rewrite::Transform;
use dopt_transforms::manual;

use crate::exit::Exit;
use crate::streams::{DIM, RULE, STRONG, Streams};

/// Runs it.
pub fn run(rule: &Transform, streams: &mut Streams) -> Exit {
    let page = manual::page(rule);
    if streams.out_color() {
        print(&page, streams);
    } else {
        streams.put(&page);
    }
    Exit::Done
}

fn print(page: &str, streams: &mut Streams) {
    let mut in_code = false;
    let mut after_code = false;
    for line in page.lines() {
        let text = match line.strip_prefix("```") {
            Some(info) => {
                in_code = !in_code;
                if !in_code {
                    after_code = true;
                    continue;
                }
                if after_code {
                    streams.put("\n");
                }
                streams.paint(DIM, format!("  {}", caption(info))).to_string()
            }
            None if in_code => format!("    {line}"),
            None if line.starts_with('#') => streams.paint(STRONG, line.trim_start_matches(['#', ' '])).to_string(),
            None => inline(line, streams),
        };
        after_code = false;
        streams.print(format_args!("{}\n", text.trim_end()));
    }
}

/// What stands behind a fence, without the language: `before`, `after`, `refused: …`.
fn caption(info: &str) -> &str {
    info.split_once(' ').map_or("", |(_, caption)| caption)
}

/// A line of prose with `code` and **strong** words set off.
fn inline(line: &str, streams: &Streams) -> String {
    let mut out = String::new();
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 1 {
            out += &streams.paint(RULE, part).to_string();
            continue;
        }
        for (index, part) in part.split("**").enumerate() {
            let style = if index % 2 == 1 { STRONG } else { Style::new() };
            out += &streams.paint(style, part).to_string();
        }
    }
    out
}
