//! `dopt verify`: builds a Dockerfile as it is and as dopt would rewrite it, and compares the images.

mod bisect;
mod human;
mod json;
mod markdown;
mod progress;
mod proof;
mod scratch;
mod secrets;
mod trial;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use dopt_model::NO_FACTS;
use dopt_rewrite::{Rewrite, Safety};

use super::engines::EngineChoice;
use crate::args::RuleArgs;
use crate::batch::informed_rewrite;
use crate::config::{Choices, Configs, Overrides};
use crate::exit::Exit;
use crate::failure::plain;
use crate::pins::PinArgs;
use crate::streams::Streams;
use trial::Trial;
use verdict::{Original, Verdict};

pub use bisect::Guilty;
pub use proof::{Proof, Proven};

/// The options of `dopt verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The Dockerfile
    #[arg(value_name = "DOCKERFILE", value_hint = clap::ValueHint::FilePath)]
    dockerfile: PathBuf,
    /// Compare with this file, not with what dopt would write
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    against: Option<PathBuf>,
    /// How it is built.
    #[command(flatten)]
    build: BuildArgs,
    /// What to print
    #[arg(short = 'f', long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    output_format: VerifyFormat,
    /// Also apply fixes that may change what an image does
    #[arg(long, alias = "fix-unsafe", help_heading = "Rules")]
    unsafe_fixes: bool,
    /// Which transforms run.
    #[command(flatten)]
    rules: RuleArgs,
}

/// How images are built and tried.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Build")]
pub struct BuildArgs {
    /// Which engine builds
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t, hide_default_value = true)]
    pub engine: EngineChoice,
    /// A build argument; without a value, that of the environment counts. Its value is in no output
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub build_arg: Vec<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// The platform to build for
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// What else to give the engine's build command, as `--build-option=--network=host` or a `--secret`
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub build_option: Vec<String>,
    /// A command to run in both images, without network; its status and output have to be the same
    #[arg(long, value_name = "COMMAND")]
    pub smoke: Option<String>,
    /// How many seconds that command may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "smoke")]
    pub smoke_timeout: u64,
    /// Build the original once only, and do not learn what differs from build to build
    #[arg(long)]
    pub no_baseline: bool,
}

impl BuildArgs {
    /// How long the smoke command may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.smoke_timeout)
    }
}

/// What `dopt verify` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum VerifyFormat {
    /// A report for people
    #[default]
    Full,
    /// One JSON object
    Json,
    /// A report for a comment on a merge request
    Markdown,
}

/// Why there is no verdict.
#[derive(Debug)]
pub struct Stop {
    /// What to say.
    pub message: String,
    /// How the run ends.
    pub exit: Exit,
}

impl Stop {
    fn new(exit: Exit, message: impl Into<String>) -> Stop {
        Stop { message: message.into(), exit }
    }
}

/// Runs it.
pub fn run(args: &VerifyArgs, streams: &mut Streams) -> Exit {
    // What a pinned image is, is the same by its digest.
    let pins = PinArgs::default();
    let overrides = Overrides {
        rules: &args.rules,
        unsafe_fixes: args.unsafe_fixes.then_some(true),
        pins: &pins,
        lists_all: false,
    };
    let mut configs = match Configs::new(overrides) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    let Some(choices) = configs.of(&args.dockerfile) else {
        for mistake in configs.take_mistakes() {
            super::show_mistake(&mistake, streams);
        }
        return Exit::Usage;
    };
    match verify(args, &choices, streams) {
        Ok(exit) => exit,
        Err(stop) => {
            streams.error(stop.message);
            stop.exit
        }
    }
}

fn verify(args: &VerifyArgs, choices: &Choices, streams: &mut Streams) -> Result<Exit, Stop> {
    let path = args.dockerfile.display().to_string();
    let text = read(&args.dockerfile)?;
    let (after, applied) = match &args.against {
        Some(other) => (read(other)?, Applied::default()),
        None => {
            let (found, _) = informed_rewrite(&text, choices, &NO_FACTS, Some(&args.dockerfile));
            let found = found.map_err(|failure| Stop::new(Exit::Failed, format!("{path}: {failure}")))?;
            if let Some(problem) = found.problems.first() {
                return Err(Stop::new(
                    Exit::Failed,
                    format!("{path}: no builder takes it: {}", problem.kind.message()),
                ));
            }
            let applied = Applied::of(&found);
            (found.after, applied)
        }
    };
    if after == text {
        return nothing_to_do(args, &path, streams);
    }
    let mut trial = Trial::new(&args.dockerfile, args.rules.context.as_deref(), &args.build, streams)?;
    let original = Original::build(&mut trial, &text)?;
    let verdict = examine(&mut trial, &original, &after, applied)?;
    let secrets = trial.secrets();
    drop(trial);
    let report = match args.output_format {
        VerifyFormat::Full => human::report(&path, &verdict, &args.build, streams),
        VerifyFormat::Json => format!("{}\n", json::object(&path, &verdict)),
        VerifyFormat::Markdown => markdown::report(&path, &verdict, &args.build),
    };
    streams.put(&secrets.hide(&report));
    Ok(if verdict.is_good() { Exit::Done } else { Exit::Changes })
}

fn read(path: &Path) -> Result<String, Stop> {
    let unreadable = |error| Stop::new(Exit::Failed, format!("{}: cannot be read: {}", path.display(), plain(&error)));
    fs::read_to_string(path).map_err(unreadable)
}

/// The transforms that changed something, in order.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// All of them.
    rules: Vec<String>,
    /// Those with a fix that may change what the image does: the same files are no proof for them.
    risky: Vec<String>,
}

impl Applied {
    fn of(rewrite: &Rewrite) -> Applied {
        let mut applied = Applied::default();
        for change in &rewrite.changes {
            let is_risky = !matches!(change.safety, Safety::Safe);
            for (wanted, list) in [(true, &mut applied.rules), (is_risky, &mut applied.risky)] {
                if wanted && !list.iter().any(|rule| rule == change.rule) {
                    list.push(change.rule.to_owned());
                }
            }
        }
        applied
    }
}

fn nothing_to_do(args: &VerifyArgs, path: &str, streams: &mut Streams) -> Result<Exit, Stop> {
    match args.output_format {
        VerifyFormat::Json => streams.print(format_args!("{}\n", json::nothing(path))),
        _ => streams.print(format_args!("{path}: dopt would change nothing, so there is nothing to verify\n")),
    }
    Ok(Exit::Done)
}

/// Builds what a rewrite made, and compares it with the original.
fn examine(trial: &mut Trial<'_>, original: &Original, text: &str, applied: Applied) -> Result<Verdict, Stop> {
    let mut after = trial.build("the rewritten file", text)?;
    if let Ok(built) = &mut after
        && !original.smoke_is(built)
    {
        built.smoke = trial.smoke_again(built)?;
    }
    Ok(Verdict::new(original, after, applied))
}
