//! Findings with the lines they are about.

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet};
use dopt_rewrite::Safety;
use dopt_syntax::TextRange;

use super::{Finding, Outcome, Report};
use crate::fold::folded;
use crate::line_index::Position;
use crate::streams::Streams;

/// A longer excerpt says no more than a place without one.
const LONGEST_EXCERPT: usize = 4096;
/// Where notes below an excerpt begin, at most.
const FOOTER: usize = 14;

/// One snippet for each finding on standard output.
pub struct Snippets {
    renderer: Renderer,
    /// Of a terminal.
    columns: Option<usize>,
    refusals: bool,
    shown: bool,
}

impl Snippets {
    /// With or without the places that are left alone.
    pub fn new(refusals: bool, streams: &Streams) -> Snippets {
        let renderer = if streams.out_color() { Renderer::styled() } else { Renderer::plain() };
        let columns = streams.width();
        let renderer = if let Some(columns) = columns { renderer.term_width(columns) } else { renderer };
        Snippets { renderer, columns, refusals, shown: false }
    }
}

impl Snippets {
    fn group<'f>(&self, finding: &Finding<'f>, outcome: &'f Outcome<'_>) -> Group<'f> {
        let (level, name) = level(finding);
        let rule = finding.rule().map_or(0, |rule| rule.len() + "[]".len());
        let message = self.folded(&finding.message(), name.len() + rule + ": ".len());
        let title = level.with_name(name).primary_title(message);
        let title = match finding.rule() {
            Some(rule) => title.id(rule),
            None => title,
        };
        let footers = footers(finding).into_iter().map(|note| Level::NOTE.message(self.folded(note, FOOTER)));
        title.element(excerpt(finding, outcome)).elements(footers)
    }

    /// A text that stands so many columns from the left.
    fn folded(&self, text: &str, at: usize) -> String {
        self.columns.map_or_else(|| text.to_owned(), |columns| folded(text, columns.saturating_sub(at), 0))
    }
}

impl Report for Snippets {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        if outcome.result.is_err() {
            return outcome.show_failure(streams);
        }
        for finding in outcome.findings() {
            if self.refusals || !matches!(finding, Finding::Left(_)) {
                let text = self.renderer.render(&[self.group(&finding, outcome)]);
                if std::mem::replace(&mut self.shown, true) {
                    streams.put("\n");
                }
                streams.print(format_args!("{text}\n"));
            }
        }
    }
}

fn level(finding: &Finding<'_>) -> (Level<'static>, &'static str) {
    match finding {
        Finding::Problem(_) => (Level::ERROR, "error"),
        Finding::Unused(_) => (Level::WARNING, "warning"),
        Finding::Left(_) => (Level::INFO, "left alone"),
        Finding::Fix(change) => match change.safety {
            Safety::Safe => (Level::NOTE, "fix"),
            Safety::Unsafe { .. } => (Level::WARNING, "unsafe fix"),
            Safety::Advice { .. } => (Level::HELP, "advice"),
        },
    }
}

fn excerpt<'f>(finding: &Finding<'f>, outcome: &'f Outcome<'_>) -> Element<'f> {
    let lines = outcome.lines().lines_around(finding.at());
    let Position { line, column } = outcome.position(finding.at().start());
    if lines.len() > LONGEST_EXCERPT || outcome.before.is_empty() {
        let origin = annotate_snippets::Origin::path(outcome.shown_path());
        return origin.line(line).char_column(column).into();
    }
    let snippet = Snippet::source(lines.of(outcome.before)).path(outcome.shown_path()).line_start(line);
    let place = annotation(finding.at(), lines);
    match finding {
        Finding::Left(refused) => snippet.annotation(place.label(refused.why.code())).into(),
        _ => snippet.annotation(place).into(),
    }
}

/// Marks the part of the place that lies in the excerpt.
fn annotation<'f>(at: TextRange, lines: TextRange) -> Annotation<'f> {
    let inside = |offset: usize| offset.clamp(lines.start(), lines.end()) - lines.start();
    AnnotationKind::Primary.span(inside(at.start())..inside(at.end()))
}

fn footers(finding: &Finding<'_>) -> Option<&'static str> {
    match finding {
        Finding::Fix(change) => change.safety.caveat(),
        Finding::Problem(_) => Some("BuildKit rejects the file, so it is left as it is"),
        Finding::Left(_) | Finding::Unused(_) => None,
    }
}
