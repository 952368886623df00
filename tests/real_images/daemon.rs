//! A dockerd of our own, in a temporary folder and with a socket of its own.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(40);

/// The daemon, ended with the value.
pub struct Daemon {
    child: Child,
    folder: TempDir,
}

impl Daemon {
    /// The error says why there can be none here.
    pub fn start() -> Result<Daemon, String> {
        for program in ["dockerd", "docker"] {
            if Command::new(program).arg("--version").output().is_err() {
                return Err(format!("{program} is not installed"));
            }
        }
        let folder = tempfile::Builder::new().prefix("dockerd-").tempdir().map_err(|error| error.to_string())?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let log = File::create(path("log")).map_err(|error| error.to_string())?;
        let mut command = Command::new("dockerd");
        command.args(["--data-root", &path("data"), "--exec-root", &path("exec"), "--pidfile", &path("pid")]);
        command.args(["--host", &format!("unix://{}", path("docker.sock"))]);
        // It neither takes part in this machine's network, nor changes its rules.
        command.args(["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let daemon = Daemon { child: child.map_err(|error| error.to_string())?, folder };
        let start = Instant::now();
        while daemon.docker(&["version"]).is_err() {
            if start.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(daemon.folder.path().join("log")).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(2).collect();
                return Err(format!("dockerd does not start here: {}", last.join(" | ")));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(daemon)
    }

    /// Lets a program talk to this daemon.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let socket = self.folder.path().join("docker.sock");
        command.env("DOCKER_HOST", format!("unix://{}", socket.display())).env_remove("DOCKER_CONTEXT");
        command.env("HOME", self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The number of its process.
    #[allow(dead_code)]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What docker prints.
    pub fn docker(&self, arguments: &[&str]) -> Result<String, String> {
        crate::storage::text(self.command("docker").args(arguments).output())
    }
}

impl Daemon {
    /// What a daemon that was ended by force has started: it names our folder.
    fn end_orphans(&self) {
        let folder = self.folder.path().display().to_string();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            let program = line.split('\0').next().and_then(|path| path.rsplit('/').next());
            if program.is_some_and(|name| name.starts_with("containerd")) && line.contains(&folder) {
                let _ = Command::new("kill").arg("-9").arg(entry.file_name()).output();
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).output();
        let _ = self.child.wait();
        self.end_orphans();
        // What it mounted and did not take away.
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        let own = mounts.lines().filter_map(|line| line.split(' ').nth(1));
        for path in own.filter(|path| std::path::Path::new(path).starts_with(self.folder.path())) {
            let _ = Command::new("umount").args(["-l", path]).output();
        }
    }
}
