//! The options about pinning that `fix`, `check` and `pin` share.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;

/// Whether images are pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PinChoice {
    /// Where the registry says how
    On,
    /// The same, and where it does not, the run fails
    Required,
    /// Not
    Off,
}

/// `--pin`, and how it is done.
#[derive(Debug, Default, clap::Args)]
pub struct PinArgs {
    /// Also pin images to their digests; with =required, exit with 5 where a registry does not say how
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    #[arg(hide_possible_values = true, help_heading = "Pinning")]
    pub pin: Option<PinChoice>,
    /// How the digests are found.
    #[command(flatten)]
    pub lookup: LookupArgs,
}

/// How digests are found.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Pinning")]
pub struct LookupArgs {
    /// Ask no registry; only what dopt.lock has is pinned
    #[arg(long, alias = "locked", conflicts_with = "update")]
    pub offline: bool,
    /// Look digests up anew, also where they are written: of all images, or of those that a glob covers (python:*)
    #[arg(long, value_name = "GLOB", num_args = 0..=1, value_delimiter = ',', default_missing_value = "**")]
    #[arg(value_parser = image_glob)]
    pub update: Option<Vec<String>>,
    /// Report pins that were looked up longer ago than this (30d), and exit with 1
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub max_age: Option<Duration>,
    /// How many questions registries are asked at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub registry_jobs: u8,
}

fn age(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "expected a time such as 30d or 12h")
}

/// A glob for images; the name of a file is a mistake that is easily made.
fn image_glob(text: &str) -> Result<String, String> {
    match Path::new(text).exists() {
        true => Err(format!("this is a file, not a glob for images; write `--update -- {text}`")),
        false => Ok(text.to_owned()),
    }
}
