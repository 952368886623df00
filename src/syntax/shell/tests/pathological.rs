//! Texts that are made to hurt a parser: deep, long, unclosed.

use super::super::*;

const LONG: usize = 1 << 18;

#[test]
fn deep_and_unclosed_texts_end_quickly() {
    let parts = [
        "(", "( ", "$(", "`", "\"", "{", "{ ", "$((", "$((((", "((", "${", "${a:-", "\"$(", "\"${a:-", "a|", "a&&",
        "<<E ", "<<E\n", "\\\n", "a\\\n", "-\\\n", "if ", "case x in ", "[[ ", "[[ (", "! ", "f() ", "a=(", "<(", ">",
        "'", "#\n", "~", "{1.}", "$'", "2", "a;", "a\n", "for ((", "case x in a) ", "$(`", "$(<<E\n", "é", "{fd}",
    ];
    for part in parts {
        let text = part.repeat(LONG / part.len());
        for dialect in [Dialect::Posix, Dialect::Bash] {
            let _ = parse(&text, dialect);
        }
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}a{}", "$(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(60), Dialect::Posix).is_ok());
    let error = parse(&nested(100), Dialect::Posix).unwrap_err();
    assert_eq!(error.why, "it is nested too deep");
}

#[test]
fn every_prefix_ends_without_a_panic() {
    let text =
        "a=\"$(b `c` ${d:-\"e\"})\" f <<E && if [ x ]; then g | h; fi # é\n$((1+(2)))\nE\ncase i in (j|k) l;; esac";
    for (at, _) in text.char_indices() {
        for dialect in [Dialect::Posix, Dialect::Bash] {
            if let Err(error) = parse(&text[..at], dialect) {
                error.at.of(text);
            }
        }
    }
}
