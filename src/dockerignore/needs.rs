//! What the Dockerfiles take from a context: every source of `COPY` and `ADD`, every bind mount, in triggers too.

use dopt_model::{Mount, MountKind, Stages, State, Value};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::{self, Expansion, Instruction, Keyword, Modifier, Segment};

use crate::go_path;

/// Which context of a Dockerfile is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextName<'n> {
    /// The one that it is built with.
    Main,
    /// One that goes by a name, as with `--build-context name=folder`.
    Named(&'n str),
}

/// One path that an instruction takes from the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The Dockerfile, by its index.
    pub file: usize,
    /// The line of the instruction, from 1.
    pub line: usize,
    /// The instruction and the source as written, such as `COPY src/*`.
    pub written: String,
    /// The parts of the path; none for the whole context.
    pub parts: Vec<Part>,
    /// Where it puts what it takes; `None` for a mount, and where that is not known.
    pub target: Option<Target>,
}

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This very name.
    Name(Vec<u8>),
    /// What Go's `filepath.Match` matches.
    Glob(Vec<u8>),
    /// Any number of folders.
    AnyDepth,
}

/// Where a copy ends up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The stage.
    pub stage: usize,
    /// The instruction in the document.
    pub index: usize,
    /// The absolute path of the destination.
    pub path: String,
}

/// How a path lies to what an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is not taken.
    Apart,
    /// It is taken because a folder around it is.
    Inside,
    /// The source says its name, or the name of something in it.
    Named,
}

/// Why it cannot be told what a Dockerfile takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The Dockerfile, by its index.
    pub file: usize,
    /// The line, from 1.
    pub line: usize,
    /// What is there.
    pub why: String,
}

impl Need {
    /// How a path lies to it. The path counts from the context.
    pub fn reach(&self, path: &[u8]) -> Reach {
        let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        reach(&self.parts, &names)
    }

    /// Whether a source says the name of something that lies at any depth (or at the root), wherever it is now.
    pub fn names(&self, is_it: impl Fn(&[u8]) -> bool, at_root: bool) -> bool {
        let parts = if at_root { &self.parts[..self.parts.len().min(1)] } else { &self.parts };
        parts.iter().any(|part| matches!(part, Part::Name(name) if is_it(name)))
    }

    /// The folder of the image in which a folder of the context ends up, if it is taken with the one around it.
    pub fn folder_in_image(&self, folder: &[u8]) -> Option<String> {
        let target = self.target.as_ref()?;
        if self.parts.contains(&Part::AnyDepth) {
            return None;
        }
        let names = folder.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        let rest: Vec<&[u8]> = names.skip(self.parts.len()).collect();
        let path = [target.path.as_bytes(), &rest.join(&b'/')].join(&b'/');
        String::from_utf8(go_path::clean(&path)).ok()
    }
}

fn reach(parts: &[Part], names: &[&[u8]]) -> Reach {
    let (Some((part, parts)), Some((name, rest))) = (parts.split_first(), names.split_first()) else {
        // Both at their end: the very path. Only the names left: a folder around it is taken.
        return if names.is_empty() { Reach::Named } else { Reach::Inside };
    };
    match part {
        Part::AnyDepth => {
            let here = reach(parts, names);
            let deeper = match rest {
                // Something below it may match.
                [] => Reach::Named,
                rest => reach(&[&[Part::AnyDepth], parts].concat(), rest),
            };
            if here == Reach::Named || deeper == Reach::Named { Reach::Named } else { here.max(deeper) }
        }
        Part::Name(wanted) if wanted != name => Reach::Apart,
        Part::Glob(glob) if !go_path::glob_matches(glob, name) => Reach::Apart,
        _ if rest.is_empty() => Reach::Named,
        _ => reach(parts, rest),
    }
}

impl Reach {
    fn max(self, other: Reach) -> Reach {
        if self == Reach::Apart { other } else { self }
    }
}

/// What a Dockerfile takes from a context. `file` is its index, for the messages.
pub fn needs(stages: &Stages<'_>, file: usize, context: ContextName<'_>) -> Result<Vec<Need>, Unreadable> {
    let reader = Reader { stages, file, context };
    let document = stages.document();
    if let Some(problem) = document.problems().first() {
        let line = 1 + document.text()[..problem.at.start()].matches('\n').count();
        let why = format!("builders reject the file: {}", problem.kind.message());
        return Err(Unreadable { file, line, why });
    }
    let mut found = Vec::new();
    for (number, stage) in stages.all().iter().enumerate() {
        reader.base(number, &mut found)?;
        for index in stage.body.clone() {
            let instruction = &document.instructions()[index];
            let instruction = instruction.trigger.as_deref().unwrap_or(instruction);
            let place = Place { state: stages.state(number, index), stage: number, index, instruction };
            match instruction.keyword {
                Keyword::Copy | Keyword::Add => reader.copy(&place, &mut found)?,
                Keyword::Run => reader.mounts(&place, &mut found)?,
                _ => {}
            }
        }
    }
    Ok(found)
}

struct Reader<'s> {
    stages: &'s Stages<'s>,
    file: usize,
    context: ContextName<'s>,
}

struct Place<'s> {
    state: State<'s>,
    stage: usize,
    index: usize,
    instruction: &'s Instruction,
}

impl Reader<'_> {
    fn unreadable(&self, line: usize, why: String) -> Unreadable {
        Unreadable { file: self.file, line, why }
    }

    /// A stage may start from a context that has a name; an image made for triggers may take anything.
    fn base(&self, stage: usize, found: &mut Vec<Need>) -> Result<(), Unreadable> {
        let document = self.stages.document();
        let stage = &self.stages.all()[stage];
        let line = document.instructions()[stage.from].first_line;
        let image = match &stage.base {
            dopt_model::Base::Image(image) => image,
            dopt_model::Base::Unknown if matches!(self.context, ContextName::Named(_)) => {
                return Err(self.unreadable(line, "what the stage starts from is not known".to_owned()));
            }
            _ => return Ok(()),
        };
        if self.context == ContextName::Named(image) {
            let written = format!("FROM {image}");
            found.push(Need { file: self.file, line, written, parts: Vec::new(), target: None });
        }
        if self.context == ContextName::Main && image.to_ascii_lowercase().contains("onbuild") {
            return Err(self.unreadable(line, format!("the triggers of {image} may copy anything")));
        }
        Ok(())
    }

    fn is_from_context(&self, from: Option<&str>) -> bool {
        match self.context {
            ContextName::Main => from.is_none(),
            ContextName::Named(name) => from.is_some_and(|from| from.eq_ignore_ascii_case(name)),
        }
    }

    fn copy(&self, place: &Place<'_>, found: &mut Vec<Need>) -> Result<(), Unreadable> {
        let Place { instruction, state, .. } = place;
        let document = self.stages.document();
        if !self.is_from_context(instruction.flag("from").and_then(|flag| flag.value())) {
            return Ok(());
        }
        let Some(copy) = dockerfile::Copy::of(instruction, document.text()) else { return Ok(()) };
        let keyword = if instruction.keyword == Keyword::Copy { "COPY" } else { "ADD" };
        let keeps_parents = instruction.flag("parents").is_some();
        let target = if keeps_parents { None } else { self.target(place, &copy.destination) };
        for source in &copy.sources {
            let is_remote = source.contains("://") || source.starts_with("git@");
            if is_remote || (!instruction.heredocs.is_empty() && source.starts_with("<<")) {
                continue;
            }
            let written = format!("{keyword} {source}");
            let Some(path) = expanded(*state, document, source) else {
                return Err(self.unreadable(
                    instruction.first_line,
                    format!("what `{written}` copies is not known before the build"),
                ));
            };
            let line = instruction.first_line;
            found.push(Need { file: self.file, line, written, parts: parts(&path), target: target.clone() });
        }
        Ok(())
    }

    fn target(&self, place: &Place<'_>, destination: &str) -> Option<Target> {
        let destination = place.state.expand(destination);
        let written = destination.text()?;
        let path = match written.starts_with('/') {
            true => written.to_owned(),
            false => format!("{}/{written}", place.state.workdir()?),
        };
        let path = String::from_utf8(go_path::clean(path.as_bytes())).ok()?;
        Some(Target { stage: place.stage, index: place.index, path })
    }

    fn mounts(&self, place: &Place<'_>, found: &mut Vec<Need>) -> Result<(), Unreadable> {
        for mount in Mount::all(place.instruction) {
            if mount.kind != MountKind::Bind || !self.is_from_context(mount.from.as_deref()) {
                continue;
            }
            let source = mount.source.as_deref().unwrap_or(".");
            let written = format!("RUN --mount=type=bind,source={source}");
            let line = place.instruction.first_line;
            let Some(path) = expanded(place.state, self.stages.document(), source) else {
                return Err(self.unreadable(line, format!("what `{written}` mounts is not known before the build")));
            };
            found.push(Need { file: self.file, line, written, parts: parts(&path), target: None });
        }
        Ok(())
    }
}

/// Variables that a builder sets, with what each can be: one part of a path, or several.
const PLATFORM: &[(&str, &str)] = &[
    ("TARGETOS", "*"),
    ("TARGETARCH", "*"),
    ("TARGETVARIANT", "*"),
    ("BUILDOS", "*"),
    ("BUILDARCH", "*"),
    ("BUILDVARIANT", "*"),
    ("TARGETPLATFORM", "**"),
    ("BUILDPLATFORM", "**"),
];

/// A source with its variables replaced by what they are, or by wildcards where only the builder knows them.
fn expanded(state: State<'_>, document: &Document, word: &str) -> Option<String> {
    let mut path = String::new();
    for segment in dockerfile::expansions(word, document.escape())? {
        let variable = match segment {
            Segment::Literal(text) => {
                path.push_str(&text);
                continue;
            }
            Segment::Expansion(variable) => variable,
        };
        path.push_str(&value_of(state, &variable)?);
    }
    Some(path)
}

fn value_of(state: State<'_>, variable: &Expansion) -> Option<String> {
    let known = state.variable(&variable.name);
    let platform = PLATFORM.iter().find(|(name, _)| *name == variable.name);
    match (&variable.modifier, known, platform) {
        (Modifier::Plain, Value::Known(text) | Value::Default(text), _) => Some(text),
        (_, Value::Unset | Value::Unknown, Some((_, wildcard))) => Some((*wildcard).to_owned()),
        (Modifier::Default(or_empty, word), known, _) => match known {
            Value::Known(text) | Value::Default(text) if !(text.is_empty() && *or_empty) => Some(text),
            _ => word
                .iter()
                .map(|segment| match segment {
                    Segment::Literal(text) => Some(text.clone()),
                    Segment::Expansion(inner) => value_of(state, inner),
                })
                .collect(),
        },
        _ => None,
    }
}

/// The parts of a source, as the builder looks for them: from the context, and never above it.
fn parts(source: &str) -> Vec<Part> {
    let cleaned = go_path::clean(format!("/{source}").as_bytes());
    let part = |part: &[u8]| match part {
        part if part.windows(2).any(|two| two == b"**") => Part::AnyDepth,
        part if go_path::has_wildcard(part) => Part::Glob(part.to_vec()),
        part => Part::Name(go_path::unescaped(part)),
    };
    cleaned.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(part).collect()
}
