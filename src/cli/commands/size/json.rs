//! One JSON object with everything. Fields may be added; none changes its meaning without a new `version`.

use dopt_image::{Fate, Finding};
use serde_json::{Value, json};

use super::Subject;
use crate::streams::Streams;

/// Prints it.
pub fn print(subject: &Subject<'_>, top: usize, streams: &mut Streams) {
    streams.print(format_args!("{}\n", object(subject, top)));
}

/// What there is to say about one image.
pub fn object(subject: &Subject<'_>, top: usize) -> Value {
    let Subject { analysis, image, .. } = subject;
    let layers: Vec<Value> = (0..image.layers.len()).map(|at| layer(subject, at)).collect();
    let classes: Vec<Value> =
        analysis.classes.iter().map(|(class, bytes)| json!({"class": class.code(), "bytes": bytes})).collect();
    let largest = analysis.largest(top);
    let largest: Vec<Value> =
        largest.iter().map(|(path, bytes, layer)| json!({"path": path, "bytes": bytes, "layer": layer})).collect();
    let wasted: Vec<Value> = analysis.wasted.iter().take(top).map(wasted).collect();
    let duplicates: Vec<Value> = analysis.duplicates.iter().take(top).map(duplicate).collect();
    let sum = |bytes: fn(&dopt_image::Layer) -> u64| image.layers.iter().map(|layer| bytes(layer)).sum::<u64>();
    json!({
        "version": 1,
        "image": image.name.as_deref().unwrap_or(subject.name),
        "platform": image.config.platform(),
        "bytes": analysis.total_bytes,
        "engine_bytes": sum(dopt_image::Layer::engine_bytes),
        "archive_bytes": sum(|layer| layer.archive_bytes),
        "stored_bytes": sum(|layer| layer.stored_bytes),
        "wasted_bytes": analysis.wasted_bytes,
        "efficiency": analysis.efficiency,
        "dive_wasted_bytes": analysis.dive_wasted_bytes,
        "layers": layers,
        "classes": classes,
        "findings": analysis.findings.iter().map(finding).collect::<Vec<_>>(),
        "largest": largest,
        "wasted": wasted,
        "duplicates": duplicates,
    })
}

fn layer(subject: &Subject<'_>, at: usize) -> Value {
    let (layer, step) = (&subject.image.layers[at], &subject.analysis.steps[at]);
    let classes: Vec<Value> =
        step.classes.iter().map(|(class, bytes)| json!({"class": class.code(), "bytes": bytes})).collect();
    json!({
        "name": layer.name,
        "created_by": step.line.as_ref().map(|line| &line.text),
        "line": step.line.as_ref().and_then(|line| line.lines).map(|(first, _)| first),
        "end_line": step.line.as_ref().and_then(|line| line.lines).map(|(_, last)| last),
        "in_base": step.line.as_ref().is_some_and(|line| line.in_base),
        "bytes": step.bytes,
        "engine_bytes": layer.engine_bytes(),
        "archive_bytes": layer.archive_bytes,
        "stored_bytes": layer.stored_bytes,
        "compression": layer.compression.name(),
        "files": step.files,
        "overwritten_bytes": step.overwritten,
        "deleted_bytes": step.deleted,
        "outside": layer.outside,
        "classes": classes,
    })
}

fn finding(found: &Finding) -> Value {
    json!({
        "class": found.class.code(),
        "loss": found.loss.code(),
        "bytes": found.bytes,
        "files": found.files,
        "layer": found.layer,
        "by": found.by,
        "rule": found.rule,
    })
}

fn wasted(found: &dopt_image::WastedPath<'_>) -> Value {
    let fate = match found.fate {
        Fate::Overwritten(_) => "overwritten",
        Fate::Deleted(_) => "deleted",
        Fate::Stays => "kept",
    };
    json!({"path": found.path, "bytes": found.bytes, "layer": found.layer, "fate": fate, "by": found.fate.by()})
}

fn duplicate(found: &dopt_image::Duplicate<'_>) -> Value {
    let places: Vec<Value> = found.places.iter().map(|(path, layer)| json!({"path": path, "layer": layer})).collect();
    json!({"bytes": found.bytes, "places": places})
}
