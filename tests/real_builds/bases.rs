//! The images that the Dockerfiles start from: a Debian made by mmdebstrap, and stand-ins for official images on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;

use crate::debian;
use crate::storage::Storage;

/// A Debian that is no official image, and the Dockerfile of the official one.
const DEBIANS: &[(&str, &str)] =
    &[("example.com/debian:12", "plain.Dockerfile"), ("docker.io/library/debian:12", "debian.Dockerfile")];

/// What is built on it.
const LANGUAGES: &[(&str, &str)] =
    &[("docker.io/library/python:3.11", "python.Dockerfile"), ("docker.io/library/node:18", "node.Dockerfile")];

pub struct Bases {
    layers: BTreeSet<String>,
    failed: Vec<(&'static str, String)>,
}

impl Bases {
    /// Fails where there is no Debian at all.
    pub fn build(storage: &Storage) -> Result<Bases, String> {
        let context = debian::files(storage)?;
        let build = |(image, dockerfile): &(&str, &str)| {
            // Whatever is built on the first has its variables.
            let settings = match *dockerfile {
                "plain.Dockerfile" => debian::environment(),
                _ => Vec::new(),
            };
            storage.build(&folder().join(dockerfile), &context, image, &settings)
        };
        DEBIANS.iter().try_for_each(build)?;
        let built: Vec<Result<(), String>> = thread::scope(|scope| {
            let threads: Vec<_> = LANGUAGES.iter().map(|base| scope.spawn(move || build(base))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut bases = Bases { layers: BTreeSet::new(), failed: Vec::new() };
        for ((image, _), built) in DEBIANS.iter().zip([Ok(()), Ok(())]).chain(LANGUAGES.iter().zip(built)) {
            match built {
                Ok(()) => bases.layers.extend(storage.layers(image)?.into_iter().map(|(id, _)| id)),
                Err(why) => bases.failed.push((image, why)),
            }
        }
        Ok(bases)
    }

    /// Those that could not be made, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.failed.iter().map(|(image, why)| (image.rsplit('/').next().unwrap_or(image), why.as_str()))
    }

    /// Whether everything that a Dockerfile starts from is there.
    pub fn serve(&self, dockerfile: &str) -> bool {
        !self.failed().any(|(image, _)| dockerfile.contains(&format!("FROM {image}")))
    }

    /// The bytes of an image that are not those of the base below it.
    pub fn added(&self, storage: &Storage, image: &str) -> Result<u64, String> {
        let layers = storage.layers(image)?;
        Ok(layers.iter().filter(|(id, _)| !self.layers.contains(id)).map(|(_, size)| size).sum())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_builds/bases")
}
