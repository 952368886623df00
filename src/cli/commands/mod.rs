//! One file for each subcommand.

mod check;
mod completions;
mod engines;
mod explain;
mod fix;
pub mod ignore;
pub mod lsp;
mod man;
mod pin;
mod review;
mod rules;
mod schema;
mod size;
mod undo;
mod verify;

pub use explain::{Topic, TopicParser};
pub use pin::PinImagesArgs;
pub use review::ReviewArgs;
pub use schema::SchemaArgs;
pub use size::SizeArgs;
pub use undo::UndoArgs;
pub use verify::{BuildArgs, Guilty, Proof, Proven, VerifyArgs};

use crate::args::{Args, Command};
use crate::config::Mistake;
use crate::exit::Exit;
use crate::streams::Streams;

/// Does what the arguments say.
pub fn run(args: &Args, streams: &mut Streams) -> Exit {
    match &args.command {
        Command::Fix(args) => fix::run(args, streams),
        Command::Check(args) => check::run(args, streams),
        Command::Review(args) => review::run(args, streams),
        Command::Pin(args) => pin::run(args, streams),
        Command::Verify(args) => verify::run(args, streams),
        Command::Size(args) => size::run(args, streams),
        Command::Ignore(args) => ignore::run(args, streams),
        Command::Undo(args) => undo::run(args, streams),
        Command::Explain { topic } => explain::run(topic, streams),
        Command::Rules { output_format } => rules::run(*output_format, streams),
        Command::Lsp(args) => lsp::run(args, streams),
        Command::Schema(args) => schema::run(args, streams),
        Command::Completions { shell } => completions::run(*shell, streams),
        Command::Man { command } => man::run(command.as_deref(), streams),
    }
}

fn show_mistake(mistake: &Mistake, streams: &mut Streams) -> Exit {
    let message = mistake.render(streams.err_color());
    streams.note(format_args!("{message}"));
    Exit::Usage
}
