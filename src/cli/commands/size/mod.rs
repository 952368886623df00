//! `dopt size`: what an image consists of, line by line, and what is wasted.

mod compare;
mod gates;
mod html;
mod json;
mod outline;
mod remote;
mod source;
mod terminal;
mod tree;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dopt_image::{Analysis, Image, Provenance};
use dopt_syntax::Document;

use super::engines::EngineChoice;
use crate::bytes::{self, Bound};
use crate::exit::Exit;
use crate::failure::plain;
use crate::streams::Streams;
use source::{Found, Source};

/// The options of `dopt size`.
#[derive(Debug, clap::Args)]
pub struct SizeArgs {
    /// An archive of `docker save`, an OCI archive or layout, the name of an image, or - for standard input
    ///
    /// An image by name is looked for in the engine that works here, and then in its registry: there, the manifest says
    /// how many bytes its layers have, compressed, and --pull reads the layers too.
    #[arg(value_name = "IMAGE", value_hint = clap::ValueHint::AnyPath)]
    image: String,
    /// A second image, to tell what has changed
    #[arg(value_name = "AFTER", value_hint = clap::ValueHint::AnyPath)]
    after: Option<String>,
    /// The Dockerfile that the image was built from, to name its lines
    #[arg(long, value_name = "FILE")]
    dockerfile: Option<PathBuf>,
    /// The stage of the Dockerfile that became the image; the last one if none is named
    #[arg(long, value_name = "STAGE", requires = "dockerfile")]
    target: Option<String>,
    /// Which engine has the image, where it is given by name
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t, hide_default_value = true)]
    engine: EngineChoice,
    /// Ask the registry for an image by name, and no engine
    #[arg(long, conflicts_with = "engine")]
    registry: bool,
    /// Read the layers of an image in a registry, too; nothing of them is kept
    #[arg(long)]
    pull: bool,
    /// Of an image for several platforms, the one to look at; this machine's if none is named
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
    /// What to print
    #[arg(short = 'f', long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    output_format: SizeFormat,
    /// How many of the largest and of the most wasteful files to list
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output")]
    top: usize,
    /// Show what lies in this folder of the image instead
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    tree: Option<String>,
    /// Also write a page with a map of all bytes, to open in a browser
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    html: Option<PathBuf>,
    /// Fail where less than so much of the image is efficient, in percent
    #[arg(long, value_name = "PERCENT", value_parser = bytes::parse_percent, help_heading = "Exit code")]
    min_efficiency: Option<f64>,
    /// Fail where more than so many bytes are wasted: 20MB, 512KiB, or a share such as 10%
    #[arg(long, value_name = "SIZE", help_heading = "Exit code")]
    max_wasted: Option<Bound>,
    /// Fail where the image is larger: 200MB, 1GiB
    #[arg(long, value_name = "SIZE", value_parser = bytes::parse_size, help_heading = "Exit code")]
    max_size: Option<u64>,
    /// How registries are reached stands in this configuration instead of the nearest dopt.toml
    #[arg(long, value_name = "FILE", env = "DOPT_CONFIG", hide_env_values = true, help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long, help_heading = "Configuration")]
    isolated: bool,
}

impl SizeArgs {
    /// An option that cannot be done without the contents of layers.
    fn needs_contents(&self) -> Option<&'static str> {
        let needs = [
            (self.tree.is_some(), "--tree"),
            (self.html.is_some(), "--html"),
            (self.min_efficiency.is_some(), "--min-efficiency"),
            (self.max_wasted.is_some(), "--max-wasted"),
            (self.max_size.is_some(), "--max-size"),
        ];
        needs.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
    }
}

/// What `dopt size` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SizeFormat {
    /// Bars and tables
    #[default]
    Full,
    /// One JSON object
    Json,
}

/// Runs it.
pub fn run(args: &SizeArgs, streams: &mut Streams) -> Exit {
    match report(args, streams) {
        Ok(exit) => exit,
        Err(Stop { message, exit }) => {
            streams.error(message);
            exit
        }
    }
}

/// Why there is nothing to report.
pub struct Stop {
    message: String,
    exit: Exit,
}

impl Stop {
    fn failed(message: String) -> Stop {
        Stop { message, exit: Exit::Failed }
    }
}

/// What an image is, and what is known of who made it.
struct Subject<'s> {
    /// As the user named it.
    name: &'s str,
    image: &'s Image,
    provenance: &'s Provenance,
    analysis: Analysis<'s>,
}

fn report(args: &SizeArgs, streams: &mut Streams) -> Result<Exit, Stop> {
    let dockerfile = args.dockerfile.as_deref().map(read_dockerfile).transpose()?;
    let source = Source { args };
    let image = match source.find(&args.image, streams)? {
        Found::Image(image) => image,
        Found::Outline(outline) => {
            let made = (dockerfile.as_ref(), args.target.as_deref());
            match &args.after {
                None => outline::print(&args.image, &outline, made, args.output_format, streams),
                Some(name) => match source.find(name, streams)? {
                    Found::Outline(after) => {
                        let both = [(args.image.as_str(), &outline), (name, &after)];
                        outline::compare(both, made, args.output_format, streams);
                    }
                    Found::Image(_) => return Err(needs_pull(&args.image, "a comparison with an image that is here")),
                },
            }
            return Ok(Exit::Done);
        }
    };
    let provenance = Provenance::of(&image, dockerfile.as_ref(), args.target.as_deref());
    let analysis = Analysis::of(&image, &provenance);
    let subject = Subject { name: &args.image, image: &image, provenance: &provenance, analysis };
    warn(&subject, args, streams);
    let last = match &args.after {
        None => {
            present(&subject, args, streams)?;
            subject
        }
        Some(name) => {
            let Found::Image(after) = source.find(name, streams)? else {
                return Err(needs_pull(name, "a comparison with an image that is here"));
            };
            let provenance = Provenance::of(&after, dockerfile.as_ref(), args.target.as_deref());
            let analysis = Analysis::of(&after, &provenance);
            let after = Subject { name, image: &after, provenance: &provenance, analysis };
            compare::print(&subject, &after, args.output_format, streams);
            write_page(&after, args)?;
            return Ok(gates::check(&after, args, streams));
        }
    };
    write_page(&last, args)?;
    Ok(gates::check(&last, args, streams))
}

/// What is asked for cannot be told by a manifest.
fn needs_pull(name: &str, option: &str) -> Stop {
    let message =
        format!("{name}: {option} needs what is in the layers, which are in a registry; add --pull to read them");
    Stop { message, exit: Exit::Usage }
}

fn present(subject: &Subject<'_>, args: &SizeArgs, streams: &mut Streams) -> Result<(), Stop> {
    match (&args.tree, args.output_format) {
        (Some(path), _) => tree::print(subject, path, args.output_format, streams),
        (None, SizeFormat::Json) => {
            json::print(subject, args.top, streams);
            Ok(())
        }
        (None, SizeFormat::Full) => {
            terminal::print(subject, args.top, streams);
            Ok(())
        }
    }
}

fn write_page(subject: &Subject<'_>, args: &SizeArgs) -> Result<(), Stop> {
    let Some(path) = &args.html else { return Ok(()) };
    let failed = |error| Stop::failed(format!("{}: not written: {}", path.display(), plain(&error)));
    std::fs::write(path, html::page(subject)).map_err(failed)
}

fn read_dockerfile(path: &Path) -> Result<Document, Stop> {
    let failed = |error| Stop::failed(format!("{}: cannot be read: {}", path.display(), plain(&error)));
    std::fs::read_to_string(path).map(Document::parse).map_err(failed)
}

/// Says on standard error what makes the report less than it could be.
fn warn(subject: &Subject<'_>, args: &SizeArgs, streams: &mut Streams) {
    if streams.quiet() {
        return;
    }
    let name = subject.name;
    if subject.image.others > 0 {
        let shown = subject.image.name.as_deref().unwrap_or("the first one");
        streams.warning(format_args!("{name} holds {} images; this is {shown}", subject.image.others + 1));
    }
    let outside: usize = subject.image.layers.iter().map(|layer| layer.outside).sum();
    if outside > 0 {
        streams.warning(format_args!(
            "{name} has {outside} entries whose paths lead out of the image, and no engine would take them"
        ));
    }
    if args.dockerfile.is_some() && !subject.provenance.knows_lines() {
        streams.warning(format_args!("no layer of {name} was made by a line of that Dockerfile"));
    }
}
