//! `dopt review` on a pseudo-terminal: one test for each key, and what is kept between two reviews.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use tempfile::TempDir;

const PATIENCE_MS: u64 = 10_000;
const ADDS: &str = "FROM debian:12\nADD a.py /a\nADD b.py /b\n";
const RUNS: &str = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\nRUN apt-get install -y git\n";

#[test]
fn y_takes_a_fix_and_n_leaves_the_place_alone() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let (screen, code) = project.review(&[], &["n", "y"]);
    assert_eq!(project.text("Dockerfile"), "FROM debian:12\nADD a.py /a\nCOPY b.py /b\n", "{screen}");
    assert_eq!(code, 0);
    assert!(screen.contains("2 of 2") && screen.contains("Copies local files"), "{screen}");
}

#[test]
fn what_was_refused_is_not_asked_again_until_one_says_so() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    project.review(&[], &["y", "n"]);
    let (screen, _) = project.review(&[], &[]);
    assert!(screen.contains("nothing to decide"), "{screen}");
    // A line in front of it changes nothing about that.
    project.write("Dockerfile", &project.text("Dockerfile").replace("COPY", "ENV A=1\nCOPY"));
    project.review(&[], &[]);
    let (screen, _) = project.review(&["--again"], &["y"]);
    assert!(project.text("Dockerfile").contains("COPY b.py /b"), "{screen}");
}

#[test]
fn a_takes_all_of_the_rule_in_this_file() {
    let project = Project::new(&[("Dockerfile", &format!("{ADDS}RUN npm cache clean\n")), ("Dockerfile.b", ADDS)]);
    project.review(&[], &["a", "n", "n", "n"]);
    assert_eq!(project.text("Dockerfile"), "FROM debian:12\nCOPY a.py /a\nCOPY b.py /b\nRUN npm cache clean\n");
    assert_eq!(project.text("Dockerfile.b"), ADDS);
}

#[test]
fn upper_a_takes_all_of_the_rule_in_all_files() {
    let project = Project::new(&[("Dockerfile", &format!("{ADDS}RUN npm cache clean\n")), ("Dockerfile.b", ADDS)]);
    project.review(&[], &["A", "n"]);
    assert!(project.text("Dockerfile").ends_with("COPY a.py /a\nCOPY b.py /b\nRUN npm cache clean\n"));
    assert_eq!(project.text("Dockerfile.b"), ADDS.replace("ADD", "COPY"));
}

#[test]
fn d_refuses_the_rest_of_the_file_only() {
    let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS)]);
    project.review(&[], &["d", "y", "n"]);
    assert_eq!(project.text("Dockerfile"), ADDS);
    assert_eq!(project.text("Dockerfile.b"), ADDS.replace("ADD a.py", "COPY a.py"));
}

#[test]
fn upper_n_and_d_refuse_everything_that_is_left() {
    for key in ["N", "D"] {
        let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS)]);
        let (screen, _) = project.review(&[], &["y", key]);
        assert_eq!(project.text("Dockerfile"), ADDS.replace("ADD a.py", "COPY a.py"));
        assert_eq!(project.text("Dockerfile.b"), ADDS);
        assert!(screen.contains("3 proposals refused"), "{screen}");
        let (screen, _) = project.review(&[], &[]);
        assert!(screen.contains("nothing to decide"), "{screen}");
    }
}

#[test]
fn upper_y_takes_what_is_safe_and_still_asks_about_the_rest() {
    let project = Project::new(&[("Dockerfile", RUNS), ("Dockerfile.b", ADDS)]);
    // Two installations without --no-install-recommends are not safe to change.
    let (screen, _) = project.review(&[], &["Y", "n", "n"]);
    assert!(screen.contains("unsafe") && screen.contains("caveat"), "{screen}");
    let text = project.text("Dockerfile");
    assert!(text.contains("rm -rf /var/lib/apt/lists") && !text.contains("--no-install-recommends"), "{text}");
    assert_eq!(project.text("Dockerfile.b"), ADDS.replace("ADD", "COPY"));
}

#[test]
fn s_asks_about_each_seam_of_a_join() {
    let project = Project::new(&[("Dockerfile", RUNS)]);
    let (screen, _) = project.review(&["--select", "merge-runs"], &["s", "y", "n"]);
    let text = project.text("Dockerfile");
    assert!(text.contains("update \\\n    && apt-get install -y curl\nRUN apt-get install -y git"), "{text}{screen}");
}

#[test]
fn upper_s_splits_all_that_can_be() {
    let project = Project::new(&[("Dockerfile", RUNS), ("Dockerfile.b", RUNS)]);
    project.review(&["--select", "merge-runs"], &["S", "n", "y", "y", "n"]);
    assert!(project.text("Dockerfile").contains("update\nRUN apt-get install -y curl \\\n    && apt-get"));
    assert!(project.text("Dockerfile.b").contains("update \\\n    && apt-get install -y curl\nRUN apt-get"));
}

#[test]
fn what_is_one_cannot_be_split() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let (screen, _) = project.review(&[], &["s", "n", "n"]);
    assert!(screen.contains("no parts"), "{screen}");
}

#[test]
fn e_opens_the_fix_in_the_editor() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    project.editor("sed -i 's,COPY a.py /a,COPY --link a.py /a,' \"$1\"");
    project.review(&[], &["e", "n"]);
    assert_eq!(project.text("Dockerfile"), "FROM debian:12\nCOPY --link a.py /a\nADD b.py /b\n");
}

#[test]
fn upper_e_opens_the_file_without_the_fix() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    project.editor("grep -q 'ADD a.py' \"$1\" && echo 'ENV EDITED=1' >> \"$1\"");
    project.review(&[], &["E", "n", "n"]);
    assert_eq!(project.text("Dockerfile"), format!("{ADDS}ENV EDITED=1\n"));
}

#[test]
fn an_edit_that_no_builder_takes_is_not_written() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    project.editor("echo 'FORM x' >> \"$1\"");
    let mut session = project.start(&[]);
    press(&mut session, "e");
    session.exp_string("no builder takes this").unwrap();
    session.exp_string("Edit it again?").unwrap();
    send(&mut session, "n");
    press(&mut session, "n");
    press(&mut session, "n");
    finish(session);
    assert_eq!(project.text("Dockerfile"), ADDS);
}

#[test]
fn i_writes_a_comment_with_the_reason() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let mut session = project.start(&[]);
    press(&mut session, "i");
    session.exp_string("Reason:").unwrap();
    session.send_line("unpacked \"here\"").unwrap();
    press(&mut session, "y");
    finish(session);
    let expected =
        "FROM debian:12\n# dopt: ignore=copy-not-add reason=\"unpacked 'here'\"\nADD a.py /a\nCOPY b.py /b\n";
    assert_eq!(project.text("Dockerfile"), expected);
    // It counts without any memory.
    let (screen, _) = project.review(&["--again"], &[]);
    assert!(screen.contains("nothing to decide"), "{screen}");
}

#[test]
fn upper_i_forbids_the_rule_in_the_whole_file() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let mut session = project.start(&[]);
    press(&mut session, "I");
    session.exp_string("Reason:").unwrap();
    session.send_line("house style").unwrap();
    finish(session);
    let comment = "# dopt: ignore-file=copy-not-add reason=\"house style\"\n";
    assert_eq!(project.text("Dockerfile"), format!("{comment}{ADDS}"));
}

#[test]
fn without_a_reason_no_comment_is_written() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let mut session = project.start(&[]);
    press(&mut session, "i");
    session.exp_string("Reason:").unwrap();
    session.send_line("").unwrap();
    press(&mut session, "d");
    finish(session);
    assert_eq!(project.text("Dockerfile"), ADDS);
}

#[test]
fn a_question_mark_shows_the_keys_and_the_manual_page() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let (screen, _) = project.review(&[], &["?", "n", "n"]);
    assert!(screen.contains("refused: ") || screen.contains("before"), "{screen}");
    assert!(screen.contains("split it, and ask about each of its edits"), "{screen}");
}

#[test]
fn u_takes_answers_back() {
    let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS)]);
    project.review(&[], &["n", "u", "y", "u", "n", "y", "n", "n"]);
    assert_eq!(project.text("Dockerfile"), ADDS.replace("ADD b.py", "COPY b.py"));
    assert_eq!(project.text("Dockerfile.b"), ADDS);
}

#[test]
fn q_writes_what_was_taken_and_asks_about_the_rest_next_time() {
    let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS)]);
    let (screen, code) = project.review(&[], &["y", "q"]);
    assert_eq!(code, 0);
    assert!(screen.contains("1 proposal for next time"), "{screen}");
    assert_eq!(project.text("Dockerfile"), ADDS.replace("ADD a.py", "COPY a.py"));
    project.review(&[], &["y", "y", "n"]);
    assert_eq!(project.text("Dockerfile"), ADDS.replace("ADD", "COPY"));
    assert_eq!(project.text("Dockerfile.b"), ADDS.replace("ADD a.py", "COPY a.py"));
}

#[test]
fn a_key_without_meaning_changes_nothing() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let (screen, _) = project.review(&[], &["x", "y", "y"]);
    assert!(screen.contains("no such key"), "{screen}");
    assert_eq!(project.text("Dockerfile"), ADDS.replace("ADD", "COPY"));
}

/// Stops in the middle of a file, and says what the terminal is like afterwards.
fn stopped(stop: impl Fn(&mut PtySession, &str)) {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("echo pid $$; trap : INT; old=$(stty -g); {} review; echo \"exit $?\"; test \"$(stty -g)\" = \"$old\" && echo restored", env!("CARGO_BIN_EXE_dopt"))]);
    let mut session = project.spawn(command);
    let shell = session.exp_regex("pid [0-9]+ *\r").unwrap().1;
    press(&mut session, "y");
    session.exp_string("Take it?").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    stop(&mut session, shell.trim_start_matches("pid ").trim());
    let (screen, _) = finish(session);
    assert!(screen.contains("exit 130"), "{screen}");
    assert!(screen.contains("restored"), "{screen}");
    assert_eq!(project.text("Dockerfile"), ADDS);
}

#[test]
fn ctrl_c_leaves_the_file_and_the_terminal_as_they_were() {
    stopped(|session, _| session.send_control('c').unwrap());
}

#[test]
fn upper_q_leaves_the_file_and_the_terminal_as_they_were() {
    stopped(|session, _| send(session, "Q"));
}

#[test]
fn a_signal_that_ends_it_leaves_the_file_and_the_terminal_as_they_were() {
    stopped(|_, shell| {
        let children = Command::new("pgrep").args(["-P", shell]).output().unwrap();
        let pid = String::from_utf8_lossy(&children.stdout).trim().to_owned();
        assert!(!pid.is_empty(), "the review runs");
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    });
}

#[test]
fn a_fix_is_proposed_anew_where_the_one_before_it_was_refused() {
    let project = Project::new(&[("Dockerfile", RUNS)]);
    project.review(&["--no-unsafe-fixes"], &["n", "y"]);
    let text = project.text("Dockerfile");
    let other = Project::new(&[("Dockerfile", RUNS)]);
    other.dopt(&["fix", "--write", "--ignore", "merge-runs", "Dockerfile"]);
    assert_ne!(text, RUNS);
    assert_eq!(text, other.text("Dockerfile"));
}

#[test]
fn a_file_that_changed_during_the_review_is_not_overwritten() {
    let project = Project::new(&[("Dockerfile", ADDS)]);
    let mut session = project.start(&[]);
    press(&mut session, "y");
    session.exp_string("Take it?").unwrap();
    project.write("Dockerfile", "FROM other\n");
    send(&mut session, "y");
    let (screen, code) = finish(session);
    assert!(screen.contains("changed it in the meantime"), "{screen}");
    assert_eq!((project.text("Dockerfile").as_str(), code), ("FROM other\n", 4));
}

#[test]
fn without_a_terminal_the_commands_that_it_prints_do_the_same() {
    let files = [("Dockerfile", RUNS), ("b/Dockerfile", ADDS)];
    let (asked, printed, fixed) = (Project::new(&files), Project::new(&files), Project::new(&files));
    asked.review(&[], &["Y", "y", "y"]);
    let script = printed.dopt(&["review"]);
    assert!(script.starts_with("# ") && script.contains("dopt fix --write --unsafe-fixes --select skip-recommends"));
    fs::create_dir(printed.folder.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dopt"), printed.folder.path().join("bin/dopt")).unwrap();
    let path = format!("{}/bin:{}", printed.folder.path().display(), std::env::var("PATH").unwrap());
    let run = printed.command("sh").args(["-euc", &script]).env("PATH", path).output().unwrap();
    assert!(run.status.success(), "{script}\n{}", String::from_utf8_lossy(&run.stderr));
    fixed.dopt(&["fix", "--write", "--unsafe-fixes"]);
    for (name, before) in files {
        assert_ne!(printed.text(name), before);
        assert_eq!(printed.text(name), fixed.text(name), "{script}");
        assert_eq!(asked.text(name), fixed.text(name));
    }
    assert_eq!(printed.dopt(&["review"]), "# Nothing to decide.\n");
}

#[test]
fn undo_brings_all_files_of_a_review_back() {
    let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS)]);
    project.review(&[], &["y", "n", "Y"]);
    assert_ne!(project.text("Dockerfile"), ADDS);
    project.dopt(&["undo"]);
    assert_eq!((project.text("Dockerfile").as_str(), project.text("Dockerfile.b").as_str()), (ADDS, ADDS));
    // One that writes nothing is none.
    project.review(&[], &["N"]);
    assert_eq!(project.dopt(&["undo", "--list"]).lines().count(), 1);
}

#[test]
fn only_the_files_that_are_asked_for_are_reviewed() {
    let project = Project::new(&[("Dockerfile", ADDS), ("Dockerfile.b", ADDS), ("list", "Dockerfile.b\n")]);
    project.review(&["--files-from", "list"], &["Y"]);
    assert_eq!(project.text("Dockerfile"), ADDS);
    assert_eq!(project.text("Dockerfile.b"), ADDS.replace("ADD", "COPY"));
}

/// A folder with Dockerfiles, and a home of its own.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let project = Project { folder };
        for (name, text) in files {
            let path = project.folder.path().join("work").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        project
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("work").join(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join("work").join(name), text).unwrap();
    }

    /// Makes the editor: a script that gets the file as its first argument.
    fn editor(&self, script: &str) {
        let path = self.folder.path().join("editor");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path().join("work"))
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("EDITOR", self.folder.path().join("editor"))
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env_remove("VISUAL");
        command
    }

    /// What a command prints on pipes.
    fn dopt(&self, arguments: &[&str]) -> String {
        let output = self.command(env!("CARGO_BIN_EXE_dopt")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn spawn(&self, command: Command) -> PtySession {
        let mut own = self.command(&command.get_program().to_string_lossy());
        own.args(command.get_args());
        spawn_command(own, Some(PATIENCE_MS)).unwrap()
    }

    fn start(&self, arguments: &[&str]) -> PtySession {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
        command.arg("review").args(arguments);
        self.spawn(command)
    }

    /// Presses one key for each question: what was on the screen, and the exit code.
    fn review(&self, arguments: &[&str], keys: &[&str]) -> (String, i32) {
        let mut session = self.start(arguments);
        let mut screen = String::new();
        for key in keys {
            screen += &press(&mut session, key);
        }
        let (rest, code) = finish(session);
        (screen + &rest, code)
    }
}

/// Waits for the question and presses a key; what was on the screen before.
fn press(session: &mut PtySession, key: &str) -> String {
    let shown = session.exp_string("Take it?").unwrap_or_else(|error| panic!("no question for {key}: {error}"));
    session.exp_string("] ").unwrap();
    send(session, key);
    shown
}

fn send(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

/// The rest of the screen, and the exit code.
fn finish(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().unwrap();
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}\n{rest}"),
    }
}
