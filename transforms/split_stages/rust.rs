//! Rust: `cargo build`, and a program that needs the C library and what its `-sys` packages link.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, ImageRef, Origin, RustProject, package_of_library, runtime_packages_in};
use dopt_rewrite::{Carried, NotSplit, Refusal, Restart, SplitBase};

use super::bare;
use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::restarts::Running;
use super::stack::{Plan, Scene, Stack};
use super::starts;
use super::toolchains::Toolchain;

pub(super) const STACK: Stack = Stack {
    triggers: &["cargo build", "cargo install", "cargo b ", "cargo run", "make"],
    images: &["rust"],
    compiles: true,
    plan,
};

const CAVEAT: &str = "A program that starts other programs (git, curl …), or reads files that only the build image has, does \
                      not find them any longer.";

const CAVEAT_OF_RUN: &str = "The program is built with the image: sources that are mounted into a container are not built when it starts. A \
                             program that starts other programs (git, curl …), or reads files that only the build image has, does \
                             not find them any longer.";

/// Packages that fetch or compile something for a build.
const BUILD_PACKAGES: &[&str] = &["git", "mercurial", "subversion", "protobuf-compiler", "mold", "lld", "musl-tools"];

const BASE_VARIABLES: &[&str] = &["CARGO_HOME", "RUSTUP_HOME", "RUST_VERSION"];

/// Packages that link a library of the system, and the name of the library.
const LINKED: &[(&str, &str)] = &[
    ("openssl-sys", "ssl"),
    ("pq-sys", "pq"),
    ("libsqlite3-sys", "sqlite3"),
    ("curl-sys", "curl"),
    ("libz-sys", "z"),
    ("mysqlclient-sys", "mariadb"),
    ("bzip2-sys", "bz2"),
    ("lzma-sys", "lzma"),
    ("zmq-sys", "zmq"),
    ("odbc-sys", "odbc"),
    ("alsa-sys", "asound"),
    ("libudev-sys", "udev"),
    ("libdbus-sys", "dbus-1"),
];

/// Packages that link nothing that an image lacks: they bring their sources, or are for other systems.
const HARMLESS: &[&str] = &[
    "linux-raw-sys", "windows-sys", "winapi-sys", "js-sys", "web-sys", "core-foundation-sys", "security-framework-sys",
    "zstd-sys", "lz4-sys", "aws-lc-sys", "aws-lc-fips-sys", "jemalloc-sys", "tikv-jemalloc-sys", "mimalloc-sys",
    "libmimalloc-sys", "secp256k1-sys", "inotify-sys", "fsevent-sys", "dirs-sys", "dirs-sys-next", "kqueue-sys",
    "errno-sys", "ndk-sys", "wasi-sys", "system-configuration-sys", "libm-sys", "iana-time-zone-sys", "rustix-sys",
    "hermit-sys", "coreaudio-sys", "objc-sys", "cty-sys", "clang-sys", "librocksdb-sys", "rdkafka-sys", "onig_sys",
    "libsodium-sys", "lmdb-rkv-sys", "lmdb-master-sys", "mozjpeg-sys", "libwebp-sys", "leveldb-sys", "libfuzzer-sys",
    "libgit2-sys", "libssh2-sys",
];

/// Packages that read the certificates of authorities from the system.
const TRUSTING: &[&str] = &["native-tls", "openssl", "rustls-native-certs", "rustls-platform-verifier", "curl"];

/// What the steps build.
#[derive(Default)]
struct Found {
    builds: Vec<Build>,
    moves: Moves,
}

/// One call that builds programs into a folder.
struct Build {
    /// The folder with the programs.
    folder: String,
    /// The folder of the context with the manifest.
    project: String,
    is_static: bool,
    /// The step.
    step: usize,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let family = scene.image.family();
    if !is_known(scene) || !matches!(family, Family::Debian | Family::Alpine) {
        return Err(refuse(if scene.says("cargo") { NotSplit::BaseUnknown } else { NotSplit::NothingLeftBehind }));
    }
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    let starts = starts::of(scene, Some(context))?;
    compiled::check_variables(scene, BASE_VARIABLES)?;
    let mut found = Found::default();
    let mut leavings = Leavings::of_toolchain(Toolchain::Rust, scene, &mut |call| found.read(scene, context, call))?;
    leavings.kept.retain(|package| !BUILD_PACKAGES.contains(&package.as_str()));
    // What fetches Rust; where a program starts it, it is asked for below.
    let is_fetched = scene.says("sh.rustup.rs");
    let fetches = |package: &String| is_fetched && ["curl", "wget"].contains(&package.as_str());
    let has_certificates = leavings.kept.iter().any(fetches);
    leavings.kept.retain(|package| !fetches(package));
    let restart = found.restart(scene, context);
    if let Some((running, ..)) = &restart {
        leavings.last = leavings.last.max(running.last);
    }
    let find = |started: &Started| match &restart {
        Some((_, restart, _)) if !started.is_check && started.words[0] == "cargo" => {
            let build = found.builds.last().ok_or(NotSplit::UnknownArtefact)?;
            Ok((Carried::at(&restart.program), build))
        }
        _ => found.program(started, context),
    };
    let programs = starts::built(&starts, &leavings, find).map_err(refuse)?;
    let build = programs[0].1;
    let project = RustProject::of_folder(context, &build.project).ok_or_else(|| refuse(NotSplit::UnknownArtefact))?;
    let is_static = programs.iter().all(|(_, build)| build.is_static);
    let needs_shell = starts.iter().any(|started| started.needs_shell);
    let libraries = if is_static { Vec::new() } else { libraries(scene, &project).map_err(refuse)? };
    let bare = bare::image(scene, &leavings, needs_shell, !is_static).filter(|_| libraries.is_empty());
    let base = bare.map_or_else(|| base(scene, is_static), |bare| Ok(bare.to_owned())).map_err(refuse)?;
    let is_bare = bare.is_some();
    let programs: Vec<Carried> = programs.into_iter().map(|(program, _)| program).collect();
    let built: Vec<String> = programs.iter().map(|program| program.from.clone()).collect();
    let mut paths = compiled::paths(scene, &mut leavings, &found.moves, &built, is_build_only)?;
    paths.retain(|path| !built.contains(path));
    let provision = Provision { scene, context, leavings: &leavings, family, has: &[] };
    let mut more = libraries;
    more.extend((family == Family::Alpine && !is_static).then_some("libgcc"));
    let trusts = project.locked.iter().any(|name| TRUSTING.contains(&name.as_str()));
    if !is_bare && (has_certificates || trusts) {
        more.push("ca-certificates");
    }
    let mut installed = provision.installed(&more, &paths)?;
    let accounts = if is_bare { bare::accounts(scene, &leavings, &mut installed)? } else { Vec::new() };
    let carried = [accounts, provision.named(compiled::carried(programs, paths), &built)?].concat();
    Ok(Plan {
        last: leavings.last,
        base,
        prepared: restart.iter().filter_map(|(.., step)| step.clone()).collect(),
        installed,
        carried,
        finished: Vec::new(),
        caveat: if restart.is_some() { CAVEAT_OF_RUN } else { CAVEAT },
        restart: restart.map(|(_, restart, _)| restart),
    })
}

/// Whether it is an image of Rust, or one of a distribution into which a step installs Rust.
fn is_known(scene: &Scene<'_>) -> bool {
    match scene.image.familiar_name() {
        "rust" => true,
        "debian" | "ubuntu" | "alpine" => scene.says("cargo") || scene.says("sh.rustup.rs"),
        _ => false,
    }
}

/// Whether programs bring the C library where nothing else is said: the distribution's own Rust links it.
fn is_static_by_itself(scene: &Scene<'_>) -> bool {
    scene.image.family() == Family::Alpine && scene.image.familiar_name() == "rust"
}

impl Found {
    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).skip_while(|word| word.starts_with('+')).collect();
        match (call.invocation.program(), &words[..]) {
            ("rustup", _) => Ok(Some(Vec::new())),
            ("." | "source", [file]) if file.trim_matches('"').ends_with("/.cargo/env") => Ok(Some(Vec::new())),
            ("cargo", ["build" | "b" | "rustc", rest @ ..]) => {
                self.builds.push(build(scene, context, call, rest).ok_or(unseen)?);
                Ok(Some(Vec::new()))
            }
            ("cargo", ["install", rest @ ..]) => {
                self.builds.extend(install(scene, context, call, rest).ok_or(unseen)?);
                Ok(Some(Vec::new()))
            }
            (
                "cargo",
                [
                    "test" | "check" | "fetch" | "clippy" | "fmt" | "update" | "vendor" | "clean" | "doc" | "tree"
                    | "metadata" | "chef" | "audit" | "deny" | "--version" | "-V",
                    ..,
                ],
            ) => Ok(Some(Vec::new())),
            ("cargo", _) => Err(unseen),
            _ => self.moves.read(call),
        }
    }

    /// What containers start that build their program first, and the step that builds it where none has.
    fn restart(&mut self, scene: &Scene<'_>, context: &Context) -> Option<(Running, Restart, Option<String>)> {
        let running = Running::of(scene, ["cargo", "run"])?;
        let (mut profile, mut name, mut flags) = ("debug", None, Vec::new());
        let mut words = running.words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next_if(|word| word.starts_with('-') && *word != "--") {
            match word.split_once('=').unwrap_or((word, "")) {
                ("--release" | "-r", _) => profile = "release",
                ("--bin", "") => {
                    let value = words.next()?;
                    flags.extend(["--bin", value]);
                    name = Some(value.to_owned());
                    continue;
                }
                ("--bin", value) => name = Some(value.to_owned()),
                ("-q" | "--quiet" | "-v" | "--locked" | "--offline" | "--frozen", _) => {}
                _ => return None,
            }
            flags.extend((!matches!(word, "-q" | "--quiet" | "-v")).then_some(word));
        }
        words.next_if_eq(&"--");
        let rest: Vec<String> = words.map(str::to_owned).collect();
        // What cargo tells the program, and where it builds, may be set elsewhere.
        let is_configured = context.below(".cargo").next().is_some()
            || ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"].iter().any(|name| compiled::variable(scene, name).is_some())
            || context.texts().any(|(path, text)| {
                let is_workspace = base_name(path) == "Cargo.toml" && text.contains("[workspace]");
                is_workspace || text.contains("env::var(\"CARGO") || text.contains("default-run")
            });
        let manifest = resolve(&running.folder, "Cargo.toml");
        let at = (scene.stage, running.last + 1);
        let Origin::Context(file) = Origin::of(scene.subject.stages, at, context, &manifest) else { return None };
        let place = file.trim_end_matches("Cargo.toml").to_owned();
        let project = RustProject::of_folder(context, &place)?;
        let name = match (name, &project.programs[..]) {
            (Some(name), programs) if programs.contains(&name) => name,
            (None, [only]) => only.clone(),
            _ => return None,
        };
        let folder = format!("{}/target/{profile}", running.folder.trim_end_matches('/'));
        let is_built = self.builds.last().is_some_and(|build| build.folder == folder && build.step == running.last);
        if is_configured
            || !flags.iter().all(|flag| flag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte)))
        {
            return None;
        }
        let is_static = is_static_by_itself(scene) && compiled::variable(scene, "RUSTFLAGS").is_none();
        self.builds.push(Build { folder: folder.clone(), project: place, is_static, step: running.last });
        let flags: String = flags.iter().flat_map(|flag| [" ", flag]).collect();
        let restart = running.starting(&format!("{folder}/{name}"), &rest, scene);
        Some((running, restart, (!is_built).then(|| format!("RUN cargo build{flags}"))))
    }

    /// What is started, and which call built it.
    fn program(&self, started: &Started, context: &Context) -> Result<(Carried, &Build), NotSplit> {
        let program = match started.program(&self.moves) {
            // The folder of cargo is searched in the build image alone.
            Err(NotSplit::UnknownArtefact) if !started.words[0].contains(['/', '$']) => {
                format!("/usr/local/cargo/bin/{}", started.words[0])
            }
            found => found?,
        };
        let origin = self.moves.origin(&program);
        let (folder, name) = origin.rsplit_once('/').ok_or(NotSplit::UnknownArtefact)?;
        let builds = |build: &&Build| {
            let project = RustProject::of_folder(context, &build.project);
            build.folder == folder && project.is_some_and(|project| project.programs.iter().any(|found| found == name))
        };
        let build = self.builds.iter().rfind(builds).ok_or(NotSplit::UnknownArtefact)?;
        if self.moves.removes(&program) {
            return Err(NotSplit::UnknownArtefact);
        }
        let mut carried = Carried::at(program);
        if !started.words[0].contains('/') {
            carried.to = format!("/usr/local/bin/{}", base_name(&carried.from));
        }
        Ok((carried, build))
    }
}

/// Reads `cargo build`; `None` where it is not known what is written where.
fn build(scene: &Scene<'_>, context: &Context, call: &Call<'_>, words: &[&str]) -> Option<Build> {
    let mut target = compiled::setting(call, "CARGO_BUILD_TARGET");
    let mut place = compiled::setting(call, "CARGO_TARGET_DIR");
    let mut profile = "debug".to_owned();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
        let mut value = || value.or_else(|| words.next().copied()).map(str::to_owned);
        match option {
            "--release" | "-r" => "release".clone_into(&mut profile),
            "--profile" => profile = value()?,
            "--target" => target = Some(value()?),
            "--target-dir" => place = Some(value()?),
            "--manifest-path" | "--example" | "--examples" | "--out-dir" | "--artifact-dir" | "-C" | "--config"
            | "-Z" => {
                return None;
            }
            "--bin" | "-p" | "--package" | "--features" | "-F" | "-j" | "--jobs" | "--color" | "--message-format" => {
                value()?;
            }
            _ => {}
        }
    }
    if profile == "dev" || profile == "test" {
        "debug".clone_into(&mut profile);
    }
    let project = compiled::folder_of(scene, context, call, &resolve(&call.folder, "Cargo.toml"))?;
    let flags = compiled::setting(call, "RUSTFLAGS").unwrap_or_default();
    let is_musl = target.as_deref().is_some_and(|target| target.ends_with("-musl"));
    // Alpine's own target is the same without being named.
    let is_static = (is_musl || target.is_none() && is_static_by_itself(scene)) && !flags.contains("-crt-static");
    let place = resolve(&call.folder, place.as_deref().unwrap_or("target"));
    let target = target.map(|target| format!("/{target}")).unwrap_or_default();
    let step = call.run.index();
    Some(Build { folder: format!("{place}{target}/{profile}"), project, is_static, step })
}

/// Reads `cargo install`: the project at a path, or tools of others.
fn install(scene: &Scene<'_>, context: &Context, call: &Call<'_>, words: &[&str]) -> Option<Option<Build>> {
    let value = |name: &str| {
        let at = words.iter().position(|word| *word == name);
        let joined = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        at.and_then(|at| words.get(at + 1).copied()).or(joined)
    };
    let Some(path) = value("--path") else { return Some(None) };
    // Elsewhere it is a folder of the user.
    let own = (scene.image.familiar_name() == "rust").then(|| "/usr/local/cargo".to_owned());
    let root = value("--root").map(|root| resolve(&call.folder, root)).or(own)?;
    let manifest = resolve(&resolve(&call.folder, path), "Cargo.toml");
    let project = compiled::folder_of(scene, context, call, &manifest)?;
    let is_static = is_static_by_itself(scene) && value("--target").is_none();
    Some(Some(Build { folder: format!("{root}/bin"), project, is_static, step: call.run.index() }))
}

fn base(scene: &Scene<'_>, is_static: bool) -> Result<String, NotSplit> {
    let (image, wanted): (ImageRef<'_>, SplitBase) = (scene.image, scene.wanted);
    if image.familiar_name() != "rust" {
        return compiled::without_compilers(image, wanted);
    }
    if image.family() == Family::Alpine {
        return match image.alpine_release() {
            Some(release) => Ok(format!("alpine:{release}")),
            None if is_static => Ok("alpine:3".to_owned()),
            None => Err(NotSplit::ReleaseUnknown),
        };
    }
    let release = image.debian_release().unwrap_or(if is_static { "bookworm" } else { "stable" });
    match wanted {
        SplitBase::Same => Ok(format!("buildpack-deps:{release}-curl")),
        _ => Ok(format!("debian:{release}-slim")),
    }
}

/// Whether no package of a lockfile links a library that an image may lack.
pub(crate) fn links_nothing(lockfile: &str) -> bool {
    let names = lockfile.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let mut linking = names.filter(|name| name.ends_with("-sys") || name.ends_with("_sys"));
    linking.all(|name| HARMLESS.contains(&name))
}

/// The packages of Debian with the libraries that the program may be linked with.
fn libraries(scene: &Scene<'_>, project: &RustProject) -> Result<Vec<&'static str>, NotSplit> {
    let has = |name: &str| project.locked.iter().any(|locked| locked == name);
    let mut found = Vec::new();
    for name in project.locked.iter().filter(|name| name.ends_with("-sys") || name.ends_with("_sys")) {
        // OpenSSL's sources are brought along.
        if HARMLESS.contains(&name.as_str()) || name == "openssl-sys" && has("openssl-src") {
            continue;
        }
        let unknown = || NotSplit::PackageUnknown { name: name.clone() };
        let (_, library) = LINKED.iter().find(|(known, _)| known == name).ok_or_else(unknown)?;
        let package = package_of_library(library).ok_or_else(unknown)?;
        let packages = runtime_packages_in(scene.image, package).ok_or_else(|| match scene.image.debian_release() {
            None => NotSplit::ReleaseUnknown,
            Some(_) => unknown(),
        })?;
        found.extend(packages);
    }
    Ok(found)
}

/// Whether a file is read by nothing but the build.
fn is_build_only(path: &str) -> bool {
    let name = base_name(path);
    let names = [
        "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", "rustfmt.toml", ".rustfmt.toml",
        "clippy.toml", "deny.toml", "build.rs",
    ];
    name.ends_with(".rs") || names.contains(&name) || path.starts_with(".cargo/") || path.starts_with("target/")
}
