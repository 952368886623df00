//! Runs the sessions in `tests/cli/*.md`, each in a fresh folder. `UPDATE=1 cargo test --test cli` writes what came out.
//!
//! A block with `file=NAME` behind its language makes a file. A `console` block holds commands behind `$ ` (and `> `
//! where they go on), what they print, and `? N` where they end with another code than 0.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn sessions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut sessions: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sessions.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    sessions.sort();
    assert!(!sessions.is_empty(), "no session found");
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for path in &sessions {
        let expected = fs::read_to_string(path).unwrap();
        let actual = Session::new().play(&expected);
        if actual != expected && update {
            fs::write(path, &actual).unwrap();
        } else if actual != expected {
            writeln!(wrong, "{}\n{}", path.display(), first_difference(&expected, &actual)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\nUPDATE=1 cargo test --test cli accepts what came out");
}

/// A folder with an empty home, where commands are run one after the other.
struct Session {
    root: tempfile::TempDir,
}

impl Session {
    fn new() -> Session {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        Session { root }
    }

    /// The session with what the commands really print.
    fn play(&self, markdown: &str) -> String {
        let mut out = String::new();
        let mut lines = markdown.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            out += line;
            let fence: String = line.chars().take_while(|found| *found == '`').collect();
            if fence.len() < 3 {
                continue;
            }
            let mut body = Vec::new();
            while let Some(line) = lines.next_if(|line| line.trim_end() != fence) {
                body.push(line);
            }
            match line.trim_end()[fence.len()..].split_once("file=") {
                Some((_, name)) => {
                    self.make_file(name, &body.concat());
                    out += &body.concat();
                }
                None if line[fence.len()..].starts_with("console") => out += &self.console(&body),
                None => out += &body.concat(),
            }
            out += lines.next().unwrap_or_default();
        }
        out
    }

    fn make_file(&self, name: &str, text: &str) {
        let path = self.root.path().join("work").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn console(&self, body: &[&str]) -> String {
        let mut out = String::new();
        let mut lines = body.iter().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut command = command.to_owned();
            out += line;
            while let Some(more) = lines.next_if(|line| line.starts_with("> ")) {
                out += more;
                command += &more[2..];
            }
            out += &self.run(&command);
        }
        out
    }

    fn run(&self, command: &str) -> String {
        let folder = Path::new(env!("CARGO_BIN_EXE_dopt")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let result = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.root.path().join("work"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let mut out = String::from_utf8_lossy(&result.stdout).into_owned();
        if !out.is_empty() && !out.ends_with('\n') {
            out += "\n";
        }
        match result.status.code() {
            Some(0) => out,
            Some(code) => format!("{out}? {code}\n"),
            None => format!("{out}? {}\n", result.status),
        }
    }
}

fn first_difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let show =
        |lines: &[&str]| lines.iter().skip(same).take(12).map(|line| format!("    {line}\n")).collect::<String>();
    format!("  line {}, expected:\n{}  came out:\n{}", same + 1, show(&old), show(&new))
}
