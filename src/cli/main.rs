//! The command line of dopt. Here are arguments, files, reports and exit codes; what a Dockerfile means and how it
//! is rewritten is in the crates below.

mod args;
mod baseline;
mod batch;
mod bytes;
mod commands;
mod config;
mod context;
mod contexts;
mod discover;
mod docker_plugin;
mod exit;
mod failure;
mod fold;
mod line_index;
mod page;
mod pins;
mod report;
mod streams;
mod tally;
mod undo;
mod write;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use args::Args;
use clap::{CommandFactory, FromArgMatches, Parser};
use docker_plugin::Call;
use streams::Streams;

/// Deep nesting in a file costs stack; memory is only taken where it is used.
pub(crate) const STACK_BYTES: usize = 64 << 20;

// Rewriting makes and drops many small texts; with this allocator a run over many files takes an eighth less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let args = match docker_plugin::call(&words) {
        None => Args::parse_from(words),
        Some(Call::Metadata(text)) => {
            let _ = writeln!(io::stdout(), "{text}");
            return ExitCode::SUCCESS;
        }
        Some(Call::Arguments(words)) => {
            let matches = Args::command().bin_name("docker dopt").get_matches_from(words);
            Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
        }
    };
    on_large_stack(|| {
        let mut streams = Streams::open(&args.output);
        let exit = commands::run(&args, &mut streams);
        streams.finish(exit).into()
    })
}

fn on_large_stack(work: impl FnOnce() -> ExitCode + Send) -> ExitCode {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("dopt".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(code)) => code,
            Ok(Err(_)) | Err(_) => ExitCode::from(101),
        }
    })
}
