//! Which Dockerfiles count for a context, which file is written, and how.

use std::fs;
use std::process::Command;

use crate::project::Project;

const ALL: &str = "FROM debian:12\nCOPY . /app\n";

#[test]
fn every_dockerfile_of_the_context_counts() {
    let project = Project::new(ALL).files(&[".github/x.yml", ".vscode/x.json"]);
    assert!(project.hides(".github"));
    let project = project.file("Dockerfile.ci", "FROM debian:12\nCOPY .github /x\n");
    assert!(!project.hides(".github") && project.hides("**/.vscode"));
    assert!(project.reason(".github").unwrap().starts_with("Dockerfile.ci:2 "));
    let project =
        project.file("docker/ide.Dockerfile", "FROM debian:12\nCOPY src /s\nCOPY .vscode /x\n").files(&["src/a"]);
    assert!(!project.hides("**/.vscode"), "its sources lie here and not in its own folder");
}

#[test]
fn compose_and_bake_files_say_who_is_built_with_a_context() {
    let needs = "FROM debian:12\nCOPY .github /x\n";
    let project = || Project::new(ALL).files(&[".github/x.yml"]).file("ci/Dockerfile", needs).files(&["ci/.github"]);
    assert!(project().hides(".github"), "it has what it copies beside it");
    let compose = "services:\n  a:\n    build:\n      context: .\n      dockerfile: ci/Dockerfile\n";
    assert!(!project().file("compose.yaml", compose).hides(".github"));
    let bake = "target \"a\" {\n  dockerfile = \"ci/Dockerfile\"\n}\n";
    assert!(!project().file("docker-bake.hcl", bake).hides(".github"));
    let inline = "services:\n  a:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM debian:12\n        COPY .github /x\n";
    assert!(!project().file("compose.yaml", inline).hides(".github"));
    let named = "services:\n  a:\n    build:\n      context: ci\n      additional_contexts:\n        root: .\n";
    let named_needs = "FROM debian:12\nCOPY --from=root .github /x\n";
    assert!(!project().file("ci/Dockerfile", named_needs).file("compose.yaml", named).hides(".github"));
    let unknown = project().file("compose.yaml", "services:\n  a:\n    build: $WHERE\n");
    let output = unknown.run(&["ignore"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("compose.yaml: the context of `a` is not known"));
}

#[test]
fn a_dockerfile_with_its_own_ignore_file_has_its_own() {
    let project =
        Project::new(ALL).files(&[".idea/x"]).file("b.Dockerfile", ALL).file("b.Dockerfile.dockerignore", "*.log\n");
    let all = project.run(&["ignore", "-f", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&all.stdout).unwrap();
    let paths: Vec<&str> =
        value["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".dockerignore", "b.Dockerfile.dockerignore"]);
    project.run(&["ignore", "--write"]);
    let own = fs::read_to_string(project.path("b.Dockerfile.dockerignore")).unwrap();
    assert!(own.starts_with("*.log\n\n") && own.contains("**/.idea\n"), "{own}");
}

#[test]
fn an_old_file_is_extended_and_a_second_run_changes_nothing() {
    for old in ["# mine\n*.log\n\n!keep.log\n", "*.log", "a\r\nb\r\n", "*\n!src\n"] {
        let project = Project::new(ALL).files(&[".git/HEAD", "src/.idea/x", "keep.log"]).file(".dockerignore", old);
        project.run(&["ignore", "--write"]);
        let new = fs::read_to_string(project.path(".dockerignore")).unwrap();
        assert!(new.starts_with(old), "{new:?}");
        assert!(new.contains("**/.idea"), "{new:?}");
        assert_eq!(old.contains('\r'), new.matches('\n').count() == new.matches("\r\n").count(), "{new:?}");
        let again = project.run(&["ignore"]);
        assert_eq!((again.status.code(), again.stdout.len()), (Some(0), 0), "{new:?}");
    }
}

#[test]
fn nothing_is_written_where_there_is_nothing_to_hide() {
    let project = Project::empty().file("sub/Dockerfile", "FROM debian:12\nCOPY a /a\n").files(&["a"]);
    // The Dockerfile is built with this context and lies in it, so it could be hidden; from its own folder nothing could.
    let output = project.run(&["fix", "-q", "--select", "write-dockerignore"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    let clean = Project::new(ALL).files(&["a"]).file(".dockerignore", "Dockerfile\n.dockerignore\n");
    assert_eq!(clean.run(&["ignore", "--write"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(clean.path(".dockerignore")).unwrap(), "Dockerfile\n.dockerignore\n");
}

#[test]
fn git_and_patch_take_the_diff_of_a_new_file() {
    for tool in [&["git", "apply"][..], &["patch", "-s", "-p1"]] {
        for arguments in [&["ignore", "-q"][..], &["fix", "-q", "--select", "write-dockerignore"]] {
            let project = Project::new(ALL).files(&[".idea/x"]);
            let diff = project.run(arguments).stdout;
            assert!(diff.starts_with(b"--- /dev/null\n+++ b/.dockerignore\n"), "{}", String::from_utf8_lossy(&diff));
            fs::write(project.path("../diff-of-new"), &diff).ok();
            let patch = project.path("the.diff");
            fs::write(&patch, &diff).unwrap();
            let input = fs::File::open(&patch).unwrap();
            let done =
                Command::new(tool[0]).args(&tool[1..]).current_dir(project.root()).stdin(input).status().unwrap();
            assert!(done.success(), "{tool:?}");
            assert!(fs::read_to_string(project.path(".dockerignore")).unwrap().contains("**/.idea\n"));
        }
    }
}

#[test]
fn fix_proposes_it_once_for_each_context_that_is_copied_whole() {
    let project = Project::empty()
        .file("a/Dockerfile", ALL)
        .file("a/b.Dockerfile", ALL)
        .file("single/Dockerfile", "FROM debian:12\nCOPY x /x\n")
        .file("clean/Dockerfile", ALL)
        .file("off/Dockerfile", &format!("# dopt: ignore-file=write-dockerignore\n{ALL}"))
        .files(&["a/.idea/x", "single/.idea/x", "single/x", "clean/x", "off/.idea/x"]);
    let output = project.run(&["fix", "--check", "-q"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a/.dockerignore\n");
    let none = project.run(&["fix", "--check", "-q", "--ignore", "write-dockerignore"]);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(0), 0));
    let write = project.run(&["fix", "--write"]);
    assert_eq!(write.status.code(), Some(0));
    assert!(fs::read_to_string(project.path("a/.dockerignore")).unwrap().contains("**/.idea\n"));
    assert!(project.run(&["fix", "-q"]).stdout.is_empty());
    let found = project.run(&["check", "a"]);
    assert_eq!(found.status.code(), Some(0), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn check_holds_a_context_to_a_limit() {
    let project = Project::new(ALL).file(".idea/x", &"x".repeat(5000)).file("a", &"x".repeat(500));
    assert_eq!(project.run(&["ignore", "--check"]).status.code(), Some(1));
    let over = project.run(&["ignore", "--check", "--max-context", "1kB"]);
    assert_eq!(over.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&over.stderr).contains("the limit is 1.0 kB"), "{over:?}");
    assert_eq!(project.run(&["ignore", "--check", "--max-context", "1MB"]).status.code(), Some(0));
    project.run(&["ignore", "--write"]);
    assert_eq!(project.run(&["ignore", "--check"]).status.code(), Some(0));
    assert_eq!(project.run(&["ignore", "--check", "--max-context", "1kB"]).status.code(), Some(0));
    assert_eq!(project.run(&["ignore", "--check", "--max-context", "much"]).status.code(), Some(2));
}

#[test]
fn secrets_are_told_without_their_values() {
    let project = Project::new(ALL)
        .file(".env", "PASSWORD=hunter2-and-more\n")
        .file("deploy/.npmrc", "//registry.example.com/:_authToken=npm_hunter2\n")
        .file("tls/site.key", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n")
        .file("tls/ca.pem", "-----BEGIN CERTIFICATE-----\n")
        .file("aws/.aws/credentials", "[default]\naws_secret_access_key = hunter2\n")
        .file(".env.example", "PASSWORD=\n");
    for arguments in
        [&["ignore"][..], &["ignore", "-f", "json"], &["ignore", "--check"], &["fix"], &["check"], &["ignore", "-v"]]
    {
        let output = project.run(arguments);
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("hunter2"), "{arguments:?} prints a value");
    }
    let found = project.json(&[])["secrets"].clone();
    let mut paths: Vec<&str> =
        found.as_array().unwrap().iter().map(|secret| secret["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, [".env", "aws/.aws/credentials", "deploy/.npmrc", "tls/site.key"]);
}
