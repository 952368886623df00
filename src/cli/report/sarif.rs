//! SARIF 2.1.0: findings with what each fix would be on its own, for code scanning and for editors.

use dopt_rewrite::{Change, Edit};
use dopt_syntax::TextRange;
use dopt_transforms::{CATALOG, manual};
use serde_json::{Value, json};

use super::finding::{NOT_BUILDABLE, UNUSED_COMMENT};
use super::fingerprint::Fingerprints;
use super::place::{Here, ends};
use super::{Finding, Level, Outcome, Report, Wants};
use crate::streams::Streams;
use crate::tally::Tally;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One result for each finding. Places that are left alone are none; files that could not be done are notifications.
pub struct Sarif {
    here: Here,
    started: bool,
    is_first: bool,
    notifications: Vec<Value>,
}

impl Sarif {
    /// Nothing is printed yet.
    pub fn new() -> Sarif {
        Sarif { here: Here::new(), started: false, is_first: true, notifications: Vec::new() }
    }

    fn start(&mut self, streams: &mut Streams) {
        if !std::mem::replace(&mut self.started, true) {
            let driver = json!({
                "name": "dopt",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules(),
            });
            streams.print(format_args!(
                "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
                 \"columnKind\":\"unicodeCodePoints\",\"results\":[\n"
            ));
        }
    }

    fn location(&self, outcome: &Outcome<'_>) -> Value {
        let uri = self.here.uri(outcome.path);
        match uri.starts_with("file:") {
            true => json!({"uri": uri}),
            false => json!({"uri": uri, "uriBaseId": "%SRCROOT%"}),
        }
    }

    fn result(&self, finding: &Finding<'_>, outcome: &Outcome<'_>, fingerprint: &str) -> Value {
        let location = self.location(outcome);
        let mut result = json!({
            "ruleId": finding.id(),
            "ruleIndex": ids().position(|id| id == finding.id()),
            "level": level(finding.level()),
            "message": {"text": finding.message_with_caveat()},
            "locations": [{"physicalLocation": {"artifactLocation": location, "region": region(finding.at(), outcome)}}],
            "partialFingerprints": {"doptFinding/v1": fingerprint},
        });
        if let Finding::Fix(change) = finding {
            result["properties"] = json!({"safety": change.safety.name()});
            if let Some(fix) = fix(change, outcome, &location) {
                result["fixes"] = json!([fix]);
            }
        }
        result
    }
}

impl Report for Sarif {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.start(streams);
        if let Err(failure) = &outcome.result {
            self.notifications.push(json!({
                "descriptor": {"id": failure.code()},
                "level": "error",
                "message": {"text": failure.to_string()},
                "locations": [{"physicalLocation": {"artifactLocation": self.location(outcome)}}],
            }));
        }
        let path = self.here.uri(outcome.path);
        let mut fingerprints = Fingerprints::default();
        for finding in outcome.findings() {
            if matches!(finding, Finding::Left(_)) {
                continue;
            }
            let fingerprint = fingerprints.of(&finding, outcome, &path);
            let before = if std::mem::take(&mut self.is_first) { "" } else { ",\n" };
            streams.print(format_args!("{before}{}", self.result(&finding, outcome, &fingerprint)));
        }
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        self.start(streams);
        let invocation = json!({
            "executionSuccessful": self.notifications.is_empty() && tally.config_errors == 0,
            "toolExecutionNotifications": self.notifications,
        });
        streams.print(format_args!("\n],\"invocations\":[{invocation}]}}]}}\n"));
    }

    fn wants(&self) -> Wants {
        Wants { edits: true, units: false }
    }
}

/// What rules are called, in the order in which they are described.
fn ids() -> impl Iterator<Item = &'static str> {
    CATALOG.iter().map(|rule| rule.name).chain([NOT_BUILDABLE.0, UNUSED_COMMENT.0])
}

fn rules() -> Vec<Value> {
    let transform = |rule: &&'static dopt_rewrite::Transform| {
        let page = manual::page(rule);
        json!({
            "id": rule.name,
            "shortDescription": {"text": rule.summary},
            "help": {"text": page, "markdown": page},
            "defaultConfiguration": {"level": if rule.never_safe { "note" } else { "warning" }},
            "properties": {"tags": ["docker", "performance"], "otherNames": rule.aliases},
        })
    };
    let other = |(id, summary): (&str, &str), level: &str| json!({"id": id, "shortDescription": {"text": summary}, "defaultConfiguration": {"level": level}});
    let others = [other(NOT_BUILDABLE, "error"), other(UNUSED_COMMENT, "warning")];
    CATALOG.iter().map(transform).chain(others).collect()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn region(at: TextRange, outcome: &Outcome<'_>) -> Value {
    let (start, end) = ends(outcome, at);
    json!({"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column})
}

fn fix(change: &Change, outcome: &Outcome<'_>, location: &Value) -> Option<Value> {
    let replacement = |edit: &Edit| json!({"deletedRegion": region(edit.range, outcome), "insertedContent": {"text": edit.replacement}});
    let replacements: Vec<Value> = outcome.edits_of(change).iter().map(replacement).collect();
    (!replacements.is_empty()).then(|| {
        json!({
            "description": {"text": change.title},
            "artifactChanges": [{"artifactLocation": location, "replacements": replacements}],
        })
    })
}
