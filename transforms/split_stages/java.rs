//! Java: javac, Maven and Gradle. What they build runs on the JRE of the same version and vendor.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{
    Context, Family, ImageRef, JavaProject, JavaRuntime, is_package_of_all, is_usual, makes_account_alike, names_kit,
};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use dopt_syntax::dockerfile::{Instruction, Keyword};

use super::carry::{TOO_WIDE, is_below};
use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};
use super::starts;

pub(super) const STACK: Stack = Stack {
    triggers: &["mvn", "gradle", "javac"],
    images: &["openjdk", "temurin", "jdk", "java", "maven", "gradle", "corretto", "zulu"],
    compiles: true,
    plan,
};

const CAVEAT: &str = "A program that uses the compiler or the tools of the JDK, or starts other programs that only the build \
                      image has, does not find them any longer. A runtime made by jlink would be smaller still.";

const CAVEAT_TARGET: &str = "The tag does not tell the Java of the image; the runtime is of the version that the build \
                             files are for. A program that uses the compiler or the tools of the JDK, or starts other programs that \
                             only the build image has, does not find them any longer.";

/// What the images of Maven and Gradle set, and to what, where that is the same in all of them.
const BASE_VARIABLES: &[(&str, Option<&str>)] = &[
    ("MAVEN_HOME", Some("/usr/share/maven")),
    ("MAVEN_CONFIG", Some("/root/.m2")),
    ("GRADLE_HOME", Some("/opt/gradle")),
    ("GRADLE_VERSION", None),
];

/// Goals of Maven that write below `target`, and into its own folder.
const GOALS: &[&str] = &["clean", "validate", "compile", "test", "package", "verify", "install", "integration-test"];

/// Tasks of Gradle that write below `build`, and into its own folder.
const TASKS: &[&str] = &[
    "clean", "build", "assemble", "jar", "bootJar", "shadowJar", "fatJar", "installDist", "test", "check", "classes",
    "dependencies", "buildFatJar", "uberJar",
];

/// What the steps build.
#[derive(Default)]
struct Found {
    /// Folders that a build fills, with the folder of the context that has its manifest.
    built: Vec<(String, String)>,
    /// Files and folders that javac and jar write.
    written: Vec<String>,
    /// Folders of the system in which javac writes classes beside their sources.
    shared: Vec<String>,
    /// Where both images have `java`, besides where its name is looked for.
    java: Vec<String>,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let is_of_debian = ["debian", "ubuntu"].contains(&scene.image.familiar_name()) && scene.says("jdk");
    let none = JavaRuntime { reference: String::new(), moves: false };
    let runtime = if is_of_debian { Ok(none) } else { base(scene.image, scene.wanted) };
    let caveat = if runtime == Err(NotSplit::ReleaseUnknown) { CAVEAT_TARGET } else { CAVEAT };
    let runtime = match runtime {
        Err(NotSplit::ReleaseUnknown) => {
            let target = scene.context()?.and_then(JavaProject::target);
            let runtime = target.and_then(|version| JavaRuntime::for_target(scene.image, version));
            runtime.ok_or_else(|| refuse(NotSplit::ReleaseUnknown))?
        }
        runtime => runtime.map_err(refuse)?,
    };
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    let variables = compiled::variables(scene, Some(context), BASE_VARIABLES)?;
    let document = scene.subject.document();
    let body = &document.instructions()[scene.subject.stages.all()[scene.stage].body.clone()];
    let names_kit = |found: &Instruction| found.keyword != Keyword::Run && names_kit(found.range.of(document.text()));
    if JavaProject::uses_kit(context) || !is_of_debian && body.iter().any(names_kit) {
        return Err(refuse(NotSplit::RuntimeShellout));
    }
    let mut found = Found { java: places(scene.image, runtime.moves, is_of_debian), ..Found::default() };
    let starts = starts::of(scene, Some(context))?;
    let mut leavings = Leavings::of(scene, &mut |call| found.read(scene, context, call))?;
    // Gradle's image starts its steps in a folder of its own.
    if scene.image.familiar_name() == "gradle" && super::needs_folder(scene.subject, scene.stage, leavings.last) {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    leavings.kept.retain(|package| !["maven", "gradle", "ant"].contains(&package.as_str()));
    let base = match is_of_debian {
        true => without_kit(scene, &mut leavings, context).map_err(refuse)?,
        false => runtime.reference,
    };
    // Another distribution counts its users otherwise.
    let is_alike = |command: &String| makes_account_alike(&command.split_whitespace().collect::<Vec<_>>());
    let is_same = leavings.kept.iter().all(|package| is_package_of_all(package)) && leavings.users.iter().all(is_alike);
    if runtime.moves && !is_same {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let needed = starts::built(&starts, &leavings, |started| found.needed(started, context)).map_err(refuse)?;
    let needed = needed.concat();
    let mut paths = compiled::paths(scene, &mut leavings, &found.moves, &needed, is_build_only)?;
    paths.dedup();
    let family = if base.contains("alpine") { Family::Alpine } else { Family::Debian };
    if family == Family::Debian && scene.image.familiar_name() == "maven" && !leavings.kept.is_empty() {
        return Err(refuse(NotSplit::AptRuntimeLibsUnknown { line: scene.line() }));
    }
    let provision = Provision { scene, context, leavings: &leavings, family, has: &["ca-certificates"] };
    let mut installed = provision.installed(&[], &paths)?;
    installed.extend(variables);
    Ok(Plan {
        last: leavings.last,
        base,
        prepared: Vec::new(),
        installed,
        carried: provision.named(compiled::carried(found.classes(), paths), &[])?,
        finished: Vec::new(),
        restart: None,
        caveat,
    })
}

impl Found {
    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let folder_of = |names: &[&str]| {
            names.iter().find_map(|name| compiled::folder_of(scene, context, call, &resolve(&call.folder, name)))
        };
        // What finds the sources hands them on.
        let handed = match call.invocation.program() {
            "xargs" => words.iter().position(|word| !word.starts_with('-')),
            "find" => words.iter().position(|word| *word == "-exec").map(|at| at + 1),
            _ => None,
        };
        let (program, words) = match handed.map(|at| &words[at.min(words.len())..]) {
            Some(["javac", rest @ ..]) => ("javac", rest),
            _ => (call.invocation.program(), &words[..]),
        };
        match (program, words) {
            ("mvn" | "mvnw", _) => {
                if words.iter().any(|word| ["-f", "--file"].contains(word)) {
                    return Err(unseen);
                }
                let mut goals = operands(words, &["-pl", "--projects", "-P", "-s", "--settings", "-T", "-rf", "-l"]);
                if !goals.all(|goal| {
                    GOALS.contains(&goal) || goal.starts_with("dependency:") || goal.starts_with("wrapper:")
                }) {
                    return Err(unseen);
                }
                self.built.push((call.folder.clone(), folder_of(&["pom.xml"]).ok_or(unseen)?));
                Ok(Some(Vec::new()))
            }
            ("gradle" | "gradlew", _) => {
                let mut tasks = operands(words, &["-x", "--exclude-task", "-P", "-D", "--console", "-c"]);
                let is_known = |task: &str| TASKS.contains(&task.rsplit(':').next().unwrap_or(task));
                let is_elsewhere = words.iter().any(|word| ["-p", "--project-dir", "-b"].contains(word));
                if is_elsewhere || !tasks.all(is_known) {
                    return Err(unseen);
                }
                self.built.push((call.folder.clone(), folder_of(&["build.gradle", "build.gradle.kts"]).ok_or(unseen)?));
                Ok(Some(Vec::new()))
            }
            // No image has classes there.
            ("javac", _)
                if is_shared(&call.folder) && !words.iter().any(|word| *word == "-d" || word.contains('/')) =>
            {
                self.shared.push(call.folder.clone());
                Ok(Some(Vec::new()))
            }
            ("javac", _) => {
                let place = words.iter().position(|word| *word == "-d").and_then(|at| words.get(at + 1));
                let place = resolve(&call.folder, place.copied().unwrap_or("."));
                self.written.push(place.clone());
                Ok(Some(vec![place]))
            }
            ("jar", words) if archive(words).is_some() => {
                let path = resolve(&call.folder, archive(words).unwrap_or_default());
                self.written.push(path.clone());
                Ok(Some(vec![path]))
            }
            ("jar" | "java", _) if words != ["-version"] && words != ["--version"] => Err(unseen),
            ("java", _) => Ok(Some(Vec::new())),
            _ => self.moves.read(call),
        }
    }

    /// The classes that lie among what the system has.
    fn classes(&self) -> impl Iterator<Item = Carried> {
        let mut folders = self.shared.clone();
        folders.dedup();
        folders.into_iter().map(|folder| {
            let folder = format!("{}/", folder.trim_end_matches('/'));
            Carried { from: format!("{folder}*.class"), to: folder, owner: None }
        })
    }

    /// The paths without which the program does not start.
    fn needed(&self, started: &Started, context: &Context) -> Result<Vec<String>, NotSplit> {
        let is_java = base_name(&started.words[0]) == "java";
        let is_elsewhere = started.words[0].contains('/') && !self.java.contains(&started.words[0]);
        if is_java && is_elsewhere {
            return Err(NotSplit::RuntimeShellout);
        }
        let named: Vec<String> = match is_java {
            true => archives(&started.words[1..], &started.folder).ok_or(NotSplit::UnknownArtefact)?,
            false => vec![started.program(&self.moves)?],
        };
        let (mut found, mut is_beside) = (Vec::new(), false);
        for path in named {
            let origin = self.moves.origin(&path).to_owned();
            let is_written = self
                .written
                .iter()
                .any(|written| *written == origin || is_below(&origin, written) || is_below(written, &origin));
            if self.shared.contains(&origin) {
                is_beside = true;
                continue;
            }
            let build = self.built.iter().rfind(|(folder, _)| is_below(&origin, folder));
            match build {
                _ if is_written => found.extend(self.written.iter().cloned()),
                Some((_, manifest)) => {
                    let project = JavaProject::of_folder(context, manifest).ok_or(NotSplit::UnknownArtefact)?;
                    found.extend(built(&path, &origin, &project, is_java)?);
                }
                // A folder beside, that is searched and may be empty.
                None if found.is_empty() && !is_beside => return Err(NotSplit::UnknownArtefact),
                None => {}
            }
        }
        if found.iter().any(|path| self.moves.removes(path)) {
            return Err(NotSplit::UnknownArtefact);
        }
        Ok(found)
    }
}

/// Where the images of a kit and of its runtime have the program.
fn places(image: ImageRef<'_>, moves: bool, is_of_debian: bool) -> Vec<String> {
    let mut found = vec!["$JAVA_HOME/bin/java".to_owned(), "${JAVA_HOME}/bin/java".to_owned()];
    match image.familiar_name() {
        _ if is_of_debian => found = vec!["/usr/bin/java".to_owned()],
        _ if moves => {}
        "openjdk" => {
            let version = image.version().map_or(8, |version| version.0);
            found.push(format!("/usr/local/openjdk-{version}/bin/java"));
        }
        _ => found.push("/opt/java/openjdk/bin/java".to_owned()),
    }
    found
}

/// Whether a folder is one of the system, where files cannot be told apart by their folder.
fn is_shared(folder: &str) -> bool {
    TOO_WIDE.contains(&folder) || is_usual(folder)
}

/// What goes along with a path that Maven or Gradle wrote.
fn built(path: &str, origin: &str, project: &JavaProject, is_java: bool) -> Result<Vec<String>, NotSplit> {
    let folder = ["/target", "/build"].iter().find_map(|name| {
        let at = origin.find(&format!("{name}/")).or(origin.strip_suffix(name).map(str::len))?;
        Some(origin[..at + name.len()].to_owned())
    });
    let folder = folder.ok_or(NotSplit::UnknownArtefact)?;
    if !is_java {
        // A script with its libraries beside it.
        let place = format!("{folder}/install");
        return if is_below(origin, &place) { Ok(vec![place]) } else { Err(NotSplit::UnknownArtefact) };
    }
    let is_archive = origin.ends_with(".jar") || origin.ends_with(".war");
    match is_archive {
        _ if project.uses_downloads => Err(NotSplit::UnknownArtefact),
        true if !project.has_folder => {
            let is_pattern = path.contains(['*', '?']);
            Ok(vec![if is_pattern { path[..path.rfind('/').unwrap_or(0)].to_owned() } else { path.to_owned() }])
        }
        _ => Ok(vec![folder, path.to_owned()]),
    }
}

/// The archives and folders that `java` is told to start from.
fn archives(words: &[String], folder: &str) -> Option<Vec<String>> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-jar" => return words.next().filter(|path| !path.contains('$')).map(|path| vec![resolve(folder, path)]),
            "-cp" | "-classpath" | "--class-path" => {
                let list = words.next().filter(|list| !list.contains('$'))?;
                let plain = |path: &str| resolve(folder, path.trim_end_matches('*').trim_end_matches('/'));
                return Some(list.split(':').filter(|path| !path.is_empty()).map(plain).collect());
            }
            option if option.starts_with(['-', '$']) => {}
            // A source is compiled before it runs.
            source if source.ends_with(".java") => return None,
            // A class in the folder that it starts in.
            _ => return Some(vec![folder.to_owned()]),
        }
    }
    None
}

/// The archive that `jar` is told to make.
fn archive<'w>(words: &[&'w str]) -> Option<&'w str> {
    let (first, rest) = words.split_first()?;
    let letters = first.strip_prefix('-').unwrap_or(first);
    let is_short = !first.starts_with("--") && letters.starts_with('c');
    // The values stand in the order of the letters.
    let at = letters.chars().filter(|letter| ['f', 'm', 'e'].contains(letter)).position(|letter| letter == 'f');
    if is_short && at.is_some() {
        return rest.get(at?).copied();
    }
    let is_made = is_short || *first == "--create";
    let value = |at: usize| words.get(at + 1).copied();
    let named = words.iter().position(|word| ["-f", "--file"].contains(word)).and_then(value);
    named.or(words.iter().find_map(|word| word.strip_prefix("--file="))).filter(|_| is_made)
}

fn operands<'w>(words: &'w [&'w str], value_options: &'w [&'w str]) -> impl Iterator<Item = &'w str> {
    let mut is_value = false;
    words.iter().copied().filter(move |word| {
        let skipped = std::mem::replace(&mut is_value, value_options.contains(word));
        !skipped && !word.starts_with('-')
    })
}

/// The image with the runtime of the same version and vendor.
fn base(image: ImageRef<'_>, wanted: SplitBase) -> Result<JavaRuntime, NotSplit> {
    let is_of_tool = ["maven", "gradle"].contains(&image.familiar_name());
    image.tag.filter(|_| image.digest.is_none()).or(is_of_tool.then_some("")).ok_or(NotSplit::BaseUnknown)?;
    if wanted == SplitBase::Same && !is_of_tool {
        return Err(NotSplit::NothingLeftBehind);
    }
    image.java_runtime().ok_or(match (image.is_java_kit(), is_of_tool) {
        (true, true) => NotSplit::ReleaseUnknown,
        (true, false) => NotSplit::BaseUnknown,
        // Java is there for something else, or was brought by a step.
        (false, _) => NotSplit::NothingLeftBehind,
    })
}

/// Debian's image, and its JRE in place of the kit that a step installs.
fn without_kit(scene: &Scene<'_>, leavings: &mut Leavings, context: &Context) -> Result<String, NotSplit> {
    const DRAWING: &[&str] = &["java.awt", "javax.swing", "javax.imageio", "javax.print", "javax.sound", "javafx"];
    let draws = context.texts().any(|(path, text)| {
        [".java", ".kt"].iter().any(|end| path.ends_with(end)) && DRAWING.iter().any(|name| text.contains(name))
    });
    let mut has_kit = false;
    for package in &mut leavings.kept {
        let Some(name) = package.strip_suffix("-headless").unwrap_or(package).strip_suffix("-jdk") else { continue };
        has_kit = true;
        *package = if draws { format!("{name}-jre") } else { format!("{name}-jre-headless") };
    }
    let image = scene.image;
    match (has_kit, image.digest, image.tag) {
        (false, ..) => Err(NotSplit::NothingLeftBehind),
        (_, Some(_), _) => Err(NotSplit::ReleaseUnknown),
        // Its packages need folders that the slim image lacks.
        (.., Some(tag)) => Ok(format!("{}:{tag}", image.name)),
        (.., None) => Ok(image.name.to_owned()),
    }
}

/// Whether a file is read by nothing but the build.
fn is_build_only(path: &str) -> bool {
    let name = base_name(path);
    let names = [
        "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties",
        "mvnw", "mvnw.cmd", "gradlew", "gradlew.bat", "lombok.config", "checkstyle.xml",
    ];
    let folders = ["src/main/", "src/test/", ".mvn/", "gradle/", "target/", "build/", ".gradle/"];
    let is_inside = |folder: &&str| path.starts_with(*folder) || path.contains(&format!("/{folder}"));
    names.contains(&name) || name.ends_with(".java") || name.ends_with(".kt") || folders.iter().any(is_inside)
}
