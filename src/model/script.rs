//! The shell script of a `RUN`, in coordinates that lead back to the file.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use dopt_syntax::dockerfile::{Form, Logical};
use dopt_syntax::shell::{self, Dialect, Script, SimpleCommand};
use dopt_syntax::{Document, TextRange};

use crate::commands::{Aftermath, Footprint, ProgramUse};
use crate::{Isolation, StageRun, isolation};

/// The script of one `RUN`. Its ranges count in [`ShellScript::text`].
#[derive(Clone, Copy, Debug)]
pub struct ShellScript<'s> {
    text: &'s str,
    script: &'s Script,
    place: Place<'s>,
    memo: &'s Memo,
}

/// What was worked out from a script, to be worked out once only.
#[derive(Clone, Debug, Default)]
struct Memo {
    programs: OnceCell<Rc<ProgramUse>>,
    /// For the folder that it was worked out for.
    footprint: OnceCell<(Option<String>, Rc<Footprint>)>,
    isolation: OnceCell<Isolation>,
    aftermath: OnceCell<Aftermath>,
}

/// Where the script's text stands in the file.
#[derive(Clone, Copy, Debug)]
enum Place<'s> {
    /// In the arguments, from this offset of the logical text on.
    Arguments(&'s Logical, usize),
    /// In the body of a here-document, from this file offset on.
    Heredoc(usize),
}

impl Place<'_> {
    fn start_in_file(self, offset: usize) -> usize {
        match self {
            Place::Arguments(logical, start) => logical.start_in_file(start + offset),
            Place::Heredoc(start) => start + offset,
        }
    }

    fn end_in_file(self, offset: usize) -> usize {
        match self {
            Place::Arguments(logical, start) => logical.end_in_file(start + offset),
            Place::Heredoc(start) => start + offset,
        }
    }

    fn in_file(self, range: TextRange) -> TextRange {
        let start = self.start_in_file(range.start());
        TextRange::new(start, self.end_in_file(range.end()).max(start))
    }
}

/// A `RUN` in exec form, as the script that runs the same program with the same words.
#[derive(Clone, Debug)]
pub struct ExecScript {
    text: String,
    script: Script,
}

impl ExecScript {
    /// Of the words of an exec form; `None` where there are none.
    pub fn of(form: &Form) -> Option<ExecScript> {
        let Form::Exec(words) = form else { return None };
        let text = shell::quoted(words);
        let script = shell::parse(&text, Dialect::Posix).ok().filter(|_| !words.is_empty())?;
        Some(ExecScript { text, script })
    }

    /// The words, each in quotes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the text consists of: one command.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The commands, as of [`ShellScript::all_commands`].
    pub fn all_commands(&self) -> Vec<&SimpleCommand> {
        let mut commands = Vec::new();
        self.script.walk(&mut |command| commands.push(command));
        commands
    }
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
        let mut commands = self.all_commands();
        commands.retain(|command| !inside.iter().any(|range| range.contains(command.range)));
        commands
    }

    /// The simple commands, in the order of the text, those inside words and expressions included.
    pub fn all_commands(&self) -> Vec<&'s SimpleCommand> {
        let mut commands = Vec::new();
        self.script.walk(&mut |command| commands.push(command));
        commands
    }

    /// Whether the text is the body of a here-document and so may have several lines.
    pub fn is_heredoc(&self) -> bool {
        matches!(self.place, Place::Heredoc(_))
    }

    /// What the script leaves and takes, if it starts in `folder`, or in a folder that is not known.
    pub fn footprint(&self, folder: Option<&str>) -> Rc<Footprint> {
        let work_out = || (folder.map(str::to_owned), Rc::new(Footprint::of(self, folder)));
        let (known, footprint) = self.memo.footprint.get_or_init(work_out);
        if known.as_deref() == folder { Rc::clone(footprint) } else { work_out().1 }
    }

    /// How the script has to be wrapped to share a shell.
    pub fn isolation(&self) -> Isolation {
        *self.memo.isolation.get_or_init(|| isolation(self))
    }

    /// What the script does that its step ends, or that the next one begins with.
    pub fn aftermath(&self) -> Aftermath {
        *self.memo.aftermath.get_or_init(|| Aftermath::of(&self.script.list, self.text))
    }

    /// Which programs the script runs, and which it may put at another place.
    pub fn programs(&self) -> Rc<ProgramUse> {
        Rc::clone(self.memo.programs.get_or_init(|| Rc::new(ProgramUse::of(&self.script.list, self.text))))
    }

    /// The file offset of the byte at `offset`.
    pub fn start_in_file(&self, offset: usize) -> usize {
        self.place.start_in_file(offset)
    }

    /// The file offset behind the byte before `offset`: where something that follows it is inserted.
    pub fn end_in_file(&self, offset: usize) -> usize {
        self.place.end_in_file(offset)
    }

    /// The smallest file range that holds a range of the script.
    pub fn in_file(&self, range: TextRange) -> TextRange {
        self.place.in_file(range)
    }
}

/// What was read of the scripts of a document, to be read once only: a cell for each instruction.
#[derive(Clone, Debug)]
pub struct Scripts(Rc<[Cell]>);

/// What was read of one script.
#[derive(Clone, Debug, Default)]
struct Cell {
    by_dialect: [OnceCell<Rc<Result<Script, shell::NotUnderstood>>>; 2],
    memo: Memo,
}

impl Scripts {
    /// Nothing was read so far.
    pub fn unread(document: &Document) -> Scripts {
        Scripts(document.instructions().iter().map(|_| Cell::default()).collect())
    }

    /// What holds for a later version of a document: the instructions that are written as before.
    pub fn carried_over(&self, before: &Document, after: &Document) -> Scripts {
        let (old, new) = (before.instructions(), after.instructions());
        let written = |at: usize| old[at].range.of(before.text());
        let same = |one: usize, other: usize| written(one) == new[other].range.of(after.text());
        let shortest = old.len().min(new.len());
        let head = (0..shortest).take_while(|at| same(*at, *at)).count();
        let tail = (1..=shortest - head).take_while(|back| same(old.len() - back, new.len() - back)).count();
        // In between they stay where they are, unless some came or went.
        let moved: HashMap<&str, usize> = match old.len() == new.len() {
            true => HashMap::new(),
            false => (head..old.len() - tail).map(|at| (written(at), at)).collect(),
        };
        let origin = |at: usize| match at {
            _ if at < head => Some(at),
            _ if at >= new.len() - tail => Some(at + old.len() - new.len()),
            _ if old.len() == new.len() => same(at, at).then_some(at),
            _ => moved.get(new[at].range.of(after.text())).copied(),
        };
        Scripts((0..new.len()).map(|at| origin(at).map_or_else(Cell::default, |at| self.0[at].clone())).collect())
    }

    fn read(&self, index: usize, text: &str, dialect: Dialect) -> (&Result<Script, shell::NotUnderstood>, &Memo) {
        let Cell { by_dialect, memo } = &self.0[index];
        let cell = &by_dialect[usize::from(dialect == Dialect::Bash)];
        (cell.get_or_init(|| Rc::new(shell::parse(text, dialect))), memo)
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
        (Ok(script), memo) => Ok(ShellScript { text, script, place, memo }),
        (Err(error), _) => Err(NotUnderstood { why: error.why, at: place.in_file(error.at) }),
    }
}
