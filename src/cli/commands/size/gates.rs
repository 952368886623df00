//! What a pipeline may demand of an image. What is crossed is said, and fails the run.

use super::{SizeArgs, Subject};
use crate::bytes::{Bound, Bytes, percent};
use crate::exit::Exit;
use crate::streams::Streams;

/// Looks at all of them.
pub fn check(subject: &Subject<'_>, args: &SizeArgs, streams: &mut Streams) -> Exit {
    let crossed = crossed(subject, args);
    for why in &crossed {
        streams.error(format_args!("{}: {why}", subject.name));
    }
    if crossed.is_empty() { Exit::Done } else { Exit::Changes }
}

fn crossed(subject: &Subject<'_>, args: &SizeArgs) -> Vec<String> {
    let analysis = &subject.analysis;
    let mut found = Vec::new();
    let efficiency = analysis.efficiency * 100.0;
    if let Some(least) = args.min_efficiency.filter(|least| efficiency < *least) {
        found.push(format!("its efficiency is {efficiency:.1} %, and --min-efficiency asks for {least} %"));
    }
    let (wasted, total) = (analysis.wasted_bytes, analysis.total_bytes);
    match args.max_wasted {
        Some(Bound::Bytes(most)) if wasted > most => {
            found.push(format!("{} are wasted, and --max-wasted allows {}", Bytes(wasted), Bytes(most)));
        }
        Some(Bound::Percent(most)) if percent(wasted, total) > most => {
            found.push(format!("{:.1} % are wasted, and --max-wasted allows {most} %", percent(wasted, total)));
        }
        _ => {}
    }
    if let Some(most) = args.max_size.filter(|most| total > *most) {
        found.push(format!("it has {}, and --max-size allows {}", Bytes(total), Bytes(most)));
    }
    found
}
