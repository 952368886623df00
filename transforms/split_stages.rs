//! # split-stages
//!
//! Splits a stage that builds a program and then runs it: what builds stays as it is, and a stage behind it carries
//! only what runs. The compiler, its caches and the tools around it are most of such an image.
//!
//! ```context
//! go.mod: module example.com/server
//! go.sum
//! main.go
//! internal/store/store.go
//! cmd/web/main.go
//! README.md
//! ```
//!
//! ```dockerfile before unsafe
//! FROM golang:1.22
//! WORKDIR /src
//! COPY . .
//! RUN CGO_ENABLED=0 go build -ldflags="-s -w" -o /server .
//! ENV PORT=8080
//! EXPOSE 8080
//! CMD ["/server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22 AS build
//! WORKDIR /src
//! COPY . .
//! RUN CGO_ENABLED=0 go build -ldflags="-s -w" -o /server .
//!
//! FROM debian:bookworm-slim
//! WORKDIR /src
//! COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
//! COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
//! COPY --from=build /server /server
//! ENV PORT=8080
//! EXPOSE 8080
//! CMD ["/server"]
//! ```
//!
//! Every path stays as it was, and so does everything that configures the image. The certificates and the time zones are
//! those that the program has found so far. Files that are there for the build alone (Go's sources, manifests, what
//! Git and people read) stay behind. Where the folder that is built has any others, or nobody can tell, what was copied
//! is carried over whole:
//!
//! ```dockerfile before unsafe no-context
//! FROM golang:1.22-alpine3.20
//! WORKDIR /app
//! COPY . .
//! RUN go build -ldflags="-s -w" -o bin/web ./cmd/web
//! ENTRYPOINT ["./bin/web"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22-alpine3.20 AS build
//! WORKDIR /app
//! COPY . .
//! RUN go build -ldflags="-s -w" -o bin/web ./cmd/web
//!
//! FROM alpine:3.20
//! WORKDIR /app
//! COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
//! COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
//! COPY --from=build /app /app
//! ENTRYPOINT ["./bin/web"]
//! ```
//!
//! So it is with the other languages that are compiled. Of Rust, what `Cargo.toml` names is fetched from `target`, and the
//! libraries behind its `-sys` packages are installed; of C and C++, what the compiler, make, CMake, autotools or Meson
//! build or install, with the libraries behind the `-dev` packages; of Java, the archive or the classes, into the JRE of
//! the same version and vendor; of .NET, what `dotnet publish` writes, into the runtime of the same version; of Ruby, the
//! gems and the project, into the slim image; of PHP, what Composer installs and the extensions, into the same image
//! without what Composer and the extensions were made with. Of what is copied, only that goes along which not only the build reads.
//! Of Python, what only checks the project, compiles or installs it (pytest, Cython, poetry) is taken out first, where a
//! step has used it and no container does.
//!
//! The new stage starts from the slim image of the release that the program was built on. Where the tag does not tell it, it
//! is the stable one, than which no image is newer, and in which runs what needs the C library alone. The library of C++
//! goes along where the compiler is newer than that of the release; what else a newer compiler links stays where it is:
//!
//! ```dockerfile refused unsafe: release-unknown
//! FROM gcc:14-bookworm
//! COPY main.cpp /src/
//! RUN g++ -fopenmp -o /server /src/main.cpp
//! CMD ["/server"]
//! ```
//!
//! `split.base = "minimal"` in `dopt.toml` takes an image of distroless where nothing needs a shell or a package: the one for
//! static programs, or that with the C library of the same release. The accounts of the builder go along:
//!
//! ```dockerfile before unsafe minimal
//! FROM golang:1.22
//! WORKDIR /src
//! COPY . .
//! RUN CGO_ENABLED=0 go build -ldflags="-s -w" -o /server . && useradd --uid 1001 server
//! USER server
//! CMD ["/server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22 AS build
//! WORKDIR /src
//! COPY . .
//! RUN CGO_ENABLED=0 go build -ldflags="-s -w" -o /server . && useradd --uid 1001 server
//!
//! FROM gcr.io/distroless/static-debian12
//! WORKDIR /src
//! COPY --from=build /etc/passwd /etc/passwd
//! COPY --from=build /etc/group /etc/group
//! COPY --from=build /server /server
//! USER server
//! CMD ["/server"]
//! ```
//!
//! `split.base = "same"` starts from the image that the image of the language is made from. Where the smallest image is not
//! enough, the slim one is taken.
//!
//! What containers build before they start it (`go run`, `cargo run`), the builder builds once, and they start the program.
//! Scripts that start the program are looked into, and what they and the sources start, such as `curl` or `git`, is installed.
//!
//! **Unsafe**: a program that starts others (`git`, `curl`, `go`) or reads Go's own files finds them no longer. Whatever
//! is not known to be needless keeps the stage whole:
//!
//! ```dockerfile refused unsafe: unknown-artefact
//! FROM golang:1.22
//! COPY main.go /src/
//! RUN cd /src && go build -o /server main.go
//! CMD ["/other"]
//! ```
//! ```dockerfile refused unsafe: runtime-shellout
//! FROM golang:1.22
//! COPY main.go start.sh /src/
//! RUN cd /src && go build -o /server main.go
//! CMD ["/src/start.sh"]
//! ```
//! ```dockerfile refused unsafe: apt-runtime-libs-unknown
//! FROM golang:1.22
//! RUN apt-get update && apt-get install -y libopencv-dev
//! COPY main.go /src/
//! RUN cd /src && go build -o /server main.go
//! CMD ["/server"]
//! ```
//! ```dockerfile refused unsafe: writes-outside-workdir
//! FROM golang:1.22
//! COPY main.go /src/
//! RUN cd /src && go build -o /server main.go && /server --make-database /var/lib/server
//! CMD ["/server"]
//! ```
//!
//! An image that does not say what it starts is there to build with:
//!
//! ```dockerfile unchanged
//! FROM golang:1.22
//! COPY main.go /src/
//! RUN cd /src && go build -ldflags="-s -w" -o /server main.go
//! ```

mod bare;
mod c;
mod c_base;
mod c_recipes;
mod carry;
mod compiled;
pub(crate) mod developing;
mod dotnet;
mod go;
mod java;
mod leavings;
mod moves;
mod node;
mod node_steps;
mod own_scripts;
mod owners;
mod php;
mod python;
mod removals;
mod replay;
mod restarts;
mod ruby;
mod rust;
mod stack;
mod start_scripts;
pub(crate) mod started;
mod starts;
mod toolchains;
mod volumes;
mod wonder;
mod words;

use dopt_model::{ImageRef, User};
use dopt_rewrite::{Effect, Fix, NotSplit, Proposal, Refusal, Safety, Split, SplitBase, Subject, Transform, Why};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};

pub(crate) use python::libraries_of_python;
pub(crate) use rust::links_nothing;
use stack::{Plan, Scene, Stack};
pub(crate) use starts::is_on_every_system;

/// The kinds of projects that are known. The first that takes a stage decides on it.
const STACKS: &[Stack] = &[
    go::STACK,
    rust::STACK,
    java::STACK,
    dotnet::STACK,
    python::STACK,
    node::STACK,
    ruby::STACK,
    php::STACK,
    c::STACK,
];

/// Names that the builder may get; the first that is free.
const NAMES: &[&str] = &["build", "builder", "compile", "build-stage", "builder-stage"];

pub const TRANSFORM: Transform = Transform {
    name: "split-stages",
    summary: "split a stage that builds and runs a program, and run it without what built it",
    manual: include_str!("split_stages.rs"),
    aliases: &[],
    // Those of all stacks.
    triggers: &[
        "go build", "go install", "go run", "pip install", "pip3 install", "setup.py", "poetry install", "uv sync",
        "uv pip", "pipenv install", "pipenv sync", "npm", "yarn", "pnpm", "cargo", "mvn", "gradle", "javac", "dotnet",
        "bundle", "composer", "docker-php-ext-install", "pecl install", "gcc", "g++", "make", "meson", "ninja",
        "clang", " cc ", "\"run\"", "\"pip", "\"uv\"", "\"poetry\"", "\"go\"",
    ],
    joint: false,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let Some(stage) = subject.stages.all().len().checked_sub(1) else { return Vec::new() };
    if !starts_something(subject, stage) {
        return Vec::new();
    }
    let steps: Vec<String> = subject.stages.runs_of(stage).map(|run| words_of(subject, run.instruction())).collect();
    // `cargo build` is no `go build`.
    let begins = |step: &str, at: usize| at == 0 || !step.as_bytes()[at - 1].is_ascii_alphanumeric();
    let names = |step: &str, word: &str| step.match_indices(word).any(|(at, _)| begins(step, at));
    let starts = started::commands_of(subject, stage);
    let has = |word: &&str| {
        // What containers run may build too.
        steps.iter().any(|step| names(step, word))
            || word.ends_with(" run") && starts.iter().any(|started| names(started, word))
    };
    let installs_compilers = steps.iter().any(|step| wonder::installs_compilers(step));
    let stacks = STACKS.iter().filter(|stack| stack.triggers.iter().any(has));
    let is_needless = |stack: &Stack, found: &Proposal| match found {
        Err(Refusal { why: Why::NotSplit(NotSplit::NothingLeftBehind), .. }) => true,
        Err(Refusal { why: Why::NotSplit(NotSplit::BaseUnknown), .. }) => {
            !wonder::may_wonder(subject, stage, stack, installs_compilers)
        }
        _ => false,
    };
    let mut proposals = stacks.map(|stack| (stack, split_for_all(subject, stage, stack)));
    let found = proposals.find(|(stack, found)| !is_needless(stack, found));
    found.map(|(_, found)| found).into_iter().collect()
}

/// The text of a step, as a shell would read it.
fn words_of(subject: &Subject<'_>, step: &Instruction) -> String {
    match &step.form {
        Form::Exec(words) => words.join(" "),
        Form::Shell => step.range.of(subject.document().text()).to_owned(),
    }
}

/// Whether the stage says what its containers start, or its image is known to. Whatever does not is there to build with.
fn starts_something(subject: &Subject<'_>, stage: usize) -> bool {
    let stage = &subject.stages.all()[stage];
    let serves =
        |image: ImageRef<'_>| image.familiar_name() == "php" && (image.tag_has("apache") || image.tag_has("fpm"));
    if stage.base.image().is_some_and(serves) {
        return true;
    }
    let instructions = &subject.document().instructions()[stage.body.clone()];
    instructions.iter().any(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint))
}

/// What compose files start counts, and is the reason where the file alone would let the stage be split.
fn split_for_all(subject: &Subject<'_>, stage: usize, stack: &Stack) -> Proposal {
    let found = split(subject, stage, stack);
    let Some(service) = subject.services(stage).next().filter(|_| found.is_err()) else { return found };
    let facts = subject.facts.with_services(Vec::new());
    split(&subject.knowing(&facts), stage, stack)?;
    let why = NotSplit::ServiceStartsMore { file: service.file.clone() };
    found.map_err(|refusal| Refusal { why: Why::NotSplit(why), ..refusal })
}

fn split(subject: &Subject<'_>, stage: usize, stack: &Stack) -> Proposal {
    let (stages, document) = (subject.stages, subject.document());
    let from = stages.all()[stage].from;
    let at = document.instructions()[from].range;
    let refuse = |why| Refusal::new(at, Why::NotSplit(why));
    let mut scene = Scene::of(subject, stage)?;
    let found = planned(&scene, stack);
    // What cannot do with the least can do with more.
    let (plan, base) = match scene.wanted {
        SplitBase::Minimal if found.is_err() => {
            scene.wanted = SplitBase::Slim;
            planned(&scene, stack).or(found)?
        }
        _ => found?,
    };
    let is_plain = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte));
    // All classes of a folder are the one pattern that is known to match something.
    let is_known = |path: &str| is_plain(path.strip_suffix("*.class").unwrap_or(path));
    if !plan.carried.iter().all(|carried| is_known(&carried.from) && is_plain(&carried.to)) {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    let lowered = document.text().to_ascii_lowercase();
    let is_taken = |name: &str| {
        // An image or a context of that name is no longer meant where a stage has it.
        ["--from=", ",from=", "from "].iter().any(|sign| lowered.contains(&format!("{sign}{name}")))
            || stages
                .all()
                .iter()
                .any(|stage| stage.name.as_ref().is_some_and(|taken| taken.eq_ignore_ascii_case(name)))
    };
    let Some(builder) = NAMES.iter().find(|name| !is_taken(name)) else { return Err(refuse(NotSplit::SeveralStages)) };
    let initial = scene.image.initial_folder();
    let is_elsewhere = plan.base.starts_with("gcr.io/") || ImageRef::parse(&plan.base).initial_folder() != initial;
    let folder = (is_elsewhere && needs_folder(subject, stage, plan.last)).then(|| initial.to_owned());
    let split = Split {
        first: from,
        last: plan.last,
        builder: (*builder).to_owned(),
        base,
        variables: inherited(subject, stage, plan.last),
        folder,
        prepared: plan.prepared,
        installed: plan.installed,
        carried: plan.carried,
        finished: plan.finished,
        restart: plan.restart,
    };
    Ok(Fix {
        title: format!("run the program in an image of its own, from {}", split.base).into(),
        at,
        safety: Safety::Unsafe { caveat: plan.caveat },
        edits: split.edits(document),
        effects: vec![Effect::SplitsStage(split)],
    })
}

/// How a stage is split, and how the base of the second one is written.
fn planned(scene: &Scene<'_>, stack: &Stack) -> Result<(Plan, String), Refusal> {
    let plan = (stack.plan)(scene)?;
    let base = scene.written_base(&plan.base).ok_or_else(|| scene.refuse(NotSplit::BaseUnknown))?;
    Ok((plan, base))
}

/// Where the steps of a stage end, and what takes out of its projects what only developing needs, where other stages,
/// which start something, copy those that `takes` says.
pub(crate) fn prunings(
    subject: &Subject<'_>,
    stage: usize,
    consumers: &[usize],
    takes: &dyn Fn(&str) -> bool,
) -> Result<Option<(usize, Vec<String>)>, Refusal> {
    let scene = Scene::of(subject, stage)?;
    node::prunings(&scene, consumers, takes)
}

/// Whether every image has the user.
fn is_usual_user(user: &User) -> bool {
    match user {
        User::Root => true,
        User::Other(name) => name == "nobody" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())),
        User::Unknown => false,
    }
}

/// What the build image sets and an instruction uses that the second stage gets, as instructions.
fn inherited(subject: &Subject<'_>, stage: usize, last: usize) -> Vec<String> {
    let (stages, document) = (subject.stages, subject.document());
    let variables = stages.state(stage, 0).image().map_or(&[][..], ImageRef::variables);
    let uses = |index: usize, name: &str| {
        let instruction = &document.instructions()[index];
        let stays_behind = matches!(instruction.keyword, Keyword::Run | Keyword::Copy | Keyword::Add) && index <= last;
        !stays_behind
            && compiled::uses(instruction, document.text(), name)
            && stages.state(stage, index).inherited(name).is_some()
    };
    let used = variables.iter().filter(|(name, _)| stages.all()[stage].body.clone().any(|index| uses(index, name)));
    used.map(|(name, value)| format!("ENV {name}={value}")).collect()
}

/// Whether the second stage would start in another folder than the first one did.
fn needs_folder(subject: &Subject<'_>, stage: usize, last: usize) -> bool {
    let document = subject.document();
    let mut head = subject.stages.all()[stage].from..=last;
    let first = head.find(|index| document.instructions()[*index].keyword == Keyword::Workdir);
    let stages = subject.stages;
    let is_absolute = |index: usize| {
        let written = document.instructions()[index].arguments_text(document.text());
        stages.state(stage, index).expand(written).text().unwrap_or(written).starts_with('/')
    };
    first.is_none_or(|index| !is_absolute(index))
}

/// The first line of an instruction, for a reason.
fn line_of(subject: &Subject<'_>, index: usize) -> (usize, TextRange) {
    let instruction = &subject.document().instructions()[index];
    (instruction.first_line, instruction.range)
}
