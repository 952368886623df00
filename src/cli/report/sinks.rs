//! Several reports at once, each on standard output or in a file of its own.

use std::fs::File;
use std::path::PathBuf;

use super::formats::{Format, FormatArgs, Wanted};
use super::{
    Annotations, Checkstyle, Concise, Diff, Failures, Gitlab, Json, JsonLines, Junit, Markdown, Outcome, Patch, Rdjson,
    Report, Sarif, Verbose, Wants,
};
use crate::exit::Exit;
use crate::failure::plain;
use crate::page::Page;
use crate::streams::Streams;
use crate::tally::Tally;

/// Makes a report for a stream.
type Make<'m> = Box<dyn Fn(&Streams) -> Box<dyn Report> + 'm>;

/// A format, or the command's own, and its file.
type Target = (Option<Format>, Option<PathBuf>);

/// What a command shows in its own way.
pub struct Own<'o> {
    /// What it shows where no format is named.
    pub default: Make<'o>,
    /// Its format `full`.
    pub full: Make<'o>,
    /// Whether places that are left alone belong into lists of findings.
    pub refusals: bool,
}

/// The reports of a run.
pub struct Sinks {
    sinks: Vec<Sink>,
    for_programs: bool,
    failed: bool,
}

struct Sink {
    report: Box<dyn Report>,
    file: Option<(PathBuf, Streams)>,
}

impl Sinks {
    /// Opens the files. What cannot be is said, and ends the run before it begins.
    pub fn open(args: &FormatArgs, own: Own<'_>, streams: &mut Streams) -> Result<Sinks, Exit> {
        let wanted = match wanted(args) {
            Ok(wanted) => wanted,
            Err(message) => {
                streams.error(message);
                return Err(Exit::Usage);
            }
        };
        let on_stdout = wanted.iter().find(|(_, file)| file.is_none()).map(|(format, _)| *format);
        let for_programs = on_stdout.flatten().is_some_and(Format::is_for_programs);
        let Own { default, full, refusals } = own;
        let mut sinks = Vec::new();
        for (format, path) in wanted {
            let file = match path {
                Some(path) => match File::create(&path) {
                    Ok(file) => Some((path, Streams::to_file(file))),
                    Err(error) => {
                        streams.error(format_args!("{}: cannot be written: {}", path.display(), plain(&error)));
                        return Err(Exit::Usage);
                    }
                },
                None => None,
            };
            let out = file.as_ref().map_or(&*streams, |(_, file)| file);
            let report = match format {
                None => default(out),
                Some(format) => made(format, &full, refusals, out),
            };
            let tells_all = format.is_some_and(Format::is_for_programs) || file.is_some() || !streams.verbose();
            let report: Box<dyn Report> = if tells_all { report } else { Box::new(Verbose(report)) };
            sinks.push(Sink { report, file });
        }
        if on_stdout.is_none() {
            sinks.push(Sink { report: Box::new(Failures), file: None });
        }
        Ok(Sinks { sinks, for_programs, failed: false })
    }

    /// Whether standard output belongs to a program, which wants no summary beside it.
    pub fn are_for_programs(&self) -> bool {
        self.for_programs
    }

    /// The exit code, if all files could be written.
    pub fn finish(&self, exit: Exit) -> Exit {
        if self.failed { exit.max(Exit::Failed) } else { exit }
    }
}

impl Report for Sinks {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        for Sink { report, file } in &mut self.sinks {
            report.file(outcome, file.as_mut().map_or(&mut *streams, |(_, file)| file));
        }
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        for Sink { report, file } in &mut self.sinks {
            let Some((path, file)) = file else {
                report.end(tally, streams);
                continue;
            };
            report.end(tally, file);
            if let Err(error) = file.close_file() {
                self.failed = true;
                streams.error(format_args!("{}: cannot be written: {}", path.display(), plain(&error)));
            }
        }
    }

    fn wants(&self) -> Wants {
        self.sinks.iter().map(|sink| sink.report.wants()).fold(Wants::default(), Wants::or)
    }
}

/// Each format with its file; no format is the command's own.
fn wanted(args: &FormatArgs) -> Result<Vec<Target>, String> {
    let mut wanted: Vec<_> = args.formats.iter().map(|Wanted { format, file }| (Some(*format), file.clone())).collect();
    wanted.extend(args.html.iter().map(|file| (Some(Format::Html), Some(file.clone()))));
    if wanted.is_empty() {
        wanted.push((None, None));
    }
    let name = |format: Option<Format>| {
        format.and_then(|format| clap::ValueEnum::to_possible_value(&format)).map(|value| value.get_name().to_owned())
    };
    let free: Vec<_> = wanted.iter().filter(|(_, file)| file.is_none()).map(|(format, _)| name(*format)).collect();
    match (free.as_slice(), &args.output_file) {
        ([first, second, ..], _) => {
            let [first, second] = [first, second].map(|name| name.clone().unwrap_or_default());
            return Err(format!("{first} and {second} cannot both go to one place; name a file: -f {second}=FILE"));
        }
        ([], Some(_)) => return Err("-o is for a format without a file, and all of them have one".to_owned()),
        ([_], Some(path)) => {
            for (_, file) in &mut wanted {
                file.get_or_insert_with(|| path.clone());
            }
        }
        _ => {}
    }
    let mut files: Vec<_> = wanted.iter().filter_map(|(_, file)| file.as_ref()).collect();
    files.sort();
    match files.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("two formats would be written into {}; name a file for each", pair[0].display())),
        None => Ok(wanted),
    }
}

fn made(
    format: Format,
    full: &dyn Fn(&Streams) -> Box<dyn Report>,
    refusals: bool,
    streams: &Streams,
) -> Box<dyn Report> {
    match format {
        Format::Diff => Box::new(Diff::new()),
        Format::Full => full(streams),
        Format::Concise => Box::new(Concise { refusals }),
        Format::Json => Box::new(Json::new()),
        Format::Jsonl => Box::new(JsonLines::new()),
        Format::Sarif => Box::new(Sarif::new()),
        Format::Github => Box::new(Annotations::new()),
        Format::Gitlab => Box::new(Gitlab::new()),
        Format::Junit => Box::new(Junit::new()),
        Format::Checkstyle => Box::new(Checkstyle::new()),
        Format::Markdown => Box::new(Markdown::new()),
        Format::Rdjson => Box::new(Rdjson::new()),
        Format::Patch => Box::new(Patch::new()),
        Format::Html => Box::new(Page::new()),
    }
}
