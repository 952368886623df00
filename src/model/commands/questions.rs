//! Package managers that ask before they act, and the option that answers. A build has nobody to answer.

use std::borrow::Cow;

use super::managers::{APT, DNF_VALUE_OPTIONS};
use super::{Invocation, Subcommand};

/// A program that asks.
#[derive(Debug)]
struct Asker {
    programs: &'static [&'static str],
    /// The subcommands that ask; empty where the program has none.
    subcommands: &'static [&'static str],
    value_options: &'static [&'static str],
    /// The option that answers.
    flag: &'static str,
    /// Whether it has to stand in front of the subcommand.
    in_front: bool,
    /// Those of them that have nothing to ask about where they name no package, unless `-f` is there.
    needs_packages: &'static [&'static str],
    /// Options with which it does not ask, does nothing, or is told not to.
    silent: &'static [&'static str],
    /// The same as letters, alone or among others behind one `-`.
    silent_letters: &'static str,
}

/// A question that nobody can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The option that answers it.
    pub flag: &'static str,
    /// The words of the command that it may stand behind, the best first.
    pub behind: Vec<usize>,
}

const ASKERS: &[Asker] = &[
    Asker {
        programs: &["apt-get", "apt", "aptitude"],
        subcommands: &[
            "install", "reinstall", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "dselect-upgrade",
            "build-dep", "remove", "purge", "autoremove", "autopurge",
        ],
        value_options: APT.value_options,
        flag: "-y",
        in_front: false,
        needs_packages: &["install", "reinstall", "remove", "purge"],
        silent: &[
            "--yes", "--assume-yes", "--force-yes", "--assume-no", "--trivial-only", "--simulate", "--just-print",
            "--dry-run", "--recon", "--no-act", "--download-only", "--print-uris", "--help", "-q=2", "-q=3",
        ],
        silent_letters: "ysdh",
    },
    Asker {
        programs: &["yum", "dnf", "dnf5", "tdnf"],
        subcommands: &[
            "install", "update", "upgrade", "update-minimal", "upgrade-minimal", "remove", "erase", "autoremove",
            "groupinstall", "groupremove", "localinstall", "reinstall", "downgrade", "swap", "distro-sync", "builddep",
        ],
        value_options: DNF_VALUE_OPTIONS,
        flag: "-y",
        in_front: false,
        needs_packages: &[],
        silent: &["--assumeyes", "--assumeno", "--downloadonly", "--help", "--version"],
        silent_letters: "yh",
    },
    Asker {
        programs: &["zypper"],
        subcommands: &[
            "install", "in", "update", "up", "dist-upgrade", "dup", "patch", "remove", "rm", "source-install", "si",
            "install-new-recommends", "inr", "verify", "ve",
        ],
        value_options: &["-c", "--config", "-D", "--reposd-dir", "-R", "--root", "-C", "--cache-dir", "--plus-repo"],
        flag: "-n",
        in_front: true,
        needs_packages: &[],
        silent: &["--non-interactive", "--no-confirm", "--dry-run", "--download-only", "--help"],
        silent_letters: "nyhDd",
    },
    Asker {
        programs: &["conda", "mamba", "micromamba"],
        subcommands: &["install", "create", "update", "upgrade", "remove", "uninstall", "clean"],
        value_options: &["-n", "--name", "-c", "--channel", "-p", "--prefix", "-f", "--file", "-r", "--root-prefix"],
        flag: "-y",
        in_front: false,
        needs_packages: &[],
        silent: &["--yes", "--json", "--dry-run", "--download-only", "--help"],
        silent_letters: "ydh",
    },
    Asker {
        programs: &["add-apt-repository", "apt-add-repository"],
        subcommands: &[],
        value_options: &["-m", "-k", "--keyserver", "-p", "--pocket", "-c", "--component"],
        flag: "-y",
        in_front: true,
        needs_packages: &[],
        silent: &["--yes", "--assume-yes", "--list", "--help"],
        silent_letters: "yLlh",
    },
];

/// A part of the names of programs, and the settings that answer all of their questions.
const SETTINGS: &[(&str, &[&str])] = &[
    ("apt", &["assume-yes", "force-yes"]),
    ("yum", &["assumeyes"]),
    ("dnf", &["assumeyes"]),
    ("conda", &["always_yes"]),
    ("mamba", &["always_yes"]),
    ("zypper", &["zypp_readonly_hack", "zypper_non_interactive"]),
];

/// The question that a command will ask; `None` where it asks none, or one of its words may answer it.
pub fn question(invocation: &Invocation<'_>) -> Option<Question> {
    if invocation.program() == "pacman" {
        return pacman_question(invocation);
    }
    let asker = ASKERS.iter().find(|asker| asker.programs.contains(&invocation.program()))?;
    let at = invocation.program_at;
    let behind = match invocation.subcommand(asker.value_options) {
        _ if asker.subcommands.is_empty() => vec![at],
        Subcommand::Named(_, name) if !asker.subcommands.contains(&name.as_ref()) => return None,
        Subcommand::Named(at, name)
            if asker.needs_packages.contains(&name.as_ref())
                && invocation.operands(at + 1, asker.value_options).next().is_none()
                && !mends(invocation) =>
        {
            return None;
        }
        Subcommand::Named(..) if asker.in_front => vec![at],
        Subcommand::Named(subcommand, _) => vec![subcommand, at],
        Subcommand::Missing | Subcommand::Unreadable => return None,
    };
    let mut quiet = 0;
    for word in invocation.arguments() {
        let Some(word) = word.literal(invocation.text) else {
            if may_hold_options(word.range.of(invocation.text)) {
                return None;
            }
            continue;
        };
        quiet += short_letters(&word).map_or(0, |letters| letters.matches('q').count());
        let is_letter = |letters: &str| letters.contains(|c| asker.silent_letters.contains(c));
        if asker.silent.contains(&word.split('=').next().unwrap_or(&word))
            || asker.silent.contains(&word.as_ref())
            || short_letters(&word).is_some_and(is_letter)
        {
            return None;
        }
    }
    let implied = quiet > 1 && asker.programs.contains(&"apt-get");
    (!implied).then_some(Question { flag: asker.flag, behind })
}

/// Whether apt is told to mend what is broken, which it asks about.
fn mends(invocation: &Invocation<'_>) -> bool {
    let words = invocation.arguments().iter().map(|word| word.range.of(invocation.text));
    let asks = |word: &str| word == "--fix-broken" || short_letters(word).is_some_and(|letters| letters.contains('f'));
    words.into_iter().any(asks)
}

/// The programs whose questions a file answers by a setting.
#[derive(Clone, Debug)]
pub struct Answered(Vec<&'static str>);

impl Answered {
    /// Looks for settings anywhere in the text.
    pub fn by(text: &str) -> Answered {
        let text = text.to_ascii_lowercase();
        let is_set = |settings: &[&str]| settings.iter().any(|setting| text.contains(setting));
        Answered(SETTINGS.iter().filter(|(_, settings)| is_set(settings)).map(|(program, _)| *program).collect())
    }

    /// Whether a program asks nothing.
    pub fn covers(&self, program: &str) -> bool {
        self.0.iter().any(|name| program.contains(name))
    }
}

/// Only operations on packages ask; `-Sc` asks something else, where yes is not the default.
fn pacman_question(invocation: &Invocation<'_>) -> Option<Question> {
    let words: Option<Vec<Cow<'_, str>>> =
        invocation.arguments().iter().map(|word| word.literal(invocation.text)).collect();
    let words = words?;
    let letters: String = words.iter().filter_map(|word| short_letters(word)).collect();
    let targets = invocation.operands(invocation.program_at + 1, &[]).next().is_some();
    let acts = letters.contains(['S', 'R', 'U']) && (targets || letters.contains('u'));
    let quiet = letters.contains(['c', 'i', 's', 'l', 'g', 'p', 'w', 'Q', 'F', 'T', 'D', 'h', 'V'])
        || words.iter().any(|word| word.starts_with("--noconfirm") || matches!(word.as_ref(), "--print" | "--help"));
    let operation = invocation.program_at + 1 + words.iter().position(|word| short_letters(word).is_some())?;
    (acts && !quiet).then_some(Question { flag: "--noconfirm", behind: vec![operation] })
}

/// The letters behind one `-`.
fn short_letters(word: &str) -> Option<&str> {
    word.strip_prefix('-').filter(|letters| letters.chars().all(|c| c.is_ascii_alphabetic()) && !letters.is_empty())
}

/// Whether the name of a variable sounds as if options were in it.
fn may_hold_options(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["opt", "flag", "arg", "yes", "param", "switch"].iter().any(|part| word.contains(part))
}
