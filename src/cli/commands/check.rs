//! `dopt check`: shows every place where something can be done, and every place that is left alone.

use crate::args::CheckArgs;
use crate::batch::Batch;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::report::summary::{self, Purpose};
use crate::report::{Failures, Own, Report, Sinks, Snippets};
use crate::streams::Streams;

/// Runs it.
pub fn run(args: &CheckArgs, streams: &mut Streams) -> Exit {
    let configs = match Configs::new(Overrides {
        rules: &args.rules,
        unsafe_fixes: Some(false),
        pins: &args.pins,
        lists_all: true,
    }) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    let refusals = !args.no_refusals;
    let snippets = |streams: &Streams| -> Box<dyn Report> { Box::new(Snippets::new(refusals, streams)) };
    let own = Own { default: Box::new(snippets), full: Box::new(snippets), refusals };
    let mut sinks = match Sinks::open(&args.formats, own, streams) {
        Ok(sinks) => sinks,
        Err(exit) => return exit,
    };
    if args.write_baseline {
        let mut report = Failures;
        return Batch::new(configs, None, &mut report, streams).recording(true).run(&args.input).exit(false);
    }
    let batch = Batch::new(configs, None, &mut sinks, streams).without_baseline(args.ignore_baseline);
    let tally = batch.run(&args.input);
    if !sinks.are_for_programs() {
        summary::print(Purpose::Check, &tally, streams);
    }
    sinks.finish(tally.exit((tally.has_findings() || tally.stale > 0) && !args.exit_zero))
}
