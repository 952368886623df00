//! Small projects with real code, in `tests/projects`: whether dopt splits each of them or says the right reason, and
//! whether both versions do the same where the images that they start from can be made of Debian's packages.
//!
//! A project is a folder with a `context` (its `Dockerfile` is in it), a `project.toml`, and the expected
//! `split.Dockerfile` where it is split. Needs root, buildah and mmdebstrap to build; without them it says what was
//! skipped. Images to start from are made once and kept in the target folder.
//!
//! `cargo test --test projects` builds those with `quick = true`, and compares all of them as text.
//! `cargo test --test projects NAME` builds those that have NAME in their name.
//! `DOPT_PROJECTS=all` builds all, `DOPT_PROJECTS=none` builds none.
//! `UPDATE=1` writes what is expected; with `DOPT_PROJECTS=all`, also the tables of the README.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::sample::{Expected, Sample};
use crate::stand_ins::StandIns;
use crate::storage::Storage;
use crate::trial::Sizes;

#[path = "real_builds/debian.rs"]
mod debian;
#[path = "real_builds/images.rs"]
#[allow(dead_code)]
mod images;
#[path = "real_builds/machine.rs"]
mod machine;
#[path = "projects/report.rs"]
mod report;
#[path = "projects/sample.rs"]
mod sample;
#[path = "projects/smoke.rs"]
mod smoke;
#[path = "projects/stand_ins.rs"]
mod stand_ins;
#[path = "real_images/storage.rs"]
#[allow(dead_code)]
mod storage;
#[path = "projects/trial.rs"]
mod trial;

const THREADS: usize = 2;

/// What became of a project.
pub struct Found<'s> {
    /// The project.
    pub sample: &'s Sample,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// Where both versions were built and do the same.
    pub sizes: Option<Sizes>,
}

/// This test has no harness, so that what is skipped is seen and counted.
fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let update = std::env::var_os("UPDATE").is_some();
    let start = Instant::now();
    let samples = samples(&wanted);
    say(&format!("running {} tests", samples.len() + 1));
    let mut found: Vec<Found<'_>> =
        samples.iter().map(|sample| Found { sample, wrong: sample.compare_text(update).err(), sizes: None }).collect();
    let skipped = build(&mut found, !wanted.is_empty());
    for one in &found {
        say(&format!("test {} ... {}", one.sample.name, if one.wrong.is_none() { "ok" } else { "FAILED" }));
    }
    let is_whole = wanted.is_empty();
    let table = if is_whole { report::compare(&found, update && builds_all()) } else { Ok(()) };
    say(&format!("test the README says how many are split ... {}", if table.is_ok() { "ok" } else { "FAILED" }));

    for one in &found {
        if let Some(why) = &one.wrong {
            say(&format!("\n---- {} ----\n{why}", one.sample.name));
        }
    }
    if let Err(why) = &table {
        say(&format!("\n---- README.md ----\n{why}"));
    }
    let failed = found.iter().filter(|one| one.wrong.is_some()).count() + usize::from(table.is_err());
    let word = if failed == 0 { "ok" } else { "FAILED" };
    say(&format!(
        "\ntest result: {word}. {} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out; finished in \
         {:.0}s\n",
        found.len() + 1 - failed,
        start.elapsed().as_secs_f32()
    ));
    if failed > 0 {
        std::process::exit(101);
    }
}

fn builds_all() -> bool {
    std::env::var("DOPT_PROJECTS").is_ok_and(|value| value == "all")
}

/// The folders with a `project.toml`, by name.
fn samples(wanted: &[String]) -> Vec<Sample> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("project.toml").exists());
    folders.sort();
    let mut samples: Vec<Sample> = folders.iter().map(|folder| Sample::read(folder)).collect();
    samples.retain(|sample| wanted.is_empty() || wanted.iter().any(|part| sample.name.contains(part)));
    samples
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects")
}

/// Builds both versions of the projects that are split, and runs them. Returns how many should have been built and could
/// not be.
fn build(found: &mut [Found<'_>], is_named: bool) -> usize {
    let none = std::env::var("DOPT_PROJECTS").is_ok_and(|value| value == "none");
    let is_chosen = |one: &&mut Found<'_>| {
        let is_split = one.wrong.is_none() && matches!(one.sample.expected, Expected::Split);
        is_split && !none && (is_named || builds_all() || one.sample.is_quick)
    };
    let mut chosen: Vec<&mut Found<'_>> = found.iter_mut().filter(is_chosen).collect();
    chosen.retain(|one| match stand_ins::unknown(one.sample) {
        Some(image) if is_named || builds_all() => {
            warn(&format!(
                "{}: compared as text, because {image} cannot be made of Debian's packages",
                one.sample.name
            ));
            false
        }
        unknown => unknown.is_none(),
    });
    if chosen.is_empty() {
        return 0;
    }
    let skip_all = |why: &str| {
        warn(&format!("SKIPPED: {why}, so no project was built"));
        chosen.len()
    };
    if let Some(missing) = machine::missing() {
        return skip_all(&missing);
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects");
    let storage = match Storage::kept(&place) {
        Ok(storage) => storage,
        Err(why) => return skip_all(&format!("buildah cannot store images here ({why})")),
    };
    let samples: Vec<&Sample> = chosen.iter().map(|one| one.sample).collect();
    let stand_ins = match StandIns::make(&storage, &samples) {
        Ok(stand_ins) => stand_ins,
        Err(why) => return skip_all(&format!("no base image can be made ({why})")),
    };
    let skipped = AtomicUsize::new(0);
    let next = Mutex::new(chosen.into_iter());
    let work = || {
        loop {
            let Some(one) = next.lock().unwrap().next() else { break };
            if let Some((image, why)) = stand_ins.missing(one.sample) {
                warn(&format!("SKIPPED: there is no {image} ({why}), so {} was not built", one.sample.name));
                skipped.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let start = Instant::now();
            match trial::run(&storage, one.sample) {
                Ok(sizes) => one.sizes = Some(sizes),
                Err(why) => one.wrong = Some(why),
            }
            say(&format!("built {} in {:.0}s", one.sample.name, start.elapsed().as_secs_f32()));
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let _ = storage.buildah(&["rmi", "--prune"]);
    skipped.into_inner()
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn warn(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
