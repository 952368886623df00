//! Which file of the context lies at a path of a stage.

use dopt_syntax::dockerfile::Keyword;

use super::Context;
use crate::Stages;
use crate::commands::paths::{base_name, resolve};

/// Where a file of a stage comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This file of the context.
    Context(String),
    /// No instruction is known to put it there.
    None,
    /// An instruction in front may have put another file there.
    Unknown,
}

impl Origin {
    /// The file at an absolute path in front of an instruction of a stage.
    pub fn of(stages: &Stages<'_>, (stage, before): (usize, usize), context: &Context, path: &str) -> Origin {
        let mut found = Origin::None;
        for index in stages.all()[stage].body.start..before {
            if !matches!(stages.document().instructions()[index].keyword, Keyword::Copy | Keyword::Add) {
                continue;
            }
            let Some(placed) = stages.placements().at(index) else { return Origin::Unknown };
            let inside = path.strip_prefix(placed.destination.trim_end_matches('/'));
            let Some(rest) = inside.filter(|rest| rest.is_empty() || rest.starts_with('/')) else { continue };
            if !placed.from_context {
                found = Origin::Unknown;
                continue;
            }
            let rest = rest.trim_start_matches('/');
            for source in &placed.sources {
                let paths = context.matching(source);
                // A file, or several, beside what the instruction puts into the same folder.
                let file = paths.iter().find(|file| base_name(file) == rest || rest.is_empty());
                let below = join(&format!("{}/", plain(source)), rest);
                if let Some(file) = file.filter(|file| **file == plain(source) || source.contains(['*', '?'])) {
                    found = Origin::Context((*file).to_owned());
                } else if !rest.is_empty() && context.has(&below) {
                    found = Origin::Context(below);
                }
            }
        }
        found
    }
}

impl Context {
    /// The files that a source of `COPY` names: itself, all below it, or those that fit a pattern of `*` and `?`
    /// in its last part.
    pub fn matching(&self, source: &str) -> Vec<&str> {
        if !source.contains(['*', '?']) {
            return self.below(source).collect();
        }
        let source = plain(source);
        let (folder, pattern) = source.rsplit_once('/').map_or(("", source.as_str()), |(folder, last)| (folder, last));
        let fits = |path: &&str| {
            let (found, name) = path.rsplit_once('/').unwrap_or(("", path));
            found == folder && fits(name.as_bytes(), pattern.as_bytes())
        };
        self.files.iter().map(String::as_str).filter(fits).collect()
    }
}

/// A source without `./` and what climbs out of the context.
fn plain(source: &str) -> String {
    resolve("/", source).trim_start_matches('/').to_owned()
}

/// A path of the context, relative to a folder of it.
pub(super) fn join(folder: &str, path: &str) -> String {
    resolve(&format!("/{folder}"), path).trim_start_matches('/').to_owned()
}

fn fits(name: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|at| fits(&name[at..], rest)),
        Some((b'?', rest)) => !name.is_empty() && fits(&name[1..], rest),
        Some((byte, rest)) => name.first() == Some(byte) && fits(&name[1..], rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dopt_syntax::Document;

    #[test]
    fn files_are_led_back_through_copies() {
        let files = ["requirements.txt", "deps/base.txt", "package.json", "package-lock.json"];
        let context = Context::new(files.map(str::to_owned).to_vec(), Default::default());
        let text = "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nCOPY deps deps/\nCOPY package*.json /web/\n\
                    COPY . /src\nCOPY requirements.txt /x.txt\nCOPY --from=a /y /y\n";
        let document = Document::parse(text.to_owned());
        let stages = Stages::of(&document);
        let origin = |path: &str| Origin::of(&stages, (0, document.instructions().len()), &context, path);
        let file = |path: &str| Origin::Context(path.to_owned());
        assert_eq!(origin("/app/requirements.txt"), file("requirements.txt"));
        assert_eq!(origin("/app/deps/base.txt"), file("deps/base.txt"));
        assert_eq!(origin("/web/package-lock.json"), file("package-lock.json"));
        assert_eq!(origin("/src/deps/base.txt"), file("deps/base.txt"));
        assert_eq!(origin("/x.txt"), file("requirements.txt"));
        assert_eq!(origin("/y"), Origin::Unknown);
        assert_eq!(origin("/app/other.txt"), Origin::None);
    }
}
