//! Docker, through its command line.

use std::process::Command;

use crate::Engine;

/// The program `docker` and the daemon that it talks to.
#[derive(Clone, Copy, Debug)]
pub struct Docker;

impl Engine for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn probe(&self) -> Command {
        docker(&["version", "--format", "{{.Server.Version}}"])
    }

    fn save(&self, image: &str) -> Command {
        docker(&["image", "save", "--", image])
    }
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}
