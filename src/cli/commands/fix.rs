//! `dopt fix`: shows what would change, or changes it.

use crate::args::FixArgs;
use crate::batch::Batch;
use crate::commands::Proof;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::report::summary::{self, Purpose};
use crate::report::{Changed, Diff, Full, Listed, Own, Report, Sinks};
use crate::streams::Streams;

/// Runs it.
pub fn run(args: &FixArgs, streams: &mut Streams) -> Exit {
    let configs =
        match Configs::new(Overrides { rules: &args.rules, unsafe_fixes: unsafe_fixes(args), pins: &args.pins }) {
            Ok(configs) => configs,
            Err(mistake) => return super::show_mistake(&mistake, streams),
        };
    let mut sinks = match Sinks::open(&args.formats, own(args), streams) {
        Ok(sinks) => sinks,
        Err(exit) => return exit,
    };
    let proof = match args.verify.then(|| Proof::new(&args.build)).transpose() {
        Ok(proof) => proof,
        Err(stop) => {
            streams.error(stop.message);
            return stop.exit;
        }
    };
    let tally = Batch::new(configs, args.write, &mut sinks, streams).proven_by(proof).run(&args.input);
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
        match (args.check, args.write) {
            (true, _) => Box::new(Listed),
            (_, true) => Box::new(Changed),
            _ => Box::new(Diff::new()),
        }
    };
    let full = move |_: &Streams| -> Box<dyn Report> { Box::new(Full { headers: args.input.may_be_several() }) };
    Own { default: Box::new(default), full: Box::new(full), refusals: false }
}
