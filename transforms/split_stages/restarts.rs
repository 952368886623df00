//! Containers that build their program before they start it: `go run`, `cargo run`. The builder builds it once, and what
//! starts is the program, with the same words behind it.

use dopt_model::User;
use dopt_rewrite::{Restart, cased_like};
use dopt_syntax::dockerfile::{Form, Keyword};
use dopt_syntax::shell::{self, Command, Dialect};

use super::stack::Scene;

/// The one instruction that starts containers, where it says how the program is built first.
pub(super) struct Running {
    /// The instruction.
    pub index: usize,
    /// Behind `go run` or `cargo run`, as they are written.
    pub words: Vec<String>,
    /// The folder that it runs in.
    pub folder: String,
    /// The last instruction in front that brings or makes something: behind it, the builder builds.
    pub last: usize,
    is_exec: bool,
}

impl Running {
    /// Reads ENTRYPOINT or CMD, where there is but one of them and it begins with these words.
    pub fn of(scene: &Scene<'_>, begin: [&str; 2]) -> Option<Running> {
        let stages = scene.subject.stages;
        let document = stages.document();
        let body = stages.all()[scene.stage].body.clone();
        let starts = |index: &usize| {
            let found = &document.instructions()[*index];
            matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint) && found.form != Form::Exec(Vec::new())
        };
        let all: Vec<usize> = body.clone().filter(starts).collect();
        let [index] = all[..] else { return None };
        let instruction = &document.instructions()[index];
        let is_exec = instruction.form != Form::Shell;
        let words = match &instruction.form {
            Form::Exec(words) => words.clone(),
            Form::Shell => plain_words(instruction.arguments_text(document.text()))?,
        };
        let rest = words.strip_prefix(&begin.map(str::to_owned)[..])?.to_vec();
        let brings =
            |at: &usize| matches!(document.instructions()[*at].keyword, Keyword::Copy | Keyword::Add | Keyword::Run);
        let last = body.clone().filter(brings).max().filter(|last| *last < index)?;
        let (built, started) = (stages.state(scene.stage, last + 1), stages.state(scene.stage, body.end));
        let folder = started.workdir()?.to_owned();
        // What is set behind the sources is not there yet when they are built.
        let sets = |at: usize| match document.instructions()[at].keyword {
            Keyword::Env | Keyword::Arg => steers_builds(document.instructions()[at].arguments_text(document.text())),
            keyword => keyword == Keyword::Shell,
        };
        let is_same = built.workdir() == Some(&folder) && !(last + 1..body.end).any(sets);
        (is_same && built.user() == User::Root && started.user() == User::Root).then_some(Running {
            index,
            words: rest,
            folder,
            last,
            is_exec,
        })
    }

    /// The instruction that starts the program itself.
    pub fn starting(&self, program: &str, words: &[String], scene: &Scene<'_>) -> Restart {
        let document = scene.subject.document();
        let instruction = &document.instructions()[self.index];
        let keyword = instruction.keyword.name();
        let all: Vec<&str> = std::iter::once(program).chain(words.iter().map(String::as_str)).collect();
        let text = match self.is_exec {
            true => {
                let quoted: Vec<String> =
                    all.iter().map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))).collect();
                format!("{keyword} [{}]", quoted.join(", "))
            }
            false => format!("{keyword} {}", all.join(" ")),
        };
        Restart { index: self.index, program: program.to_owned(), text: cased_like(instruction, document, &text) }
    }
}

/// Whether variables may be set that compilers and what fetches packages read.
fn steers_builds(text: &str) -> bool {
    const NAMES: &[&str] =
        &["GO", "CGO", "CARGO", "RUST", "PKG_CONFIG", "PATH", "HOME", "CC", "CXX", "CFLAGS", "LDFLAGS", "TMP", "GIT"];
    let mut words = text.split(|c: char| c.is_whitespace() || c == '=');
    words.any(|word| NAMES.iter().any(|name| word.starts_with(name)) || word.to_ascii_lowercase().ends_with("_proxy"))
}

/// The words of a shell that starts one program, where none of them is quoted.
fn plain_words(text: &str) -> Option<Vec<String>> {
    let script = shell::parse(text, Dialect::Posix).ok()?;
    let [item] = &script.list.items[..] else { return None };
    let [Command::Simple(command)] = &item.and_or.first.commands[..] else { return None };
    let is_alone = item.and_or.rest.is_empty() && item.separator.is_none() && command.assignments.is_empty();
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=:@,${}".contains(&byte));
    let words: Vec<String> = command.words.iter().map(|word| word.range.of(text).to_owned()).collect();
    (is_alone && command.redirects.is_empty() && words.iter().all(|word| is_plain(word))).then_some(words)
}
