//! The header of a transform: its manual page, and its tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use dopt_model::{Context, ContextFact, Digest, Facts, ImageFact, ImageName, NoAnswer, Platform, Service, Unanswered};
use dopt_rewrite::{ImageGlob, NonRoot, PinPolicy, Pinning, Settings, SplitBase, Strategies, Strategy, Transform};

/// One example of a manual page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The Dockerfile.
    pub text: String,
    /// How it is rewritten.
    pub how: How,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// The options of an example: the words behind its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct How {
    /// `unsafe`: with unsafe fixes.
    pub unsafe_fixes: bool,
    /// `cache-mount`: caches are mounted, not cleaned.
    pub cache_mounts: bool,
    /// `pin`: images are pinned; with `update`, `max-age=DAYS`, `platform=…`, `context=…`, `ignore=GLOB`, `keep=GLOB`.
    pub pin: Option<Pinning>,
    /// `no-context`: nobody can tell what lies in the folder that is built, whatever the page says of it.
    pub no_context: bool,
    /// `same` or `minimal`: what a stage that is split off starts from.
    pub split: SplitBase,
    /// `told` or `by-name`: what is done about images that run as root; `told` gives all other advice, too.
    pub non_root: NonRoot,
}

/// What becomes of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This text.
    Becomes(String),
    /// Nothing, without a word.
    Unchanged,
    /// Nothing, but there is advice.
    Advised,
    /// A place is left alone, with this code.
    Refused(String),
}

impl How {
    /// Reads the words behind the kind. Panics for one that is not known.
    pub fn of<'w>(words: impl Iterator<Item = &'w str>) -> How {
        let mut how = How::default();
        for word in words {
            match (word.split_once('='), &mut how.pin) {
                (None, _) if word == "unsafe" => how.unsafe_fixes = true,
                (None, _) if word == "cache-mount" => how.cache_mounts = true,
                (None, _) if word == "no-context" => how.no_context = true,
                (None, _) if word == "same" => how.split = SplitBase::Same,
                (None, _) if word == "minimal" => how.split = SplitBase::Minimal,
                (None, _) if word == "told" => how.non_root = NonRoot::Told,
                (None, _) if word == "by-name" => how.non_root = NonRoot::Wanted,
                (None, pin) if word == "pin" => *pin = Some(Pinning::default()),
                (None, Some(pin)) if word == "update" => pin.update.push(ImageGlob::new("**")),
                (Some(("max-age", days)), Some(pin)) => pin.max_age = Some(seconds(days)),
                (Some(("platform", name)), Some(pin)) => pin.platforms.extend(Platform::parse(name)),
                (Some(("context", name)), Some(pin)) => pin.contexts.push(name.to_owned()),
                (Some(("ignore", glob)), Some(pin)) => pin.policies.push((ImageGlob::new(glob), PinPolicy::Ignore)),
                (Some(("keep", glob)), Some(pin)) => pin.policies.push((ImageGlob::new(glob), PinPolicy::NeverUpdate)),
                _ => panic!(
                    "a block is unsafe, cache-mount, no-context, same, minimal, told, by-name or pin, with what belongs to it, not {word}"
                ),
            }
        }
        how
    }

    /// The settings that are meant.
    pub fn settings(&self) -> Settings {
        let default = if self.cache_mounts { Strategy::CacheMount } else { Strategy::Clean };
        let strategies = Strategies { default, own: Vec::new() };
        Settings {
            strategies,
            pin: self.pin.clone(),
            split: self.split,
            non_root: self.non_root,
            tells_commonplace: self.non_root == NonRoot::Told,
            ..Settings::default()
        }
    }

    /// What of the facts of its page is known in this example.
    pub fn facts(&self, page: &Facts) -> Facts {
        let mut facts = page.clone();
        if self.no_context {
            facts.context = ContextFact::Unknown;
        }
        facts
    }
}

fn seconds(days: &str) -> u64 {
    days.parse::<u64>().expect("an age is a number of days") * 24 * 60 * 60
}

/// The first paragraph of a page, as plain text: what the transform does, and why.
pub fn reason(transform: &Transform) -> String {
    let page = page(transform);
    let lines = page.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    paragraph.join(" ").replace(['`', '*'], "")
}

/// What is known in all examples of a page. The block of facts has one image a line, `NAME index DIGEST …` or
/// `NAME image DIGEST …` with platforms (`linux/arm64`, or `linux/arm64=DIGEST`), `tag=…` and `age=DAYS`, or
/// `NAME error KIND MESSAGE`; the block of services has what compose files start; the block of the context has one file a line, `PATH` or `PATH: TEXT`, with `\n` where a line
/// of the text ends. Panics where a line is none of these.
pub fn facts(page: &str) -> Facts {
    let mut facts = Facts::default().with_context(context(page));
    for line in block(page, "```facts") {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, answer) = match words[..] {
            [name, "error", kind, ..] => (name, Err(unanswered(kind, line))),
            [name, kind @ ("index" | "image"), digest, ref more @ ..] => {
                (name, Ok(fact(kind == "index", digest, more)))
            }
            _ => panic!("{line} is no fact"),
        };
        facts.insert(ImageName::parse(name).unwrap_or_else(|| panic!("{name} is no image")), answer);
    }
    facts.services.extend(block(page, "```services").map(service));
    facts
}

/// `command: TEXT`, `entrypoint: TEXT` or `check: TEXT` of a service of its own.
fn service(line: &str) -> Service {
    let (kind, text) = line.split_once(": ").unwrap_or_else(|| panic!("{line} is no service"));
    let text = Some(text.to_owned());
    let service = Service { file: "compose.yaml".to_owned(), ..Service::default() };
    match kind {
        "command" => Service { command: text, ..service },
        "entrypoint" => Service { entrypoint: text, ..service },
        "check" => Service { check: text, ..service },
        _ => panic!("{line} is no service"),
    }
}

/// The lines of the first block that starts like this.
fn block<'p>(page: &'p str, start: &'static str) -> impl Iterator<Item = &'p str> {
    page.lines().skip_while(move |line| *line != start).skip(1).take_while(|line| *line != "```")
}

fn context(page: &str) -> ContextFact {
    let (mut files, mut texts) = (Vec::new(), BTreeMap::new());
    for line in block(page, "```context") {
        let (path, text) = line.split_once(": ").map_or((line, None), |(path, text)| (path, Some(text)));
        files.push(path.to_owned());
        texts.extend(text.map(|text| (path.to_owned(), text.replace("\\n", "\n"))));
    }
    if files.is_empty() { ContextFact::Unknown } else { ContextFact::Known(Arc::new(Context::new(files, texts))) }
}

fn unanswered(kind: &str, line: &str) -> Unanswered {
    let message = line.split_once(kind).map_or("", |(_, message)| message.trim()).to_owned();
    let kind = match kind {
        "unreachable" => NoAnswer::Unreachable,
        "denied" => NoAnswer::Denied,
        "not-found" => NoAnswer::NotFound,
        "malformed" => NoAnswer::Malformed,
        "not-locked" => NoAnswer::NotLocked,
        other => panic!("{other} is no kind of failure"),
    };
    Unanswered { kind, message }
}

fn fact(is_index: bool, digest: &str, more: &[&str]) -> ImageFact {
    let parse = |text: &str| Digest::parse(text).unwrap_or_else(|| panic!("{text} is no digest"));
    let mut fact = ImageFact { digest: parse(digest), is_index, platforms: None, version: None, age: 0 };
    for word in more {
        match word.split_once('=') {
            Some(("tag", tag)) => fact.version = Some(tag.to_owned()),
            Some(("age", days)) => fact.age = seconds(days),
            found => {
                let (name, digest) = found.unwrap_or((word, digest));
                let platform = Platform::parse(name).unwrap_or_else(|| panic!("{name} is no platform"));
                fact.platforms.get_or_insert_default().push((platform, Some(parse(digest))));
            }
        }
    }
    fact
}

/// The manual page as Markdown: the header of the transform's file.
pub fn page(transform: &Transform) -> String {
    let header = transform.manual.lines().map_while(|line| line.strip_prefix("//!"));
    header.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

/// The examples of a page, in order. Panics where a block has another kind or an `after` follows no `before`.
pub fn examples(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut before = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```dockerfile ") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let (kind, code) = kind.split_once(": ").unwrap_or((kind, ""));
        let mut words = kind.split(' ');
        let (kind, how) = (words.next(), How::of(words));
        match kind {
            Some("before") => before = Some((text, how)),
            Some("after") => {
                let (before, how) = before.take().expect("an `after` block must follow a `before` block");
                examples.push(Example { text: before, how, outcome: Outcome::Becomes(text) });
            }
            Some("unchanged") => examples.push(Example { text, how, outcome: Outcome::Unchanged }),
            Some("advice") => {
                let how = How { unsafe_fixes: true, ..how };
                examples.push(Example { text, how, outcome: Outcome::Advised });
            }
            Some("refused") => examples.push(Example { text, how, outcome: Outcome::Refused(code.to_owned()) }),
            _ => panic!("a block is before, after, unchanged, advice or refused, not {line}"),
        }
    }
    examples
}
