//! How a file lays out its chains, so that what is added looks as if its author had written it.

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Instruction, Keyword, Logical};

/// A line longer than this is broken where that is ours to decide.
const WIDEST_LINE: usize = 100;

/// The layout of `&&` chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether `&&` stands at the start of a line and not at the end of the one before.
    pub operator_first: bool,
    /// What stands in front of a continued line.
    pub indent: String,
    /// The continuation sign with the blanks in front of it.
    pub continuation: String,
    /// The newline.
    pub newline: &'static str,
}

impl Style {
    /// The style of one instruction, if it has one.
    pub(crate) fn of_instruction(document: &Document, instruction: &Instruction) -> Option<Style> {
        let mut votes = Votes::default();
        votes.count(document, instruction);
        (!votes.is_empty()).then(|| votes.into_style(document))
    }

    /// The style of most of a file; four blanks and a leading `&&` where it has none.
    pub(crate) fn of_file(document: &Document) -> Style {
        let mut votes = Votes::default();
        let runs = document.instructions().iter().filter(|found| found.keyword == Keyword::Run);
        runs.for_each(|run| votes.count(document, run));
        votes.into_style(document)
    }

    /// What ends a line and begins the next one.
    pub fn line_break(&self) -> String {
        format!("{}{}{}", self.continuation, self.newline, self.indent)
    }

    /// What stands between two commands of a chain that are on lines of their own. The comments, one a line,
    /// come between them.
    pub fn chain_break(&self, comments: &[&str]) -> String {
        let Style { indent, continuation, newline, .. } = self;
        let comments: String = comments.iter().map(|comment| format!("{indent}{comment}{newline}")).collect();
        match self.operator_first {
            true => format!("{continuation}{newline}{comments}{indent}&& "),
            false => format!(" &&{continuation}{newline}{comments}{indent}"),
        }
    }

    /// What stands between the commands of `instruction` and one more: on the same line where it has only one and
    /// that stays short, else on a line of its own.
    pub fn append(&self, document: &Document, instruction: &Instruction, operator: &str, command: &str) -> String {
        let length = instruction.range.of(document.text()).chars().count() + operator.len() + command.len() + 2;
        let Style { indent, continuation, newline, .. } = self;
        let blank = if operator == ";" { "" } else { " " };
        if instruction.logical.is_one_line() && length <= WIDEST_LINE {
            format!("{blank}{operator} {command}")
        } else if self.operator_first && operator != ";" {
            format!("{continuation}{newline}{indent}{operator} {command}")
        } else {
            format!("{blank}{operator}{continuation}{newline}{indent}{command}")
        }
    }
}

/// A new instruction with its keyword written as that of another one: in lower case where that is.
pub fn cased_like(neighbour: &Instruction, document: &Document, line: &str) -> String {
    let written = neighbour.range.of(document.text());
    if !written.starts_with(|first: char| first.is_ascii_lowercase()) {
        return line.to_owned();
    }
    let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = if keyword == "FROM" { rest.replacen(" AS ", " as ", 1) } else { rest.to_owned() };
    format!("{} {rest}", keyword.to_ascii_lowercase()).trim_end().to_owned()
}

/// What the continued lines of instructions look like; the first found wins, but for the indent, and operators are
/// counted.
#[derive(Default)]
struct Votes<'d> {
    first: usize,
    last: usize,
    indent: Option<&'d str>,
    chained_indent: Option<&'d str>,
    continuation: Option<&'d str>,
}

impl<'d> Votes<'d> {
    fn is_empty(&self) -> bool {
        self.first + self.last == 0 && self.indent.is_none()
    }

    fn into_style(self, document: &Document) -> Style {
        Style {
            operator_first: self.first >= self.last,
            indent: self.chained_indent.or(self.indent).unwrap_or("    ").to_owned(),
            // Without a blank, a command that ends with the sign would swallow it.
            continuation: match self.continuation {
                Some(sign) if sign.starts_with([' ', '\t']) => sign.to_owned(),
                _ => format!(" {}", document.escape()),
            },
            newline: document.newline(),
        }
    }

    fn count(&mut self, document: &'d Document, instruction: &'d Instruction) {
        let Logical::Spliced { pieces, .. } = &instruction.logical else { return };
        let text = document.text();
        for pair in pieces.windows(2) {
            let (above, line) = (pair[0].file.of(text), pair[1].file.of(text));
            let content = line.trim_start();
            let indent = &line[..line.len() - content.len()];
            let sign_end = text[pair[0].file.end()..].find(document.escape()).map_or(0, |at| at + 1);
            let sign_start = pair[0].file.start() + above.trim_end().len();
            self.continuation.get_or_insert(&text[sign_start..pair[0].file.end() + sign_end]);
            // What stands deeper stands in a block; what stands at the edge may stand in quotes.
            let is_shorter = |known: &str| known.is_empty() || (!indent.is_empty() && indent.len() < known.len());
            if self.indent.is_none_or(is_shorter) {
                self.indent = Some(indent);
            }
            // An operator on a line of its own ends what stands above it.
            let is_alone = content.trim_end() == "&&";
            let (first, last) = (content.starts_with("&&") && !is_alone, above.trim_end().ends_with("&&"));
            self.first += usize::from(first);
            self.last += usize::from(last);
            if first || last {
                self.chained_indent.get_or_insert(indent);
            }
        }
    }
}
