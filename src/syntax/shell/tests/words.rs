//! What is noticed about words, and their literal values.

use super::super::*;

/// The words of the only command of `text`, the values of assignments first.
fn words(text: &str, dialect: Dialect) -> Vec<Word> {
    let mut words = Vec::new();
    parse(text, dialect).unwrap_or_else(|error| panic!("{text}: {error:?}")).list.walk(&mut |command| {
        if words.is_empty() {
            words.extend(command.assignments.iter().map(|assignment| assignment.value.clone()));
            words.extend(command.words.iter().cloned());
        }
    });
    words
}

/// The flags by their first letters: quoted, expands, globs, assigns, and the number of substitutions.
fn flags(word: &Word) -> String {
    let flags = [(word.quoted, "q"), (word.expands, "e"), (word.globs, "g"), (word.assigns, "a")];
    let mut out: String = flags.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect();
    if !word.substitutions.is_empty() {
        out.push_str(&word.substitutions.len().to_string());
    }
    out
}

#[test]
fn flags_of_words() {
    let table = [
        ("a-b/c.d", ""),
        ("'a'", "q"),
        ("a\\ b", "q"),
        ("\"a$b\"", "qe"),
        ("a\"\"", "q"),
        ("$a$1$@$$", "e"),
        ("a$ ", ""),
        ("\"a$\"", "q"),
        ("$(a)`b`", "e2"),
        ("\"$(a \"$(b)\")\"", "qe1"),
        ("${a:-$(b)}", "e1"),
        ("${a#\"}\"}", "qe"),
        ("${a=b}", "ea"),
        ("${a:=b}", "ea"),
        ("\"${a:-${b:=c}}\"", "qea"),
        ("${#a}${#}${?}", "e"),
        ("$((a == 1 && b <= 2 || c != 3))", "e"),
        ("$((a = 1))", "ea"),
        ("$((a <<= 1))", "ea"),
        ("$((a++))", "ea"),
        ("$(( (1 + $(b)) * 2 ))", "e1"),
        ("*.c", "g"),
        ("a?", "g"),
        ("'*'\\?\"[a]\"", "q"),
        ("[ab]", "g"),
        ("[", ""),
        ("]", ""),
        ("{a,b}", "g"),
        ("{1..3}", "g"),
        ("{}", ""),
        ("a,b", ""),
        ("{a", ""),
        ("~/a", "g"),
        ("a~", ""),
        ("a=~", "g"),
        ("$'a'", "qe"),
        ("$\"a\"", "qe"),
    ];
    for (text, expected) in table {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            let text = format!("x {text}");
            assert_eq!(flags(&words(&text, dialect)[1]), expected, "{text}");
        }
    }
    assert_eq!(flags(&words("a=(b *)", Dialect::Bash)[0]), "eg");
    assert_eq!(flags(&words("a=b:~/c", Dialect::Posix)[0]), "g");
}

#[test]
fn literals_are_without_quotes() {
    let table = [
        ("a", "a"),
        ("'a b'", "a b"),
        ("\"a b\"", "a b"),
        ("''", ""),
        ("'a'\"b\"c", "abc"),
        ("a\\ \\é", "a é"),
        ("\"\\$a\\`\\\"\\\\\\n\"", "$a`\"\\\\n"),
        ("'\\a\"'", "\\a\""),
        ("\"a\\\nb\"", "ab"),
        ("a-\\\nb", "a-b"),
        ("a$", "a$"),
        ("*\\*", "**"),
    ];
    for (text, expected) in table {
        let script = format!("x {text}");
        assert_eq!(words(&script, Dialect::Posix)[1].literal(&script).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(words("x $a", Dialect::Posix)[1].literal("x $a"), None);
}

#[test]
fn literals_borrow_where_they_can() {
    for text in ["a", "'a b'", "\"a b\""] {
        let literal = words(text, Dialect::Posix)[0].literal(text);
        assert!(matches!(literal, Some(std::borrow::Cow::Borrowed(_))), "{text}");
    }
}
