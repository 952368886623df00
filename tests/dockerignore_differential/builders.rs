//! Builders as referees: they build `COPY . /ctx`, and what is in the image is what they did not hide. buildah, and
//! BuildKit where a docker daemon runs.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use dopt_dockerignore::Builder;
use tempfile::TempDir;

use crate::expected::{in_image, visible};
use crate::generate::{Case, Kind};

/// Who builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Buildah,
    Docker,
}

/// What builders say of patterns that it cannot read; the last where the process that copies ended over one.
const FAILURES: &[&str] = &[
    "syntax error in pattern", "illegal exclusion pattern", "encoding request for copier subprocess",
    "context canceled",
];

/// What they say where everything is hidden.
const NOTHING: &[&str] = &["no items matching", "not found"];

/// Why nothing can be built.
pub fn missing(tool: Tool) -> Option<String> {
    if tool == Tool::Docker {
        let info = Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]).output();
        let runs = info.is_ok_and(|output| output.status.success());
        return if runs { None } else { Some("no docker daemon runs".to_owned()) };
    }
    for program in ["buildah", "tar"] {
        if Command::new(program).arg("--version").output().is_err() {
            return Some(format!("{program} is not installed"));
        }
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0);
    if is_root { None } else { Some("only root can build images here".to_owned()) }
}

/// Builds every case, and says which images have other files than expected.
pub fn compare(tool: Tool, cases: &[Case]) -> Vec<String> {
    let lab = Lab::new(tool);
    cases.iter().filter_map(|case| lab.difference(case)).collect()
}

/// A folder with buildah's storage in it.
struct Lab {
    tool: Tool,
    folder: TempDir,
}

impl Lab {
    fn new(tool: Tool) -> Lab {
        let folder = tempfile::Builder::new().prefix("ignored-").tempdir().unwrap();
        fs::write(folder.path().join("policy.json"), r#"{"default": [{"type": "insecureAcceptAnything"}]}"#).unwrap();
        fs::write(folder.path().join("Dockerfile"), "FROM scratch\nCOPY . /ctx\n").unwrap();
        Lab { tool, folder }
    }

    fn difference(&self, case: &Case) -> Option<String> {
        let ours = visible(case, self.builder()).map(|seen| in_image(case, &seen));
        let theirs = self.build(case);
        let show = |files: &BTreeSet<Vec<u8>>| {
            files.iter().map(|path| format!("{}\n", path.escape_ascii())).collect::<String>()
        };
        let problem = match (&ours, &theirs) {
            (Some(ours), Ok(theirs)) if ours == theirs => return None,
            // An image cannot be made of nothing.
            (Some(ours), Err(said)) if ours.is_empty() && NOTHING.iter().any(|nothing| said.contains(nothing)) => {
                return None;
            }
            // A tab in a pattern is more than BuildKit can send to the client that has the files.
            (_, Err(said)) if said.contains("non-printable ASCII characters") && case.file.contains(&b'\t') => {
                return None;
            }
            (None, Err(said)) if FAILURES.iter().any(|failure| said.contains(failure)) => return None,
            (None, Ok(_)) => "builds, against what we say".to_owned(),
            (_, Err(said)) => format!("does not build:\n{said}"),
            (Some(ours), Ok(theirs)) => {
                let less: BTreeSet<_> = ours.difference(theirs).cloned().collect();
                let more: BTreeSet<_> = theirs.difference(ours).cloned().collect();
                format!("has not\n{}but\n{}", show(&less), show(&more))
            }
        };
        Some(format!("--- .dockerignore\n{}\n--- {problem}", case.file.escape_ascii()))
    }

    fn builder(&self) -> Builder {
        if self.tool == Tool::Docker { Builder::BuildKit } else { Builder::Buildah }
    }

    /// The paths below `/ctx` in the image.
    fn build(&self, case: &Case) -> Result<BTreeSet<Vec<u8>>, String> {
        let path = |name: &str| self.folder.path().join(name);
        let (context, archive) = (path("context"), path("image.tar"));
        let _ = fs::remove_dir_all(&context);
        lay_out(case, &context);
        let mut command = match self.tool {
            Tool::Docker => {
                let mut command = Command::new("docker");
                command.args(["build", "--quiet"]).env("DOCKER_BUILDKIT", "1");
                command
            }
            Tool::Buildah => {
                let mut command = Command::new("buildah");
                command.arg("--root").arg(path("root")).arg("--runroot").arg(path("run"));
                command.args(["--storage-driver", "vfs", "build", "--layers=false", "--quiet", "--signature-policy"]);
                command.arg(path("policy.json"));
                command
            }
        };
        command.arg("--output").arg(format!("type=tar,dest={}", archive.display()));
        command.arg("--file").arg(path("Dockerfile")).arg(&context);
        fs::write(path("Dockerfile.dockerignore"), &case.file).unwrap();
        let output = command.env("TMPDIR", self.folder.path()).stdin(Stdio::null()).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let image = path("image");
        let _ = fs::remove_dir_all(&image);
        fs::create_dir(&image).unwrap();
        let unpacked =
            Command::new("tar").arg("--touch").arg("-xf").arg(&archive).arg("-C").arg(&image).status().unwrap();
        assert!(unpacked.success());
        let mut found = BTreeSet::new();
        list(&image.join("ctx"), &mut Vec::new(), &mut found);
        Ok(found)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path().join("root/vfs")).output();
    }
}

fn lay_out(case: &Case, context: &Path) {
    fs::create_dir(context).unwrap();
    for (path, kind) in &case.tree {
        let at = context.join(OsStr::from_bytes(path));
        match kind {
            Kind::File => fs::write(at, "x").unwrap(),
            Kind::Folder => fs::create_dir(at).unwrap(),
            Kind::Link => std::os::unix::fs::symlink("a", at).unwrap(),
        }
    }
}

fn list(folder: &Path, prefix: &mut Vec<u8>, found: &mut BTreeSet<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let before = prefix.len();
        prefix.extend_from_slice(entry.file_name().as_bytes());
        found.insert(prefix.clone());
        if entry.file_type().unwrap().is_dir() {
            prefix.push(b'/');
            list(&entry.path(), prefix, found);
        }
        prefix.truncate(before);
    }
}
