//! The phenomena of the grammar, one small text each. The mass test against BuildKit is `tests/corpus.rs`.

use super::*;
use crate::{ProblemKind, TextRange};

/// `KEYWORD first-last [--flags] (arguments) <<heredocs` for every instruction, separated by ` | `.
fn outline(text: &str) -> String {
    let document = Document::parse(text);
    assert_eq!(document.text(), text, "the text comes back byte for byte");
    let shown: Vec<String> = document.instructions().iter().map(|found| show(found, text)).collect();
    shown.join(" | ")
}

fn show(instruction: &Instruction, file: &str) -> String {
    let mut out = format!("{} {}-{}", instruction.keyword.name(), instruction.first_line, instruction.last_line);
    for flag in &instruction.flags {
        out.push_str(&format!(" [{}]", flag.text));
    }
    match &instruction.form {
        Form::Shell => out.push_str(&format!(" ({})", instruction.arguments_text(file))),
        Form::Exec(words) => out.push_str(&format!(" {words:?}")),
    }
    for heredoc in &instruction.heredocs {
        out.push_str(&format!(" <<{}{:?}", heredoc.name, heredoc.body.of(file)));
    }
    if let Some(trigger) = &instruction.trigger {
        out.push_str(&format!(" -> {}", show(trigger, file)));
    }
    out
}

fn problems(text: &str) -> Vec<ProblemKind> {
    Document::parse(text).problems().iter().map(|problem| problem.kind).collect()
}

#[test]
fn every_phenomenon_is_read_as_buildkit_reads_it() {
    let cases = [
        ("FROM a\nRUN b", "FROM 1-1 (a) | RUN 2-2 (b)"),
        ("from a\n\n# c\n  rUn   b  \n", "FROM 1-1 (a) | RUN 4-4 (b)"),
        ("\u{feff}FROM a\r\nRUN b \\\r\n  c\r\n", "FROM 1-1 (a) | RUN 2-3 (b   c)"),
        // Comments and blank lines inside a continuation are dropped; leading blanks of a continued line stay.
        ("FROM a\nRUN b \\\n  # no\n\n\tc\n", "FROM 1-1 (a) | RUN 2-5 (b \tc)"),
        ("FROM a\nRUN b \\  \n c", "FROM 1-1 (a) | RUN 2-3 (b  c)"),
        // Two signs do not continue, nor does one that another stands before.
        ("FROM a\nRUN b \\\\\nRUN c", "FROM 1-1 (a) | RUN 2-2 (b \\\\) | RUN 3-3 (c)"),
        ("FROM a\nRUN b \\", "FROM 1-1 (a) | RUN 2-2 (b)"),
        ("FROM a\nRUN \\\n  b", "FROM 1-1 (a) | RUN 2-3 (b)"),
        ("\\\nFROM a", "FROM 1-2 (a)"),
        // The escape directive takes the backslash its meaning.
        ("# escape=`\nFROM a\nRUN b `\n c\\\nRUN d", "FROM 2-2 (a) | RUN 3-4 (b  c\\) | RUN 5-5 (d)"),
        ("#Syntax = x/y \n# ESCAPE=`\nFROM a `\n", "FROM 3-3 (a)"),
        // A blank line, another comment or an unknown key ends the directives.
        ("\n# escape=`\nFROM a\nRUN b `\nRUN c", "FROM 3-3 (a) | RUN 4-4 (b `) | RUN 5-5 (c)"),
        ("# x=y\n# escape=`\nFROM a\nRUN b `\nRUN c", "FROM 3-3 (a) | RUN 4-4 (b `) | RUN 5-5 (c)"),
        // Flags: several, over lines, quoted; `--` ends them.
        ("FROM --platform=p a", "FROM 1-1 [--platform=p] (a)"),
        (
            "FROM a\nRUN --mount=type=cache,target=/x \\\n  --network=none b",
            "FROM 1-1 (a) | RUN 2-3 [--mount=type=cache,target=/x] [--network=none] (b)",
        ),
        ("FROM a\nCOPY --chown=\"u v\" b c", "FROM 1-1 (a) | COPY 2-2 [--chown=u v] (b c)"),
        ("FROM a\nRUN -- b", "FROM 1-1 (a) | RUN 2-2 (b)"),
        // Exec form exactly where the rest is a JSON array of strings.
        ("FROM a\nRUN [\"b\", \"c\\n\"]", "FROM 1-1 (a) | RUN 2-2 [\"b\", \"c\\n\"]"),
        ("FROM a\nRUN ['b']", "FROM 1-1 (a) | RUN 2-2 (['b'])"),
        ("FROM a\nRUN [ -f b ] && c", "FROM 1-1 (a) | RUN 2-2 ([ -f b ] && c)"),
        ("FROM a\nCMD []", "FROM 1-1 (a) | CMD 2-2 []"),
        ("FROM a\nHEALTHCHECK --interval=5s CMD [\"b\"]", "FROM 1-1 (a) | HEALTHCHECK 2-2 [--interval=5s] [\"b\"]"),
        ("FROM a\nONBUILD RUN b", "FROM 1-1 (a) | ONBUILD 2-2 (RUN b) -> RUN 2-2 (b)"),
        (
            "FROM a\nONBUILD COPY --from=x [\"b\", \"c\"]",
            "FROM 1-1 (a) | ONBUILD 2-2 (COPY --from=x [\"b\", \"c\"]) -> COPY 2-2 [--from=x] [\"b\", \"c\"]",
        ),
        ("FROM a\nNOPE b c", "FROM 1-1 (a) | ? 2-2 (b c)"),
    ];
    for (text, expected) in cases {
        assert_eq!(outline(text), expected, "{text:?}");
    }
}

#[test]
fn heredocs_are_found_where_buildkit_finds_them() {
    let cases = [
        ("FROM a\nRUN <<EOF\nb\nEOF\nRUN c", "FROM 1-1 (a) | RUN 2-4 (<<EOF) <<EOF\"b\\n\" | RUN 5-5 (c)"),
        ("FROM a\nRUN <<-EOF\n\tb\n\tEOF\nRUN c", "FROM 1-1 (a) | RUN 2-4 (<<-EOF) <<EOF\"\\tb\\n\" | RUN 5-5 (c)"),
        ("FROM a\nRUN <<'E F'\nb\nE F\n", "FROM 1-1 (a) | RUN 2-4 (<<'E F') <<E F\"b\\n\""),
        ("FROM a\nCOPY <<A <<B /x/\n1\nA\n2\nB", "FROM 1-1 (a) | COPY 2-6 (<<A <<B /x/) <<A\"1\\n\" <<B\"2\\n\""),
        (
            "FROM a\nRUN cat <<EOF > x && \\\n  true\n# b \\\nEOF",
            "FROM 1-1 (a) | RUN 2-5 (cat <<EOF > x &&   true) <<EOF\"# b \\\\\\n\"",
        ),
        ("FROM a\nRUN 3<<EOF cat\nb\nEOF", "FROM 1-1 (a) | RUN 2-4 (3<<EOF cat) <<EOF\"b\\n\""),
        ("FROM a\nRUN <<EOF\nEOF", "FROM 1-1 (a) | RUN 2-3 (<<EOF) <<EOF\"\""),
        ("FROM a\r\nRUN <<EOF\r\nb\r\nEOF\r\nRUN c", "FROM 1-1 (a) | RUN 2-4 (<<EOF) <<EOF\"b\\r\\n\" | RUN 5-5 (c)"),
        // None of these announces one.
        ("FROM a\nRUN cat <<<EOF", "FROM 1-1 (a) | RUN 2-2 (cat <<<EOF)"),
        ("FROM a\nRUN echo \"<<EOF\"", "FROM 1-1 (a) | RUN 2-2 (echo \"<<EOF\")"),
        ("FROM a\nRUN cat << EOF", "FROM 1-1 (a) | RUN 2-2 (cat << EOF)"),
        ("FROM a\nRUN echo $((1<<2))", "FROM 1-1 (a) | RUN 2-2 (echo $((1<<2)))"),
        ("FROM a\nRUN [\"<<EOF\"]", "FROM 1-1 (a) | RUN 2-2 [\"<<EOF\"]"),
        ("FROM a\nENV B=<<EOF", "FROM 1-1 (a) | ENV 2-2 (B=<<EOF)"),
        (
            "FROM a\nONBUILD RUN <<EOF\nb\nEOF",
            "FROM 1-1 (a) | ONBUILD 2-4 (RUN <<EOF) <<EOF\"b\\n\" -> RUN 2-2 (<<EOF) <<EOF\"b\\n\"",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(outline(text), expected, "{text:?}");
    }
}

#[test]
fn what_buildkit_rejects_is_a_problem() {
    let long = format!("FROM a\nRUN {}", "b".repeat(70_000));
    let cases = [
        ("", ProblemKind::NoInstruction),
        ("# only\n\n", ProblemKind::NoInstruction),
        ("FROM a\nRUN <<EOF\nb\n", ProblemKind::UnterminatedHeredoc),
        ("FROM a\nNOPE", ProblemKind::UnknownInstruction),
        ("# escape=x\nFROM a", ProblemKind::InvalidEscape),
        ("# syntax=a\n# syntax=b\nFROM a", ProblemKind::RepeatedDirective),
        ("FROM a\nCMD [\"b\", 1]", ProblemKind::NotAllStrings),
        ("FROM a\nENV B", ProblemKind::MissingValue),
        ("FROM a\nENV B=1 C", ProblemKind::MissingEquals),
        ("FROM a\nUSER", ProblemKind::MissingArguments),
        (long.as_str(), ProblemKind::LineTooLong),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), [expected], "{:?}", &text[..text.len().min(60)]);
    }
    assert_eq!(problems("FROM a\nENV B c\nENV D=1 E='2 3'\nLABEL f=\"g h\""), []);
}

#[test]
fn a_logical_offset_leads_back_to_its_byte() {
    let text = "FROM a\nRUN one \\\n  # comment\n  two \\\n\\\n three\n";
    let document = Document::parse(text);
    let run = &document.instructions()[1];
    let logical = run.logical.text(text);
    assert_eq!(logical, "RUN one   two  three");
    for (at, c) in logical.char_indices() {
        let there = run.logical.start_in_file(at);
        assert_eq!(text[there..].chars().next(), Some(c), "offset {at}");
    }
    let two = logical.find("two").expect("the word is there");
    assert_eq!(run.logical.in_file(TextRange::new(two, two + 3)).of(text), "two");
    // Behind `one ` stands the end of the first line, not the start of the third.
    assert_eq!(run.logical.end_in_file(7), text.find("one").expect("the word is there") + 3);
}

#[test]
fn pairs_keep_their_quotes_and_know_the_old_form() {
    let read = |text: &str| {
        let document = Document::parse(format!("FROM a\n{text}"));
        let instruction = &document.instructions()[1];
        let logical = instruction.logical.text(document.text()).to_owned();
        let found = pairs(instruction, document.text(), '\\');
        let show =
            |pair: &Pair| format!("{}={}", pair.name.of(&logical), pair.value.map_or("-", |value| value.of(&logical)));
        found.iter().map(show).collect::<Vec<_>>().join(",")
    };
    assert_eq!(read("ENV A b c"), "A=b c");
    assert_eq!(read("ENV A=\"b c\" D=e\\ f"), "A=\"b c\",D=e\\ f");
    assert_eq!(read("ARG A"), "A=-");
    assert_eq!(read("ARG A=1 B"), "A=1,B=-");
}

#[test]
fn words_and_expansions_are_cut_as_buildkit_cuts_them() {
    let plain = |name: &str| Segment::Expansion(Expansion { name: name.to_owned(), modifier: Modifier::Plain });
    let text = |text: &str| Segment::Literal(text.to_owned());
    assert_eq!(
        expansions("a$B-'$C'\"$D\"\\$E", '\\'),
        Some(vec![text("a"), plain("B"), text("-$C"), plain("D"), text("$E")])
    );
    let default = Modifier::Default(true, vec![text("x"), plain("Y")]);
    let expected = Segment::Expansion(Expansion { name: "A".to_owned(), modifier: default });
    assert_eq!(expansions("${A:-x$Y}", '\\'), Some(vec![expected]));
    assert_eq!(expansions("${A", '\\'), None);
    assert_eq!(expansions("'a", '\\'), None);
}

#[test]
fn a_quoted_text_is_read_as_that_text() {
    for text in ["Jane Doe", "a \"b\" $C \\d", "it's", "it's \"$C\" \\ \\\\ `e`", "'a' \"b\"", "$", "\\"] {
        for escape in ['\\', '`'] {
            let document = Document::parse(format!("# escape={escape}\nFROM a\nLABEL a={}\n", quoted(text, escape)));
            let instruction = &document.instructions()[1];
            let logical = instruction.logical.text(document.text());
            let [Pair { value: Some(value), .. }] = pairs(instruction, document.text(), escape)[..] else {
                panic!("{logical} is not one pair");
            };
            assert_eq!(
                expansions(value.of(logical), escape),
                Some(vec![Segment::Literal(text.to_owned())]),
                "{logical}"
            );
        }
    }
}
