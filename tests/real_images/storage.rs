//! Images of buildah in a temporary folder of their own, for buildah itself and for dopt that calls it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What buildah makes outside its storage, whatever it is told: a cache of where it has seen layers.
const OUTSIDE: &[&str] = &[
    "/var/lib/containers/cache/blob-info-cache-v1.boltdb", "/var/lib/containers/cache/blob-info-cache-v1.sqlite",
    "/var/lib/containers/cache", "/var/lib/containers", "/run/containers/networks", "/run/containers",
];

/// An empty storage, gone with the value.
pub struct Storage {
    folder: PathBuf,
    /// Deletes the folder.
    _temporary: Option<TempDir>,
    outside: Vec<&'static Path>,
    /// How layers are kept.
    pub driver: &'static str,
}

impl Storage {
    /// The error says why there can be none here.
    pub fn new() -> Result<Storage, String> {
        Storage::inside(&std::env::temp_dir())
    }

    /// The same in a folder of somebody's choice.
    pub fn inside(place: &Path) -> Result<Storage, String> {
        if Command::new("buildah").arg("--version").output().is_err() {
            return Err("buildah is not installed".to_owned());
        }
        let mut why = String::new();
        for driver in ["overlay", "vfs"] {
            let folder = tempfile::Builder::new().prefix("real-images-").tempdir_in(place);
            let folder = folder.map_err(|error| error.to_string())?;
            match Storage::at(folder.path().to_owned(), Some(folder), driver) {
                Ok(storage) => return Ok(storage),
                Err(error) => why = error,
            }
        }
        Err(format!("buildah cannot store images here: {why}"))
    }

    /// What is in a folder already, or will be; it stays there.
    #[allow(dead_code)]
    pub fn kept(folder: &Path) -> Result<Storage, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        Storage::at(folder.to_owned(), None, "overlay")
    }

    fn at(folder: PathBuf, temporary: Option<TempDir>, driver: &'static str) -> Result<Storage, String> {
        let outside = OUTSIDE.iter().map(Path::new).filter(|path| !path.exists()).collect();
        let storage = Storage { folder, _temporary: temporary, outside, driver };
        storage.configure();
        storage.buildah(&["images"]).map(|_| storage)
    }

    fn configure(&self) {
        let root = &self.folder;
        let policies = root.join("home/.config/containers");
        std::fs::create_dir_all(&policies).unwrap();
        std::fs::create_dir_all(root.join("tmp")).unwrap();
        std::fs::write(policies.join("policy.json"), r#"{"default": [{"type": "insecureAcceptAnything"}]}"#).unwrap();
        let (graph, run) = (root.join("graph"), root.join("run"));
        let text = format!(
            "[storage]\ndriver = {:?}\ngraphroot = {:?}\nrunroot = {:?}\n",
            self.driver,
            graph.display().to_string(),
            run.display().to_string()
        );
        std::fs::write(root.join("storage.conf"), text).unwrap();
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Lets a program, and what it calls, work in this storage.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let root = &self.folder;
        let mut command = Command::new(program);
        command.env("CONTAINERS_STORAGE_CONF", root.join("storage.conf")).env("HOME", root.join("home"));
        command.env("TMPDIR", root.join("tmp")).env("BUILDAH_ISOLATION", "chroot").stdin(Stdio::null());
        command
    }

    /// What buildah prints, without the last newline.
    pub fn buildah(&self, arguments: &[&str]) -> Result<String, String> {
        text(self.command("buildah").args(arguments).output())
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.buildah(&["rm", "--all"]);
        // The driver mounts its folder onto itself, and such a folder cannot be deleted.
        let _ = Command::new("umount").arg(self.path("graph").join(self.driver)).output();
        for path in &self.outside {
            // A folder goes only if nobody else has put something there.
            let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
        }
    }
}

/// What a program prints, if it succeeds; otherwise what it complains about.
pub fn text(output: std::io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Whether only root may do what is to be done, and somebody else asks.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|data| data.uid() == 0)
}
