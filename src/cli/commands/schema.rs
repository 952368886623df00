//! `dopt schema`: the JSON Schemas, which also lie in `schemas/`.

use clap::ValueEnum;

use crate::config;
use crate::exit::Exit;
use crate::report::{lines_schema, object_schema};
use crate::streams::Streams;

/// The options of `dopt schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    of: SchemaOf,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SchemaOf {
    /// A dopt.toml
    Config,
    /// What -f json prints
    Json,
    /// One line of what -f jsonl prints
    Jsonl,
}

/// Runs it.
pub fn run(args: &SchemaArgs, streams: &mut Streams) -> Exit {
    let schema = match args.of {
        SchemaOf::Config => config::schema(),
        SchemaOf::Json => object_schema(),
        SchemaOf::Jsonl => lines_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    streams.print(format_args!("{text}\n"));
    Exit::Done
}
