//! A run of `dopt fix --write` that is killed at any moment leaves every file old or new, whole, and `dopt undo` brings
//! all of them back.
//!
//! `DOPT_SEED=7` takes the moments of seed 7; `DOPT_KILLS=50` kills so often, `DOPT_FILES=10000` takes so many files.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const KILLS: u64 = 6;
const FILES: u64 = 300;

#[test]
fn a_killed_run_leaves_whole_files_and_is_taken_back() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = number("DOPT_SEED").unwrap_or(clock);
    let (kills, files) = (number("DOPT_KILLS").unwrap_or(KILLS), number("DOPT_FILES").unwrap_or(FILES));
    eprintln!("killed_batch: DOPT_SEED={seed}, {kills} kills, {files} files");
    let tree = Tree::new(files);
    let start = Instant::now();
    assert!(tree.dopt(&["fix", "--write", "-q"]).status.success());
    let whole = start.elapsed();
    let after: Vec<String> = tree.paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(
        after.iter().zip(&tree.before).all(|(after, before)| after != before),
        "every file has something to change"
    );
    tree.undo();

    let (mut random, mut mixed, mut done) = (seed | 1, 0, 0);
    let mut new_files = 0;
    while done < kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // The latest moments come behind the end, should this run be a faster one.
        let moment = whole.mul_f64((random % 1000) as f64 / 1000.0);
        if !tree.kill_behind(moment) {
            continue;
        }
        done += 1;
        let mut new = 0;
        for ((path, before), after) in tree.paths.iter().zip(&tree.before).zip(&after) {
            let now = fs::read_to_string(path).unwrap();
            assert!(now == *before || now == *after, "{} is neither old nor new: {now:?}", path.display());
            new += usize::from(now == *after);
        }
        mixed += usize::from(new > 0 && new < after.len());
        new_files += new;
        tree.undo();
    }
    eprintln!("killed_batch: {mixed} of {kills} kills in between, {new_files} files were new");
    assert!(mixed > 0, "no kill came in between, so nothing was tried");
}

fn number(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Files that all have something to change, and a home of their own.
struct Tree {
    root: tempfile::TempDir,
    paths: Vec<PathBuf>,
    before: Vec<String>,
}

impl Tree {
    fn new(files: u64) -> Tree {
        let root = tempfile::tempdir().unwrap();
        let (mut paths, mut before) = (Vec::new(), Vec::new());
        for number in 0..files {
            let folder = root.path().join(format!("work/{}/{number}", number % 37));
            fs::create_dir_all(&folder).unwrap();
            let filler =
                "# a line that makes the file longer than one block of a disk\n".repeat((number % 97) as usize);
            let text = format!("FROM debian:12\n{filler}RUN apt-get update && apt-get install -y package-{number}\n");
            fs::write(folder.join("Dockerfile"), &text).unwrap();
            paths.push(folder.join("Dockerfile"));
            before.push(text);
        }
        Tree { root, paths, before }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
        dopt.args(arguments).current_dir(self.root.path().join("work")).env_clear().env("HOME", self.root.path());
        dopt
    }

    fn dopt(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Kills a run in the middle of its work; whether it was still at it.
    fn kill_behind(&self, moment: Duration) -> bool {
        let mut dopt = self.command(&["fix", "--write", "-q", "-j", "3"]);
        let mut child = dopt.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(moment);
        child.kill().unwrap();
        let killed = child.wait().unwrap().code().is_none();
        if !killed {
            self.undo();
        }
        killed
    }

    /// Takes the last run back, if it came as far as to replace anything, and looks for what it has left.
    fn undo(&self) {
        let undone = self.dopt(&["undo"]);
        let said = String::from_utf8_lossy(&undone.stderr);
        assert!(matches!(undone.status.code(), Some(0 | 3)), "{said}");
        for (path, before) in self.paths.iter().zip(&self.before) {
            assert!(fs::read_to_string(path).unwrap() == *before, "{} did not come back: {said}", path.display());
            assert_eq!(names(path.parent().unwrap()), ["Dockerfile"], "something is left behind");
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
