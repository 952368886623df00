//! `dopt review`: one proposal after the other, and a question about each.

mod answer;
mod asking;
mod came_to;
mod comment;
mod editor;
mod memory;
mod proposals;
mod savings;
mod screen;
mod unattended;

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use dopt_model::{Facts, NO_FACTS};
use dopt_rewrite::{Options, Refused, rewrite};

use crate::args::RuleArgs;
use crate::config::{Choices, Configs, Overrides};
use crate::context::listing;
use crate::discover::{self, InputArgs, Lost, Source};
use crate::exit::Exit;
use crate::failure::{Failure, plain};
use crate::pins::PinArgs;
use crate::streams::Streams;
use crate::undo::KeepArgs;

/// The options of `dopt review`.
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    /// Which files are reviewed.
    #[command(flatten)]
    input: InputArgs,
    /// Ask again about what was refused in earlier reviews
    #[arg(long)]
    again: bool,
    /// Propose safe fixes only
    #[arg(long, help_heading = "Rules")]
    no_unsafe_fixes: bool,
    /// Which transforms run.
    #[command(flatten)]
    rules: RuleArgs,
    /// Whether it can be taken back.
    #[command(flatten)]
    keep: KeepArgs,
}

/// A file that can be read, and what counts for it.
pub struct File {
    /// Its path, as the user would write it.
    path: PathBuf,
    text: String,
    choices: Arc<Choices>,
    /// What the build sees of its folder, where a transform has asked for that.
    facts: Facts,
}

impl File {
    fn new(path: PathBuf, text: String, choices: Arc<Choices>) -> File {
        let asks = |refused: &Refused| refused.why.wants_context();
        let facts = match rewrite(&text, &choices.options(&NO_FACTS)) {
            Ok(found) if found.refusals.iter().any(asks) => listing::of_dockerfile(&path, &text),
            // A bug comes up again as soon as the file has its turn.
            _ => NO_FACTS.clone(),
        };
        File { path, text, choices, facts }
    }

    fn shown_path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn options(&self) -> Options<'_> {
        self.choices.options(&self.facts)
    }
}

/// Runs it.
pub fn run(args: &ReviewArgs, streams: &mut Streams) -> Exit {
    let pins = PinArgs::default();
    let overrides =
        Overrides { rules: &args.rules, unsafe_fixes: Some(!args.no_unsafe_fixes), pins: &pins, lists_all: false };
    let mut configs = match Configs::new(overrides) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    let (files, failed) = match discover::sources(&args.input) {
        Ok(sources) => files(args, sources, &mut configs, streams),
        Err(message) => {
            streams.error(message);
            return Exit::Usage;
        }
    };
    if files.is_empty() && failed.is_none() && args.input.is_part() {
        streams.note(format_args!("no file to review"));
        return Exit::Done;
    }
    if files.is_empty() {
        if failed.is_none() {
            streams
                .error("no Dockerfile found; name the file, or see `dopt fix --help` for the names that are searched");
        }
        return failed.unwrap_or(Exit::NothingMatched);
    }
    let exit = match io::stdin().is_terminal() && io::stdout().is_terminal() {
        true => asking::run(args, &files, streams),
        false => unattended::run(args, &files, streams),
    };
    failed.map_or(exit, |failed| failed.max(exit))
}

/// The files that can be read; what is wrong with others is told, and gives an exit code.
fn files(
    args: &ReviewArgs,
    sources: Vec<Result<Source, Lost>>,
    configs: &mut Configs<'_>,
    streams: &mut Streams,
) -> (Vec<File>, Option<Exit>) {
    let (mut files, mut failed, mut seen) = (Vec::new(), None, HashSet::new());
    for source in sources {
        let (path, named) = match source {
            Ok(Source::File { share, .. }) if !share.file => continue,
            Ok(Source::File { path, named, .. }) => (path, named),
            Ok(Source::Stdin) => {
                streams.error("-: keys are read from the terminal, so there is no file to review; name a file");
                failed = failed.max(Some(Exit::Usage));
                continue;
            }
            Err(Lost { path, error }) => {
                streams.error(format_args!("{}: cannot be read: {}", path.display(), plain(&error)));
                failed = failed.max(Some(Exit::Failed));
                continue;
            }
        };
        let choices = configs.of(&path);
        for mistake in configs.take_mistakes() {
            failed = failed.max(Some(super::show_mistake(&mistake, streams)));
        }
        let Some(choices) = choices else { continue };
        let is_excluded = (args.input.force_exclude || !named) && choices.excludes(|| configs.absolute(&path));
        if is_excluded || !seen.insert(discover::tidy(&path).to_path_buf()) {
            continue;
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push(File::new(path, text, choices)),
            Err(error) => {
                streams.error(format_args!("{}: {}", path.display(), Failure::Read(error)));
                failed = failed.max(Some(Exit::Failed));
            }
        }
    }
    (files, failed)
}

/// Which files were said, to be said again.
fn said_files(input: &InputArgs) -> String {
    let mut said = Vec::new();
    if let Some(list) = &input.files_from {
        said.push(format!("--files-from {}", quoted(&list.to_string_lossy())));
    }
    if let Some(revision) = &input.changed_since {
        said.push(format!("--changed-since {}", quoted(revision)));
    }
    if let Some(shard) = &input.shard {
        said.push(format!("--shard {shard}"));
    }
    if input.force_exclude {
        said.push("--force-exclude".to_owned());
    }
    said.extend(input.paths.iter().map(|path| quoted(&path.to_string_lossy())));
    said.join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=+:,@%".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
