//! `dopt fix`: shows what would change, or changes it.

use crate::args::FixArgs;
use crate::batch::{Batch, rewrite_lines};
use crate::commands::Proof;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::pins::{PinArgs, PinChoice};
use crate::report::summary::{self, Purpose};
use crate::report::{Changed, Diff, Full, Listed, Own, Report, Sinks, Stat};
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
    let configs = match Configs::new(Overrides {
        rules: &args.rules,
        unsafe_fixes: unsafe_fixes(args),
        pins,
        lists_all: false,
    }) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    if args.jsonl {
        // What is wrong with a line is told in its answer; a pipe must not break for it.
        let tally = rewrite_lines(configs, args.input.threads(), streams);
        return if tally.config_errors > 0 { Exit::Usage } else { Exit::Done };
    }
    let mut sinks = match Sinks::open(&args.formats, own(args), streams) {
        Ok(sinks) => sinks,
        Err(exit) => return exit,
    };
    let proof = match args.verify.then(|| Proof::new(&args.build, args.rules.context.as_deref())).transpose() {
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
    let tally = Batch::new(configs, writer, &mut sinks, streams)
        .proven_by(proof)
        .without_baseline(args.ignore_baseline)
        .run(&args.input);
    if !sinks.are_for_programs() {
        summary::print(if args.write { Purpose::Write } else { Purpose::Preview }, &tally, streams);
    }
    let counts = if args.write { args.exit_non_zero_on_fix && tally.written > 0 } else { tally.changed > 0 };
    sinks.finish(tally.exit((counts || tally.stale > 0) && !args.exit_zero))
}

fn unsafe_fixes(args: &FixArgs) -> Option<bool> {
    match (args.unsafe_fixes, args.no_unsafe_fixes) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn own(args: &FixArgs) -> Own<'_> {
    let default = move |_: &Streams| -> Box<dyn Report> {
        match args {
            FixArgs { stat: true, .. } => Box::new(Stat::new()),
            FixArgs { check: true, .. } => Box::new(Listed),
            FixArgs { write: true, .. } => Box::new(Changed),
            _ => Box::new(Diff::new()),
        }
    };
    let full = move |_: &Streams| -> Box<dyn Report> { Box::new(Full { headers: args.input.may_be_several() }) };
    Own { default: Box::new(default), full: Box::new(full), refusals: false }
}
