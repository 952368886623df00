//! .NET: `dotnet publish`, and the runtime of the same version.

use dopt_model::Family;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_rewrite::{NotSplit, Refusal, SplitBase};

use super::carry::is_below;
use super::compiled::{self, Provision};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};

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
    /// The folders of the context that were published.
    is_self_contained: bool,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let image = scene.image;
    let version = image.tag.filter(|tag| image.digest.is_none() && tag.starts_with(|c: char| c.is_ascii_digit()));
    // Alpine's runtime knows no cultures, and its SDK does.
    let is_alpine = image.tag_has("alpine");
    if is_alpine || !image.name.ends_with("dotnet/sdk") || version.is_none() || scene.wanted() == SplitBase::Same {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    compiled::check_variables(scene, &["DOTNET_SDK_VERSION", "DOTNET_VERSION"])?;
    let mut found = Found::default();
    let started = compiled::started(scene)?;
    let mut leavings = Leavings::of(scene, &mut |call| found.read(call))?;
    let [dotnet, library, ..] = &started.words[..] else { return Err(refuse(NotSplit::RuntimeShellout)) };
    if base_name(dotnet) != "dotnet" || !library.ends_with(".dll") {
        return Err(refuse(NotSplit::RuntimeShellout));
    }
    let path = resolve(&started.folder, library);
    let projects: Vec<(&str, &str)> =
        context.texts().filter(|(path, _)| path.ends_with(".csproj") || path.ends_with(".fsproj")).collect();
    let place = found.published.iter().rfind(|folder| is_below(&path, folder));
    let is_own = projects.iter().any(|(path, text)| names(path, text, base_name(library)));
    let (Some(place), true, false) = (place, is_own, found.is_self_contained) else {
        return Err(refuse(NotSplit::UnknownArtefact));
    };
    let built = [place.clone()];
    // What a program finds beside itself is published with it; elsewhere it finds what was copied there.
    let is_at_home = started.folder == *place || is_below(&started.folder, place);
    let is_build_only = if is_at_home { |_: &str| true } else { is_source };
    let paths = compiled::paths(scene, &mut leavings, &found.moves, &built, is_build_only)?;
    let is_web = projects.iter().any(|(_, text)| text.contains("Sdk.Web") || text.contains("Microsoft.AspNetCore"));
    let kind = if is_web { "aspnet" } else { "runtime" };
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

impl Found {
    fn read(&mut self, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        match (call.invocation.program(), &words[..]) {
            ("dotnet", ["publish", rest @ ..]) => {
                let odd = [
                    "--self-contained", "--sc", "-r", "--runtime", "-p:PublishSingleFile=true",
                    "/p:PublishSingleFile=true",
                ];
                let says_no = rest.windows(2).any(|pair| pair == ["--self-contained", "false"])
                    || rest.contains(&"--no-self-contained");
                self.is_self_contained |= rest.iter().any(|word| {
                    odd.contains(word) || word.contains("PublishAot") || word.contains("SelfContained=true")
                }) && !says_no;
                let output = rest
                    .iter()
                    .position(|word| ["-o", "--output"].contains(word))
                    .and_then(|at| rest.get(at + 1).copied());
                let output = output.or(rest.iter().find_map(|word| word.strip_prefix("--output="))).ok_or(unseen)?;
                self.published.push(resolve(&call.folder, output));
                Ok(Some(Vec::new()))
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
