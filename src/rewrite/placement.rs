//! Where a new command can be put into a script so that it runs exactly if all in front of it succeeded, and the
//! script still fails exactly if it failed before.

use dopt_model::{Errexit, ShellScript, StageRun};
use dopt_syntax::dockerfile::Instruction;
use dopt_syntax::shell::{
    AndOr, AndOrOperator, Command, CompoundCommand, CompoundKind, Item, Pipeline, Separator, SeparatorKind,
    SimpleCommand,
};
use dopt_syntax::{Document, TextRange};

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
    let outer = items.last().ok_or(Why::NoPlaceAtEnd)?;
    let (last, operator) = match operator_behind(outer, run, script) {
        Ok(operator) => (outer, operator),
        Err(why) => (end_of_group(outer, run, script).ok_or(why)?, ";"),
    };
    let end = last.and_or.range().end();
    if let (";", Some(Separator { kind: SeparatorKind::Semicolon, range }), false, true) =
        (operator, last.separator, script.is_heredoc(), std::ptr::eq(last, outer))
    {
        // The last command has its `;` already, in docker-library's style on a line of its own.
        let style = subject.style(run.instruction());
        let text = match run.instruction().logical.is_one_line() {
            true => format!(" {command}"),
            false => format!("{}{command}", style.line_break()),
        };
        return Ok(Edit::insert(script.end_in_file(range.end()), text));
    }
    let text = if !script.is_heredoc() {
        subject.style(run.instruction()).append(document, run.instruction(), operator, command)
    } else if operator == ";" && !has_heredoc(&last.and_or) {
        let indent = indent_of(document, script.start_in_file(last.and_or.range().start()));
        format!("{}{indent}{command}", document.newline())
    } else {
        format!("{}{operator} {command}", if operator == ";" { "" } else { " " })
    };
    Ok(Edit::insert(script.end_in_file(end), text))
}

/// The last item in the braces that a script ends with, where `errexit` counts: `a && { b; c; }`. Behind the braces
/// it would no longer count inside them.
fn end_of_group<'s>(last: &'s Item, run: StageRun<'_>, script: &ShellScript<'_>) -> Option<&'s Item> {
    let pipeline = last.and_or.rest.last().map_or(&last.and_or.first, |link| &link.pipeline);
    let chained = last.and_or.rest.iter().all(|link| link.operator == AndOrOperator::And);
    let [Command::Compound(CompoundCommand { kind: CompoundKind::Group(list), redirects, .. })] =
        &pipeline.commands[..]
    else {
        return None;
    };
    let inner = list.items.last()?;
    let pipeline_inside = &inner.and_or.first;
    let background = [last, inner].iter().any(|item| is_background(item));
    let single =
        inner.and_or.rest.is_empty() && !pipeline_inside.negated && !ends_shell(pipeline_inside, script.text());
    let plain = redirects.is_empty() && !pipeline.negated && chained && !background && single;
    (plain && run.state().shell().errexit == Errexit::On && !has_functions(script)).then_some(inner)
}

fn is_background(item: &Item) -> bool {
    item.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background)
}

/// Puts `command` right behind another one, if that succeeds. `None` where the other one does not stand where its
/// failure would be the failure of the script.
pub fn insert_command(
    subject: &Subject<'_>,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    other: &SimpleCommand,
    command: &str,
) -> Option<Edit> {
    let (pipeline, in_list) = failing_pipeline(run, script, other)?;
    let end = script.end_in_file(pipeline.range.end());
    if let Some(separator) = separator_below(subject.document(), script, pipeline).filter(|_| in_list) {
        let text = format!("{}{command};", subject.style(run.instruction()).line_break());
        return Some(Edit::insert(separator, text));
    }
    let (operator, instruction) = (if in_list { ";" } else { "&&" }, run.instruction());
    let text = if !script.is_heredoc() {
        subject.style(instruction).append(subject.document(), instruction, operator, command)
    } else if in_list {
        format!("; {command}")
    } else {
        format!(" && {command}")
    };
    Some(Edit::insert(end, text))
}

/// Behind the `;` that ends a pipeline, where it stands on a line of its own.
fn separator_below(document: &Document, script: &ShellScript<'_>, pipeline: &Pipeline) -> Option<usize> {
    let items = &script.script().list.items;
    let item = items.iter().find(|item| item.and_or.first.range == pipeline.range)?;
    let separator = item.separator.filter(|separator| separator.kind == SeparatorKind::Semicolon)?.range;
    let end = script.end_in_file(pipeline.range.end());
    let gap = TextRange::new(end, script.start_in_file(separator.start()));
    gap.of(document.text()).contains('\n').then(|| script.end_in_file(separator.end()))
}

/// Puts `command` in front of another one, which then runs only if it succeeded. `None` where the other one does
/// not stand where its failure would be the failure of the script.
pub fn prepend_command(
    document: &Document,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    other: &SimpleCommand,
    command: &str,
) -> Option<Edit> {
    let (pipeline, in_list) = failing_pipeline(run, script, other)?;
    let start = script.start_in_file(pipeline.range.start());
    if !in_list {
        return Some(Edit::insert(start, format!("{command} && ")));
    }
    // Between two commands of a `;` list stands what may stand in front of this one as well.
    let items = &script.script().list.items;
    let at = items.iter().position(|item| item.and_or.first.range == pipeline.range)?;
    let before = items[at.checked_sub(1)?].separator?;
    let gap = TextRange::new(script.end_in_file(before.range.end()), start).of(document.text());
    let gap = if gap.contains('#') || gap.is_empty() { " " } else { gap };
    let separator = if before.kind == SeparatorKind::Newline { "\n" } else { ";" };
    Some(Edit::insert(start, format!("{command}{separator}{gap}")))
}

/// Takes one command out of its chain; see [`remove_commands`].
pub fn remove_command(
    document: &Document,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
) -> Option<Edit> {
    remove_commands(document, run, script, &[command])?.pop()
}

/// Takes commands out of the chains that they are part of. `None` where one of them does not stand where its failure
/// would be the failure of the script, none would be left, a comment stands beside one, or one makes a file.
pub fn remove_commands(
    document: &Document,
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    commands: &[&SimpleCommand],
) -> Option<Vec<Edit>> {
    let removed: Vec<(&Pipeline, bool)> =
        commands.iter().map(|command| failing_pipeline(run, script, command)).collect::<Option<_>>()?;
    let is_removed = |range: &TextRange| removed.iter().any(|(found, _)| found.range == *range);
    let mut ranges = Vec::new();
    for (pipeline, in_list) in &removed {
        let row = row_of(script, pipeline, *in_list)?;
        let at = row.iter().position(|range| *range == pipeline.range)?;
        let kept_before = row[..at].iter().rposition(|range| !is_removed(range));
        let range = match row[at + 1..].iter().all(is_removed) {
            // Nothing is left behind it: it goes with what joins it to the one in front.
            true if at > 0 && is_removed(&row[at - 1]) => continue,
            true => {
                let kept = kept_before?;
                // What becomes the last item decides the script's status, which a chain in front of others does not.
                let items = &script.script().list.items;
                if *in_list && (!items[kept].and_or.rest.is_empty() || items[kept].and_or.first.negated) {
                    return None;
                }
                // In front of `&&` a block does not stop at its failures; at the end of the chain it would.
                if !in_list && may_stop_at_failures(run, script) && is_block(script, row[kept]) {
                    return None;
                }
                let end = row[row.len() - 1].end();
                TextRange::new(script.end_in_file(row[kept].end()), script.end_in_file(end))
            }
            false => match whole_lines(document, script, &row, at, &is_removed).filter(|_| !in_list) {
                Some((first, _)) if at > first => continue,
                Some((_, range)) => range,
                None => {
                    let next = row[at + 1].start();
                    TextRange::new(script.start_in_file(pipeline.range.start()), script.start_in_file(next))
                }
            },
        };
        ranges.push(range);
    }
    let plain = removed.iter().all(|(pipeline, _)| pipeline.commands.len() == 1)
        && !commands.iter().any(|command| command.redirects_to_files(script.text()))
        && ranges.iter().all(|range| !range.of(document.text()).contains('#'));
    plain.then(|| ranges.into_iter().map(|range| Edit::replace(range, "")).collect())
}

/// Where a run of removed pipelines starts on the line of the one in front, and the next one has a line of its own:
/// the first of them, and the range that leaves the next one where it is.
fn whole_lines(
    document: &Document,
    script: &ShellScript<'_>,
    row: &[TextRange],
    at: usize,
    is_removed: &dyn Fn(&TextRange) -> bool,
) -> Option<(usize, TextRange)> {
    let first = at - row[..at].iter().rev().take_while(|range| is_removed(range)).count();
    let last = at + row[at + 1..].iter().take_while(|range| is_removed(range)).count();
    let (before, behind) = (row.get(first.checked_sub(1)?)?, row.get(last + 1)?);
    let breaks = |left: &TextRange, right: &TextRange| {
        let gap = TextRange::new(script.end_in_file(left.end()), script.start_in_file(right.start()));
        gap.of(document.text()).contains('\n')
    };
    let range = TextRange::new(script.end_in_file(before.end()), script.end_in_file(row[last].end()));
    (!breaks(before, &row[first]) && breaks(&row[last], behind)).then_some((first, range))
}

fn may_stop_at_failures(run: StageRun<'_>, script: &ShellScript<'_>) -> bool {
    run.state().shell().errexit != Errexit::Off || script.isolation().sets_errexit
}

/// Whether the pipeline at this place has a part that is no simple command.
fn is_block(script: &ShellScript<'_>, place: TextRange) -> bool {
    let items = &script.script().list.items;
    let mut pipelines = items
        .iter()
        .flat_map(|item| std::iter::once(&item.and_or.first).chain(item.and_or.rest.iter().map(|link| &link.pipeline)));
    let found = pipelines.find(|pipeline| pipeline.range == place);
    found.is_some_and(|pipeline| pipeline.commands.iter().any(|part| !matches!(part, Command::Simple(_))))
}

/// What stands beside a pipeline: the pipelines of its `&&` chain, or all items of the list.
fn row_of(script: &ShellScript<'_>, pipeline: &Pipeline, in_list: bool) -> Option<Vec<TextRange>> {
    let items = &script.script().list.items;
    if in_list {
        return Some(items.iter().map(|item| item.and_or.range()).collect());
    }
    let chain = &items.last()?.and_or;
    let row: Vec<_> = std::iter::once(&chain.first).chain(chain.rest.iter().map(|link| &link.pipeline)).collect();
    row.iter().any(|found| found.range == pipeline.range).then(|| row.iter().map(|found| found.range).collect())
}

/// Takes a whole `RUN` out; `None` where a comment belongs to it.
pub fn remove_instruction(subject: &Subject<'_>, run: StageRun<'_>) -> Option<Edit> {
    remove_lines(subject.document(), run.instruction())
}

/// Takes any instruction out, with its lines; `None` where a comment belongs to it.
pub fn remove_lines(document: &Document, instruction: &Instruction) -> Option<Edit> {
    let text = document.text();
    let range = instruction.range;
    let start = text[..range.start()].rfind('\n').map_or(0, |at| at + 1);
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
    let mut end = line_end(range.end());
    let above = text[..start].trim_end_matches(['\r', '\n']).rsplit('\n').next().unwrap_or_default();
    let commented = above.trim_start().starts_with('#') || text[start..end].contains('#');
    let blank_above = text[..start].ends_with("\n\n") || text[..start].ends_with("\n\r\n");
    if blank_above && text[end..line_end(end)].trim().is_empty() {
        end = line_end(end);
    }
    (!commented).then(|| Edit::replace(TextRange::new(start, end), ""))
}

/// Whether the failure of a command is the failure of its script.
pub fn is_decisive(run: StageRun<'_>, script: &ShellScript<'_>, command: &SimpleCommand) -> bool {
    failing_pipeline(run, script, command).is_some()
}

/// The pipeline that a command is part of, if the script fails and stops where it fails; and whether it is ended
/// by `;` or a newline, and stops the script by `errexit`.
fn failing_pipeline<'s>(
    run: StageRun<'_>,
    script: &ShellScript<'s>,
    command: &SimpleCommand,
) -> Option<(&'s Pipeline, bool)> {
    let items = &script.script().list.items;
    let simple = |part: &Command| matches!(part, Command::Simple(simple) if std::ptr::eq(simple, command));
    let holds = |pipeline: &Pipeline| !pipeline.negated && pipeline.commands.last().is_some_and(simple);
    for (at, item) in items.iter().enumerate() {
        let pipelines = std::iter::once(&item.and_or.first).chain(item.and_or.rest.iter().map(|link| &link.pipeline));
        let Some(pipeline) = pipelines.into_iter().find(|pipeline| holds(pipeline)) else { continue };
        let chain = item.and_or.rest.iter().all(|link| link.operator == AndOrOperator::And);
        let background = item.separator.is_some_and(|separator| separator.kind == SeparatorKind::Background);
        let stops = run.state().shell().errexit == Errexit::On || starts_with_errexit(script);
        let last = at + 1 == items.len();
        let single = item.and_or.rest.is_empty();
        return match () {
            () if background || !chain => None,
            () if last && !(stops && single && at > 0) => Some((pipeline, false)),
            () if stops && single && at > 0 => Some((pipeline, true)),
            () => None,
        };
    }
    None
}

fn has_heredoc(and_or: &AndOr) -> bool {
    let pipelines = std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|link| &link.pipeline));
    pipelines.flat_map(|pipeline| &pipeline.commands).any(|command| match command {
        Command::Simple(simple) => simple.redirects.iter().any(|redirect| redirect.body.is_some()),
        // Whether one lies inside is not looked up: on the same line the command is right in any case.
        _ => true,
    })
}

/// `&&`, or `;` where the script stops at failures anyway and `&&` would switch that off or look foreign.
fn operator_behind(last: &Item, run: StageRun<'_>, script: &ShellScript<'_>) -> Result<&'static str, Why> {
    if is_background(last) {
        return Err(Why::NoPlaceAtEnd);
    }
    let pipeline = last.and_or.rest.last().map_or(&last.and_or.first, |link| &link.pipeline);
    if ends_shell(pipeline, script.text()) {
        return Err(Why::NoPlaceAtEnd);
    }
    let found = script.isolation();
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
