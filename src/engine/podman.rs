//! Podman, which needs no daemon.

use std::process::Command;

use crate::docker::run_command;
use crate::process::{self, Ended, Ending, Watch};
use crate::{Build, Engine, Failure, Run};

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

    fn build(&self, build: &Build<'_>) -> Command {
        let mut command = podman(&["build", "--format", "docker", "--layers"]);
        build.add_to(&mut command);
        command
    }

    fn run(&self, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure> {
        let ended = watch.run(&mut run_command("podman", run), Some(run.limit), Ending::Told);
        if ended.is_err() {
            let _ = process::output(&mut podman(&["rm", "--force", "--volumes", run.container]));
        }
        ended
    }

    fn remove(&self, image: &str) {
        let _ = process::output(&mut podman(&["image", "rm", "--force", image]));
    }
}

fn podman(arguments: &[&str]) -> Command {
    let mut command = Command::new("podman");
    command.args(arguments);
    command
}
