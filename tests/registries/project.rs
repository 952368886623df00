//! A folder with Dockerfiles in which `dopt` is run, with a home of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub struct Project {
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Project {
    pub fn new() -> Project {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work/.git", "home/.docker", "bin"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Project { root, variables: Vec::new() }
    }

    /// With a Dockerfile.
    pub fn with(dockerfile: &str) -> Project {
        let project = Project::new();
        project.write("Dockerfile", dockerfile);
        project
    }

    /// A file of the project.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// A folder that is not part of the project.
    pub fn outside(&self, name: &str) -> PathBuf {
        let path = self.root.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The user's Docker configuration.
    pub fn docker_config(&self, text: &str) {
        fs::write(self.root.path().join("home/.docker/config.json"), text).unwrap();
    }

    /// A program that the user can run.
    #[cfg(unix)]
    pub fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.root.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn dopt(&self, arguments: &[&str]) -> Run {
        self.dopt_in("", arguments)
    }

    pub fn dopt_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let path = std::env::join_paths(
            [self.root.path().join("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let output = Command::new(env!("CARGO_BIN_EXE_dopt"))
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", path.unwrap())
            .env("HOME", self.root.path().join("home"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Everything that the project holds now, for a search.
    pub fn everything(&self) -> String {
        let mut found = String::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found += &fs::read_to_string(&path).unwrap_or_default(),
                }
            }
        }
        found
    }

    /// The folder with home, programs and work.
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

impl Run {
    /// Both outputs.
    pub fn said(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    #[track_caller]
    pub fn expect(&self, code: i32) -> &Run {
        assert_eq!(self.code, code, "{}", self.said());
        self
    }

    #[track_caller]
    pub fn says(&self, part: &str) -> &Run {
        assert!(self.said().contains(part), "nobody said `{part}`:\n{}", self.said());
        self
    }
}
