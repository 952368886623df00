//! A project in a temporary folder, and what `dopt ignore` says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub struct Project {
    folder: TempDir,
}

impl Project {
    /// A project with this Dockerfile.
    pub fn new(dockerfile: &str) -> Project {
        Project::empty().file("Dockerfile", dockerfile)
    }

    /// Without any.
    pub fn empty() -> Project {
        Project { folder: tempfile::tempdir().unwrap() }
    }

    /// With one more file.
    pub fn file(self, path: &str, text: &str) -> Project {
        let at = self.path(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
        self
    }

    /// With several more, each with something in it.
    pub fn files(self, paths: &[&str]) -> Project {
        paths.iter().fold(self, |project, path| project.file(path, "x\n"))
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
        dopt.args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env("DOPT_NO_UNDO", "1")
            .output()
            .unwrap()
    }

    /// What `dopt ignore -f json` says of the only ignore file.
    pub fn json(&self, more: &[&str]) -> Value {
        let output = self.run(&[&["ignore", "-f", "json"], more].concat());
        let value: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        value["files"][0].clone()
    }

    /// The patterns that would be written.
    pub fn lines(&self) -> Vec<String> {
        patterns(&self.json(&[])["lines"])
    }

    /// The patterns that need leave.
    pub fn suggestions(&self) -> Vec<String> {
        patterns(&self.json(&[])["suggestions"])
    }

    /// Why a pattern is not written.
    pub fn reason(&self, pattern: &str) -> Option<String> {
        let left = self.json(&[])["left"].clone();
        let found = left.as_array()?.iter().find(|left| left["pattern"] == pattern)?;
        found["reason"].as_str().map(str::to_owned)
    }

    /// Whether it would write this very line.
    pub fn hides(&self, pattern: &str) -> bool {
        self.lines().iter().any(|line| line == pattern)
    }

    /// Why nothing at all can be said.
    pub fn error(&self) -> Option<String> {
        self.json(&[])["error"].as_str().map(str::to_owned)
    }
}

pub fn patterns(lines: &Value) -> Vec<String> {
    lines.as_array().into_iter().flatten().map(|line| line["pattern"].as_str().unwrap().to_owned()).collect()
}
