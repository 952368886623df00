//! The modules of Go: where a builder copies the sources and then builds them, they are downloaded in a step of their own
//! in front, which a change to the sources does not repeat.

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::base_name;
use dopt_model::{Context, ContextFact, Placed, Value};
use dopt_rewrite::{Edit, Effect, Fix, NotSplit, Refusal, Safety, Subject, Why, cased_like};
use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::shell::Command;

use super::{comment_above, manifests};

const CAVEAT: &str = "All modules that `go.mod` requires are downloaded, also those that only tests need.";

const STEP: &str = "RUN go mod download";

/// Modules have had their whole list in `go.mod` since this version.
const FIRST: (u32, u32) = (1, 17);

/// Subcommands that download what is missing.
const FETCHING: &[&str] = &["build", "install", "test", "vet", "generate"];

/// Puts the step in front of a `COPY` of the whole folder, in a stage whose files no container has by itself.
pub(super) fn download_first(
    subject: &Subject<'_>,
    stage: usize,
    index: usize,
    placed: &Placed,
) -> Result<Option<Fix>, Refusal> {
    let (stages, document) = (subject.stages, subject.document());
    let is_last = stage + 1 == stages.all().len() || !stages.children(stage).is_empty();
    let copy = &document.instructions()[index];
    let state = stages.state(stage, index);
    let is_set = |name: &str| state.variable(name) != Value::Unset;
    if is_last || subject.is_suppressed(index) || state.workdir() != Some(&placed.destination) {
        return Ok(None);
    }
    if ["GOFLAGS", "GOPRIVATE", "GO111MODULE", "GOPROXY"].iter().any(|name| is_set(name)) {
        return Ok(None);
    }
    let is_there = (stages.all()[stage].body.start..index).any(|at| brings_modules(subject, at));
    if is_there || !builds_next(subject, stage, index) {
        return Ok(None);
    }
    let context = match &subject.facts.context {
        ContextFact::Known(context) => context,
        ContextFact::NotAsked => return Err(Refusal::new(copy.range, Why::NotSplit(NotSplit::ContextNotRead))),
        ContextFact::Unknown => return Ok(None),
    };
    let folder = placed.sources[0].trim_start_matches("./").trim_matches('/');
    let folder = if matches!(folder, "" | ".") { String::new() } else { format!("{folder}/") };
    if !lists_all(context, &folder) {
        return Ok(None);
    }
    let files = ["go.mod".to_owned(), "go.sum".to_owned()];
    let lists = manifests(copy, document.text(), &files, "");
    let newline = document.newline();
    let written = [&lists, STEP].map(|line| cased_like(copy, document, line)).join(newline);
    let effect = |text: &str| Effect::AddsInstruction { behind: index - 1, text: text.to_owned() };
    Ok(Some(Fix {
        title: "download the modules before the sources are copied".into(),
        at: copy.range,
        safety: Safety::Unsafe { caveat: CAVEAT },
        effects: vec![effect(&lists), effect(STEP)],
        edits: vec![Edit::insert(comment_above(subject, index), format!("{written}{newline}"))],
    }))
}

/// Whether an instruction copies the list of modules, or a step looks at it.
fn brings_modules(subject: &Subject<'_>, index: usize) -> bool {
    let instruction = &subject.document().instructions()[index];
    let text = instruction.arguments_text(subject.document().text());
    match instruction.keyword {
        Keyword::Run => text.contains("go "),
        Keyword::Copy | Keyword::Add => text.split_whitespace().any(|word| base_name(word).starts_with("go.")),
        _ => false,
    }
}

/// Whether the next step begins to build, with nothing mounted.
fn builds_next(subject: &Subject<'_>, stage: usize, index: usize) -> bool {
    let stages = subject.stages;
    let next = stages.runs_of(stage).find(|run| run.index() > index);
    let is_near = |at: usize| {
        let keyword = subject.document().instructions()[at].keyword;
        matches!(keyword, Keyword::Label | Keyword::Expose)
    };
    let Some(run) = next.filter(|run| (index + 1..run.index()).all(is_near) && run.mounts().is_empty()) else {
        return false;
    };
    let Ok(script) = run.script() else { return false };
    let first = script.script().list.items.first().and_then(|item| item.and_or.first.commands.first());
    let Some(Command::Simple(command)) = first else { return false };
    let call = Invocation::of(command, script.text()).filter(|call| call.program() == "go");
    call.is_some_and(|call| {
        let words: Vec<_> = call.arguments().iter().map(|word| word.range.of(call.text)).collect();
        let is_elsewhere = |word: &&str| word.starts_with("-mod") || word.contains('@') || *word == "-C";
        words.first().is_some_and(|word| FETCHING.contains(word)) && !words.iter().any(is_elsewhere)
    })
}

/// Whether the list names every module with its sum, and none that lies in the project.
pub(super) fn lists_all(context: &Context, folder: &str) -> bool {
    let text = |name: &str| context.text(&format!("{folder}{name}"));
    let (Some(list), Some(sums)) = (text("go.mod"), text("go.sum")) else { return false };
    let version = list.lines().find_map(|line| line.trim().strip_prefix("go "));
    let version = version.and_then(|version| {
        let mut parts = version.trim().split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    let has_others =
        context.has(&format!("{folder}go.work")) || context.below(&format!("{folder}vendor")).next().is_some();
    if version.is_none_or(|version| version < FIRST) || has_others || list.contains("replace") {
        return false;
    }
    let required = required(list);
    let is_summed = |(module, version): &(&str, &str)| sums.contains(&format!("{module} {version} h1:"));
    !required.is_empty() && required.iter().all(is_summed)
}

/// The modules that a `go.mod` requires, with their versions.
fn required(list: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in list.lines().map(|line| line.split("//").next().unwrap_or_default().trim()) {
        match line {
            "require (" => inside = true,
            ")" => inside = false,
            line => {
                let words = if inside { Some(line) } else { line.strip_prefix("require ") };
                found.extend(words.and_then(|words| words.trim().split_once(' ')));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_those_of_both_forms() {
        let list =
            "module a\n\ngo 1.22\n\nrequire b.org/b v1.2.0 // why\n\nrequire (\n\tc.org/c v2.0.0 // indirect\n)\n";
        assert_eq!(required(list), [("b.org/b", "v1.2.0"), ("c.org/c", "v2.0.0")]);
    }
}
