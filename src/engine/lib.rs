//! Floor 4: the programs that build, run and save images. One trait, one file for each of them.
//!
//! An engine is only its command lines; how processes are run is in `process`, the same for all of them.

mod buildah;
mod docker;
mod leftovers;
mod podman;
mod process;
mod saved;

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub use buildah::Buildah;
pub use docker::Docker;
pub use podman::Podman;
pub use process::{Ended, Ending, Watch};
pub use saved::Saved;

/// A program that builds, runs and saves images.
pub trait Engine: fmt::Debug {
    /// The name of the program.
    fn name(&self) -> &'static str;

    /// Asks for something that works only where the engine does: its daemon answers, or its storage can be used.
    fn probe(&self) -> Command;

    /// Writes an image to standard output, as `docker save` does.
    fn save(&self, image: &str) -> Command;

    /// Builds an image. Nothing of an earlier build is used.
    fn build(&self, build: &Build<'_>) -> Command;

    /// Runs a command in a new container, without network, as the image's user and in its folder.
    fn run(&self, run: &Run<'_>, watch: &mut Watch<'_>) -> Result<Ended, Failure>;

    /// Removes an image by its name, and what only it needs, whatever has happened before.
    fn remove(&self, image: &str);

    /// How a build is ended before its time.
    fn ending(&self) -> Ending {
        Ending::Failing
    }

    /// The name of something that a build has just made besides the image, where a line of its log says so.
    fn made<'l>(&self, _line: &'l str) -> Option<&'l str> {
        None
    }

    /// Another way to use the engine, where a build has failed in a way that says that this one does not work here.
    fn fallback(&self, _said: &str) -> Option<Box<dyn Engine>> {
        None
    }
}

/// What is built.
#[derive(Clone, Copy, Debug)]
pub struct Build<'b> {
    /// The Dockerfile.
    pub dockerfile: &'b Path,
    /// The folder that is copied from.
    pub context: &'b Path,
    /// What the image is to be called.
    pub image: &'b str,
    /// Build arguments; their values are handed over in the environment, where nobody else sees them.
    pub arguments: &'b [(String, String)],
    /// The stage, if not the last one.
    pub target: Option<&'b str>,
    /// The platform, if not this machine's.
    pub platform: Option<&'b str>,
    /// What else its build command is given, such as `--network=host` or `--secret=id=token,src=token.txt`.
    pub options: &'b [String],
    /// A folder for what the engine keeps from step to step and from build to build, as the contents of cache mounts.
    pub scratch: &'b Path,
}

impl Build<'_> {
    /// For engines that keep cache mounts where temporary files are.
    pub(crate) fn use_scratch(&self, command: &mut Command) {
        command.env("TMPDIR", self.scratch);
    }

    /// Adds what all engines call the same.
    pub(crate) fn add_to(&self, command: &mut Command) {
        command.arg("--file").arg(self.dockerfile).args(["--tag", self.image]);
        for (name, value) in self.arguments {
            command.args(["--build-arg", name]).env(name, value);
        }
        command.args(self.target.iter().flat_map(|target| ["--target", target]));
        command.args(self.platform.iter().flat_map(|platform| ["--platform", platform]));
        command.arg("--no-cache").args(self.options).arg(self.context);
    }
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// The image.
    pub image: &'r str,
    /// What its container is to be called.
    pub container: &'r str,
    /// The program and its arguments; the image's entrypoint is not used.
    pub command: &'r [String],
    /// How long it may take.
    pub limit: Duration,
    /// A folder for what the engine needs meanwhile.
    pub scratch: &'r Path,
}

/// Builds an image, or says why not.
pub fn build(engine: &dyn Engine, build: &Build<'_>, watch: &mut Watch<'_>) -> Result<(), Failure> {
    watch.run(&mut engine.build(build), None, engine.ending())?.success()
}

/// The engines, the one that most people have first.
pub fn all() -> Vec<Box<dyn Engine>> {
    vec![Box::new(Docker), Box::new(Podman), Box::new(Buildah::default())]
}

/// An engine that works: the one of this name, or the first one. Otherwise what is wrong with each of them.
pub fn find(name: Option<&str>) -> Result<Box<dyn Engine>, Unusable> {
    let mut reasons = Vec::new();
    for engine in all().into_iter().filter(|engine| name.is_none_or(|name| name == engine.name())) {
        match process::output(&mut engine.probe()) {
            Ok(_) => return Ok(engine),
            Err(failure) => reasons.push((engine.name(), failure)),
        }
    }
    Err(Unusable { reasons })
}

/// Streams an image out of an engine.
pub fn save(image: &str, engine: &dyn Engine) -> Result<Saved, Failure> {
    Saved::start(&mut engine.save(image))
}

/// Why no engine can be used.
#[derive(Debug)]
pub struct Unusable {
    reasons: Vec<(&'static str, Failure)>,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reasons.iter().all(|(_, failure)| matches!(failure, Failure::NotInstalled)) {
            let names: Vec<&str> = self.reasons.iter().map(|(name, _)| *name).collect();
            return match names.as_slice() {
                [name] => write!(f, "{name} is not installed"),
                _ => write!(f, "none of {} is installed; install one of them", names.join(", ")),
            };
        }
        let used = self.reasons.iter().filter(|(_, failure)| !matches!(failure, Failure::NotInstalled));
        let texts: Vec<String> = used.map(|(name, failure)| format!("{name} does not work: {failure}")).collect();
        f.write_str(&texts.join("; "))
    }
}

impl std::error::Error for Unusable {}

/// Why an engine could not do something.
#[derive(Debug)]
pub enum Failure {
    /// The program is not there.
    NotInstalled,
    /// It could not be started or waited for.
    Io(std::io::Error),
    /// It says no: the end of what it says.
    Refused(String),
    /// The user does not want to wait any longer.
    Interrupted,
    /// It took longer than it may.
    TimedOut(Duration),
    /// Somebody ended it: with which signal.
    Died(i32),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotInstalled => f.write_str("it is not installed"),
            Failure::Io(error) => write!(f, "{error}"),
            Failure::Refused(said) => f.write_str(said.trim()),
            Failure::Interrupted => f.write_str("interrupted"),
            Failure::Died(signal) => write!(f, "it was ended by signal {signal}"),
            Failure::TimedOut(limit) => write!(f, "it took longer than {} s", limit.as_secs()),
        }
    }
}

impl std::error::Error for Failure {}
