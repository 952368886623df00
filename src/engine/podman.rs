//! Podman, which needs no daemon.

use std::process::Command;

use crate::docker::run_container;
use crate::process::{self, Ended, Watch};
use crate::{Build, Engine, Failure, Run, leftovers};

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
        build.use_scratch(&mut command);
        leftovers::mark(build, &mut command);
        build.add_to(&mut command);
        command
    }

    fn run(&self, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure> {
        let ended = run_container("podman", run, watch);
        if ended.is_err() {
            let _ = process::output(&mut podman(&["rm", "--force", "--volumes", run.container]));
        }
        ended
    }

    fn remove(&self, image: &str) {
        let place = "{{.Store.GraphRoot}}/{{.Store.GraphDriverName}}-containers";
        let list = ["ps", "--all", "--external", "--quiet", "--no-trunc"];
        let containers = process::output(&mut podman(&list)).unwrap_or_default();
        if let Some(folder) = leftovers::folder(&mut podman(&["info", "--format", place])) {
            for container in leftovers::left_by(image, &folder, &containers) {
                let _ = process::output(&mut podman(&["rm", "--force", &container]));
            }
        }
        let _ = process::output(&mut podman(&["image", "rm", "--force", image]));
    }

    /// Those of a build that fails stay.
    fn made<'l>(&self, line: &'l str) -> Option<&'l str> {
        leftovers::layer(line)
    }
}

fn podman(arguments: &[&str]) -> Command {
    let mut command = Command::new("podman");
    command.args(arguments);
    command
}
