//! BuildKit's word lexer: quotes, escapes and `$…` in everything but `RUN`, `CMD` and `ENTRYPOINT`.
//!
//! Only the reading is here; which value a variable has is the model's business.

/// The text is not a word: an open quote or an expansion that BuildKit does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Text without quotes and escapes.
    Literal(String),
    /// `$NAME` or `${NAME…}`.
    Expansion(Expansion),
}

/// `$NAME`, `${NAME}` or `${NAME:-word}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The variable.
    pub name: String,
    /// What stands between the name and the brace.
    pub modifier: Modifier,
}

/// What an expansion does with the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// The value as it is.
    Plain,
    /// `-word` or, where the flag is set, `:-word`: instead of an unset (or empty) value.
    Default(bool, Vec<Segment>),
    /// `+word` or, where the flag is set, `:+word`: instead of a set (and not empty) value.
    Alternative(bool, Vec<Segment>),
    /// `?`, `#`, `%` and `/`, which the model does not evaluate.
    Other,
}

/// The segments of `text`, quotes and escapes removed; `None` where BuildKit rejects it.
pub fn expansions(text: &str, escape: char) -> Option<Vec<Segment>> {
    let mut lexer = Lexer { text, at: 0, escape, raw: false };
    lexer.segments(None).ok()
}

/// A word that BuildKit reads as exactly this text, whatever is in it.
pub fn quoted(text: &str, escape: char) -> String {
    let is_special = |c: char| c == '"' || c == '$' || c == escape;
    if !text.contains(is_special) {
        return format!("\"{text}\"");
    }
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut word = String::from('"');
    for c in text.chars() {
        word.extend(is_special(c).then_some(escape));
        word.push(c);
    }
    word + "\""
}

/// The words of a line with their quotes and escapes, split as BuildKit splits them.
pub(super) fn raw_words(line: &str) -> Result<Vec<String>, Unreadable> {
    Lexer { text: line, at: 0, escape: '\\', raw: true }.words()
}

/// The one word that `text` is, quotes and escapes removed.
pub(super) fn unquoted_word(text: &str) -> Option<String> {
    let mut words = Lexer { text, at: 0, escape: '\\', raw: false }.words().ok()?;
    if words.len() == 1 { words.pop() } else { None }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    escape: char,
    /// Whether quotes and escapes stay in the words.
    raw: bool,
}

impl<'t> Lexer<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes what stands in front of the next such character, or everything.
    fn up_to(&mut self, end: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let plain = &rest[..rest.find(end).unwrap_or(rest.len())];
        self.at += plain.len();
        plain
    }

    fn words(&mut self) -> Result<Vec<String>, Unreadable> {
        let mut words = Vec::new();
        let mut word = String::new();
        while let Some(c) = self.peek() {
            let start = self.at;
            match c {
                '\'' => {
                    let inside = self.single_quoted()?;
                    word.push_str(if self.raw { &self.text[start..self.at] } else { inside });
                }
                '"' => {
                    let inside = self.double_quoted()?;
                    match self.raw {
                        true => word.push_str(&self.text[start..self.at]),
                        false => inside.iter().for_each(|part| part.write_source(&mut word)),
                    }
                }
                '$' => {
                    self.dollar()?;
                    for c in self.text[start..self.at].chars() {
                        push_or_split(c, &mut word, &mut words);
                    }
                }
                c if c == self.escape => {
                    self.next();
                    let Some(escaped) = self.next() else {
                        if self.raw {
                            word.push(c);
                        }
                        break;
                    };
                    if self.raw {
                        word.push(c);
                    }
                    word.push(escaped);
                }
                c => {
                    self.next();
                    push_or_split(c, &mut word, &mut words);
                }
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        Ok(words)
    }

    /// Reads up to `stop`, which is consumed, or to the end of the text.
    fn segments(&mut self, stop: Option<char>) -> Result<Vec<Segment>, Unreadable> {
        let mut segments = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                c if Some(c) == stop => {
                    self.next();
                    return Ok(segments);
                }
                '\'' => push_literal(&mut segments, self.single_quoted()?),
                '"' => segments.append(&mut self.double_quoted()?),
                '$' => segments.push(self.dollar()?),
                c if c == self.escape => {
                    self.next();
                    let start = self.at;
                    self.next();
                    push_literal(&mut segments, &self.text[start..self.at]);
                }
                _ => {
                    let escape = self.escape;
                    let plain = self.up_to(|c| Some(c) == stop || matches!(c, '\'' | '"' | '$') || c == escape);
                    push_literal(&mut segments, plain);
                }
            }
        }
        if stop.is_some() { Err(Unreadable) } else { Ok(segments) }
    }

    fn single_quoted(&mut self) -> Result<&'t str, Unreadable> {
        self.next();
        let start = self.at;
        let length = self.text[start..].find('\'').ok_or(Unreadable)?;
        self.at = start + length + 1;
        Ok(&self.text[start..start + length])
    }

    fn double_quoted(&mut self) -> Result<Vec<Segment>, Unreadable> {
        self.next();
        let mut segments = Vec::new();
        loop {
            match self.peek().ok_or(Unreadable)? {
                '"' => {
                    self.next();
                    return Ok(segments);
                }
                '$' => segments.push(self.dollar()?),
                c if c == self.escape => {
                    let written = self.at;
                    self.next();
                    let start = match self.peek() {
                        Some(next) if next == '"' || next == '$' || next == c => {
                            self.next();
                            self.at - next.len_utf8()
                        }
                        _ => written,
                    };
                    push_literal(&mut segments, &self.text[start..self.at]);
                }
                _ => {
                    let escape = self.escape;
                    push_literal(&mut segments, self.up_to(|c| c == '"' || c == '$' || c == escape));
                }
            }
        }
    }

    fn dollar(&mut self) -> Result<Segment, Unreadable> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            return Ok(match name.is_empty() {
                true => Segment::Literal("$".to_owned()),
                false => Segment::Expansion(Expansion { name, modifier: Modifier::Plain }),
            });
        }
        self.next();
        if matches!(self.peek(), None | Some('{' | '}' | ':')) {
            return Err(Unreadable);
        }
        let name = self.name();
        let mut sign = self.next().ok_or(Unreadable)?;
        let or_empty = sign == ':';
        if or_empty {
            sign = self.next().ok_or(Unreadable)?;
        }
        let modifier = match sign {
            '}' if !or_empty => Modifier::Plain,
            '-' => Modifier::Default(or_empty, self.segments(Some('}'))?),
            '+' => Modifier::Alternative(or_empty, self.segments(Some('}'))?),
            '?' | '#' | '%' => {
                self.segments(Some('}'))?;
                Modifier::Other
            }
            '/' if !or_empty => {
                if self.peek() == Some('/') {
                    self.next();
                }
                self.segments(Some('/'))?;
                self.segments(Some('}'))?;
                Modifier::Other
            }
            _ => return Err(Unreadable),
        };
        Ok(Segment::Expansion(Expansion { name, modifier }))
    }

    fn name(&mut self) -> String {
        let start = self.at;
        match self.peek() {
            Some(c) if c.is_numeric() => while self.peek().is_some_and(char::is_numeric) && self.next().is_some() {},
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.next();
            }
            _ => while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') && self.next().is_some() {},
        }
        self.text[start..self.at].to_owned()
    }
}

impl Segment {
    /// Writes the segment as BuildKit writes an expansion of an unset variable back.
    fn write_source(&self, out: &mut String) {
        match self {
            Segment::Literal(text) => out.push_str(text),
            Segment::Expansion(expansion) => {
                out.push('$');
                out.push_str(&expansion.name);
            }
        }
    }
}

fn push_or_split(c: char, word: &mut String, words: &mut Vec<String>) {
    if !c.is_whitespace() {
        word.push(c);
    } else if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

fn push_literal(segments: &mut Vec<Segment>, text: &str) {
    match segments.last_mut() {
        Some(Segment::Literal(literal)) => literal.push_str(text),
        _ => segments.push(Segment::Literal(text.to_owned())),
    }
}
