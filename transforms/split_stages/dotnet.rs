//! .NET: `dotnet publish`, and the runtime of the same version.

use dopt_model::Family;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_rewrite::{NotSplit, Refusal, SplitBase};

use super::carry::is_below;
use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};
use super::starts;

pub(super) const STACK: Stack =
    Stack { triggers: &["dotnet publish", "dotnet build"], images: &["dotnet", "aspnetcore"], compiles: true, plan };

const CAVEAT: &str =
    "A program that starts other programs, or uses the SDK when it runs, does not find them any longer.";

/// Variables by which a program is told where to listen, which the two images set in different ways.
const LISTENING: &[&str] = &["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "--urls"];

/// What the steps build.
#[derive(Default)]
struct Found {
    /// Folders with programs and all that they need.
    published: Vec<String>,
    /// Whether every one brings the runtime along.
    is_self_contained: bool,
    /// Whether one may do so, and has no library to start then.
    may_be_alone: bool,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let image = scene.image;
    let version = image.tag.filter(|tag| image.digest.is_none() && tag.starts_with(|c: char| c.is_ascii_digit()));
    // Alpine's runtime knows no cultures, and its SDK does.
    let is_alpine = image.tag_has("alpine");
    if is_alpine || !image.name.ends_with("dotnet/sdk") || version.is_none() {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    compiled::check_variables(scene, &["DOTNET_SDK_VERSION", "DOTNET_VERSION"])?;
    let mut found = Found::default();
    let starts = starts::of(scene, Some(context))?;
    let mut leavings = Leavings::of(scene, &mut |call| found.read(call))?;
    let projects: Vec<(&str, &str)> =
        context.texts().filter(|(path, _)| path.ends_with(".csproj") || path.ends_with(".fsproj")).collect();
    let programs = starts::built(&starts, &leavings, |started| found.program(started, &projects)).map_err(refuse)?;
    let built: Vec<String> = programs.iter().map(|program| program.place.clone()).collect();
    // What a program finds beside itself is published with it; elsewhere it finds what was copied there.
    let is_at_home = programs.iter().all(|program| program.is_at_home);
    let is_build_only = if is_at_home { |_: &str| true } else { is_source };
    let paths = compiled::paths(scene, &mut leavings, &found.moves, &built, is_build_only)?;
    let is_web = projects.iter().any(|(_, text)| text.contains("Sdk.Web") || text.contains("Microsoft.AspNetCore"));
    // What brings the runtime along needs its libraries alone.
    let kind = match (found.is_self_contained, is_web) {
        (true, _) => "runtime-deps",
        (false, true) => "aspnet",
        // The SDK's image is made from it.
        (false, false) if scene.wanted == SplitBase::Same => "aspnet",
        (false, false) => "runtime",
    };
    let provision =
        Provision { scene, context, leavings: &leavings, family: Family::Debian, has: &["ca-certificates"] };
    let mut installed = provision.installed(&[], &paths)?;
    let text = scene.subject.document().text();
    if is_web && !LISTENING.iter().any(|word| text.contains(word)) {
        // As the SDK's image has them: the runtime's would have the program listen elsewhere.
        installed.push("ENV ASPNETCORE_URLS= ASPNETCORE_HTTP_PORTS=".to_owned());
    }
    Ok(Plan {
        last: leavings.last,
        base: format!("{}/{kind}:{}", image.name.trim_end_matches("/sdk"), runtime_tag(version.unwrap_or_default())),
        prepared: Vec::new(),
        installed,
        carried: provision.named(compiled::carried(None, paths), &[])?,
        finished: Vec::new(),
        restart: None,
        caveat: CAVEAT,
    })
}

/// `8.0` of `8.0.404-bookworm-slim`, with what follows: the SDK counts its own versions.
fn runtime_tag(tag: &str) -> String {
    let (version, rest) =
        tag.split_once('-').map_or((tag, String::new()), |(version, rest)| (version, format!("-{rest}")));
    let parts: Vec<&str> = version.split('.').take(2).collect();
    format!("{}{rest}", parts.join("."))
}

/// Whether a project builds a library of this name.
fn names(path: &str, text: &str, library: &str) -> bool {
    let stem = library.trim_end_matches(".dll");
    let named =
        text.split_once("<AssemblyName>").and_then(|(_, rest)| rest.split_once('<')).map(|(name, _)| name.trim());
    let of_file = base_name(path).rsplit_once('.').map(|(name, _)| name);
    named.or(of_file) == Some(stem)
}

/// What is started.
struct Program {
    /// The folder that has it and all that it needs.
    place: String,
    /// Whether it is started in that.
    is_at_home: bool,
}

impl Found {
    fn program(&self, started: &Started, projects: &[(&str, &str)]) -> Result<Program, NotSplit> {
        let file = match &started.words[..] {
            [dotnet, library, ..] if base_name(dotnet) == "dotnet" => {
                if !library.ends_with(".dll") || self.may_be_alone {
                    return Err(NotSplit::RuntimeShellout);
                }
                library.as_str()
            }
            [program, ..] if base_name(program) != "dotnet" => program,
            _ => return Err(NotSplit::RuntimeShellout),
        };
        let path = resolve(&started.folder, file);
        let place = self.published.iter().rfind(|folder| is_below(&path, folder)).ok_or(NotSplit::UnknownArtefact)?;
        let is_own = projects.iter().any(|(path, text)| names(path, text, base_name(file)));
        if !is_own || file.contains('$') || !file.contains('/') && !file.ends_with(".dll") {
            return Err(NotSplit::UnknownArtefact);
        }
        let is_at_home = started.folder == *place || is_below(&started.folder, place);
        Ok(Program { place: place.clone(), is_at_home })
    }

    fn read(&mut self, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        match (call.invocation.program(), &words[..]) {
            ("dotnet", ["publish", rest @ ..]) => {
                let words = rest.join(" ").to_ascii_lowercase();
                let says = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
                let is_alone =
                    says(&["--self-contained true", "--self-contained=true", "--sc true", "selfcontained=true"])
                        || rest
                            .iter()
                            .zip(rest.iter().skip(1).chain(&[""]))
                            .any(|(word, next)| ["--self-contained", "--sc"].contains(word) && *next != "false");
                let may_be = says(&["-r ", "--runtime ", "--os ", "--arch ", "publishaot", "publishsinglefile=true"])
                    && !says(&["--no-self-contained", "--self-contained false", "selfcontained=false"]);
                let is_first = self.published.is_empty();
                self.is_self_contained = is_alone && (is_first || self.is_self_contained);
                self.may_be_alone |= is_alone || may_be;
                let output = rest
                    .iter()
                    .position(|word| ["-o", "--output"].contains(word))
                    .and_then(|at| rest.get(at + 1).copied());
                let output = output.or(rest.iter().find_map(|word| word.strip_prefix("--output="))).ok_or(unseen)?;
                let output = resolve(&call.folder, output);
                self.published.push(output.clone());
                Ok(Some(vec![output]))
            }
            ("dotnet", ["restore" | "build" | "test" | "clean" | "--info" | "--version" | "format", ..]) => {
                Ok(Some(Vec::new()))
            }
            ("dotnet", _) => Err(unseen),
            _ => self.moves.read(call),
        }
    }
}

/// Whether a file is read by nothing but the build.
fn is_source(path: &str) -> bool {
    const ENDS: &[&str] =
        &[".cs", ".fs", ".vb", ".csproj", ".fsproj", ".sln", ".props", ".targets", ".cshtml", ".razor"];
    ENDS.iter().any(|end| path.ends_with(end)) || path.starts_with("obj/") || path.contains("/obj/")
}
