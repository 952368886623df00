//! The images that the Dockerfiles start from: a Debian made by mmdebstrap, and stand-ins for official images on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::images::checked;
use crate::machine;
use crate::storage::Storage;

/// A Debian that is no official image, and the Dockerfile of the official one.
const DEBIANS: &[(&str, &str)] =
    &[("example.com/debian:12", "plain.Dockerfile"), ("docker.io/library/debian:12", "debian.Dockerfile")];

/// What is built on it.
const LANGUAGES: &[(&str, &str)] =
    &[("docker.io/library/python:3.11", "python.Dockerfile"), ("docker.io/library/node:18", "node.Dockerfile")];

/// Where the certificates of this machine lie in the images.
const CERTIFICATES: &str = "/etc/ssl/machine.pem";

/// As in the slim images of Debian: no documentation; and no waiting for the disk.
const DPKG_OPTIONS: &[&str] = &[
    "path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright", "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*", "force-unsafe-io",
];

pub struct Bases {
    layers: BTreeSet<String>,
    failed: Vec<(&'static str, String)>,
}

impl Bases {
    /// Fails where there is no Debian at all.
    pub fn build(storage: &Storage) -> Result<Bases, String> {
        let context = storage.scratch("base");
        bootstrap(&context, storage.scratch("sources"))?;
        copy_settings(&context)?;
        let build = |(image, dockerfile): &(&str, &str)| {
            // Whatever is built on the first has its variables.
            let settings = match *dockerfile {
                "plain.Dockerfile" => machine::environment(Path::new(CERTIFICATES)),
                _ => Vec::new(),
            };
            let more: Vec<String> = settings.iter().map(|(name, value)| format!("--env={name}={value}")).collect();
            storage.build(&folder().join(dockerfile), &context, image, &more)
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

/// Makes the archive with Debian's files.
fn bootstrap(context: &Path, scratch: PathBuf) -> Result<(), String> {
    let mut command = Command::new("mmdebstrap");
    command.args(["--mode=root", "--variant=minbase"]);
    let sources = machine::sources();
    if sources.iter().any(|(_, text)| text.contains("https:")) {
        command.arg("--include=ca-certificates");
    }
    command.args(DPKG_OPTIONS.iter().map(|option| format!("--dpkgopt={option}")));
    command.args(machine::apt_options().iter().map(|option| format!("--aptopt={option}")));
    command.arg(machine::RELEASE).arg(context.join("rootfs.tar"));
    for (name, text) in sources {
        let path = scratch.join(name);
        fs::write(&path, text).map_err(|error| error.to_string())?;
        command.arg(path);
    }
    checked(&mut command).map(drop)
}

/// Puts this machine's certificates and the settings of the official images beside the archive.
fn copy_settings(context: &Path) -> Result<(), String> {
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to.parent().expect("it has a folder")).and_then(|()| fs::copy(from, to)).map(drop)
    };
    let machine = context.join("machine");
    let files = fs::read_dir(folder().join("official")).map_err(|error| error.to_string())?.flatten();
    let settings = files.map(|file| (file.path(), context.join("official").join(file.file_name())));
    let certificates = machine::certificates().ok_or("no certificates of authorities; install ca-certificates")?;
    let trust = (certificates, machine.join("ssl/machine.pem"));
    settings.chain([trust]).try_for_each(|(from, to)| copy(&from, &to)).map_err(|error| error.to_string())?;
    let apt = machine.join("apt/apt.conf.d");
    let option = format!("Acquire::https::CaInfo \"{CERTIFICATES}\";\n");
    fs::create_dir_all(&apt).and_then(|()| fs::write(apt.join("80machine"), option)).map_err(|error| error.to_string())
}
