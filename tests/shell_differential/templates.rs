//! The commands and blocks that scripts are made of, most with how often they are taken.

/// Texts with weights. `@w` and the like stand for what [`PLACEHOLDERS`] lists, `LIST` and the like for scripts.
pub(crate) type Templates = &'static [(u32, &'static str)];

/// Names, paths, texts, variables, words, exit statuses, modes and masks.
pub(crate) const PLACEHOLDERS: &[(u8, &[&str])] = &[
    (b'n', &["a", "b", "c", "d"]),
    (b'p', &["a", "b", "a/b", "b/a", "c", "a/b/c", "./c", "d"]),
    (b't', &["x", "a", "1", "y", "z"]),
    (b'v', &["X", "Y", "N"]),
    (b's', &["0", "1", "3"]),
    (b'm', &["700", "755", "711", "u+x", "g+w"]),
    (b'u', &["022", "077", "027"]),
    (b'w', WORDS),
];

#[rustfmt::skip]
pub(crate) const WORDS: &[&str] = &[
    "x", "\"$X\"", "a", "b", "$X", "\"x=$X\"", "$Y", "${X:-def}", "\"${Y-none}\"", "${X:=def}", "${Y:=b}",
    "${X:+set}", "${X#a}", "${X?unset}", "$((N+1))", "$((N=N+1))", "$?", "$#", "\"$@\"", "$1", "*", "[ab]*", "'*'",
    "$PWD", "~", "'&& no'", "\"a;b\"", "'# no'", "a#b", "a\\ b", "''", "\"it's\"", "é", "$(echo @t)", "$(pwd)",
    "\"$(cat @n)\"", "`echo @t`", "$(exit 3)", "$(false; echo @t)", "\"$(cd @n; pwd)\"", "$-", "{a,b}", "\\$X",
    "\"\\\"q\\\"\"", "$0", "'a  b'", "\"$*\"", "$(X=in; echo $X)", "${Y:-$(echo @t)}", "$(set -e; false; echo @t)",
    "\"a b\" c", "${N}", "\"${Y:=q}\"", "${X=$(echo @t)}", "${Y:-${X:=in}}", "$((${N:=3}+1))",
    "`: ${X:=sub}; echo $X`", "q\\\\", "$LINENO",
];

/// Texts that are no script.
pub(crate) const BROKEN: &[&str] =
    &["echo \"a", "if true", "echo a; }", "( echo a", "# only", "echo a &&", "echo 'a", "))"];

/// Jobs that nobody notices.
pub(crate) const JOBS: &[&str] = &[": &", "true &", "sleep 0 &", "false &", "{ :; true; } &"];

pub(crate) const FUNCTIONS: Templates = &[
    (3, "f() { LIST }"),
    (3, "g() { LIST }"),
    (1, "f() ( OPEN )"),
    (1, "g()\u{2}{ LIST } > o"),
    (1, "trap 'LIST' EXIT"),
    (1, "trap \"LIST\" EXIT"),
];

/// Blocks that a redirection may stand behind.
pub(crate) const BLOCKS: Templates = &[
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

pub(crate) const OTHER_SHAPES: Templates = &[
    (2, "! CMD"),
    (2, "CMD\u{1}|\u{2}cat"),
    (1, "CMD | grep a"),
    (1, "CMD | sed s/a/b/"),
    (1, "CMD | cat | grep -v x"),
    (1, "CMD | while read R; do echo \"<$R>\"; done"),
    (1, "CMD | { cat; X=@t; echo \"$?$X$Y\"; }"),
    (1, "CMD | (cat; exit @s)"),
    (1, "CMD | if cat; then false; fi"),
    (1, "env | grep '^[XYN]='"),
    (1, "set -- a 'b c'; for I do LIST done"),
    (1, "while read R; do echo \"$R\"; done < @n"),
    (2, "echo $( OPEN)"),
    (1, "@v=$( OPEN)"),
    (1, "[ -n \"$( OPEN)\" ]"),
    (1, "eval 'set -e; false; echo no'"),
];

#[rustfmt::skip]
pub(crate) const CALLS: Templates = &[
    (4, "f"), (2, "f @w"), (2, "g"), (1, "f > o"), (1, "X=@t f"), (1, "command -v f"),
];

#[rustfmt::skip]
pub(crate) const SIMPLE: Templates = &[
    (10, "true"), (6, "false"), (14, "echo @w"), (4, "echo @w @w"), (6, "echo @t > @n"), (4, "echo @w > @p"),
    (4, "echo @w >> @n"), (3, "printf '%s.' @w @w"), (3, "printf '%s\\n' @t > @n"), (1, "echo @w 2>&1"),
    (1, "echo @t >&2"), (8, "mkdir @n"), (4, "mkdir -p @p"), (6, "cd @n"), (2, "cd @p"), (2, "cd .."), (1, "cd"),
    (1, "cd -"), (1, "cd -P @n"), (1, "\\cd @n"), (1, "command cd @n"), (1, "\"cd\" @n"), (4, "rm @n"),
    (6, "rm -rf @n"), (8, "echo \"$X,$Y,$N,$I,$#,$1\""), (1, "set +o"), (1, "rm -r @p"), (1, "rmdir @n"),
    (5, "cat @n"), (1, "cat @n > @n"), (4, "touch @n"), (3, "mv @n @n"), (2, "cp @n @n"), (2, "ln -s @n @n"),
    (1, "ln @n @n"), (3, "chmod @m @n"), (3, "ls"), (1, "ls @n"), (2, "grep @t @n"), (1, "sed s/@t/@t/ @n"),
    (1, "sed -i s/@t/@t/ @n 2>/dev/null"), (3, ":"), (2, ": @w"), (3, "test -e @n"), (3, "[ -d @n ]"),
    (3, "[ \"$X\" = @t ]"), (1, "[ -n \"$Y\" ]"), (1, "[ @w ]"), (6, "@v=@w"), (1, "@v=@w @v=@w"),
    (1, "@v=@w echo \"$X\""), (1, "@v=@t sh -c 'echo $X$Y'"), (1, "X=@t :"), (1, "X=@t true"), (1, "Y=@t cd @n"),
    (3, "export @v=@t"), (1, "export @v"), (1, "readonly @v"), (1, "readonly @v=@t"), (2, "unset @v"), (2, "N=@s"),
    (1, "sh -c 'echo $X$Y$N'"), (4, "set -e"), (2, "set -u"), (1, "set -x"), (1, "set -f"), (1, "set -eu"),
    (1, "set -ex"), (1, "set +e"), (1, "set -C"), (1, "set -a"), (1, "set -o pipefail"), (1, "set -o errexit"),
    (1, "set +x"), (2, "set -- a 'b c'"), (1, "set -- @w"), (1, "shift"), (1, "umask @u"), (1, "umask"),
    (1, "read @v < @n"), (1, "read X Y < @n"), (1, "IFS=, read @v @v < @n"), (1, "IFS=,"), (2, "exit @s"),
    (1, "exit"), (1, "return @s"), (1, "exec true"), (1, "exec false"), (1, "exec echo @w"), (1, "exec > o"),
    (1, "exec 3> o"), (1, "echo @t >&3"), (1, "exec 3>&1"), (1, "exec > o 3>&1"), (2, "trap 'echo @t' EXIT"),
    (1, "trap 'echo @t > @n' EXIT"), (1, "trap - EXIT"), (1, "trap 'exit @s' EXIT"), (1, "trap 'echo $?' 0"),
    (1, "trap 'echo \"$X\"; pwd' EXIT"), (1, "trap"), (1, "eval 'echo $X'"), (1, "eval \"@v=@t\""),
    (1, "eval 'cd @n'"), (1, "eval 'exit @s'"), (1, ". ./@n"), (2, "echo 'echo dot; X=dot; cd a' > @n"), (1, "> @n"),
    (1, "< @n"), (1, ">> @p"), (1, "> @n 2>&1"), (1, ": > @p"), (1, "true > @p"), (3, "pwd"), (1, "break"),
    (1, "continue"), (1, "wait"), (1, "hash -r"), (1, "ulimit -n 60"), (1, "ulimit -n"), (1, "nosuch"), (1, "./@n"),
    (1, "local @v=@t"), (1, "command export @v=@t"), (1, "alias echo=false"), (1, "unset -f f"),
    (1, "test -z \"${X:=new}\""), (1, "$X @n"), (1, "X=cd"), (1, "command true"), (1, "getopts a X"),
    (1, "times > /dev/null"), (1, "export 1x"), (1, "@v=$(false)"), (1, "cd nosuch"), (1, "shift 9"),
    (1, "env > /dev/null"), (1, "command . ./@n"), (1, "cd @n > o"), (1, "exec < @n"), (1, "read X"),
    (1, "command exit 3"), (1, "command -- cd @n"), (1, "set -eo pipefail"), (1, "PATH=/nowhere ls @n"),
    (1, "X=a.b.c; IFS=.; echo $X"), (1, "@v=@t eval :"), (1, "@v=@t command :"), (1, "@v=@t set --"),
    (1, "X=@t unset Y"), (1, "@v=@t > o"), (1, "> ${X:=a}"), (1, "command -v cd > o"), (1, "e\"xpor\"t @v=@t"),
    (1, "@v=@t command cd @n"), (1, "getopts ab Y -a -b"),
];

#[rustfmt::skip]
pub(crate) const BASH: Templates = &[
    (2, "[[ @t == a* ]]"), (2, "[[ -d @n && -e @n ]]"), (1, "[[ @t =~ ^(x|a) ]]"), (1, "echo ${BASH_REMATCH[1]}"),
    (2, "((N++))"), (1, "((N+=2))"), (3, "let N=N+1"), (2, "@v+=x"), (1, "A=(a 'b c')"), (1, "A+=(d)"),
    (2, "echo \"${A[@]}\""), (3, "shopt -s nullglob"), (3, "shopt -s dotglob"), (1, "echo $'a\\tb'"),
    (1, "echo {a,b}{1,2}"), (3, "declare @v=@t"), (1, "declare -r X=1"), (3, "pushd @n"), (1, "popd"),
    (3, "printf -v @v %s @t"), (3, "read @v <<< @w"), (1, "cat <<< @w"), (4, "shopt -p nullglob dotglob"),
    (2, "enable -n"), (2, "dirs -l -v"), (1, "echo @w &> @n"), (3, "mapfile -t A < @n"), (1, "echo ${X^^}"),
    (1, "source ./@n"), (1, "trap 'echo E' ERR"), (1, "trap 'echo D' DEBUG"), (1, "cat <(echo @t)"),
    (3, "enable -n echo"), (3, "set -o pipefail"), (1, "set -euo pipefail"), (1, "shopt -s expand_aliases"),
    (1, "builtin cd @n"), (1, "set -E"), (1, "shopt -s inherit_errexit"), (1, "exec -a x true"), (1, "echo ${X:0:1}"),
    (1, "A[1]=@t"), (1, "unset 'A[0]'"), (1, "for ((I=0; I<2; I++)); do echo $I; done"),
    (1, "function f { echo @t; }"), (1, "echo ${!X*}"), (1, "shopt -so errexit"), (1, "echo @t |& cat"),
    (1, "set -T"), (1, "time true"), (1, "export -f f"), (1, "export -n @v"), (1, "echo \"${X@Q}\""),
    (1, "shopt -s lastpipe"), (1, "echo $[N=N+1]"), (1, "echo $((N++))"), (1, "echo ${A[N=1]}"), (1, "echo ${X:N=1}"),
    (1, "[[ N=3 -eq 3 ]]"), (1, "A=([N=2]=x)"), (1, "echo @t {fd}> o"), (1, "exec {fd}> o"), (1, "echo \"fd=$fd\""),
    (1, "time cd @n"), (1, "> @n &>> o"), (1, "declare -i N=2+@s"), (1, "read -a A <<< 'a b'"), (1, "echo ${#A[@]}"),
    (1, "[[ -v X ]]"), (1, "echo \"${X@A}\""), (1, "declare -n R=X"), (1, "dirs"), (1, "shopt -u sourcepath"),
    (1, "printf '%s' {1..3}"), (1, "wait -n"), (1, "type f"),
];

pub(crate) const TRACED: &str = "{ set -x; LIST } 2>&1";
