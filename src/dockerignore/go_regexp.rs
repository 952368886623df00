//! Go's regular expressions, for the `regex` crate. Builders turn patterns into such expressions and let most of what
//! is special there through, so `\d` in a `.dockerignore` is a digit and `[[:alpha:]]` a letter.
//!
//! In here is what can come up: no groups with a name or flags, for a `?` of a pattern never gets here as such.

use regex::bytes::{Regex, RegexBuilder};

/// Far more than any real pattern needs.
const LARGEST_BYTES: usize = 4 << 20;

/// What may stand in `[[:…:]]`.
const NAMED_CLASSES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Compiles an expression that Go would compile; `None` for others.
pub fn compile(expression: &str) -> Option<Regex> {
    let mut translation = Translation { rest: expression, out: String::with_capacity(2 * expression.len()) };
    translation.all()?;
    RegexBuilder::new(&translation.out).size_limit(LARGEST_BYTES).build().ok()
}

struct Translation<'e> {
    rest: &'e str,
    out: String,
}

impl Translation<'_> {
    fn all(&mut self) -> Option<()> {
        let mut behind_repeat = false;
        while let Some(next) = self.rest.chars().next() {
            let is_repeat = match next {
                '*' | '+' | '?' => true,
                '{' => bounds(self.rest)?.is_some(),
                _ => false,
            };
            if is_repeat && behind_repeat {
                return None;
            }
            match next {
                '{' if is_repeat => self.take_bounds(),
                '*' | '+' | '?' => self.keep(next),
                '.' | '(' | ')' | '|' | '^' | '$' => self.keep(next),
                '[' => self.class()?,
                '\\' => self.escape()?,
                next => {
                    self.skip(next);
                    self.literal(next);
                }
            }
            if is_repeat && self.rest.starts_with('?') {
                self.keep('?');
            }
            behind_repeat = is_repeat;
        }
        Some(())
    }

    fn skip(&mut self, next: char) {
        self.rest = &self.rest[next.len_utf8()..];
    }

    fn keep(&mut self, next: char) {
        self.skip(next);
        self.out.push(next);
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.skip(next);
        Some(next)
    }

    fn literal(&mut self, found: char) {
        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(found)));
    }

    fn take_bounds(&mut self) {
        let end = self.rest.find('}').map_or(self.rest.len(), |at| at + 1);
        self.out.push_str(&self.rest[..end]);
        self.rest = &self.rest[end..];
    }

    /// A backslash outside of a class.
    fn escape(&mut self) -> Option<()> {
        let kind = self.rest[1..].chars().next()?;
        match kind {
            'A' | 'z' => self.assertion(&format!("\\{kind}")),
            'b' | 'B' => self.assertion(&format!("(?-u:\\{kind})")),
            'Q' => {
                let text = &self.rest[2..];
                let end = text.find("\\E").unwrap_or(text.len());
                text[..end].chars().for_each(|found| self.literal(found));
                self.rest = text[end..].strip_prefix("\\E").unwrap_or_default();
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P' => {
                self.out.push('[');
                self.set()?;
                self.out.push(']');
            }
            _ => {
                let found = self.escaped_char()?;
                self.literal(found);
            }
        }
        Some(())
    }

    fn assertion(&mut self, text: &str) {
        self.out.push_str(text);
        self.rest = &self.rest[2..];
    }

    /// `\d` and its like, or `\pL`, as a part of a class.
    fn set(&mut self) -> Option<()> {
        let kind = self.rest[1..].chars().next()?;
        let set = match kind {
            'd' => "0-9",
            'D' => "[^0-9]",
            's' => "\\t\\n\\x0c\\r\\x20",
            'S' => "[^\\t\\n\\x0c\\r\\x20]",
            'w' => "0-9A-Za-z_",
            'W' => "[^0-9A-Za-z_]",
            _ => {
                let name = self.rest[2..].chars().next()?;
                let end = if name == '{' { self.rest.find('}')? + 1 } else { 2 + name.len_utf8() };
                self.out.push_str(&self.rest[..end]);
                self.rest = &self.rest[end..];
                return Some(());
            }
        };
        self.out.push_str(set);
        self.rest = &self.rest[2..];
        Some(())
    }

    /// The character that a backslash and what follows stand for.
    fn escaped_char(&mut self) -> Option<char> {
        self.next();
        let kind = self.next()?;
        let octal = |next: Option<char>| next.is_some_and(|next| ('0'..='7').contains(&next));
        match kind {
            '1'..='7' if !octal(self.rest.chars().next()) => None,
            '0'..='7' => {
                let mut code = kind.to_digit(8)?;
                for _ in 0..2 {
                    if octal(self.rest.chars().next()) {
                        code = code * 8 + self.next()?.to_digit(8)?;
                    }
                }
                char::from_u32(code)
            }
            'x' => self.hexadecimal(),
            'a' => Some('\u{7}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            kind => (kind.is_ascii() && !kind.is_ascii_alphanumeric()).then_some(kind),
        }
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let digits = match self.rest.strip_prefix('{') {
            Some(inside) => &inside[..inside.find('}')?],
            None => self.rest.get(..2)?,
        };
        let bytes = digits.len() + if self.rest.starts_with('{') { 2 } else { 0 };
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        self.rest = &self.rest[bytes..];
        if is_number { char::from_u32(u32::from_str_radix(digits, 16).ok()?) } else { None }
    }

    /// A class in brackets.
    fn class(&mut self) -> Option<()> {
        self.keep('[');
        if self.rest.starts_with('^') {
            self.keep('^');
        }
        let mut first = true;
        loop {
            let next = self.rest.chars().next()?;
            if next == ']' && !first {
                self.keep(']');
                return Some(());
            }
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest[2..].find(":]")
            {
                let name = &self.rest[2..end + 2];
                if !NAMED_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return None;
                }
                self.out.push_str(&self.rest[..end + 4]);
                self.rest = &self.rest[end + 4..];
                continue;
            }
            if next == '\\' && self.rest[1..].starts_with(['d', 'D', 's', 'S', 'w', 'W', 'p', 'P']) {
                self.set()?;
                continue;
            }
            let low = self.class_char()?;
            let mut high = low;
            if self.rest.starts_with('-') && self.rest[1..].chars().next().is_some_and(|next| next != ']') {
                self.skip('-');
                high = self.class_char()?;
            }
            if high < low {
                return None;
            }
            self.literal(low);
            self.out.push('-');
            self.literal(high);
        }
    }

    fn class_char(&mut self) -> Option<char> {
        if self.rest.starts_with('\\') { self.escaped_char() } else { self.next() }
    }
}

/// Whether a brace starts the bounds of a repetition; otherwise it stands for itself. `None` where Go finds them too large.
fn bounds(text: &str) -> Option<Option<()>> {
    let Some((inside, _)) = text[1..].split_once('}') else { return Some(None) };
    let (low, high) = inside.split_once(',').unwrap_or((inside, inside));
    let is_number = |digits: &str| {
        !digits.is_empty()
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0'))
    };
    if !is_number(low) || !(high.is_empty() || is_number(high)) {
        return Some(None);
    }
    let low: usize = low.parse().ok()?;
    let high: usize = if high.is_empty() { low } else { high.parse().ok()? };
    (low <= high && high <= 1000).then_some(Some(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(expression: &str, text: &str) -> Option<bool> {
        compile(expression).map(|found| found.is_match(text.as_bytes()))
    }

    #[test]
    fn expressions_mean_what_they_mean_in_go() {
        let yes = [
            ("^a\\d$", "a1"),
            ("^[[:alpha:]]b$", "xb"),
            ("^[a&&b]$", "&"),
            ("^[[]$", "["),
            ("^a]$", "a]"),
            ("^\\x41\\102$", "AB"),
            ("^[^/]*\\.go$", "ä\n.go"),
            ("^a{b}$", "a{b}"),
            ("^a{,2}$", "a{,2}"),
            ("^\\Qa*b\\E$", "a*b"),
            ("^[\\w-z]$", "-"),
        ];
        for (expression, text) in yes {
            assert_eq!(is_match(expression, text), Some(true), "{expression}");
        }
        for (expression, text) in [("^a\\d$", "ad"), ("^a\\d$", "a٣"), ("^.*b$", "a\nb"), ("^\\w$", "ä")] {
            assert_eq!(is_match(expression, text), Some(false), "{expression}");
        }
        for expression in ["^[z-a]$", "^\\y$", "^\\8$", "^\\1$", "^a+*$", "^a{2,1}$", "^a{1001}$", "^(a$", "^[[:x:]]$"]
        {
            assert_eq!(is_match(expression, ""), None, "{expression}");
        }
    }
}
