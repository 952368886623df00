//! The images that projects start from: under the names of public images, made of Debian's packages.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use crate::debian;
use crate::sample::Sample;
use crate::storage::Storage;
use crate::{THREADS, say};

/// Names of images, and the Dockerfile in `bases` that makes what stands in for them.
const IMAGES: &[(&str, &[&str])] = &[
    ("plain", &["example.com/debian:12"]),
    (
        "debian",
        &["debian:12", "debian:bookworm", "debian:12-slim", "debian:bookworm-slim", "debian:bookworm-20240904-slim"],
    ),
    ("buildpack-scm", &["buildpack-deps:bookworm-scm"]),
    ("buildpack", &["buildpack-deps:bookworm", "gcc:12", "gcc:12-bookworm", "gcc:12.2-bookworm"]),
    ("golang", &["golang:1.19", "golang:1.19-bookworm"]),
    ("rust", &["rust:1.63", "rust:1.63-bookworm", "rust:1.63-slim-bookworm"]),
    ("jdk", &["eclipse-temurin:17", "eclipse-temurin:17-jdk", "eclipse-temurin:17-jdk-jammy"]),
    ("jre", &["eclipse-temurin:17-jre", "eclipse-temurin:17-jre-jammy"]),
    ("python", &["python:3.11", "python:3.11-bookworm"]),
    ("python-slim", &["python:3.11-slim", "python:3.11-slim-bookworm"]),
    ("node", &["node:18", "node:18-bookworm"]),
    ("node-slim", &["node:18-slim", "node:18-bookworm-slim"]),
    ("php", &["php:8.2-cli", "php:8.2-cli-bookworm", "php:8.2"]),
    ("ruby", &["ruby:3.1", "ruby:3.1-bookworm"]),
    ("ruby-slim", &["ruby:3.1-slim", "ruby:3.1-slim-bookworm"]),
    ("distroless-static", &["gcr.io/distroless/static-debian12"]),
];

/// Those that were made, and those that were not.
pub struct StandIns {
    failed: BTreeMap<String, String>,
}

impl StandIns {
    /// Makes what these projects start from, before and after; what was made before is kept.
    pub fn make(storage: &Storage, samples: &[&Sample]) -> Result<StandIns, String> {
        let mut needed = Vec::new();
        for image in samples.iter().flat_map(|sample| images_of(sample)) {
            need(&image, &mut needed);
        }
        let failed = Mutex::new(BTreeMap::new());
        let mut waiting = needed;
        let mut done: Vec<&str> = Vec::new();
        while !waiting.is_empty() {
            let is_ready =
                |name: &&str| parents(name).iter().filter_map(|image| base(image)).all(|base| done.contains(&base));
            let (ready, later): (Vec<&str>, Vec<&str>) = waiting.into_iter().partition(is_ready);
            let next = Mutex::new(ready.iter());
            let work = || {
                loop {
                    let Some(name) = next.lock().unwrap().next() else { break };
                    if let Err(why) = make(storage, name) {
                        failed.lock().unwrap().insert((*name).to_owned(), why);
                    }
                }
            };
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(work);
                }
            });
            done.extend(ready);
            waiting = later;
        }
        let failed = failed.into_inner().unwrap();
        match failed.get("plain") {
            Some(why) => Err(why.clone()),
            None => Ok(StandIns { failed }),
        }
    }

    /// The first image of a project that could not be made, and why.
    pub fn missing(&self, sample: &Sample) -> Option<(String, &str)> {
        images_of(sample).into_iter().find_map(|image| {
            let why = self.failed.get(base(&image)?)?;
            Some((image, why.as_str()))
        })
    }
}

/// The first image of a project that has no stand-in.
pub fn unknown(sample: &Sample) -> Option<String> {
    images_of(sample).into_iter().find(|image| base(image).is_none())
}

/// The images that the stages of a Dockerfile start from, without those that are stages themselves.
pub fn started_from(dockerfile: &str) -> Vec<String> {
    let mut stages: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with("--"));
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM")) {
            continue;
        }
        let Some(image) = words.next() else { continue };
        if !stages.contains(&image) {
            found.push(image.to_owned());
        }
        stages.extend(words.nth(1));
    }
    found
}

fn images_of(sample: &Sample) -> Vec<String> {
    let (before, after) = sample.dockerfiles();
    let mut images = [started_from(&before), started_from(&after)].concat();
    images.retain(|image| image != "scratch");
    images
}

/// The Dockerfile that makes an image.
fn base(image: &str) -> Option<&'static str> {
    IMAGES.iter().find(|(_, names)| names.contains(&image)).map(|(base, _)| *base)
}

fn parents(name: &str) -> Vec<String> {
    let mut images = started_from(&dockerfile(name));
    images.retain(|image| image != "scratch");
    images
}

/// Puts what makes an image behind what that starts from.
fn need(image: &str, needed: &mut Vec<&'static str>) {
    let name = base(image).unwrap_or_else(|| panic!("{image} is not in the table of stand-ins"));
    if !needed.contains(&name) {
        parents(name).iter().for_each(|image| need(image, needed));
        needed.push(name);
    }
}

fn path(name: &str) -> PathBuf {
    // The Debian that all tests of images start from.
    let folder = if name == "plain" { "tests/real_builds/bases" } else { "tests/projects/bases" };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(format!("{name}.Dockerfile"))
}

fn dockerfile(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{}: {error}", path(name).display()))
}

/// Changes with the Dockerfile, and with those below it.
fn mark(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    dockerfile(name).hash(&mut hasher);
    for parent in parents(name) {
        base(&parent).map(mark).hash(&mut hasher);
    }
    hasher.finish()
}

fn make(storage: &Storage, name: &str) -> Result<(), String> {
    let made = format!("localhost/stand-in/{name}:{:016x}", mark(name));
    if storage.buildah(&["inspect", "--type", "image", &made]).is_err() {
        say(&format!("making what stands in for {name} …"));
        let settings = if name == "plain" { debian::environment() } else { Vec::new() };
        let context = match name {
            "plain" => debian::files(storage)?,
            _ => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/real_builds/bases"),
        };
        storage.build(&path(name), &context, &made, &settings)?;
    }
    let names = IMAGES.iter().filter(|(base, _)| *base == name).flat_map(|(_, names)| *names);
    for image in names {
        let full = match image.split_once('/') {
            Some((host, _)) if host.contains('.') => (*image).to_owned(),
            _ => format!("docker.io/library/{image}"),
        };
        storage.buildah(&["tag", &made, &full])?;
    }
    Ok(())
}
