//! What a manifest tells: the bytes of each layer as a registry stores it, and who made it.

use dopt_image::Provenance;
use dopt_syntax::Document;
use serde_json::{Value, json};

use super::SizeFormat;
use super::remote::Described;
use super::terminal::{Row, bars, plain_text, width};
use crate::bytes::Bytes;
use crate::streams::{DIM, STRONG, Streams};
use crate::tally::count;

/// Prints it. `made` is the Dockerfile that the image was built from, and the stage.
pub fn print(
    name: &str,
    described: &Described,
    made: (Option<&Document>, Option<&str>),
    format: SizeFormat,
    streams: &mut Streams,
) {
    let outline = &described.outline;
    let provenance = Provenance::of_config(&outline.config, outline.layers.len(), made.0, made.1);
    if made.0.is_some() && !provenance.knows_lines() && !streams.quiet() {
        streams.warning(format_args!("no layer of {name} was made by a line of that Dockerfile"));
    }
    match format {
        SizeFormat::Json => streams.print(format_args!("{}\n", object(name, described, &provenance))),
        SizeFormat::Full => full(name, described, &provenance, streams),
    }
}

fn full(name: &str, described: &Described, provenance: &Provenance, streams: &mut Streams) {
    let Described { outline, digest } = described;
    let title = streams.paint(STRONG, plain_text(name));
    streams.print(format_args!("{title}  {}\n", streams.paint(DIM, plain_text(&outline.config.platform()))));
    let total = streams.paint(STRONG, Bytes(outline.layers.iter().map(|layer| layer.bytes).sum()));
    streams.print(format_args!("{total} compressed, in {}; ", count(outline.layers.len(), "layer")));
    streams.print(format_args!("{}\n\n", streams.paint(DIM, digest)));
    let rows: Vec<Row> = (outline.layers.iter().zip(&provenance.layers))
        .map(|(layer, line)| Row { line: line.clone(), bytes: layer.bytes, lost: 0 })
        .collect();
    bars(&rows, width(), streams);
    if !streams.quiet() {
        let hint = "The registry's manifest says no more; --pull reads the layers, too.";
        streams.note(format_args!("\n{}", streams.paint_err(DIM, hint)));
    }
}

fn object(name: &str, described: &Described, provenance: &Provenance) -> Value {
    let Described { outline, digest } = described;
    let layers: Vec<Value> = (outline.layers.iter().zip(&provenance.layers))
        .map(|(layer, line)| {
            let lines = line.as_ref().and_then(|line| line.lines);
            json!({
                "name": layer.digest,
                "stored_bytes": layer.bytes,
                "created_by": line.as_ref().map(|line| &line.text),
                "line": lines.map(|(first, _)| first),
                "end_line": lines.map(|(_, last)| last),
                "in_base": line.as_ref().is_some_and(|line| line.in_base),
            })
        })
        .collect();
    json!({
        "version": 1,
        "image": name,
        "platform": outline.config.platform(),
        "digest": digest.as_str(),
        "pulled": false,
        "stored_bytes": outline.layers.iter().map(|layer| layer.bytes).sum::<u64>(),
        "layers": layers,
    })
}
