//! Long lines for terminals, broken between words: a terminal by itself breaks them within.

use console::measure_text_width;

/// On fewer columns nothing can be read either way.
const NARROWEST: usize = 20;

/// Breaks each line that has more columns than there are. What follows is indented; colours take no room.
pub fn folded(text: &str, columns: usize, indent: usize) -> String {
    if columns < NARROWEST + indent || measure_text_width(text) <= columns {
        return text.to_owned();
    }
    let lines: Vec<String> = text.split('\n').map(|line| folded_line(line, columns, indent)).collect();
    lines.join("\n")
}

fn folded_line(line: &str, columns: usize, indent: usize) -> String {
    let (mut out, mut column, mut has_words, mut is_fresh) = (String::new(), 0, false, false);
    for (nth, word) in line.split(' ').enumerate() {
        let width = measure_text_width(word);
        if has_words && !is_fresh && column + 1 + width > columns {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            (column, is_fresh) = (indent, true);
        }
        // Blanks in front of what has gone to the next line have gone with the end of this one.
        if is_fresh && word.is_empty() {
            continue;
        }
        if nth > 0 && !is_fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
        has_words |= !word.is_empty();
        is_fresh = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn lines_are_broken_between_words() {
        let text = "one two three four five six seven";
        assert_eq!(folded(text, 24, 2), "one two three four five\n  six seven");
        assert_eq!(folded(text, 33, 2), text);
        assert_eq!(folded("   12  one two three four  (x)", 28, 7), "   12  one two three four\n       (x)");
        assert_eq!(folded(&"x".repeat(40), 24, 2), "x".repeat(40));
        assert_eq!(folded(text, 10, 0), text);
    }

    #[test]
    fn colours_take_no_room() {
        let text = "\u{1b}[31mone two three\u{1b}[0m \u{1b}[1mfour five six\u{1b}[0m";
        assert_eq!(folded(text, 27, 0), text);
        assert_eq!(folded(text, 24, 0), text.replace(" six", "\nsix"));
    }
}
