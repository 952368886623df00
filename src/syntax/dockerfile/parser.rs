//! From lines to instructions, in the steps of BuildKit's parser.

use super::arguments::{plain_words, quoted_words};
use super::instruction::{Flag, Form, Instruction, Keyword, Logical, Piece};
use super::{DirectiveName, Document, directive, heredoc};
use crate::{Problem, ProblemKind, TextRange};

/// What BuildKit's line scanner holds at most.
const LONGEST_LINE: usize = 64 * 1024 - 1;

pub(super) fn parse(text: String) -> Document {
    let document =
        Document { text, directives: Vec::new(), instructions: Vec::new(), problems: Vec::new(), escape: b'\\' };
    let mut parser = Parser { at: 0, line: 0, in_directives: true, out: document };
    if parser.out.text.starts_with('\u{feff}') {
        parser.at = 3;
    }
    while let Some(first) = parser.next_line() {
        parser.read_instruction(first);
    }
    if parser.out.instructions.is_empty() {
        let end = parser.out.text.len();
        parser.problem(ProblemKind::NoInstruction, TextRange::empty(end));
    }
    parser.out
}

struct Parser {
    /// The offset of the next line.
    at: usize,
    /// How many lines were read.
    line: usize,
    in_directives: bool,
    out: Document,
}

impl Parser {
    /// The next line without its newline.
    fn next_line(&mut self) -> Option<TextRange> {
        let text = &self.out.text;
        if self.at >= text.len() {
            return None;
        }
        let start = self.at;
        let length = memchr::memchr(b'\n', &text.as_bytes()[start..]).unwrap_or(text.len() - start);
        self.at = (start + length + 1).min(text.len());
        self.line += 1;
        let line = text[start..start + length].trim_end_matches('\r');
        let range = TextRange::new(start, start + line.len());
        if length > LONGEST_LINE {
            self.problem(ProblemKind::LineTooLong, range);
        }
        Some(range)
    }

    fn problem(&mut self, kind: ProblemKind, at: TextRange) {
        self.out.problems.push(Problem { kind, at });
    }

    fn read_instruction(&mut self, line: TextRange) {
        let content = line.of(&self.out.text).trim_start();
        let first = TextRange::new(line.end() - content.len(), line.end());
        if self.in_directives {
            self.read_directive(first);
        }
        let content = first.of(&self.out.text);
        if content.is_empty() || content.starts_with('#') {
            return;
        }
        let first_line = self.line;
        let (logical, end) = self.splice(first);
        if logical.text(&self.out.text).trim().is_empty() {
            return;
        }
        let last_line = self.line;
        let mut instruction = self.interpret(logical, first_line);
        instruction.range.end = TextRange::empty(end).end;
        instruction.last_line = last_line;
        if takes_heredocs(&instruction) {
            self.read_heredocs(&mut instruction);
        }
        self.out.instructions.push(instruction);
    }

    fn read_directive(&mut self, line: TextRange) {
        let Some(found) = directive::read(line.of(&self.out.text), line.start()) else {
            self.in_directives = false;
            return;
        };
        if self.out.directives.iter().any(|earlier| earlier.name == found.name) {
            self.problem(ProblemKind::RepeatedDirective, found.range);
        } else if found.name == DirectiveName::Escape {
            match found.value.of(&self.out.text) {
                "\\" => {}
                "`" => self.out.escape = b'`',
                _ => self.problem(ProblemKind::InvalidEscape, found.value),
            }
        }
        self.out.directives.push(found);
    }

    /// Joins the first line with what continues it; also gives the end of the last line.
    fn splice(&mut self, first: TextRange) -> (Logical, usize) {
        let (content, mut continues) = trim_continuation(&self.out.text, first, self.out.escape);
        if !continues {
            return (Logical::Line(content), first.end());
        }
        let mut spliced = content.of(&self.out.text).to_owned();
        let mut pieces = vec![Piece { logical: 0, file: content }];
        let mut end = first.end();
        while continues {
            let Some(line) = self.next_line() else { break };
            end = line.end();
            let trimmed = line.of(&self.out.text).trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let (content, more) = trim_continuation(&self.out.text, line, self.out.escape);
            continues = more;
            pieces.push(Piece { logical: TextRange::empty(spliced.len()).start, file: content });
            spliced.push_str(content.of(&self.out.text));
        }
        // Empty pieces would make two file places out of one logical offset.
        pieces.retain(|piece| !piece.file.is_empty());
        if pieces.is_empty() {
            pieces.push(Piece { logical: 0, file: content });
        }
        (Logical::Spliced { text: spliced.into(), pieces: pieces.into() }, end)
    }

    fn interpret(&mut self, logical: Logical, first_line: usize) -> Instruction {
        let length = logical.text(&self.out.text).len();
        self.interpret_part(logical, TextRange::new(0, length), first_line)
    }

    /// Reads keyword, flags and arguments in `part` of the logical text.
    fn interpret_part(&mut self, logical: Logical, part: TextRange, first_line: usize) -> Instruction {
        let text = logical.text(&self.out.text);
        let part = trim(text, part);
        let word_end = text[..part.end()][part.start()..].find(is_blank).map_or(part.end(), |at| part.start() + at);
        let keyword_range = TextRange::new(part.start(), word_end);
        let keyword = Keyword::of(keyword_range.of(text));
        let after = text[word_end..part.end()].trim_start_matches(is_blank);
        let (flags, rest) = read_flags(text, TextRange::new(part.end() - after.len(), part.end()));
        let arguments = trim(text, rest);
        let form = read_form(keyword, arguments.of(text));
        let keyword_in_file = logical.in_file(keyword_range);
        let mut instruction = Instruction {
            keyword,
            keyword_range: keyword_in_file,
            range: TextRange::new(keyword_in_file.start(), logical.end_in_file(part.end())),
            first_line,
            last_line: first_line,
            logical,
            flags,
            arguments,
            form: Form::Shell,
            heredocs: Vec::new(),
            trigger: None,
        };
        match form {
            Ok(form) => instruction.form = form,
            Err(kind) => self.problem(kind, instruction.range),
        }
        self.check_arguments(&instruction);
        if keyword == Keyword::Onbuild && !arguments.is_empty() {
            let trigger = self.interpret_part(instruction.logical.clone(), arguments, first_line);
            instruction.trigger = Some(Box::new(trigger));
        }
        instruction
    }

    fn check_arguments(&mut self, instruction: &Instruction) {
        let text = instruction.logical.text(&self.out.text);
        let kind = match instruction.keyword {
            Keyword::Unknown => Some(ProblemKind::UnknownInstruction),
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => None,
            _ if instruction.arguments.is_empty() => Some(ProblemKind::MissingArguments),
            Keyword::Env | Keyword::Label => {
                let words = quoted_words(text, instruction.arguments, self.out.escape());
                match words.first() {
                    Some(first) if first.of(text).contains('=') => {
                        let lacks = words.iter().any(|word| !word.of(text).contains('='));
                        lacks.then_some(ProblemKind::MissingEquals)
                    }
                    _ => (plain_words(text, instruction.arguments).len() < 2).then_some(ProblemKind::MissingValue),
                }
            }
            _ => None,
        };
        if let Some(kind) = kind {
            self.problem(kind, instruction.range);
        }
    }

    fn read_heredocs(&mut self, instruction: &mut Instruction) {
        let mut heredocs = heredoc::announced(instruction.logical.text(&self.out.text));
        for heredoc in &mut heredocs {
            let start = self.at;
            heredoc.body = TextRange::new(start, self.out.text.len());
            heredoc.terminator = TextRange::empty(self.out.text.len());
            let mut ended = false;
            while let Some(line) = self.next_line() {
                let content = line.of(&self.out.text);
                let content = if heredoc.strips_tabs { content.trim_start_matches('\t') } else { content };
                if content == heredoc.name {
                    heredoc.body = TextRange::new(start, line.start());
                    heredoc.terminator = line;
                    ended = true;
                    break;
                }
            }
            if !ended {
                self.problem(ProblemKind::UnterminatedHeredoc, instruction.range);
            }
            instruction.range.end = heredoc.terminator.end;
            instruction.last_line = self.line;
        }
        if let Some(trigger) = &mut instruction.trigger {
            trigger.heredocs = heredocs.clone();
        }
        instruction.heredocs = heredocs;
    }
}

fn takes_heredocs(instruction: &Instruction) -> bool {
    let instruction = instruction.trigger.as_deref().unwrap_or(instruction);
    matches!(instruction.keyword, Keyword::Run | Keyword::Copy | Keyword::Add) && instruction.form == Form::Shell
}

/// Cuts the continuation sign and the blanks behind it off; says whether there was one.
/// Two signs in a row do not continue: BuildKit's pattern is `[^\\]\\[ \t]*$|^\\[ \t]*$`.
fn trim_continuation(text: &str, line: TextRange, escape: u8) -> (TextRange, bool) {
    let bytes = line.of(text).trim_end_matches([' ', '\t']).as_bytes();
    match bytes {
        [.., before, last] if *last == escape && *before == escape => (line, false),
        [.., last] if *last == escape => (TextRange::new(line.start(), line.start() + bytes.len() - 1), true),
        _ => (line, false),
    }
}

/// The `--flags` at the start of `range`, and the rest.
fn read_flags(text: &str, range: TextRange) -> (Vec<Flag>, TextRange) {
    let bytes = &text.as_bytes()[..range.end()];
    let mut flags = Vec::new();
    let mut at = range.start();
    loop {
        while at < bytes.len() && is_flag_blank(bytes[at]) {
            at += 1;
        }
        if !bytes[at..].starts_with(b"--") {
            return (flags, TextRange::new(at, range.end()));
        }
        let start = at;
        let word = read_flag_word(bytes, &mut at);
        if word == b"--" {
            return (flags, TextRange::new(at, range.end()));
        }
        flags.push(Flag { text: String::from_utf8_lossy(&word).into_owned(), range: TextRange::new(start, at) });
    }
}

fn read_flag_word(bytes: &[u8], at: &mut usize) -> Vec<u8> {
    let mut word = Vec::new();
    let mut quote = None;
    while *at < bytes.len() {
        let byte = bytes[*at];
        match (byte, quote) {
            (byte, None) if is_flag_blank(byte) => break,
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'\\', _) => {
                *at += 1;
                word.extend(bytes.get(*at));
            }
            _ => word.push(byte),
        }
        *at += 1;
    }
    *at = (*at).min(bytes.len());
    word
}

fn read_form(keyword: Keyword, arguments: &str) -> Result<Form, ProblemKind> {
    let array = match keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => arguments,
        Keyword::Add | Keyword::Copy | Keyword::Volume => arguments,
        Keyword::Healthcheck => arguments.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start()),
        _ => return Ok(Form::Shell),
    };
    if !array.starts_with('[') {
        return Ok(Form::Shell);
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(array) else { return Ok(Form::Shell) };
    let strings = values.into_iter().map(|value| match value {
        serde_json::Value::String(string) => Ok(string),
        _ => Err(ProblemKind::NotAllStrings),
    });
    Ok(Form::Exec(strings.collect::<Result<_, _>>()?))
}

fn trim(text: &str, range: TextRange) -> TextRange {
    let trimmed = range.of(text).trim_start();
    let start = range.end() - trimmed.len();
    TextRange::new(start, start + trimmed.trim_end().len())
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// BuildKit reads flags byte by byte and takes the bytes 0x85 and 0xA0 for Unicode's blanks.
fn is_flag_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xA0)
}
