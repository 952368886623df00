//! Images and containers of buildah, in a temporary folder of their own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dopt_image::{Image, Reading, Wanted, read_archive};
use serde_json::Value;
use tempfile::TempDir;

/// What buildah makes outside its storage, whatever it is told: a cache of where it has seen layers.
const OUTSIDE: &[&str] = &[
    "/var/lib/containers/cache/blob-info-cache-v1.boltdb", "/var/lib/containers/cache/blob-info-cache-v1.sqlite",
    "/var/lib/containers/cache", "/var/lib/containers", "/run/containers/networks", "/run/containers",
];

pub struct Storage {
    folder: TempDir,
    driver: &'static str,
    outside: Vec<&'static Path>,
}

impl Storage {
    /// An empty one, with overlays where the kernel has them.
    pub fn new() -> Result<Storage, String> {
        let folder = tempfile::Builder::new().prefix("real-builds-").tempdir().map_err(|error| error.to_string())?;
        std::fs::write(folder.path().join("policy.json"), r#"{"default": [{"type": "insecureAcceptAnything"}]}"#)
            .map_err(|error| error.to_string())?;
        let outside = OUTSIDE.iter().map(Path::new).filter(|path| !path.exists()).collect();
        let mut storage = Storage { folder, driver: "overlay", outside };
        if storage.run(&["images"]).is_err() {
            storage.driver = "vfs";
            storage.run(&["images"])?;
        }
        Ok(storage)
    }

    /// A folder for files, gone with the storage.
    pub fn scratch(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Builds an image, with one layer for each step. The error is the end of what the build said.
    pub fn build(&self, dockerfile: &Path, context: &Path, image: &str, more: &[String]) -> Result<(), String> {
        let policy = self.folder.path().join("policy.json");
        let mut command = self.buildah(&["build", "--isolation", "chroot", "--format", "docker", "--layers"]);
        command.args(["--pull-never", "--signature-policy"]).arg(policy).args(more);
        command.arg("--tag").arg(image).arg("--file").arg(dockerfile).arg(context);
        checked(&mut command).map(drop)
    }

    /// What an image says of itself, and not when and how it was made.
    pub fn configuration(&self, image: &str) -> Result<Value, String> {
        let mut found = self.inspect(image)?["Docker"].take();
        let mut configuration = found["config"].take();
        if let Some(fields) = configuration.as_object_mut() {
            // The name of some container on the way.
            fields.remove("Hostname");
        }
        Ok(serde_json::json!({ "config": configuration, "os": found["os"], "architecture": found["architecture"] }))
    }

    /// The layers of an image with their bytes as uncompressed archives.
    pub fn layers(&self, image: &str) -> Result<Vec<(String, u64)>, String> {
        let path = self.folder.path().join(format!("root/{0}-layers/layers.json", self.driver));
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let known: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let size = |id: &str| {
            let layer = known.iter().find(|layer| layer["diff-digest"] == id);
            layer.and_then(|layer| layer["diff-size"].as_u64()).ok_or_else(|| format!("{id} has no size"))
        };
        let image = self.inspect(image)?;
        let ids = image["OCIv1"]["rootfs"]["diff_ids"].as_array().ok_or("the image has no layers")?;
        ids.iter().filter_map(Value::as_str).map(|id| Ok((id.to_owned(), size(id)?))).collect()
    }

    /// An image with all that tells files apart.
    pub fn image(&self, image: &str) -> Result<Image, String> {
        let archive = self.folder.path().join(format!("{}.tar", image.replace(['/', ':'], "-")));
        let policy = self.folder.path().join("policy.json").display().to_string();
        let to = format!("docker-archive:{}", archive.display());
        self.run(&["push", "--quiet", "--signature-policy", &policy, image, &to])?;
        let file = File::open(&archive).map_err(|error| error.to_string())?;
        let wanted = Wanted { name: None, platform: "" };
        let read = read_archive(file, &wanted, &Reading { exact: true, ..Reading::default() });
        std::fs::remove_file(&archive).map_err(|error| error.to_string())?;
        read.map_err(|failure| format!("{image} {failure}"))
    }

    /// A container, which is gone with the value.
    pub fn container(&self, image: &str) -> Result<Container<'_>, String> {
        Ok(Container { storage: self, name: self.run(&["from", "--pull-never", image])? })
    }

    fn inspect(&self, image: &str) -> Result<Value, String> {
        let text = self.run(&["inspect", "--type", "image", image])?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        checked(&mut self.buildah(arguments))
    }

    fn buildah(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("buildah");
        for (option, folder) in [("--root", "root"), ("--runroot", "run")] {
            command.arg(option).arg(self.folder.path().join(folder));
        }
        // Buildah puts what it copies there, and nothing is left of it where it was ended.
        command.env("TMPDIR", self.folder.path()).stdin(Stdio::null());
        command.args(["--storage-driver", self.driver]).args(arguments);
        command
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.run(&["rm", "--all"]);
        // The driver mounts its folder onto itself, and such a folder cannot be deleted.
        let _ = Command::new("umount").arg(self.folder.path().join("root").join(self.driver)).output();
        for path in &self.outside {
            // A folder goes only if nobody else has put something there.
            let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
        }
    }
}

/// A container made from an image.
pub struct Container<'s> {
    storage: &'s Storage,
    name: String,
}

impl Container<'_> {
    /// The folder with its files.
    pub fn mount(&self) -> Result<PathBuf, String> {
        self.storage.run(&["mount", &self.name]).map(PathBuf::from)
    }

    /// Runs a script as the user and in the folder that the image asks for; whether it succeeds, and what it prints.
    pub fn shell(&self, script: &str) -> Result<(bool, String), String> {
        // Through a file, because some versions of buildah lose now and then what is printed last.
        let script = format!("exec > /tmp/printed 2>&1\n{script}");
        let mut command = self.storage.buildah(&["run", "--isolation", "chroot", &self.name, "--"]);
        let output = command.args(["/bin/sh", "-eu", "-c", &script]).output().map_err(|error| error.to_string())?;
        let printed = std::fs::read(self.mount()?.join("tmp/printed")).unwrap_or(output.stderr);
        Ok((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.storage.run(&["rm", &self.name]);
    }
}

/// What a command prints, without the last newline; otherwise the end of everything that it said.
pub fn checked(command: &mut Command) -> Result<String, String> {
    const LINES: usize = 25;
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    let lines: Vec<&str> = said.lines().collect();
    Err(format!("{program}, {}:\n{}", output.status, lines[lines.len().saturating_sub(LINES)..].join("\n")))
}
