//! `dopt explain FILE:LINE`: what the analysis believes of the stage around a line, and where each belief was read.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_model::{Base, Context, ContextFact, Facts, ImageRef, NO_FACTS, Stages, User};
use dopt_rewrite::{Options, Rewrite, Settings, rewrite};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Instruction, Keyword};

use super::steps;
use crate::args::{RuleArgs, find_rule};
use crate::commands;
use crate::config::{Configs, Overrides};
use crate::context::listing;
use crate::exit::Exit;
use crate::failure::plain;
use crate::pins::PinArgs;
use crate::streams::{DIM, RULE, STRONG, Streams};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
}

/// What is believed, and the line or the file that says so.
pub struct Belief {
    text: String,
    source: String,
}

impl Belief {
    /// Read from a line of the Dockerfile.
    pub fn of_line(text: impl Into<String>, line: usize) -> Belief {
        Belief { text: text.into(), source: format!("line {line}") }
    }

    /// Read from a file of the context.
    pub fn of_file(text: impl Into<String>, file: impl Into<String>) -> Belief {
        Belief { text: text.into(), source: file.into() }
    }
}

/// The transforms that need to know how a stage builds and runs.
const JUDGES: [&str; 3] = ["split-stages", "slim-base", "copy-manifests-first"];

/// Files that say which kind of project a folder is; where a name begins with a dot, how theirs end.
const SIGNS: &[(&str, &str)] = &[
    ("go.mod", "a module of Go"),
    ("Cargo.toml", "a package of Rust"),
    ("Cargo.lock", "locked by Cargo"),
    ("package.json", "a package of Node"),
    ("package-lock.json", "locked by npm"),
    ("npm-shrinkwrap.json", "locked by npm"),
    ("yarn.lock", "locked by yarn"),
    ("pnpm-lock.yaml", "locked by pnpm"),
    ("pyproject.toml", "a project of Python"),
    ("setup.cfg", "a project of Python"),
    ("setup.py", "a project of Python, with a script that installs it"),
    ("requirements.txt", "a list of pip"),
    ("Pipfile", "a list of pipenv"),
    ("Pipfile.lock", "locked by pipenv"),
    ("poetry.lock", "locked by poetry"),
    ("uv.lock", "locked by uv"),
    ("pom.xml", "a project of Maven"),
    ("build.gradle", "a project of Gradle"),
    ("build.gradle.kts", "a project of Gradle"),
    (".csproj", "a project of .NET"),
    (".fsproj", "a project of .NET"),
    (".vbproj", "a project of .NET"),
    (".sln", "a list of projects of .NET"),
    ("composer.json", "a project of Composer"),
    ("composer.lock", "locked by Composer"),
    ("Gemfile", "a list of Bundler"),
    ("Gemfile.lock", "locked by Bundler"),
    ("CMakeLists.txt", "built by CMake"),
    ("Makefile", "built by make"),
    ("meson.build", "built by Meson"),
    ("configure", "built by its own configure"),
    ("configure.ac", "built by autotools"),
];

/// Runs it.
pub fn run(place: &Place, streams: &mut Streams) -> Exit {
    let shown = place.file.display().to_string();
    let text = match fs::read_to_string(&place.file) {
        Ok(text) => text,
        Err(error) => {
            streams.error(format!("{shown}: cannot be read: {}", plain(&error)));
            return Exit::Failed;
        }
    };
    let document = Document::parse(text.as_str());
    if let Some(problem) = document.problems().first() {
        streams.error(format!("{shown}: no builder takes it: {}", problem.kind.message()));
        return Exit::Failed;
    }
    let stages = Stages::of(&document);
    // A comment or a blank line belongs to what follows it.
    let behind = |found: &Instruction| found.last_line >= place.line;
    let (Some(index), false) = (document.instructions().iter().position(behind), stages.all().is_empty()) else {
        streams.error(format!("{shown} has no instruction at line {} or behind it", place.line));
        return Exit::Usage;
    };
    let of_line = stages.all().iter().position(|stage| stage.from == index || stage.body.contains(&index));
    // What stands in front of the first `FROM` is for all stages; the last one becomes the image.
    let stage = of_line.unwrap_or(stages.all().len() - 1);
    let facts = listing::of_dockerfile(&place.file, &text);
    let Some(settings) = settings(&place.file, streams) else { return Exit::Usage };
    let scene = Scene { path: &place.file, text: &text, stages: &stages, stage, index, facts: &facts, settings };
    scene.print(streams);
    Exit::Done
}

/// Those of the nearest `dopt.toml`.
fn settings(file: &Path, streams: &mut Streams) -> Option<Settings> {
    let (rules, pins) = (RuleArgs::default(), PinArgs::default());
    let overrides = Overrides { rules: &rules, unsafe_fixes: None, pins: &pins, lists_all: false };
    let mut configs = match Configs::new(overrides) {
        Ok(configs) => configs,
        Err(mistake) => {
            commands::show_mistake(&mistake, streams);
            return None;
        }
    };
    let settings = configs.of(file).map(|choices| choices.options(&NO_FACTS).settings);
    for mistake in configs.take_mistakes() {
        commands::show_mistake(&mistake, streams);
    }
    settings
}

/// What is looked at.
struct Scene<'s> {
    path: &'s Path,
    text: &'s str,
    stages: &'s Stages<'s>,
    stage: usize,
    index: usize,
    facts: &'s Facts,
    settings: Settings,
}

impl Scene<'_> {
    fn print(&self, streams: &mut Streams) {
        let at = &self.instructions()[self.index];
        let lines = match at.last_line - at.first_line {
            0 => format!("line {}", at.first_line),
            _ => format!("lines {} to {}", at.first_line, at.last_line),
        };
        let title = format!("{}: {lines}, {}", self.path.display(), at.keyword.name());
        streams.print(format_args!("{}\n", streams.paint(STRONG, title)));
        let topics = [
            ("in force here", self.in_force()),
            ("stack", self.stack()),
            ("build steps", steps::of_stage(self.stages, self.stage, self.known())),
            ("artefacts", self.artefacts()),
            ("runtime needs", self.runtime()),
            ("what dopt would do", self.verdicts()),
        ];
        let widest = topics.iter().flat_map(|(_, found)| found).map(|found| found.text.chars().count());
        let width = widest.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        for (topic, beliefs) in &topics {
            streams.print(format_args!("\n{}\n", streams.paint(RULE, topic)));
            if beliefs.is_empty() {
                streams.print(format_args!("  {}\n", streams.paint(DIM, "nothing is known")));
            }
            for belief in beliefs {
                let gap = width.saturating_sub(belief.text.chars().count());
                let source = streams.paint(DIM, &belief.source).to_string();
                streams.print(format_args!("  {}{:gap$}  {source}\n", belief.text, ""));
            }
        }
    }

    fn instructions(&self) -> &[Instruction] {
        self.stages.document().instructions()
    }

    fn known(&self) -> Option<&Context> {
        match &self.facts.context {
            ContextFact::Known(context) => Some(context),
            _ => None,
        }
    }

    /// The last instruction of this kind in front of one, in the stage or those that it starts from.
    fn setter(&self, keyword: Keyword, index: usize) -> Option<&Instruction> {
        let before = self.stages.before(self.stage, index);
        before.into_iter().rev().map(|(_, at)| &self.instructions()[at]).find(|found| found.keyword == keyword)
    }

    fn in_force(&self) -> Vec<Belief> {
        let stage = &self.stages.all()[self.stage];
        let index = self.index.clamp(stage.body.start, stage.body.end);
        let state = self.stages.state(self.stage, index);
        let from = &self.instructions()[stage.from];
        let said =
            |text: String, keyword| Belief::of_line(text, self.setter(keyword, index).unwrap_or(from).first_line);
        let user = match state.user() {
            User::Root => "user root".to_owned(),
            User::Other(name) => format!("user {name}"),
            User::Unknown => "the user of the base image, which is not known".to_owned(),
        };
        let folder = state.workdir().map_or("folder of the base image".to_owned(), |path| format!("folder {path}"));
        vec![said(user, Keyword::User), said(folder, Keyword::Workdir)]
    }

    fn stack(&self) -> Vec<Belief> {
        let mut found = Vec::new();
        let mut stage = self.stage;
        loop {
            let all = &self.stages.all()[stage];
            let line = self.instructions()[all.from].first_line;
            match &all.base {
                Base::Stage(base) => {
                    let name = self.name_of(*base);
                    found.push(Belief::of_line(format!("starts from stage {name}"), line));
                    stage = *base;
                }
                Base::Image(image) => {
                    let family = ImageRef::parse(image).family();
                    found.push(Belief::of_line(format!("image {image}, family {family:?}"), line));
                    break;
                }
                Base::Unknown => {
                    found.push(Belief::of_line("an image that cannot be read from the file", line));
                    break;
                }
            }
        }
        let Some(context) = self.known() else {
            found.push(Belief::of_file("the folder that is built is not known", self.path.display().to_string()));
            return found;
        };
        let is_sign = |path: &str, name: &str| {
            path == name || path.strip_suffix(name).is_some_and(|rest| name.starts_with('.') || rest.ends_with('/'))
        };
        for (name, meaning) in SIGNS {
            let files = context.below("").filter(|path| is_sign(path, name) && !path.contains("node_modules/"));
            found.extend(files.take(MOST_SIGNS).map(|file| Belief::of_file(*meaning, file)));
        }
        found
    }

    fn name_of(&self, stage: usize) -> String {
        self.stages.all()[stage].name.clone().unwrap_or_else(|| stage.to_string())
    }

    /// What the stage gets of others, or others of it.
    fn artefacts(&self) -> Vec<Belief> {
        let document = self.stages.document();
        let mut found = Vec::new();
        for (number, stage) in self.stages.all().iter().enumerate() {
            for index in stage.body.clone() {
                let copy = &self.instructions()[index];
                let Some(source) = copy.flag("from").and_then(|flag| flag.value()) else { continue };
                let own = self.stages.all()[self.stage].name.as_deref();
                let is_own =
                    own.is_some_and(|name| name.eq_ignore_ascii_case(source)) || source == self.stage.to_string();
                if number == self.stage || is_own {
                    let what = shortened(copy.arguments_text(document.text()));
                    let whose =
                        if is_own { format!("for stage {}", self.name_of(number)) } else { format!("of {source}") };
                    found.push(Belief::of_line(format!("{what}, {whose}"), copy.first_line));
                }
            }
        }
        found.extend(self.split_off(|keyword, text| {
            let what = text.split_whitespace().next_back().unwrap_or_default();
            (keyword == Keyword::Copy).then(|| format!("{what}, which is carried into a stage that runs"))
        }));
        found
    }

    /// What a split of the stage would write behind it, as far as it tells something.
    fn split_off(&self, tells: impl Fn(Keyword, &str) -> Option<String>) -> Vec<Belief> {
        let last = self.stages.all().len() - 1;
        let Ok(split) = self.rewritten("split-stages") else { return Vec::new() };
        if split.changes.is_empty() || self.stage != last {
            return Vec::new();
        }
        let after = Document::parse(split.after.as_str());
        let stages = Stages::of(&after);
        let body = stages.all().last().map_or(0..0, |stage| stage.body.clone());
        let new = after.instructions()[body].iter().filter(|new| !self.text.contains(new.range.of(after.text())));
        let line = self.instructions()[self.stages.all()[self.stage].from].first_line;
        let told = new.filter_map(|new| tells(new.keyword, new.arguments_text(after.text())));
        told.map(|text| Belief { text, source: format!("split-stages, line {line}") }).collect()
    }

    fn runtime(&self) -> Vec<Belief> {
        let document = self.stages.document();
        let end = self.stages.all()[self.stage].body.end;
        let mut found = Vec::new();
        for keyword in [Keyword::Entrypoint, Keyword::Cmd, Keyword::Healthcheck, Keyword::User, Keyword::Stopsignal] {
            if let Some(setter) = self.setter(keyword, end) {
                let text = shortened(setter.arguments_text(document.text()));
                found.push(Belief::of_line(format!("{} {text}", keyword.name()), setter.first_line));
            }
        }
        if self.stage + 1 == self.stages.all().len() {
            let told = self.facts.services.iter().flat_map(|service| service.texts().map(move |text| (service, text)));
            found.extend(told.map(|(service, text)| {
                Belief::of_file(format!("a service starts {}", shortened(text)), service.file.clone())
            }));
        }
        for (_, at) in self.stages.before(self.stage, end) {
            let instruction = &self.instructions()[at];
            if matches!(instruction.keyword, Keyword::Expose | Keyword::Volume) {
                let text = shortened(instruction.arguments_text(document.text()));
                found.push(Belief::of_line(format!("{} {text}", instruction.keyword.name()), instruction.first_line));
            }
        }
        found.extend(self.known().into_iter().flat_map(steps::of_package));
        found.extend(self.known().into_iter().flat_map(steps::tools));
        found.extend(self.split_off(|keyword, text| {
            let packages =
                text.split_once("--no-install-recommends ").or_else(|| text.split_once("apk add --no-cache "));
            let packages = packages.filter(|_| keyword == Keyword::Run)?.1.split("&&").next()?;
            Some(format!("packages {}", shortened(packages.trim_end_matches(['\\', ' ', '\n']))))
        }));
        found
    }

    /// What the transforms make of all this.
    fn verdicts(&self) -> Vec<Belief> {
        let mut found = Vec::new();
        for rule in JUDGES {
            let Ok(rewrite) = self.rewritten(rule) else { continue };
            let line = |at: usize| self.text[..at].matches('\n').count() + 1;
            found.extend(rewrite.changes.iter().map(|change| Belief {
                text: format!("would {}", change.title),
                source: format!("{rule}, line {}", line(change.at.start())),
            }));
            found.extend(rewrite.refusals.iter().map(|refused| Belief {
                text: format!("does not: {}", refused.why.sentence()),
                source: format!("{rule}, line {}", line(refused.at.start())),
            }));
        }
        found
    }

    fn rewritten(&self, rule: &str) -> Result<Rewrite, ()> {
        let transforms = [find_rule(rule).ok_or(())?];
        let settings = self.settings.clone();
        let options =
            Options { transforms: &transforms, unsafe_fixes: true, inline_ignores: true, settings, facts: self.facts };
        rewrite(self.text, &options).map_err(drop)
    }
}

/// Longer texts do not push the sources of the others aside.
const WIDEST: usize = 72;

/// So many files of a kind are told.
const MOST_SIGNS: usize = 4;

/// A text on one line, with its end left out where it is long.
pub fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
