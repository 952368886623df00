//! Buildah, which builds without a daemon, and without namespaces where it has to.

use std::process::Command;

use crate::process::{self, Ended, Ending, Watch};
use crate::{Build, Engine, Failure, Run, leftovers};

/// The program `buildah`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buildah {
    /// Whether steps run in nothing but a changed root: where no namespaces are to be had.
    chroot: bool,
}

/// What buildah says where the program that makes namespaces fails, or is missing.
const NO_NAMESPACES: &[&str] = &[
    "while running runtime", "could not find an OCI runtime", "executable file not found",
    "error setting up namespace", "creating container: ", "unshare", "Operation not permitted: OCI permission denied",
];

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

    fn build(&self, build: &Build<'_>) -> Command {
        let mut command = buildah(&["build", "--format", "docker", "--layers", "--force-rm", "--pull=missing"]);
        self.isolate(&mut command);
        build.use_scratch(&mut command);
        leftovers::mark(build, &mut command);
        build.add_to(&mut command);
        command
    }

    fn run(&self, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure> {
        let Run { image, container, command: words, limit, scratch } = *run;
        process::output(&mut buildah(&["from", "--quiet", "--pull-never", "--name", container, image]))?;
        // A changed root alone does not keep anybody from the network.
        let has_network = self.is_chroot() && process::output(Command::new("unshare").args(["--net", "true"])).is_ok();
        let mut command = match has_network {
            true => Command::new("unshare"),
            false => buildah(&["run"]),
        };
        if has_network {
            command.args(["--net", "buildah", "run"]);
        }
        self.isolate(&mut command);
        if !self.is_chroot() {
            command.args(["--network", "none"]);
        }
        command.args([container, "--"]).args(words).env("TMPDIR", scratch);
        let ended = watch.run(&mut command, Some(limit), Ending::Told);
        let _ = process::output(&mut buildah(&["rm", container]));
        ended
    }

    fn remove(&self, image: &str) {
        let place = "{{.store.GraphRoot}}/{{.store.GraphDriverName}}-containers";
        let containers = process::output(&mut buildah(&["containers", "--quiet", "--notruncate"])).unwrap_or_default();
        if let Some(folder) = leftovers::folder(&mut buildah(&["info", "--format", place])) {
            for container in leftovers::left_by(image, &folder, &containers) {
                let _ = process::output(&mut buildah(&["rm", &container]));
            }
        }
        let _ = process::output(&mut buildah(&["rmi", image]));
    }

    /// Those of a build that fails stay.
    fn made<'l>(&self, line: &'l str) -> Option<&'l str> {
        leftovers::layer(line)
    }

    fn fallback(&self, said: &str) -> Option<Box<dyn Engine>> {
        let fits = !self.is_chroot() && NO_NAMESPACES.iter().any(|sign| said.contains(sign));
        fits.then(|| Box::new(Buildah { chroot: true }) as Box<dyn Engine>)
    }
}

impl Buildah {
    fn is_chroot(self) -> bool {
        self.chroot || std::env::var_os("BUILDAH_ISOLATION").is_some_and(|isolation| isolation == "chroot")
    }

    fn isolate(self, command: &mut Command) {
        if self.chroot {
            command.args(["--isolation", "chroot"]);
        }
    }
}

fn buildah(arguments: &[&str]) -> Command {
    let mut command = Command::new("buildah");
    command.args(arguments);
    command
}
