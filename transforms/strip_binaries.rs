//! # strip-binaries
//!
//! Links programs without symbols and debug information, which no program needs to run. For Go that is a third of the
//! file.
//!
//! ```dockerfile before unsafe
//! FROM golang:1.22 AS build
//! COPY . /src
//! RUN cd /src && go build -o /app ./cmd/app
//! FROM scratch
//! COPY --from=build /app /app
//! ```
//! ```dockerfile after
//! FROM golang:1.22 AS build
//! COPY . /src
//! RUN cd /src && go build -ldflags="-s -w" -o /app ./cmd/app
//! FROM scratch
//! COPY --from=build /app /app
//! ```
//! ```dockerfile before unsafe
//! FROM gcc:13
//! COPY hello.c /
//! RUN gcc -O2 -o /usr/local/bin/hello /hello.c
//! ```
//! ```dockerfile after
//! FROM gcc:13
//! COPY hello.c /
//! RUN gcc -s -O2 -o /usr/local/bin/hello /hello.c
//! ```
//!
//! Cargo learnt to strip what it links in 1.59, so the version has to be known:
//!
//! ```dockerfile before unsafe
//! FROM rust:1.80 AS build
//! COPY . .
//! RUN cargo build --release
//! FROM debian:12
//! COPY --from=build /target/release/app /usr/local/bin/
//! ```
//! ```dockerfile after
//! FROM rust:1.80 AS build
//! COPY . .
//! RUN CARGO_PROFILE_RELEASE_STRIP=true cargo build --release
//! FROM debian:12
//! COPY --from=build /target/release/app /usr/local/bin/
//! ```
//! ```dockerfile refused: version-unknown
//! FROM example.org/rust
//! RUN cargo build --release
//! ```
//! ```dockerfile refused: tool-too-old
//! FROM rust:1.58
//! RUN cargo build --release
//! ```
//!
//! A program of Go that is stripped could be made smaller still. That is **advice**, for it has its price:
//!
//! ```dockerfile advice
//! FROM golang:1.22 AS build
//! COPY . /src
//! RUN cd /src && go build -ldflags="-s -w" -o /app ./cmd/app
//! FROM scratch
//! COPY --from=build /app /app
//! ```
//!
//! **Unsafe**: debuggers and profilers find no names any longer, nor does a program that reads its own symbols. The
//! traces of Go's panics stay as they are; those of Rust's lose the names of functions. Nothing is done where the call has options for the linker or for debugging,
//! makes a library, or is not plain:
//!
//! ```dockerfile unchanged
//! FROM golang:1.22
//! COPY . /src
//! RUN cd /src && go build -ldflags="-X main.version=1" -o /app . && go build -gcflags="all=-N -l" -o /debug .
//! ```

use dopt_model::commands::cargo;
use dopt_model::commands::{Invocation, Subcommand};
use dopt_model::{ImageRef, ShellScript, StageRun};
use dopt_rewrite::{Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "Debuggers, profilers and programs that read their own symbols find no names any longer.";

const RUST_CAVEAT: &str = "Debuggers, profilers and the backtraces of panics find no names any longer.";

const PACKING_CAVEAT: &str =
    "A packed program starts slower, takes more memory, and is taken for malware by some scanners.";

/// What tells Go's linker.
const GO_FLAG: &str = "-ldflags=\"-s -w\"";

/// What tells Rust's, through Cargo.
const RUST_SETTING: &str = "CARGO_PROFILE_RELEASE_STRIP=true";

pub const TRANSFORM: Transform = Transform {
    name: "strip-binaries",
    summary: "link programs without symbols and debug information",
    manual: include_str!("strip_binaries.rs"),
    aliases: &[],
    triggers: &["go build", "go install", "cargo ", "gcc ", "g++ ", "clang", "cc "],
    joint: true,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let file = subject.document().text();
    // Whoever brings a debugger wants the names, and a packer strips by itself.
    if ["gdb", "dlv", "delve", "valgrind", "strace", "upx"].iter().any(|tool| file.contains(tool)) {
        return Vec::new();
    }
    let decided =
        Decided { go: file.contains("GOFLAGS"), rust: file.contains("cargo ") && rust_is_decided(subject, file) };
    let runs = subject.stages.runs().filter(|run| subject.is_triggered(*run));
    runs.flat_map(|run| propose_for_run(run, decided)).collect()
}

/// For which languages something in the file decides about all of their calls.
#[derive(Clone, Copy)]
struct Decided {
    go: bool,
    rust: bool,
}

/// Whether symbols have been thought of, or another call compiles for the one that links: with other settings both
/// would compile everything.
fn rust_is_decided(subject: &Subject<'_>, file: &str) -> bool {
    let compiles = |run: StageRun<'_>| {
        let Ok(script) = run.script() else { return run.instruction().range.of(file).contains("cargo") };
        script.all_commands().into_iter().any(|command| {
            let found = Invocation::of(command, script.text());
            found.is_some_and(|found| {
                cargo::shares_release(&found) && cargo::linked_release(&found, run.in_image()).is_none()
            })
        })
    };
    cargo::is_decided(file) || subject.stages.runs().any(compiles)
}

fn propose_for_run(run: StageRun<'_>, decided: Decided) -> Vec<Proposal> {
    // What a step that cannot be read builds is not known.
    let Ok(script) = run.script() else { return Vec::new() };
    let commands = script.commands().into_iter();
    commands.filter_map(|command| strip(run, &script, command, decided).transpose()).collect()
}

fn strip(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    command: &SimpleCommand,
    decided: Decided,
) -> Result<Option<Fix>, Refusal> {
    let Some(invocation) = Invocation::of(command, script.text()) else { return Ok(None) };
    if let Some(at) = stripped_go_build(&invocation) {
        return Ok(Some(Fix {
            title: "pack the program with upx, where its start may take longer".into(),
            at: script.in_file(command.words[at].range),
            safety: Safety::Advice { caveat: PACKING_CAVEAT },
            effects: Vec::new(),
            edits: Vec::new(),
        }));
    }
    let (behind, flag) = match invocation.program() {
        "go" if !decided.go => (go_subcommand(run, &invocation), GO_FLAG),
        "cargo" if !decided.rust => return strip_rust(run, script, &invocation),
        "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" => {
            (links_program(run, &invocation).then_some(invocation.program_at), "-s")
        }
        _ => return Ok(None),
    };
    let reword = |behind| Reword::of(command).insert(behind, flag);
    Ok(behind.map(|behind| fix(run, script, &reword(behind), behind, flag, CAVEAT)))
}

fn strip_rust(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    invocation: &Invocation<'_>,
) -> Result<Option<Fix>, Refusal> {
    let Some(at) = cargo::linked_release(invocation, run.in_image()).filter(|_| invocation.program_at == 0) else {
        return Ok(None);
    };
    let image = run.state().image().filter(|image| image.familiar_name() == "rust");
    let why = match image.map(ImageRef::newest_version) {
        None => Why::VersionUnknown,
        Some(Some(version)) if version < cargo::FIRST_WITH_STRIP => Why::ToolTooOld,
        Some(_) => {
            let reword = Reword::of(invocation.command).assign(RUST_SETTING);
            return Ok(Some(fix(run, script, &reword, at, RUST_SETTING, RUST_CAVEAT)));
        }
    };
    Err(Refusal::new(script.in_file(invocation.command.range), why))
}

/// `at`: the word that a report points at.
fn fix(
    run: StageRun<'_>,
    script: &ShellScript<'_>,
    reword: &Reword<'_>,
    at: usize,
    added: &str,
    caveat: &'static str,
) -> Fix {
    let (edits, effect) = reword.finish(run, script);
    Fix {
        title: format!("add {added}").into(),
        at: script.in_file(reword.command().words[at].range),
        safety: Safety::Unsafe { caveat },
        effects: vec![effect],
        edits,
    }
}

/// The word `build` of a call that links a program without symbols.
fn stripped_go_build(invocation: &Invocation<'_>) -> Option<usize> {
    let Subcommand::Named(at, name) = invocation.subcommand(&["-C"]) else { return None };
    let is_stripped = || {
        let command = invocation.command.range.of(invocation.text);
        command.contains("-ldflags") && [" -w", "\"-w", "'-w", "=-w"].iter().any(|word| command.contains(word))
    };
    (invocation.program() == "go" && name == "build" && is_stripped()).then_some(at)
}

/// The word `build` or `install` of a call that links a program for an image.
fn go_subcommand(run: StageRun<'_>, invocation: &Invocation<'_>) -> Option<usize> {
    let Subcommand::Named(at, name) = invocation.subcommand(&["-C"]) else { return None };
    let words: Vec<&str> = invocation.arguments().iter().map(|word| word.range.of(invocation.text)).collect();
    let settles = ["ldflags", "-gcflags", "-buildmode", "-linkshared", "-n", "-c"];
    let is_settled = words.iter().any(|word| settles.iter().any(|sign| word.contains(sign)));
    // The linker's options may be in a variable.
    let hides = words.iter().any(|word| word.to_ascii_uppercase().contains("FLAGS"));
    // Tools that a build stage installs for itself end up in no image.
    let is_tool = words.iter().any(|word| word.contains('@')) && !run.in_image();
    let discards = words.contains(&"/dev/null");
    let builds = match name.as_ref() {
        "build" => !discards,
        "install" => !is_tool && words.get(1..).is_some_and(|rest| !rest.contains(&"std")),
        _ => false,
    };
    (builds && !is_settled && !hides).then_some(at)
}

/// Whether a compiler's call makes a program that ends up in an image.
fn links_program(run: StageRun<'_>, invocation: &Invocation<'_>) -> bool {
    let is_option = |word: &str| {
        let exact = ["-c", "-S", "-E", "-s", "-r", "-shared", "-pg", "--coverage", "-rdynamic", "-M", "-MM"];
        let starts = ["-g", "-fsanitize", "-fprofile", "-Wl,", "-dynamiclib"];
        exact.contains(&word) || starts.iter().any(|start| word.starts_with(start))
    };
    let words: Option<Vec<_>> = invocation.arguments().iter().map(|word| word.literal(invocation.text)).collect();
    let Some(words) = words else { return false };
    let output = words.iter().position(|word| word == "-o").and_then(|at| words.get(at + 1));
    let is_program = output.is_some_and(|output| {
        let name = output.rsplit('/').next().unwrap_or(output);
        !name.contains('.') && !output.starts_with("/tmp/") && !output.starts_with("/dev/")
    });
    run.in_image() && is_program && !words.iter().any(|word| is_option(word))
}
