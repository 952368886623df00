//! `dopt verify` with podman, on the storage that buildah has.

use std::fs;
use std::process::Command;

use crate::storage::text;
use crate::{say, with_storage};

const FILE: &str = "FROM python:3.12\nADD app /srv/app\nRUN pip install a\nUSER 1000\nCMD [\"sh\"]\n";

#[test]
fn podman_builds_and_compares_and_leaves_nothing() {
    with_storage(|storage, project| {
        if let Err(why) = text(storage.command("podman").args(["info"]).output()) {
            return say(&format!("SKIPPED: podman does not work here ({}), so it verified nothing", why.trim()));
        }
        fs::write(project.join("app"), "hello").unwrap();
        fs::write(project.join("Dockerfile"), FILE).unwrap();
        let verify = |other: &str| {
            fs::write(project.join("Other"), other).unwrap();
            let mut command: Command = storage.command(env!("CARGO_BIN_EXE_dopt"));
            command.args(["verify", "Dockerfile", "--against", "Other", "--engine", "podman", "--isolated"]);
            let output = command.arg("--no-baseline").current_dir(&project).output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let (code, out, err) = verify(&FILE.replace("ADD", "COPY"));
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("Dockerfile: verified"), "{out}{err}");
        let (code, out, err) = verify(&FILE.replace("USER 1000\n", "RUN chmod 600 /srv/app\n"));
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("app had mode 644 and has 600") && out.contains("User is gone; it was \"1000\""), "{out}");
        // A step that fails leaves the layers of those before it, if nobody sees to it.
        let (code, out, err) = verify(&FILE.replace("USER 1000\n", "RUN echo no such luck && false\n"));
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("does not build") && out.contains("no such luck"), "{out}");
    });
}
