//! `dopt check`: shows every place where something can be done, and every place that is left alone.

use crate::args::{CheckArgs, CheckFormat};
use crate::batch::Batch;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::page::Page;
use crate::report::summary::{self, Purpose};
use crate::report::{Concise, Failures, Json, Report, Snippets};
use crate::streams::Streams;

/// Runs it.
pub fn run(args: &CheckArgs, streams: &mut Streams) -> Exit {
    let overrides = || Overrides { rules: &args.rules, unsafe_fixes: Some(false), pins: &args.pins };
    let configs = match Configs::new(overrides()) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    let refusals = !args.no_refusals;
    let mut report: Box<dyn Report> = match args.output_format {
        CheckFormat::Full if args.html.is_some() => Box::new(Failures),
        CheckFormat::Full => Box::new(Snippets::new(refusals, streams)),
        CheckFormat::Concise => Box::new(Concise { refusals }),
        CheckFormat::Json => Box::new(Json::new()),
    };
    let mut page = match Page::new(args.html.as_deref(), overrides(), report.as_mut()) {
        Ok(page) => page,
        Err(message) => {
            streams.error(message);
            return Exit::Failed;
        }
    };
    if args.write_baseline {
        let mut report = Failures;
        return Batch::new(configs, None, &mut report, streams).recording(true).run(&args.input).exit(false);
    }
    let batch = Batch::new(configs, None, &mut page, streams).without_baseline(args.ignore_baseline);
    let tally = batch.run(&args.input);
    if args.output_format != CheckFormat::Json {
        summary::print(Purpose::Check, &tally, streams);
    }
    page.exit(tally.exit((tally.has_findings() || tally.stale > 0) && !args.exit_zero))
}
