//! `dopt verify` with podman, on the storage that buildah has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::storage::{Storage, text};
use crate::{say, with_storage};

/// A runtime that sets no limits on processes: some machines let nobody do that.
const RUNTIME: &str = r#"#!/bin/sh
for word; do [ "$last" = --bundle ] && sed -i 's/"rlimits":\[[^]]*\]/"rlimits":[]/' "$word/config.json"; last=$word; done
exec runc "$@"
"#;

const FILE: &str = "FROM python:3.12\nADD app /srv/app\nRUN pip install a\nUSER 1000\nCMD [\"sh\"]\n";

/// Whether podman runs containers here, with a configuration of its own if it must.
fn can_run(storage: &Storage, containers: &Path) -> bool {
    let run = |why: &str| {
        let mut command = storage.command("podman");
        let arguments = ["run", "--rm", "--network", "none", "docker.io/library/python:3.12", "true"];
        let ran = text(command.env("CONTAINERS_CONF", containers).args(arguments).output());
        ran.map_err(|error| say(&format!("{why}: {}", error.trim()))).is_ok()
    };
    fs::write(containers, "").unwrap();
    let runtime = storage.path("runtime");
    fs::write(&runtime, RUNTIME).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
    let text = format!(
        "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\nruntime = \"runc\"\n\
         [engine.runtimes]\nrunc = [{:?}]\n",
        runtime.display().to_string()
    );
    run("podman runs nothing here as it is set up") || {
        fs::write(containers, text).unwrap();
        run("SKIPPED: podman runs nothing here, so no smoke command was tried")
    }
}

#[test]
fn podman_builds_and_compares_and_leaves_nothing() {
    with_storage(|storage, project| {
        if let Err(why) = text(storage.command("podman").args(["info"]).output()) {
            return say(&format!("SKIPPED: podman does not work here ({}), so it verified nothing", why.trim()));
        }
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), FILE).unwrap();
        let containers = storage.path("containers.conf");
        let runs = can_run(storage, &containers);
        let verify = |other: &str| {
            fs::write(project.join("Other"), other).unwrap();
            let mut command: Command = storage.command(env!("CARGO_BIN_EXE_dopt"));
            command.args(["verify", "Dockerfile", "--against", "Other", "--engine", "podman", "--isolated"]);
            if runs {
                command.args(["--smoke", "id -u; cat /srv/app"]).env("CONTAINERS_CONF", &containers);
            }
            let output = command.arg("--no-baseline").current_dir(&project).output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let (code, out, err) = verify(&FILE.replace("ADD", "COPY"));
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("Dockerfile: verified"), "{out}{err}");
        assert_eq!(out.contains("does the same in both"), runs, "{out}{err}");
        let (code, out, err) = verify(&FILE.replace("USER 1000\n", "RUN chmod 600 /srv/app\n"));
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("app had mode 644 and has 600") && out.contains("User is gone; it was \"1000\""), "{out}");
        // A step that fails leaves the layers of those before it, if nobody sees to it.
        let (code, out, err) = verify(&FILE.replace("USER 1000\n", "RUN echo no such luck && false\n"));
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("does not build") && out.contains("no such luck"), "{out}");
    });
}
