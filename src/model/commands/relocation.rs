//! Programs that a step may put at another place of `PATH`.
//!
//! A shell remembers where it found a program. In a new `RUN` it looks again; in the same shell it runs the old
//! one, as everybody learnt who wrote `pip install --upgrade pip && pip install …` on Debian.

use dopt_syntax::shell::{List, SimpleCommand};

use super::{Invocation, is_always_cheap};

/// Whether `later` runs a program by its bare name that `earlier` ran too and may have moved.
pub fn may_move_shared_program(earlier: &List, earlier_text: &str, later: &List, later_text: &str) -> bool {
    let runs = bare_programs(earlier, earlier_text);
    let again: Vec<String> =
        bare_programs(later, later_text).into_iter().filter(|program| runs.contains(program)).collect();
    if again.is_empty() {
        return false;
    }
    let mut moves = false;
    earlier.walk(&mut |command| {
        moves |= again.iter().any(|program| may_move(command, earlier_text, program));
    });
    moves
}

fn bare_programs(list: &List, text: &str) -> Vec<String> {
    let mut programs = Vec::new();
    list.walk(&mut |command| {
        if let Some(invocation) = Invocation::of(command, text)
            && !invocation.path.contains('/')
        {
            programs.push(invocation.path.into_owned());
        }
    });
    programs
}

fn may_move(command: &SimpleCommand, text: &str, program: &str) -> bool {
    let Some(invocation) = Invocation::of(command, text) else { return true };
    match invocation.program() {
        "update-alternatives" | "alternatives" | "corepack" | "hash" => true,
        "make" | "ninja" | "cmake" | "gmake" => !is_always_cheap(program) && invocation.has_argument("install"),
        // What a distribution's package manager installs lies where every shell looks last.
        "apt-get" | "apt" | "aptitude" | "apk" | "yum" | "dnf" | "microdnf" | "zypper" | "pacman" => false,
        _ => invocation.arguments().iter().any(|word| names(word.range.of(text), program)),
    }
}

/// Whether a word such as `/usr/local/bin/pip`, `pip==21` or `npm@latest` speaks of the program.
fn names(word: &str, program: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = name.split(['=', '<', '>', '@', '~', '!', '[', ';']).next().unwrap_or(name);
    let family = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    !name.is_empty() && family(name) == family(program)
}
