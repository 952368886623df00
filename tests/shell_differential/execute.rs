//! Runs the `RUN`s of a Dockerfile as a builder would, in a scratch folder, and keeps what came of it.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Form, Keyword};

/// A shell must be done within this time; the generator makes nothing that takes longer or waits.
const LONGEST_RUN: Duration = Duration::from_secs(20);

/// How many folders lie above the one that the shells start in, so that no `cd ..` leaves the scratch folder.
const DEPTH: usize = 16;

/// The name of each of those folders. No generated command uses it.
const LEVEL: &str = "s";

/// The status of a shell that had to be killed.
const TIMED_OUT: i32 = 9999;

/// The status of an exec form whose program does not exist.
const NOT_FOUND: i32 = 127;

/// What Bash ends with where an expansion fails or a constant is assigned to. Which of these (or 1) depends on whether
/// that happens in a subshell, and either fails the build, so they count as the same.
const FATAL_IN_BASH: [i32; 2] = [2, 127];

/// A program that runs the text of a `RUN`, its name and its options.
#[derive(Clone, Copy, Debug)]
pub struct Shell {
    /// The file in `PATH`.
    pub program: &'static str,
    /// Its own name for itself and its options: `["sh", "-e", "-c"]`.
    pub argv: &'static [&'static str],
}

/// What a build leaves and prints, and how it ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    stdout: Vec<u8>,
    /// The exit status of the `RUN` that failed, or 0.
    status: i32,
    /// What lies in the folder: path, type, mode and content, in order.
    tree: Vec<String>,
}

/// A folder to run shells in, one after the other.
pub struct Scratch {
    /// Holds nothing but the first of the levels and the output file.
    root: tempfile::TempDir,
    work: PathBuf,
    output: File,
    watch: Arc<Watch>,
}

impl Scratch {
    /// Makes the folders, in memory where the system can.
    pub fn new() -> Scratch {
        let mut folder = tempfile::Builder::new();
        folder.prefix("dopt-shells-");
        let root = folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir()).unwrap();
        let mut work = root.path().to_owned();
        work.extend(std::iter::repeat_n(LEVEL, DEPTH));
        fs::create_dir_all(&work).unwrap();
        let output = File::options().create_new(true).read(true).append(true).open(root.path().join("output")).unwrap();
        Scratch { root, work, output, watch: Watch::start() }
    }

    /// Runs every `RUN` of the text in a shell of its own, up to the first that fails, in a folder that is empty.
    pub fn build(&mut self, text: &str, shell: Shell) -> Outcome {
        self.clear();
        let document = Document::parse(text);
        let mut variables: Vec<(&str, &str)> = Vec::new();
        let mut status = 0;
        for instruction in document.instructions() {
            let arguments = instruction.arguments_text(text);
            match instruction.keyword {
                Keyword::Env => variables.push(arguments.split_once('=').expect("only NAME=value is generated")),
                Keyword::Run => {
                    let found = match &instruction.form {
                        Form::Shell => self.run(shell.program, shell.argv, &[arguments], &variables),
                        Form::Exec(words) => self.run(&words[0], &words[..1], &words[1..], &variables),
                    };
                    status = if shell.program == "bash" && FATAL_IN_BASH.contains(&found) { 1 } else { found };
                }
                _ => {}
            }
            if status != 0 {
                break;
            }
        }
        let mut tree = Vec::new();
        list(&self.root.path().join(LEVEL), "", &mut tree);
        Outcome { stdout: self.take_output(), status, tree }
    }

    fn run<S: AsRef<OsStr>>(&self, program: &str, argv: &[S], more: &[S], variables: &[(&str, &str)]) -> i32 {
        let Some(program) = find(program) else { return NOT_FOUND };
        let mut command = Command::new(program);
        command.arg0(&argv[0]).args(&argv[1..]).args(more);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("HOME", &self.work);
        command.envs(variables.iter().copied()).current_dir(&self.work).process_group(0);
        command.stdin(Stdio::null()).stdout(self.output.try_clone().unwrap()).stderr(Stdio::null());
        self.watch.wait(command.spawn().unwrap())
    }

    fn take_output(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.output.rewind().unwrap();
        self.output.read_to_end(&mut bytes).unwrap();
        self.output.set_len(0).unwrap();
        bytes
    }

    /// Empties the folders but keeps them.
    fn clear(&self) {
        let mut folder = self.root.path().join(LEVEL);
        for _ in 0..DEPTH {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                match entry.file_type().unwrap().is_dir() {
                    true if entry.file_name() == LEVEL => {}
                    true => fs::remove_dir_all(path).unwrap(),
                    false => fs::remove_file(path).unwrap(),
                }
            }
            folder.push(LEVEL);
        }
    }
}

/// The file of a program, if it is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(program)).find(|p| p.exists())
}

fn list(folder: &Path, name: &str, tree: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().display());
        let metadata = entry.metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            tree.push(format!("{name}/ {mode:o}"));
            list(&path, &name, tree);
        } else if metadata.is_symlink() {
            tree.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
        } else {
            tree.push(format!("{name} {mode:o} {}", printable(&fs::read(&path).unwrap())));
        }
    }
}

fn printable(bytes: &[u8]) -> String {
    format!("{:?}", OsStr::from_bytes(bytes))
}

impl Outcome {
    /// What the other outcome has differently; `None` where the two are equal and no shell had to be killed.
    pub fn difference(&self, other: &Outcome) -> Option<String> {
        if self == other && self.status != TIMED_OUT {
            return None;
        }
        let mut text = String::new();
        if self.status != other.status || self.status == TIMED_OUT {
            writeln!(text, "exit status: {} became {}", self.status, other.status).unwrap();
        }
        if self.stdout != other.stdout {
            let (before, after) = (printable(&self.stdout), printable(&other.stdout));
            writeln!(text, "standard output: {before}\n         became: {after}").unwrap();
        }
        for (mark, one, rest) in [("-", self, other), ("+", other, self)] {
            for line in one.tree.iter().filter(|line| !rest.tree.contains(line)) {
                writeln!(text, "{mark} {line}").unwrap();
            }
        }
        Some(text)
    }
}

/// Kills shells that take too long.
struct Watch {
    running: Mutex<Option<(u32, Instant)>>,
}

impl Watch {
    fn start() -> Arc<Watch> {
        let watch = Arc::new(Watch { running: Mutex::new(None) });
        let weak = Arc::downgrade(&watch);
        thread::spawn(move || Watch::look(&weak));
        watch
    }

    fn look(weak: &Weak<Watch>) {
        while let Some(watch) = weak.upgrade() {
            let mut running = watch.running.lock().unwrap();
            if let Some((id, _)) = running.take_if(|(_, start)| start.elapsed() > LONGEST_RUN) {
                Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status().unwrap();
            }
            drop(running);
            drop(watch);
            thread::sleep(Duration::from_millis(500));
        }
    }

    fn wait(&self, mut child: Child) -> i32 {
        *self.running.lock().unwrap() = Some((child.id(), Instant::now()));
        let status = child.wait().unwrap();
        match self.running.lock().unwrap().take() {
            None => TIMED_OUT,
            Some(_) => status.code().unwrap_or_else(|| 1000 + status.signal().unwrap_or_default()),
        }
    }
}
