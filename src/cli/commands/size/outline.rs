//! What a manifest tells: the bytes of each layer as a registry stores it, and who made it.

use std::collections::BTreeSet;

use dopt_image::Provenance;
use dopt_syntax::Document;
use serde_json::{Value, json};

use super::SizeFormat;
use super::remote::Described;
use super::terminal::{Row, bars, plain_text, width};
use crate::bytes::{Bytes, percent, signed};
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

/// Prints how many bytes each of two images has, and how many of the second nobody has to fetch who has the first.
pub fn compare(
    both: [(&str, &Described); 2],
    made: (Option<&Document>, Option<&str>),
    format: SizeFormat,
    streams: &mut Streams,
) {
    let [old, new] = both.map(|(_, described)| described.outline.layers.iter().map(|layer| layer.bytes).sum::<u64>());
    let [before, after] = both.map(|(_, described)| &described.outline.layers);
    let known: BTreeSet<&str> = before.iter().map(|layer| layer.digest.as_str()).collect();
    let shared = after.iter().filter(|layer| known.contains(layer.digest.as_str()));
    let shared: u64 = shared.map(|layer| layer.bytes).sum();
    if format == SizeFormat::Json {
        let [before, after] = both.map(|(name, described)| {
            let layers = described.outline.layers.len();
            object(name, described, &Provenance::of_config(&described.outline.config, layers, made.0, made.1))
        });
        let found = json!({"version": 1, "before": before, "after": after, "shared_bytes": shared});
        return streams.print(format_args!("{found}\n"));
    }
    let share = (percent(new, old) - 100.0).round();
    let headline = streams.paint(STRONG, format!("{} → {}", Bytes(old), Bytes(new)));
    streams.print(format_args!("{headline} compressed  {} ({share:+} %)\n", signed(old, new)));
    let layers = [before, after].map(|layers| count(layers.len(), "layer"));
    streams.print(format_args!(
        "{} → {}; {} of the second are in the first, too\n",
        layers[0],
        layers[1],
        Bytes(shared)
    ));
    if !streams.quiet() {
        let hint = "The registry's manifests say no more; --pull reads the layers, too.";
        streams.note(format_args!("\n{}", streams.paint_err(DIM, hint)));
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
