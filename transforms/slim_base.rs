//! # slim-base
//!
//! Starts a stage from the slim variant of its official image, where nothing that it runs needs what that lacks: compilers,
//! headers and version control of `node`, `python`, `ruby` and `perl`, the compiler of `eclipse-temurin` and `openjdk`,
//! the manual pages of `debian`.
//!
//! ```context
//! package.json: {"scripts": {"start": "node server.js"}, "dependencies": {"express": "^4"}}
//! package-lock.json: {"lockfileVersion": 3, "packages": {"": {}, "node_modules/express": {}}}
//! server.js: require('express')().listen(80)
//! requirements.txt: flask==3.0.3
//! ```
//!
//! ```dockerfile before unsafe
//! FROM node:20
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! COPY . .
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile before unsafe
//! FROM eclipse-temurin:17-jdk
//! COPY app.jar /app.jar
//! CMD ["java", "-jar", "/app.jar"]
//! ```
//! ```dockerfile after
//! FROM eclipse-temurin:17-jre
//! COPY app.jar /app.jar
//! CMD ["java", "-jar", "/app.jar"]
//! ```
//!
//! Small tools that are needed and lacking are installed by name: in a step that installs packages already, or else in
//! one of their own.
//!
//! ```dockerfile before unsafe
//! FROM python:3.12
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! HEALTHCHECK CMD curl -f http://localhost:5000/ || exit 1
//! CMD ["flask", "run"]
//! ```
//! ```dockerfile after
//! FROM python:3.12-slim
//! RUN apt-get update \
//!     && apt-get install -y --no-install-recommends curl \
//!     && rm -rf /var/lib/apt/lists/*
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! HEALTHCHECK CMD curl -f http://localhost:5000/ || exit 1
//! CMD ["flask", "run"]
//! ```
//! ```dockerfile before unsafe
//! FROM node:20-bookworm
//! RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
//! COPY server.js /
//! RUN git clone https://example.com/views.git /views
//! CMD ["tini", "--", "node", "/server.js"]
//! ```
//! ```dockerfile after
//! FROM node:20-bookworm-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends tini ca-certificates git && rm -rf /var/lib/apt/lists/*
//! COPY server.js /
//! RUN git clone https://example.com/views.git /views
//! CMD ["tini", "--", "node", "/server.js"]
//! ```
//!
//! **Unsafe**: a program that starts others, or loads a library of the system, may not find it. Release and C library stay
//! the same: Alpine's images are smaller, but what was compiled for Debian does not run there. Whatever cannot be seen,
//! may have to be compiled, or is needed and no small tool, keeps the whole image:
//!
//! ```dockerfile refused unsafe: may-compile
//! FROM python:3.12
//! RUN pip install --no-cache-dir dlib
//! CMD ["python"]
//! ```
//! ```dockerfile refused unsafe: needs-build-tool
//! FROM node:20
//! COPY server.js Makefile ./
//! RUN make
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused unsafe: needs-build-tool
//! FROM eclipse-temurin:17
//! COPY Main.java .
//! CMD javac Main.java && java Main
//! ```
//! ```dockerfile refused unsafe: runs-unseen
//! FROM python:3.12
//! RUN curl -fsSL https://example.com/install.sh | sh
//! CMD ["python", "-m", "app"]
//! ```
//! ```dockerfile refused unsafe: carries-programs
//! FROM golang:1.22 AS tool
//! RUN go install example.com/tool@latest
//! FROM python:3.12
//! COPY --from=tool /go/bin/tool /usr/local/bin/
//! CMD ["python", "-m", "http.server"]
//! ```
//! ```dockerfile refused unsafe: needs-manuals
//! FROM debian:12
//! RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
//! CMD ["java", "-version"]
//! ```
//! ```dockerfile refused unsafe no-context: context-unknown
//! FROM node:20
//! COPY . .
//! RUN npm ci --omit=dev && npm cache clean --force
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile refused unsafe: digest-pinned
//! FROM node:20@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a
//! CMD ["node", "-e", "1"]
//! ```
//!
//! Packages of pip and npm are looked up by their names, with all that they bring along, in lists that were made from the
//! indexes of both: for 18,000 packages of Python which of its versions have wheels for both x86-64 and ARM, and whether
//! their files start programs or load libraries that only the whole image has.
//!
//! A stage that gets its program from another one, and starts from the image of the compiler all the same, starts from
//! Debian, with what Go's and Rust's libraries look up there:
//!
//! ```dockerfile before unsafe
//! FROM golang:1.22 AS build
//! COPY main.go /src/
//! RUN cd /src && go build -ldflags="-s -w" -o /server main.go
//! FROM golang:1.22
//! WORKDIR /
//! COPY --from=build /server /server
//! CMD ["/server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22 AS build
//! COPY main.go /src/
//! RUN cd /src && go build -ldflags="-s -w" -o /server main.go
//! FROM debian:bookworm-slim
//! WORKDIR /
//! COPY --from=build /server /server
//! CMD ["/server"]
//! ```
//!
//! What is written into an `ARG` for a `FROM` alone is mended there, as `pin-images` does it:
//!
//! ```dockerfile before unsafe
//! ARG BASE=debian:12
//! FROM $BASE
//! CMD ["cat", "/etc/os-release"]
//! ```
//! ```dockerfile after
//! ARG BASE=debian:12-slim
//! FROM $BASE
//! CMD ["cat", "/etc/os-release"]
//! ```
//!
//! So is a variable in the tag, whose other values then need a slim variant, too:
//!
//! ```dockerfile before unsafe
//! ARG VERSION=3.12
//! FROM python:${VERSION}-bookworm
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! CMD ["flask", "run"]
//! ```
//! ```dockerfile after
//! ARG VERSION=3.12
//! FROM python:${VERSION}-slim-bookworm
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! CMD ["flask", "run"]
//! ```
//!
//! An image that does not say what it starts is there to develop with, and a stage that ends in no image costs nothing:
//!
//! ```dockerfile unchanged
//! FROM python:3.12
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! ```

mod compilers;
mod java;
mod need;
mod packages;
mod programs;

use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::{Invocation, Subcommand};
use dopt_model::{Base, ContextFact, ImageRef, Lacks, StageRun, User};
use dopt_rewrite::{
    CheckedPlatforms, Edit, Effect, Fix, ImageSite, NotPinned, NotSlim, NotSplit, PartlyVariable, Proposal, Refusal,
    Reword, Safety, Subject, Transform, Why, cased_like, image_sites, instruction_text,
};
use dopt_syntax::dockerfile::Keyword;

use compilers::without_compiler;
use need::Needs;

const CAVEAT: &str = "A program that starts others (git, curl, gcc …), or loads a library that only the whole image has, \
                      does not find them any longer.";

const CAVEAT_VARIABLE: &str = "Other values of the variable, from --build-arg, need a slim variant too. A program that starts \
                               others (git, curl, gcc …), or loads a library that only the whole image has, does not find \
                               them any longer.";

const CAVEAT_JAVA: &str = "A program that compiles Java while it runs, attaches to another one, or draws text (fonts), may \
                            need the whole kit. A runtime made by jlink would be smaller still.";

const CAVEAT_MANUALS: &str = "Manual pages, and translations of what programs say, are not there any longer.";

pub const TRANSFORM: Transform = Transform {
    name: "slim-base",
    summary: "start from the slim variant of an official image, where nothing needs what that lacks",
    manual: include_str!("slim_base.rs"),
    aliases: &[],
    triggers: &[
        "node", "python", "ruby", "perl", "pypy", "debian", "openjdk", "eclipse-temurin", "amazoncorretto",
        "ibm-semeru", "sapmachine", "azul/zulu", "bellsoft/liberica", "maven", "gradle", "tomcat", "golang", "rust",
    ],
    joint: false,
    never_safe: true,
    propose,
};

/// Whether a stage, and those that start from it, do without compilers, and without what Debian's tools for packages
/// bring beside them.
pub(crate) fn does_without_compilers(subject: &Subject<'_>, stage: usize) -> Result<(), Why> {
    let needs = Needs::of(subject, stage, Lacks::BuildTools { certificates: false })?;
    match needs.packages().iter().find(|package| BESIDE_COMPILERS.contains(package)) {
        Some(_) => Err(Why::ReliesOnRecommends),
        None => Ok(()),
    }
}

/// Packages that come with `build-essential`, or that npm recommends beside it.
const BESIDE_COMPILERS: &[&str] = &["git", "bzip2", "file", "gnupg", "patch", "perl", "xz-utils"];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    let mut sites = None;
    let mut mended = Vec::new();
    for (stage, found) in subject.stages.all().iter().enumerate() {
        let Base::Image(image) = &found.base else { continue };
        let image = ImageRef::parse(image);
        let whole = ImageRef { digest: None, ..image };
        if !found.in_image || !starts_something(subject, stage) {
            continue;
        }
        let slim = whole.slim_variant().map(|slim| (format!("{}:{}", image.name, slim.tag), slim.lacks));
        let slim = slim.or_else(|| without_compiler(subject, stage, whole));
        let runtime = if whole.is_java_kit() { java::runtime(subject, stage, whole) } else { Ok(None) };
        let slim = match (slim, runtime) {
            (Some(slim), _) => slim,
            (None, Ok(Some(reference))) => (reference, Lacks::JavaTools),
            (None, Ok(None)) => continue,
            (None, Err(refusal)) => {
                proposals.push(Err(refusal));
                continue;
            }
        };
        let (reference, lacks) = slim;
        let sites = sites.get_or_insert_with(|| image_sites(subject.stages));
        let from = &subject.document().instructions()[found.from];
        if subject.is_suppressed(found.from) {
            proposals.push(Err(Refusal::new(from.range, Why::SuppressedByComment)));
            continue;
        }
        if image.digest.is_some() {
            let needs = Needs::of(subject, stage, lacks).map(|_| Why::NotSlim(NotSlim::DigestPinned));
            proposals.push(Err(Refusal::new(from.range, needs.unwrap_or_else(|why| why))));
            continue;
        }
        let written = format!("{}{}", image.name, image.tag.map_or(String::new(), |tag| format!(":{tag}")));
        let is_it = |site: &&ImageSite| {
            site.reference == written && (site.instruction == Some(found.from) || is_argument(subject, site))
        };
        match sites.iter().flatten().find(is_it) {
            None => match variable_site(subject, stage, &reference) {
                Some((site, reference)) => proposals.push(make_slim(subject, stage, &site, &reference, lacks)),
                None => proposals.push(Err(Refusal::new(from.range, Why::NotPinned(NotPinned::PartIsVariable)))),
            },
            Some(site) if mended.contains(&site.at) => {}
            // A variable that several stages start from would need the same of all.
            Some(site) if is_argument(subject, site) && starting_from(subject, &written) > 1 => {}
            Some(site) => {
                mended.push(site.at);
                proposals.push(make_slim(subject, stage, site, &reference, lacks));
            }
        }
    }
    proposals
}

/// The site of a `FROM` with a variable in its tag, and how the reference is written there.
fn variable_site(subject: &Subject<'_>, stage: usize, reference: &str) -> Option<(ImageSite, String)> {
    let found = PartlyVariable::of(subject, stage)?;
    let written = found.written_as(reference)?;
    let instruction = Some(subject.stages.all()[stage].from);
    let site = ImageSite { at: found.at, reference: found.written, instruction, platforms: CheckedPlatforms::None };
    Some((site, written))
}

fn is_argument(subject: &Subject<'_>, site: &ImageSite) -> bool {
    site.instruction.is_some_and(|index| subject.document().instructions()[index].keyword == Keyword::Arg)
}

fn starting_from(subject: &Subject<'_>, reference: &str) -> usize {
    let is_from = |base: &Base| matches!(base, Base::Image(image) if image == reference);
    subject.stages.all().iter().filter(|stage| is_from(&stage.base)).count()
}

/// Whether a container of the stage, or of one that starts from it, is known to start something. Debian's image is there
/// for anything.
fn starts_something(subject: &Subject<'_>, stage: usize) -> bool {
    let found = &subject.stages.all()[stage];
    let instructions = &subject.document().instructions()[found.body.clone()];
    // A server is started by its own image.
    found.base.image().is_some_and(|image| image.familiar_name() == "tomcat")
        || instructions.iter().any(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint))
        || subject.stages.children(stage).iter().any(|child| starts_something(subject, *child))
}

fn make_slim(subject: &Subject<'_>, stage: usize, site: &ImageSite, reference: &str, lacks: Lacks) -> Proposal {
    let document = subject.document();
    let refuse = |why| Refusal::new(site.at, why);
    let index = site.instruction.expect("it stands in an instruction");
    let instruction = &document.instructions()[index];
    let before = instruction_text(document, instruction);
    if before.matches(&site.reference).count() != 1 {
        return Err(refuse(Why::NotPinned(NotPinned::PartIsVariable)));
    }
    let after = before.replacen(&site.reference, reference, 1);
    let mut edits = vec![Edit::replace(site.at, reference)];
    let mut effects = vec![Effect::ChangesInstruction { instruction: index, after }];
    let mut needs = Needs::of(subject, stage, lacks).map_err(refuse)?;
    // A compose file may start more than this file says.
    if subject.facts.context == ContextFact::NotAsked {
        return Err(refuse(Why::NotSplit(NotSplit::ContextNotRead)));
    }
    if subject.stages.all()[stage].base.image().is_some_and(compilers::is_compiler) {
        compilers::data(subject, stage, &mut needs);
    }
    let packages = needs.packages();
    if !packages.is_empty() {
        let (more, effect) = install(subject, stage, needs.first_use(), &packages);
        edits.extend(more);
        effects.push(effect);
    }
    let title = match &packages[..] {
        [] => format!("start from {reference}"),
        some => format!("start from {reference}, and install {}", some.join(", ")),
    };
    let caveat = match lacks {
        _ if reference.contains('$') => CAVEAT_VARIABLE,
        Lacks::BuildTools { .. } => CAVEAT,
        Lacks::JavaTools => CAVEAT_JAVA,
        Lacks::Manuals => CAVEAT_MANUALS,
    };
    Ok(Fix { title: title.into(), at: site.at, safety: Safety::Unsafe { caveat }, effects, edits })
}

/// Installs packages: with those that an early step installs, or in a step of its own behind the `FROM`.
fn install(subject: &Subject<'_>, stage: usize, first_use: usize, packages: &[&str]) -> (Vec<Edit>, Effect) {
    let document = subject.document();
    let found = &subject.stages.all()[stage];
    let runs = subject.stages.runs_of(stage).take_while(|run| run.index() < first_use);
    if let Some(found) = runs.into_iter().find_map(|run| join_installation(run, packages)) {
        return found;
    }
    let from = &document.instructions()[found.from];
    let newline = document.newline();
    let list = packages.join(" ");
    let commands = [
        "apt-get update".to_owned(),
        format!("apt-get install -y --no-install-recommends {list}"),
        "rm -rf /var/lib/apt/lists/*".to_owned(),
    ];
    let text = format!("RUN {}", commands.join(&subject.style(from).chain_break(&[])));
    let text = cased_like(from, document, &text);
    let effect = Effect::AddsInstruction { behind: found.from, text: format!("RUN {}", commands.join(" && ")) };
    (vec![Edit::insert(from.range.end(), format!("{newline}{text}"))], effect)
}

/// Adds packages to the first plain `apt-get install` of a step that root runs.
fn join_installation(run: StageRun<'_>, packages: &[&str]) -> Option<(Vec<Edit>, Effect)> {
    let script = run.script().ok()?;
    if !matches!(run.state().user(), User::Root) {
        return None;
    }
    let install = |command: &&dopt_syntax::shell::SimpleCommand| {
        let Some(call) = Invocation::of(command, script.text()) else { return false };
        let is_install = matches!(managers::action(&call), Some((manager, Action::Install(_))) if manager.name == "apt")
            && matches!(call.subcommand(managers::APT.value_options), Subcommand::Named(_, name) if name == "install");
        let words: Option<Vec<_>> = call.arguments().iter().map(|word| word.literal(call.text)).collect();
        let is_plain = |word: &str| {
            !(word.starts_with("-t") || word.contains('/') || word.ends_with(".deb") || word.contains("target-release"))
        };
        is_install && words.is_some_and(|words| words.iter().all(|word| is_plain(word)))
    };
    let command = script.commands().into_iter().find(install)?;
    let last = command.words.len() - 1;
    let (edits, effect) = Reword::of(command).insert(last, packages.join(" ")).finish(run, &script);
    Some((edits, effect))
}
