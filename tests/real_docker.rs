//! `dopt size` and `dopt verify` with a real dockerd. Where none can be started, everything is skipped, loudly.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::daemon::Daemon;
use crate::storage::{is_root, text};

#[path = "real_images/daemon.rs"]
mod daemon;
#[path = "real_images/storage.rs"]
#[allow(dead_code)]
mod storage;

const BASE: &str = r#"FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
"#;

/// The daemon has no network, and its builder runs no step without one.
const FILE: &str = "FROM python:3.12\nADD app /srv/app\nENV MODE=fast\nUSER 1000\nCMD [\"sh\"]\n";

static ONE_BY_ONE: Mutex<()> = Mutex::new(());

/// A daemon that has the base image, and a folder with a project.
fn start(folder: &Path) -> Option<(Daemon, PathBuf)> {
    let found = if is_root() { Daemon::start() } else { Err("only root can start a dockerd".to_owned()) };
    let daemon = match found {
        Ok(daemon) => daemon,
        Err(why) => {
            let line = format!("SKIPPED: {why}, so nothing was compared with Docker\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        }
    };
    let (base, project) = (folder.join("base"), folder.join("project"));
    fs::create_dir_all(&base).unwrap();
    fs::create_dir_all(&project).unwrap();
    let busybox = text(Command::new("sh").args(["-c", "command -v busybox"]).output()).unwrap();
    fs::copy(busybox, base.join("busybox")).unwrap();
    fs::write(base.join("Dockerfile"), BASE).unwrap();
    fs::write(project.join("app"), "hello").unwrap();
    fs::write(project.join("Dockerfile"), FILE).unwrap();
    let mut build = daemon.command("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "--tag", "python:3.12"]).arg(&base);
    text(build.output()).unwrap();
    Some((daemon, project))
}

#[test]
fn docker_says_the_same_sizes_and_builds_the_same_images() {
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let Some((daemon, project)) = start(folder.path()) else { return };
    let dopt = |arguments: &[&str]| {
        let mut command = daemon.command(env!("CARGO_BIN_EXE_dopt"));
        let output = command.args(arguments).args(["--engine", "docker"]).current_dir(&project).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), said)
    };
    let (_, size, said) = dopt(&["size", "python:3.12", "-f", "json"]);
    let size: Value = serde_json::from_str(&size).unwrap_or_else(|_| panic!("{said}"));
    let theirs: u64 =
        daemon.docker(&["image", "inspect", "python:3.12", "--format", "{{.Size}}"]).unwrap().parse().unwrap();
    assert_eq!(size["engine_bytes"], theirs);
    assert_eq!(size["layers"][0]["created_by"], "COPY … /bin/busybox");

    let images = || {
        let listed = daemon.docker(&["images", "--all", "--quiet"]).unwrap();
        listed.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let images_before = images();
    let smoke = ["--smoke", "echo $MODE; /bin/busybox id -u; /bin/busybox cat /srv/app"];
    let verify = ["verify", "Dockerfile", "--isolated", "-f", "json", "--no-baseline"];
    let (code, found, said) = dopt(&[&verify[..], &smoke[..]].concat());
    assert_eq!(code, Some(0), "{found}{said}");
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["verdict"], "same");
    assert_eq!(found["smoke"]["after"]["printed"], "fast\n1000\nhello");
    fs::write(project.join("Other"), FILE.replace("USER 1000", "USER 1001")).unwrap();
    let (code, said, _) = dopt(&["verify", "Dockerfile", "--isolated", "--no-baseline", "--against", "Other"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("User was \"1000\" and is \"1001\""), "{said}");
    assert_eq!(images(), images_before, "images are left");
    assert_eq!(daemon.docker(&["ps", "--all", "--quiet"]).unwrap(), "", "containers are left");
}

/// A docker in whose call of this number, with these words, the daemon is ended: it hears of the call and never answers,
/// or answers for a while.
fn deadly(folder: &Path, daemon: &Daemon, words: &str, number: usize, answers: bool) -> String {
    let real = text(Command::new("sh").args(["-c", "command -v docker"]).output()).unwrap();
    let (calls, id) = (folder.join("calls").display().to_string(), daemon.id());
    let stopped = if answers { ":".to_owned() } else { format!("kill -STOP {id}") };
    let script = format!(
        "#!/bin/sh\ncase \"$1 $2\" in {words})\n  echo >> {calls}\n  if [ $(wc -l < {calls}) -eq {number} ]; then\n    \
         {stopped}; {real} \"$@\" & sleep 3; kill -KILL {id}; wait $!; exit $?\n  fi;;\nesac\nexec {real} \"$@\"\n"
    );
    fs::write(folder.join("docker"), script).unwrap();
    fs::set_permissions(folder.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn a_daemon_that_dies_in_the_middle_stops_everything_and_no_fix_is_blamed() {
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The first of each is about the original, the second about the rewritten file.
    for (words, number, answers) in [
        ("'build '*|'buildx build'", 1, false),
        ("'build '*|'buildx build'", 2, false),
        ("'run '*", 2, true),
        ("'image save'", 2, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let Some((daemon, project)) = start(folder.path()) else { return };
        let path = deadly(folder.path(), &daemon, words, number, answers);
        let mut command = daemon.command(env!("CARGO_BIN_EXE_dopt"));
        command.env("PATH", path).current_dir(&project);
        command.args(["fix", "Dockerfile", "--verify", "--write", "--no-baseline", "--isolated", "--engine", "docker"]);
        let output = command.args(["--smoke", "/bin/busybox sleep 6"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let what = format!("{words} {number}: {}{said}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(output.status.code(), Some(5), "{what}");
        assert!(said.contains("nothing was verified") && said.contains("does not answer any more"), "{what}");
        assert!(!said.contains("is left out") && !said.contains("does not build"), "{what}");
        assert_eq!(fs::read_to_string(project.join("Dockerfile")).unwrap(), FILE, "{what}");
    }
}
