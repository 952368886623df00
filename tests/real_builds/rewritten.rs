//! A Dockerfile as dopt rewrites it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The text, and the transforms that changed something, in the order in which they ran.
#[derive(PartialEq)]
pub struct Rewritten {
    pub text: String,
    pub rules: Vec<String>,
}

impl Rewritten {
    /// Runs the program on a text, with more options.
    pub fn new(text: &str, options: &[&str]) -> Rewritten {
        let after = dopt(text, &[&["fix", "--isolated", "--exit-zero", "--write", "-"], options].concat());
        let report = dopt(text, &[&["fix", "--isolated", "--exit-zero", "-f", "json", "-"], options].concat());
        let report: Value = serde_json::from_str(&report).expect("the report is JSON");
        let changes = report["files"][0]["changes"].as_array().cloned().unwrap_or_default();
        let has = |rule: &&str| changes.iter().any(|change| change["rule"] == **rule);
        let names = dopt_transforms::CATALOG.iter().map(|transform| transform.name);
        Rewritten { text: after, rules: names.filter(has).map(str::to_owned).collect() }
    }
}

fn dopt(text: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("dopt starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("dopt reads");
    let output = child.wait_with_output().expect("dopt ends");
    assert!(output.status.success(), "dopt {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
