//! What a shell script consists of. All ranges are byte offsets into the script's own text.

use crate::TextRange;

/// Which grammar the script is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/bin/sh`, which may be dash, BusyBox ash or Bash: only what all of them read alike is understood.
    Posix,
    /// Bash.
    Bash,
}

/// A script that was read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The commands, in order. Empty where the script has none.
    pub list: List,
    /// Every `# comment`, from the `#` to the end of its line.
    pub comments: Vec<TextRange>,
}

/// Why a script was not read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Half a sentence, to be read behind "the shell cannot be read: ".
    pub why: &'static str,
    /// The place that stopped the reading.
    pub at: TextRange,
}

/// And-or lists, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The and-or lists with what ends each.
    pub items: Vec<Item>,
}

/// One and-or list and what ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Pipelines joined by `&&` and `||`.
    pub and_or: AndOr,
    /// What ends the list; `None` where nothing does (end of the script, `)`, `}` …).
    pub separator: Option<Separator>,
}

/// What ends an and-or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separator {
    /// Which of the three.
    pub kind: SeparatorKind,
    /// The one byte of the separator.
    pub range: TextRange,
}

/// `;`, a newline or `&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeparatorKind {
    /// `;`
    Semicolon,
    /// The end of a line.
    Newline,
    /// `&`: the list before it runs in the background.
    Background,
}

/// Pipelines joined by `&&` and `||`, which have the same rank and bind to the left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndOr {
    /// The first pipeline.
    pub first: Pipeline,
    /// The operators, each with the pipeline on its right.
    pub rest: Vec<Link>,
}

/// An operator of an and-or list and the pipeline on its right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `&&` or `||`.
    pub operator: AndOrOperator,
    /// The two bytes of the operator.
    pub operator_range: TextRange,
    /// The pipeline on its right.
    pub pipeline: Pipeline,
}

/// `&&` or `||`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AndOrOperator {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// From the `!` or the first command to the end of the last.
    pub range: TextRange,
    /// Whether a `!` stands in front.
    pub negated: bool,
    /// At least one.
    pub commands: Vec<Command>,
}

/// One command of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `NAME=value word word >file`
    Simple(SimpleCommand),
    /// `if`, `for`, `( … )` and their like.
    Compound(CompoundCommand),
    /// `name() { …; }`
    Function(FunctionDefinition),
}

/// Assignments, words and redirections. Any of the three may be empty, but not all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimpleCommand {
    /// From the first byte of the first part to the last byte of the last.
    pub range: TextRange,
    /// The `NAME=value` in front of the words, in order.
    pub assignments: Vec<Assignment>,
    /// The command's name and its arguments, in order.
    pub words: Vec<Word>,
    /// The redirections, wherever they stand.
    pub redirects: Vec<Redirect>,
}

/// `NAME=value` or `NAME+=value` in front of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name alone.
    pub name: TextRange,
    /// The value alone; its range is empty for `NAME=`. In Bash also a whole array `(…)`, which is opaque.
    pub value: Word,
}

impl Assignment {
    /// From the name's first byte to the value's last.
    pub fn range(&self) -> TextRange {
        self.name.cover(self.value.range)
    }
}

/// A command with an inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompoundCommand {
    /// From the opening word to the closing word, redirections included.
    pub range: TextRange,
    /// What it is.
    pub kind: CompoundKind,
    /// The redirections behind it.
    pub redirects: Vec<Redirect>,
}

/// The kinds of compound commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompoundKind {
    /// `( list )`
    Subshell(List),
    /// `{ list; }`
    Group(List),
    /// `if … then … elif … then … else … fi`
    If {
        /// Condition and body of `if` and of every `elif`.
        branches: Vec<(List, List)>,
        /// The body of `else`.
        otherwise: Option<List>,
    },
    /// `while … do … done`, or `until`.
    Loop {
        /// Whether it is `until`.
        until: bool,
        /// What stands before `do`.
        condition: List,
        /// What stands between `do` and `done`.
        body: List,
    },
    /// `for name in words; do … done`
    For {
        /// The loop's variable.
        variable: TextRange,
        /// `None` where there is no `in`.
        words: Option<Vec<Word>>,
        /// What stands between `do` and `done`.
        body: List,
    },
    /// `case word in pattern) … ;; esac`
    Case {
        /// The word that is compared.
        subject: Word,
        /// The branches, in order.
        arms: Vec<CaseArm>,
    },
    /// Bash's `(( … ))` and `[[ … ]]`, which are not looked into; `for (( … ))` has its own body.
    Expression {
        /// The body of `for (( … )); do … done`; `None` for the other two.
        body: Option<List>,
        /// Whether a variable may be assigned inside.
        assigns: bool,
        /// The lists inside its `$(…)`, back-quotes and `<(…)`, outermost ones only, in order.
        substitutions: Vec<List>,
    },
}

/// One branch of a `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseArm {
    /// The patterns between the `|`.
    pub patterns: Vec<Word>,
    /// What runs where one of them matches.
    pub body: List,
}

/// `name() { …; }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDefinition {
    /// From the name (or the word `function`) to the end of the body.
    pub range: TextRange,
    /// The name alone.
    pub name: TextRange,
    /// The body, a compound command.
    pub body: Box<CompoundCommand>,
}

/// `2>&1`, `<file`, `<<EOF` …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The descriptor number, if any, the operator and the target.
    pub range: TextRange,
    /// `>`, `<<-`, `>&` … without the descriptor number.
    pub operator: TextRange,
    /// The word behind the operator; for a here-document its delimiter as written, whose `expands`, `assigns` and
    /// `substitutions` then speak of the body.
    pub target: Word,
    /// The lines of a here-document, without the line of the delimiter. They lie outside `range`.
    pub body: Option<TextRange>,
}

/// A word as written, with what was noticed while it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word with its quotes.
    pub range: TextRange,
    /// Whether any part of it is quoted or escaped.
    pub quoted: bool,
    /// Whether its value depends on a `$…` or a back-quote.
    pub expands: bool,
    /// Whether it has an unquoted `*`, `?` or `[…]`, a `{…,…}`, or a `~` in front or behind `=` or `:`: a value the
    /// shell looks up.
    pub globs: bool,
    /// Whether expanding it may change a variable: `${x=…}`, `${x:=…}`, or an arithmetic expansion with an assignment.
    pub assigns: bool,
    /// The lists inside `$(…)`, back-quotes and Bash's `<(…)`, outermost ones only, in order.
    pub substitutions: Vec<List>,
}
