//! Go: `go build` and `go install`, and programs that need at most the C library and what is linked through it.

use dopt_model::commands::go::{self, GoBuild, GoPackage};
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, Origin};
use dopt_rewrite::{Carried, NotSplit, Refusal, Restart, SplitBase};

use super::bare;
use super::carry::is_below;
use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::restarts::Running;
use super::stack::{Plan, Scene, Stack};
use super::starts;
use super::toolchains::{self, Archives, Toolchain};

pub(super) const STACK: Stack =
    Stack { triggers: &["go build", "go install", "go run", "make"], images: &["golang"], compiles: true, plan };

const CAVEAT: &str = "A program that starts other programs (git, curl, go …), or reads files that only the build image has, \
                      does not find them any longer.";

const CAVEAT_OF_RUN: &str = "The program is built with the image: sources that are mounted into a container are not built when it starts. A \
                             program that starts other programs (git, curl, go …), or reads files that only the build image has, \
                             does not find them any longer.";

/// Variables that only the images of Go set.
const BASE_VARIABLES: &[&str] = &["GOPATH", "GOROOT", "GOLANG_VERSION", "GOTOOLCHAIN"];

const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where Go's library finds time zones that no package of the image has brought.
const TIME_ZONES: &str = "/usr/local/go/lib/time/zoneinfo.zip";

/// Where `go install` puts programs unless it is told otherwise, and where the images of Go look first.
const INSTALLED: &str = "/go/bin";

const SEARCHED: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Packages that fetch sources or compile them.
const COMPILING: &[&str] =
    &["git", "mercurial", "bzr", "subversion", "upx", "upx-ucl", "golang", "golang-go", "protobuf-compiler"];

/// Packages whose files are carried over from the images of Go anyway.
const CARRIED_PACKAGES: &[&str] = &["ca-certificates", "tzdata"];

/// Tools that write sources of Go.
const GENERATING: &[&str] = &[
    "swag", "templ", "sqlc", "wire", "mockgen", "mockery", "go-bindata", "stringer", "gqlgen", "oapi-codegen",
    "easyjson", "gofmt", "goimports", "gofumpt",
];

/// Tools that look at sources of Go.
const CHECKING: &[&str] = &["golangci-lint", "staticcheck", "golint", "govulncheck", "errcheck", "gosec", "revive"];

/// Images before this one had other contents.
const FIRST_KNOWN: (u32, u32) = (1, 11);

/// What the steps build.
#[derive(Default)]
struct Found {
    /// The programs that are written.
    outputs: Vec<String>,
    /// Folders that programs are written into whose names are not known.
    places: Vec<String>,
    /// Folders that `go install` puts programs into.
    installed: Vec<String>,
    /// Those that come from modules of others, at a version.
    foreign: Vec<String>,
    /// Modules that steps make: the folder, and the name.
    modules: Vec<(String, String)>,
    needs_libraries: bool,
    /// Whether sources of Go are copied.
    has_sources: bool,
    archives: Archives,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let family = scene.image.family();
    if !is_known(scene) || !matches!(family, Family::Debian | Family::Alpine) {
        let is_of_go = ["go build", "go install", "go run"].iter().any(|word| scene.says(word));
        return Err(refuse(if is_of_go { NotSplit::BaseUnknown } else { NotSplit::NothingLeftBehind }));
    }
    let context = scene.context()?;
    compiled::check_variables(scene, BASE_VARIABLES)?;
    let starts = starts::of(scene, context)?;
    let mut found = Found { has_sources: has_sources(scene, context), ..Found::default() };
    let mut leavings = Leavings::of_toolchain(Toolchain::Go, scene, &mut |call| found.read(scene, context, call))?;
    let restart = found.restart(scene, context);
    if let Some((running, ..)) = &restart {
        leavings.last = leavings.last.max(running.last);
    }
    let is_official = scene.image.familiar_name() == "golang";
    let is_linked = |package: &String| leavings.sets_time_zone && package == "tzdata";
    let is_spare =
        |package: &String| is_official && !is_linked(package) && CARRIED_PACKAGES.contains(&package.as_str());
    leavings.kept.retain(|package| !is_compiler(package) && !is_spare(package));
    // What fetches Go; where a program starts it, it is asked for below.
    let is_fetched = toolchains::fetches_go(scene);
    let fetches = |package: &String| is_fetched && context.is_some() && ["curl", "wget"].contains(&package.as_str());
    let more: &[&str] = if leavings.kept.iter().any(fetches) { &["ca-certificates"] } else { &[] };
    leavings.kept.retain(|package| !fetches(package));
    let find = |started: &Started| match &restart {
        Some((_, restart, _)) if !started.is_check && started.words[0] == "go" => Ok(Carried::at(&restart.program)),
        _ => found.program(started),
    };
    let programs = starts::built(&starts, &leavings, find).map_err(refuse)?;
    let needs_shell = starts.iter().any(|started| started.needs_shell);
    let bare = bare::image(scene, &leavings, needs_shell, found.needs_libraries).filter(|_| !found.needs_libraries);
    let base = bare.map_or_else(|| base(scene, found.needs_libraries), |bare| Ok(bare.to_owned())).map_err(refuse)?;
    if !found.needs_libraries {
        leavings.headers.clear();
    }
    let mut paths = compiled::paths(scene, &mut leavings, &found.moves, &found.built(&programs), go::is_build_only)?;
    let has_go = is_official
        || !found.moves.removes(toolchains::PLACE)
            && (is_fetched || paths.iter().any(|path| path == toolchains::PLACE));
    paths.retain(|path| path != toolchains::PLACE && !programs.iter().any(|program| program.from == *path));
    let empty = Context::default();
    let context = context.unwrap_or(&empty);
    let provision = Provision { scene, context, leavings: &leavings, family, has: &["ca-certificates"] };
    let mut installed = provision.installed(more, &paths)?;
    let is_bare = bare.is_some();
    let has_certificates = is_bare || !is_official || base.starts_with("buildpack-deps");
    let has_time_zones = is_bare || !has_go;
    let accounts = if is_bare { bare::accounts(scene, &leavings, &mut installed)? } else { Vec::new() };
    let certificates = (!has_certificates).then(|| Carried::at(CERTIFICATES));
    let carried = certificates.into_iter().chain((!has_time_zones).then(|| Carried::at(TIME_ZONES))).collect();
    Ok(Plan {
        last: leavings.last,
        base,
        prepared: restart.iter().map(|(.., step)| step.clone()).collect(),
        installed,
        carried: [accounts, carried, provision.named(compiled::carried(programs, paths), &found.outputs)?].concat(),
        finished: Vec::new(),
        caveat: if restart.is_some() { CAVEAT_OF_RUN } else { CAVEAT },
        restart: restart.map(|(_, restart, _)| restart),
    })
}

/// Whether it is an image of Go, or one of a distribution into which a step installs Go.
fn is_known(scene: &Scene<'_>) -> bool {
    let image = scene.image;
    match image.familiar_name() {
        "golang" => image.version().is_none_or(|version| version >= FIRST_KNOWN),
        "debian" | "ubuntu" => scene.says("golang") || toolchains::fetches_go(scene),
        _ => false,
    }
}

/// Whether an instruction may copy sources of Go.
fn has_sources(scene: &Scene<'_>, context: Option<&Context>) -> bool {
    let placements = scene.subject.stages.placements();
    let brings = |source: &String| {
        let files = context.map(|context| context.matching(source));
        files.is_none_or(|files| files.iter().any(|file| file.ends_with(".go") || base_name(file) == "go.mod"))
    };
    let copies = scene.subject.stages.all()[scene.stage].body.clone().filter_map(|index| placements.at(index));
    copies.filter(|placed| placed.from_context).any(|placed| placed.sources.iter().any(brings))
}

fn is_compiler(package: &str) -> bool {
    COMPILING.contains(&package) || package.starts_with("golang-1.")
}

impl Found {
    fn read(
        &mut self,
        scene: &Scene<'_>,
        context: Option<&Context>,
        call: &Call<'_>,
    ) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let name = call.words.first().map(String::as_str).unwrap_or_default();
        match (call.invocation.program(), name) {
            ("go", "build" | "install") => {
                self.build(scene, context, call).ok_or(unseen)?;
                Ok(Some(Vec::new()))
            }
            // They may write files beside the sources.
            ("go", "generate" | "test") => Ok(Some(vec![call.folder.clone()])),
            ("go", "mod") if call.words.get(1).is_some_and(|word| word == "init") => {
                self.modules.extend(call.words.get(2).map(|name| (call.folder.clone(), name.clone())));
                Ok(Some(Vec::new()))
            }
            ("go", name) if go::QUIET.contains(&name) => Ok(Some(Vec::new())),
            // What a program that is run here writes is not known.
            ("go", _) => Err(unseen),
            ("update-ca-certificates", _) => Ok(Some(Vec::new())),
            (program, _) if CHECKING.contains(&program) => Ok(Some(Vec::new())),
            // They write sources beside those that they read.
            (program, _) if GENERATING.contains(&program) => {
                let is_elsewhere = |word: &String| word.starts_with('/') || word.contains("..") || word.contains("=/");
                if call.words.iter().any(is_elsewhere) { Err(unseen) } else { Ok(Some(vec![call.folder.clone()])) }
            }
            (program, _) if self.archives.read(call) => {
                if program == "tar" {
                    self.moves.put_again(toolchains::PLACE);
                }
                Ok(Some(Vec::new()))
            }
            _ => self.moves.read(call),
        }
    }

    fn build(&mut self, scene: &Scene<'_>, context: Option<&Context>, call: &Call<'_>) -> Option<()> {
        if is_foreign(call) {
            return None;
        }
        let installed = installed(call)?;
        let build = GoBuild::of(&call.words, &call.folder, &installed)?;
        if call.words[0] == "install" {
            self.installed.push(installed);
        }
        let is_of_others = call.words[0] == "install" && call.words.iter().any(|word| word.contains('@'));
        // Debian's Go installs into the folder of the user.
        let is_told = ["GOBIN", "GOPATH"].iter().any(|name| compiled::setting(call, name).is_some());
        if call.words[0] == "install" && scene.image.familiar_name() != "golang" && !is_told {
            return None;
        }
        // Tools that a build installs for itself.
        if is_of_others && scene.says("go build") {
            return Some(());
        }
        let exported = call.run.script().ok().is_some_and(|script| script.text().contains("export CGO_ENABLED=0"));
        let is_static = match compiled::setting(call, "CGO_ENABLED").as_deref() {
            Some(value) => value == "0",
            None => exported,
        };
        self.needs_libraries |= !is_static;
        let package = context.map(|context| self.package(scene, context, (call.run.index(), &call.folder)));
        match build.outputs(package.as_ref()) {
            Some(outputs) => {
                self.foreign.extend(outputs.iter().filter(|_| is_of_others).cloned());
                self.outputs.extend(outputs);
            }
            None => self.places.extend(build.place()),
        }
        Some(())
    }

    /// The package in the folder of a call: of the module that has it, or of a folder below `GOPATH`.
    fn package<'c>(&self, scene: &Scene<'_>, context: &'c Context, (index, place): (usize, &str)) -> GoPackage<'c> {
        let at = (scene.stage, index);
        let mut above = Some(place);
        while let Some(folder) = above {
            let own_name = |module: Option<String>| match folder == place {
                true => module,
                false => go::package_name(place),
            };
            let rest = place[folder.len()..].trim_start_matches('/');
            if let Origin::Context(file) = Origin::of(scene.subject.stages, at, context, &resolve(folder, "go.mod")) {
                let within = format!("{}/{rest}", file.trim_end_matches("go.mod").trim_end_matches('/'));
                let program = own_name(context.text(&file).and_then(go::module_name));
                return GoPackage { context, folder: Some(within.trim_matches('/').to_owned()), program };
            }
            if let Some((_, name)) = self.modules.iter().rfind(|(made, _)| made == folder) {
                let program = own_name(go::package_name(name));
                return GoPackage { context, folder: copied_from(scene, index, place), program };
            }
            above = folder.rfind('/').map(|at| &folder[..at]);
        }
        // Without a module, Go builds nothing but what lies there.
        let is_below_path = place.starts_with("/go/src/");
        let program = if is_below_path { go::package_name(place) } else { None };
        GoPackage { context, folder: copied_from(scene, index, place), program }
    }

    /// What containers start that build their program first, and the step that builds it instead.
    fn restart(&mut self, scene: &Scene<'_>, context: Option<&Context>) -> Option<(Running, Restart, String)> {
        const FLAGS: &[&str] = &["-v", "-a", "-trimpath", "-mod", "-tags", "-buildvcs"];
        let running = Running::of(scene, ["go", "run"])?;
        let is_flag = |word: &&String| FLAGS.iter().any(|flag| word == flag || word.starts_with(&format!("{flag}=")));
        let mut flags = running.words.iter().take_while(is_flag).count();
        if flags > 0 && ["-mod", "-tags"].contains(&running.words[flags - 1].as_str()) {
            flags += 1;
        }
        let is_source = |word: &&String| word.ends_with(".go");
        let sources = running.words.get(flags..)?.iter().take_while(is_source).count();
        let (build, words) = running.words.split_at_checked(flags + sources.max(1))?;
        let is_plain =
            |word: &String| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=,".contains(&byte));
        if build[flags].starts_with('-') || !build.iter().all(is_plain) {
            return None;
        }
        let all: Vec<String> = std::iter::once("build".to_owned()).chain(build.iter().cloned()).collect();
        let package = self.package(scene, context?, (running.last + 1, &running.folder));
        let outputs = GoBuild::of(&all, &running.folder, INSTALLED)?.outputs(Some(&package))?;
        let name = base_name(&outputs[0]).to_owned();
        if starts::is_taken(&name) {
            return None;
        }
        let program = format!("/usr/local/bin/{name}");
        self.needs_libraries |= compiled::variable(scene, "CGO_ENABLED").as_deref() != Some("0");
        self.outputs.push(program.clone());
        let step = format!("RUN go build -o {program} {}", build.join(" "));
        let restart = running.starting(&program, words, scene);
        Some((running, restart, step))
    }

    /// What is started, and where it goes.
    fn program(&self, started: &Started) -> Result<Carried, NotSplit> {
        let program = match started.program(&self.moves) {
            Err(NotSplit::UnknownArtefact) if !started.words[0].contains(['/', '$']) => {
                // In a folder of programs whose names are not known, any name could be thought to lie.
                let own = self.installed.iter().map(String::as_str);
                let folders = own.chain([INSTALLED]).chain(SEARCHED.iter().copied());
                let mut places = folders.map(|folder| format!("{folder}/{}", started.words[0]));
                places.find(|path| self.outputs.contains(path)).ok_or(NotSplit::UnknownArtefact)?
            }
            found => found?,
        };
        if !self.is_output(self.moves.origin(&program)) || self.moves.removes(&program) {
            return Err(NotSplit::UnknownArtefact);
        }
        // A tool of others beside the project's sources is there to work on them, with Go's own.
        if self.foreign.contains(&program) && self.has_sources {
            return Err(NotSplit::RuntimeShellout);
        }
        let mut carried = Carried::at(program);
        // That folder is searched in the build image alone.
        let mut searched = self.installed.iter().map(String::as_str).chain([INSTALLED]);
        let is_installed = searched.any(|folder| is_below(&carried.from, folder));
        if !started.words[0].contains('/') && is_installed {
            carried.to = format!("/usr/local/bin/{}", base_name(&carried.from));
        }
        Ok(carried)
    }

    fn is_output(&self, path: &str) -> bool {
        self.outputs.iter().any(|output| output == path) || self.places.iter().any(|place| is_below(path, place))
    }

    /// All programs that are there at the end, but for those that lie elsewhere too, or are carried by themselves.
    fn built(&self, programs: &[Carried]) -> Vec<String> {
        let is_left = |path: &&String| {
            !self.moves.copies(path) && !self.moves.removes(path) && !programs.iter().any(|found| found.from == **path)
        };
        self.outputs.iter().chain(&self.places).filter(is_left).cloned().collect()
    }
}

/// The folder of the context that is copied, as a whole, to where a call runs.
fn copied_from(scene: &Scene<'_>, index: usize, place: &str) -> Option<String> {
    let placements = scene.subject.stages.placements();
    let copies = (scene.subject.stages.all()[scene.stage].body.start..index).rev();
    let mut copies = copies.filter_map(|index| placements.at(index)).filter(|placed| placed.from_context);
    copies.find_map(|placed| match &placed.sources[..] {
        [source] if placed.destination == place && !source.contains(['*', '?', '[']) => {
            Some(resolve("/", source)[1..].to_owned())
        }
        _ => None,
    })
}

/// Whether a variable makes the output run elsewhere.
fn is_foreign(call: &Call<'_>) -> bool {
    let is_other =
        |name| compiled::setting(call, name).is_some_and(|value| !["linux", "amd64"].contains(&value.as_str()));
    is_other("GOOS") || is_other("GOARCH")
}

/// The folder that `go install` puts programs into; `None` where it cannot be told.
fn installed(call: &Call<'_>) -> Option<String> {
    let folder = |name| compiled::setting(call, name).filter(|value| !value.is_empty());
    let found = match (folder("GOBIN"), folder("GOPATH")) {
        (Some(folder), _) => folder,
        (None, Some(path)) => format!("{}/bin", path.trim_end_matches('/')),
        (None, None) => INSTALLED.to_owned(),
    };
    (found.starts_with('/') && !found.contains([':', '$'])).then_some(found)
}

fn base(scene: &Scene<'_>, needs_libraries: bool) -> Result<String, NotSplit> {
    let (wanted, image) = (scene.wanted, scene.image);
    if image.family() == Family::Alpine {
        return Ok(format!("alpine:{}", image.alpine_release().unwrap_or("3")));
    }
    if image.familiar_name() != "golang" {
        return compiled::without_compilers(image, wanted);
    }
    // What needs no library runs on any of them.
    let release = image.debian_release().unwrap_or(if needs_libraries { "stable" } else { "bookworm" });
    match wanted {
        SplitBase::Same => Ok(format!("buildpack-deps:{release}-scm")),
        _ => Ok(format!("debian:{release}-slim")),
    }
}
