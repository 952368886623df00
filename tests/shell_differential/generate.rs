//! Dockerfiles whose `RUN`s get into each other's way: they make, read and delete the same few files, change the
//! shell that runs them, and fail.
//!
//! What two runs of the same text may do differently is not generated: jobs and pipelines whose parts race, process
//! numbers, clocks. A pipeline's right side reads all that it is given and touches no files before that.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};

use crate::execute::Shell;
use crate::script::Script;

/// The head of a Dockerfile, and what the image's shell really is.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How often it is taken.
    pub weight: u32,
    /// Everything in front of the first `RUN`.
    pub head: &'static str,
    /// What runs the `RUN`s.
    pub shell: Shell,
    /// Whether Bash's own constructs occur.
    pub bash: bool,
}

/// A Dockerfile and how it is rewritten and run.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its head and shell.
    pub setup: Setup,
    /// Whether everything that can be joined is joined.
    pub merge_all: bool,
    pub(crate) flags: &'static str,
    pub(crate) newline: &'static str,
    pub(crate) steps: Vec<Step>,
}

/// One `RUN` and what stands in front of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub gap: &'static str,
    pub script: Script,
    /// What stands behind the script's last command.
    pub end: &'static str,
    pub layout: Layout,
}

/// How the script is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    breaks: Breaks,
    opening: &'static str,
    indent: &'static str,
    before: &'static str,
    after: &'static str,
    between: &'static str,
    /// Says for every place in turn whether the choice that it has is taken.
    choices: u16,
}

/// Where lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    Nowhere,
    BeforeOperators,
    BehindOperators,
    Anywhere,
}

/// In front of an operator: a blank, nothing, or the end of a line.
pub(crate) const BEFORE: char = '\u{1}';
/// Behind an operator.
pub(crate) const BEHIND: char = '\u{2}';

impl Case {
    /// The Dockerfile.
    pub fn text(&self) -> String {
        let mut text = self.setup.head.to_owned();
        for step in &self.steps {
            text += step.gap;
            text += step.layout.opening;
            text += self.flags;
            step.layout.write(&(step.script.text() + step.end), &mut text);
            text.push('\n');
        }
        text.replace('\n', self.newline)
    }
}

impl Layout {
    /// All on one line.
    pub const PLAIN: Layout = Layout {
        breaks: Breaks::Nowhere,
        opening: "RUN ",
        indent: "    ",
        before: " ",
        after: "",
        between: "",
        choices: 0,
    };

    fn write(&self, script: &str, text: &mut String) {
        let mut place = 0;
        for part in script.chars() {
            if ![' ', BEFORE, BEHIND].contains(&part) {
                text.push(part);
                continue;
            }
            place = (place + 1) % 16;
            let taken = self.choices >> place & 1 == 1;
            let ends = match self.breaks {
                Breaks::Nowhere => false,
                Breaks::BeforeOperators => part == BEFORE,
                Breaks::BehindOperators => part == BEHIND,
                Breaks::Anywhere => taken,
            };
            if part == ' ' || !(ends || self.breaks == Breaks::Nowhere && taken) {
                text.push(' ');
            }
            if ends {
                text.extend([self.before, "\\", self.after, "\n", self.between, self.indent]);
            }
        }
    }
}

/// The cases of one shell.
pub fn cases(setups: &[Setup]) -> BoxedStrategy<Case> {
    Union::new_weighted(setups.iter().map(|setup| (setup.weight, cases_of(*setup))).collect()).boxed()
}

fn cases_of(setup: Setup) -> BoxedStrategy<Case> {
    let flags = weighted(&[(30, ""), (1, "--mount=type=cache,target=/m "), (1, "--network=none ")]);
    let newline = weighted(&[(24, "\n"), (1, "\r\n")]);
    let steps = (gap(), scripts(setup.bash), ends(), layout());
    let steps = steps.prop_map(|(gap, script, end, layout)| Step { gap, script, end, layout });
    (any::<bool>(), flags, newline, vec(steps, 2..=6))
        .prop_map(move |(merge_all, flags, newline, steps)| Case { setup, merge_all, flags, newline, steps })
        .boxed()
}

fn gap() -> BoxedStrategy<&'static str> {
    weighted(&[
        (40, ""),
        (8, "\n"),
        (6, "# note\n"),
        (3, "    # one\n\n# two && more\n"),
        (1, "# hadolint ignore=DL3059\n"),
        (2, "ENV X=env\n"),
    ])
}

fn ends() -> BoxedStrategy<&'static str> {
    weighted(&[(180, ""), (8, ";"), (6, " ;"), (3, " # note"), (1, "; # note && echo no"), (1, ";\u{2}: &")])
}

fn layout() -> BoxedStrategy<Layout> {
    let breaks = weighted(&[
        (8, Breaks::Nowhere),
        (5, Breaks::BeforeOperators),
        (4, Breaks::BehindOperators),
        (2, Breaks::Anywhere),
    ]);
    let opening = weighted(&[(20, "RUN "), (1, "RUN  "), (1, "run "), (1, "RUN \\\n    "), (1, "  RUN \\\n# note\n ")]);
    let indent = weighted(&[(8, "    "), (2, "  "), (2, "\t"), (1, ""), (1, " ")]);
    let before = weighted(&[(8, " "), (1, ""), (1, "   ")]);
    let after = weighted(&[(12, ""), (1, " "), (1, "\t ")]);
    let between = weighted(&[(12, ""), (2, "# within\n"), (1, "   # within, too; \\\n"), (1, "\n")]);
    (breaks, opening, indent, before, after, between, any::<u16>())
        .prop_map(|(breaks, opening, indent, before, after, between, choices)| Layout {
            breaks,
            opening,
            indent,
            before,
            after,
            between,
            choices,
        })
        .boxed()
}

fn weighted<T: Copy + std::fmt::Debug + 'static>(values: &[(u32, T)]) -> BoxedStrategy<T> {
    Union::new_weighted(values.iter().map(|(weight, value)| (*weight, Just(*value).boxed())).collect()).boxed()
}

fn scripts(bash: bool) -> BoxedStrategy<Script> {
    let broken = select(BROKEN).prop_map(|text| Script::Leaf(text.to_owned()));
    prop_oneof![200 => lists(nested(nested(leaf(bash)))), 1 => broken].boxed()
}

fn leaf(bash: bool) -> BoxedStrategy<Script> {
    let (quiet, calling) = match bash {
        true => (commands(&[SIMPLE, BASH]), commands(&[SIMPLE, BASH, CALLS])),
        false => (commands(&[SIMPLE]), commands(&[SIMPLE, CALLS])),
    };
    // Functions do not call functions, for they would not end.
    let functions = (weighted(FUNCTIONS), lists(quiet)).prop_map(|(shape, list)| Script::Block(shape.to_owned(), vec![list]));
    // Nothing runs at the same time here, for traces would mix.
    let traced = joined(commands(&[SIMPLE])).prop_map(|list| Script::Block(TRACED.to_owned(), vec![list]));
    prop_oneof![80 => calling, 3 => functions, 1 => traced].boxed()
}

/// Commands, and blocks of them.
fn nested(inner: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let redirected = weighted(&[(8, ""), (2, " > o"), (1, " >> o"), (1, " < a"), (1, " 2>/dev/null")]);
    let block = (templates(&[BLOCKS]), redirected).prop_map(|(shape, redirected)| shape + redirected);
    let shape = prop_oneof![12 => block, 5 => templates(&[OTHER_SHAPES])];
    let parts = vec(lists(inner.clone()), 4);
    let blocks = (shape, parts).prop_map(|(shape, mut parts)| {
        parts.truncate(Script::slots(&shape).count());
        Script::Block(shape, parts)
    });
    prop_oneof![4 => inner, 1 => blocks].boxed()
}

/// Lists with a job here and there.
fn lists(command: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let job = select(JOBS).prop_map(|text| Script::Leaf(text.to_owned()));
    joined(prop_oneof![600 => command, 1 => job].boxed())
}

fn joined(item: BoxedStrategy<Script>) -> BoxedStrategy<Script> {
    let joiner = weighted(&[(3, "\u{1}&&\u{2}"), (2, ";\u{2}"), (1, "\u{1}||\u{2}")]);
    let several = vec((joiner, item.clone()), 2..=4).prop_map(Script::List);
    prop_oneof![item, several].boxed()
}

fn commands(tables: &[Templates]) -> BoxedStrategy<Script> {
    templates(tables).prop_map(Script::Leaf).boxed()
}

/// Texts from tables, their placeholders filled.
fn templates(tables: &[Templates]) -> BoxedStrategy<String> {
    let all: Vec<(u32, &'static str)> = tables.iter().flat_map(|table| table.iter().copied()).collect();
    (weighted(&all), vec(0..1000_usize, 6)).prop_map(|(template, picks)| filled(template, &picks)).boxed()
}

/// Replaces `@w` and the like, those in the replacements too.
fn filled(template: &str, picks: &[usize]) -> String {
    let mut text = template.to_owned();
    let mut picks = picks.iter().cycle();
    while let Some((at, values)) = next_placeholder(&text) {
        let pick = picks.next().expect("a cycle has no end");
        text.replace_range(at..at + 2, values[pick % values.len()]);
    }
    text
}

fn next_placeholder(text: &str) -> Option<(usize, &'static [&'static str])> {
    text.match_indices('@').find_map(|(at, _)| {
        let letter = text.as_bytes().get(at + 1)?;
        let (_, values) = PLACEHOLDERS.iter().find(|(name, _)| name == letter)?;
        Some((at, *values))
    })
}

type Templates = &'static [(u32, &'static str)];

/// Names, paths, texts, variables, words, exit statuses, modes and masks.
const PLACEHOLDERS: &[(u8, &[&str])] = &[
    (b'n', &["a", "b", "c", "d"]),
    (b'p', &["a", "b", "a/b", "b/a", "c", "a/b/c", "./c", "d"]),
    (b't', &["x", "a", "1", "y", "z"]),
    (b'v', &["X", "Y", "N"]),
    (b's', &["0", "1", "3"]),
    (b'm', &["700", "755", "711", "u+x", "g+w"]),
    (b'u', &["022", "077", "027"]),
    (b'w', WORDS),
];

const WORDS: &[&str] = &[
    "x", "\"$X\"", "a", "b", "$X", "\"x=$X\"", "$Y", "${X:-def}", "\"${Y-none}\"", "${X:=def}", "${Y:=b}", "${X:+set}",
    "${X#a}", "${X?unset}", "$((N+1))", "$((N=N+1))", "$?", "$#", "\"$@\"", "$1", "*", "[ab]*", "'*'", "$PWD", "~",
    "'&& no'", "\"a;b\"", "'# no'", "a#b", "a\\ b", "''", "\"it's\"", "é", "$(echo @t)", "$(pwd)", "\"$(cat @n)\"",
    "`echo @t`", "$(exit 3)", "$(false; echo @t)", "\"$(cd @n; pwd)\"", "$-", "{a,b}", "\\$X", "\"\\\"q\\\"\"", "$0",
    "'a  b'", "\"$*\"", "$(X=in; echo $X)", "${Y:-$(echo @t)}", "$(set -e; false; echo @t)", "\"a b\" c", "${N}",
];

/// Texts that are no script.
const BROKEN: &[&str] = &["echo \"a", "if true", "echo a; }", "( echo a", "# only", "echo a &&", "echo 'a", "))"];

/// Jobs that nobody notices.
const JOBS: &[&str] = &[": &", "true &", "sleep 0 &", "false &", "{ :; true; } &"];

const FUNCTIONS: Templates = &[(3, "f() { LIST }"), (3, "g() { LIST }"), (1, "f() ( OPEN )"), (1, "g()\u{2}{ LIST } > o")];

const TRACED: &str = "{ set -x; LIST } 2>&1";

/// Blocks that a redirection may stand behind.
const BLOCKS: Templates = &[
    (8, "{ LIST }"),
    (6, "(OPEN)"),
    (2, "if LIST\u{2}then LIST\u{2}else LIST fi"),
    (2, "if LIST then\u{2}LIST fi"),
    (1, "if LIST then LIST elif LIST then :; else LIST fi"),
    (2, "for I in @w;\u{2}do LIST done"),
    (1, "for I in @n @w; do LIST done"),
    (2, "while [ \"$((L=L+1))\" -le 2 ]; do\u{2}LIST done"),
    (1, "until [ \"$((K=K+1))\" -gt 2 ];\u{2}do LIST done"),
    (2, "case @w in a) LIST;\u{2}*b|[x-z]) LIST; *) :;;\u{2}esac"),
    (1, "case @w in (@t) OPEN ;; *) OPEN;; esac"),
];

const OTHER_SHAPES: Templates = &[
    (2, "! CMD"),
    (2, "CMD\u{1}|\u{2}cat"),
    (1, "CMD | grep a"),
    (1, "CMD | sed s/a/b/"),
    (1, "CMD | cat | grep -v x"),
    (1, "CMD | while read R; do echo \"<$R>\"; done"),
    (1, "CMD | { cat; LIST }"),
    (1, "CMD | (cat; OPEN)"),
    (1, "env | grep '^[XYN]='"),
    (1, "set -- a 'b c'; for I do LIST done"),
    (1, "while read R; do echo \"$R\"; done < @n"),
    (2, "echo $( OPEN)"),
    (1, "@v=$( OPEN)"),
    (1, "[ -n \"$( OPEN)\" ]"),
    (1, "eval 'set -e; false; echo no'"),
    (1, "trap 'LIST' EXIT"),
];

const CALLS: Templates = &[(4, "f"), (2, "f @w"), (2, "g"), (1, "f > o"), (1, "X=@t f"), (1, "command -v f")];

const SIMPLE: Templates = &[
    (10, "true"), (6, "false"), (14, "echo @w"), (4, "echo @w @w"), (6, "echo @t > @n"), (4, "echo @w > @p"),
    (4, "echo @w >> @n"), (3, "printf '%s.' @w @w"), (3, "printf '%s\\n' @t > @n"), (1, "echo @w 2>&1"),
    (1, "echo @t >&2"), (8, "mkdir @n"), (4, "mkdir -p @p"), (6, "cd @n"), (2, "cd @p"), (2, "cd .."), (1, "cd"),
    (1, "cd -"), (1, "cd -P @n"), (1, "\\cd @n"), (1, "command cd @n"), (1, "\"cd\" @n"), (4, "rm @n"), (6, "rm -rf @n"),
    (1, "rm -r @p"), (1, "rmdir @n"), (5, "cat @n"), (1, "cat @n > @n"), (4, "touch @n"), (3, "mv @n @n"),
    (2, "cp @n @n"), (2, "ln -s @n @n"), (1, "ln @n @n"), (3, "chmod @m @n"), (3, "ls"), (1, "ls @n"), (2, "grep @t @n"),
    (1, "sed s/@t/@t/ @n"), (1, "sed -i s/@t/@t/ @n 2>/dev/null"), (3, ":"), (2, ": @w"), (3, "test -e @n"), (3, "[ -d @n ]"),
    (3, "[ \"$X\" = @t ]"), (1, "[ -n \"$Y\" ]"), (1, "[ @w ]"), (6, "@v=@w"), (1, "@v=@w @v=@w"),
    (1, "@v=@w echo \"$X\""), (1, "@v=@t sh -c 'echo $X$Y'"), (1, "X=@t :"), (1, "X=@t true"), (1, "Y=@t cd @n"),
    (3, "export @v=@t"), (1, "export @v"), (1, "readonly @v"), (1, "readonly @v=@t"), (2, "unset @v"), (2, "N=@s"),
    (1, "sh -c 'echo $X$Y$N'"), (4, "set -e"), (2, "set -u"), (1, "set -x"), (1, "set -f"), (1, "set -eu"),
    (1, "set -ex"), (1, "set +e"), (1, "set -C"), (1, "set -a"), (1, "set -o pipefail"), (1, "set -o errexit"),
    (1, "set +x"), (2, "set -- a 'b c'"), (1, "set -- @w"), (1, "shift"), (1, "umask @u"), (1, "umask"),
    (1, "read @v < @n"), (1, "read X Y < @n"), (1, "IFS=, read @v @v < @n"), (1, "IFS=,"), (2, "exit @s"), (1, "exit"),
    (1, "return @s"), (1, "exec true"), (1, "exec false"), (1, "exec echo @w"), (1, "exec > o"), (1, "exec 3> o"),
    (1, "echo @t >&3"), (1, "exec 3>&1"), (1, "exec > o 3>&1"), (2, "trap 'echo @t' EXIT"), (1, "trap 'echo @t > @n' EXIT"),
    (1, "trap - EXIT"), (1, "trap 'exit @s' EXIT"), (1, "trap 'echo $?' 0"), (1, "trap 'echo \"$X\"; pwd' EXIT"),
    (1, "trap"), (1, "eval 'echo $X'"), (1, "eval \"@v=@t\""), (1, "eval 'cd @n'"), (1, "eval 'exit @s'"),
    (1, ". ./@n"), (2, "echo 'echo dot; X=dot; cd a' > @n"), (1, "> @n"), (1, "< @n"), (1, ">> @p"), (1, "> @n 2>&1"),
    (1, ": > @p"), (1, "true > @p"), (3, "pwd"), (1, "break"), (1, "continue"), (1, "wait"), (1, "hash -r"),
    (1, "ulimit -n 60"), (1, "ulimit -n"), (1, "nosuch"), (1, "./@n"), (1, "local @v=@t"), (1, "command export @v=@t"),
    (1, "alias echo=false"), (1, "unset -f f"), (1, "test -z \"${X:=new}\""), (1, "$X @n"), (1, "X=cd"), (1, "command true"),
    (1, "getopts a X"), (1, "times > /dev/null"), (1, "export 1x"), (1, "@v=$(false)"), (1, "cd nosuch"), (1, "shift 9"),
    (1, "env > /dev/null"), (1, "command . ./@n"), (1, "cd @n > o"), (1, "exec < @n"), (1, "read X"), (1, "command exit 3"),
    (1, "command -- cd @n"), (1, "set -eo pipefail"), (1, "PATH=/nowhere ls @n"), (1, "X=a.b.c; IFS=.; echo $X"),
];

const BASH: Templates = &[
    (2, "[[ @t == a* ]]"), (2, "[[ -d @n && -e @n ]]"), (1, "[[ @t =~ ^(x|a) ]]"), (1, "echo ${BASH_REMATCH[1]}"),
    (2, "((N++))"), (1, "((N+=2))"), (1, "let N=N+1"), (2, "@v+=x"), (1, "A=(a 'b c')"), (1, "A+=(d)"),
    (2, "echo \"${A[@]}\""), (1, "shopt -s nullglob"), (1, "shopt -s dotglob"), (1, "echo $'a\\tb'"), (1, "echo {a,b}{1,2}"),
    (1, "declare @v=@t"), (1, "declare -r X=1"), (1, "pushd @n"), (1, "popd"), (1, "printf -v @v %s @t"),
    (1, "read @v <<< @w"), (1, "cat <<< @w"), (1, "echo @w &> @n"), (1, "mapfile -t A < @n"), (1, "echo ${X^^}"),
    (1, "source ./@n"), (1, "trap 'echo E' ERR"), (1, "trap 'echo D' DEBUG"), (1, "cat <(echo @t)"), (1, "enable -n echo"),
    (3, "set -o pipefail"), (1, "set -euo pipefail"), (1, "shopt -s expand_aliases"), (1, "builtin cd @n"), (1, "set -E"),
    (1, "shopt -s inherit_errexit"), (1, "exec -a x true"), (1, "echo ${X:0:1}"), (1, "A[1]=@t"), (1, "unset 'A[0]'"),
    (1, "for ((I=0; I<2; I++)); do echo $I; done"), (1, "function f { echo @t; }"), (1, "echo ${!X*}"), (1, "shopt -so errexit"),
    (1, "echo @t |& cat"), (1, "set -T"), (1, "time true"), (1, "export -f f"), (1, "export -n @v"),
    (1, "echo \"${X@Q}\""), (1, "shopt -s lastpipe"),
];
