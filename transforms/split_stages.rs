//! # split-stages
//!
//! Splits a stage that builds a program of Go and then runs it: what builds stays as it is, and a stage behind it carries
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
//! The new stage starts from the slim image of the release that the program was built on. Where that release is not
//! known, only a program without C (`CGO_ENABLED=0`) can be moved:
//!
//! ```dockerfile refused unsafe: release-unknown
//! FROM golang:1.24
//! COPY main.go /src/
//! RUN cd /src && go build -o /server main.go
//! CMD ["/server"]
//! ```
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
//! RUN apt-get update && apt-get install -y libvips-dev
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

mod entry;
mod files;
mod steps;

use dopt_model::{Base, ContextFact, Family, ImageRef, Use, User};
use dopt_rewrite::{Effect, Fix, NotSplit, Proposal, Refusal, Safety, Split, SplitBase, Subject, Transform, Why};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{self, Keyword};

use entry::Entry;
use steps::Steps;

const CAVEAT: &str = "A program that starts other programs (git, curl, go …), or reads files that only the build image has, \
                      does not find them any longer.";

/// Names that the builder may get; the first that is free.
const NAMES: &[&str] = &["build", "builder", "go-build"];

const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where Go's library finds time zones that no package of the image has brought.
const TIME_ZONES: &str = "/usr/local/go/lib/time/zoneinfo.zip";

/// Images before this one had other contents.
const FIRST_KNOWN: (u32, u32) = (1, 11);

pub const TRANSFORM: Transform = Transform {
    name: "split-stages",
    summary: "split a stage that builds and runs a program, and run it without what built it",
    manual: include_str!("split_stages.rs"),
    aliases: &[],
    triggers: &["go build"],
    joint: false,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let Some(stage) = subject.stages.all().len().checked_sub(1) else { return Vec::new() };
    let mut runs = subject.stages.runs_of(stage);
    if !runs.any(|run| subject.is_triggered(run)) || !starts_something(subject, stage) {
        return Vec::new();
    }
    vec![split(subject, stage)]
}

/// Whether the stage says what its containers start. Whatever does not is there to build with.
fn starts_something(subject: &Subject<'_>, stage: usize) -> bool {
    let stage = &subject.stages.all()[stage];
    let instructions = &subject.document().instructions()[stage.body.clone()];
    instructions.iter().any(|found| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint))
}

fn split(subject: &Subject<'_>, stage: usize) -> Proposal {
    let (stages, document) = (subject.stages, subject.document());
    let from = stages.all()[stage].from;
    let at = document.instructions()[from].range;
    let refuse = |why| Refusal::new(at, Why::NotSplit(why));
    if stages.all().len() > 1 {
        return Err(refuse(NotSplit::SeveralStages));
    }
    let image = base(subject, stage).map_err(refuse)?;
    let body = &document.instructions()[stages.all()[stage].body.clone()];
    if body.iter().any(|found| found.keyword == Keyword::Onbuild) {
        return Err(Refusal::new(at, Use::Trigger.into()));
    }
    let entry = Entry::of(stages, stage).map_err(refuse)?;
    let steps = Steps::of(stages, stage)?;
    let files = files::Files::of(subject, stage, &steps)?;
    let context = match &subject.facts.context {
        ContextFact::Known(context) => Some(&**context),
        _ => None,
    };
    if !steps.build.writes(&entry.program, context) {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    if files.meets_volume(&entry.program) {
        return Err(refuse(NotSplit::VolumeUnderBuild));
    }
    let base = runtime_base(subject, image, &steps, &entry).map_err(refuse)?;
    let mut carried = Vec::new();
    if !base.has_certificates {
        carried.push(CERTIFICATES.to_owned());
    }
    if !base.has_time_zones {
        carried.push(TIME_ZONES.to_owned());
    }
    carried.extend(files.carried.iter().cloned());
    if !files.holds(&entry.program) {
        carried.push(entry.program.clone());
    }
    let is_plain = |path: &String| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    if !carried.iter().all(is_plain) {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    let alias = stages.all()[stage].name.as_deref();
    let builder = NAMES.iter().find(|name| alias != Some(**name)).expect("there are several").to_string();
    let folder = needs_folder(subject, stage, steps.last).then(|| image.initial_folder().to_owned());
    let split = Split { first: from, last: steps.last, builder, base: base.image, folder, carried };
    Ok(Fix {
        title: format!("run the program in an image of its own, from {}", split.base).into(),
        at,
        safety: Safety::Unsafe { caveat: CAVEAT },
        edits: split.edits(document),
        effects: vec![Effect::SplitsStage(split)],
    })
}

/// The official image of Go that a stage starts from.
fn base<'s>(subject: &'s Subject<'_>, stage: usize) -> Result<ImageRef<'s>, NotSplit> {
    let Base::Image(written) = &subject.stages.all()[stage].base else { return Err(NotSplit::BaseUnknown) };
    let image = ImageRef::parse(written);
    let document = subject.document();
    let from = &document.instructions()[subject.stages.all()[stage].from];
    let is_old = image.version().is_some_and(|version| version < FIRST_KNOWN);
    let depends = |text: &str| text.contains('$');
    let flags = from.flags.iter().any(|flag| depends(&flag.text));
    let name = dockerfile::From::of(from, document.text());
    let is_variable = name.is_none_or(|from_| depends(from_.image.of(from.logical.text(document.text()))));
    match image.family() {
        _ if image.tag_has("onbuild") => Err(NotSplit::OnbuildBase),
        Family::Debian | Family::Alpine if image.familiar_name() == "golang" && !is_old && !flags && !is_variable => {
            Ok(image)
        }
        _ => Err(NotSplit::BaseUnknown),
    }
}

/// What the new stage starts from.
struct RuntimeBase {
    image: String,
    has_certificates: bool,
    has_time_zones: bool,
}

fn runtime_base(
    subject: &Subject<'_>,
    image: ImageRef<'_>,
    steps: &Steps,
    entry: &Entry,
) -> Result<RuntimeBase, NotSplit> {
    let wanted = subject.settings.split;
    let bare = |image: String| RuntimeBase { image, has_certificates: false, has_time_zones: false };
    if !is_usual_user(&entry.user) {
        return Err(NotSplit::UserUnknown);
    }
    if wanted == SplitBase::Minimal && steps.is_static && !entry.needs_shell {
        let image = "gcr.io/distroless/static-debian12".to_owned();
        return Ok(RuntimeBase { image, has_certificates: true, has_time_zones: true });
    }
    if image.family() == Family::Alpine {
        return Ok(bare(format!("alpine:{}", image.alpine_release().unwrap_or("3"))));
    }
    let release = match image.debian_release() {
        Some(release) => release,
        // What needs no library runs on any of them.
        None if steps.is_static => "bookworm",
        None => return Err(NotSplit::ReleaseUnknown),
    };
    match wanted {
        SplitBase::Same => Ok(RuntimeBase { has_certificates: true, ..bare(format!("buildpack-deps:{release}-scm")) }),
        _ => Ok(bare(format!("debian:{release}-slim"))),
    }
}

/// Whether every image has the user.
fn is_usual_user(user: &User) -> bool {
    match user {
        User::Root => true,
        User::Other(name) => name == "nobody" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())),
        User::Unknown => false,
    }
}

/// Whether the second stage would start in another folder than the first one did.
fn needs_folder(subject: &Subject<'_>, stage: usize, last: usize) -> bool {
    let document = subject.document();
    let head = &document.instructions()[subject.stages.all()[stage].from..=last];
    let first = head.iter().find(|found| found.keyword == Keyword::Workdir);
    first.is_none_or(|found| !found.arguments_text(document.text()).starts_with('/'))
}

/// The first line of an instruction, for a reason.
fn line_of(subject: &Subject<'_>, index: usize) -> (usize, TextRange) {
    let instruction = &subject.document().instructions()[index];
    (instruction.first_line, instruction.range)
}
