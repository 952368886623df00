//! One open file: its text as the editor has it, and what there is to say about it.

use std::path::PathBuf;
use std::sync::Arc;

use dopt_model::NO_FACTS;
use dopt_rewrite::{Change, Edit, Rewrite, edits_between, rewrite_alone};
use dopt_syntax::TextRange;
use lsp_textdocument::FullTextDocument;
use lsp_types::{Diagnostic, DiagnosticSeverity, NumberOrString, Position, Range, TextEdit, Uri};

use crate::batch::guarded_rewrite;
use crate::config::{Choices, Configs};
use crate::discover::is_dockerfile_name;
use crate::report::{Finding, Level, findings_of};

/// An open file.
pub struct OpenFile {
    /// Its text and version.
    pub text: FullTextDocument,
    path: PathBuf,
    reading: Option<Reading>,
}

/// What was worked out for one version of the text.
struct Reading {
    version: i32,
    /// `None` where the configuration leaves the file aside.
    found: Option<(Rewrite, Arc<Choices>)>,
}

impl OpenFile {
    /// Takes a file if it is a Dockerfile, as the editor or its name says.
    pub fn new(uri: &Uri, text: FullTextDocument) -> Option<OpenFile> {
        let path = path_of(uri);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let language = text.language_id().to_lowercase();
        let is_ours = language.contains("docker") || language.contains("containerfile") || is_dockerfile_name(&name);
        is_ours.then_some(OpenFile { text, path, reading: None })
    }

    /// Forgets what was worked out, because the configuration may be another one.
    pub fn forget(&mut self) {
        self.reading = None;
    }

    /// Everything about the text as it is now. A mistake of ours, or one in the configuration, is as good as nothing.
    fn read(&mut self, configs: &mut Configs<'_>) -> Option<(&Rewrite, &Arc<Choices>)> {
        let version = self.text.version();
        if self.reading.as_ref().is_none_or(|reading| reading.version != version) {
            let choices = configs.of(&self.path).filter(|choices| !choices.excludes(|| configs.absolute(&self.path)));
            let found = choices.and_then(|choices| {
                let rewrite = guarded_rewrite(self.text.get_content(None), &choices.options(&NO_FACTS)).ok()?;
                Some((rewrite, choices))
            });
            self.reading = Some(Reading { version, found });
        }
        self.reading.as_ref().and_then(|reading| reading.found.as_ref()).map(|(rewrite, choices)| (rewrite, choices))
    }

    /// What the editor underlines. Places that are left alone are told when somebody points at them.
    pub fn diagnostics(&mut self, configs: &mut Configs<'_>) -> Vec<Diagnostic> {
        self.read(configs);
        let Some((rewrite, _)) = self.known() else { return Vec::new() };
        let findings = findings_of(rewrite).into_iter().filter(|finding| !matches!(finding, Finding::Left(_)));
        findings.map(|finding| self.diagnostic(&finding)).collect()
    }

    /// One of them.
    pub fn diagnostic(&self, finding: &Finding<'_>) -> Diagnostic {
        let severity = match finding.level() {
            Level::Error => DiagnosticSeverity::ERROR,
            Level::Warning => DiagnosticSeverity::WARNING,
            Level::Note => DiagnosticSeverity::INFORMATION,
        };
        Diagnostic {
            range: self.range(finding.at()),
            severity: Some(severity),
            code: Some(NumberOrString::String(finding.id().to_owned())),
            source: Some("dopt".to_owned()),
            message: finding.message_with_caveat(),
            ..Diagnostic::default()
        }
    }

    /// What touches a range, places that are left alone included.
    pub fn findings_at(&mut self, range: Range, configs: &mut Configs<'_>) -> Vec<Finding<'_>> {
        let (start, end) = (self.text.offset_at(range.start), self.text.offset_at(range.end));
        self.read(configs);
        let Some((rewrite, _)) = self.known() else { return Vec::new() };
        let mut findings = findings_of(rewrite);
        findings.retain(|finding| finding.at().start <= end && start <= finding.at().end);
        findings
    }

    /// The edits of one fix and no other.
    pub fn edits_of(&self, change: &Change) -> Vec<TextEdit> {
        let Some((_, choices)) = self.known() else { return Vec::new() };
        let text = self.text.get_content(None);
        let after = rewrite_alone(text, &choices.options(&NO_FACTS), change);
        after.map(|after| self.text_edits(&edits_between(text, &after))).unwrap_or_default()
    }

    /// The edits of all safe fixes together.
    pub fn safe_edits(&mut self, configs: &mut Configs<'_>) -> Vec<TextEdit> {
        self.read(configs);
        let Some((rewrite, choices)) = self.known() else { return Vec::new() };
        let text = self.text.get_content(None);
        let safe = match choices.unsafe_fixes() {
            true => guarded_rewrite(text, &choices.safe_options(&NO_FACTS)).map(|safe| safe.after),
            false => Ok(rewrite.after.clone()),
        };
        safe.map(|after| self.text_edits(&edits_between(text, &after))).unwrap_or_default()
    }

    /// The range as the editor counts.
    pub fn range(&self, at: TextRange) -> Range {
        let position = |offset: u32| self.text.position_at(offset);
        Range { start: position(at.start), end: position(at.end) }
    }

    fn known(&self) -> Option<(&Rewrite, &Arc<Choices>)> {
        self.reading.as_ref().and_then(|reading| reading.found.as_ref()).map(|(rewrite, choices)| (rewrite, choices))
    }

    fn text_edits(&self, edits: &[Edit]) -> Vec<TextEdit> {
        let edit = |edit: &Edit| TextEdit { range: self.range(edit.range), new_text: edit.replacement.clone() };
        edits.iter().map(edit).collect()
    }
}

/// A place of no length.
pub fn point(position: Position) -> Range {
    Range { start: position, end: position }
}

/// The file that a URI names; that of a text without a file is in the current folder.
fn path_of(uri: &Uri) -> PathBuf {
    let Some(path) = uri.as_str().strip_prefix("file://").and_then(|rest| rest.find('/').map(|at| &rest[at..])) else {
        return PathBuf::from("Dockerfile");
    };
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok())).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    // `/c:/a` names `c:\a`.
    let skipped = usize::from(cfg!(windows) && bytes.get(2) == Some(&b':'));
    native(bytes.split_off(skipped))
}

#[cfg(unix)]
fn native(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn native(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_uris_are_those_of_the_disk() {
        let path = |uri: &str| path_of(&uri.parse().expect("a URI"));
        assert_eq!(path("file:///a%20b/%C3%A9/Dockerfile"), PathBuf::from("/a b/é/Dockerfile"));
        assert_eq!(path("file://localhost/100%25"), PathBuf::from("/100%"));
        assert_eq!(path("untitled:Untitled-1"), PathBuf::from("Dockerfile"));
    }
}
