//! Podman, which needs no daemon.

use std::process::Command;

use crate::Engine;

/// The program `podman`.
#[derive(Clone, Copy, Debug)]
pub struct Podman;

impl Engine for Podman {
    fn name(&self) -> &'static str {
        "podman"
    }

    fn probe(&self) -> Command {
        podman(&["info", "--format", "{{.Store.GraphDriverName}}"])
    }

    fn save(&self, image: &str) -> Command {
        podman(&["image", "save", "--quiet", "--format", "docker-archive", "--", image])
    }
}

fn podman(arguments: &[&str]) -> Command {
    let mut command = Command::new("podman");
    command.args(arguments);
    command
}
