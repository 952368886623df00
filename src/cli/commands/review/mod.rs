//! `dopt review`: one proposal after the other, and a question about each.

mod answer;
mod asking;
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
use std::rc::Rc;

use crate::args::RuleArgs;
use crate::config::{Choices, Configs, Overrides};
use crate::discover::{self, Lost, Source};
use crate::exit::Exit;
use crate::failure::{Failure, plain};
use crate::pins::PinArgs;
use crate::streams::Streams;

/// The options of `dopt review`.
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    /// Files or folders; the current folder if there is none
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Ask again about what was refused in earlier reviews
    #[arg(long)]
    again: bool,
    /// Propose safe fixes only
    #[arg(long, help_heading = "Rules")]
    no_unsafe_fixes: bool,
    /// Which transforms run.
    #[command(flatten)]
    rules: RuleArgs,
}

/// A file that can be read, and what counts for it.
pub struct File {
    /// Its path, as the user would write it.
    path: PathBuf,
    text: String,
    choices: Rc<Choices>,
}

impl File {
    fn shown_path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}

/// Runs it.
pub fn run(args: &ReviewArgs, streams: &mut Streams) -> Exit {
    let pins = PinArgs::default();
    let overrides = Overrides { rules: &args.rules, unsafe_fixes: Some(!args.no_unsafe_fixes), pins: &pins };
    let mut configs = match Configs::new(overrides) {
        Ok(configs) => configs,
        Err(mistake) => return super::show_mistake(&mistake, streams),
    };
    let (files, failed) = files(args, &mut configs, streams);
    if files.is_empty() {
        if failed.is_none() {
            streams
                .error("no Dockerfile found; name the file, or see `dopt fix --help` for the names that are searched");
        }
        return failed.unwrap_or(Exit::NothingMatched);
    }
    let exit = match io::stdin().is_terminal() && io::stdout().is_terminal() {
        true => asking::run(args.again, &files, streams),
        false => unattended::run(args, &files, streams),
    };
    failed.map_or(exit, |failed| failed.max(exit))
}

/// The files that can be read; what is wrong with others is told, and gives an exit code.
fn files(args: &ReviewArgs, configs: &mut Configs<'_>, streams: &mut Streams) -> (Vec<File>, Option<Exit>) {
    let (mut files, mut failed, mut seen) = (Vec::new(), None, HashSet::new());
    for source in discover::sources(&args.paths) {
        let (path, named) = match source {
            Ok(Source::File { path, named }) => (path, named),
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
        let is_excluded = !named && choices.excludes(|| configs.absolute(&path));
        if is_excluded || !seen.insert(discover::tidy(&path).to_path_buf()) {
            continue;
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push(File { path, text, choices }),
            Err(error) => {
                streams.error(format_args!("{}: {}", path.display(), Failure::Read(error)));
                failed = failed.max(Some(Exit::Failed));
            }
        }
    }
    (files, failed)
}

/// The paths of the command line, to be said again.
fn said_paths(args: &ReviewArgs) -> String {
    let paths: Vec<String> = args.paths.iter().map(|path| quoted(&path.to_string_lossy())).collect();
    paths.join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=+:,@%".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
