//! The files of a Debian that mmdebstrap makes, and the settings of this machine beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::images::checked;
use crate::machine;
use crate::storage::Storage;

/// Where the certificates of this machine lie in the images.
const CERTIFICATES: &str = "/etc/ssl/machine.pem";

/// As in the slim images of Debian: no documentation; and no waiting for the disk.
const DPKG_OPTIONS: &[&str] = &[
    "path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright", "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*", "force-unsafe-io",
];

/// A context with the archive and the settings, for `bases/plain.Dockerfile`.
pub fn files(storage: &Storage) -> Result<PathBuf, String> {
    let context = storage.scratch("base");
    bootstrap(&context, storage.scratch("sources"))?;
    copy_settings(&context)?;
    Ok(context)
}

/// Options for the build of the plain image: whatever is built on it has the variables of this machine.
pub fn environment() -> Vec<String> {
    let settings = machine::environment(Path::new(CERTIFICATES));
    settings.iter().map(|(name, value)| format!("--env={name}={value}")).collect()
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
