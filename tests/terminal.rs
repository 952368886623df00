//! What people see: on a terminal of any width no line is longer than it, so that none is broken within a word.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use rexpect::session::spawn_command;

const PATIENCE_MS: u64 = 10_000;
const TEXT: &str = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl git\nRUN npm install a b c d e f g h \
                    i j k l m n o p q r s t u v w x y z aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq rr\nUSER 1\n\
                    RUN apt-get update && apt-get install -y x\n";

#[test]
fn no_line_is_longer_than_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), TEXT).unwrap();
    for columns in [60, 80, 120] {
        for arguments in ["check", "rules", "explain clean-caches", "fix --check", "fix --write", "undo --list", "undo"]
        {
            let script =
                format!("stty cols {columns} rows 50; {} {arguments}; echo the end", env!("CARGO_BIN_EXE_dopt"));
            let mut command = Command::new("sh");
            command.args(["-c", &script]).current_dir(folder.path()).env("TERM", "xterm").env("NO_COLOR", "1");
            command.env("HOME", folder.path()).env("XDG_STATE_HOME", folder.path().join("state"));
            let mut session = spawn_command(command, Some(PATIENCE_MS)).unwrap();
            let shown = session.exp_string("the end").unwrap();
            assert!(shown.lines().filter(|line| !line.trim().is_empty()).count() > 0, "{arguments} prints nothing");
            // The text of a Dockerfile is what it is.
            let of_file = |line: &&str| match arguments {
                "check" => line.contains("| RUN") || line.contains("^^"),
                _ => arguments.starts_with("explain") && line.starts_with("    "),
            };
            for line in shown.lines().filter(|line| !of_file(line)) {
                assert!(line.trim_end().chars().count() <= columns, "{arguments}, {columns} columns: {line}");
            }
        }
    }
}
