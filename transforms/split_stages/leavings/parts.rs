//! The commands of a script, one after the other, where it is known that each of them runs.

use dopt_model::commands::Invocation;
use dopt_syntax::shell::{Command, CompoundKind, List, SeparatorKind, SimpleCommand};

use super::super::{toolchains, words};
use super::{downloads, installers};

/// A part of a script.
pub(super) enum Part<'l> {
    /// A command.
    Command(&'l SimpleCommand),
    /// A shell of its own opens, which leaves its folder behind where it closes.
    Opens,
    /// It closes.
    Closes,
}

/// Programs that leave nothing but what Go's cache and module files have, whether or not they run.
const HARMLESS: &[&str] = &["[", "test", "echo", "printf", "true", "false", ":", "exit", "ls", "cat", "set"];

/// All parts of a script that has neither pipelines nor loops, and runs nothing in the background. What stands behind a
/// condition does not count where it leaves nothing.
pub(super) fn of<'l>(list: &'l List, text: &str) -> Option<Vec<Part<'l>>> {
    let mut found = Vec::new();
    for item in &list.items {
        if item.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background) {
            return None;
        }
        let rest = item.and_or.rest.iter().map(|link| &link.pipeline);
        for pipeline in std::iter::once(&item.and_or.first).chain(rest) {
            match &pipeline.commands[..] {
                [Command::Simple(command)] => found.push(Part::Command(command)),
                [Command::Compound(compound)] if compound.redirects.is_empty() => match &compound.kind {
                    CompoundKind::Subshell(inner) => {
                        found.push(Part::Opens);
                        found.extend(of(inner, text)?);
                        found.push(Part::Closes);
                    }
                    CompoundKind::Group(inner) => found.extend(of(inner, text)?),
                    CompoundKind::If { branches, otherwise } => {
                        let lists = branches.iter().flat_map(|(condition, body)| [condition, body]);
                        if !lists.chain(otherwise).all(|list| is_harmless(list, text)) {
                            return None;
                        }
                    }
                    _ => return None,
                },
                several if installers::is_known(several, text) => {}
                several if toolchains::fetched_by(several, text).is_some() => {}
                several if downloads::unpacked_by(several, text, "/").is_some() => {}
                // What prints hands on to the last.
                [first @ .., Command::Simple(last)]
                    if first.iter().all(|command| words::only_prints(command, text)) =>
                {
                    found.push(Part::Command(last));
                }
                _ => return None,
            }
        }
    }
    Some(found)
}

fn is_harmless(list: &List, text: &str) -> bool {
    let mut harmless = true;
    list.walk(&mut |command| {
        let does = |call: Invocation<'_>| match call.program() {
            "go" => {
                let first = call.arguments().first().and_then(|word| word.literal(text));
                first.is_some_and(|word| ["mod", "get", "vet", "version", "env"].contains(&word.as_ref()))
            }
            program => HARMLESS.contains(&program),
        };
        harmless &= !command.redirects_to_files(text) && Invocation::of(command, text).is_some_and(does);
    });
    harmless
}
