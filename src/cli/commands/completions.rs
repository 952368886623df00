//! `dopt completions`: a script that completes the command line in a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::Exit;
use crate::streams::Streams;

/// Runs it.
pub fn run(shell: Shell, streams: &mut Streams) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "dopt", &mut script);
    streams.put(&String::from_utf8_lossy(&script));
    Exit::Done
}
