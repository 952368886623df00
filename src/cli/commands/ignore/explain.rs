//! `dopt ignore --explain`: which line decides over a path, as `git check-ignore -v` says it.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_dockerignore::{Builder, IgnoreFile};

use super::IgnoreArgs;
use crate::context::{Found, bytes_of, shown};
use crate::exit::Exit;
use crate::streams::{DIM, STRONG, Streams};

/// Runs it. Every ignore file that counts for some Dockerfile is asked; without any, the context's own.
pub fn run(args: &IgnoreArgs, found: &Found, streams: &mut Streams) -> Exit {
    let mut files: Vec<PathBuf> = found.units.iter().map(|unit| unit.ignore.clone()).collect();
    if files.is_empty() {
        files.push(args.context.join(".dockerignore"));
    }
    let mut exit = Exit::Done;
    for path in &args.explain {
        let Some(inside) = from_context(path, &args.context) else {
            let context = args.context.display();
            streams.error(format_args!("{}: it does not lie in the context {context}", path.display()));
            exit = exit.max(Exit::Failed);
            continue;
        };
        for file in &files {
            match explain(file, path, &inside, streams) {
                Ok(()) => {}
                Err(message) => {
                    streams.error(format_args!("{}: {message}", shown(file)));
                    exit = exit.max(Exit::Failed);
                }
            }
        }
    }
    exit
}

/// The path from the context; links in it are not followed, for no builder does.
fn from_context(path: &Path, context: &Path) -> Option<Vec<u8>> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let context = real(context)?;
    let here = std::env::current_dir().ok()?;
    let mut absolute = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            std::path::Component::ParentDir => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
    }
    // The folder around the context may be reached through links.
    let around = absolute.ancestors().find(|folder| real(folder).is_some_and(|real| real == context))?;
    let inside = absolute.strip_prefix(around).ok()?;
    (!inside.as_os_str().is_empty()).then(|| bytes_of(inside.as_os_str()))
}

fn explain(file: &Path, path: &Path, inside: &[u8], streams: &mut Streams) -> Result<(), String> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(format!("cannot be read: {}", crate::failure::plain(&error))),
    };
    let decide = |builder| {
        let read = IgnoreFile::read(&text, builder).map_err(|error| format!("{error}; every build with it fails"))?;
        let verdict = read.matcher.verdict(inside).map_err(|_| "no builder can read one of its patterns".to_owned())?;
        Ok::<_, String>((verdict.hidden, verdict.by.map(|by| read.places[by].clone())))
    };
    let (hidden, place) = decide(Builder::BuildKit)?;
    let name = if text.is_empty() { String::new() } else { shown(file) };
    let source = match &place {
        Some(place) => format!("{name}:{}:{}", place.line, place.text),
        None => "::".to_owned(),
    };
    let path = streams.paint(STRONG, shown(path)).to_string();
    let word = |hidden: bool| if hidden { "hidden" } else { "shown" };
    let mut remark = word(hidden).to_owned();
    if let Ok((other, place)) = decide(Builder::Buildah)
        && other != hidden
    {
        let line = place.map(|place| format!(", line {}", place.line)).unwrap_or_default();
        remark += &format!(" by BuildKit, {} by buildah{line}", word(other));
    }
    let remark = streams.paint(DIM, remark).to_string();
    streams.print(format_args!("{source}\t{path}\t{remark}\n"));
    Ok(())
}
