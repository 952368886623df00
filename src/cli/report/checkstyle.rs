//! Checkstyle's XML, which many servers read.

use super::place::Here;
use super::xml::Escaped;
use super::{Finding, Level, Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;

/// One element for each file with findings. Places that are left alone are none: nobody has to do anything about them.
pub struct Checkstyle {
    here: Here,
    started: bool,
}

impl Checkstyle {
    /// Nothing is printed yet.
    pub fn new() -> Checkstyle {
        Checkstyle { here: Here::new(), started: false }
    }

    fn start(&mut self, streams: &mut Streams) {
        if !std::mem::replace(&mut self.started, true) {
            streams.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
        }
    }
}

impl Report for Checkstyle {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.start(streams);
        let mut findings = outcome.findings();
        findings.retain(|finding| !matches!(finding, Finding::Left(_)));
        if findings.is_empty() && outcome.result.is_ok() {
            return;
        }
        streams.print(format_args!("  <file name=\"{}\">\n", Escaped(&self.here.shown(outcome.path))));
        for finding in findings {
            let place = outcome.position(finding.at().start());
            let severity = match finding.level() {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "info",
            };
            streams.print(format_args!(
                "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" source=\"dopt.{}\"/>\n",
                place.line,
                place.column,
                Escaped(&finding.message_with_caveat()),
                finding.id()
            ));
        }
        if let Err(failure) = &outcome.result {
            let (message, code) = (failure.to_string(), failure.code());
            streams.print(format_args!(
                "    <error line=\"1\" severity=\"error\" message=\"{}\" source=\"dopt.{code}\"/>\n",
                Escaped(&message)
            ));
        }
        streams.put("  </file>\n");
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        self.start(streams);
        streams.put("</checkstyle>\n");
    }
}
