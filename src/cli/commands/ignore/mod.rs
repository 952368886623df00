//! `dopt ignore`: what of a context could be left out, written into its `.dockerignore`.

mod explain;
mod json;
mod report;

use std::path::PathBuf;

use dopt_rewrite::{unified_diff, unified_diff_of_new};

use crate::bytes;
use crate::context::{self, Assessment, Found, Obstacle};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{path_from, print_diff};
use crate::streams::Streams;
use crate::undo::KeepArgs;
use crate::write::Writer;

/// The options of `dopt ignore`.
#[derive(Debug, clap::Args)]
pub struct IgnoreArgs {
    /// The build context; the current folder if there is none
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true, value_hint = clap::ValueHint::DirPath)]
    pub context: PathBuf,
    /// Another Dockerfile that is built with this context, beside those that are found
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub dockerfile: Vec<PathBuf>,
    /// Write the file
    #[arg(short, long, conflicts_with_all = ["check", "explain"])]
    pub write: bool,
    /// Whether what is replaced is kept.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Only say what is sent; exit with 1 if there is junk in it, or if it is more than --max-context
    #[arg(long, conflicts_with = "explain")]
    pub check: bool,
    /// With --check: how much may be sent, such as 50MB
    #[arg(long, value_name = "SIZE", value_parser = bytes::parse_size, requires = "check")]
    pub max_context: Option<u64>,
    /// Say which line of which file hides or shows a path
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = clap::ValueHint::AnyPath)]
    pub explain: Vec<PathBuf>,
    /// Also hide what may be needed; read the caveats first
    #[arg(long, help_heading = "Rules")]
    pub unsafe_fixes: bool,
    /// What to print
    #[arg(short = 'f', long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    pub output_format: IgnoreFormat,
    /// Exit with 0 even if something would change
    #[arg(long, help_heading = "Exit code")]
    pub exit_zero: bool,
}

/// What `dopt ignore` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum IgnoreFormat {
    /// A unified diff on standard output, and what there is to say on standard error
    #[default]
    Diff,
    /// One JSON object
    Json,
}

/// Runs it.
pub fn run(args: &IgnoreArgs, streams: &mut Streams) -> Exit {
    if !args.context.is_dir() {
        streams.error(format_args!("{}: there is no such folder", args.context.display()));
        return Exit::NothingMatched;
    }
    let found = context::units(&args.context, &args.dockerfile);
    if !args.explain.is_empty() {
        return explain::run(args, &found, streams);
    }
    if let Some((path, error)) = found.unread.first() {
        let path = context::shown(path);
        streams.error(format_args!("{path}: {error}, so it cannot be told what is built with this context"));
        return Exit::Failed;
    }
    if found.units.is_empty() {
        streams.error(format_args!(
            "no Dockerfile is built with the context {} as far as can be seen; name it with --dockerfile",
            args.context.display()
        ));
        return Exit::NothingMatched;
    }
    assess_all(args, found, streams)
}

fn assess_all(args: &IgnoreArgs, found: Found, streams: &mut Streams) -> Exit {
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    let writer = if args.write { Writer::of(args.keep, "ignore", streams) } else { Writer::without_journal() };
    for unit in found.units {
        let ignore = unit.ignore.clone();
        let outcome = context::assess(unit, args.unsafe_fixes);
        let written = match &outcome {
            Ok(found) if args.write && found.changes() => found.write(&writer).map(|()| true),
            _ => Ok(false),
        };
        let own = exit_of(args, &outcome, &written);
        exit = exit.max(own);
        match args.output_format {
            IgnoreFormat::Json => documents.push(json::Entry::new(&ignore, &outcome, &written)),
            IgnoreFormat::Diff => show(args, &outcome, &written, streams),
        }
    }
    if args.output_format == IgnoreFormat::Json {
        json::print(&documents, streams);
    }
    exit
}

fn exit_of(args: &IgnoreArgs, outcome: &Result<Assessment, Obstacle>, written: &Result<bool, Failure>) -> Exit {
    let changes = match outcome {
        Err(_) => return Exit::Failed,
        Ok(_) if written.is_err() => return Exit::Failed,
        Ok(found) => match args.max_context {
            Some(limit) => found.seen.bytes > limit,
            None => found.changes() && !args.write,
        },
    };
    if changes && !args.exit_zero { Exit::Changes } else { Exit::Done }
}

fn show(
    args: &IgnoreArgs,
    outcome: &Result<Assessment, Obstacle>,
    written: &Result<bool, Failure>,
    streams: &mut Streams,
) {
    match (outcome, written) {
        (Err(obstacle), _) => streams.error(format_args!("{obstacle}")),
        (Ok(found), Err(failure)) => streams.error(format_args!("{}: {failure}", context::shown(&found.unit.ignore))),
        (Ok(found), Ok(written)) => {
            if found.changes() && !args.write && !args.check {
                print_diff(&diff(found), streams);
            }
            report::print(args, found, *written, streams);
        }
    }
}

/// The diff that makes the file what it should be.
pub fn diff(found: &Assessment) -> String {
    let path = path_from(&found.unit.ignore, &std::env::current_dir().unwrap_or_default());
    match &found.before {
        Some(before) => unified_diff(before, &found.after, &path),
        None => unified_diff_of_new(&found.after, &path),
    }
}
