//! What a proposal looks like on a terminal.

use anstyle::{AnsiColor, Effects, Style};
use dopt_rewrite::{LineChange, Safety, line_changes, lines};
use dopt_transforms::manual;

use super::answer;
use super::proposals::Proposal;
use super::savings;
use crate::fold::folded;
use crate::streams::{DIM, ERROR, NOTE, RULE, STRONG, Streams, WARNING};

/// The lines around a change that are shown with it.
const CONTEXT: usize = 3;
const NARROWEST: usize = 40;
const WIDEST: usize = 120;
/// Lines longer than so many rows are cut.
const MOST_ROWS: usize = 6;

const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Shows proposals on standard output, as wide as the terminal is.
pub struct Screen {
    width: usize,
}

impl Screen {
    /// Looks how wide the terminal is now.
    pub fn new() -> Screen {
        let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        Screen { width: width.clamp(NARROWEST, WIDEST) }
    }

    /// The file that the next proposals are about.
    pub fn file(&self, path: &str, number: usize, of: usize, streams: &mut Streams) {
        let count = if of > 1 { format!(" file {number} of {of} ") } else { String::new() };
        let room = self.width.saturating_sub(count.chars().count() + 6);
        let path = shortened(path, room);
        let rule = "─".repeat(self.width.saturating_sub(path.chars().count() + count.chars().count() + 6));
        let (path, ends) = (streams.paint(STRONG, &path), [format!("{rule}{count}─"), "──".to_owned()]);
        let [behind, front] = ends.map(|end| streams.paint(DIM, end).to_string());
        streams.print(format_args!("\n{front} {path} {behind}\n"));
    }

    /// The proposal: what, where, how safe; the diff; why, and what it saves.
    pub fn proposal(&self, path: &str, proposal: &Proposal, streams: &mut Streams) {
        let number = format!("{} of {}", proposal.number, proposal.of);
        let safety = match proposal.safety {
            Safety::Safe => streams.paint(GOOD, "safe"),
            _ => streams.paint(WARNING, proposal.safety.name()),
        };
        let rule = streams.paint(RULE.bold(), proposal.transform.name).to_string();
        let used = proposal.transform.name.len() + proposal.safety.name().len() + number.len() + 6;
        let gap = " ".repeat(self.width.saturating_sub(used).max(1));
        let number = streams.paint(DIM, number).to_string();
        streams.print(format_args!("\n  {rule}  {safety}{gap}{number}\n"));
        for line in folded(&capitalised(&proposal.title), self.width - 4, 0).lines() {
            streams.print(format_args!("  {}\n", streams.paint(STRONG, line)));
        }
        streams.put("\n");
        self.diff(&proposal.before, &proposal.after, streams);
        streams.put("\n");
        if let Some(caveat) = proposal.safety.caveat() {
            self.labelled("caveat", WARNING, caveat, streams);
        }
        self.labelled("why", NOTE, &manual::reason(proposal.transform), streams);
        self.labelled("saves", NOTE, &savings::of(proposal.transform.name, path), streams);
    }

    fn labelled(&self, label: &str, style: Style, text: &str, streams: &mut Streams) {
        for (at, line) in folded(text, self.width - 12, 0).lines().enumerate() {
            let label = if at == 0 { label } else { "" };
            let label = streams.paint(style, format!("{label:<6}")).to_string();
            streams.print(format_args!("  {label}  {line}\n"));
        }
    }

    /// The lines that change, with line numbers and the words that differ set off.
    pub fn diff(&self, before: &str, after: &str, streams: &mut Streams) {
        let (old, new) = (lines(before), lines(after));
        let changes = line_changes(&old, &new);
        let digits = old.len().max(new.len()).to_string().len().max(3);
        let mut at = 0;
        for (index, change) in changes.iter().enumerate() {
            let start = at.max(change.old.start.saturating_sub(CONTEXT));
            if index > 0 && start > at {
                let dots = streams.paint(DIM, format!("{:>width$}", "⋮", width = digits + 2)).to_string();
                streams.print(format_args!("{dots}\n"));
            }
            let shift = change.new.start.wrapping_sub(change.old.start);
            for (line, text) in old.iter().enumerate().take(change.old.start).skip(start) {
                self.line(line.wrapping_add(shift), ' ', text, None, digits, streams);
            }
            self.change(change, &old, &new, digits, streams);
            at = change.old.end;
            let next = changes.get(index + 1).map_or(old.len(), |next| next.old.start);
            let until = next.min(at + CONTEXT);
            let shift = change.new.end.wrapping_sub(change.old.end);
            for (line, text) in old.iter().enumerate().take(until).skip(at) {
                self.line(line.wrapping_add(shift), ' ', text, None, digits, streams);
            }
            at = until;
        }
    }

    fn change(&self, change: &LineChange, old: &[&str], new: &[&str], digits: usize, streams: &mut Streams) {
        for (nth, at) in change.old.clone().enumerate() {
            let other = change.new.clone().nth(nth).map(|other| new[other]);
            self.line(at, '-', old[at], other, digits, streams);
        }
        for (nth, at) in change.new.clone().enumerate() {
            let other = change.old.clone().nth(nth).map(|other| old[other]);
            self.line(at, '+', new[at], other, digits, streams);
        }
    }

    /// One line of the diff, on as many rows as it takes. `other` is what it was, or becomes.
    fn line(&self, at: usize, sign: char, text: &str, other: Option<&str>, digits: usize, streams: &mut Streams) {
        let style = match sign {
            '-' => REMOVED,
            '+' => ADDED,
            _ => Style::new(),
        };
        let shown = visible(text);
        let differs = other.map_or(0..0, |other| difference(&shown, &visible(other)));
        let room = self.width - digits - 6;
        let chars: Vec<char> = shown.chars().collect();
        let rows = chars.len().div_ceil(room).max(1);
        for row in 0..rows.min(MOST_ROWS) {
            let number = if row == 0 { format!("{:>digits$}", at + 1) } else { " ".repeat(digits) };
            let sign = if row == 0 { sign } else { ' ' };
            let number = streams.paint(DIM, number).to_string();
            let cells = row * room..((row + 1) * room).min(chars.len());
            let mut out = format!("{}", streams.paint(style, format!("{sign} ")));
            let cut =
                [cells.start, differs.start.clamp(cells.start, cells.end), differs.end.clamp(cells.start, cells.end)];
            let parts = [(cut[0]..cut[1], false), (cut[1]..cut[2], true), (cut[2]..cells.end, false)];
            for (part, strong) in parts {
                let text: String = chars[part].iter().collect();
                let style = if strong { style.effects(Effects::BOLD | Effects::UNDERLINE) } else { style };
                if !text.is_empty() {
                    out += &streams.paint(style, text).to_string();
                }
            }
            let more = if row + 1 == MOST_ROWS && rows > MOST_ROWS { " …" } else { "" };
            streams.print(format_args!("  {number} {out}{more}\n"));
        }
    }

    /// The question itself.
    pub fn question(&self, proposal: &Proposal, can_undo: bool, streams: &mut Streams) {
        let keys: Vec<String> = answer::prompt_keys(proposal.parts > 1, can_undo).iter().map(char::to_string).collect();
        let keys = streams.paint(NOTE, format!("[{}]", keys.join(","))).to_string();
        let question = streams.paint(STRONG, "Take it?").to_string();
        streams.print(format_args!("\n  {question} {keys} "));
    }

    /// What became of it.
    pub fn verdict(&self, taken: bool, word: &str, streams: &mut Streams) {
        let sign = if taken { streams.paint(GOOD, "✓") } else { streams.paint(DIM, "·") }.to_string();
        streams.print(format_args!("{sign} {word}\n"));
    }

    /// The same on a line of its own.
    pub fn verdict_below(&self, taken: bool, word: &str, streams: &mut Streams) {
        streams.put("  ");
        self.verdict(taken, word, streams);
    }

    /// Something that has to be read before one goes on.
    pub fn trouble(&self, text: &str, streams: &mut Streams) {
        self.labelled("note", ERROR, text, streams);
    }

    /// The keys.
    pub fn help(&self, streams: &mut Streams) {
        streams.put("\n");
        for (key, meaning) in answer::keys() {
            let key = streams.paint(NOTE, key).to_string();
            for (at, line) in folded(meaning, self.width - 7, 0).lines().enumerate() {
                let key = if at == 0 { key.as_str() } else { " " };
                streams.print(format_args!("  {key}  {line}\n"));
            }
        }
    }
}

/// What a terminal can show of a line: no control characters, tabs as blanks.
fn visible(line: &str) -> String {
    let line = line.trim_end_matches('\n');
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.chars()
        .flat_map(|found| match found {
            '\t' => vec![' '; 4],
            found if found.is_control() => vec!['\u{fffd}'],
            found => vec![found],
        })
        .collect()
}

/// The characters of a line that differ from another one; none where most of it does.
fn difference(line: &str, other: &str) -> std::ops::Range<usize> {
    let (line, other): (Vec<char>, Vec<char>) = (line.chars().collect(), other.chars().collect());
    let shortest = line.len().min(other.len());
    let head = line.iter().zip(&other).take_while(|(one, two)| one == two).count();
    let tail = line.iter().rev().zip(other.iter().rev()).take_while(|(one, two)| one == two).count();
    let tail = tail.min(shortest - head);
    if (head + tail) * 3 < line.len() { 0..0 } else { head..line.len() - tail }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The end of a path, where all of it has no room.
fn shortened(path: &str, room: usize) -> String {
    let count = path.chars().count();
    if count <= room {
        path.to_owned()
    } else {
        format!("…{}", path.chars().skip(count + 1 - room).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_found() {
        assert_eq!(difference("apt-get install -y curl", "apt-get install curl"), 16..19);
        assert_eq!(difference("RUN a", "COPY b"), 0..0);
        assert_eq!(difference("same", "same"), 4..4);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\tc\r\n"), "a\u{fffd}[2Jb    c");
    }
}
