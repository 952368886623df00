//! What others start dopt with: the hooks, by pre-commit itself, and the action, by its own scripts in a repository.

mod referees;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ADD: &str = "FROM debian:12\nADD a.py /\n";
const COPY: &str = "FROM debian:12\nCOPY a.py /\n";

/// Names that are Dockerfiles in a folder, and names that are none.
const NAMES: [&str; 17] = [
    "Dockerfile", "dockerfile", "Containerfile", "a/Dockerfile.dev", "a/web.Dockerfile", "a/x.y.dockerfile",
    "a/Dockerfile.alpine.test", "a/Dockerfile.j2.Dockerfile", "a/Dockerfiles", "a/Dockerfile.tmpl",
    "a/Dockerfile.x.j2", "a/Dockerfile.dockerignore", "a/x.Dockerfile.j2", "a/myDockerfile", "a/Dockerfile-dev",
    "a/Dockerfile.", "a/README.md",
];

/// A repository of git with Dockerfiles, and a home.
struct Repository {
    root: tempfile::TempDir,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Repository {
        let repository = Repository { root: tempfile::tempdir().unwrap() };
        fs::create_dir(repository.work()).unwrap();
        repository.succeeds("git", &["init", "-q"]);
        for (name, text) in files {
            repository.write(name, text);
        }
        repository.succeeds("git", &["add", "-A"]);
        repository.succeeds("git", &["commit", "-q", "-m", "All of it"]);
        repository
    }

    fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.work().join(name)).unwrap()
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.work()).env("XDG_STATE_HOME", self.root.path().join("state"));
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Somebody").env(format!("GIT_{role}_EMAIL"), "somebody@localhost");
        }
        command
    }

    fn succeeds(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", said(&output));
        said(&output)
    }

    /// The hook, by pre-commit, over all files.
    fn hook(&self, python: &Path, hooks: &Repository, id: &str, arguments: &str) -> Output {
        let revision = hooks.succeeds("git", &["rev-parse", "HEAD"]);
        let (repo, revision) = (hooks.work().display().to_string(), revision.trim());
        let hook = format!("hooks: [{{id: {id}, args: [{arguments}]}}]");
        self.write(".pre-commit-config.yaml", &format!("repos:\n- {{repo: '{repo}', rev: {revision}, {hook}}}\n"));
        self.succeeds("git", &["add", "-A"]);
        let mut command = self.command(python.join("bin/pre-commit"));
        // The other repository is the same for all hooks, so that it is installed once.
        command.env("PRE_COMMIT_HOME", hooks.root.path().join("installed"));
        command.args(["run", "--all-files", "--verbose", "--color=never"]).output().unwrap()
    }

    /// What the script of the action says is to be run, with a runner's files around it.
    fn action(&self, arguments: &str, annotations: &str, fail: &str) -> (Output, String) {
        let runner = self.root.path().join("runner");
        let _ = fs::remove_dir_all(&runner);
        fs::create_dir(&runner).unwrap();
        let bin = Path::new(env!("CARGO_BIN_EXE_dopt")).parent().unwrap();
        let mut command = self.command(Path::new(ROOT).join(".github/action/run"));
        command
            .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
            .env("RUNNER_TEMP", &runner)
            .env("GITHUB_OUTPUT", runner.join("output"))
            .envs([("DOPT_ARGS", arguments), ("DOPT_ANNOTATIONS", annotations), ("DOPT_FAIL", fail)]);
        let output = command.output().unwrap();
        (output, fs::read_to_string(runner.join("output")).unwrap_or_default())
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// A repository with our hooks, and a crate in the place of ours that only starts what was built here already.
fn hooks() -> Repository {
    let main = format!(
        "use std::os::unix::process::CommandExt;\nfn main() {{ let error = std::process::Command::new({:?}).args(std::env::args_os().skip(1)).exec(); panic!(\"{{error}}\"); }}\n",
        env!("CARGO_BIN_EXE_dopt")
    );
    Repository::new(&[
        (".pre-commit-hooks.yaml", &fs::read_to_string(Path::new(ROOT).join(".pre-commit-hooks.yaml")).unwrap()),
        ("Cargo.toml", "[package]\nname = \"dopt\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", &main),
    ])
}

#[test]
fn pre_commit_runs_the_hooks() {
    let Some(python) = referees::python() else { return };
    let hooks = hooks();
    // The second hook ends with 1 because it wrote, and with 0 as soon as there is nothing to write.
    let repository = Repository::new(&[("Dockerfile", ADD), ("a/Dockerfile", COPY), ("a/Dockerfile.j2", "{{ no }}")]);
    let output = repository.hook(&python, &hooks, "dopt-check", "");
    assert!(!output.status.success() && said(&output).contains("copy-not-add"), "{}", said(&output));
    assert_eq!(repository.text("Dockerfile"), ADD);
    let output = repository.hook(&python, &hooks, "dopt-fix", "");
    assert!(!output.status.success() && said(&output).contains("exit code: 1"), "{}", said(&output));
    assert_eq!(repository.text("Dockerfile"), COPY);
    for hook in ["dopt-fix", "dopt-check"] {
        let output = repository.hook(&python, &hooks, hook, "");
        assert!(output.status.success() && said(&output).contains("Passed"), "{}", said(&output));
    }

    // What dopt.toml excludes is excluded although pre-commit names it.
    repository.write("dopt.toml", "exclude = [\"a/**\"]\n");
    repository.write("a/Dockerfile", ADD);
    let output = repository.hook(&python, &hooks, "dopt-fix", "");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(repository.text("a/Dockerfile"), ADD);

    // The files are those that dopt finds in the folder.
    let files: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, ADD)).collect();
    let repository = Repository::new(&files);
    let output = repository.hook(&python, &hooks, "dopt-check", "-f, jsonl");
    let found = repository.command(env!("CARGO_BIN_EXE_dopt")).args(["check", "-f", "jsonl"]).output().unwrap();
    assert_eq!(paths(&said(&output)), paths(&said(&found)));
    assert_eq!(paths(&said(&found)).len(), 8);
}

/// The paths in lines of JSON, sorted.
fn paths(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut paths: Vec<String> = lines.filter_map(|line| Some(line.get("path")?.as_str()?.to_owned())).collect();
    paths.sort();
    paths
}

#[test]
fn docker_takes_dopt_for_a_plugin() {
    if !referees::has("docker") {
        return;
    }
    let repository = Repository::new(&[("Dockerfile", ADD)]);
    let plugins = repository.root.path().join("docker/cli-plugins");
    fs::create_dir_all(&plugins).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dopt"), plugins.join("docker-dopt")).unwrap();
    let docker = |arguments: &[&str]| {
        let mut docker = repository.command("docker");
        docker.env("DOCKER_CONFIG", plugins.parent().unwrap()).args(arguments).output().unwrap()
    };
    let help = said(&docker(&["--help"]));
    assert!(help.lines().any(|line| line.trim().starts_with("dopt*") && line.contains("Dockerfiles")), "{help}");
    assert_eq!(said(&docker(&["dopt", "--version"])), format!("dopt {}\n", env!("CARGO_PKG_VERSION")));
    assert!(said(&docker(&["dopt", "fix", "--help"])).contains("Usage: docker dopt fix"));
    assert_eq!(docker(&["dopt", "fix", "--check"]).status.code(), Some(1));
    let output = docker(&["--log-level", "warn", "dopt", "fix", "--write"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(repository.text("Dockerfile"), COPY);
    assert_eq!(docker(&["dopt", "fix", "--no-such-option"]).status.code(), Some(2));
}

#[test]
fn the_action_and_the_hooks_are_what_published_schemas_say() {
    let Some(python) = referees::python() else { return };
    let judge = |arguments: &[&str]| {
        let output = Command::new(python.join("bin/check-jsonschema")).args(arguments).current_dir(ROOT).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    judge(&["--builtin-schema", "vendor.github-actions", "action.yml"]);
    let checked = Command::new(python.join("bin/pre-commit"))
        .args(["validate-manifest", ".pre-commit-hooks.yaml"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", said(&checked));
}

#[test]
fn the_action_says_what_would_change_and_leaves_a_patch() {
    let repository = Repository::new(&[("Dockerfile", ADD), ("a b/Dockerfile", ADD)]);
    let (output, outputs) = repository.action("", "true", "true");
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("::warning file=Dockerfile,line=2"), "{}", said(&output));
    let patch = outputs.lines().find_map(|line| line.strip_prefix("patch=")).unwrap();
    assert_eq!(outputs, format!("changed=true\npatch={patch}\nexit=1\n"));
    repository.succeeds("git", &["apply", patch]);
    assert_eq!((repository.text("Dockerfile").as_str(), repository.text("a b/Dockerfile").as_str()), (COPY, COPY));
    let (_, outputs) = repository.action("", "true", "true");
    assert_eq!(outputs, "changed=false\npatch=\nexit=0\n");

    // Paths with blanks, no annotations, no failure; and nothing in the arguments is run.
    repository.write("a b/Dockerfile", ADD);
    let (output, outputs) = repository.action("--select copy-not-add\n'a b'", "false", "false");
    assert!(!said(&output).contains("::warning"), "{}", said(&output));
    assert!(outputs.starts_with("changed=true\n") && outputs.ends_with("exit=0\n"), "{outputs}");
    let (_, outputs) = repository.action("$(touch here) ; touch here", "true", "true");
    assert!(outputs.ends_with("exit=4\n"), "{outputs}");
    assert!(!repository.work().join("here").exists());
    let (_, outputs) = repository.action("--no-such-option", "true", "false");
    assert_eq!(outputs, "changed=false\npatch=\nexit=2\n");
}

#[test]
fn the_steps_of_the_action_and_its_scripts_fit() {
    let action = fs::read_to_string(Path::new(ROOT).join("action.yml")).unwrap();
    let variables = |text: &str| {
        let words = text.split(|found: char| !(found.is_ascii_uppercase() || found == '_'));
        words.filter(|word| word.starts_with("DOPT_")).map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let mut read = variables("DOPT_EXIT");
    for script in ["install", "run"] {
        let path = Path::new(ROOT).join(".github/action").join(script);
        assert!(action.contains(&format!("$GITHUB_ACTION_PATH/.github/action/{script}")));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0o111, "{script} can be run");
        read.extend(variables(&fs::read_to_string(path).unwrap()));
    }
    assert_eq!(variables(&action), read);
}
