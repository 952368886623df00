//! `dopt man`: the manual page in roff.

use clap::CommandFactory;

use crate::args::Args;
use crate::exit::Exit;
use crate::streams::Streams;

/// Runs it, for dopt or for one of its subcommands.
pub fn run(command: Option<&str>, streams: &mut Streams) -> Exit {
    let mut all = Args::command();
    all.build();
    let page = match command {
        None => Some(&all),
        Some(name) => all.find_subcommand(name),
    };
    let Some(page) = page else {
        streams.error(format_args!("there is no subcommand `{}`; see `dopt --help`", command.unwrap_or_default()));
        return Exit::Usage;
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page.clone()).render(&mut roff).expect("a vector takes everything");
    streams.put(&String::from_utf8_lossy(&roff));
    Exit::Done
}
