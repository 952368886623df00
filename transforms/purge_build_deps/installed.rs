//! What steps install and take out with apt, as far as their words are known.

use dopt_model::commands::Invocation;
use dopt_model::commands::managers::{self, APT, Action};
use dopt_model::{ShellScript, StageRun};
use dopt_rewrite::is_decisive;
use dopt_syntax::shell::SimpleCommand;

/// Options of an installation that mean the same in another step.
const PLAIN_OPTIONS: &[&str] = &[
    "-y", "--yes", "--assume-yes", "-q", "-qq", "--quiet", "-qy", "-yq", "-yqq", "-qqy", "--no-install-recommends",
    "--fix-missing",
];

/// An installation whose words are all known.
pub(super) struct Installation<'s> {
    /// Its step.
    pub run: StageRun<'s>,
    /// The script of that.
    pub script: ShellScript<'s>,
    /// The command.
    pub command: &'s SimpleCommand,
    /// `apt-get install -y`, and what is set for it alone.
    pub start: String,
    /// The packages: which word, how it is written, and the name alone.
    pub packages: Vec<(usize, String, String)>,
}

/// The installations of a step, by root and in words that are all known.
pub(super) fn installations(run: StageRun<'_>) -> Vec<Installation<'_>> {
    let Ok(script) = run.script() else { return Vec::new() };
    let mut found = Vec::new();
    for command in script.commands() {
        let Some(call) = Invocation::of(command, script.text()) else { continue };
        if !matches!(call.program(), "apt-get" | "apt")
            || call.sudo.is_some()
            || !is_decisive(run, &script, command)
            || !matches!(managers::action(&call), Some((_, Action::Install(_))))
            || !call.has_argument("install")
        {
            continue;
        }
        let (mut options, mut packages) = (Vec::new(), Vec::new());
        let is_plain = (call.program_at + 1..command.words.len()).all(|at| {
            let Some(word) = command.words[at].literal(script.text()) else { return false };
            match word.as_ref() {
                "install" => true,
                option if PLAIN_OPTIONS.contains(&option) => {
                    options.push(option.to_owned());
                    true
                }
                name if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.contains(['/', '*']) => {
                    let alone = name.split(['=', ':']).next().unwrap_or(name).to_owned();
                    packages.push((at, command.words[at].range.of(script.text()).to_owned(), alone));
                    !name.ends_with(['-', '+']) || name == "g++"
                }
                _ => false,
            }
        });
        if is_plain && !packages.is_empty() && command.redirects.is_empty() {
            let set: String =
                command.assignments.iter().map(|set| format!("{} ", set.range().of(script.text()))).collect();
            let exported = "DEBIAN_FRONTEND=noninteractive";
            let quiet = if set.is_empty() && script.text().contains(&format!("export {exported}")) {
                format!("{exported} ")
            } else {
                set
            };
            let start = format!("{quiet}apt-get install {}", options.join(" "));
            found.push(Installation { run, script, command, start, packages });
        }
    }
    found
}

/// Whether steps take packages out, and may leave some that nothing asks for any longer.
pub(super) fn takes_packages_out(runs: &[StageRun<'_>]) -> bool {
    runs.iter().any(|run| {
        let Ok(script) = run.script() else { return false };
        script.all_commands().iter().any(|command| {
            let Some(call) = Invocation::of(command, script.text()) else { return false };
            call.program() == "dpkg" && (call.has_argument("-r") || call.has_argument("-P"))
                || matches!(managers::action(&call), Some((manager, Action::Remove(packages)))
                    if manager.name == APT.name && !packages.is_empty() && !call.has_argument("--auto-remove"))
        })
    })
}

/// Whether a step takes these packages out already.
pub(super) fn is_marked(script: &ShellScript<'_>, names: &[&str]) -> bool {
    script.all_commands().iter().any(|command| {
        let Some(call) = Invocation::of(command, script.text()) else { return false };
        let takes_out = call.program() == "apt-mark"
            || matches!(managers::action(&call), Some((_, Action::Remove(packages))) if !packages.is_empty());
        takes_out && names.iter().any(|name| call.has_argument(name))
    })
}
