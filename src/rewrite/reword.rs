//! Other words for one command, other flags for one instruction: the edits, and the effect that declares them.

use dopt_model::{ShellScript, StageRun};
use dopt_syntax::shell::SimpleCommand;
use dopt_syntax::{Document, TextRange};

use crate::{Edit, Effect, trace};

/// Gives an instruction other than `RUN` one more flag, behind those that it has.
pub fn add_flag(document: &Document, index: usize, flag: &str) -> (Edit, Effect) {
    let instruction = &document.instructions()[index];
    let at = match instruction.flags.last() {
        Some(last) => instruction.logical.end_in_file(last.range.end()),
        None => instruction.keyword_range.end(),
    };
    let mut after = trace::instruction_text(document, instruction);
    let flags: usize = instruction.flags.iter().map(|flag| flag.text.len() + 1).sum();
    after.insert_str(instruction.keyword.name().len() + flags, &format!(" {flag}"));
    (Edit::insert(at, format!(" {flag}")), Effect::ChangesInstruction { instruction: index, after })
}

/// Changes to the words of a simple command. Words are counted as in `SimpleCommand::words`.
#[derive(Debug)]
pub struct Reword<'c> {
    command: &'c SimpleCommand,
    /// What comes to stand in front of the words.
    assigned: Option<&'static str>,
    /// What becomes of each word; `None` for those that stay.
    replaced: Vec<Option<String>>,
    /// What comes to stand behind each word.
    added: Vec<Vec<String>>,
}

impl<'c> Reword<'c> {
    /// No change so far.
    pub fn of(command: &'c SimpleCommand) -> Self {
        let words = command.words.len();
        Reword { command, assigned: None, replaced: vec![None; words], added: vec![Vec::new(); words] }
    }

    /// The command as it is.
    pub fn command(&self) -> &'c SimpleCommand {
        self.command
    }

    /// Sets a variable for this command alone.
    #[must_use]
    pub fn assign(mut self, assignment: &'static str) -> Self {
        self.assigned = Some(assignment);
        self
    }

    /// Puts words (as written, one or several with blanks between) behind another one.
    #[must_use]
    pub fn insert(mut self, behind: usize, words: impl Into<String>) -> Self {
        self.added[behind].push(words.into());
        self
    }

    /// Writes a word otherwise.
    #[must_use]
    pub fn replace(mut self, at: usize, words: impl Into<String>) -> Self {
        self.replaced[at] = Some(words.into());
        self
    }

    /// Takes a word out, with the blanks in front of it. The first word has to stay.
    #[must_use]
    pub fn remove(self, at: usize) -> Self {
        self.replace(at, "")
    }

    /// The edits, in order, and the effect.
    pub fn finish(&self, run: StageRun<'_>, script: &ShellScript<'_>) -> (Vec<Edit>, Effect) {
        let SimpleCommand { assignments, words, redirects, .. } = self.command;
        let text = script.text();
        let mut edits = Vec::new();
        let mut after: Vec<&str> = assignments.iter().map(|found| found.range().of(text)).collect();
        if let (Some(assignment), Some(first)) = (self.assigned, words.first()) {
            after.push(assignment);
            edits.push(Edit::insert(script.start_in_file(first.range.start()), format!("{assignment} ")));
        }
        for (at, word) in words.iter().enumerate() {
            match self.replaced[at].as_deref() {
                Some("") => {
                    let gap = TextRange::new(words[at - 1].range.end(), word.range.end());
                    edits.push(Edit::replace(gap_in_file(script, gap), ""));
                }
                Some(new) => {
                    after.push(new);
                    edits.push(Edit::replace(script.in_file(word.range), new));
                }
                None => after.push(word.range.of(text)),
            }
            if !self.added[at].is_empty() {
                after.extend(self.added[at].iter().map(String::as_str));
                let added = format!(" {}", self.added[at].join(" "));
                edits.push(Edit::insert(script.end_in_file(word.range.end()), added));
            }
        }
        for redirect in redirects {
            after.push(redirect.range.of(text));
            after.extend(redirect.body.map(|body| body.of(text)));
        }
        let before = self.command.written(text);
        (edits, Effect::ChangesCommand { instruction: run.index(), before, after: after.join(" ") })
    }
}

/// A range that starts behind a word: blanks and continuations in front of the next one belong to it.
fn gap_in_file(script: &ShellScript<'_>, gap: TextRange) -> TextRange {
    TextRange::new(script.end_in_file(gap.start()), script.end_in_file(gap.end()))
}
