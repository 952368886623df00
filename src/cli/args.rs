//! The command line, as clap reads it. What the options mean together is decided in `config`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, styling};
use clap::{Parser, Subcommand, ValueEnum};
use dopt_rewrite::{Merge, Strategy, Transform};
use dopt_transforms::CATALOG;

use crate::commands::ignore::IgnoreArgs;
use crate::commands::lsp::LspArgs;
use crate::commands::{
    BuildArgs, PinImagesArgs, ReviewArgs, SchemaArgs, SizeArgs, Topic, TopicParser, UndoArgs, VerifyArgs,
};
use crate::discover::InputArgs;
use crate::exit;
use crate::pins::PinArgs;
use crate::report::FormatArgs;
use crate::streams;
use crate::undo::KeepArgs;

/// Rewrites Dockerfiles: smaller images, better caches, and no broken builds.
///
/// dopt changes nothing unless it is told to: `dopt fix` prints a diff, `dopt fix --write` replaces the files.
#[derive(Debug, Parser)]
#[command(name = "dopt", version = env!("DOPT_VERSION"), after_long_help = exit::HELP, styles = STYLES, disable_help_subcommand = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to say it.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what would change as a diff, or write it
    #[command(after_long_help = exit::HELP)]
    Fix(FixArgs),
    /// Show every place where something can be done, and every place that is left alone and why
    #[command(after_long_help = exit::HELP)]
    Check(CheckArgs),
    /// Go through all proposals, one after the other, and decide on each
    #[command(after_long_help = exit::HELP)]
    Review(ReviewArgs),
    /// Pin images to their digests: the same as `dopt fix --pin --select pin-images`
    #[command(after_long_help = exit::HELP)]
    Pin(PinImagesArgs),
    /// Build a Dockerfile as it is and as dopt would rewrite it, and compare the images
    #[command(after_long_help = exit::HELP)]
    Verify(VerifyArgs),
    /// Show what an image consists of, line by line, and what is wasted
    #[command(after_long_help = exit::HELP)]
    Size(SizeArgs),
    /// Find what a build context need not hold, and write it into its .dockerignore
    #[command(after_long_help = exit::HELP)]
    Ignore(IgnoreArgs),
    /// Take back what a run of --write has done
    #[command(after_long_help = exit::HELP)]
    Undo(UndoArgs),
    /// Speak with an editor: a language server on standard input and output
    Lsp(LspArgs),
    /// Show the manual page of a transform, or what is believed of a stage and where that was read
    Explain {
        /// The transform's name, such as clean-apt, or a line of a Dockerfile, such as Dockerfile:7
        #[arg(value_name = "RULE|FILE:LINE", value_parser = TopicParser, hide_possible_values = true)]
        topic: Topic,
    },
    /// List the transforms
    Rules {
        /// How to list them
        #[arg(short = 'f', long, value_enum, default_value_t)]
        output_format: RulesFormat,
    },
    /// Print a JSON Schema: of dopt.toml, or of what the JSON formats print
    Schema(SchemaArgs),
    /// Print a script that completes dopt's commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page in roff, for `man -l -`
    Man {
        /// A subcommand, for its own page
        command: Option<String>,
    },
}

/// How things are said, for every subcommand.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// When to use colours: auto, always or never; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE count too
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, env = "DOPT_COLOR", global = true)]
    #[arg(hide_default_value = true, hide_possible_values = true, hide_env = true)]
    pub color: ColorChoice,
    /// Print results and errors only, no summary
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also tell which configuration counts and what was left alone
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The options of `dopt fix`.
#[derive(Debug, clap::Args)]
pub struct FixArgs {
    /// What to work on.
    #[command(flatten)]
    pub input: InputArgs,
    /// Replace the files; for standard input, print the new text
    #[arg(short, long, conflicts_with = "check")]
    pub write: bool,
    /// Whether what is replaced is kept.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Only list the files that would change
    #[arg(long)]
    pub check: bool,
    /// What is printed, and where.
    #[command(flatten)]
    pub formats: FormatArgs,
    /// Only count the lines that change in each file, as `git diff --stat` does
    #[arg(long, conflicts_with_all = ["check", "formats", "html"], help_heading = "Output")]
    pub stat: bool,
    /// Rewrite the Dockerfiles in lines of standard input, {"path":…,"content":…}, and print one line of JSON for each
    #[arg(long, conflicts_with_all = ["check", "write", "formats", "html", "output_file", "stat", "paths"])]
    #[arg(conflicts_with_all = ["files_from", "changed_since", "shard", "pin", "verify"], help_heading = "Output")]
    pub jsonl: bool,
    /// Also fix what .dopt-baseline.toml knows
    #[arg(long, help_heading = "Rules")]
    pub ignore_baseline: bool,
    /// Also apply fixes that may change what an image does; read their caveats first
    #[arg(long, alias = "fix-unsafe", overrides_with = "no_unsafe_fixes", help_heading = "Rules")]
    pub unsafe_fixes: bool,
    /// Apply safe fixes only, whatever the configuration says
    #[arg(long, help_heading = "Rules")]
    pub no_unsafe_fixes: bool,
    /// Which transforms run.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Whether and how images are pinned.
    #[command(flatten)]
    pub pins: PinArgs,
    /// Build the images before and after, and apply only what changes nothing else in them
    #[arg(long, help_heading = "Build")]
    pub verify: bool,
    /// How they are built.
    #[command(flatten)]
    pub build: BuildArgs,
    /// Exit with 0 even if something would change
    #[arg(long, help_heading = "Exit code")]
    pub exit_zero: bool,
    /// Exit with 1 if a file was written, for hooks
    #[arg(long, help_heading = "Exit code", requires = "write")]
    pub exit_non_zero_on_fix: bool,
}

/// The options of `dopt check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// What to work on.
    #[command(flatten)]
    pub input: InputArgs,
    /// What is printed, and where.
    #[command(flatten)]
    pub formats: FormatArgs,
    /// Do not list the places that are left alone
    #[arg(long, help_heading = "Output")]
    pub no_refusals: bool,
    /// Write all findings into .dopt-baseline.toml: they are not reported until they change
    #[arg(long, help_heading = "Baseline")]
    pub write_baseline: bool,
    /// Also report what .dopt-baseline.toml knows
    #[arg(long, help_heading = "Baseline")]
    pub ignore_baseline: bool,
    /// Which transforms run.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Whether and how images are pinned.
    #[command(flatten)]
    pub pins: PinArgs,
    /// Exit with 0 even if there are findings
    #[arg(long, help_heading = "Exit code")]
    pub exit_zero: bool,
}

/// Which transforms run, and how.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Run only these transforms (comma-separated; `dopt rules` lists them)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule_parser(), hide_possible_values = true)]
    pub select: Option<Vec<&'static Transform>>,
    /// Do not run these transforms
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule_parser(), hide_possible_values = true)]
    pub ignore: Vec<&'static Transform>,
    /// When neighbouring RUNs are joined
    #[arg(long, value_enum, value_name = "WHEN")]
    pub merge: Option<MergeChoice>,
    /// What becomes of the caches of package managers
    #[arg(long, value_enum, value_name = "STRATEGY")]
    pub strategy: Option<StrategyChoice>,
    /// The builder knows `RUN --mount`, whatever `# syntax` says
    #[arg(long)]
    pub allow_mounts: bool,
    /// Also work on stages that end up in no image
    #[arg(long)]
    pub all_stages: bool,
    /// Let no comment in a file forbid a transform
    #[arg(long)]
    pub no_inline_ignore: bool,
    /// The folder that is copied from; otherwise the one with the Dockerfile, or the nearest above that has its sources
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, help_heading = "Build")]
    pub context: Option<PathBuf>,
    /// Use this configuration instead of the nearest dopt.toml
    #[arg(long, value_name = "FILE", env = "DOPT_CONFIG", hide_env_values = true, help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, help_heading = "Configuration")]
    pub isolated: bool,
}

/// When neighbouring `RUN`s are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MergeChoice {
    /// Where it saves bytes or costs no build cache
    Auto,
    /// Wherever it is exact
    All,
    /// Nowhere
    Never,
}

impl From<MergeChoice> for Merge {
    fn from(choice: MergeChoice) -> Merge {
        match choice {
            MergeChoice::Auto => Merge::Auto,
            MergeChoice::All => Merge::All,
            MergeChoice::Never => Merge::Never,
        }
    }
}

/// What becomes of the caches of package managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StrategyChoice {
    /// They are not made, or deleted in the layer that made them
    Clean,
    /// They lie in cache mounts, where the builder knows mounts
    CacheMount,
}

impl From<StrategyChoice> for Strategy {
    fn from(choice: StrategyChoice) -> Strategy {
        match choice {
            StrategyChoice::Clean => Strategy::Clean,
            StrategyChoice::CacheMount => Strategy::CacheMount,
        }
    }
}

/// What `dopt rules` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// A table
    #[default]
    Table,
    /// A JSON array
    Json,
}

const STYLES: styling::Styles = styling::Styles::styled()
    .header(streams::STRONG)
    .usage(streams::STRONG)
    .literal(streams::RULE)
    .error(streams::ERROR);

/// Reads the name of a transform, or what another tool calls it; clap suggests the nearest one for any other word.
/// Takes the name of a transform, and offers all of them.
pub fn rule_parser() -> impl TypedValueParser<Value = &'static Transform> {
    let value = |rule: &&'static Transform| PossibleValue::new(rule.name).help(rule.summary).aliases(rule.aliases);
    let values: Vec<_> = CATALOG.iter().map(value).collect();
    PossibleValuesParser::new(values)
        .map(|name| find_rule(&name).expect("clap lets only the names of transforms through"))
}

/// The transform that is called so, by us or by another tool.
pub fn find_rule(name: &str) -> Option<&'static Transform> {
    CATALOG.iter().copied().find(|rule| rule.name == name || rule.aliases.contains(&name))
}

/// The transforms without those that are to be ignored, in the order of the catalog.
pub fn rules(select: Option<&[&'static Transform]>, ignore: &[&'static Transform]) -> Vec<&'static Transform> {
    let listed = |list: &[&'static Transform], rule: &Transform| list.iter().any(|found| found.name == rule.name);
    let chosen = |rule: &&'static Transform| select.is_none_or(|list| listed(list, rule)) && !listed(ignore, rule);
    CATALOG.iter().copied().filter(chosen).collect()
}
