//! Names that are special somewhere, links, loops, folders that cannot be read, and old files of all kinds.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::project::Project;

const ALL: &str = "FROM debian:12\nCOPY src/* /src/\nCOPY . /app\n";

/// Each has a folder of junk of its own, and a wildcard that keeps the line for all of them from being written.
#[test]
fn odd_names_become_patterns_that_hide_them_alone() {
    let names = [
        "a b", "[x]", "a*b", "what?", "back\\slash", "a+b", "{1}", "p|q", "(r)", "^s", "new\nline", "ä", "tab\tbed",
        "$d",
    ];
    let mut project = Project::new(ALL).files(&["src/__pycache__/a.pyc", "src/x"]);
    for name in names {
        project = project.file(&format!("{name}/__pycache__/a.pyc"), "x\n").file(&format!("{name}/kept.py"), "x\n");
    }
    project.run(&["ignore", "--write"]);
    let text = fs::read_to_string(project.path(".dockerignore")).unwrap();
    for line in [
        "a b/__pycache__", "\\[x\\]/__pycache__", "a\\*b/__pycache__", "back\\\\slash/__pycache__",
        "new?line/__pycache__", "p\\|q/__pycache__", "\\$d/__pycache__", "ä/__pycache__",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.lines().any(|line| line == "**/__pycache__"));
    let after = project.json(&[]);
    assert_eq!(after["changed"], false);
    // What stays: that of src, 14 files to keep, and src/x.
    assert_eq!(after["before"]["files"], 16, "{after}");
}

#[test]
fn names_at_the_edges_of_a_line_are_hidden_too() {
    let odd = [" lead/__pycache__", "#c/__pycache__", "!n/__pycache__", "\u{feff}b/__pycache__", "\u{a0}n/__pycache__"];
    let mut project = Project::new(ALL).files(&["src/__pycache__/a.pyc", "src/x"]);
    for folder in odd {
        project = project.file(&format!("{folder}/a.pyc"), "x\n");
    }
    let bytes = project.root().join(OsStr::from_bytes(b"\xff\xfe"));
    fs::create_dir_all(bytes.join("__pycache__")).unwrap();
    fs::write(bytes.join("__pycache__/a.pyc"), "x").unwrap();
    project.run(&["ignore", "--write"]);
    let text = fs::read_to_string(project.path(".dockerignore")).unwrap();
    for line in ["? lead", "\\#c", "\\!n", "?b", "?n", "??"] {
        let line =
            format!("{}/__pycache__", line.strip_prefix("? ").map_or(line.to_owned(), |rest| format!("?{rest}")));
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(project.json(&[])["before"]["files"], 2, "what stays are the two files of src");
    fs::rename(project.path("src/x"), bytes.join("kept")).unwrap();
    let output = project.run(&["ignore"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("\\xff\\xfe"), "it is shown escaped");
}

#[test]
fn links_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join(".idea")).unwrap();
    fs::write(outside.path().join(".idea/x"), "x".repeat(1000)).unwrap();
    let project = Project::new("FROM debian:12\nCOPY . /app\n").files(&["a/.idea/x"]);
    symlink(outside.path(), project.path("away")).unwrap();
    symlink("..", project.path("a/loop")).unwrap();
    symlink("missing", project.path("broken")).unwrap();
    symlink(outside.path().join(".idea"), project.path(".idea")).unwrap();
    let found = project.json(&[]);
    assert_eq!(found["before"]["files"], 6, "the Dockerfile, the file, and four links: {found}");
    assert_eq!(found["before"]["bytes"].as_u64(), Some(27 + 2));
    // A link of that name would be hidden with the folders.
    assert!(!project.hides("**/.idea") && project.hides("a/.idea"));
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_stops_nothing() {
    let project = Project::new("FROM debian:12\nCOPY . /app\n").files(&[".idea/x", "locked/x"]);
    fs::set_permissions(project.path("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o755)).unwrap();
    // Root reads everything, so somebody else has to look.
    let nobody = tempfile::tempdir().unwrap();
    fs::set_permissions(nobody.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = nobody.path().join("dopt");
    fs::copy(env!("CARGO_BIN_EXE_dopt"), &program).unwrap();
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root { Command::new("setpriv") } else { Command::new(&program) };
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    }
    let output = command.args(["ignore"]).current_dir(project.root()).output().unwrap();
    fs::set_permissions(project.path("locked"), fs::Permissions::from_mode(0o755)).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("locked: permission denied; builds fail on it"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("+**/.idea\n"));
}

#[test]
fn old_files_that_no_builder_can_read_are_told() {
    for (old, said) in [
        ("a\n!\n", "line 2 has a `!` with no pattern behind it"),
        ("a[\n", "line 1 has the pattern `a[`"),
        ("[z-a]\n", "no builder can read"),
    ] {
        let project = Project::new(ALL).files(&[".idea/x"]).file(".dockerignore", old);
        let output = project.run(&["ignore"]);
        assert_eq!(output.status.code(), Some(4));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn explain_names_the_line_that_decides() {
    let project = Project::new(ALL)
        .files(&["a/b/c", "a/keep", "x.log", "plain"])
        .file(".dockerignore", "# logs\n*.log\na\n!a/keep\n");
    let explain = |path: &str| {
        let output = project.run(&["ignore", "--explain", path]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(explain("x.log"), ".dockerignore:2:*.log\tx.log\thidden\n");
    assert_eq!(explain("a/b/c"), ".dockerignore:3:a\ta/b/c\thidden\n");
    assert_eq!(explain("./a/keep"), ".dockerignore:4:!a/keep\ta/keep\tshown\n");
    assert_eq!(explain("plain"), "::\tplain\tshown\n");
    assert_eq!(project.run(&["ignore", "--explain", "../outside"]).status.code(), Some(4));
}

#[test]
fn builders_that_disagree_are_told() {
    let project = Project::new("FROM debian:12\nCOPY . /app\n").files(&["a+b", "x"]).file(".dockerignore", "a+b\n");
    let said = project.run(&["ignore"]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("read .dockerignore differently, such as for a+b"));
    let output = project.run(&["ignore", "--explain", "a+b"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("hidden by BuildKit, shown by buildah"), "{said}");
}

#[test]
fn what_links_lead_to_stays() {
    let files = &[".idea/icon", ".git/HEAD", "src/.vscode/x", "src/a", "lib/__pycache__/x"];
    let project = || Project::new("FROM debian:12\nCOPY pick /x\nCOPY all/* /y\nCOPY . /app\n").files(files);
    let plain = project().files(&["pick", "all/z"]);
    assert!(
        plain.hides("**/.idea") && plain.hides("**/.git") && plain.hides("**/__pycache__") && plain.hides("**/.vscode")
    );
    let linked = project().files(&["all/z"]);
    symlink(".idea/icon", linked.path("pick")).unwrap();
    symlink("../.git/HEAD", linked.path("all/head")).unwrap();
    symlink("../lib/__pycache__", linked.path("src/cache")).unwrap();
    assert!(!linked.hides("**/.idea") && !linked.hides("**/.git") && !linked.hides("**/__pycache__"));
    assert!(linked.hides("**/.vscode"));
    assert!(
        linked.reason("**/.idea").unwrap().contains("which leads to .idea/icon")
            || linked.reason("**/.idea").unwrap().contains("the link pick")
    );
    assert!(linked.reason("**/__pycache__").unwrap().contains("the link src/cache leads there"));
    // Round and round, and out of the context.
    symlink("loop", linked.path("loop")).unwrap();
    symlink("../../..", linked.path("src/out")).unwrap();
    assert!(linked.hides("**/.vscode"));
}
