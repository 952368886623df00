//! # skip-lastlog
//!
//! Creates users with large numbers without an entry in `/var/log/lastlog` and `/var/log/faillog`. The two files have a
//! place for every number up to the user's, and the holes in between become bytes of the layer.
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN useradd -m -u 1000660001 app
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN useradd -l -m -u 1000660001 app
//! ```
//!
//! **Safe**: the user is the same, and what it lacks is a record that it never logged in. Numbers of five digits and
//! less cost next to nothing, and stay; BusyBox has no `useradd`.
//!
//! ```dockerfile unchanged
//! FROM debian:12
//! RUN useradd -u 65532 app && useradd --no-log-init -u 1000660001 other
//! ```

use dopt_model::commands::Invocation;
use dopt_model::{Family, ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Reword, Safety, Subject, Transform};
use dopt_syntax::shell::SimpleCommand;

/// The least number that is worth it.
const LARGE: u64 = 100_000;

/// Letters of options with a value.
const VALUE_LETTERS: &str = "bcdefgGkKpsuRPZ";

pub const TRANSFORM: Transform = Transform {
    name: "skip-lastlog",
    summary: "create users with large numbers without files of gigabytes",
    manual: include_str!("skip_lastlog.rs"),
    aliases: &["DL3046"],
    triggers: &["useradd"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    subject.runs().flat_map(|run| propose_for_run(run, subject)).collect()
}

fn propose_for_run(run: StageRun<'_>, subject: &Subject<'_>) -> Vec<Proposal> {
    // SUSE had a `useradd` of its own.
    if !run.instruction().range.of(subject.document().text()).contains("useradd")
        || run.state().family() == Family::Suse
    {
        return Vec::new();
    }
    // Which programs a step that cannot be read calls is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    script.commands().into_iter().filter_map(|command| skip(run, &script, command).map(Ok)).collect()
}

fn skip(run: StageRun<'_>, script: &ShellScript<'_>, command: &SimpleCommand) -> Option<Fix> {
    let invocation = Invocation::of(command, script.text()).filter(|found| found.program() == "useradd")?;
    let options = Options::of(&invocation);
    if options.skips || options.number.is_none_or(|number| number < LARGE) {
        return None;
    }
    let at = invocation.program_at;
    let (edits, effect) = Reword::of(command).insert(at, "-l").finish(run, script);
    Some(Fix {
        title: "add -l".into(),
        at: script.in_file(command.words[at].range),
        safety: Safety::Safe,
        effects: vec![effect],
        edits,
    })
}

/// What the options of a `useradd` say.
#[derive(Default)]
struct Options {
    /// The user's number.
    number: Option<u64>,
    /// Whether it makes no entries already, or does something else than to create a user.
    skips: bool,
}

impl Options {
    fn of(invocation: &Invocation<'_>) -> Options {
        let mut found = Options::default();
        let mut words = invocation.arguments().iter().map(|word| word.literal(invocation.text));
        while let Some(word) = words.next() {
            let Some(word) = word else { continue };
            if let Some(long) = word.strip_prefix("--") {
                match long.split_once('=') {
                    Some(("uid", value)) => found.number = value.parse().ok(),
                    None if long == "uid" => found.number = words.next().flatten().and_then(|value| value.parse().ok()),
                    None if matches!(long, "no-log-init" | "defaults" | "help") => found.skips = true,
                    _ => {}
                }
            } else if let Some(letters) = word.strip_prefix('-') {
                let value_at = letters.find(|c| VALUE_LETTERS.contains(c));
                let flags = &letters[..value_at.unwrap_or(letters.len())];
                found.skips |= flags.contains(['l', 'D', 'h']);
                let Some(at) = value_at else { continue };
                let value = match &letters[at + 1..] {
                    "" => words.next().flatten(),
                    attached => Some(attached.to_owned().into()),
                };
                if letters[at..].starts_with('u') {
                    found.number = value.and_then(|value| value.parse().ok());
                }
            }
        }
        found
    }
}
