//! What the steps of Dockerfiles say and install: whether they speak of a file, and whether they make a folder anew.

use dopt_model::{ShellScript, StageRun, Stages};
use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::shell::SimpleCommand;

use crate::go_path;
use crate::needs::Target;

/// Everything that the steps of one Dockerfile say.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    texts: Vec<Text>,
    installs: Vec<Install>,
}

#[derive(Clone, Debug)]
struct Text {
    line: usize,
    text: String,
}

/// A step that fills `node_modules` from what stands in a `package.json`.
#[derive(Clone, Debug)]
struct Install {
    /// The folder with the `package.json`.
    folder: String,
    /// The copies in front of it with nothing between that could look into `node_modules`: stage and instruction.
    behind: Vec<(usize, usize)>,
}

impl Steps {
    /// Reads what runs, and what the image is told to run.
    pub fn of(stages: &Stages<'_>) -> Steps {
        let document = stages.document();
        let speaks = |keyword: Keyword| {
            matches!(keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Env)
        };
        let mut steps = Steps::default();
        for instruction in document.instructions() {
            let keyword = instruction.trigger.as_ref().map_or(instruction.keyword, |trigger| trigger.keyword);
            if speaks(keyword) {
                let text = instruction.range.of(document.text()).to_owned();
                steps.texts.push(Text { line: instruction.first_line, text });
            }
        }
        steps.installs = stages.runs().filter_map(|run| install(run, stages)).flatten().collect();
        steps
    }

    /// The line of the first step that has a name in its text, as a whole part of a path or a word.
    pub fn mention(&self, name: &str) -> Option<usize> {
        self.texts.iter().find(|text| has_word(&text.text, name)).map(|text| text.line)
    }

    /// What a look into the texts of the steps finds first, with the line.
    pub fn first(&self, look: impl Fn(&str) -> Option<String>) -> Option<(usize, String)> {
        self.texts.iter().find_map(|text| Some((text.line, look(&text.text)?)))
    }

    /// Whether the step behind a copy installs what belongs into the `node_modules` of this folder of the image.
    pub fn installs_behind(&self, copy: &Target, folder: &str) -> bool {
        let is_it = |install: &&Install| install.folder == folder && install.behind.contains(&(copy.stage, copy.index));
        self.installs.iter().any(|install| is_it(&install))
    }
}

/// Whether a text has a word with no letter, digit, dot, dash or underscore around it.
pub fn has_word(text: &str, word: &str) -> bool {
    let is_part = |found: char| found.is_alphanumeric() || ".-_".contains(found);
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_part)
            && !text[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// Programs that look into no `node_modules`.
const BLIND: &[&str] = &[
    "apt-get", "apt", "apk", "yum", "dnf", "mkdir", "chown", "chmod", "rm", "corepack", "echo", "cd", "set", "export",
    "useradd", "adduser", "groupadd", "addgroup", "test", "[", "true", "ls",
];

/// The install of a step, if nothing in front of it in the step could look into the folder.
fn install(run: StageRun<'_>, stages: &Stages<'_>) -> Option<Vec<Install>> {
    let script = run.script().ok()?;
    let mut folder = run.state().workdir().map(str::to_owned);
    for command in script.commands() {
        if let Some(place) = install_place(&script, command) {
            let folder = inside(folder.as_deref(), place.as_deref().unwrap_or("."))?;
            return Some(vec![Install { folder, behind: copies_before(run, stages) }]);
        }
        let name = command.name(script.text())?;
        if name == "cd" {
            folder = literals(&script, command).and_then(|words| inside(folder.as_deref(), words.get(1)?));
        } else if !is_blind(&script, command) {
            return None;
        }
    }
    None
}

/// The copies in front of a step, as far back as nothing could have looked into what they brought.
fn copies_before(run: StageRun<'_>, stages: &Stages<'_>) -> Vec<(usize, usize)> {
    let instructions = stages.document().instructions();
    let mut found = Vec::new();
    for (stage, index) in stages.before(run.stage(), run.index()).into_iter().rev() {
        match instructions[index].keyword {
            Keyword::Copy | Keyword::Add => found.push((stage, index)),
            Keyword::Run if !stages.run(stage, index).is_some_and(is_all_blind) => break,
            _ => {}
        }
    }
    found
}

fn is_all_blind(run: StageRun<'_>) -> bool {
    run.script().is_ok_and(|script| script.all_commands().iter().all(|command| is_blind(&script, command)))
}

fn is_blind(script: &ShellScript<'_>, command: &SimpleCommand) -> bool {
    let Some(name) = command.name(script.text()) else { return command.words.is_empty() };
    let says = |word: &str| literals(script, command).is_some_and(|words| words.iter().any(|found| found == word));
    BLIND.contains(&&*name) || (name == "npm" && (says("-g") || says("--global") || says("config")))
}

/// Where a command installs from a `package.json`: `None` within for where it runs.
fn install_place(script: &ShellScript<'_>, command: &SimpleCommand) -> Option<Option<String>> {
    let words = literals(script, command)?;
    let verbs: &[&str] = match words.first()?.as_str() {
        "npm" => &["ci", "install", "i", "clean-install"],
        "pnpm" | "bun" => &["install", "i"],
        "yarn" => &["install"],
        _ => return None,
    };
    if words.iter().any(|word| word == "-g" || word == "--global" || word == "global" || word == "--offline") {
        return None;
    }
    let mut place = None;
    let mut plain: Vec<&str> = Vec::new();
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--prefix" | "-C" | "--cwd" | "--dir" => place = Some(rest.next()?.clone()),
            word if word.starts_with("--prefix=") || word.starts_with("--cwd=") => {
                place = word.split_once('=').map(|(_, value)| value.to_owned());
            }
            word if word.starts_with('-') => {}
            word => plain.push(word),
        }
    }
    let is_bare_yarn = words[0] == "yarn" && plain.is_empty();
    let is_install = plain.first().is_some_and(|verb| verbs.contains(verb));
    (is_bare_yarn || is_install).then_some(place)
}

/// The words of a command; `None` where one of them cannot be told.
fn literals(script: &ShellScript<'_>, command: &SimpleCommand) -> Option<Vec<String>> {
    command.words.iter().map(|word| word.literal(script.text()).map(|word| word.into_owned())).collect()
}

fn inside(folder: Option<&str>, path: &str) -> Option<String> {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", folder?) };
    String::from_utf8(go_path::clean(path.as_bytes())).ok()
}
