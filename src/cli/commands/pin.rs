//! `dopt pin`: `dopt fix` with one transform, the one that pins images.

use std::path::PathBuf;

use super::{BuildArgs, fix};
use crate::args::{FixArgs, RuleArgs, find_rule};
use crate::discover::InputArgs;
use crate::exit::Exit;
use crate::pins::{LookupArgs, PinArgs, PinChoice};
use crate::report::FormatArgs;
use crate::streams::Streams;
use crate::undo::KeepArgs;

/// The options of `dopt pin`.
#[derive(Debug, clap::Args)]
pub struct PinImagesArgs {
    /// What to work on.
    #[command(flatten)]
    input: InputArgs,
    /// Replace the files, and keep the digests in dopt.lock
    #[arg(short, long, conflicts_with = "check")]
    write: bool,
    /// Whether what is replaced is kept.
    #[command(flatten)]
    keep: KeepArgs,
    /// Only list the files that would change
    #[arg(long)]
    check: bool,
    /// What is printed, and where.
    #[command(flatten)]
    formats: FormatArgs,
    /// How the digests are found.
    #[command(flatten)]
    lookup: LookupArgs,
    /// Exit with 5 where a registry does not say which digest an image has
    #[arg(long, help_heading = "Exit code")]
    required: bool,
    /// Exit with 0 even if something would change
    #[arg(long, help_heading = "Exit code")]
    exit_zero: bool,
    /// Exit with 1 if a file was written, for hooks
    #[arg(long, help_heading = "Exit code", requires = "write")]
    exit_non_zero_on_fix: bool,
    /// Let no comment in a file forbid a pin
    #[arg(long, help_heading = "Pinning")]
    no_inline_ignore: bool,
    /// Use this configuration instead of the nearest dopt.toml
    #[arg(long, value_name = "FILE", env = "DOPT_CONFIG", hide_env_values = true, help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, help_heading = "Configuration")]
    isolated: bool,
}

/// Runs it.
pub fn run(args: &PinImagesArgs, streams: &mut Streams) -> Exit {
    let rules = RuleArgs {
        select: Some(find_rule("pin-images").into_iter().collect()),
        no_inline_ignore: args.no_inline_ignore,
        config: args.config.clone(),
        isolated: args.isolated,
        ..RuleArgs::default()
    };
    let pin = if args.required { Some(PinChoice::Required) } else { Some(PinChoice::On) };
    let fix = FixArgs {
        input: args.input.clone(),
        write: args.write,
        keep: args.keep,
        check: args.check,
        formats: args.formats.clone(),
        stat: false,
        jsonl: false,
        ignore_baseline: true,
        unsafe_fixes: false,
        no_unsafe_fixes: false,
        rules,
        pins: PinArgs { pin, lookup: args.lookup.clone() },
        verify: false,
        build: BuildArgs::default(),
        exit_zero: args.exit_zero,
        exit_non_zero_on_fix: args.exit_non_zero_on_fix,
    };
    fix::run_as("pin", &fix, streams)
}
