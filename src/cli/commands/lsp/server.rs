//! The conversation with the editor: what it says is taken in at once, and answered when nothing more is waiting.

use std::collections::{BTreeMap, BTreeSet};

use lsp_server::{Connection, ErrorCode, ExtractError, Message, Notification, ProtocolError, Request, Response};
use lsp_textdocument::FullTextDocument;
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Notification as _, PublishDiagnostics, ShowMessage,
};
use lsp_types::request::{CodeActionRequest, HoverRequest, RegisterCapability, Request as _};
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, HoverParams,
    HoverProviderCapability, InitializeParams, MessageType, PositionEncodingKind, PublishDiagnosticsParams,
    SaveOptions, ServerCapabilities, ShowMessageParams, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde_json::json;

use super::actions::{FIX_ALL, actions};
use super::document::OpenFile;
use super::hover::hover;
use crate::args::RuleArgs;
use crate::batch::record_panics;
use crate::config::{Configs, Overrides};
use crate::pins::PinArgs;

/// Answers until the editor ends it.
pub fn serve(connection: &Connection) -> Result<(), ProtocolError> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let encoding = encoding(&params.capabilities);
    let version = env!("CARGO_PKG_VERSION");
    let hello = json!({"capabilities": abilities(&encoding), "serverInfo": {"name": "dopt", "version": version}});
    connection.initialize_finish(id, hello)?;
    record_panics();
    let (rules, pins) = (RuleArgs::default(), PinArgs::default());
    let overrides = || Overrides { rules: &rules, unsafe_fixes: None, pins: &pins, lists_all: false };
    let configs = || Configs::new(overrides()).unwrap_or_else(|_| unreachable!("no file is named"));
    let mut server = Server {
        connection,
        encoding,
        versioned: takes_versions(&params.capabilities),
        files: BTreeMap::new(),
        untold: BTreeSet::new(),
        configs: configs(),
    };
    if watches(&params.capabilities) {
        server.watch_configuration();
    }
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                server.answer(request);
            }
            Message::Notification(notification) => {
                if server.note(notification) == Noted::Configuration {
                    server.configs = configs();
                }
            }
            Message::Response(_) => {}
        }
        // Who types fast is not kept waiting by what an older text would have said.
        if connection.receiver.is_empty() {
            server.tell();
        }
    }
    Ok(())
}

/// What is open, and what has to be said about it.
struct Server<'s, 'a> {
    connection: &'s Connection,
    encoding: PositionEncodingKind,
    versioned: bool,
    files: BTreeMap<Uri, OpenFile>,
    /// Files whose diagnostics are not those of their text.
    untold: BTreeSet<Uri>,
    configs: Configs<'a>,
}

/// What a notification was about.
#[derive(PartialEq, Eq)]
enum Noted {
    Text,
    Configuration,
}

impl Server<'_, '_> {
    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let result = match request.method.as_str() {
            HoverRequest::METHOD => extract::<HoverParams>(request).map(|params| {
                let place = params.text_document_position_params;
                let file = self.files.get_mut(&place.text_document.uri);
                json!(file.and_then(|file| hover(file, place.position, &mut self.configs)))
            }),
            CodeActionRequest::METHOD => extract::<CodeActionParams>(request).map(|params| {
                let file = self.files.get_mut(&params.text_document.uri);
                json!(file.map(|file| actions(file, &params, &mut self.configs, self.versioned)))
            }),
            unknown => Err((ErrorCode::MethodNotFound, format!("dopt does not know {unknown}"))),
        };
        let response = match result {
            Ok(result) => Response::new_ok(id, result),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        self.send(Message::Response(response));
    }

    /// Takes in what happened. What cannot be read is as if it had not been said.
    fn note(&mut self, notification: Notification) -> Noted {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(params) = taken::<DidOpenTextDocumentParams>(notification) {
                    let found = params.text_document;
                    let (language, version, encoding) = (found.language_id, found.version, self.encoding.clone());
                    let text = FullTextDocument::new_with_encoding(language, version, found.text, encoding);
                    if let Some(file) = OpenFile::new(&found.uri, text) {
                        self.files.insert(found.uri.clone(), file);
                        self.untold.insert(found.uri);
                    }
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(params) = taken::<DidChangeTextDocumentParams>(notification)
                    && let Some(file) = self.files.get_mut(&params.text_document.uri)
                {
                    file.text.update(&params.content_changes, params.text_document.version);
                    self.untold.insert(params.text_document.uri);
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(params) = taken::<DidCloseTextDocumentParams>(notification)
                    && self.files.remove(&params.text_document.uri).is_some()
                {
                    self.untold.remove(&params.text_document.uri);
                    self.publish(params.text_document.uri, Vec::new(), None);
                }
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => {
                self.untold.extend(self.files.keys().cloned());
                self.files.values_mut().for_each(OpenFile::forget);
                return Noted::Configuration;
            }
            _ => {}
        }
        Noted::Text
    }

    /// Says what there is to say about the texts that changed.
    fn tell(&mut self) {
        for uri in std::mem::take(&mut self.untold) {
            let Some(file) = self.files.get_mut(&uri) else { continue };
            let (diagnostics, version) = (file.diagnostics(&mut self.configs), file.text.version());
            self.publish(uri, diagnostics, Some(version));
        }
        for mistake in self.configs.take_mistakes() {
            let message = mistake.render(false);
            self.notify::<ShowMessage>(ShowMessageParams { typ: MessageType::ERROR, message });
        }
    }

    fn publish(&self, uri: Uri, diagnostics: Vec<lsp_types::Diagnostic>, version: Option<i32>) {
        self.notify::<PublishDiagnostics>(PublishDiagnosticsParams { uri, diagnostics, version });
    }

    fn notify<N: lsp_types::notification::Notification>(&self, params: N::Params) {
        self.send(Message::Notification(Notification::new(N::METHOD.to_owned(), params)));
    }

    /// Wants to know when a configuration changes.
    fn watch_configuration(&self) {
        let watchers = json!([{"globPattern": "**/{dopt,.dopt}.toml"}]);
        let registration = json!({"id": "configuration", "method": DidChangeWatchedFiles::METHOD, "registerOptions": {"watchers": watchers}});
        let params = json!({"registrations": [registration]});
        let id = lsp_server::RequestId::from("watch".to_owned());
        self.send(Message::Request(Request::new(id, RegisterCapability::METHOD.to_owned(), params)));
    }

    /// An editor that went away ends the loop, not the sending.
    fn send(&self, message: Message) {
        let _ = self.connection.sender.send(message);
    }
}

fn extract<P: serde::de::DeserializeOwned>(request: Request) -> Result<P, (ErrorCode, String)> {
    let method = request.method.clone();
    match request.extract::<P>(&method) {
        Ok((_, params)) => Ok(params),
        Err(ExtractError::JsonError { error, .. }) => Err((ErrorCode::InvalidParams, error.to_string())),
        Err(ExtractError::MethodMismatch(_)) => Err((ErrorCode::InternalError, method)),
    }
}

fn taken<P: serde::de::DeserializeOwned>(notification: Notification) -> Option<P> {
    serde_json::from_value(notification.params).ok()
}

fn abilities(encoding: &PositionEncodingKind) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, FIX_ALL]),
        ..CodeActionOptions::default()
    };
    ServerCapabilities {
        position_encoding: Some(encoding.clone()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        ..ServerCapabilities::default()
    }
}

/// Bytes where the editor can count them, else what every editor can.
fn encoding(client: &ClientCapabilities) -> PositionEncodingKind {
    let known = client.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    match known.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8)) {
        true => PositionEncodingKind::UTF8,
        false => PositionEncodingKind::UTF16,
    }
}

fn takes_versions(client: &ClientCapabilities) -> bool {
    let workspace = client.workspace.as_ref().and_then(|workspace| workspace.workspace_edit.as_ref());
    workspace.is_some_and(|edit| edit.document_changes == Some(true))
}

fn watches(client: &ClientCapabilities) -> bool {
    let files = client.workspace.as_ref().and_then(|workspace| workspace.did_change_watched_files.as_ref());
    files.is_some_and(|files| files.dynamic_registration == Some(true))
}
