//! `dopt fix`: shows what would change, or changes it.

use crate::args::{FixArgs, FixFormat};
use crate::batch::{Batch, rewrite_lines};
use crate::commands::Proof;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::page::Page;
use crate::pins::{PinArgs, PinChoice};
use crate::report::summary::{self, Purpose};
use crate::report::{Changed, Diff, Failures, Full, Json, Listed, Report, Stat, Verbose};
use crate::streams::Streams;
use crate::write::Writer;

/// Runs it.
pub fn run(args: &FixArgs, streams: &mut Streams) -> Exit {
    run_as("fix", args, streams)
}

/// Runs it for a subcommand that is a special case of it.
pub fn run_as(command: &str, args: &FixArgs, streams: &mut Streams) -> Exit {
    // Lines are answered as they come, so nothing can be looked up for all of them first.
    let unpinned = PinArgs { pin: Some(PinChoice::Off), ..PinArgs::default() };
    let pins = if args.jsonl { &unpinned } else { &args.pins };
    let overrides = || Overrides { rules: &args.rules, unsafe_fixes: unsafe_fixes(args), pins };
    let configs = match Configs::new(overrides()) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    if args.jsonl {
        // What is wrong with a line is told in its answer; a pipe must not break for it.
        let tally = rewrite_lines(configs, args.input.threads(), streams);
        return if tally.config_errors > 0 { Exit::Usage } else { Exit::Done };
    }
    let mut report = report(args, streams);
    let mut page = match Page::new(args.html.as_deref(), overrides(), report.as_mut()) {
        Ok(page) => page,
        Err(message) => {
            streams.error(message);
            return Exit::Failed;
        }
    };
    let proof = match args.verify.then(|| Proof::new(&args.build)).transpose() {
        Ok(proof) => proof,
        Err(stop) => {
            streams.error(stop.message);
            return stop.exit;
        }
    };
    let writer = args.write.then(|| match args.input.is_stdin() {
        true => Writer::without_journal(),
        false => Writer::of(args.keep, command, streams),
    });
    let tally = Batch::new(configs, writer, &mut page, streams)
        .proven_by(proof)
        .without_baseline(args.ignore_baseline)
        .run(&args.input);
    if args.output_format != Some(FixFormat::Json) {
        summary::print(if args.write { Purpose::Write } else { Purpose::Preview }, &tally, streams);
    }
    let counts = if args.write { args.exit_non_zero_on_fix && tally.written > 0 } else { tally.changed > 0 };
    page.exit(tally.exit((counts || tally.stale > 0) && !args.exit_zero))
}

fn unsafe_fixes(args: &FixArgs) -> Option<bool> {
    match (args.unsafe_fixes, args.no_unsafe_fixes) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn report(args: &FixArgs, streams: &Streams) -> Box<dyn Report> {
    let report: Box<dyn Report> = match args.output_format {
        Some(FixFormat::Json) => return Box::new(Json::new()),
        None if args.stat => Box::new(Stat::new()),
        None if args.check => Box::new(Listed),
        None if args.write => Box::new(Changed),
        None if args.html.is_some() => Box::new(Failures),
        None | Some(FixFormat::Diff) => Box::new(Diff::new()),
        Some(FixFormat::Full) => Box::new(Full { headers: args.input.may_be_several() }),
    };
    if streams.verbose() { Box::new(Verbose(report)) } else { report }
}
