//! What kinds of projects have in common whose program is compiled into files of its own: what containers start, and
//! which files of the project go along with what was built.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, ImageRef, Origin, Placed, User, Value, is_archive_name, is_unusual, is_usual};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase, Why};
use dopt_syntax::dockerfile::{Instruction, Keyword};

use super::carry::{self, TOO_WIDE, is_below};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::owners;
use super::stack::Scene;
use super::{line_of, started, starts, volumes};

/// Scripts of a build, which steps make executable.
const BUILD_SCRIPTS: &[&str] = &["mvnw", "gradlew", "configure", "autogen.sh", "bootstrap", "bootstrap.sh"];

/// Names that version control, editors and people read, and no program when it runs.
const NOT_READ: &[&str] = &[
    ".gitignore", ".gitattributes", ".gitmodules", ".dockerignore", "dopt.toml", ".dopt.toml", "dopt.lock",
    ".dopt-baseline.toml", ".editorconfig", "LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MIT", "LICENSE-APACHE",
    "COPYING", "README", "README.md", "README.txt", "README.rst", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile",
    "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml", ".travis.yml", ".gitlab-ci.yml",
    "Makefile",
];

/// The words that containers start with.
pub(super) struct Started {
    /// The program and what it is handed, variables and patterns as they are written.
    pub words: Vec<String>,
    /// The folder that it starts in.
    pub folder: String,
    /// Whether a shell starts it.
    pub needs_shell: bool,
    /// Whether it is the health check that starts it.
    pub is_check: bool,
}

impl Started {
    /// The absolute path of a program that lies in no folder of the distribution, or the reason why it is none.
    pub fn program(&self, moves: &Moves) -> Result<String, NotSplit> {
        const TOOLS: &[&str] = &[
            "sh", "bash", "ash", "dash", "make", "env", "cargo", "go", "mvn", "gradle", "dotnet", "npm", "java",
            "python", "python3", "tini", "dumb-init", "ninja", "cmake", "bundle", "ruby", "rake", "gosu", "su-exec",
            "node", "watchexec",
        ];
        let word = &self.words[0];
        if started::SUPERVISORS.contains(&base_name(word)) {
            return Err(NotSplit::MultiService);
        }
        if TOOLS.contains(&base_name(word)) || carry::is_script(word) {
            return Err(NotSplit::RuntimeShellout);
        }
        match word.contains('/') {
            _ if word.contains('$') => Err(NotSplit::UnknownArtefact),
            true => Ok(resolve(&self.folder, word)),
            false => moves.found_by_name(word).ok_or(NotSplit::UnknownArtefact),
        }
    }
}

/// The packages that go on, and the steps that install them and make users; what is asked of every second stage.
pub(super) struct Provision<'s> {
    /// What was read of the stage.
    pub scene: &'s Scene<'s>,
    /// The folder that is built.
    pub context: &'s Context,
    /// What its steps leave.
    pub leavings: &'s Leavings,
    /// The family of the second stage's image.
    pub family: Family,
    /// What the second stage's image brings itself.
    pub has: &'s [&'s str],
}

impl Provision<'_> {
    /// Instructions for the second stage; `more` are packages that the program is known to need.
    pub fn installed(&self, more: &[&str], paths: &[String]) -> Result<Vec<String>, Refusal> {
        let scene = self.scene;
        let stages = scene.subject.stages;
        let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
        if !carry::has_user_of_name(&end.user(), self.leavings, &[]) {
            return Err(scene.refuse(NotSplit::UserUnknown));
        }
        let commands = started::commands(scene);
        let tools =
            started::needed_packages(scene.subject, &commands, self.context).map_err(|why| scene.refuse(why))?;
        let times = self.needs_time_zones().then_some("tzdata");
        let checks = starts::checking_package(scene, self.leavings)?;
        let more: Vec<&str> = more.iter().copied().chain(tools).chain(times).chain(checks).collect();
        // What the sources start, only the folder tells.
        let kept = match scene.context()? {
            Some(_) => self.leavings.kept_but_fetchers(),
            None => self.leavings.kept.clone(),
        };
        // They bring the certificates of authorities, which the program may read, too.
        let is_less = kept.len() < self.leavings.kept.len() && !self.has.contains(&"ca-certificates");
        let more: Vec<&str> = more.into_iter().chain(is_less.then_some("ca-certificates")).collect();
        let packages =
            carry::packages(self.leavings, kept, scene.image, &more, self.has).map_err(|why| scene.refuse(why))?;
        let mut lines = match self.family {
            Family::Alpine if !packages.is_empty() => vec![format!("RUN apk add --no-cache {}", packages.join(" "))],
            _ => carry::installation(&packages, self.leavings.is_spare || self.leavings.kept.is_empty()),
        };
        lines.extend(carry::ownership(scene, self.leavings, paths)?);
        Ok(lines)
    }

    /// What the second stage fetches, as whose it has to be. `built` are files that steps write.
    pub fn named(&self, carried: Vec<Carried>, built: &[String]) -> Result<Vec<Carried>, Refusal> {
        owners::named(self.scene, self.leavings, carried, built)
    }

    /// Whether the program may look up time zones, which the slim images of newer releases have not.
    fn needs_time_zones(&self) -> bool {
        let scene = self.scene;
        let has_them = ["buster", "bullseye", "bookworm"].contains(&scene.image.debian_release().unwrap_or_default());
        let names = ["debian", "gcc", "rust"];
        if self.leavings.sets_time_zone && self.family == Family::Debian && scene.image.familiar_name() != "ubuntu" {
            return !has_them;
        }
        let is_slim = names.contains(&scene.image.familiar_name()) && self.family == Family::Debian && !has_them;
        let asks = |text: &str| ["zoneinfo", "localtime", "tzset", "chrono"].iter().any(|word| text.contains(word));
        let end = scene.subject.stages.all()[scene.stage].body.end;
        let is_set = scene.subject.stages.state(scene.stage, end).variable("TZ") != Value::Unset;
        is_slim && (is_set || self.context.texts().any(|(_, text)| asks(text)))
    }
}

/// Which paths go on besides the program: what steps fill, and what the folder that is built brings and not only the
/// build reads.
pub(super) fn paths(
    scene: &Scene<'_>,
    leavings: &mut Leavings,
    moves: &Moves,
    built: &[String],
    is_build_only: fn(&str) -> bool,
) -> Result<Vec<String>, Refusal> {
    let context = scene.context()?;
    let subject = scene.subject;
    let body = subject.stages.all()[scene.stage].body.clone();
    leavings.filled.retain(|(path, _)| !moves.removes(path));
    leavings.written.retain(|(path, moment)| !moves.removes_later(path, *moment) && !is_build_only(base_name(path)));
    let mut found = leavings.filled.clone();
    found.extend(leavings.written.iter().map(|(path, moment)| (path.clone(), moment.0)));
    let mut mounted = Vec::new();
    for index in body {
        let instruction = &subject.document().instructions()[index];
        let (line, at) = line_of(subject, index);
        let refuse = |why| Refusal::new(at, Why::NotSplit(why));
        match instruction.keyword {
            Keyword::Volume => {
                let paths = volumes::paths(subject, index).ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?;
                mounted.extend(paths.into_iter().map(|path| (path, index)));
            }
            Keyword::Copy | Keyword::Add if index <= leavings.last => {
                let needed = needed(scene, context, index, is_build_only).map_err(refuse)?;
                if !needed.is_empty() && !owners::read_copy(scene, context, leavings, index) {
                    return Err(refuse(NotSplit::OwnerMayChange { line }));
                }
                let is_kept = |path: &String| !moves.removes_later(path, (index, 0));
                found.extend(needed.into_iter().filter(is_kept).map(|path| (path, index)));
            }
            Keyword::Copy | Keyword::Add if !comes_before(scene, instruction) => {
                return Err(refuse(NotSplit::PathUnknown { line }));
            }
            _ => {}
        }
    }
    // What steps put where a volume lies, some builders drop.
    let meets = |path: &String, volume: &String| path == volume || is_below(path, volume) || is_below(volume, path);
    let is_dropped = |(path, index): &(String, usize)| {
        let is_mounted = mounted.iter().any(|(volume, at)| volume == "/" || at < index && meets(path, volume));
        is_mounted && !built.contains(path)
    };
    let made: Vec<(String, usize)> = leavings.filled.clone();
    let written = leavings.written.iter().map(|(path, moment)| (path.clone(), moment.0));
    if made.into_iter().chain(written).any(|found| is_dropped(&found)) {
        return Err(scene.refuse(NotSplit::VolumeUnderBuild));
    }
    found.extend(built.iter().map(|path| (path.clone(), leavings.last)));
    for (path, index) in &found {
        let (line, at) = line_of(subject, *index);
        if TOO_WIDE.contains(&path.as_str()) || is_usual(path) {
            return Err(Refusal::new(at, Why::NotSplit(NotSplit::FolderTooWide { line })));
        }
    }
    let mut paths: Vec<String> = found.into_iter().map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let all = paths.clone();
    paths.retain(|path| !all.iter().any(|other| is_below(path, other)));
    // What is written into a mount is not in the image.
    let mounts = mount_targets(scene, leavings.last);
    if paths.iter().any(|path| mounts.iter().any(|mount| path == mount || is_below(path, mount))) {
        return Err(scene.refuse(NotSplit::UnknownArtefact));
    }
    keep_marks(scene, leavings, &paths)?;
    // Files keep theirs.
    leavings.marked.retain(|(path, _)| !moves.makes_file(path));
    Ok(paths)
}

/// Whether an instruction fetches nothing from a stage that is told by its number and that the builder would be.
fn comes_before(scene: &Scene<'_>, instruction: &Instruction) -> bool {
    let number = instruction.flag("from").and_then(|from| from.value()).and_then(|from| from.parse::<usize>().ok());
    number.is_none_or(|number| number < scene.stage)
}

/// Where steps mount something.
fn mount_targets(scene: &Scene<'_>, last: usize) -> Vec<String> {
    let stages = scene.subject.stages;
    let mut found = Vec::new();
    for index in stages.all()[scene.stage].body.start..=last {
        let folder = stages.state(scene.stage, index).workdir().unwrap_or("/");
        for flag in stages.document().instructions()[index].flags.iter().filter(|flag| flag.name() == "mount") {
            let options = flag.value().unwrap_or_default().split(',').filter_map(|option| option.split_once('='));
            let targets = options.filter(|(name, _)| ["target", "dst", "destination"].contains(name));
            found.extend(targets.map(|(_, target)| resolve(folder, target)));
        }
    }
    found
}

/// Owners and modes of what stays behind need not be kept; those of other places cannot be.
fn keep_marks(scene: &Scene<'_>, leavings: &mut Leavings, paths: &[String]) -> Result<(), Refusal> {
    leavings.marked.retain(|(path, _)| !BUILD_SCRIPTS.contains(&base_name(path)));
    let is_carried = |path: &String| paths.iter().any(|carried| carried == path || is_below(path, carried));
    let is_made = |path: &String| carry::is_made_anew(scene, paths, path);
    match leavings.marked.iter().find(|(path, _)| !is_carried(path) && !is_made(path)) {
        None => Ok(()),
        Some(_) => {
            let (line, at) = line_of(scene.subject, leavings.last);
            Err(Refusal::new(at, Why::NotSplit(NotSplit::OwnerMayChange { line })))
        }
    }
}

/// The paths that an instruction brings and the program may read.
fn needed(
    scene: &Scene<'_>,
    context: Option<&Context>,
    index: usize,
    is_build_only: fn(&str) -> bool,
) -> Result<Vec<String>, NotSplit> {
    let (line, _) = line_of(scene.subject, index);
    let instruction = &scene.subject.document().instructions()[index];
    let Some(placed) = scene.subject.stages.placements().at(index) else {
        let state = scene.subject.stages.state(scene.stage, index);
        // Whatever it is, it lies there.
        let place = Placed::destination(state, instruction, scene.subject.document().text());
        return Ok(vec![place.ok_or(NotSplit::PathUnknown { line })?]);
    };
    let is_unpacked = instruction.keyword == Keyword::Add
        && placed.sources.iter().any(|source| is_archive_name(source) || source.contains(['*', '?']));
    let whole = || placed.files().unwrap_or_else(|| vec![placed.destination.clone()]);
    if !placed.from_context || is_unpacked {
        return Ok(whole());
    }
    let Some(context) = context else {
        let is_plain = |source: &String| !source.ends_with('/') && !source.contains(['?', '[']);
        let is_needless =
            placed.sources.iter().all(|source| is_plain(source) && (is_known(source) || is_build_only(source)));
        return Ok(if is_needless { Vec::new() } else { whole() });
    };
    let mut found = Vec::new();
    let workdir = scene.subject.stages.state(scene.stage, index).workdir();
    for source in &placed.sources {
        let is_read = |file: &&str| !is_known(file) && !is_build_only(file);
        // A folder of its own goes along whole.
        let is_own = !source.contains(['*', '?'])
            && !context.has(source.trim_start_matches("./"))
            && !["", "."].contains(&source.trim_matches('/'))
            && workdir != Some(&placed.destination)
            && !is_usual(&placed.destination)
            && placed.sources.len() == 1;
        let mut files = context.matching(source).into_iter().peekable();
        if is_own && files.peek().is_some() && files.all(|file| is_read(&file)) {
            found.push(placed.destination.clone());
            continue;
        }
        let plain = source.trim_start_matches("./").trim_matches('/');
        let plain = if plain == "." { "" } else { plain };
        for file in context.matching(source).into_iter().filter(is_read) {
            let is_itself = file == plain || source.contains(['*', '?']);
            let path = match is_itself {
                true if placed.into_folder => resolve(&placed.destination, base_name(file)),
                true => placed.destination.clone(),
                false => {
                    let rest = file[plain.len()..].trim_start_matches('/');
                    let folder = resolve(&placed.destination, rest.split('/').next().unwrap_or(rest));
                    let is_of_system = folder.matches('/').count() == 1 && !is_unusual(&folder);
                    let is_shared = is_of_system || TOO_WIDE.contains(&folder.as_str()) || is_usual(&folder);
                    if is_shared { resolve(&placed.destination, rest) } else { folder }
                }
            };
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn is_known(file: &str) -> bool {
    [".git/", ".github/", ".vscode/", ".idea/"].iter().any(|folder| file.starts_with(folder))
        || NOT_READ.contains(&base_name(file))
}

/// The folder of the context, with a slash at its end if it is not the context itself, in which a manifest lies that a
/// step finds at a path.
pub(super) fn folder_of(scene: &Scene<'_>, context: &Context, call: &Call<'_>, manifest: &str) -> Option<String> {
    match Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, manifest) {
        Origin::Context(file) => Some(file[..file.rfind('/').map_or(0, |at| at + 1)].to_owned()),
        _ => None,
    }
}

/// Refuses where an instruction that the second stage gets uses what only the build image sets, and nobody knows to what.
pub(super) fn check_variables(scene: &Scene<'_>, names: &[&str]) -> Result<(), Refusal> {
    let known: Vec<(&str, Option<&str>)> = names.iter().map(|name| (*name, None)).collect();
    variables(scene, None, &known).map(|_| ())
}

/// Sets again what only the build image sets and an instruction uses that the second stage gets. Refuses where the value is
/// not known, or the project may read what is made of it: its folders are not there.
pub(super) fn variables(
    scene: &Scene<'_>,
    context: Option<&Context>,
    known: &[(&str, Option<&str>)],
) -> Result<Vec<String>, Refusal> {
    let stages = scene.subject.stages;
    let document = stages.document();
    let mut found = Vec::new();
    for index in stages.all()[scene.stage].body.clone() {
        let instruction = &document.instructions()[index];
        let text = instruction.logical.text(document.text());
        let is_unknown = |name: &str| {
            uses(instruction, document.text(), name) && stages.state(scene.stage, index).variable(name).text().is_none()
        };
        for (name, value) in known.iter().filter(|(name, _)| instruction.keyword != Keyword::Run && is_unknown(name)) {
            let line = instruction.first_line;
            let refuse = || Refusal::new(instruction.range, Why::NotSplit(NotSplit::BaseVariable { line }));
            let value = value.ok_or_else(refuse)?;
            let makes = instruction.arguments_text(document.text()).split([' ', '=', '\n', '\t']).next();
            let makes = makes.filter(|_| instruction.keyword == Keyword::Env && !text.contains('\n')).unwrap_or(name);
            let is_read = || context.is_none_or(|context| context.texts().any(|(_, text)| text.contains(makes)));
            let is_harmless = matches!(instruction.keyword, Keyword::Env | Keyword::Label) && *name != makes;
            if !is_harmless || makes != "PATH" && is_read() {
                return Err(refuse());
            }
            found.push(format!("ENV {name}={value}"));
        }
    }
    found.dedup();
    Ok(found)
}

/// Whether an instruction may expand a variable, or hand it to a shell.
pub(super) fn uses(instruction: &Instruction, file: &str, name: &str) -> bool {
    let text = instruction.logical.text(file);
    text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"))
}

/// The image of a distribution without what a step installs there.
pub(super) fn without_compilers(image: ImageRef<'_>, wanted: SplitBase) -> Result<String, NotSplit> {
    if image.digest.is_some() {
        return Err(NotSplit::ReleaseUnknown);
    }
    let slim = image.slim_variant().filter(|_| image.familiar_name() == "debian" && wanted != SplitBase::Same);
    let tag = slim.map(|slim| slim.tag).or(image.tag.map(str::to_owned));
    Ok(tag.map_or_else(|| image.name.to_owned(), |tag| format!("{}:{tag}", image.name)))
}

/// The value of a variable in front of a command, or of the stage.
pub(super) fn setting(call: &Call<'_>, name: &str) -> Option<String> {
    let sets = |range: dopt_syntax::TextRange| {
        let (found, value) = range.of(call.invocation.text).split_once('=')?;
        (found == name).then(|| value.trim_matches(['"', '\'']).to_owned())
    };
    let own = call.invocation.command.assignments.iter().find_map(|found| sets(found.range()));
    own.or_else(|| match call.run.state().variable(name) {
        Value::Known(value) | Value::Default(value) => Some(value),
        _ => None,
    })
}

/// The value of a variable in containers.
pub(super) fn variable(scene: &Scene<'_>, name: &str) -> Option<String> {
    let end = scene.subject.stages.all()[scene.stage].body.end;
    scene.subject.stages.state(scene.stage, end).variable(name).text().map(str::to_owned)
}

/// Everything where it was, and the programs where they go.
pub(super) fn carried(programs: impl IntoIterator<Item = Carried>, paths: Vec<String>) -> Vec<Carried> {
    let mut found = carry::carried(paths);
    for program in programs {
        if !found.iter().any(|path| path.to == program.to || is_below(&program.to, &path.to)) {
            found.push(program);
        }
    }
    found
}

/// Whether the user is one that an image without a shell knows, too.
pub(super) fn is_usual_user(scene: &Scene<'_>) -> bool {
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    end.user() != User::Unknown && super::is_usual_user(&end.user())
}
