//! The program that a simple command runs in the end, behind `sudo`, `env` and their like.

use std::borrow::Cow;

use dopt_syntax::TextRange;
use dopt_syntax::shell::{SimpleCommand, Word};

/// A command whose program is known.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    /// The text that the ranges count in.
    pub text: &'a str,
    /// The whole command.
    pub command: &'a SimpleCommand,
    /// The program as written, its folder included.
    pub path: Cow<'a, str>,
    /// How long the folder in it is, the slash behind it included.
    folder: usize,
    /// Which word names the program.
    pub program_at: usize,
    /// The words from `sudo` to the one in front of the program, where the command runs through `sudo`.
    pub sudo: Option<TextRange>,
}

/// What stands where a subcommand is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subcommand<'a> {
    /// There is none.
    Missing,
    /// This one, and which word it is.
    Named(usize, Cow<'a, str>),
    /// A word in front of it, or itself, is not known before the build.
    Unreadable,
}

/// A program that runs the command behind it.
struct Wrapper {
    name: &'static str,
    /// Options with a value in a word of its own.
    value_options: &'static [&'static str],
    /// How many operands stand in front of the command.
    operands: usize,
    /// Whether `NAME=value` words may stand in front of the command.
    assignments: bool,
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        name: "sudo",
        value_options: &["-u", "-g", "-C", "-p", "-h", "-r", "-t", "-U", "-D", "--user", "--group", "--chdir"],
        operands: 0,
        assignments: true,
    },
    Wrapper { name: "env", value_options: &["-u", "-C", "--unset", "--chdir"], operands: 0, assignments: true },
    Wrapper { name: "command", value_options: &[], operands: 0, assignments: false },
    Wrapper { name: "builtin", value_options: &[], operands: 0, assignments: false },
    Wrapper { name: "exec", value_options: &["-a"], operands: 0, assignments: false },
    Wrapper { name: "time", value_options: &["-f", "-o"], operands: 0, assignments: false },
    Wrapper { name: "nice", value_options: &["-n"], operands: 0, assignments: false },
    Wrapper { name: "ionice", value_options: &["-c", "-n"], operands: 0, assignments: false },
    Wrapper { name: "nohup", value_options: &[], operands: 0, assignments: false },
    Wrapper { name: "eatmydata", value_options: &[], operands: 0, assignments: false },
    Wrapper { name: "timeout", value_options: &["-k", "-s"], operands: 1, assignments: false },
    Wrapper { name: "stdbuf", value_options: &["-i", "-o", "-e"], operands: 0, assignments: false },
    Wrapper { name: "gosu", value_options: &[], operands: 1, assignments: false },
    Wrapper { name: "su-exec", value_options: &[], operands: 1, assignments: false },
];

impl<'a> Invocation<'a> {
    /// Finds the program; `None` where a variable names it, or a wrapper is used in a way that is not known.
    pub fn of(command: &'a SimpleCommand, text: &'a str) -> Option<Invocation<'a>> {
        let words = &command.words;
        let mut at = 0;
        let mut sudo = None;
        loop {
            let path = words.get(at)?.literal(text)?;
            let folder = path.rfind('/').map_or(0, |slash| slash + 1);
            let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == &path[folder..]) else {
                let sudo = sudo.map(|from: usize| words[from].range.cover(words[at - 1].range));
                return Some(Invocation { text, command, path, folder, program_at: at, sudo });
            };
            if wrapper.name == "sudo" {
                sudo = Some(at);
            }
            match wrapper.skip(words, at, text)? {
                // `env` or `exec` without a command is itself the program.
                next if next >= words.len() => {
                    return Some(Invocation { text, command, path, folder, program_at: at, sudo: None });
                }
                next => at = next,
            }
        }
    }

    /// The program without its folder.
    pub fn program(&self) -> &str {
        &self.path[self.folder..]
    }

    /// The words behind the program.
    pub fn arguments(&self) -> &'a [Word] {
        &self.command.words[self.program_at + 1..]
    }

    /// Whether an argument is exactly this.
    pub fn has_argument(&self, argument: &str) -> bool {
        self.arguments().iter().any(|word| word.literal(self.text).is_some_and(|literal| literal == argument))
    }

    /// Whether the program runs what it is handed, as a string or as words.
    pub fn runs_others(&self) -> bool {
        let program = self.program();
        ["xargs", "sh", "bash", "ash", "dash", "su", "runuser", "parallel", "chroot", "eval"].contains(&program)
    }

    /// Whether the program is handed another command, as a string or as words that it adds to, in which these words
    /// stand: `sh -c "npm install x"`, `xargs npm install`.
    pub fn hands_on(&self, words: &str) -> bool {
        self.runs_others()
            && self.command.range.of(self.text).match_indices(words).any(|(at, _)| {
                let before = self.command.range.of(self.text)[..at].chars().next_back();
                before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            })
    }

    /// The words that are neither options nor their values, from the word `from` of the command on.
    /// `None` stands for a word that is not known before the build.
    pub fn operands(&self, from: usize, value_options: &[&str]) -> impl Iterator<Item = (usize, Option<Cow<'a, str>>)> {
        let (words, text) = (&self.command.words, self.text);
        let mut at = from;
        let mut only_operands = false;
        std::iter::from_fn(move || {
            while at < words.len() {
                let here = at;
                at += 1;
                match words[here].literal(text) {
                    Some(option) if !only_operands && option == "--" => only_operands = true,
                    Some(option) if !only_operands && option.len() > 1 && option.starts_with('-') => {
                        at += usize::from(value_options.contains(&option.as_ref()));
                    }
                    word => return Some((here, word)),
                }
            }
            None
        })
    }

    /// The first operand, which for most package managers is the subcommand.
    pub fn subcommand(&self, value_options: &[&str]) -> Subcommand<'a> {
        match self.operands(self.program_at + 1, value_options).next() {
            None => Subcommand::Missing,
            Some((at, Some(name))) => Subcommand::Named(at, name),
            Some((_, None)) => Subcommand::Unreadable,
        }
    }
}

impl Wrapper {
    /// The index of the word behind the wrapper, its options and operands; `None` for a word that is not known.
    fn skip(&self, words: &[Word], at: usize, text: &str) -> Option<usize> {
        let mut at = at + 1;
        let mut operands = self.operands;
        while let Some(word) = words.get(at) {
            let source = word.range.of(text);
            if source.starts_with('-') && source.len() > 1 {
                let option = word.literal(text)?;
                at += if self.value_options.contains(&option.as_ref()) { 2 } else { 1 };
                if option == "--" {
                    break;
                }
            } else if (self.assignments && is_assignment(source)) || operands > 0 {
                operands -= usize::from(!(self.assignments && is_assignment(source)));
                at += 1;
            } else {
                break;
            }
        }
        Some(at)
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
