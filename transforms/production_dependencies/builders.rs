//! Stages that others copy what is installed from: behind their last step, nobody builds any more.

use dopt_model::commands::paths::resolve;
use dopt_model::{Base, StageRun};
use dopt_rewrite::{Edit, Effect, Fix, Proposal, Safety, Subject, cased_like};
use dopt_syntax::dockerfile::Keyword;

use super::CAVEAT;
use crate::split_stages;

/// A step for each stage that is copied from and keeps what only developing needs.
pub(super) fn proposals(subject: &Subject<'_>) -> Vec<Proposal> {
    let stages = subject.stages.all();
    (0..stages.len()).filter_map(|stage| in_stage(subject, stage).transpose()).collect()
}

fn in_stage(subject: &Subject<'_>, stage: usize) -> Result<Option<Fix>, dopt_rewrite::Refusal> {
    let (stages, document) = (subject.stages, subject.document());
    let is_copied_from = copies(subject, stage).next().is_some();
    let has_packages = stages.runs_of(stage).any(|run| installs(subject, run));
    let is_plain = matches!(stages.all()[stage].base, Base::Image(_));
    let body = &document.instructions()[stages.all()[stage].body.clone()];
    // Somebody may start it, to develop in.
    if body.iter().any(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint)) {
        return Ok(None);
    }
    if !is_copied_from || !has_packages || !is_plain || !stages.children(stage).is_empty() {
        return Ok(None);
    }
    let consumers = consumers(subject, stage);
    let takes = |folder: &str| {
        copies(subject, stage).any(|source| {
            source == folder || source == format!("{folder}/node_modules") || folder.starts_with(&format!("{source}/"))
        })
    };
    let Some((last, steps)) = split_stages::prunings(subject, stage, &consumers, &takes)? else { return Ok(None) };
    if steps.is_empty() {
        return Ok(None);
    }
    let last_step = &document.instructions()[last];
    let newline = document.newline();
    let written = steps.iter().map(|step| cased_like(last_step, document, step));
    let text: String = written.map(|step| format!("{newline}{step}")).collect();
    let effects = steps.into_iter().map(|text| Effect::AddsInstruction { behind: last, text }).collect();
    Ok(Some(Fix {
        title: "delete what only developing needs, before it is copied".into(),
        at: last_step.range,
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects,
        edits: vec![Edit::insert(last_step.range.end(), text)],
    }))
}

fn installs(subject: &Subject<'_>, run: StageRun<'_>) -> bool {
    let text = run.instruction().range.of(subject.document().text());
    ["npm", "yarn"].iter().any(|program| text.contains(program))
}

/// The absolute paths that other stages copy from a stage.
fn copies<'s>(subject: &'s Subject<'_>, stage: usize) -> impl Iterator<Item = String> + use<'s> {
    let stages = subject.stages;
    let instructions = subject.document().instructions();
    let found = (0..instructions.len()).filter(move |index| comes_from(subject, *index, stage));
    found.filter_map(move |index| stages.placements().at(index)).flat_map(|placed| {
        placed.sources.iter().map(|source| resolve("/", source.trim_end_matches('.'))).collect::<Vec<_>>()
    })
}

/// Whether an instruction copies from a stage.
fn comes_from(subject: &Subject<'_>, index: usize, stage: usize) -> bool {
    let instruction = &subject.document().instructions()[index];
    let name = instruction.flag("from").and_then(|flag| flag.value()).unwrap_or_default();
    let is_named = |found: &str| found.eq_ignore_ascii_case(name);
    matches!(instruction.keyword, Keyword::Copy)
        && (subject.stages.all()[stage].name.as_deref().is_some_and(is_named) || name == stage.to_string())
}

/// The stages that copy from a stage, and those that start from them.
fn consumers(subject: &Subject<'_>, stage: usize) -> Vec<usize> {
    let stages = subject.stages.all();
    let takes = |other: &usize| stages[*other].body.clone().any(|index| comes_from(subject, index, stage));
    let mut found: Vec<usize> = (0..stages.len()).filter(takes).collect();
    let mut at = 0;
    while at < found.len() {
        let more = subject.stages.children(found[at]).iter().copied().filter(|child| !found.contains(child));
        let more: Vec<usize> = more.collect();
        found.extend(more);
        at += 1;
    }
    found
}
