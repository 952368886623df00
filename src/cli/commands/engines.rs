//! Which container engine is asked, the same for all commands that need one.

use clap::ValueEnum;

/// Which container engine is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// The first of them that works
    #[default]
    Auto,
    /// Docker
    Docker,
    /// Podman
    Podman,
    /// Buildah
    Buildah,
}

impl EngineChoice {
    /// The name of the program, if it matters.
    pub fn name(self) -> Option<&'static str> {
        match self {
            EngineChoice::Auto => None,
            EngineChoice::Docker => Some("docker"),
            EngineChoice::Podman => Some("podman"),
            EngineChoice::Buildah => Some("buildah"),
        }
    }
}
