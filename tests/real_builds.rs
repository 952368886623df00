//! Builds real images from the Dockerfiles in `tests/real_builds`, before and after `dopt fix`, and compares them:
//! both build, both say the same of themselves, no file has gone or changed but those that the transforms declare,
//! and a command in each of them prints the same.
//!
//! Needs root, buildah and mmdebstrap, and the mirrors that this machine is set up for. Without them everything is
//! skipped, loudly. Nothing outside a temporary folder is touched.
//!
//! Every change builds those that differ most; `DOPT_BUILDS=all` builds all.
//! `cargo test --test real_builds NAME` builds those that have NAME in their name.
//! `UPDATE=1 cargo test --test real_builds` builds all and writes the sizes into the README.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::bases::Bases;
use crate::project::{Outcome, Project};
use crate::storage::Storage;

#[path = "real_builds/bases.rs"]
mod bases;
#[path = "real_builds/debian.rs"]
mod debian;
#[path = "real_builds/images.rs"]
mod images;
#[path = "real_builds/machine.rs"]
mod machine;
#[path = "real_builds/project.rs"]
mod project;
#[path = "real_builds/rewritten.rs"]
mod rewritten;
#[path = "real_builds/size_tables.rs"]
mod size_tables;
#[path = "real_images/storage.rs"]
#[allow(dead_code)]
mod storage;
#[path = "real_builds/verified.rs"]
mod verified;

const THREADS: usize = 2;

/// Those that are built for every change: together they have each transform, manager and kind of mount.
const ALWAYS: &[&str] = &[
    "apt-apart", "apt-deb", "apt-more-recommends", "apt-purge", "image-config", "mount-apt", "mount-npm", "mount-pip",
    "npm-ci", "npm-global", "pip-app", "pip-venv",
];

/// This test has no harness, so that what is skipped is seen and counted.
fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let update = std::env::var_os("UPDATE").is_some();
    let is_all = update || std::env::var("DOPT_BUILDS").is_ok_and(|value| value == "all");
    let mut projects = projects(&wanted);
    if wanted.is_empty() && !is_all {
        projects.retain(|project| ALWAYS.contains(&project.name.as_str()));
        say("building those that differ most; DOPT_BUILDS=all builds all");
    }
    let start = Instant::now();
    say(&format!("running {} tests", projects.len() + 1));
    let outcomes = outcomes(&projects, update);
    let table = table(&projects, &outcomes, update && wanted.is_empty());
    say(&format!("test the README has the sizes ... {}", if table.is_ok() { "ok" } else { "FAILED" }));

    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let passed = count(|outcome| matches!(outcome, Outcome::Same(_))) + usize::from(table.is_ok());
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped));
    let failed = projects.len() + 1 - passed - skipped;
    for (project, outcome) in projects.iter().zip(&outcomes) {
        if let Outcome::Different(why) = outcome {
            say(&format!("\n---- {} ----\n{why}", project.name));
        }
    }
    if let Err(why) = table {
        say(&format!("\n---- README.md ----\n{why}"));
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    say(&format!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out; \
         finished in {:.0}s\n",
        start.elapsed().as_secs_f32()
    ));
    if failed > 0 {
        std::process::exit(101);
    }
}

/// The folders with a Dockerfile and a command to try, by name.
fn projects(wanted: &[String]) -> Vec<Project> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("smoke.sh").exists());
    folders.sort();
    let mut projects: Vec<Project> = folders.iter().map(|folder| Project::read(folder)).collect();
    projects.retain(|project| wanted.is_empty() || wanted.iter().any(|part| project.name.contains(part)));
    projects
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_builds")
}

/// What becomes of each project, in their order. With `by_rule`, more is built to tell what each transform saves.
fn outcomes(projects: &[Project], by_rule: bool) -> Vec<Outcome> {
    let skip_all = |why: &str| {
        warn(&format!("SKIPPED: {why}, so no image was built"));
        projects.iter().map(|_| Outcome::Skipped).collect()
    };
    if let Some(missing) = machine::missing() {
        return skip_all(&missing);
    }
    let storage = match Storage::new() {
        Ok(storage) => storage,
        Err(why) => return skip_all(&format!("buildah cannot store images here ({why})")),
    };
    let bases = match Bases::build(&storage) {
        Ok(bases) => bases,
        Err(why) => return skip_all(&format!("no base image can be made ({why})")),
    };
    for (base, why) in bases.failed() {
        warn(&format!("SKIPPED: there is no {base} ({why}), so nothing was built on it"));
    }
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(project) = projects.get(at) else { break };
            let outcome = project.compare(&storage, &bases, by_rule);
            say(&format!("test {} ... {}", project.name, outcome.word()));
            done.lock().unwrap().push((at, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Writes the table of the README, or looks whether every project is in it. The sizes change with every update of an
/// archive, so they are not compared.
fn table(projects: &[Project], outcomes: &[Outcome], update: bool) -> Result<(), String> {
    let measured: Option<Vec<_>> = outcomes.iter().map(Outcome::sizes).collect();
    match measured.filter(|_| update) {
        Some(measured) => {
            let names = projects.iter().map(|project| project.name.as_str());
            size_tables::write(&names.zip(measured).collect::<Vec<_>>())
        }
        None => size_tables::check(projects.iter().map(|project| project.name.as_str())),
    }
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn warn(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
