//! Generated shell scripts as trees, and how a failing case is made smaller.

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::generate::{BEHIND, Case, Layout};

/// A script or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Something that is not taken apart, most often a command.
    Leaf(String),
    /// Commands, each with the operator in front of it; the first operator does not count.
    List(Vec<(&'static str, Script)>),
    /// A text with slots, and what is in them.
    Block(String, Vec<Script>),
}

/// `LIST` ends with `;` or `&`, `OPEN` with neither, and `CMD` is one command.
const SLOTS: [&str; 3] = ["LIST", "OPEN", "CMD"];

impl Script {
    /// The slots of a block's text.
    pub fn slots(shape: &str) -> impl Iterator<Item = (usize, &'static str)> {
        shape
            .char_indices()
            .filter_map(|(at, _)| SLOTS.iter().find(|slot| shape[at..].starts_with(**slot)).map(|slot| (at, *slot)))
    }

    /// The script, with marks where lines may end.
    pub fn text(&self) -> String {
        match self {
            Script::Leaf(text) => text.clone(),
            Script::List(items) => items.iter().skip(1).fold(items[0].1.command(), |text, (operator, item)| {
                let item = item.item();
                match (is_job(&text), is_job(&item)) {
                    (true, _) => format!("{text}{BEHIND}{item}"),
                    (false, true) => format!("{text};{BEHIND}{item}"),
                    (false, false) => format!("{text}{operator}{item}"),
                }
            }),
            Script::Block(shape, parts) => {
                let mut text = String::new();
                let mut end = 0;
                for ((at, slot), part) in Script::slots(shape).zip(parts) {
                    text += &shape[end..at];
                    text += &match slot {
                        "LIST" => part.closed(),
                        "CMD" => part.command(),
                        _ => part.text(),
                    };
                    end = at + slot.len();
                }
                text + &shape[end..]
            }
        }
    }

    fn item(&self) -> String {
        match self {
            Script::List(_) => self.command(),
            _ => self.text(),
        }
    }

    fn command(&self) -> String {
        match self {
            Script::Leaf(text) if !is_job(text) => text.clone(),
            Script::Block(..) => self.text(),
            _ => format!("{{ {} }}", self.closed()),
        }
    }

    fn closed(&self) -> String {
        let text = self.text();
        if is_job(&text) { text } else { text + ";" }
    }

    /// The same script with one part less, the larger parts first.
    fn smaller(&self) -> Vec<Script> {
        match self {
            Script::Leaf(text) if text == "true" => Vec::new(),
            Script::Leaf(_) => vec![Script::Leaf("true".to_owned())],
            Script::List(items) => {
                let mut found: Vec<Script> = items.iter().map(|(_, item)| item.clone()).collect();
                for at in (0..items.len()).filter(|_| items.len() > 2) {
                    let mut items = items.clone();
                    items.remove(at);
                    found.push(Script::List(items));
                }
                for (at, (operator, item)) in items.iter().enumerate() {
                    found.extend(item.smaller().into_iter().map(|item| {
                        let mut items = items.clone();
                        items[at] = (operator, item);
                        Script::List(items)
                    }));
                }
                found
            }
            Script::Block(shape, parts) => {
                let mut found = vec![Script::Leaf("true".to_owned())];
                found.extend(parts.iter().cloned());
                for (at, part) in parts.iter().enumerate() {
                    found.extend(part.smaller().into_iter().map(|part| {
                        let mut parts = parts.clone();
                        parts[at] = part;
                        Script::Block(shape.clone(), parts)
                    }));
                }
                found
            }
        }
    }
}

/// Whether a text runs in the background.
fn is_job(text: &str) -> bool {
    text.ends_with('&')
}

impl Case {
    /// The same case with one thing less, the larger things first.
    fn smaller(&self) -> Vec<Case> {
        let mut found = Vec::new();
        let mut add = |change: &dyn Fn(&mut Case)| {
            let mut case = self.clone();
            change(&mut case);
            found.push(case);
        };
        for at in (0..self.steps.len()).filter(|_| self.steps.len() > 2) {
            add(&|case| drop(case.steps.remove(at)));
        }
        if self.newline != "\n" {
            add(&|case| case.newline = "\n");
        }
        if !self.flags.is_empty() {
            add(&|case| case.flags = "");
        }
        for (at, step) in self.steps.iter().enumerate() {
            if !step.gap.is_empty() {
                add(&|case| case.steps[at].gap = "");
            }
            if !step.end.is_empty() {
                add(&|case| case.steps[at].end = "");
            }
            if step.layout != Layout::PLAIN {
                add(&|case| case.steps[at].layout = Layout::PLAIN);
            }
            for script in step.script.smaller() {
                add(&|case| case.steps[at].script = script.clone());
            }
        }
        found
    }
}

/// A strategy whose failing cases lose one part after the other, as long as they still fail.
#[derive(Debug)]
pub struct Shrinking<S>(pub S);

impl<S: Strategy<Value = Case>> Strategy for Shrinking<S> {
    type Tree = Reducer;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let case = self.0.new_tree(runner)?.current();
        Ok(Reducer { smallest: case.clone(), current: case, candidates: None, next: 0, found: false })
    }
}

/// The smallest case that fails and the one that is tried.
#[derive(Debug)]
pub struct Reducer {
    smallest: Case,
    current: Case,
    candidates: Option<Vec<Case>>,
    next: usize,
    /// Whether this round has found a smaller case.
    found: bool,
}

impl Reducer {
    fn try_next(&mut self) -> bool {
        let candidates = self.candidates.get_or_insert_with(|| self.smallest.smaller());
        if self.next >= candidates.len() && self.found {
            (self.next, self.found) = (0, false);
        }
        match candidates.get(self.next) {
            Some(case) => self.current = case.clone(),
            None => self.current = self.smallest.clone(),
        }
        self.next += 1;
        self.next <= candidates.len()
    }
}

impl ValueTree for Reducer {
    type Value = Case;

    fn current(&self) -> Case {
        self.current.clone()
    }

    /// The present case fails: it is the smallest so far.
    fn simplify(&mut self) -> bool {
        if self.next > 0 {
            self.smallest = self.current.clone();
            self.candidates = None;
            self.found = true;
            self.next -= 1;
        }
        self.try_next()
    }

    /// The present case passes: it is given up.
    fn complicate(&mut self) -> bool {
        self.try_next()
    }
}
