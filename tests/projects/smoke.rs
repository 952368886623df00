//! What is run in both images, and has to answer the same.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::storage::Storage;

/// What takes longer hangs: seconds.
const LIMIT: &str = "120";

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

pub enum Smoke {
    /// What the image starts by itself, to its end.
    Start,
    /// A command of a shell, or of bare words where the image has no shell.
    Command(String),
    /// What the image starts by itself, and what it serves there: `8080/path`.
    Serves(String),
}

impl Smoke {
    /// The values of `smoke` and `serves` in `project.toml`.
    pub fn of(command: Option<String>, serves: Option<String>) -> Smoke {
        match (command, serves) {
            (Some(command), None) => Smoke::Command(command),
            (None, Some(address)) => Smoke::Serves(address),
            (None, None) => Smoke::Start,
            _ => panic!("a project has `smoke` or `serves`"),
        }
    }

    /// What is answered in a container of an image. Fails where the command does, or says nothing.
    pub fn run(&self, storage: &Storage, image: &str) -> Result<String, String> {
        let container = Container { storage, name: storage.buildah(&["from", "--pull-never", image])? };
        let said = match self {
            Smoke::Start => container.ends(&container.started()?)?,
            Smoke::Command(line) => container.ends(&container.words(line)?)?,
            Smoke::Serves(address) => container.serves(address)?,
        };
        if said.trim().is_empty() { Err("it says nothing".to_owned()) } else { Ok(said) }
    }
}

struct Container<'s> {
    storage: &'s Storage,
    name: String,
}

impl Container<'_> {
    /// ENTRYPOINT and CMD.
    fn started(&self) -> Result<Vec<String>, String> {
        let text = self.storage.buildah(&["inspect", "--type", "container", &self.name])?;
        let found: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let words = |key: &str| -> Vec<String> {
            let words = found["Docker"]["config"][key].as_array().into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Ok([words("Entrypoint"), words("Cmd")].concat())
    }

    fn words(&self, line: &str) -> Result<Vec<String>, String> {
        let root = self.storage.buildah(&["mount", &self.name])?;
        let has_shell = std::fs::symlink_metadata(format!("{root}/bin/sh")).is_ok();
        match has_shell {
            true => Ok(["/bin/sh", "-eu", "-c", line].map(str::to_owned).to_vec()),
            false => Ok(line.split_whitespace().map(str::to_owned).collect()),
        }
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = self.storage.command("timeout");
        command.args(["--kill-after=5", LIMIT, "buildah", "run", &self.name, "--"]).args(words).process_group(0);
        command
    }

    /// What a command prints, to its end.
    fn ends(&self, words: &[String]) -> Result<String, String> {
        let output = self.command(words).output().map_err(|error| error.to_string())?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() { Ok(said) } else { Err(format!("{words:?} fails:\n{said}")) }
    }

    /// What it answers at an address.
    fn serves(&self, address: &str) -> Result<String, String> {
        let words = self.started()?;
        let mut command = self.command(&words);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let mut server = Server(child);
        let start = Instant::now();
        loop {
            if let Some(answer) = get(address) {
                return Ok(answer);
            }
            if server.0.try_wait().is_ok_and(|status| status.is_some()) {
                let mut said = String::new();
                let _ = server.0.stderr.take().map(|mut pipe| pipe.read_to_string(&mut said));
                return Err(format!("{words:?} ends:\n{said}"));
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("nothing answers at {address}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.storage.buildah(&["rm", &self.name]);
    }
}

/// A server, which is gone with the value, with all that it has started.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
        let _ = self.0.wait();
    }
}

/// The status and the body of what a server of this machine answers.
fn get(address: &str) -> Option<String> {
    let (port, path) = address.split_once('/').unwrap_or((address, ""));
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().ok()?)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(format!("{}\n{body}", head.lines().next()?.split_once(' ')?.1))
}
