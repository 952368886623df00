//! `docker dopt`, called by Docker's own command line.
#![allow(clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

#[test]
fn docker_takes_dopt_as_a_plugin() {
    if Command::new("docker").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: docker is not installed (Debian package docker.io), so no plugin was called");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("cli-plugins")).unwrap();
    symlink(env!("CARGO_BIN_EXE_dopt"), folder.path().join("cli-plugins/docker-dopt")).unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n")
        .unwrap();
    let docker = |arguments: &[&str]| {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_CONFIG", folder.path()).current_dir(folder.path());
        command.output().unwrap()
    };
    let said = |output: &Output| {
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
    };

    let listed = said(&docker(&["--help"]));
    assert!(listed.contains("dopt*") && listed.contains("Rewrite Dockerfiles"), "{listed}");
    let diff = docker(&["dopt", "fix"]);
    assert!(said(&diff).contains("+RUN apt-get update && apt-get install -y curl && rm -rf"), "{}", said(&diff));
    assert_eq!(diff.status.code(), Some(1));
    assert!(said(&docker(&["dopt", "fix", "--help"])).contains("Usage: docker dopt fix"));
    let written = docker(&["--context", "default", "dopt", "fix", "--write", "--no-undo"]);
    assert!(written.status.success(), "{}", said(&written));
}
