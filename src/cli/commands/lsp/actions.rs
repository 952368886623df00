//! What the editor offers to do: each fix on its own, and all safe ones at once.

use std::collections::HashMap;

use dopt_rewrite::{Change, Safety};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::document::OpenFile;
use crate::config::Configs;
use crate::report::Finding;

/// All safe fixes at once, for `editor.codeActionsOnSave` and the like.
pub const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.dopt");

/// What can be done in a range. `versioned`: whether the editor can refuse edits for a text that it no longer has.
pub fn actions(
    file: &mut OpenFile,
    params: &CodeActionParams,
    configs: &mut Configs<'_>,
    versioned: bool,
) -> Vec<CodeActionOrCommand> {
    let uri = &params.text_document.uri;
    let only = params.context.only.as_deref();
    let mut actions = Vec::new();
    if wants(only, &CodeActionKind::QUICKFIX) {
        let findings = file.findings_at(params.range, configs);
        let changes: Vec<Change> = findings
            .into_iter()
            .filter_map(|finding| match finding {
                Finding::Fix(change) => Some(change.clone()),
                _ => None,
            })
            .collect();
        for change in changes {
            let edits = file.edits_of(&change);
            if edits.is_empty() {
                continue;
            }
            let title = match change.safety {
                Safety::Safe => format!("dopt: {}", change.title),
                Safety::Unsafe { .. } | Safety::Advice { .. } => format!("dopt, unsafe: {}", change.title),
            };
            actions.push(CodeAction {
                title,
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![file.diagnostic(&Finding::Fix(&change))]),
                edit: Some(workspace_edit(file, uri, edits, versioned)),
                is_preferred: Some(change.safety == Safety::Safe),
                ..CodeAction::default()
            });
        }
    }
    if wants(only, &FIX_ALL) {
        let edits = file.safe_edits(configs);
        if !edits.is_empty() {
            actions.push(CodeAction {
                title: "dopt: apply all safe fixes".to_owned(),
                kind: Some(FIX_ALL),
                edit: Some(workspace_edit(file, uri, edits, versioned)),
                ..CodeAction::default()
            });
        }
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// Whether the editor asked for a kind: it names kinds or their first words, or nothing for all.
fn wants(only: Option<&[CodeActionKind]>, kind: &CodeActionKind) -> bool {
    let covers = |wanted: &CodeActionKind| {
        let rest = kind.as_str().strip_prefix(wanted.as_str());
        wanted.as_str().is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    only.is_none_or(|only| only.iter().any(covers))
}

// A key of a map as the protocol has it; nothing in a URI changes.
#[allow(clippy::mutable_key_type)]
fn workspace_edit(file: &OpenFile, uri: &Uri, edits: Vec<TextEdit>, versioned: bool) -> WorkspaceEdit {
    if !versioned {
        return WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), edits)])), ..WorkspaceEdit::default() };
    }
    let version = Some(file.text.version());
    let text_document = OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version };
    let edits = edits.into_iter().map(OneOf::Left).collect();
    let changes = DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }]);
    WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
}
