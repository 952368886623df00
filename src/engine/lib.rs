//! Floor 4: the programs that build, run and save images. One trait, one file for each of them.
//!
//! An engine is only its command lines; how processes are run is in `process`, the same for all of them.

mod buildah;
mod docker;
mod podman;
mod process;

use std::fmt;
use std::process::Command;

pub use buildah::Buildah;
pub use docker::Docker;
pub use podman::Podman;
pub use process::Saved;

/// A program that builds, runs and saves images.
pub trait Engine: fmt::Debug {
    /// The name of the program.
    fn name(&self) -> &'static str;

    /// Asks for something that works only where the engine does: its daemon answers, or its storage can be used.
    fn probe(&self) -> Command;

    /// Writes an image to standard output, as `docker save` does.
    fn save(&self, image: &str) -> Command;
}

/// The engines, the one that most people have first.
pub fn all() -> Vec<Box<dyn Engine>> {
    vec![Box::new(Docker), Box::new(Podman), Box::new(Buildah)]
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

/// Streams an image out of the first engine that has it.
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
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotInstalled => f.write_str("it is not installed"),
            Failure::Io(error) => write!(f, "{error}"),
            Failure::Refused(said) => f.write_str(said.trim()),
        }
    }
}

impl std::error::Error for Failure {}
