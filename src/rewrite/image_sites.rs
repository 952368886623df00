//! Where a file names images: `FROM`, `COPY --from`, `RUN --mount=from`, `# syntax`, and the `ARG` that a `FROM` takes
//! its whole reference from. Stages, numbers and `scratch` are no images.

use std::collections::HashSet;

use dopt_model::{Base, Platform, Stages};

use dopt_syntax::dockerfile::{self, DirectiveName, Flag, Instruction, Keyword, Modifier, Segment};
use dopt_syntax::{Document, TextRange};

use crate::{NotPinned, Refusal, Why};

/// A reference to an image.
pub struct ImageSite {
    /// Where it stands, and nothing else with it.
    pub at: TextRange,
    /// The reference.
    pub reference: String,
    /// The instruction that it stands in; `None` for the line with `# syntax`.
    pub instruction: Option<usize>,
    /// Which platforms the image has to be there for.
    pub platforms: CheckedPlatforms,
}

/// The platforms that an image has to be there for.
pub enum CheckedPlatforms {
    /// That of the constant behind `--platform`.
    Only(Platform),
    /// Those of the configuration.
    Configured,
    /// What builds it decides.
    None,
}

type Found = Result<ImageSite, Refusal>;

/// The references of a file, in order.
pub fn image_sites(stages: &Stages<'_>) -> Vec<Found> {
    let document = stages.document();
    let mut found: Vec<Found> = syntax(document).map(Ok).into_iter().collect();
    let mut pinned_arguments = HashSet::new();
    for stage in stages.all() {
        found.extend(from(stages, stage.from, &stage.base, &mut pinned_arguments));
        for index in stage.body.clone() {
            sources(stages, index, &mut found);
        }
    }
    found
}

fn syntax(document: &Document) -> Option<ImageSite> {
    let directive = document.directives().iter().find(|found| found.name == DirectiveName::Syntax)?;
    let value = directive.value.of(document.text());
    let reference = value.split_whitespace().next()?.to_owned();
    let at = TextRange::new(directive.value.start(), directive.value.start() + reference.len());
    Some(ImageSite { at, reference, instruction: None, platforms: CheckedPlatforms::None })
}

fn from(stages: &Stages<'_>, index: usize, base: &Base, pinned_arguments: &mut HashSet<usize>) -> Option<Found> {
    let document = stages.document();
    let instruction = &document.instructions()[index];
    let arguments = dockerfile::From::of(instruction, document.text())?;
    let written = arguments.image.of(instruction.logical.text(document.text()));
    let platforms = platform(instruction);
    let refuse = |why| Some(Err(Refusal::new(instruction.logical.in_file(arguments.image), why)));
    if matches!(base, Base::Stage(_)) || matches!(base, Base::Image(image) if image == "scratch") {
        return None;
    }
    match dockerfile::expansions(written, document.escape()).as_deref() {
        Some([Segment::Literal(reference)]) => {
            let at = place(instruction, arguments.image, written, reference);
            at.map_or_else(
                || refuse(Why::NotPinned(NotPinned::NotAReference)),
                |at| Some(Ok(ImageSite { at, reference: reference.clone(), instruction: Some(index), platforms })),
            )
        }
        Some([Segment::Expansion(whole)]) if whole.modifier == Modifier::Plain => {
            match argument(document, &whole.name, platforms) {
                Ok(site) if site.instruction.is_some_and(|argument| !pinned_arguments.insert(argument)) => None,
                Ok(site) => Some(Ok(site)),
                Err(why) => refuse(why),
            }
        }
        Some(_) => refuse(Why::NotPinned(NotPinned::PartIsVariable)),
        None => refuse(Why::NotPinned(NotPinned::NotAReference)),
    }
}

/// The default of an `ARG` that is there for nothing but to be a whole reference.
fn argument(document: &Document, name: &str, platforms: CheckedPlatforms) -> Result<ImageSite, Why> {
    let file = document.text();
    let head = document.instructions().iter().take_while(|found| found.keyword != Keyword::From).enumerate();
    let pairs = |instruction: &Instruction| dockerfile::pairs(instruction, file, document.escape());
    let named = |instruction: &Instruction| {
        let text = instruction.logical.text(file);
        pairs(instruction).into_iter().find(|pair| pair.name.of(text) == name).and_then(|pair| pair.value)
    };
    let arguments = head.filter(|(_, instruction)| instruction.keyword == Keyword::Arg);
    let mut defaults = arguments.filter_map(|(index, instruction)| Some((index, instruction, named(instruction)?)));
    let Some((index, instruction, value)) = defaults.next() else {
        return Err(Why::NotPinned(NotPinned::PartIsVariable));
    };
    if let Some(line) = other_use(document, name, index) {
        return Err(Why::NotPinned(NotPinned::VariableUsedElsewhere { line }));
    }
    let written = value.of(instruction.logical.text(file));
    match dockerfile::expansions(written, document.escape()).as_deref() {
        Some([Segment::Literal(reference)]) => {
            let at = place(instruction, value, written, reference).ok_or(Why::NotPinned(NotPinned::NotAReference))?;
            Ok(ImageSite { at, reference: reference.clone(), instruction: Some(index), platforms })
        }
        _ => Err(Why::NotPinned(NotPinned::PartIsVariable)),
    }
}

/// The line of the first use of a variable that is not the whole image of a `FROM`.
fn other_use(document: &Document, name: &str, definition: usize) -> Option<usize> {
    let file = document.text();
    let is_whole = |instruction: &Instruction| {
        let image = dockerfile::From::of(instruction, file).map(|from| from.image.of(instruction.logical.text(file)));
        image.is_some_and(|image| image == format!("${name}") || image == format!("${{{name}}}"))
    };
    let sets_again = |index: usize, instruction: &Instruction| {
        let text = instruction.logical.text(file);
        index != definition
            && matches!(instruction.keyword, Keyword::Arg | Keyword::Env)
            && dockerfile::pairs(instruction, file, document.escape()).iter().any(|pair| pair.name.of(text) == name)
    };
    let is_other = |(index, instruction): &(usize, &Instruction)| {
        let allowed = usize::from(instruction.keyword == Keyword::From && is_whole(instruction));
        uses(instruction.range.of(file), name) > allowed || sets_again(*index, instruction)
    };
    document.instructions().iter().enumerate().find(is_other).map(|(_, instruction)| instruction.first_line)
}

/// How often a text has `$NAME` or `${NAME…`.
fn uses(text: &str, name: &str) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_use = |at: usize| {
        let front = &text[..at];
        (front.ends_with('$') || front.ends_with("${")) && !text.as_bytes().get(at + name.len()).is_some_and(is_word)
    };
    text.match_indices(name).filter(|(at, _)| is_use(*at)).count()
}

/// What an instruction copies from or mounts.
fn sources(stages: &Stages<'_>, index: usize, found: &mut Vec<Found>) {
    let document = stages.document();
    let instruction = &document.instructions()[index];
    let (inner, is_trigger) = match &instruction.trigger {
        Some(trigger) => (trigger.as_ref(), true),
        None => (instruction, false),
    };
    for flag in &inner.flags {
        for (start, name) in names(inner.keyword, flag) {
            let is_stage = |name: &str| {
                let named = |found: &str| found.eq_ignore_ascii_case(name);
                name.parse::<usize>().is_ok()
                    || stages.all().iter().any(|stage| stage.name.as_deref().is_some_and(named))
            };
            if is_stage(name) || name == "scratch" || name.is_empty() {
                continue;
            }
            let range = TextRange::new(flag.range.start() + start, flag.range.start() + start + name.len());
            let is_plain = flag.range.of(instruction.logical.text(document.text())) == flag.text;
            let at = if is_plain { place(instruction, range, name, name) } else { None };
            let refuse = |why| Err(Refusal::new(instruction.logical.in_file(flag.range), why));
            found.push(match at {
                _ if is_trigger => refuse(Why::NotPinned(NotPinned::RunsInAnotherFile)),
                _ if name.contains('$') => refuse(Why::NotPinned(NotPinned::PartIsVariable)),
                None => refuse(Why::NotPinned(NotPinned::NotAReference)),
                Some(at) => {
                    let (reference, instruction) = (name.to_owned(), Some(index));
                    Ok(ImageSite { at, reference, instruction, platforms: CheckedPlatforms::Configured })
                }
            });
        }
    }
}

/// The names behind `from=` in a flag, with their places in its text.
fn names(keyword: Keyword, flag: &Flag) -> Vec<(usize, &str)> {
    let Some(value) = flag.value() else { return Vec::new() };
    let start = flag.text.len() - value.len();
    match (keyword, flag.name()) {
        (Keyword::Copy, "from") => vec![(start, value)],
        (Keyword::Run, "mount") => {
            let mut at = start;
            let mut found = Vec::new();
            for field in value.split(',') {
                match field.split_once('=') {
                    Some((key, name)) if key.eq_ignore_ascii_case("from") => found.push((at + key.len() + 1, name)),
                    _ => {}
                }
                at += field.len() + 1;
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Where a reference stands in the file, if it stands there in one piece. `written` may have quotes around it.
fn place(instruction: &Instruction, range: TextRange, written: &str, reference: &str) -> Option<TextRange> {
    let inside = written.find(reference)?;
    let start = range.start() + inside;
    let at = instruction.logical.in_file(TextRange::new(start, start + reference.len()));
    (!reference.is_empty() && at.len() == reference.len()).then_some(at)
}

fn platform(instruction: &Instruction) -> CheckedPlatforms {
    let Some(flag) = instruction.flag("platform") else { return CheckedPlatforms::Configured };
    match flag.value() {
        Some(value) if value.contains("TARGETPLATFORM") => CheckedPlatforms::Configured,
        Some(value) => Platform::parse(value).map_or(CheckedPlatforms::None, CheckedPlatforms::Only),
        None => CheckedPlatforms::None,
    }
}
