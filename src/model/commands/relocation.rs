//! Programs that a step may put at another place of `PATH`.
//!
//! A shell remembers where it found a program. In a new `RUN` it looks again; in the same shell it runs the old
//! one, as everybody learnt who wrote `pip install --upgrade pip && pip install …` on Debian.

use std::collections::{HashMap, HashSet};

use dopt_syntax::shell::{List, SimpleCommand};

use super::{Invocation, is_always_cheap};

/// Which programs a script runs, and which it may put at another place.
#[derive(Clone, Debug, Default)]
pub struct ProgramUse {
    /// The programs that it runs by their bare names.
    runs: HashSet<String>,
    /// Names in the arguments of its commands, without folder and version.
    mentions: HashSet<String>,
    /// Whether it runs something that may move any program.
    moves_any: bool,
    /// Whether it installs what it has built.
    installs_build: bool,
}

impl ProgramUse {
    /// Looks through a script.
    pub fn of(list: &List, text: &str) -> ProgramUse {
        let mut found = ProgramUse::default();
        list.walk(&mut |command| found.read(command, text));
        found
    }

    fn read(&mut self, command: &SimpleCommand, text: &str) {
        let Some(invocation) = Invocation::of(command, text) else {
            self.moves_any |= !command.words.is_empty();
            return;
        };
        if !invocation.path.contains('/') {
            self.runs.insert(invocation.path.to_string());
        }
        match invocation.program() {
            "update-alternatives" | "alternatives" | "corepack" => self.moves_any = true,
            // What a distribution's package manager installs lies where every shell looks last.
            "apt-get" | "apt" | "aptitude" | "apk" | "yum" | "dnf" | "microdnf" | "zypper" | "pacman" => {}
            "make" | "ninja" | "cmake" | "gmake" if invocation.has_argument("install") => self.installs_build = true,
            _ => self.mentions.extend(invocation.arguments().iter().filter_map(|word| mentioned(word.range.of(text)))),
        }
    }

    fn may_move(&self, program: &str) -> bool {
        self.moves_any
            || (self.installs_build && !is_always_cheap(program))
            || (!self.mentions.is_empty() && self.mentions.contains(family(program)))
    }
}

/// For every one of several scripts that follow each other in one shell: whether a later one would run a program
/// from where this one found it, although it has been moved since.
pub fn hides_moved_programs(parts: &[&ProgramUse]) -> Vec<bool> {
    let mut last_run: HashMap<&str, usize> = HashMap::new();
    let mut mentions: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, part) in parts.iter().enumerate() {
        last_run.extend(part.runs.iter().map(|program| (program.as_str(), at)));
        part.mentions.iter().for_each(|name| mentions.entry(name).or_default().push(at));
    }
    let general: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].moves_any || parts[*at].installs_build).collect();
    let hides = |at: usize, program: &String| {
        let last = last_run[program.as_str()];
        let mentioning = mentions.get(family(program)).map_or(&[][..], Vec::as_slice);
        let moved = |mover: &usize| parts[*mover].may_move(program);
        let behind = |movers: &[usize]| {
            let movers = &movers[movers.partition_point(|mover| *mover < at)..];
            movers.iter().take_while(|mover| **mover <= last).any(moved)
        };
        last > at && (behind(mentioning) || behind(&general))
    };
    (0..parts.len()).map(|at| parts[at].runs.iter().any(|program| hides(at, program))).collect()
}

/// The program that a word such as `/usr/local/bin/pip`, `pip==21` or `npm@latest` may speak of.
fn mentioned(word: &str) -> Option<String> {
    let word = word.trim_matches(['"', '\'']);
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = name.split(['=', '<', '>', '@', '~', '!', '[', ';']).next().unwrap_or(name);
    (!name.is_empty() && !name.starts_with('-')).then(|| family(name).to_owned())
}

/// The name without a version at its end: `pip` for `pip3.11`.
fn family(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}
