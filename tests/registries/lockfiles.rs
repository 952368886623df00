//! `dopt.lock`: where it lies, what it is worth without a network, and what is wrong with it.

use crate::debian::digest_of;
use crate::project::Project;
use crate::server::{Reply, Request, Server};

/// A registry that has every tag, each with a digest of its own.
fn registry() -> Server {
    Server::start(|request: &Request| {
        Reply::new(200)
            .header("content-type", "application/vnd.oci.image.index.v1+json")
            .header("docker-content-digest", digest_of(request.path.as_bytes()))
    })
}

#[test]
fn it_lies_beside_the_configuration_or_at_the_root_of_the_repository() {
    let server = registry();
    let text = format!("FROM {}/a:1\n", server.host());
    let project = Project::new();
    for folder in ["one/deep", "two/deep"] {
        project.write(&format!("{folder}/Dockerfile"), &text);
    }
    project.write("two/dopt.toml", "");
    project.dopt_in("one", &["pin", "--write", "..", "-q"]).expect(0);
    assert!(project.path("dopt.lock").exists() && project.path("two/dopt.lock").exists());
    assert!(!project.path("one/dopt.lock").exists());
    assert_eq!(server.requests().len(), 1, "both lockfiles want the same, which is asked once");
    assert_eq!(project.read("one/deep/Dockerfile"), project.read("two/deep/Dockerfile"));
}

#[test]
fn it_is_written_only_with_the_files() {
    let server = registry();
    let project = Project::with(&format!("FROM {}/a:1\n", server.host()));
    for arguments in [&["pin"][..], &["pin", "--check"], &["check", "--pin"], &["fix", "--pin"], &["pin", "-f", "json"]]
    {
        project.dopt(arguments).expect(1);
        assert!(!project.path("dopt.lock").exists(), "{arguments:?}");
    }
    let run = project.dopt(&["pin", "--write"]);
    run.expect(0).says("dopt.lock: 1 image looked up");
    assert_eq!(project.dopt(&["pin", "--write"]).said(), "1 file, nothing to do\n");
}

#[test]
fn standard_input_is_pinned_too() {
    let server = registry();
    let text = format!("FROM {}/a:1\n", server.host());
    let project = Project::with(&text);
    project.dopt(&["pin", "--write"]).expect(0);
    let pinned = project.read("Dockerfile");
    project.write("plain", &text);
    let script = format!("exec {} pin --offline --write -q - < plain", env!("CARGO_BIN_EXE_dopt"));
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(project.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), pinned);
}

#[test]
fn offline_it_is_all_there_is() {
    let server = registry();
    let host = server.host();
    let project = Project::with(&format!("FROM {host}/a:1\n"));
    project.dopt(&["pin", "--write", "-q"]).expect(0);
    drop(server);
    project.write("Dockerfile", &format!("FROM {host}/a:1\nFROM {host}/b:1\nFROM --platform=linux/arm64 {host}/a:1\n"));
    let run = project.dopt(&["pin", "--offline"]);
    run.expect(1).says(&format!("dopt.lock does not have {host}/b:1, and no registry may be asked [not-in-lockfile]"));
    run.says(&format!("dopt.lock does not say for which platforms {host}/a:1 is"));
    project.dopt(&["pin", "--locked", "--required"]).expect(5);
    project.dopt(&["pin", "--offline", "--update"]).expect(2);
    project.dopt(&["pin", "--update", "Dockerfile"]).expect(2).says("this is a file, not a glob for images");
}

#[test]
fn an_update_asks_again_for_what_it_covers_and_a_policy_keeps_the_rest() {
    let server = registry();
    let host = server.host();
    let project = Project::with(&format!("FROM {host}/a:1\nFROM {host}/b:1\nFROM {host}/c:1\n"));
    project.dopt(&["pin", "--write", "-q"]).expect(0);
    let asked = |server: &Server| {
        let tags = server.requests().into_iter().map(|request| request.path.split('/').nth(2).unwrap().to_owned());
        tags.collect::<Vec<String>>()
    };
    assert_eq!(asked(&server).len(), 3);
    project.dopt(&["pin", "--update", &format!("{host}/a:*")]).expect(0);
    assert_eq!(asked(&server)[3..], ["a"]);
    project.write("dopt.toml", &format!("[pin.policy]\n\"**\" = \"never-update\"\n\"{host}/b\" = \"pin\"\n"));
    project.dopt(&["pin", "--update"]).expect(0);
    assert_eq!(asked(&server)[4..], ["b"]);
}

#[test]
fn pins_that_are_too_old_fail_a_check() {
    let server = registry();
    let project = Project::with(&format!("FROM {}/a:1\n", server.host()));
    project.dopt(&["pin", "--write", "-q"]).expect(0);
    let check = ["pin", "--check", "--offline", "--max-age", "30d"];
    project.dopt(&check).expect(0);
    let lock = project.read("dopt.lock");
    let at = lock.find("looked-up = ").unwrap() + "looked-up = ".len();
    project.write("dopt.lock", &format!("{}2020{}", &lock[..at], &lock[at + 4..]));
    let run = project.dopt(&check);
    run.expect(1).says("was looked up").says("days ago; `dopt pin --update` does it anew [pin-is-stale]");
    project.dopt(&["pin", "--check", "--offline"]).expect(0);
    project.dopt(&["check", "--pin", "--offline", "--max-age", "30d"]).expect(1);
    project.dopt(&["pin", "--update", "--write", "-q"]).expect(0);
    project.dopt(&check).expect(0);
}

#[test]
fn a_lockfile_that_cannot_be_used_stops_the_pins_and_is_left_as_it_is() {
    let server = registry();
    let text = format!("FROM {}/a:1\n", server.host());
    let project = Project::with(&text);
    for (lock, message) in [
        ("version = 2\n", "dopt.lock: is not of version 1"),
        ("<<<<<<< ours\nversion = 1\n", "dopt.lock: has conflicts of a merge"),
        ("version = 1\n[image.\"a:1\"]\ndigest = \"sha256:1\"\n", "dopt.lock: has no digest for a:1 on line 2"),
    ] {
        project.write("dopt.lock", lock);
        project.dopt(&["pin", "--write"]).expect(2).says(message);
        assert_eq!((project.read("Dockerfile"), project.read("dopt.lock")), (text.clone(), lock.to_owned()));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn one_run_chooses_a_smaller_base_and_pins_that() {
    let server = registry();
    let project = Project::with("FROM python:3.12\nCOPY app.py /\nCMD [\"python\", \"/app.py\"]\n");
    project.write("app.py", "print('hello')\n");
    project.write("dopt.toml", &format!("pin.mirrors.\"docker.io\" = [\"{}\"]\n", server.host()));
    project.dopt(&["fix", "--pin", "--unsafe-fixes", "--write", "-q"]).expect(0);
    let fixed = project.read("Dockerfile");
    assert!(fixed.starts_with("FROM python:3.12-slim@sha256:"), "{fixed}");
    let asked: Vec<String> = server.requests().into_iter().map(|request| request.path).collect();
    assert!(
        asked.iter().all(|path| path.ends_with("/python/manifests/3.12-slim")),
        "what is replaced needs no digest: {asked:?}"
    );
    let run = project.dopt(&["fix", "--pin", "--unsafe-fixes", "--write"]);
    run.expect(0).says("nothing to do");
    assert_eq!(project.read("Dockerfile"), fixed, "a second run must change nothing");

    // Both halves of what is split: what builds keeps its name, what runs gets a new one.
    let go =
        "FROM golang:1.22 AS build\nWORKDIR /src\nCOPY go.mod main.go ./\nRUN go build -o /app .\nCMD [\"/app\"]\n";
    project.write("Dockerfile", go);
    project.write("go.mod", "module example.com/app\n\ngo 1.22\n");
    project.write("main.go", "package main\n\nfunc main() {}\n");
    project.dopt(&["fix", "--pin", "--unsafe-fixes", "--write", "-q"]).expect(0);
    let fixed = project.read("Dockerfile");
    let bases: Vec<&str> = fixed.lines().filter(|line| line.starts_with("FROM ")).collect();
    assert!(bases.len() == 2 && bases.iter().all(|line| line.contains("@sha256:")), "{fixed}");
    project.dopt(&["fix", "--pin", "--unsafe-fixes", "--write", "-q"]).expect(0);
    assert_eq!(project.read("Dockerfile"), fixed, "a second run must change nothing");
}

#[test]
fn what_keeps_its_base_is_pinned_and_its_reason_stays() {
    let server = registry();
    let project = Project::with("FROM python:3.12\nRUN pip install --no-cache-dir dlib\nCMD [\"python\"]\n");
    project.write("dopt.toml", &format!("pin.mirrors.\"docker.io\" = [\"{}\"]\n", server.host()));
    let run = project.dopt(&["fix", "--pin", "--unsafe-fixes", "--write", "-v", "--select", "slim-base,pin-images"]);
    run.expect(0).says("may-compile");
    assert!(project.read("Dockerfile").starts_with("FROM python:3.12@sha256:"), "{}", project.read("Dockerfile"));
}
