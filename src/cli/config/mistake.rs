//! A mistake in a configuration file, ready to be shown.

use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::file::Wrong;

/// What is wrong with which file.
#[derive(Debug)]
pub enum Mistake {
    /// It could not be read, or two stand side by side.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Something in it.
    Content {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What and where.
        wrong: Wrong,
    },
}

impl Mistake {
    /// The message with the line that it is about.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        match self {
            Mistake::File { path, message } => {
                let title = format!("{}: {message}", path.display());
                renderer.render(&[Group::with_title(Level::ERROR.primary_title(title))])
            }
            Mistake::Content { path, text, wrong } => {
                let place = AnnotationKind::Primary.span(wrong.at.clone());
                let snippet = Snippet::source(text).path(path.display().to_string()).annotation(place);
                renderer.render(&[Level::ERROR.primary_title(&wrong.message).element(snippet)])
            }
        }
    }
}
