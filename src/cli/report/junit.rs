//! JUnit's XML as Jenkins and GitLab read it: a suite for each file, a test for each finding.

use super::place::Here;
use super::xml::Escaped;
use super::{Finding, Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;
use dopt_rewrite::{Change, Safety};

/// A file without findings is a test that passed; a fix is one that failed, advice one that was skipped.
pub struct Junit {
    here: Here,
    started: bool,
}

impl Junit {
    /// Nothing is printed yet.
    pub fn new() -> Junit {
        Junit { here: Here::new(), started: false }
    }

    fn start(&mut self, streams: &mut Streams) {
        if !std::mem::replace(&mut self.started, true) {
            streams.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dopt\">\n");
        }
    }
}

impl Report for Junit {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.start(streams);
        let mut findings = outcome.findings();
        findings.retain(|finding| !matches!(finding, Finding::Left(_)));
        let skipped = findings.iter().filter(|finding| is_advice(finding)).count();
        let errors = usize::from(outcome.result.is_err());
        let path = self.here.shown(outcome.path);
        let path = Escaped(&path);
        streams.print(format_args!(
            "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\" skipped=\"{skipped}\">\n",
            findings.len().max(1),
            findings.len() - skipped,
        ));
        for finding in &findings {
            test(finding, outcome, &path, streams);
        }
        match &outcome.result {
            Err(failure) => streams.print(format_args!(
                "    <testcase name=\"{0}\" classname=\"{path}\"><error type=\"{0}\" message=\"{1}\"/></testcase>\n",
                failure.code(),
                Escaped(&failure.to_string())
            )),
            Ok(_) if findings.is_empty() => {
                streams.print(format_args!("    <testcase name=\"nothing to do\" classname=\"{path}\"/>\n"));
            }
            Ok(_) => {}
        }
        streams.put("  </testsuite>\n");
    }

    fn end(&mut self, _tally: &Tally, streams: &mut Streams) {
        self.start(streams);
        streams.put("</testsuites>\n");
    }
}

fn is_advice(finding: &Finding<'_>) -> bool {
    matches!(finding, Finding::Fix(Change { safety: Safety::Advice { .. }, .. }))
}

fn test(finding: &Finding<'_>, outcome: &Outcome<'_>, path: &Escaped<'_>, streams: &mut Streams) {
    let place = outcome.position(finding.at().start());
    let (id, message) = (finding.id(), finding.message_with_caveat());
    streams.print(format_args!("    <testcase name=\"{id}, line {}\" classname=\"{path}\">\n", place.line));
    match is_advice(finding) {
        true => streams.print(format_args!("      <skipped message=\"{}\"/>\n", Escaped(&message))),
        false => streams.print(format_args!(
            "      <failure type=\"{id}\" message=\"{}\">{path}:{}:{}: {0}</failure>\n",
            Escaped(&message),
            place.line,
            place.column
        )),
    }
    streams.put("    </testcase>\n");
}
