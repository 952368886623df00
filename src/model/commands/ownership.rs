//! `chown` and `chmod`, who else may put files below a folder, and who may make users.

use dopt_syntax::shell::{SimpleCommand, Word};

use super::{Invocation, is_always_cheap, paths};
use crate::{ShellScript, State, Value};

/// A `chown` or `chmod` with its words sorted.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The command.
    pub invocation: Invocation<'a>,
    /// The owner as `user`, `user:group` or `:group`, or the mode.
    pub to: String,
    /// The word that makes it reach into folders, and what is left of that word without it.
    pub recursive: Option<(usize, String)>,
    /// The words that name files.
    pub operands: Vec<usize>,
}

/// Programs that write nothing, or nothing but owners, modes and absences, whatever their operands are.
const QUIET: &[&str] = &[
    "test", "[", "[[", "ls", "cat", "stat", "echo", "printf", "grep", "egrep", "cd", "rm", "rmdir", "unlink", "chown",
    "chmod", "chgrp", "true", "false", ":", "set", "unset", "export", "umask", "which", "id", "whoami", "pwd", "sleep",
    "exit", "command", "type", "date", "uname", "head", "tail", "wc", "setcap", "env", "sha256sum", "sha1sum",
    "md5sum", "ldconfig", "sync",
];

/// Programs that write into folders of their own, not into the working folder.
const ELSEWHERE: &[&str] = &[
    "apt-get", "apt", "aptitude", "apt-key", "apt-cache", "apk", "yum", "dnf", "microdnf", "rpm", "zypper", "pacman",
    "add-apt-repository", "docker-php-ext-install", "docker-php-ext-enable", "docker-php-ext-configure", "pecl",
    "update-ca-certificates", "locale-gen", "a2enmod", "a2dismod", "a2ensite", "a2dissite", "service",
];

const USER_TOOLS: &[&str] = &[
    "useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "userdel", "deluser", "groupdel", "delgroup",
    "passwd", "chpasswd",
];

impl<'a> Change<'a> {
    /// Sorts the words of a `chown` or `chmod`; `None` where one is not known or does more than this.
    pub fn of(command: &'a SimpleCommand, text: &'a str) -> Option<Change<'a>> {
        let invocation = Invocation::of(command, text)?;
        if !matches!(invocation.program(), "chown" | "chmod") || !command.redirects.is_empty() {
            return None;
        }
        let mut recursive = None;
        let mut operands: Vec<usize> = Vec::new();
        let mut to = None;
        for (at, word) in command.words.iter().enumerate().skip(invocation.program_at + 1) {
            let literal = word.literal(text);
            match literal.as_deref() {
                Some("--recursive" | "-R") if to.is_none() && recursive.is_none() => {
                    recursive = Some((at, String::new()));
                }
                Some("--verbose" | "--changes" | "--silent" | "--quiet") if to.is_none() => {}
                Some(option) if option.starts_with('-') && to.is_none() => {
                    let letters = &option[1..];
                    if letters.is_empty() || !letters.bytes().all(|letter| b"Rvcfh".contains(&letter)) {
                        return None;
                    }
                    if letters.contains('R') {
                        recursive = Some((at, format!("-{}", letters.replace('R', ""))));
                    }
                }
                Some(option) if option.starts_with('-') => return None,
                Some(spec) if to.is_none() => to = Some(spec.to_owned()),
                None if to.is_none() => return None,
                _ => operands.push(at),
            }
        }
        Some(Change { invocation, to: to?, recursive, operands })
    }

    /// User and group, where both can be told from the words and are names or numbers.
    pub fn owner(&self) -> Option<(&str, Option<&str>)> {
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let (user, group) = match self.to.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (self.to.as_str(), None),
        };
        (plain(user) && group.is_none_or(plain)).then_some((user, group))
    }

    /// The three octal digits of the mode, where it is an absolute one.
    pub fn mode(&self) -> Option<&str> {
        let mode = self.to.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(&self.to);
        (mode.len() == 3 && mode.bytes().all(|digit| (b'0'..=b'7').contains(&digit))).then_some(mode)
    }
}

/// The text of a word of a script, with the variables that the Dockerfile sets replaced. `None` where it is not
/// known, or is a pattern.
pub fn known_word(script: &ShellScript<'_>, state: State<'_>, word: &Word) -> Option<String> {
    if word.globs || !word.substitutions.is_empty() {
        return None;
    }
    if let Some(literal) = word.literal(script.text()) {
        return Some(literal.into_owned());
    }
    let mut sets = false;
    script.script().walk(&mut |command| {
        sets |= !command.assignments.is_empty()
            || command.name(script.text()).is_some_and(|name| matches!(name.as_ref(), "export" | "read" | "." | "set"));
    });
    match state.expand(word.range.of(script.text())) {
        Value::Known(text) if !sets => Some(text),
        _ => None,
    }
}

/// Whether a script, up to an offset, may put files below `folder`. Making the folder itself does not count.
pub fn may_fill(script: &ShellScript<'_>, upto: usize, state: State<'_>, folder: &str) -> bool {
    let mut reach =
        Reach { text: script.text(), state, folder, cwd: state.workdir().unwrap_or("/").to_owned(), fills: false };
    script.script().walk(&mut |command| {
        if command.range.start() < upto {
            reach.look_at(command);
        }
    });
    reach.fills
}

/// Whether a script, up to an offset, may make or change users and groups.
pub fn may_make_users(script: &ShellScript<'_>, upto: usize) -> bool {
    let mut may = false;
    script.script().walk(&mut |command| {
        let Some(invocation) = Invocation::of(command, script.text()) else {
            may |= command.range.start() < upto && !command.words.is_empty();
            return;
        };
        let program = invocation.program();
        let harmless = is_always_cheap(program) && !USER_TOOLS.contains(&program) && program != "find";
        let names_them = command.range.of(script.text()).contains("/etc/");
        may |= command.range.start() < upto && (!harmless || names_them);
    });
    may
}

/// How far the commands of a script reach into a folder.
struct Reach<'r, 's> {
    text: &'r str,
    state: State<'s>,
    folder: &'r str,
    cwd: String,
    fills: bool,
}

impl Reach<'_, '_> {
    fn look_at(&mut self, command: &SimpleCommand) {
        let writes_to = |word: &Word| self.is_below(&self.spelled(word));
        self.fills |= command
            .redirects
            .iter()
            .filter(|redirect| redirect.operator.of(self.text).contains('>'))
            .any(|redirect| writes_to(&redirect.target));
        let Some(name) = command.words.first() else { return };
        let Some(invocation) = Invocation::of(command, self.text) else {
            self.fills |= name.expands && (self.mentions(command) || self.is_here());
            return;
        };
        let operands: Vec<String> = invocation
            .arguments()
            .iter()
            .map(|word| self.spelled(word))
            .filter(|word| !word.starts_with('-'))
            .collect();
        let option = |names: &[&str]| names.iter().any(|name| invocation.has_argument(name));
        self.fills |= match invocation.program() {
            "cd" => {
                self.cwd = paths::resolve(&self.cwd, operands.first().map_or("/root", String::as_str));
                false
            }
            "mkdir" => operands.iter().any(|path| self.is_below(path)),
            program if USER_TOOLS.contains(&program) => {
                self.mentions(command) && (program == "adduser" || option(&["-m", "--create-home"]))
            }
            program if QUIET.contains(&program) => false,
            program if ELSEWHERE.contains(&program) => false,
            "npm" | "yarn" if option(&["-g", "--global", "global", "config", "--version"]) => self.mentions(command),
            // A list may name sources that pip puts into `src`.
            "pip" | "pip3" if option(&["-r", "--requirement"]) && self.is_here() => true,
            "pip" | "pip3" if !operands.iter().any(|word| word.starts_with('.')) && !option(&["-e"]) => false,
            program if is_always_cheap(program) => {
                operands.iter().any(|path| self.is_below(path)) || self.mentions(command)
            }
            _ => self.is_here() || self.mentions(command) || operands.iter().any(|path| self.is_folder(path)),
        };
    }

    fn spelled(&self, word: &Word) -> String {
        let raw = word.range.of(self.text);
        match word.literal(self.text) {
            Some(literal) => literal.into_owned(),
            None => self.state.expand(raw).text().map_or_else(|| raw.replace(['"', '\''], ""), str::to_owned),
        }
    }

    /// Whether some word has the folder's path in it.
    fn mentions(&self, command: &SimpleCommand) -> bool {
        command.words.iter().any(|word| has_path(&self.spelled(word), self.folder))
    }

    fn is_here(&self) -> bool {
        at_or_below(&self.cwd, self.folder)
    }

    fn is_folder(&self, path: &str) -> bool {
        at_or_below(&paths::resolve(&self.cwd, path), self.folder)
    }

    fn is_below(&self, path: &str) -> bool {
        below(&paths::resolve(&self.cwd, path), self.folder)
    }
}

/// Whether a path lies below a folder.
pub fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}

/// Whether a path is that of a folder, or of something in it.
pub fn at_or_below(path: &str, folder: &str) -> bool {
    path == folder || below(path, folder)
}

/// Whether a text has this path in it, and not just the beginning of another name.
pub fn has_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let behind = text[at + path.len()..].chars().next();
        behind.is_none_or(|c| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))
    })
}
