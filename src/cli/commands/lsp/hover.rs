//! What the editor shows for the place under the pointer: what can be done there or why not, and the rule's page.

use dopt_transforms::manual;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::document::{OpenFile, point};
use crate::args::find_rule;
use crate::config::Configs;
use crate::report::Finding;

/// The finding under the pointer and the manual page of its transform; a fix counts more than a refusal.
pub fn hover(file: &mut OpenFile, position: Position, configs: &mut Configs<'_>) -> Option<Hover> {
    let findings = file.findings_at(point(position), configs);
    let mut told: Vec<&Finding<'_>> = findings.iter().filter(|finding| !matches!(finding, Finding::Left(_))).collect();
    if told.is_empty() {
        told.extend(&findings);
    }
    let at = told.first()?.at();
    let mut parts = Vec::new();
    let mut rules = Vec::new();
    for finding in told {
        let kind = match finding {
            Finding::Problem(_) => "error".to_owned(),
            Finding::Unused(_) => "warning".to_owned(),
            Finding::Fix(change) => format!("`{}`, {}", change.rule, change.safety.name()),
            Finding::Left(refused) => format!("`{}`, left alone (`{}`)", refused.rule, refused.why.code()),
        };
        let caveat = match finding {
            Finding::Fix(change) => change.safety.caveat().map(|caveat| format!("\n\n> {caveat}")).unwrap_or_default(),
            _ => String::new(),
        };
        parts.push(format!("**dopt** ({kind}): {}{caveat}", finding.message()));
        rules.extend(finding.rule().filter(|rule| !rules.contains(rule)).into_iter().collect::<Vec<_>>());
    }
    parts.extend(rules.into_iter().filter_map(find_rule).map(|rule| format!("---\n\n{}", manual::page(rule).trim())));
    let value = parts.join("\n\n");
    let range = Some(file.range(at));
    Some(Hover { contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }), range })
}
