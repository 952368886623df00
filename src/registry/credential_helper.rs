//! `docker-credential-NAME get`: the programs that keep passwords. What they print is never shown.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::secret::Secret;

/// How long a helper may take; it may have to ask the user.
const LONGEST: Duration = Duration::from_secs(60);
const LARGEST_OUTPUT: u64 = 1 << 20;

/// What a helper knows of a server: user name and secret, or nothing. The error is a part of a sentence.
pub(crate) fn get(name: &str, server: &str) -> Result<Option<(String, Secret)>, String> {
    let program = format!("docker-credential-{name}");
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_good) {
        return Err("the name of a credential helper is none".to_owned());
    }
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| format!("{program} cannot be run"))?;
    let stdin = child.stdin.take();
    // One that does not read ends with its output all the same.
    let _ = stdin.map(|mut stdin| stdin.write_all(server.as_bytes()));
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.map(|stdout| stdout.take(LARGEST_OUTPUT).read_to_end(&mut text));
        read.is_some_and(|read| read.is_ok()).then_some(text)
    });
    let succeeded = wait(&mut child).ok_or_else(|| format!("{program} does not end"))?;
    let output = reader.join().ok().flatten().unwrap_or_default();
    if !succeeded {
        let says = String::from_utf8_lossy(&output);
        let unknown = says.contains("credentials not found") || says.contains("no credentials");
        return if unknown { Ok(None) } else { Err(format!("{program} fails")) };
    }
    let answer: serde_json::Value = serde_json::from_slice(&output).unwrap_or_default();
    match (answer["Username"].as_str(), answer["Secret"].as_str()) {
        (Some(user), Some(secret)) if !secret.is_empty() => Ok(Some((user.to_owned(), Secret::new(secret)))),
        (Some(_), Some(_)) => Ok(None),
        _ => Err(format!("{program} prints what cannot be read")),
    }
}

/// Whether it succeeded; `None` where it had to be ended.
fn wait(child: &mut Child) -> Option<bool> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if start.elapsed() < LONGEST => thread::sleep(Duration::from_millis(10)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}
