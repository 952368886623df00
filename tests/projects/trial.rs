//! Both versions of a project, built and run.

use std::fs;

use serde_json::Value;

use crate::sample::Sample;
use crate::stand_ins;
use crate::storage::Storage;

/// Bytes above the image that the second stage starts from, which nobody can go below.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub before: u64,
    pub after: u64,
}

/// Builds both, compares what they say of themselves and what they answer, and measures them.
pub fn run(storage: &Storage, sample: &Sample) -> Result<Sizes, String> {
    let (before, after) = sample.dockerfiles();
    let images = [("before", &before), ("after", &after)].map(|(variant, text)| {
        let image = format!("localhost/{}:{variant}", sample.name);
        let path = storage.scratch("dockerfiles").join(format!("{}.{variant}", sample.name));
        fs::write(&path, text).map_err(|error| error.to_string())?;
        let built = storage.build(&path, &sample.context(), &image, &[]);
        built.map_err(|why| format!("{variant} does not build.\n{why}\n\n{text}"))?;
        Ok::<_, String>(image)
    });
    let [old, new] = images;
    let (old, new) = (old?, new?);
    same_configuration(storage, (&old, &before), (&new, &after), sample.restarts)?;
    let answer = |image: &str| {
        let answer = || sample.smoke.run(storage, image);
        // Some versions of buildah lose now and then what is printed last.
        answer().or_else(|_| answer()).map_err(|why| format!("{image}: {why}"))
    };
    let mut answers = (answer(&old)?, answer(&new)?);
    if answers.0 != answers.1 {
        answers = (answer(&old)?, answer(&new)?);
    }
    if answers.0 != answers.1 {
        return Err(format!("it says before\n{}\nand after\n{}", answers.0, answers.1));
    }
    let base = stand_ins::started_from(&after);
    let base = size(storage, base.last().ok_or("a split file starts from an image")?)?;
    let sizes =
        Sizes { before: size(storage, &old)?.saturating_sub(base), after: size(storage, &new)?.saturating_sub(base) };
    for image in [old, new] {
        // A build of another project may hold a layer of it; then it stays in the target folder.
        let _ = storage.buildah(&["rmi", &image]);
    }
    Ok(sizes)
}

fn size(storage: &Storage, image: &str) -> Result<u64, String> {
    if image == "scratch" {
        return Ok(0);
    }
    Ok(storage.layers(image)?.iter().map(|(_, size)| size).sum())
}

/// Whether two images start the same in the same way: all that they say of themselves, but for the variables that their
/// base images bring.
fn same_configuration(storage: &Storage, old: (&str, &str), new: (&str, &str), restarts: bool) -> Result<(), String> {
    let found = |(image, text): (&str, &str)| -> Result<Value, String> {
        let mut found = storage.configuration(image)?;
        let base = stand_ins::started_from(text).pop().ok_or("a file starts from an image")?;
        let brought = match base.as_str() {
            "scratch" => Value::Null,
            base => storage.configuration(base)?["config"]["Env"].take(),
        };
        if restarts {
            found["config"]["Cmd"].take();
            found["config"]["Entrypoint"].take();
        }
        // Both mean the same.
        if found["config"]["WorkingDir"] == "" {
            found["config"]["WorkingDir"] = "/".into();
        }
        if let Some(variables) = found["config"]["Env"].as_array_mut() {
            let is_brought = |one: &Value| brought.as_array().is_some_and(|brought| brought.contains(one));
            variables.retain(|one| !is_brought(one) && one.as_str().is_none_or(|one| !one.starts_with("PATH=")));
        }
        Ok(found)
    };
    let (old, new) = (found(old)?, found(new)?);
    if old == new { Ok(()) } else { Err(format!("it is configured before\n{old:#}\nand after\n{new:#}")) }
}
