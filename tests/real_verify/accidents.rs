//! The engine dies in the middle, or the disk fills: nothing is written, nobody is blamed, and nothing is left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::storage::{Storage, is_root, text};
use crate::{dopt_with, say, with_storage, with_storage_in};

const SLOW: &str = "FROM python:3.12\nRUN pip install a\nRUN sleep 6\n";

/// A buildah that is ended in the middle of the call of this number with this word, with all that is left to it.
fn dying(storage: &Storage, word: &str, number: usize) -> (&'static str, String) {
    wrapped(storage, word, number, "REAL \"$@\" & sleep 2; kill -9 $!; kill -9 $$")
}

/// A buildah that does something else first, at the call of this number with this word: the `PATH` that leads to it.
fn wrapped(storage: &Storage, word: &str, number: usize, what: &str) -> (&'static str, String) {
    let folder = tempfile::Builder::new().prefix("wrapped-").tempdir_in(storage.path("")).unwrap().keep();
    let real = text(Command::new("sh").args(["-c", "command -v buildah"]).output()).unwrap();
    let calls = folder.join("calls").display().to_string();
    let what = what.replace("REAL", &real);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = {word} ]; then\n  echo >> {calls}\n  if [ $(wc -l < {calls}) -eq {number} ]; then\n    \
         {what}\n  fi\nfi\nexec {real} \"$@\"\n"
    );
    fs::write(folder.join("buildah"), script).unwrap();
    fs::set_permissions(folder.join("buildah"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    ("PATH", format!("{}:{path}", folder.display()))
}

#[test]
fn an_engine_that_dies_stops_everything_and_no_fix_is_blamed() {
    with_storage(|storage, project| {
        let path = project.join("Dockerfile");
        let fix = ["fix", "Dockerfile", "--verify", "--write", "--no-baseline"];
        let smoke = ["--smoke", "sleep 6"];
        // The first build is that of the original, the second that of the rewritten file.
        for (word, number, text, more) in [
            ("build", 1, SLOW, &[][..]),
            ("build", 2, SLOW, &[]),
            ("run", 2, "FROM python:3.12\nRUN pip install a\n", &smoke),
        ] {
            fs::write(&path, text).unwrap();
            let ran = dopt_with(storage, &[&fix[..], more].concat(), &[dying(storage, word, number)]);
            let what = format!("{word} {number}: {}{}", ran.out, ran.err);
            assert_eq!(ran.code, Some(5), "{what}");
            assert!(ran.err.contains("buildah failed, so nothing was verified: it was ended by signal 9"), "{what}");
            assert!(!ran.err.contains("is left out") && !ran.err.contains("does not build"), "{what}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "{what}");
        }
        fs::write(&path, SLOW).unwrap();
        let ran = dopt_with(storage, &["verify", "Dockerfile", "--no-baseline"], &[dying(storage, "build", 2)]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(5), ""), "{}", ran.err);
    });
}

#[test]
fn an_engine_that_dies_while_an_image_is_read_stops_everything() {
    with_storage(|storage, project| {
        let path = project.join("Dockerfile");
        let text = "FROM python:3.12\nRUN pip install a\n";
        fs::write(&path, text).unwrap();
        // In the middle of the archive, and behind its end.
        for (number, what) in [
            (1, "REAL \"$@\" | head -c 20000; kill -9 $$"),
            (2, "REAL \"$@\" | head -c 20000; kill -9 $$"),
            (2, "REAL \"$@\"; kill -9 $$"),
        ] {
            let fix = ["fix", "Dockerfile", "--verify", "--write", "--no-baseline"];
            let ran = dopt_with(storage, &fix, &[wrapped(storage, "push", number, what)]);
            let said = format!("{number} {what}: {}{}", ran.out, ran.err);
            assert!(matches!(ran.code, Some(4 | 5)), "{said}");
            assert!(ran.err.contains("buildah") && !ran.err.contains("is left out"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "{said}");
        }
    });
}

/// A step that is ended by force says nothing about the file.
#[test]
fn a_step_that_is_killed_is_no_fault_of_a_fix() {
    with_storage(|storage, project| {
        let path = project.join("Dockerfile");
        // It is killed where pip was told to keep nothing: in the rewritten file.
        let text = "FROM python:3.12\nRUN pip install a\nRUN test -e /root/.cache/pip || kill -9 $$\n";
        fs::write(&path, text).unwrap();
        let ran = dopt_with(storage, &["fix", "Dockerfile", "--verify", "--write", "--no-baseline"], &[]);
        assert_eq!(ran.code, Some(5), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("a step was ended by force"), "{}", ran.err);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    });
}

/// A small disk, gone with the value.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn of(megabytes: usize) -> Result<Disk, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        text(mount).map(|_| Disk { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.path()).output();
    }
}

/// A buildah that fills the disk before the build of this number, but for 14 MB.
fn filling(storage: &Storage, number: usize) -> (&'static str, String) {
    let folder = storage.path("").display().to_string();
    let fill =
        format!("head -c $((($(df --output=avail -k {folder} | tail -1) - 14000) * 1024)) /dev/zero > {folder}/fill");
    wrapped(storage, "build", number, &fill)
}

#[test]
fn a_disk_that_fills_is_no_fault_of_the_file() {
    if !is_root() {
        return say("SKIPPED: only root can mount a small disk, so none was filled");
    }
    let disk = match Disk::of(150) {
        Ok(disk) => disk,
        Err(why) => return say(&format!("SKIPPED: no small disk can be mounted here ({why}), so none was filled")),
    };
    // It fills with the build of the original, and with that of the rewritten file.
    for number in [1, 2] {
        with_storage_in(disk.path(), |storage, project: PathBuf| {
            let path = project.join("Dockerfile");
            let text = "FROM python:3.12\nRUN head -c 12000000 /dev/urandom > /data\nRUN pip install a\n";
            fs::write(&path, text).unwrap();
            let fix = ["fix", "Dockerfile", "--verify", "--write", "--no-baseline", "--select", "no-pip-cache"];
            let ran = dopt_with(storage, &fix, &[filling(storage, number)]);
            assert_eq!(ran.code, Some(4), "{number}: {}{}", ran.out, ran.err);
            let is_told = ran.err.contains("the disk is full") || ran.err.contains("is the disk full?");
            assert!(is_told && ran.err.contains("so nothing can be verified"), "{number}: {}", ran.err);
            assert!(!ran.err.contains("is left out"), "{}", ran.err);
            assert_eq!(ran.err.contains("building the rewritten file"), number == 2, "{number}: {}", ran.err);
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "something was written");
        });
    }
}
