//! moby's own code as referee: live where its program is there, otherwise by what it said once.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::generate::{Case, Kind};

/// What both libraries say of a case: for each path whether it is seen, `None` where the build fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub buildkit: Option<Vec<bool>>,
    pub buildah: Option<Vec<bool>>,
}

/// Asks the program that `referee.go` makes.
pub fn ask(program: &Path, cases: &[Case]) -> Vec<Answer> {
    let lines: String = cases.iter().map(|case| format!("{}\n", question(case))).collect();
    let mut referee = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the referee starts");
    let mut input = referee.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = referee.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<Answer> = String::from_utf8(output.stdout).unwrap().lines().map(answer).collect();
    assert_eq!(answers.len(), cases.len(), "the referee stopped");
    answers
}

/// Bytes as a list of numbers, because JSON has no others.
fn question(case: &Case) -> Value {
    let entries: Vec<Value> =
        case.tree.iter().map(|(path, kind)| json!({"path": path, "folder": *kind == Kind::Folder})).collect();
    json!({"file": case.file, "entries": entries})
}

fn answer(line: &str) -> Answer {
    let value: Value = serde_json::from_str(line).unwrap();
    let bits = |name: &str| value[name].as_str().map(|bits| bits.bytes().map(|bit| bit == b'1').collect());
    Answer { buildkit: bits("buildkit"), buildah: bits("buildah") }
}

/// A case with its answer, as one line of the file that keeps them.
pub fn line(case: &Case, answer: &Answer) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("only cases of UTF-8 are kept");
    let bits = |seen: &Option<Vec<bool>>| {
        seen.as_ref().map(|seen| seen.iter().map(|seen| if *seen { '1' } else { '0' }).collect::<String>())
    };
    let tree: Vec<String> =
        case.tree.iter().map(|(path, kind)| text(path) + if *kind == Kind::Folder { "/" } else { "" }).collect();
    json!({"file": text(&case.file), "tree": tree, "buildkit": bits(&answer.buildkit), "buildah": bits(&answer.buildah)})
        .to_string()
}

/// Reads such a line.
pub fn read(line: &str) -> (Case, Answer) {
    let value: Value = serde_json::from_str(line).unwrap();
    let entry = |path: &Value| match path.as_str().unwrap() {
        path if path.ends_with('/') => (path.trim_end_matches('/').as_bytes().to_vec(), Kind::Folder),
        path => (path.as_bytes().to_vec(), Kind::File),
    };
    let tree = value["tree"].as_array().unwrap().iter().map(entry).collect();
    (Case { file: value["file"].as_str().unwrap().as_bytes().to_vec(), tree }, answer(line))
}
