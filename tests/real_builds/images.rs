//! Images and containers as the comparison needs them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use dopt_image::{Image, Reading, Wanted, read_archive};
use serde_json::Value;

use crate::storage::Storage;

/// So often a build is tried again that failed for what is not in the file.
const TRIES: usize = 5;

/// What buildah says where another process has removed what it was about to use.
const RACES: &[&str] = &["layer not known", "identifier is not a container"];

impl Storage {
    /// A folder for files, gone with the storage.
    pub fn scratch(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Builds an image, with one layer for each step. The error is the end of what the build said.
    pub fn build(&self, dockerfile: &Path, context: &Path, image: &str, more: &[String]) -> Result<(), String> {
        let mut command = self.command("buildah");
        command.args(["build", "--format", "docker", "--layers", "--pull-never"]).args(more);
        command.arg("--tag").arg(image).arg("--file").arg(dockerfile).arg(context);
        let mut built = checked(&mut command);
        for _ in 0..TRIES {
            match &built {
                // Another test removed an image or a container meanwhile, which is no fault of the file.
                Err(said) if RACES.iter().any(|race| said.contains(race)) => built = checked(&mut command),
                _ => break,
            }
        }
        built.map(drop)
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
        let path = self.path(&format!("graph/{0}-layers/layers.json", self.driver));
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
        let archive = self.path(&format!("{}.tar", image.replace(['/', ':'], "-")));
        let to = format!("docker-archive:{}", archive.display());
        self.buildah(&["push", "--quiet", image, &to])?;
        let file = File::open(&archive).map_err(|error| error.to_string())?;
        let wanted = Wanted { name: None, platform: "" };
        let read = read_archive(file, &wanted, &Reading { exact: true, ..Reading::default() });
        std::fs::remove_file(&archive).map_err(|error| error.to_string())?;
        read.map_err(|failure| format!("{image} {failure}"))
    }

    /// A container, which is gone with the value.
    pub fn container(&self, image: &str) -> Result<Container<'_>, String> {
        Ok(Container { storage: self, name: self.buildah(&["from", "--pull-never", image])? })
    }

    fn inspect(&self, image: &str) -> Result<Value, String> {
        let text = self.buildah(&["inspect", "--type", "image", image])?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
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
        self.storage.buildah(&["mount", &self.name]).map(PathBuf::from)
    }

    /// Runs a script as the user and in the folder that the image asks for; whether it succeeds, and what it prints.
    pub fn shell(&self, script: &str) -> Result<(bool, String), String> {
        // Through a file, because some versions of buildah lose now and then what is printed last.
        let script = format!("exec > /tmp/printed 2>&1\n{script}");
        let mut command = self.storage.command("buildah");
        let output = command
            .args(["run", &self.name, "--"])
            .args(["/bin/sh", "-eu", "-c", &script])
            .output()
            .map_err(|error| error.to_string())?;
        let printed = std::fs::read(self.mount()?.join("tmp/printed")).unwrap_or(output.stderr);
        Ok((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.storage.buildah(&["rm", &self.name]);
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
