//! Where a new command can be put into a script so that it runs exactly if all in front of it succeeded, and the
//! script still fails exactly if it failed before.

use dopt_model::{Errexit, ShellScript, StageRun, isolation};
use dopt_syntax::Document;
use dopt_syntax::shell::{AndOr, AndOrOperator, Command, Item, Pipeline, SeparatorKind, SimpleCommand};

use crate::{Edit, Subject, Why};

/// Puts `command` behind the last command of the script, in front of a trailing comment.
pub fn append_command(
    subject: &Subject<'_>,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &str,
) -> Result<Edit, Why> {
    let document = subject.document();
    let items = &script.script().list.items;
    let last = items.last().ok_or(Why::NoPlaceAtEnd)?;
    let operator = operator_behind(last, run, script)?;
    let at = script.end_in_file(last.and_or.range().end());
    let text = if !script.is_heredoc() {
        subject.style(run.instruction()).append(document, run.instruction(), operator, command)
    } else if operator == ";" {
        format!(
            "{}{}{command}",
            document.newline(),
            indent_of(document, script.start_in_file(last.and_or.range().start()))
        )
    } else {
        format!(" {operator} {command}")
    };
    Ok(Edit::insert(at, text))
}

/// Puts `command` in front of another one, which then runs only if it succeeded. `None` where the other one does
/// not stand in a chain whose failure is the failure of the script.
pub fn prepend_command(script: &ShellScript<'_>, other: &SimpleCommand, command: &str) -> Option<Edit> {
    let last = script.script().list.items.last()?;
    if last.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background) {
        return None;
    }
    let chain = |and_or: &AndOr| and_or.rest.iter().all(|link| link.operator == AndOrOperator::And);
    let holds = |pipeline: &Pipeline| {
        let simple = |part: &Command| matches!(part, Command::Simple(simple) if std::ptr::eq(simple, other));
        !pipeline.negated && pipeline.commands.iter().any(simple)
    };
    let pipelines = std::iter::once(&last.and_or.first).chain(last.and_or.rest.iter().map(|link| &link.pipeline));
    let pipeline = pipelines.into_iter().find(|pipeline| holds(pipeline))?;
    chain(&last.and_or).then(|| Edit::insert(script.start_in_file(pipeline.range.start()), format!("{command} && ")))
}

/// `&&`, or `;` where the script stops at failures anyway and `&&` would switch that off or look foreign.
fn operator_behind(last: &Item, run: StageRun<'_>, script: &ShellScript<'_>) -> Result<&'static str, Why> {
    if last.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background) {
        return Err(Why::NoPlaceAtEnd);
    }
    let pipeline = last.and_or.rest.last().map_or(&last.and_or.first, |link| &link.pipeline);
    if ends_shell(pipeline, script.text()) {
        return Err(Why::NoPlaceAtEnd);
    }
    let found = isolation(script);
    let outer = run.state().shell().errexit;
    let stops = outer == Errexit::On || starts_with_errexit(script);
    let single = last.and_or.rest.is_empty() && !pipeline.negated;
    let is_plain = pipeline.commands.iter().all(|command| matches!(command, Command::Simple(_)));
    let several = script.script().list.items.len() > 1;
    match () {
        () if stops && single && several => Ok(";"),
        () if is_plain && !has_functions(script) => Ok("&&"),
        () if outer == Errexit::Off && !found.sets_errexit => Ok("&&"),
        () if stops && single => Ok(";"),
        () => Err(Why::NoPlaceAtEnd),
    }
}

/// Whether the first command is a `set` with `-e`, so that all that follows stops at a failure.
fn starts_with_errexit(script: &ShellScript<'_>) -> bool {
    let text = script.text();
    let items = &script.script().list.items;
    let Some(Item { and_or: AndOr { first, rest }, .. }) = items.first() else { return false };
    let ([Command::Simple(set)], true) = (&first.commands[..], rest.is_empty() && items.len() > 1) else {
        return false;
    };
    let words: Vec<&str> = set.words.iter().map(|word| word.range.of(text)).collect();
    let switched_off = items.iter().skip(1).any(|item| item.and_or.range().of(text).starts_with("set +"));
    let errexit = words.iter().skip(1).any(|word| {
        word.strip_prefix('-').is_some_and(|letters| letters.chars().all(char::is_alphabetic) && letters.contains('e'))
    });
    words.first() == Some(&"set") && errexit && !switched_off
}

fn has_functions(script: &ShellScript<'_>) -> bool {
    let items = &script.script().list.items;
    let pipelines = items
        .iter()
        .flat_map(|item| std::iter::once(&item.and_or.first).chain(item.and_or.rest.iter().map(|link| &link.pipeline)));
    pipelines.flat_map(|pipeline| &pipeline.commands).any(|command| matches!(command, Command::Function(_)))
}

/// Whether nothing can run behind the pipeline in the same shell.
fn ends_shell(pipeline: &Pipeline, text: &str) -> bool {
    match &pipeline.commands[..] {
        [Command::Simple(simple)] => {
            simple.name(text).is_some_and(|name| matches!(name.as_ref(), "exit" | "exec" | "return" | "logout"))
        }
        _ => false,
    }
}

fn indent_of(document: &Document, at: usize) -> &str {
    let text = document.text();
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let content = text[line..].trim_start_matches([' ', '\t']);
    &text[line..text.len() - content.len()]
}
