//! `dopt explain`: the manual page of a transform; on a terminal with headings and code set off. Of a line of a file, what
//! is believed of the stage around it.

mod place;
mod steps;

use std::ffi::OsStr;
use std::path::PathBuf;

use anstyle::Style;
use clap::builder::{PossibleValue, TypedValueParser};
use dopt_rewrite::Transform;
use dopt_transforms::manual;

use crate::args::rule_parser;
use crate::exit::Exit;
use crate::fold::folded;
use crate::streams::{DIM, RULE, STRONG, Streams};
use place::Place;

/// What is explained.
#[derive(Clone, Debug)]
pub enum Topic {
    /// A transform.
    Rule(&'static Transform),
    /// The stage around a line.
    Place(Place),
}

/// Reads the name of a transform, or `FILE:LINE`.
#[derive(Clone, Debug)]
pub struct TopicParser;

impl TypedValueParser for TopicParser {
    type Value = Topic;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Topic, clap::Error> {
        let place = value.to_str().and_then(|text| {
            let (file, line) = text.rsplit_once(':')?;
            let line = line.parse().ok().filter(|line| *line > 0)?;
            Some(Place { file: PathBuf::from(file), line })
        });
        match place {
            Some(place) => Ok(Topic::Place(place)),
            None => rule_parser().parse_ref(command, argument, value).map(Topic::Rule),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values: Vec<PossibleValue> = rule_parser().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// Runs it.
pub fn run(topic: &Topic, streams: &mut Streams) -> Exit {
    match topic {
        Topic::Rule(rule) => show_manual(rule, streams),
        Topic::Place(place) => place::run(place, streams),
    }
}

/// Shows the manual page of a transform.
pub fn show_manual(rule: &Transform, streams: &mut Streams) -> Exit {
    let page = manual::page(rule);
    if streams.out_color() || streams.width().is_some() {
        print(&page, streams);
    } else {
        streams.put(&page);
    }
    Exit::Done
}

fn print(page: &str, streams: &mut Streams) {
    let mut in_code = false;
    let mut after_code = false;
    let mut paragraph = String::new();
    for line in page.lines() {
        if !in_code && !line.is_empty() && !line.starts_with(['#', '|']) && !line.starts_with("```") {
            if line.starts_with("- ") {
                end(&mut paragraph, streams);
            }
            if after_code {
                streams.put("\n");
            }
            paragraph.extend([if paragraph.is_empty() { "" } else { " " }, line.trim_end()]);
            after_code = false;
            continue;
        }
        end(&mut paragraph, streams);
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
    end(&mut paragraph, streams);
}

/// Prints a paragraph as wide as the terminal is, but no wider than one likes to read.
fn end(paragraph: &mut String, streams: &mut Streams) {
    if paragraph.is_empty() {
        return;
    }
    let text = inline(paragraph, streams);
    let text = folded(&text, streams.width().unwrap_or(WIDEST).min(WIDEST), 0);
    streams.print(format_args!("{text}\n"));
    paragraph.clear();
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
