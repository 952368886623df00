//! Docker, through its command line: with buildx where that is installed, otherwise with what the client has built in.

use std::process::Command;

use crate::process::{self, Ended, Ending, Watch};
use crate::{Build, Engine, Failure, Run};

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

    fn build(&self, build: &Build<'_>) -> Command {
        let mut command = match process::output(&mut docker(&["buildx", "version"])) {
            // Whatever the builder is, the image has to come back; what it would say about itself is no part of it.
            Ok(_) => docker(&["buildx", "build", "--load", "--provenance=false", "--progress=plain"]),
            Err(_) => built_in(),
        };
        // The contents of cache mounts are kept apart by a name in front of theirs, and go when the builder needs room.
        command.args(["--build-arg", &format!("BUILDKIT_CACHE_MOUNT_NS={}", build.image)]);
        build.add_to(&mut command);
        command
    }

    /// The daemon cleans up when the client is gone.
    fn ending(&self) -> Ending {
        Ending::Told
    }

    fn run(&self, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure> {
        let ended = run_container("docker", run, watch);
        // It goes by itself where it ends by itself.
        if ended.is_err() {
            let _ = process::output(&mut docker(&["rm", "--force", "--volumes", run.container]));
        }
        ended
    }

    fn remove(&self, image: &str) {
        let _ = process::output(&mut docker(&["image", "rm", "--force", image]));
    }
}

/// Clients before version 23 have BuildKit's in them; later ones without buildx have only the old builder left.
fn built_in() -> Command {
    let version = process::output(&mut docker(&["version", "--format", "{{.Client.Version}}"])).unwrap_or_default();
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let is_old = (18..23).contains(&major);
    let mut command = docker(&["build"]);
    command.env("DOCKER_BUILDKIT", if is_old { "1" } else { "0" });
    if is_old {
        command.arg("--progress=plain");
    }
    command
}

/// Runs a container as docker and podman do it alike.
pub(crate) fn run_container(program: &str, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure> {
    let ended = watch.run(&mut run_command(program, run), Some(run.limit), Ending::Told)?;
    // A command may end with this status, too, but says no such thing.
    let signs = [
        "Error response from daemon", "Cannot connect to", "error during connect", "error waiting for container",
        "Error: ",
    ];
    match ended.code == ENGINE_FAILED && signs.iter().any(|sign| ended.said.contains(sign)) {
        true => Err(Failure::Refused(ended.said)),
        false => Ok(ended),
    }
}

/// What docker and podman end with where not the command has failed, but they have.
const ENGINE_FAILED: i32 = 125;

fn run_command(program: &str, run: &Run<'_>) -> Command {
    let mut command = Command::new(program);
    command.args(["run", "--rm", "--network", "none", "--name", run.container, "--pull", "never"]);
    if let Some((program, arguments)) = run.command.split_first() {
        command.args(["--entrypoint", program, run.image]).args(arguments);
    }
    command
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}
