//! Small projects, built by buildah with the whole context and with the `.dockerignore` that `dopt ignore` writes: the
//! images have to be the same apart from the junk that each project lists.
//!
//! The base has a shell and stand-ins for `npm`, `git`, `go`, `make` and `pip`, which read and write what the real ones do.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use projects::{PROJECTS, Project};
use tempfile::TempDir;

#[path = "ignored_builds/projects.rs"]
mod projects;

/// Paths with what is in them.
type Tree = BTreeMap<String, String>;

#[test]
fn projects_build_the_same_without_their_junk() {
    if let Some(reason) = missing() {
        return say(&format!("SKIPPED: no project was built with and without its junk: {reason}"));
    }
    let start = Instant::now();
    let next = Mutex::new(PROJECTS.iter());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let lab = Lab::new();
            let mut wrong = Vec::new();
            loop {
                let Some(project) = next.lock().unwrap().next() else { return wrong };
                wrong.extend(lab.differences(project).map(|found| format!("--- {}\n{found}", project.name)));
            }
        };
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    say(&format!("{} projects built twice in {} s", PROJECTS.len(), start.elapsed().as_secs()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Says something even where the test passes.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn missing() -> Option<String> {
    for program in ["buildah", "busybox", "tar", "ldd"] {
        if Command::new(program).arg("--help").output().is_err() {
            return Some(format!("{program} is not installed"));
        }
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0);
    if is_root { None } else { Some("only root can build images here".to_owned()) }
}

/// A folder with buildah's storage and the base image.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn new() -> Lab {
        let folder = tempfile::Builder::new().prefix("junk-").tempdir().unwrap();
        fs::write(folder.path().join("policy.json"), r#"{"default": [{"type": "insecureAcceptAnything"}]}"#).unwrap();
        let lab = Lab { folder };
        lab.make_base();
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// BusyBox with the libraries that it needs, and the stand-ins.
    fn make_base(&self) {
        let root = self.path("base");
        let put = |from: &Path| {
            let to = root.join(from.strip_prefix("/").unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        };
        let which = Command::new("sh").args(["-c", "command -v busybox"]).output().unwrap().stdout;
        let busybox = fs::canonicalize(String::from_utf8(which).unwrap().trim()).unwrap();
        let libraries = Command::new("ldd").arg(&busybox).output().unwrap().stdout;
        for word in String::from_utf8_lossy(&libraries).split_whitespace().filter(|word| word.starts_with('/')) {
            put(Path::new(word));
        }
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy(&busybox, root.join("bin/busybox")).unwrap();
        for applet in
            ["sh", "cat", "cp", "rm", "ls", "mkdir", "find", "sort", "test", "true", "echo", "head", "sed", "grep"]
        {
            symlink("busybox", root.join("bin").join(applet)).unwrap();
        }
        for (name, script) in projects::PROGRAMS {
            let at = root.join("bin").join(name);
            fs::write(&at, format!("#!/bin/sh\nset -e\n{script}")).unwrap();
            fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(self.path("base.Dockerfile"), "FROM scratch\nCOPY . /\nENV PATH=/bin\n").unwrap();
        let built =
            self.buildah(&["build", "--quiet", "--tag", "localhost/base"], &self.path("base.Dockerfile"), &root);
        assert!(built.is_ok(), "the base does not build: {built:?}");
    }

    fn buildah(&self, arguments: &[&str], dockerfile: &Path, context: &Path) -> Result<(), String> {
        let mut command = Command::new("buildah");
        command.arg("--root").arg(self.path("root")).arg("--runroot").arg(self.path("run"));
        command.args(["--storage-driver", "vfs"]).args(arguments);
        command.args(["--isolation", "chroot", "--pull-never", "--layers=false", "--signature-policy"]);
        command.arg(self.path("policy.json")).arg("--file").arg(dockerfile).arg(context);
        let output = command.env("TMPDIR", self.folder.path()).stdin(Stdio::null()).output().unwrap();
        match output.status.success() {
            true => Ok(()),
            false => {
                Err([output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat())
            }
        }
    }

    /// What is not as it should be with a project.
    fn differences(&self, project: &Project) -> Option<String> {
        let context = self.path("context");
        let _ = fs::remove_dir_all(&context);
        for (path, text) in project.files {
            let at = context.join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, text).unwrap();
        }
        let before = match self.image(&context, project) {
            Ok(tree) => tree,
            Err(said) => return Some(format!("does not build: {said}")),
        };
        let dopt = Command::new(env!("CARGO_BIN_EXE_dopt"))
            .args(["ignore", "--write"])
            .current_dir(&context)
            .env("DOPT_NO_UNDO", "1")
            .output()
            .unwrap();
        let after = match self.image(&context, project) {
            Ok(tree) => tree,
            Err(said) => return Some(format!("does not build any more: {said}")),
        };
        let said = String::from_utf8_lossy(&dopt.stderr).into_owned();
        let gone: Vec<&str> = before.keys().filter(|path| !after.contains_key(*path)).map(String::as_str).collect();
        let new: Vec<&String> = after.keys().filter(|path| !before.contains_key(*path)).collect();
        let changed: Vec<&String> =
            after.keys().filter(|path| before.get(*path).is_some_and(|old| *old != after[*path])).collect();
        let expected: Vec<&str> = project.junk.to_vec();
        if gone == expected && new.is_empty() && changed.is_empty() {
            return None;
        }
        Some(format!("gone: {gone:#?}\nexpected: {expected:#?}\nnew: {new:?}\nchanged: {changed:?}\n{said}"))
    }

    /// What is in the image, without the base.
    fn image(&self, context: &Path, project: &Project) -> Result<Tree, String> {
        let archive = self.path("image.tar");
        let output = format!("type=tar,dest={}", archive.display());
        self.buildah(&["build", "--quiet", "--output", &output], &context.join(project.dockerfile), context)?;
        let image = self.path("image");
        let _ = fs::remove_dir_all(&image);
        fs::create_dir(&image).unwrap();
        let unpacked =
            Command::new("tar").args(["--touch", "-xf"]).arg(&archive).arg("-C").arg(&image).status().unwrap();
        assert!(unpacked.success());
        let mut tree = Tree::new();
        read(&image, &image, &mut tree);
        tree.retain(|path, _| path.starts_with("app") || path.starts_with("out"));
        Ok(tree)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path("root/vfs")).output();
    }
}

fn read(folder: &Path, root: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            tree.insert(name, "a folder".to_owned());
            read(&path, root, tree);
        } else {
            tree.insert(name, fs::read_to_string(&path).unwrap_or_default());
        }
    }
}
