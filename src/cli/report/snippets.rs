//! Findings with the lines they are about.

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Message, Renderer, Snippet};
use dopt_rewrite::Safety;
use dopt_syntax::TextRange;

use super::{Finding, Outcome, Report};
use crate::line_index::Position;
use crate::streams::Streams;

/// A longer excerpt says no more than a place without one.
const LONGEST_EXCERPT: usize = 4096;

/// One snippet for each finding on standard output.
pub struct Snippets {
    renderer: Renderer,
    refusals: bool,
    shown: bool,
}

impl Snippets {
    /// With or without the places that are left alone.
    pub fn new(refusals: bool, streams: &Streams) -> Snippets {
        let renderer = if streams.out_color() { Renderer::styled() } else { Renderer::plain() };
        Snippets { renderer, refusals, shown: false }
    }
}

impl Report for Snippets {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        if outcome.result.is_err() {
            return outcome.show_failure(streams);
        }
        for finding in outcome.findings() {
            if self.refusals || !matches!(finding, Finding::Left(_)) {
                let text = self.renderer.render(&[group(&finding, outcome)]);
                if std::mem::replace(&mut self.shown, true) {
                    streams.put("\n");
                }
                streams.print(format_args!("{text}\n"));
            }
        }
    }
}

fn group<'f>(finding: &Finding<'f>, outcome: &'f Outcome<'_>) -> Group<'f> {
    let title = level(finding).primary_title(finding.message());
    let title = match finding.rule() {
        Some(rule) => title.id(rule),
        None => title,
    };
    title.element(excerpt(finding, outcome)).elements(footers(finding))
}

fn level(finding: &Finding<'_>) -> Level<'static> {
    match finding {
        Finding::Problem(_) => Level::ERROR,
        Finding::Unused(_) => Level::WARNING,
        Finding::Left(_) => Level::INFO.with_name("left alone"),
        Finding::Fix(change) => match change.safety {
            Safety::Safe => Level::NOTE.with_name("fix"),
            Safety::Unsafe { .. } => Level::WARNING.with_name("unsafe fix"),
            Safety::Advice { .. } => Level::HELP.with_name("advice"),
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

fn footers(finding: &Finding<'_>) -> Vec<Message<'static>> {
    match finding {
        Finding::Fix(change) => change.safety.caveat().map(|caveat| Level::NOTE.message(caveat)).into_iter().collect(),
        Finding::Problem(_) => vec![Level::NOTE.message("BuildKit rejects the file, so it is left as it is")],
        Finding::Left(_) | Finding::Unused(_) => Vec::new(),
    }
}
