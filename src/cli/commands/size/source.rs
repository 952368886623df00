//! Where an image comes from: a file, a folder, standard input, or an engine or a registry that has it by name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use dopt_image::{Failure, Folder, Image, Reading, Wanted, read_archive, read_layout};

use super::super::engines::EngineChoice;
use super::{SizeArgs, Stop, remote};
use crate::exit::Exit;
use crate::failure::plain;
use crate::streams::Streams;

/// How images are found.
pub struct Source<'s> {
    /// What the user said about it.
    pub args: &'s SizeArgs,
}

/// What was found.
pub enum Found {
    /// All of it.
    Image(Image),
    /// What its manifest says.
    Outline(remote::Described),
}

impl Source<'_> {
    /// Reads the image that the user means. What is a path is no name.
    pub fn find(&self, name: &str, streams: &mut Streams) -> Result<Found, Stop> {
        let own = format!("linux/{}", architecture());
        let wanted = Wanted { name: None, platform: self.args.platform.as_deref().unwrap_or(&own) };
        let reading = Reading::default();
        let failed = |failure: Failure| {
            let text = match &failure {
                Failure::Io(error) => format!("cannot be read: {}", plain(error)),
                _ => failure.to_string(),
            };
            Stop::failed(format!("{name}: it {text}").replacen("it cannot be read", "cannot be read", 1))
        };
        let path = Path::new(name);
        let read = if name == "-" {
            read_archive(io::stdin().lock(), &wanted, &reading)
        } else if path.is_dir() {
            read_layout(&Files(path.to_owned()), &wanted, &reading)
        } else if path.exists() || looks_like_path(name) {
            File::open(path).map_err(Failure::Io).and_then(|file| read_archive(file, &wanted, &reading))
        } else {
            return self.ask(name, &wanted, &reading, streams);
        };
        read.map(Found::from).map_err(failed)
    }

    /// An image by name: the engine has it, or its registry. Who names one of them asks nobody else.
    fn ask(&self, name: &str, wanted: &Wanted<'_>, reading: &Reading, streams: &mut Streams) -> Result<Found, Stop> {
        let mut others = String::new();
        if !self.args.registry {
            match self.ask_engine(name, reading, streams) {
                Err(stop) if self.args.engine == EngineChoice::Auto => others = stop.message,
                found => return found.map(Found::from),
            }
            if streams.verbose() {
                streams.note(format_args!("{others}"));
            }
        }
        remote::read(name, self.args, wanted, reading, streams).map_err(|stop| match others.is_empty() {
            true => stop,
            false => Stop { message: format!("{others}; and {}", stop.message), exit: stop.exit },
        })
    }

    fn ask_engine(&self, name: &str, reading: &Reading, streams: &mut Streams) -> Result<Image, Stop> {
        let unavailable = |why: String| Stop {
            message: format!("{name}: there is no such file, and no engine to ask for an image of that name: {why}"),
            exit: Exit::Unavailable,
        };
        let engine = dopt_engine::find(self.args.engine.name()).map_err(|why| unavailable(why.to_string()))?;
        if streams.verbose() {
            streams.note(format_args!("{name}: asking {}", engine.name()));
        }
        let failed = |why: &dyn std::fmt::Display| Stop::failed(format!("{name}: {}: {why}", engine.name()));
        let mut saved = dopt_engine::save(name, engine.as_ref()).map_err(|failure| failed(&failure))?;
        // What the engine saves is the image that it has, for whatever platform.
        let wanted = Wanted { name: Some(name), platform: self.args.platform.as_deref().unwrap_or_default() };
        let image = read_archive(&mut saved, &wanted, reading);
        saved.finish().map_err(|failure| failed(&failure))?;
        image.map_err(|failure| failed(&format!("what it saved {failure}")))
    }
}

impl From<Image> for Found {
    fn from(image: Image) -> Found {
        Found::Image(image)
    }
}

/// Whether a word that names no file was meant to: `./x`, `x.tar`, `/tmp/x`.
fn looks_like_path(name: &str) -> bool {
    let starts = ["/", "./", "../", "~"].iter().any(|start| name.starts_with(start));
    starts || [".tar", ".tgz", ".tar.gz", ".tar.zst", ".oci"].iter().any(|end| name.ends_with(end))
}

/// The processor of this machine, as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

/// The files of a folder.
struct Files(PathBuf);

impl Folder for Files {
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let path = Path::new(path);
        // A manifest may say anything.
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(None);
        }
        match File::open(self.0.join(path)) {
            Ok(file) if file.metadata()?.is_file() => Ok(Some(Box::new(file))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
