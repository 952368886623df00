//! The grammar as a table: a script, and its tree in short.

use super::*;
use crate::TextRange;

mod dump;
mod pathological;
mod words;

use dump::dump;

/// What `text` reads as, or why it does not.
fn read(text: &str, dialect: Dialect) -> String {
    match parse(text, dialect) {
        Ok(script) => dump(&script, text),
        Err(error) => format!("{} @{}", error.why, error.at.of(text)),
    }
}

fn check(dialect: Dialect, table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(read(text, dialect), *expected, "{text}");
    }
}

fn check_both(table: &[(&str, &str)]) {
    check(Dialect::Posix, table);
    check(Dialect::Bash, table);
}

#[test]
fn lists_and_pipelines() {
    check_both(&[
        ("", ""),
        (" \n # c\n", ""),
        ("a b", "[a b]"),
        ("a;b", "[a]; [b]"),
        ("a & b &", "[a]& [b]&"),
        ("a\n\nb\n", "[a]n [b]n"),
        ("a && b || c", "[a] && [b] || [c]"),
        ("a && # c\n\n b", "[a] && [b]"),
        ("! a | b |\nc", "![a]|[b]|[c]"),
        ("a \\\n b\\\n && c", "[a b] && [c]"),
        ("a && \\\n(b)", "[a] && sub{[b]}"),
        ("echo if then } ! in {", "[echo if then } ! in {]"),
    ]);
}

#[test]
fn simple_commands() {
    check_both(&[
        ("A=1 B= c D=2", "[A=1 B= c D=2]"),
        ("A=1", "[A=1]"),
        ("a=1 if", "[a=1 if]"),
        (">f if", "[>f if]"),
        ("<a b >>c 2>&1 d 3<>e >|f <&-", "[<a b >>c 2>&1 d 3<>e >|f <&-]"),
        ("a > f 2> g", "[a > f 2> g]"),
        ("echo 2 >f 2", "[echo 2 >f 2]"),
        ("[ -f a ]", "[[ -f a ]]"),
        ("time make -j2", "[time make -j2]"),
        ("a#b #c", "[a#b]"),
        ("find . -exec rm {} \\;", "[find . -exec rm {} \\;]"),
    ]);
}

#[test]
fn compound_commands() {
    check_both(&[
        ("( a; b )", "sub{[a]; [b]}"),
        ("(a)&&(b)", "sub{[a]} && sub{[b]}"),
        ("{ a; b; } >f 2>&1 | c", "group{[a]; [b];} >f 2>&1|[c]"),
        ("{ (a) }", "group{sub{[a]}}"),
        ("if a; then b; elif c; then d; else e; fi", "if{[a];}{[b];}{[c];}{[d];}else{[e];}"),
        ("if (a) then b; fi", "if{sub{[a]}}{[b];}"),
        ("while a; do b; done <f", "while{[a];}{[b];} <f"),
        ("until a\ndo b\ndone", "until{[a]n}{[b]n}"),
        ("for x in a \"b c\" $d; do e; done", "for x in a \"b c\" $d{[e];}"),
        ("for x; do a; done", "for x{[a];}"),
        ("for x do a; done", "for x{[a];}"),
        ("for x\nin a # c\ndo b; done", "for x in a{[b];}"),
        ("for x in; do a; done", "for x in{[a];}"),
        ("case $x in a|b) c;; (*) d; esac", "case $x(a|b){[c]}(*){[d];}"),
        ("case x in\nif)\n;;\nesac", "case x(if){}"),
        ("case x in esac", "case x"),
        ("f() { a; }", "f(){group{[a];}}"),
        ("f ( )\n# c\n(a) >f", "f(){sub{[a]} >f}"),
        ("! (a)", "!sub{[a]}"),
    ]);
}

#[test]
fn here_documents() {
    check_both(&[
        ("cat <<E >f\na\nE\nb", "[cat <<E`a\n` >f]n [b]"),
        ("cat <<A <<'B' && c\na\nA\n$(\nB\nd", "[cat <<A`a\n` <<'B'`$(\n`] && [c]n [d]"),
        ("cat <<-E\n\ta\n\tE", "[cat <<-E`\ta\n`]n"),
        ("(cat <<E)\nE\n", "sub{[cat <<E``]}n"),
        ("cat <<E\n$(a `b`) \\$(c\nE\n", "[cat <<E${[a `b`${[b]}]}`$(a `b`) \\$(c\n`]n"),
        ("x=$(cat <<E\na\nE\n)", "[x=$(cat <<E\na\nE\n)${[cat <<E`a\n`]n}]"),
        ("cat <<E \"a\nb\"\nc\nE\n", "[cat <<E`c\n` \"a\nb\"]n"),
        ("cat <<E\na\\\nE\nE\n", "[cat <<E`a\\\nE\n`]n"),
        ("cat <<E", "a here-document has no end @<<E"),
        ("cat <<E\na", "a here-document has no end @<<E"),
        ("a $(cat <<E)\nE\n", "a here-document without lines inside a substitution @)"),
        ("a $(cat <<E\nE)\nE\n)", "a here-document that a `)` may end @E"),
        ("cat <<E $(a\nb)\nE\n", "a here-document that starts inside a substitution @\n"),
        ("cat <<E\nE\\\nE\nE\n", "a line continuation where a here-document may end @\\"),
        ("cat <<$x\n$x\n", "a here-document whose delimiter is not plain @$"),
    ]);
}

#[test]
fn bash_alone() {
    let bash = &[
        ("[[ -f a && ( $b =~ ^(x|y)$ || ! c < d ) ]] && e", "expr= && [e]"),
        ("if [[ a == b ]] then c; fi", "if{expr}{[c];}"),
        ("((x = 1)) || (( y == 2 ))", "expr= || expr"),
        ("for ((i=0; i<$(n); i++)); do a; done", "expr=${[n]}{[a];}"),
        ("function f { a; }", "f(){group{[a];}}"),
        ("function f-g() (a)", "f-g(){sub{[a]}}"),
        ("a=(b $(c) # d\n) e", "[a=(b $(c) # d\n)${[c]} e]"),
        ("declare -a x=(a b) y", "[declare -a x=(a b) y]"),
        ("a+=b", "[a+=b]"),
        ("diff <(a) >(b; c)", "[diff <(a)${[a]} >(b; c)${[b]; [c]}]"),
        ("a &>f &>>g <<<\"$x\" |& b", "[a &>f &>>g <<<\"$x\"]|[b]"),
        ("echo $'a\\'b'", "[echo $'a\\'b']"),
        ("case a in b) c;& d) e;;& esac", "case a(b){[c]}(d){[e]}"),
        ("exec {fd}>x 10>y", "[exec {fd}>x 10>y]"),
        ("x=${a[1]} y=${!z}", "[x=${a[1]} y=${!z}]"),
    ];
    check(Dialect::Bash, bash);
    for (text, _) in bash {
        assert!(parse(text, Dialect::Posix).is_err(), "{text}");
    }
    check(
        Dialect::Posix,
        &[
            ("[[ -f a ]] && b", "[[[ -f a ]]] && [b]"),
            ("[[ ! $a == b* ]] >f", "[[[ ! $a == b* ]] >f]"),
            ("[[ a && b ]]", "a `[[` that is more than a plain test, which is Bash's alone @["),
            ("[[ a < b ]]", "a `[[` that is more than a plain test, which is Bash's alone @["),
            ("[[ a", "a `[[` that is more than a plain test, which is Bash's alone @["),
            ("echo [[", "a `[[` that is more than a plain test, which is Bash's alone @["),
            ("echo $'a\\n'", "[echo $'a\\n']"),
            ("echo ${a/b/c} ${a:1}", "[echo ${a/b/c} ${a:1}]"),
            ("a &>f", "`&>`, which dash reads as `&` and `>` @&"),
            ("a >&f", "`>&` with a name, which dash refuses @f"),
            ("((a))", "`((`, which is arithmetic to Bash alone @("),
            ("a <(b)", "a process substitution, which is Bash's alone @<"),
            ("f-g() { a; }", "a function whose name is not a plain one @f"),
        ],
    );
}

#[test]
fn not_understood_in_both() {
    check_both(&[
        ("a 'b", "a `'` is never closed @'"),
        ("a \"b", "a `\"` is never closed @\""),
        ("a $(b", "a substitution is never closed @("),
        ("a `b", "a back-quote is never closed @`"),
        ("a ${b", "a `${` is never closed @$"),
        ("a $((1", "an arithmetic expression is never closed @$"),
        ("a $((b) )", "a `$((` that is not arithmetic @$"),
        ("(a", "a `(` is never closed @"),
        ("{ a", "a `{` is never closed @"),
        ("a)", "a `)` closes nothing @)"),
        ("a; }", "a reserved word stands where it means nothing @}"),
        ("a;; b", "`;;` stands outside a `case` @;"),
        ("a && ; b", "a command is missing @;"),
        ("; a", "a command is missing @;"),
        ("a |", "it ends in the middle of a command @"),
        ("( )", "a `)` closes nothing @)"),
        ("if a; b; fi", "a reserved word stands where it means nothing @f"),
        ("if (a) >f then b; fi", "a reserved word stands where it means nothing @t"),
        ("f() a", "the body of a function is not a compound command @a"),
        ("! ! a", "a `!` stands where none can @!"),
        ("!(a)", "`!(`, which may be a pattern or a subshell @!"),
        ("echo @(a)", "a `(` stands where none can @("),
        ("select x in a; do b; done", "`select`, which is not read @s"),
        ("coproc a", "`coproc`, which is not read @c"),
        ("time { a; }", "`time` in front of something that is not a plain command @t"),
        ("echo $[1]", "`$[`, which only Bash reads as arithmetic @$"),
        ("echo `a \\`b\\``", "an escape between back-quotes @\\"),
        ("a >", "a redirection has no target @>"),
        ("a > 2>b", "a redirection has no target @>"),
        ("a \\", "it ends with a backslash @\\"),
        ("a\r\n", "a carriage return, which is no blank to a shell @\r"),
        ("a\0", "it has a NUL byte @\0"),
        ("i\\\nf", "a line continuation inside a word @\\"),
        ("a &\\\n& b", "a line continuation inside an operator @\\"),
        ("a[1]=b", "what may be an element of an array @a"),
        ("-x", "it starts like an option, which is what `sh -c` takes it for @-"),
        ("é ) é", "a `)` closes nothing @)"),
    ]);
}

#[test]
fn separators_and_comments_have_ranges() {
    let text = "a # one\nb; $(c # two\n) # three";
    let script = parse(text, Dialect::Posix).unwrap();
    let comments: Vec<_> = script.comments.iter().map(|range| range.of(text)).collect();
    assert_eq!(comments, ["# one", "# two", "# three"]);
    let separators: Vec<_> = script.list.items.iter().map(|item| item.separator.map(|s| s.range)).collect();
    assert_eq!(separators, [Some(TextRange::new(7, 8)), Some(TextRange::new(9, 10)), None]);
}

#[test]
fn walk_visits_everything_in_order() {
    let text = "a $(b `c`) >$(d); if e; then f; else (g); fi; h() { i; }; for x in $(j); do k; done; \
                case $(l) in $(m)) n;; esac; while o; do p; done; x=$(q) r \"$(s)\" <<E\n$(t)\nE\n[[ $(u) ]]";
    let mut names = String::new();
    parse(text, Dialect::Bash).unwrap().walk(&mut |command| {
        names.push_str(&command.name(text).unwrap_or_default());
    });
    assert_eq!(names, "abcdefgijklmnoprqstu");
}

#[test]
fn commands_whose_input_is_given_to_them() {
    let fed = |text: &str| {
        let script = parse(text, Dialect::Bash).expect("the script is read");
        script.fed_ranges(text).into_iter().map(|range| range.of(text).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(fed("a && b; c > d 2>&1"), Vec::<String>::new());
    assert_eq!(fed("a | b | c"), ["b", "c"]);
    assert_eq!(fed("a < f; b <<< x"), ["a < f", "b <<< x"]);
    assert_eq!(fed("a | { b && c; }; while d; do e; done < f"), ["{ b && c; }", "while d; do e; done < f"]);
}
