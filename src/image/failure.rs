//! Why an image cannot be read. Every message says what, why, and what to do.

use std::fmt;
use std::io;

use crate::limits::Crossed;

/// The reasons.
#[derive(Debug)]
pub enum Failure {
    /// The file itself cannot be read.
    Io(io::Error),
    /// It is neither an archive nor a folder with an image.
    NotAnImage,
    /// Something that a manifest names is not there, or cannot be what it says.
    Missing(String),
    /// A manifest or a configuration cannot be understood: which one, and why.
    Json(String, String),
    /// A layer ends too early: which one.
    Truncated(String),
    /// A layer cannot be read: which one, and why.
    Damaged(String, String),
    /// A layer is larger than we read: which one, and in which way.
    TooLarge(String, String),
    /// None of its images is for the platform that was asked for: which ones there are.
    NoPlatform(Vec<String>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(error) => write!(f, "cannot be read: {error}"),
            Failure::NotAnImage => write!(
                f,
                "is no image: it has neither a manifest.json, as `docker save` writes it, nor an index.json, as OCI \
                 layouts have it; a container that was exported has no layers to tell apart"
            ),
            Failure::Missing(name) => {
                write!(f, "is incomplete: it names {name}, which is not there; save or copy the image again")
            }
            Failure::Json(name, why) => write!(f, "cannot be understood: {name} is not as it should be: {why}"),
            Failure::Truncated(name) => {
                write!(f, "is cut off: the layer {name} ends too early; save or copy the image again")
            }
            Failure::Damaged(name, why) => write!(f, "is damaged: the layer {name} cannot be read: {why}"),
            Failure::TooLarge(name, why) => write!(f, "is not read any further: the layer {name} looks hostile: {why}"),
            Failure::NoPlatform(there) => {
                write!(f, "has no image for this platform; choose one of these with --platform: {}", there.join(", "))
            }
        }
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// What an error in the middle of a layer means.
    pub(crate) fn in_layer(name: &str, error: io::Error) -> Failure {
        let name = name.to_owned();
        if error.get_ref().is_some_and(|inner| inner.is::<Crossed>()) {
            return Failure::TooLarge(name, error.to_string());
        }
        let text = innermost(&error);
        let crossed = [Crossed::Ratio, Crossed::Header, Crossed::Entries].map(|crossed| crossed.to_string());
        if let Some(crossed) = crossed.into_iter().find(|crossed| text.contains(crossed.as_str())) {
            return Failure::TooLarge(name, crossed);
        }
        let cut = error.kind() == io::ErrorKind::UnexpectedEof
            || [
                "unexpected EOF", "failed to read entire block", "unexpected end of file",
                "failed to fill whole buffer",
            ]
            .iter()
            .any(|sign| text.contains(sign));
        if cut { Failure::Truncated(name) } else { Failure::Damaged(name, text) }
    }
}

/// The message with those of the errors that it stands for.
fn innermost(error: &io::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.get_ref().and_then(|inner| inner.source());
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = inner.source();
    }
    text
}
