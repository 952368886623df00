//! `dopt lsp`: a language server on standard input and output.

mod actions;
mod document;
mod hover;
mod server;

use lsp_server::Connection;

use crate::exit::Exit;
use crate::streams::Streams;

/// The options of `dopt lsp`.
#[derive(Debug, clap::Args)]
pub struct LspArgs {
    /// Speak over standard input and output, as it always does
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs it until the editor says goodbye.
pub fn run(_args: &LspArgs, streams: &mut Streams) -> Exit {
    let (connection, threads) = Connection::stdio();
    let served = server::serve(&connection);
    drop(connection);
    let closed = threads.join().map_err(|error| error.to_string());
    match served.map_err(|error| error.to_string()).and(closed) {
        Ok(()) => Exit::Done,
        Err(message) => {
            streams.error(format_args!("the editor does not speak as it should: {message}"));
            Exit::Failed
        }
    }
}
