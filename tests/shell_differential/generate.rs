//! Dockerfiles whose `RUN`s get into each other's way: they make, read and delete the same few files, change the
//! shell that runs them, and fail.
//!
//! What two runs of the same text may do differently is not generated: jobs and pipelines whose parts race, process
//! numbers, clocks. A pipeline's right side reads all that it is given and touches no files.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};

use crate::execute::Shell;
use crate::script::Script;
use crate::templates::*;

/// The head of a Dockerfile, and what the image's shell really is.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How often it is taken.
    pub weight: u32,
    /// Everything in front of the first `RUN`.
    pub head: &'static str,
    /// What runs the `RUN`s.
    pub shell: Shell,
    /// Whether Bash's own constructs occur.
    pub bash: bool,
}

/// A Dockerfile and how it is rewritten and run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its head and shell.
    pub setup: Setup,
    /// Whether everything that can be joined is joined.
    pub merge_all: bool,
    pub(crate) flags: &'static str,
    pub(crate) newline: &'static str,
    pub(crate) steps: Vec<Step>,
}

/// One `RUN` and what stands in front of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub gap: &'static str,
    pub script: Script,
    /// What stands behind the script's last command.
    pub end: &'static str,
    pub layout: Layout,
}

/// How the script is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    breaks: Breaks,
    opening: &'static str,
    indent: &'static str,
    before: &'static str,
    after: &'static str,
    between: &'static str,
    /// Says for every place in turn whether the choice that it has is taken.
    choices: u16,
}

/// Where lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    Nowhere,
    BeforeOperators,
    BehindOperators,
    Anywhere,
}

/// In front of an operator: a blank, nothing, or the end of a line.
pub(crate) const BEFORE: char = '\u{1}';
/// Behind an operator.
pub(crate) const BEHIND: char = '\u{2}';

impl Case {
    /// The Dockerfile.
    pub fn text(&self) -> String {
        let mut text = self.setup.head.to_owned();
        for step in &self.steps {
            text += step.gap;
            text += step.layout.opening;
            text += self.flags;
            step.layout.write(&(step.script.text() + step.end), &mut text);
            text.push('\n');
        }
        text.replace('\n', self.newline)
    }
}

impl Layout {
    /// All on one line.
    pub const PLAIN: Layout = Layout {
        breaks: Breaks::Nowhere,
        opening: "RUN ",
        indent: "    ",
        before: " ",
        after: "",
        between: "",
        choices: 0,
    };

    fn write(&self, script: &str, text: &mut String) {
        let mut place = 0;
        let mut parts = script.chars().peekable();
        while let Some(part) = parts.next() {
            if ![' ', BEFORE, BEHIND].contains(&part) {
                text.push(part);
                continue;
            }
            place = (place + 1) % 16;
            let taken = self.choices >> place & 1 == 1;
            let ends = match self.breaks {
                Breaks::Nowhere => false,
                Breaks::BeforeOperators => part == BEFORE,
                Breaks::BehindOperators => part == BEHIND,
                Breaks::Anywhere => taken,
            };
            // A line that starts with `#` would be a comment, and what stands behind it another script.
            let ends = ends && parts.peek() != Some(&'#');
            if part == ' ' || !(ends || self.breaks == Breaks::Nowhere && taken) {
                text.push(' ');
            }
            if ends {
                text.extend([self.before, "\\", self.after, "\n", self.between, self.indent]);
            }
        }
    }
}

/// The cases of one shell.
pub fn cases(setups: &[Setup]) -> BoxedStrategy<Case> {
    Union::new_weighted(setups.iter().map(|setup| (setup.weight, cases_of(*setup))).collect()).boxed()
}

fn cases_of(setup: Setup) -> BoxedStrategy<Case> {
    let flags = weighted(&[(30, ""), (1, "--mount=type=cache,target=/m "), (1, "--network=none ")]);
    let newline = weighted(&[(24, "\n"), (1, "\r\n")]);
    let steps = (gap(), scripts(setup.bash), ends(), layout());
    let steps = steps.prop_map(|(gap, script, end, layout)| Step { gap, script, end, layout });
    (any::<bool>(), flags, newline, vec(steps, 3..=6))
        .prop_map(move |(merge_all, flags, newline, steps)| Case { setup, merge_all, flags, newline, steps })
        .boxed()
}

fn gap() -> BoxedStrategy<&'static str> {
    weighted(&[
        (80, ""),
        (10, "\n"),
        (10, "# note\n"),
        (4, "    # one\n\n# two && more\n"),
        (1, "# hadolint ignore=DL3059\n"),
        (1, "ENV X=env\n"),
    ])
}

fn ends() -> BoxedStrategy<&'static str> {
    weighted(&[(180, ""), (8, ";"), (6, " ;"), (3, " # note"), (1, "; # note && echo no"), (1, ";\u{2}: &")])
}

fn layout() -> BoxedStrategy<Layout> {
    let breaks = weighted(&[
        (8, Breaks::Nowhere),
        (5, Breaks::BeforeOperators),
        (4, Breaks::BehindOperators),
        (2, Breaks::Anywhere),
    ]);
    let opening =
        weighted(&[(20, "RUN "), (1, "RUN\t "), (1, "run "), (1, "RUN \\\n    "), (1, "  RUN \\\n# note\n ")]);
    let indent = weighted(&[(8, "    "), (2, "  "), (2, "\t"), (1, ""), (1, " ")]);
    let before = weighted(&[(8, " "), (1, ""), (1, "   ")]);
    let after = weighted(&[(12, ""), (1, " "), (1, "\t ")]);
    let between = weighted(&[(12, ""), (2, "# within\n"), (1, "   # within, too; \\\n"), (1, "\n")]);
    (breaks, opening, indent, before, after, between, any::<u16>())
        .prop_map(|(breaks, opening, indent, before, after, between, choices)| Layout {
            breaks,
            opening,
            indent,
            before,
            after,
            between,
            choices,
        })
        .boxed()
}

fn weighted<T: Copy + std::fmt::Debug + 'static>(values: &[(u32, T)]) -> BoxedStrategy<T> {
    Union::new_weighted(values.iter().map(|(weight, value)| (*weight, Just(*value).boxed())).collect()).boxed()
}

fn scripts(bash: bool) -> BoxedStrategy<Script> {
    let broken = select(BROKEN).prop_map(|text| Script::Leaf(text.to_owned()));
    prop_oneof![200 => lists(nested(nested(leaf(bash)))), 1 => broken].boxed()
}

fn leaf(bash: bool) -> BoxedStrategy<Script> {
    let (quiet, calling) = match bash {
        true => (commands(&[SIMPLE, BASH]), commands(&[SIMPLE, BASH, CALLS])),
        false => (commands(&[SIMPLE]), commands(&[SIMPLE, CALLS])),
    };
    // Functions do not call functions, for they would not end.
    let functions =
        (weighted(FUNCTIONS), lists(quiet)).prop_map(|(shape, list)| Script::Block(shape.to_owned(), vec![list]));
    // Nothing runs at the same time here, for traces would mix.
    let traced = joined(commands(&[SIMPLE])).prop_map(|list| Script::Block(TRACED.to_owned(), vec![list]));
    prop_oneof![80 => calling, 3 => functions, 1 => traced].boxed()
}

/// Commands, and blocks of them.
fn nested(inner: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let redirected = weighted(&[(8, ""), (2, " > o"), (1, " >> o"), (1, " < a"), (1, " 2>/dev/null")]);
    let block = (templates(&[BLOCKS]), redirected).prop_map(|(shape, redirected)| shape + redirected);
    let shape = prop_oneof![12 => block, 5 => templates(&[OTHER_SHAPES])];
    let parts = vec(lists(inner.clone()), 4);
    let blocks = (shape, parts).prop_map(|(shape, mut parts)| {
        parts.truncate(Script::slots(&shape).count());
        Script::Block(shape, parts)
    });
    prop_oneof![4 => inner, 1 => blocks].boxed()
}

/// Lists with a job here and there.
fn lists(command: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let job = select(JOBS).prop_map(|text| Script::Leaf(text.to_owned()));
    joined(prop_oneof![600 => command, 1 => job].boxed())
}

fn joined(item: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let joiner = weighted(&[(3, "\u{1}&&\u{2}"), (2, ";\u{2}"), (1, "\u{1}||\u{2}")]);
    let several = vec((joiner, item.clone()), 2..=4).prop_map(Script::List);
    prop_oneof![item, several].boxed()
}

fn commands(tables: &[Templates]) -> BoxedStrategy<Script> {
    templates(tables).prop_map(Script::Leaf).boxed()
}

/// Texts from tables, their placeholders filled.
fn templates(tables: &[Templates]) -> BoxedStrategy<String> {
    let all: Vec<(u32, &'static str)> = tables.iter().flat_map(|table| table.iter().copied()).collect();
    (weighted(&all), vec(0..1000_usize, 6)).prop_map(|(template, picks)| filled(template, &picks)).boxed()
}

/// Replaces `@w` and the like, those in the replacements too.
fn filled(template: &str, picks: &[usize]) -> String {
    let mut text = template.to_owned();
    let mut picks = picks.iter().cycle();
    while let Some((at, values)) = next_placeholder(&text) {
        let pick = picks.next().expect("a cycle has no end");
        text.replace_range(at..at + 2, values[pick % values.len()]);
    }
    text
}

fn next_placeholder(text: &str) -> Option<(usize, &'static [&'static str])> {
    text.match_indices('@').find_map(|(at, _)| {
        let letter = text.as_bytes().get(at + 1)?;
        let (_, values) = PLACEHOLDERS.iter().find(|(name, _)| name == letter)?;
        Some((at, *values))
    })
}
