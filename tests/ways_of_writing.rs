//! However a Dockerfile is written, it is split in the same way: the projects in `tests/projects`, written otherwise, have
//! to become what they become, written otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::{Captures, Regex};

/// A way of writing the same file.
type Way = fn(&str) -> String;

const WAYS: &[(&str, Way)] = &[
    ("with the line ends of Windows", windows),
    ("with keywords in lower case", lower_case),
    ("with keywords in mixed case, where nobody can tell what is added", mixed_case),
    ("without a newline at the end", unended),
    ("with a line of syntax", with_syntax),
    ("with copies as arrays", copies_as_arrays),
];

#[test]
fn a_stage_is_split_however_its_file_is_written() {
    let projects = split_projects();
    assert!(projects.len() > 50, "{} projects are found", projects.len());
    let mut wrong = Vec::new();
    let mut changed = [0; WAYS.len()];
    for project in &projects {
        let read = |path: &str| fs::read_to_string(project.join(path)).unwrap();
        let (before, after) = (read("context/Dockerfile"), read("split.Dockerfile"));
        for ((name, way), changed) in WAYS.iter().zip(&mut changed) {
            *changed += usize::from(way(&before) != before);
            let found = split(project, &way(&before));
            if normal(&found) != normal(&way(&after)) {
                wrong.push(format!("--- {}, {name}\n{found}", project.display()));
            }
        }
    }
    assert!(changed.iter().all(|count| *count > 50), "projects written otherwise: {changed:?}");
    assert!(wrong.is_empty(), "{} are split otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// Mixed case leaves open how a keyword that is new is written; all else has to be the same.
fn normal(text: &str) -> String {
    if text.contains("From ") { lower_case(text) } else { text.to_owned() }
}

/// The projects that are split by `split-stages` alone, without a configuration of their own.
fn split_projects() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| {
        let settings = fs::read_to_string(folder.join("project.toml")).unwrap_or_default();
        settings.contains("expect = \"split\"") && !["\nselect", "\nsettings"].iter().any(|key| settings.contains(key))
    });
    folders.sort();
    folders
}

/// What dopt makes of a text in a project's folder.
fn split(project: &Path, text: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("Dockerfile");
    fs::write(&file, text).unwrap();
    let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
    dopt.args(["fix", "--write", "--no-undo", "--isolated", "--unsafe-fixes", "--select", "split-stages", "--context"]);
    let output = dopt.arg(project.join("context")).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(file).unwrap()
}

fn windows(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn lower_case(text: &str) -> String {
    with_keywords(text, str::to_lowercase)
}

fn mixed_case(text: &str) -> String {
    with_keywords(text, |keyword| format!("{}{}", &keyword[..1], keyword[1..].to_lowercase()))
}

/// With each keyword that starts an instruction written otherwise, and the `AS` of a `FROM`.
fn with_keywords(text: &str, write: impl Fn(&str) -> String) -> String {
    let keyword = Regex::new("^[A-Za-z]+").unwrap();
    let alias = Regex::new(r"(?i)^(from .*) as (\S+)$").unwrap();
    let mut continues = false;
    let mut written = String::new();
    for line in text.split_inclusive('\n') {
        let starts = !continues && !line.starts_with('#');
        continues = line.trim_end().ends_with('\\');
        let line = if starts { keyword.replace(line, |found: &Captures<'_>| write(&found[0])) } else { line.into() };
        let (body, end) = line.split_at(line.trim_end().len());
        written += &alias.replace(body, |found: &Captures<'_>| format!("{} {} {}", &found[1], write("AS"), &found[2]));
        written += end;
    }
    written
}

fn unended(text: &str) -> String {
    text.trim_end_matches('\n').to_owned()
}

fn with_syntax(text: &str) -> String {
    format!("# syntax=docker/dockerfile:1\n{text}")
}

/// With the words of each plain `COPY` as a JSON array.
fn copies_as_arrays(text: &str) -> String {
    let copy = Regex::new(r"(?m)^(COPY|ADD) ([^-\\\[<][^\\\n<]*)$").unwrap();
    let array = |found: &Captures<'_>| {
        let words: Vec<String> = found[2].split_whitespace().map(|word| format!("\"{word}\"")).collect();
        format!("{} [{}]", &found[1], words.join(", "))
    };
    copy.replace_all(text, array).into_owned()
}
