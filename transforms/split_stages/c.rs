//! C and C++: a compiler by itself, make, CMake, autotools and Meson. What they build or install goes along, and the
//! libraries behind the `-dev` packages of the distribution.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, User, package_of_library, runtime_packages_in};
use dopt_rewrite::{Carried, NotSplit, Refusal};
use dopt_syntax::dockerfile::Keyword;

use super::bare;
use super::c_base;
use super::c_recipes::{LOCAL, hints, is_recipe, of_makefile};
use super::carry::is_below;
use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};
use super::starts;

pub(super) const STACK: Stack = Stack {
    triggers: &["gcc", "g++", "make", "cmake", "meson", "ninja", "clang", " cc ", "c++ "],
    images: &["gcc", "buildpack-deps"],
    compiles: true,
    plan,
};

const CAVEAT: &str = "A program that starts other programs, loads libraries by name, or reads files that only the build image \
                      has, does not find them any longer.";

const COMPILERS: &[&str] = &["gcc", "g++", "cc", "c++", "clang", "clang++", "c99"];

/// Programs that prepare a build, or look at it, and install nothing.
const PREPARING: &[&str] =
    &["autoreconf", "autoconf", "automake", "aclocal", "autoheader", "libtoolize", "ctest", "autogen.sh", "bootstrap"];

/// Words of build files by which libraries come about that a program loads when it starts.
const SHARING: &[&str] = &[
    "SHARED", "MODULE", ".so", "-fPIC", "-fpic", "shared_library", "both_libraries", "library(", "LTLIBRARIES",
    "-shared",
];

/// What the steps build.
#[derive(Default)]
struct Found {
    /// Files that a compiler was told to write.
    outputs: Vec<String>,
    /// Folders in which something is built.
    folders: Vec<String>,
    /// Where something is installed.
    prefixes: Vec<String>,
    /// What a later installation is told.
    configured: Option<String>,
    /// Libraries, as a linker is told about them, with the line.
    linked: Vec<(String, usize)>,
    is_static: bool,
    is_dynamic: bool,
    is_of_others: bool,
    shares: bool,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let image = scene.image;
    if !["gcc", "debian", "ubuntu", "buildpack-deps", "alpine"].contains(&image.familiar_name()) {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    let mut found = Found::default();
    let starts = starts::of(scene, Some(context))?;
    let mut leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    // What fetches sources; where a program starts it, it is asked for below.
    leavings.kept.retain(|package| !["git", "subversion", "mercurial"].contains(&package.as_str()));
    let programs = starts::built(&starts, &leavings, |started| found.program(scene, started)).map_err(refuse)?;
    let needs_installation = programs.iter().any(|program| program.is_installed);
    let is_static = found.is_static && !found.is_dynamic && found.folders.is_empty() && !needs_installation;
    let needs_shell = starts.iter().any(|started| started.needs_shell);
    let base = c_base::of(scene, is_static).map_err(refuse)?;
    let brings_libraries = !is_static && !found.is_of_c(context) && c_base::links_newer(scene);
    found.shares |=
        context.texts().any(|(path, text)| is_recipe(path) && SHARING.iter().any(|word| text.contains(word)));
    // An installation brings what it needs. Where the program stays in the folder that it was built in, other files may
    // have come about beside it.
    let mut built: Vec<String> = found.prefixes.iter().filter(|prefix| *prefix != LOCAL).cloned().collect();
    for Program { path, origin, .. } in programs.iter().filter(|program| !program.is_installed) {
        let is_at_home = path == origin;
        built.extend(
            found.folders.iter().filter(|folder| found.shares || is_at_home && is_below(path, folder)).cloned(),
        );
        built.push(path.clone());
    }
    let mut paths = compiled::paths(scene, &mut leavings, &found.moves, &built, is_build_only)?;
    if found.prefixes.iter().any(|prefix| prefix == LOCAL) {
        paths.retain(|path| !is_below(path, LOCAL));
        paths.push(LOCAL.to_owned());
    }
    let libraries = match is_static {
        true => Vec::new(),
        false => found.libraries(scene, context, &leavings)?,
    };
    let libraries = match image.family() {
        Family::Alpine => found.of_alpine(context, is_static, &libraries),
        _ => libraries,
    };
    if is_static {
        leavings.headers.clear();
    }
    let provision = Provision { scene, context, leavings: &leavings, family: image.family(), has: &[] };
    let mut installed = provision.installed(&libraries, &paths)?;
    let bare = bare::image(scene, &leavings, needs_shell, !is_static);
    let bare =
        bare.filter(|_| !found.shares && !brings_libraries && libraries.is_empty() && leavings.headers.is_empty());
    let accounts = if bare.is_some() { bare::accounts(scene, &leavings, &mut installed)? } else { Vec::new() };
    // What a compiler brings besides is in packages that are older than it.
    if brings_libraries && libraries.iter().any(|name| ["libgomp1", "libatomic1"].contains(name)) {
        return Err(refuse(NotSplit::ReleaseUnknown));
    }
    let lies_elsewhere = |library: &&str| !paths.iter().any(|path| is_below(library, path));
    let brought = c_base::FETCHED.iter().copied().filter(|_| brings_libraries).filter(lies_elsewhere);
    let brought: Vec<Carried> = brought.map(Carried::at).collect();
    let carried = provision.named(paths.iter().map(Carried::at).collect(), &built)?;
    let user = scene.subject.stages.state(scene.stage, leavings.last).user();
    let is_shared = found.shares && paths.iter().any(|path| path == LOCAL) && image.family() == Family::Debian;
    let is_linked = is_shared || brings_libraries;
    // What makes the libraries known is root's to do.
    if is_linked && user != User::Root {
        return Err(refuse(NotSplit::UserUnknown));
    }
    Ok(Plan {
        last: leavings.last,
        base: bare.map_or(base, str::to_owned),
        prepared: if brings_libraries { vec![c_base::FETCHING.to_owned()] } else { Vec::new() },
        installed,
        carried: [accounts, carried, brought].concat(),
        finished: if is_linked { vec!["RUN ldconfig".to_owned()] } else { Vec::new() },
        restart: None,
        caveat: CAVEAT,
    })
}

/// What is started, where it was written, and whether an installation put it there.
struct Program {
    path: String,
    origin: String,
    is_installed: bool,
}

impl Found {
    fn program(&self, scene: &Scene<'_>, started: &Started) -> Result<Program, NotSplit> {
        let by_name = || self.by_name(&started.words[0]).or_else(|| self.by_search_path(scene, &started.words[0]));
        let path = started.program(&self.moves).or_else(|why| by_name().ok_or(why))?;
        let origin = self.moves.origin(&path).to_owned();
        let is_inside = |folders: &[String]| folders.iter().any(|folder| is_below(&origin, folder));
        let is_installed = is_inside(&self.prefixes);
        let is_built = self.outputs.contains(&origin) || is_inside(&self.folders);
        if !(is_built || is_installed) || self.moves.removes(&path) {
            return Err(NotSplit::UnknownArtefact);
        }
        Ok(Program { path, origin, is_installed })
    }

    /// Whether nothing is known to be of C++ or of another language, whose library would follow the compiler.
    fn is_of_c(&self, context: &Context) -> bool {
        const OTHERS: &[&str] =
            &[".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".C", ".f", ".f90", ".adb", ".d", ".go", ".m", ".mm"];
        !self.is_of_others && !context.below(".").any(|path| OTHERS.iter().any(|end| path.ends_with(end)))
    }

    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let line = call.run.instruction().first_line;
        let unseen = NotSplit::WritesOutsideWorkdir { line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let here = call.folder.clone();
        match (call.invocation.program(), &words[..]) {
            (program, words) if COMPILERS.contains(&program) => {
                self.is_of_others |= program.ends_with("++");
                self.compile(call, words, line).ok_or(unseen)?;
                Ok(Some(Vec::new()))
            }
            (program, _) if PREPARING.contains(&program) => Ok(Some(Vec::new())),
            ("ldconfig", _) => {
                self.shares = true;
                Ok(Some(Vec::new()))
            }
            ("configure", words) => {
                self.configure(words, "--prefix", &here);
                Ok(Some(Vec::new()))
            }
            ("make" | "gmake" | "ninja", words) => self.make(context, scene, call, words).ok_or(unseen).map(Some),
            ("cmake", words) => self.cmake(words, &here).ok_or(unseen).map(Some),
            ("meson", words) => self.meson(words, &here).ok_or(unseen).map(Some),
            _ => self.moves.read(call),
        }
    }

    /// Where a program lies that is started by its name alone.
    fn by_name(&self, name: &str) -> Option<String> {
        let place = |folder: &str| format!("{folder}/{name}");
        let written = [LOCAL, "/usr", ""].map(|folder| place(&format!("{folder}/bin")));
        let is_local = self.prefixes.iter().any(|prefix| prefix == LOCAL) && !name.contains(['/', '$']);
        let found = written.into_iter().find(|path| self.outputs.contains(path));
        found.or_else(|| is_local.then(|| place("/usr/local/bin")))
    }

    /// Where it lies that the file lets containers search first, and that something is installed into.
    fn by_search_path(&self, scene: &Scene<'_>, name: &str) -> Option<String> {
        let document = scene.subject.document();
        let body = &document.instructions()[scene.subject.stages.all()[scene.stage].body.clone()];
        let is_searched = |prefix: &&String| {
            let first = format!("PATH={prefix}/bin:");
            body.iter().any(|found| {
                let text = found.arguments_text(document.text()).replace(['"', '\''], "");
                found.keyword == Keyword::Env && text.contains(&first)
            })
        };
        let mut found = self.prefixes.iter().filter(|prefix| *prefix != LOCAL).filter(is_searched);
        let (only, others) = (found.next()?, found.next());
        (others.is_none() && !name.contains(['/', '$'])).then(|| format!("{only}/bin/{name}"))
    }

    fn configure(&mut self, words: &[&str], option: &str, folder: &str) {
        let prefix = words.iter().find_map(|word| word.strip_prefix(option)?.strip_prefix('='));
        if let Some(prefix) = prefix {
            self.configured = Some(resolve(folder, prefix));
        }
    }

    /// Reads a call of a compiler; `None` where it does not say what it writes.
    fn compile(&mut self, call: &Call<'_>, words: &[&str], line: usize) -> Option<()> {
        let value = |name: &str| {
            let at = words.iter().position(|word| *word == name);
            at.and_then(|at| words.get(at + 1).copied()).or(words.iter().find_map(|word| word.strip_prefix(name)))
        };
        let is_linked = !words.iter().any(|word| ["-c", "-E", "-S", "--version", "-v"].contains(word));
        if !is_linked {
            return Some(());
        }
        if words.iter().any(|word| {
            word.starts_with("-fsanitize")
                || word.starts_with("-stdlib")
                || word.starts_with('@')
                || word.starts_with("-Wl,-rpath")
                || *word == "-l"
        }) {
            return None;
        }
        self.outputs.push(resolve(&call.folder, value("-o").unwrap_or("a.out")));
        self.linked.extend(words.iter().filter_map(|word| word.strip_prefix("-l")).map(|name| (name.to_owned(), line)));
        self.linked.extend(words.contains(&"-fopenmp").then(|| ("gomp".to_owned(), line)));
        match words.contains(&"-static") {
            true => self.is_static = true,
            false => self.is_dynamic = true,
        }
        self.shares |= words.contains(&"-shared");
        Some(())
    }

    /// Reads a call of make or of Ninja; the folders that it fills.
    fn make(&mut self, context: &Context, scene: &Scene<'_>, call: &Call<'_>, words: &[&str]) -> Option<Vec<String>> {
        let mut folder = call.folder.clone();
        let mut prefix = self.configured.clone();
        let mut targets = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "-C" | "--directory" => folder = resolve(&folder, words.next()?),
                "-f" | "-I" | "--file" => drop(words.next()?),
                "-j" => {}
                option if option.starts_with('-') => {}
                setting if setting.contains('=') => {
                    let (name, value) = setting.split_once('=')?;
                    match name {
                        "PREFIX" | "prefix" => prefix = Some(resolve(&folder, value)),
                        "DESTDIR" | "bindir" | "BINDIR" => return None,
                        _ => {}
                    }
                }
                number if number.bytes().all(|byte| byte.is_ascii_digit()) => {}
                target => targets.push(target),
            }
        }
        const RUNNING: &[&str] = &["run", "start", "serve", "deploy", "docker", "uninstall", "package", "dist"];
        if targets.iter().any(|target| RUNNING.contains(target)) {
            return None;
        }
        if targets.iter().any(|target| target.contains("install")) {
            let manifest = ["Makefile", "GNUmakefile"].iter().find_map(|name| {
                let within = compiled::folder_of(scene, context, call, &resolve(&folder, name))?;
                context.text(&format!("{within}{name}"))
            });
            self.prefixes.push(match (prefix, manifest) {
                (Some(prefix), None) => prefix,
                (prefix, Some(text)) => of_makefile(text, prefix)?,
                (None, None) => LOCAL.to_owned(),
            });
        }
        self.folders.push(folder);
        Some(Vec::new())
    }

    fn cmake(&mut self, words: &[&str], folder: &str) -> Option<Vec<String>> {
        let value = |name: &str| words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1).copied());
        let joined = |name: &str| words.iter().find_map(|word| word.strip_prefix(name).filter(|rest| !rest.is_empty()));
        self.configure(words, "-DCMAKE_INSTALL_PREFIX", folder);
        self.configure(words, "-DCMAKE_INSTALL_PREFIX:PATH", folder);
        let prefix = |found: &Found| found.configured.clone().unwrap_or_else(|| LOCAL.to_owned());
        match *words.first()? {
            "--install" => {
                let own = value("--prefix").map(|prefix| resolve(folder, prefix));
                self.prefixes.push(own.unwrap_or_else(|| prefix(self)));
            }
            "--build" => {
                self.folders.push(resolve(folder, words.get(1)?));
                let target = value("--target").or(value("-t"));
                if target == Some("install") || words.last() == Some(&"install") {
                    self.prefixes.push(prefix(self));
                }
            }
            "-E" | "-P" => return None,
            _ => {
                let built =
                    value("-B").or(joined("-B")).map_or_else(|| folder.to_owned(), |path| resolve(folder, path));
                self.folders.push(built);
            }
        }
        Some(Vec::new())
    }

    fn meson(&mut self, words: &[&str], folder: &str) -> Option<Vec<String>> {
        let operands: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
        self.configure(words, "--prefix", folder);
        let place = || {
            let at = words.iter().position(|word| *word == "-C")?;
            words.get(at + 1).map(|path| resolve(folder, path))
        };
        match *operands.first()? {
            "setup" => self.folders.push(resolve(folder, operands.get(1)?)),
            "compile" | "test" => self.folders.push(place().unwrap_or_else(|| folder.to_owned())),
            "install" => self.prefixes.push(self.configured.clone().unwrap_or_else(|| LOCAL.to_owned())),
            build => self.folders.push(resolve(folder, build)),
        }
        Some(Vec::new())
    }

    /// The names of Alpine; what C++ is linked with, no Alpine has by itself.
    fn of_alpine(&self, context: &Context, is_static: bool, packages: &[&'static str]) -> Vec<&'static str> {
        let own = |name: &&'static str| match *name {
            "libgomp1" => "libgomp",
            "libatomic1" => "libatomic",
            name => name,
        };
        let languages = (!is_static && !self.is_of_c(context)).then_some("libstdc++");
        packages.iter().map(own).chain(languages).collect()
    }

    /// The packages with the libraries that a linker is told about.
    fn libraries(
        &self,
        scene: &Scene<'_>,
        context: &Context,
        leavings: &Leavings,
    ) -> Result<Vec<&'static str>, Refusal> {
        let image = scene.image;
        let mut linked = self.linked.clone();
        // Whatever is linked without being installed comes with the image.
        if ["gcc", "buildpack-deps"].contains(&image.familiar_name()) {
            for (_, text) in context.texts().filter(|(path, _)| is_recipe(path)) {
                let names =
                    hints(text).ok_or_else(|| scene.refuse(NotSplit::AptRuntimeLibsUnknown { line: scene.line() }))?;
                linked.extend(names.into_iter().map(|name| (name, scene.line())));
            }
        }
        let mut found = Vec::new();
        for (_, text) in context.texts().filter(|(path, _)| is_recipe(path)) {
            // Other libraries of the compiler are in no slim image.
            let odd = ["-fsanitize", "quadmath", "gfortran", "Fortran", "stdlib=libc++", "-litm"];
            if odd.iter().any(|word| text.contains(word)) {
                return Err(scene.refuse(NotSplit::AptRuntimeLibsUnknown { line: scene.line() }));
            }
            found.extend(["openmp", "OpenMP"].iter().any(|word| text.contains(word)).then_some("libgomp1"));
            found.extend(text.contains("atomic").then_some("libatomic1"));
        }
        for (name, line) in linked {
            if name == "gomp" {
                found.push("libgomp1");
                continue;
            }
            let unknown = || scene.refuse(NotSplit::AptRuntimeLibsUnknown { line });
            let package = package_of_library(&name).ok_or_else(unknown)?;
            let is_listed = package == "libc6-dev" || leavings.headers.iter().any(|(header, _)| header == package);
            if !is_listed {
                found.extend(runtime_packages_in(image, package).ok_or_else(unknown)?);
            }
        }
        Ok(found)
    }
}

/// Whether a file is read by nothing but the build.
fn is_build_only(path: &str) -> bool {
    const ENDS: &[&str] = &[
        ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".inl", ".S", ".s", ".asm", ".cmake", ".am", ".ac",
        ".m4", ".mk", ".in",
    ];
    let name = base_name(path);
    let names = [
        "CMakeLists.txt", "meson.build", "meson_options.txt", "GNUmakefile", "configure", ".clang-format",
        ".clang-tidy",
    ];
    ENDS.iter().any(|end| name.ends_with(end)) || names.contains(&name)
}
