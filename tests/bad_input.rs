//! What must not happen: a crash, a file changed that should not be, or one bad file that keeps the others from being
//! done. Every case has a good file beside the bad one.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const GOOD: &str = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n";
const CLEAN: &str = "rm -rf /var/lib/apt/lists/*";

/// A folder with a good Dockerfile, and whatever else is put there.
struct Case {
    root: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        let case = Case { root: tempfile::tempdir().unwrap() };
        fs::set_permissions(case.root.path(), Permissions::from_mode(0o755)).unwrap();
        case.file("good/Dockerfile", GOOD);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs `dopt fix --write` over the whole folder.
    fn write_all(&self) -> Answer {
        self.run(Command::new(env!("CARGO_BIN_EXE_dopt")).args(["fix", "--write"]))
    }

    fn run(&self, command: &mut Command) -> Answer {
        let output = command
            .current_dir(self.root.path())
            .env_clear()
            .env("NO_COLOR", "1")
            .env("DOPT_NO_UNDO", "1")
            .output()
            .unwrap();
        Answer::new(&output)
    }

    fn good_is_done(&self) -> bool {
        fs::read_to_string(self.path("good/Dockerfile")).unwrap().contains(CLEAN)
    }
}

#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    errors: String,
}

impl Answer {
    fn new(output: &Output) -> Answer {
        Answer { code: output.status.code(), errors: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    #[track_caller]
    fn is(&self, code: i32, message: &str) {
        assert!(self.code == Some(code) && self.errors.contains(message), "expected {code} and {message:?}: {self:#?}");
    }
}

/// The bad file stays byte for byte, the good one is done, and the answer is as given.
#[track_caller]
fn left_alone(bytes: impl AsRef<[u8]>, message: &str) {
    let case = Case::new();
    let bad = case.file("bad/Dockerfile", bytes.as_ref());
    let inode = fs::metadata(&bad).unwrap().ino();
    case.write_all().is(4, message);
    assert!(fs::read(&bad).unwrap() == bytes.as_ref() && fs::metadata(&bad).unwrap().ino() == inode);
    assert!(case.good_is_done());
}

/// Both files are done without a complaint.
#[track_caller]
fn done(text: &str) {
    let case = Case::new();
    case.file("odd/Dockerfile", text);
    case.write_all().is(0, "changed");
    assert!(case.good_is_done());
    case.run(Command::new(env!("CARGO_BIN_EXE_dopt")).args(["fix"])).is(0, "nothing to do");
}

#[test]
fn a_line_longer_than_buildkit_reads() {
    left_alone(
        format!("FROM debian:12\nRUN {}\n", "echo x && ".repeat(1 << 20) + "true"),
        "bad/Dockerfile:2:1: the line is longer",
    );
}

#[test]
fn ten_megabytes_in_one_run() {
    done(&format!(
        "FROM debian:12\nRUN {}true\n",
        "echo some more text to have longer lines && \\\n    ".repeat(210_000)
    ));
}

#[test]
fn a_hundred_thousand_lines() {
    done(&format!("FROM debian:12\n{}", "ENV A=1\nRUN echo hello\n".repeat(50_000)));
}

#[test]
fn ten_thousand_neighbours() {
    done(&format!("FROM debian:12\n{}", "RUN apt-get install -y curl\n".repeat(10_000)));
}

const DEPTH: usize = 4_000;

#[test]
fn deep_nesting() {
    for (open, close) in [("(", ")"), ("$(", ")"), ("{ ", "; }"), ("if ", "; then x; fi"), ("\"$(", ")\""), ("`", "`")]
    {
        for closed in [true, false] {
            let end = if closed { close.repeat(DEPTH) } else { String::new() };
            done(&format!("FROM debian:12\nRUN {}true{end}\nRUN apt-get install -y x\n", open.repeat(DEPTH)));
        }
    }
    done(&format!("FROM debian:12\nENV A={}x{}\n", "${B:-".repeat(DEPTH), "}".repeat(DEPTH)));
    done(&format!("FROM debian:12\n{} RUN true\n", "ONBUILD ".repeat(5_000)));
}

#[test]
fn nul_bytes() {
    done("FROM debian:12\nRUN echo \0 && apt-get update\0 && apt-get install -y curl\n");
}

#[test]
fn latin_1() {
    left_alone(
        b"FROM debian:12\n# caf\xe9\nRUN apt-get install -y curl\n",
        "bad/Dockerfile: left as it is: it is not UTF-8 (byte 20, on line 2)",
    );
}

#[test]
fn an_empty_file() {
    left_alone("", "bad/Dockerfile:1:1: the file has no instruction");
}

#[test]
fn larger_than_any_dockerfile() {
    let case = Case::new();
    let bad = case.file("bad/Dockerfile", "FROM debian:12\n");
    fs::File::options().write(true).open(&bad).unwrap().set_len(65 << 20).unwrap();
    case.write_all().is(4, "bad/Dockerfile: left as it is: it is larger than 64 MiB");
    assert!(case.good_is_done());
}

#[test]
fn a_file_that_is_gone() {
    let case = Case::new();
    symlink("nowhere", case.path("Dockerfile")).unwrap();
    case.write_all().is(4, "error: Dockerfile: cannot be read: no such file or directory");
    assert!(case.good_is_done());
}

#[test]
fn a_link_in_a_circle() {
    let case = Case::new();
    symlink("Dockerfile", case.path("Dockerfile")).unwrap();
    case.write_all().is(4, "error: Dockerfile: cannot be read: too many levels");
    assert!(case.good_is_done());
}

#[test]
fn wrong_types_in_the_configuration() {
    for (text, message) in [
        ("select = 1\n", "expected an array of strings, found an integer\n --> bad/dopt.toml:1:10"),
        ("select = [1]\n", "expected a string, found an integer\n --> bad/dopt.toml:1:11"),
        ("unsafe-fixes = \"yes\"\n", "expected true or false, found a string"),
        ("merge-runs = true\n", "expected one of \"auto\", \"all\", \"never\", found a boolean"),
        ("exclude = [\"[z-a]\"]\n", "this is no glob"),
        ("select = [\"clean-apt\"\n", "bad/dopt.toml:"),
        ("\0", "bad/dopt.toml:1"),
    ] {
        let case = Case::new();
        let bad = case.file("bad/Dockerfile", GOOD);
        case.file("bad/dopt.toml", text);
        case.write_all().is(2, message);
        assert_eq!(fs::read_to_string(bad).unwrap(), GOOD);
        assert!(case.good_is_done());
    }
}

#[test]
fn a_file_that_may_not_be_written() {
    let Some((case, mut dopt)) = as_nobody() else { return };
    let bad = case.file("bad/Dockerfile", GOOD);
    give_to_nobody(&case.path("bad"));
    fs::set_permissions(&bad, Permissions::from_mode(0o444)).unwrap();
    case.run(dopt.args(["fix", "--write"])).is(4, "bad/Dockerfile: not written: no permission to change it");
    assert_eq!(fs::read_to_string(bad).unwrap(), GOOD);
    assert!(case.good_is_done());
}

#[test]
fn a_folder_that_may_not_be_written() {
    let Some((case, mut dopt)) = as_nobody() else { return };
    let bad = case.file("bad/Dockerfile", GOOD);
    give_to_nobody(&bad);
    fs::set_permissions(case.path("bad"), Permissions::from_mode(0o555)).unwrap();
    case.run(dopt.args(["fix", "--write"])).is(4, "bad/Dockerfile: not written: no file can be made beside it");
    assert_eq!(fs::read_to_string(bad).unwrap(), GOOD);
    assert!(case.good_is_done());
}

#[test]
fn a_file_of_somebody_else() {
    let Some((case, mut dopt)) = as_nobody() else { return };
    if !is_root() {
        return skip("a file of somebody else can only be made by root");
    }
    let bad = case.file("bad/Dockerfile", GOOD);
    give_to_nobody(&case.path("bad"));
    std::os::unix::fs::chown(&bad, Some(0), Some(0)).unwrap();
    fs::set_permissions(&bad, Permissions::from_mode(0o666)).unwrap();
    case.run(dopt.args(["fix", "--write"])).is(4, "it belongs to another user or group");
    assert_eq!(fs::read_to_string(&bad).unwrap(), GOOD);
    assert_eq!(fs::read_dir(case.path("bad")).unwrap().count(), 1);
    assert!(case.good_is_done());
}

#[test]
fn owner_and_set_id_bits_stay() {
    if !is_root() {
        return skip("only root can give files away");
    }
    let case = Case::new();
    let file = case.file("Dockerfile", GOOD);
    give_to_nobody(&file);
    fs::set_permissions(&file, Permissions::from_mode(0o6751)).unwrap();
    case.write_all().is(0, "2 files changed");
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (NOBODY, NOBODY, 0o6751));
}

#[test]
fn what_may_not_be_read() {
    let Some((case, mut dopt)) = as_nobody() else { return };
    let file = case.file("bad/Dockerfile", GOOD);
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    case.file("closed/Dockerfile", GOOD);
    fs::set_permissions(case.path("closed"), Permissions::from_mode(0o000)).unwrap();
    let answer = case.run(dopt.args(["fix", "--write"]));
    fs::set_permissions(case.path("closed"), Permissions::from_mode(0o755)).unwrap();
    answer.is(4, "error: bad/Dockerfile: cannot be read: permission denied");
    answer.is(4, "error: closed: cannot be read: permission denied");
    assert!(case.good_is_done());
}

#[test]
fn a_full_disk() {
    let case = Case::new();
    fs::create_dir(case.path("disk")).unwrap();
    let text = format!("{GOOD}# {}\n", "x".repeat(9000));
    case.file("text", &text);
    let script = format!(
        "mount -t tmpfs -o size=16k tmpfs disk || exit 77
        cp text disk/Dockerfile
        {} fix --write; code=$?
        cmp text disk/Dockerfile && test \"$(ls -A disk)\" = Dockerfile || code=99
        exit $code",
        env!("CARGO_BIN_EXE_dopt")
    );
    let unshare = if is_root() { "-m" } else { "-rm" };
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("unshare")
        .args([unshare, "sh", "-c", &script])
        .current_dir(case.root.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .output();
    match output.map(|output| Answer::new(&output)) {
        Ok(answer) if answer.code != Some(77) && !answer.errors.starts_with("unshare:") => {
            answer.is(4, "disk/Dockerfile: not written: no file can be made beside it: no space left on device");
            assert!(case.good_is_done());
        }
        _ => skip("no file system can be mounted here"),
    }
}

const NOBODY: u32 = 65534;

/// A case and a command that runs dopt as somebody whom file modes keep out; `None` if there is no way to.
fn as_nobody() -> Option<(Case, Command)> {
    let case = Case::new();
    if !is_root() {
        return Some((case, Command::new(env!("CARGO_BIN_EXE_dopt"))));
    }
    let dopt = case.path("dopt");
    fs::copy(env!("CARGO_BIN_EXE_dopt"), &dopt).unwrap();
    give_to_nobody(&case.path("good"));
    give_to_nobody(&case.path("good/Dockerfile"));
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(dopt);
    if Command::new("setpriv").args(["--reuid=65534", "true"]).status().is_ok_and(|status| status.success()) {
        Some((case, command))
    } else {
        skip("setpriv cannot change the user");
        None
    }
}

fn give_to_nobody(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Past the test runner, which swallows what a passing test prints.
fn skip(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}
