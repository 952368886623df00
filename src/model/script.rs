//! The shell script of a `RUN`, in coordinates that lead back to the file.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use dopt_syntax::dockerfile::{Form, Logical};
use dopt_syntax::shell::{self, Dialect, Script, SimpleCommand};
use dopt_syntax::{Document, TextRange};

use crate::StageRun;

/// The script of one `RUN`. Its ranges count in [`ShellScript::text`].
#[derive(Clone, Copy, Debug)]
pub struct ShellScript<'s> {
    text: &'s str,
    script: &'s Script,
    place: Place<'s>,
}

/// Where the script's text stands in the file.
#[derive(Clone, Copy, Debug)]
enum Place<'s> {
    /// In the arguments, from this offset of the logical text on.
    Arguments(&'s Logical, usize),
    /// In the body of a here-document, from this file offset on.
    Heredoc(usize),
}

/// A `RUN` whose commands cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Half a sentence that says why.
    pub why: &'static str,
    /// The file range that stopped the reading.
    pub at: TextRange,
}

impl<'s> ShellScript<'s> {
    /// The text that the shell gets.
    pub fn text(&self) -> &'s str {
        self.text
    }

    /// What the text consists of.
    pub fn script(&self) -> &'s Script {
        self.script
    }

    /// The simple commands, in the order of the text, apart from those inside a word or an expression.
    pub fn commands(&self) -> Vec<&'s SimpleCommand> {
        let inside = self.script.substituting_ranges();
        let mut commands = Vec::new();
        self.script.walk(&mut |command| commands.push(command));
        commands.retain(|command| !inside.iter().any(|range| range.contains(command.range)));
        commands
    }

    /// Whether the text is the body of a here-document and so may have several lines.
    pub fn is_heredoc(&self) -> bool {
        matches!(self.place, Place::Heredoc(_))
    }

    /// The file offset of the byte at `offset`.
    pub fn start_in_file(&self, offset: usize) -> usize {
        match self.place {
            Place::Arguments(logical, start) => logical.start_in_file(start + offset),
            Place::Heredoc(start) => start + offset,
        }
    }

    /// The file offset behind the byte before `offset`: where something that follows it is inserted.
    pub fn end_in_file(&self, offset: usize) -> usize {
        match self.place {
            Place::Arguments(logical, start) => logical.end_in_file(start + offset),
            Place::Heredoc(start) => start + offset,
        }
    }

    /// The smallest file range that holds a range of the script.
    pub fn in_file(&self, range: TextRange) -> TextRange {
        let start = self.start_in_file(range.start());
        TextRange::new(start, self.end_in_file(range.end()).max(start))
    }
}

/// What was read of the scripts of a document, to be read once only: a cell for each instruction.
#[derive(Clone, Debug)]
pub struct Scripts(Rc<[Cell]>);

/// What was read, by dialect.
type Cell = [OnceCell<Rc<Result<Script, shell::NotUnderstood>>>; 2];

impl Scripts {
    /// Nothing was read so far.
    pub fn unread(document: &Document) -> Scripts {
        Scripts(document.instructions().iter().map(|_| Cell::default()).collect())
    }

    /// What holds for a later version of a document: the instructions that are written as before.
    pub fn carried_over(&self, before: &Document, after: &Document) -> Scripts {
        let pairs = before.instructions().iter().zip(self.0.iter());
        let known: HashMap<&str, &Cell> = pairs.map(|(found, cell)| (found.range.of(before.text()), cell)).collect();
        let carried = after
            .instructions()
            .iter()
            .map(|found| known.get(found.range.of(after.text())).map_or_else(Cell::default, |cell| (*cell).clone()));
        Scripts(carried.collect())
    }

    fn read(&self, index: usize, text: &str, dialect: Dialect) -> &Result<Script, shell::NotUnderstood> {
        self.0[index][usize::from(dialect == Dialect::Bash)].get_or_init(|| Rc::new(shell::parse(text, dialect)))
    }
}

pub(crate) fn read<'s>(run: StageRun<'s>, scripts: &'s Scripts) -> Result<ShellScript<'s>, NotUnderstood> {
    let instruction = run.instruction();
    let stop = |why| NotUnderstood { why, at: instruction.range };
    if instruction.form != Form::Shell {
        return Err(stop("it is written in exec form"));
    }
    let dialect = run.state().shell().dialect.ok_or_else(|| stop("its shell is not a POSIX shell"))?;
    let file = run.document().text();
    let (text, place) = match &instruction.heredocs[..] {
        [] => {
            let start = instruction.arguments.start();
            (instruction.arguments_text(file), Place::Arguments(&instruction.logical, start))
        }
        [only] if instruction.arguments_text(file).split_whitespace().count() == 1 => {
            (only.body.of(file), Place::Heredoc(only.body.start()))
        }
        _ => return Err(stop("it mixes a command with here-documents")),
    };
    if instruction.heredocs.iter().any(|heredoc| heredoc.body.of(file).starts_with("#!")) {
        return Err(stop("its here-document names an interpreter of its own"));
    }
    match scripts.read(run.index(), text, dialect) {
        Ok(script) => Ok(ShellScript { text, script, place }),
        Err(error) => {
            let place = ShellScript { text, script: &EMPTY, place };
            Err(NotUnderstood { why: error.why, at: place.in_file(error.at) })
        }
    }
}

static EMPTY: Script = Script { list: shell::List { items: Vec::new() }, comments: Vec::new() };
