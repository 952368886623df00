//! One line for each finding, as compilers write them: `path:line:column: …`.

use super::{Finding, Outcome, Report};
use crate::line_index::Position;
use crate::streams::{DIM, ERROR, NOTE, RULE, STRONG, Streams, Styled, WARNING};
use crate::tally::Tally;

/// One line for each finding on standard output.
pub struct Concise {
    /// Whether places that are left alone count as findings.
    pub refusals: bool,
}

impl Report for Concise {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        if outcome.result.is_err() {
            return outcome.show_failure(streams);
        }
        for finding in outcome.findings() {
            if self.refusals || !matches!(finding, Finding::Left(_)) {
                let line = line(&finding, outcome, &|style, text| streams.paint(style, text));
                streams.print(format_args!("{line}\n"));
            }
        }
    }
}

/// Another report, with what was left alone on standard error.
pub struct Verbose<R>(pub R);

impl<R: Report> Report for Verbose<R> {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.0.file(outcome, streams);
        let findings = outcome.findings();
        for finding in findings.iter().filter(|finding| matches!(finding, Finding::Left(_) | Finding::Unused(_))) {
            let line = line(finding, outcome, &|style, text| streams.paint_err(style, text));
            streams.note(format_args!("{line}"));
        }
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        self.0.end(tally, streams);
    }
}

type Paint<'p> = &'p dyn Fn(anstyle::Style, String) -> Styled<String>;

fn line(finding: &Finding<'_>, outcome: &Outcome<'_>, paint: Paint<'_>) -> String {
    let Position { line, column } = outcome.position(finding.at().start());
    let place = paint(STRONG, outcome.shown_path());
    let rule = finding.rule().map(|rule| format!("{}: ", paint(RULE, rule.to_owned()))).unwrap_or_default();
    let (head, tail) = match finding {
        Finding::Problem(_) => (format!("{}: ", paint(ERROR, "error".to_owned())), String::new()),
        Finding::Fix(change) => (String::new(), format!(" [{}]", change.safety.name())),
        Finding::Left(refused) => {
            (format!("{}: ", paint(NOTE, "left alone".to_owned())), format!(" [{}]", refused.why.code()))
        }
        Finding::Unused(_) => (format!("{}: ", paint(WARNING, "warning".to_owned())), String::new()),
    };
    format!("{place}:{line}:{column}: {rule}{head}{}{}", finding.message(), paint(DIM, tail))
}
