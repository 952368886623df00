//! What COPY, ADD and `mkdir` put into a stage, and which of it the program may need when it runs.

use dopt_model::commands::go;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, ContextFact, Placed, is_usual};
use dopt_rewrite::{NotSplit, Refusal, Subject, Why};
use dopt_syntax::dockerfile::{Form, Keyword};

use super::line_of;
use super::steps::Steps;

/// Folders of Go itself, and of the user, in which a build leaves more than a program needs.
const TOO_WIDE: &[&str] = &["/go", "/go/src", "/go/bin", "/usr/local/go"];

/// The files of a stage.
pub(super) struct Files {
    /// The paths that are carried over, none of them below another.
    pub carried: Vec<String>,
    /// The volumes.
    volumes: Vec<String>,
}

impl Files {
    /// Looks at everything in front of the last step; what stands behind it stays in the stage that runs.
    pub fn of(subject: &Subject<'_>, stage: usize, steps: &Steps) -> Result<Files, Refusal> {
        let mut carried: Vec<(String, usize)> = Vec::new();
        let mut volumes = Vec::new();
        for index in subject.stages.all()[stage].body.clone() {
            let keyword = subject.document().instructions()[index].keyword;
            let (line, at) = line_of(subject, index);
            let refuse = |why| Refusal::new(at, Why::NotSplit(why));
            match keyword {
                Keyword::Volume => {
                    let found = volume_paths(subject, index).ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?;
                    volumes.extend(found);
                }
                Keyword::Copy | Keyword::Add if index < steps.last => {
                    let placed = subject.stages.placements().at(index);
                    let placed = placed.ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?;
                    if needs(subject, placed, keyword, steps).map_err(refuse)? {
                        let flags = &subject.document().instructions()[index].flags;
                        if flags.iter().any(|flag| ["chown", "parents"].contains(&flag.name())) {
                            return Err(refuse(NotSplit::OwnerMayChange { line }));
                        }
                        carried.push((path_of(placed), index));
                    }
                }
                Keyword::Copy | Keyword::Add => {
                    let flags = &subject.document().instructions()[index].flags;
                    if flags.iter().any(|flag| flag.name() == "from" && flag.value() == Some("0")) {
                        return Err(refuse(NotSplit::PathUnknown { line }));
                    }
                }
                _ => {}
            }
        }
        carried.retain(|(path, index)| !steps.removed.take(path, *index));
        for (path, index) in &carried {
            let (line, at) = line_of(subject, *index);
            if path == "/" || is_usual(path) || TOO_WIDE.contains(&path.as_str()) || path == "/home" {
                return Err(Refusal::new(at, Why::NotSplit(NotSplit::FolderTooWide { line })));
            }
        }
        let mut paths: Vec<String> = carried.into_iter().map(|(path, _)| path).collect();
        paths.sort();
        paths.dedup();
        let all = paths.clone();
        paths.retain(|path| !all.iter().any(|other| other != path && is_below(path, other)));
        let files = Files { carried: paths, volumes };
        let missing = steps.made.iter().find(|made| !files.holds(made) && !files.makes(subject, stage, made));
        match missing {
            None => Ok(files),
            Some(_) => {
                let (line, at) = line_of(subject, steps.last);
                Err(Refusal::new(at, Why::NotSplit(NotSplit::WritesOutsideWorkdir { line })))
            }
        }
    }

    /// Whether a path is carried over with one of them.
    pub fn holds(&self, path: &str) -> bool {
        self.carried.iter().any(|carried| path == carried || is_below(path, carried))
    }

    /// Whether a volume lies over a path or over anything that is carried, or below it.
    pub fn meets_volume(&self, path: &str) -> bool {
        let meets = |path: &str, volume: &str| path == volume || is_below(path, volume) || is_below(volume, path);
        let mut paths = self.carried.iter().map(String::as_str).chain([path]);
        paths.any(|path| self.volumes.iter().any(|volume| volume == "/" || meets(path, volume)))
    }

    /// Whether a folder comes about anyway, with what is carried or as a folder that steps run in.
    fn makes(&self, subject: &Subject<'_>, stage: usize, folder: &str) -> bool {
        let stages = subject.stages;
        let end = stages.state(stage, stages.all()[stage].body.end);
        is_usual(folder)
            || end.workdir() == Some(folder)
            || self.carried.iter().any(|carried| is_below(carried, folder))
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// What an instruction put there: the file by its own path where it tells it, else the folder.
fn path_of(placed: &Placed) -> String {
    match placed.files() {
        Some(files) if files.len() == 1 && placed.into_folder => files[0].clone(),
        _ => placed.destination.clone(),
    }
}

/// Whether the program may need what an instruction copies.
fn needs(subject: &Subject<'_>, placed: &Placed, keyword: Keyword, steps: &Steps) -> Result<bool, NotSplit> {
    let by_name = |source: &String| go::brings_build_only(source);
    if !placed.from_context || keyword == Keyword::Add && placed.sources.iter().any(|source| source.contains("://")) {
        return Ok(true);
    }
    if steps.writes_beside_sources {
        return Ok(true);
    }
    if placed.sources.iter().all(by_name) {
        return Ok(false);
    }
    match &subject.facts.context {
        ContextFact::NotAsked => Err(NotSplit::ContextNotRead),
        ContextFact::Unknown => Ok(true),
        ContextFact::Known(context) => {
            Ok(!placed.sources.iter().all(|source| by_name(source) || brings_only_build(context, source)))
        }
    }
}

/// Whether the context has what a source names, and nothing of it is read by anything but the build.
fn brings_only_build(context: &Context, source: &str) -> bool {
    // A folder without Go's manifest or sources is another one than the one that is built.
    let is_of_go = || context.below(".").any(|path| path == "go.mod" || base_name(path).ends_with(".go"));
    let mut files = context.below(source).peekable();
    !source.contains(['*', '?', '[', '\\']) && files.peek().is_some() && files.all(go::is_build_only) && is_of_go()
}

/// The folders of a `VOLUME`; `None` where they are not absolute or not known.
pub(super) fn volume_paths(subject: &Subject<'_>, index: usize) -> Option<Vec<String>> {
    let instruction = &subject.document().instructions()[index];
    let words = match &instruction.form {
        Form::Exec(words) => words.clone(),
        Form::Shell => {
            let text = instruction.arguments_text(subject.document().text());
            text.split_whitespace().map(str::to_owned).collect()
        }
    };
    let is_known = |word: &String| word.starts_with('/') && !word.contains('$');
    words.iter().all(is_known).then(|| words.iter().map(|word| resolve("/", word)).collect())
}
