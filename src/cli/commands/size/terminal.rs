//! The report for people: a bar for each layer, what the bytes are, and what could be saved.

use anstyle::{AnsiColor, Style};
use dopt_image::{Analysis, Fate, Finding, Line, Step};

use super::Subject;
use crate::bytes::{Bytes, percent};
use crate::streams::{DIM, RULE, STRONG, Streams};
use crate::tally::count;

/// The width where nobody looks at it in a terminal.
const WIDTH: usize = 100;
const NARROWEST: usize = 60;
const WIDEST: usize = 160;
const SHOWN_FINDINGS: usize = 12;

const KEPT: Style = AnsiColor::Blue.on_default();
const WASTED: Style = AnsiColor::Red.on_default();

/// Prints everything.
pub fn print(subject: &Subject<'_>, top: usize, streams: &mut Streams) {
    let width = width();
    heading(subject, streams);
    layers(&subject.analysis, width, streams);
    classes(&subject.analysis, streams);
    findings(&subject.analysis, width, streams);
    largest(&subject.analysis, top, streams);
    wasted(&subject.analysis, top, streams);
}

/// The width of what is printed.
pub fn width() -> usize {
    let columns = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
    columns.unwrap_or(WIDTH).clamp(NARROWEST, WIDEST)
}

fn heading(subject: &Subject<'_>, streams: &mut Streams) {
    let Subject { analysis, image, .. } = subject;
    let name = image.name.as_deref().unwrap_or(subject.name);
    let title = streams.paint(STRONG, plain_text(name));
    let platform = image.config.platform();
    let stored: u64 = image.layers.iter().map(|layer| layer.stored_bytes).sum();
    let archives: u64 = image.layers.iter().map(|layer| layer.archive_bytes).sum();
    let compressed = match stored < archives {
        true => format!(", {} compressed", Bytes(stored)),
        false => String::new(),
    };
    let layers = count(image.layers.len(), "layer");
    streams.print(format_args!("{title}  {}\n", streams.paint(DIM, platform)));
    streams.print(format_args!("{} in {layers}{compressed}", streams.paint(STRONG, Bytes(analysis.total_bytes))));
    streams.print(format_args!("; {} wasted", streams.paint(STRONG, Bytes(analysis.wasted_bytes))));
    streams.print(format_args!("; efficiency {:.1} %\n\n", analysis.efficiency * 100.0));
}

fn layers(analysis: &Analysis<'_>, width: usize, streams: &mut Streams) {
    let row = |step: &Step| Row { line: step.line.clone(), bytes: step.bytes, lost: step.overwritten + step.deleted };
    let rows: Vec<Row> = analysis.steps.iter().map(row).collect();
    bars(&rows, width, streams);
}

/// A layer as a bar.
pub struct Row {
    /// What made it, where that is known.
    pub line: Option<Line>,
    /// Its bytes.
    pub bytes: u64,
    /// Of them, those that no container sees.
    pub lost: u64,
}

/// Prints a bar for each layer, with who made it.
pub fn bars(rows: &[Row], width: usize, streams: &mut Streams) {
    let labels: Vec<String> = rows.iter().enumerate().map(|(at, row)| label_of(row.line.as_ref(), at)).collect();
    let label_width = labels.iter().map(String::len).max().unwrap_or(0);
    let most = rows.iter().map(|row| row.bytes).max().unwrap_or(0);
    // What is left of the line is shared by the bar and the words.
    let left = width.saturating_sub(label_width + 16);
    let bar_width = left * 2 / 5;
    let text_width = left - bar_width;
    for (row, label) in rows.iter().zip(labels) {
        let text = shorten(&text_of(row.line.as_ref()), text_width);
        let is_base = row.line.as_ref().is_some_and(|line| line.in_base);
        let words = streams.paint(if is_base { DIM } else { Style::new() }, text);
        let bar = bar(row, most, bar_width, streams);
        streams.print(format_args!("{label:>label_width$}  {:>9}  {bar}  {words}\n", Bytes(row.bytes)));
    }
}

fn label(analysis: &Analysis<'_>, at: usize) -> String {
    label_of(analysis.steps[at].line.as_ref(), at)
}

/// `12`, `5-9`, `base`, or the number of the layer where no line is known.
fn label_of(line: Option<&Line>, at: usize) -> String {
    match line {
        Some(Line { lines: Some((first, last)), .. }) if first == last => format!("line {first}"),
        Some(Line { lines: Some((first, last)), .. }) => format!("lines {first}-{last}"),
        Some(Line { in_base: true, .. }) => "base".to_owned(),
        _ => format!("layer {}", at + 1),
    }
}

/// How a layer is called in the middle of a line.
fn named(analysis: &Analysis<'_>, at: usize) -> String {
    match label(analysis, at).as_str() {
        "base" => "the base".to_owned(),
        label => label.to_owned(),
    }
}

fn text_of(line: Option<&Line>) -> String {
    match line {
        Some(line) if line.text.is_empty() => "(the builder says nothing)".to_owned(),
        Some(line) => plain_text(&line.text),
        None => "(no history for this layer)".to_owned(),
    }
}

fn bar(row: &Row, most: u64, width: usize, streams: &Streams) -> String {
    let cells = |bytes: u64| if most == 0 { 0 } else { (bytes as f64 / most as f64 * width as f64).round() as usize };
    let mut all = cells(row.bytes);
    let lost = cells(row.lost).min(all);
    // What is there is seen.
    if row.bytes > 0 {
        all = all.max(1);
    }
    let kept = streams.paint(KEPT, "█".repeat(all - lost));
    let lost = streams.paint(WASTED, "░".repeat(lost));
    format!("{kept}{lost}{}", " ".repeat(width - all))
}

fn classes(analysis: &Analysis<'_>, streams: &mut Streams) {
    let seen: u64 = analysis.classes.iter().map(|(_, bytes)| bytes).sum();
    if seen == 0 {
        return;
    }
    section("What a container sees", streams);
    for (class, bytes) in &analysis.classes {
        let share = percent(*bytes, seen);
        streams.print(format_args!("{:>9}  {share:>4.1} %  {}\n", Bytes(*bytes), class.title()));
    }
}

fn findings(analysis: &Analysis<'_>, width: usize, streams: &mut Streams) {
    // What the base image has is for its authors to save.
    let is_own = |found: &Finding| !analysis.steps[found.layer].line.as_ref().is_some_and(|line| line.in_base);
    let worth =
        |found: &&Finding| is_own(found) && (found.rule.is_some() || found.bytes >= analysis.total_bytes / 1000);
    let found: Vec<&Finding> = analysis.findings.iter().filter(worth).collect();
    if found.is_empty() {
        return;
    }
    section("What could be saved", streams);
    for finding in found.iter().take(SHOWN_FINDINGS) {
        let what = format!("{}, {}", finding.class.title(), finding.loss.title());
        let place = match finding.by.filter(|by| *by != finding.layer) {
            Some(by) => format!("{} and {}", named(analysis, finding.layer), named(analysis, by)),
            None => named(analysis, finding.layer),
        };
        let what = shorten(&what, width.saturating_sub(50).max(20));
        let pad = " ".repeat(width.saturating_sub(50).max(20).saturating_sub(what.chars().count()));
        let rule = finding.rule.map(|rule| streams.paint(RULE, rule).to_string()).unwrap_or_default();
        let line = format!("{:>9}  {what}{pad}  {place:<22}  {rule}", Bytes(finding.bytes));
        streams.print(format_args!("{}\n", line.trim_end()));
    }
    if found.len() > SHOWN_FINDINGS {
        let more = format!("           and {} more (-f json has them all)", found.len() - SHOWN_FINDINGS);
        streams.print(format_args!("{}\n", streams.paint(DIM, more)));
    }
}

fn largest(analysis: &Analysis<'_>, top: usize, streams: &mut Streams) {
    let files = analysis.largest(top);
    if files.is_empty() {
        return;
    }
    section("Largest files", streams);
    for (path, bytes, layer) in files {
        let place = streams.paint(DIM, named(analysis, layer));
        streams.print(format_args!("{:>9}  /{}  {place}\n", Bytes(bytes), plain_text(path)));
    }
}

fn wasted(analysis: &Analysis<'_>, top: usize, streams: &mut Streams) {
    if analysis.wasted.is_empty() || top == 0 {
        return;
    }
    section("Most wasteful files", streams);
    for found in analysis.wasted.iter().take(top) {
        let fate = match found.fate {
            Fate::Overwritten(by) => format!("overwritten by {}", named(analysis, by.into())),
            Fate::Deleted(by) => format!("deleted by {}", named(analysis, by.into())),
            Fate::Stays => String::new(),
        };
        let place = streams.paint(DIM, format!("{}, {fate}", named(analysis, found.layer)));
        streams.print(format_args!("{:>9}  /{}  {place}\n", Bytes(found.bytes), plain_text(found.path)));
    }
}

fn section(title: &str, streams: &mut Streams) {
    let title = streams.paint(STRONG, title);
    streams.print(format_args!("\n{title}\n"));
}

/// Names come from archives, and must not speak to the terminal.
pub fn plain_text(text: &str) -> String {
    text.chars().map(|found| if found.is_control() { '\u{fffd}' } else { found }).collect()
}

/// Cuts a text to a width, with a sign that something is missing.
pub fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}
