//! Programs of other people that judge what dopt prints: from PyPI and npm, installed once into the target folder.

#![allow(dead_code, reason = "each test uses some of them")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the programs of `requirements.txt`; `None`, and a loud word, where they cannot be installed.
pub fn python() -> Option<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/referees/requirements.txt");
    let folder = installed("python", |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let pip = folder.join("bin/pip");
        run(Command::new(&pip).args(["install", "-q", "--disable-pip-version-check", "-r"]).arg(requirements))?;
        // The schema of JUnit's XML that Jenkins uses comes with the sources of pytest.
        let pytest = ["download", "-q", "--no-deps", "--no-binary", ":all:", "pytest==9.2.0", "-d"];
        run(Command::new(&pip).args(pytest).arg(folder))?;
        let schema = "pytest-9.2.0/testing/example_scripts/junit-10.xsd";
        run(Command::new("tar")
            .current_dir(folder)
            .args(["xzf", "pytest-9.2.0.tar.gz", "--strip-components=3", schema]))
    })?;
    Some(folder)
}

/// The folder with a package from npm, under `node_modules`.
pub fn npm(package: &str) -> Option<PathBuf> {
    let name = package.replace(['@', '/'], "_");
    installed(&name, |folder| {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        run(Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(folder)
            .arg(package))
    })
}

/// Says it even where the output of tests is kept back.
pub fn skipped(why: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

/// Whether a program is there; a loud word where it is not.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        skipped(&format!("{program} is not here; tests/run installs it on Debian"));
    }
    found
}

/// Installs into a folder of that name once, whichever test comes first.
fn installed(name: &str, install: impl FnOnce(&Path) -> Result<(), String>) -> Option<PathBuf> {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("referees");
    fs::create_dir_all(&all).expect("the target folder can be written");
    let lock = File::create(all.join(format!("{name}.lock"))).expect("the target folder can be written");
    lock.lock().expect("a lock");
    let (folder, done) = (all.join(name), all.join(format!("{name}.done")));
    if done.exists() {
        return Some(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    match install(&folder) {
        Ok(()) => {
            File::create(done).expect("the target folder can be written");
            Some(folder)
        }
        Err(why) => {
            skipped(&format!("what judges the output cannot be installed: {why}"));
            None
        }
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {log}")) }
}
