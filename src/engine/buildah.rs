//! Buildah, which builds without a daemon, and without namespaces where it has to.

use std::process::Command;

use crate::Engine;

/// The program `buildah`.
#[derive(Clone, Copy, Debug)]
pub struct Buildah;

impl Engine for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn probe(&self) -> Command {
        buildah(&["images", "--quiet"])
    }

    fn save(&self, image: &str) -> Command {
        buildah(&["push", "--quiet", image, "docker-archive:/dev/stdout"])
    }
}

fn buildah(arguments: &[&str]) -> Command {
    let mut command = Command::new("buildah");
    command.args(arguments);
    command
}
