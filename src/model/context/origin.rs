//! Which file of the context lies at a path of a stage.

use dopt_syntax::dockerfile::Keyword;

use super::Context;
use crate::commands::paths::{base_name, resolve};
use crate::{Base, Stages};

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
            let rest = rest.trim_start_matches('/');
            if !placed.from_context {
                let fetched = Origin::fetched(stages, (stage, index), context, &placed.sources, rest);
                found = fetched.unwrap_or(found);
                continue;
            }
            for source in &placed.sources {
                let paths = context.matching(source);
                // A file, or several, beside what the instruction puts into the same folder.
                let file = paths.iter().find(|file| base_name(file) == rest || rest.is_empty() && !placed.into_folder);
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

    /// The file that another stage has, where an instruction copies it from there; `None` where it copies others.
    fn fetched(
        stages: &Stages<'_>,
        (stage, index): (usize, usize),
        context: &Context,
        sources: &[String],
        rest: &str,
    ) -> Option<Origin> {
        let instruction = &stages.document().instructions()[index];
        let name = instruction.flag("from").and_then(|flag| flag.value()).unwrap_or_default();
        let earlier = &stages.all()[..stage];
        let is_it = |found: &crate::Stage| found.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name));
        let number = name.parse().ok().filter(|at: &usize| *at < earlier.len());
        let Some(source) = earlier.iter().rposition(is_it).or(number) else { return Some(Origin::Unknown) };
        let mut found = None;
        for path in sources.iter().map(|source| resolve("/", source)) {
            let (folder, pattern) = path.rsplit_once('/').unwrap_or_default();
            if pattern.contains(['*', '?', '[']) {
                if fits(rest.as_bytes(), pattern.as_bytes()) {
                    let path = format!("{folder}/{rest}");
                    found = Some(Origin::in_base(stages, source, context, &path).or_unknown());
                } else if !pattern.ends_with(".json") {
                    // It may name a folder, whose files are copied.
                    found = Some(Origin::Unknown);
                }
                continue;
            }
            let below = resolve(&path, rest);
            let is_named = rest.is_empty() || base_name(&path) == rest;
            match Origin::in_base(stages, source, context, &path) {
                Origin::Context(file) if is_named => found = Some(Origin::Context(file)),
                // Another file.
                Origin::Context(_) => {}
                _ => found = Some(Origin::in_base(stages, source, context, &below).or_unknown()),
            }
        }
        found
    }

    /// What no instruction puts there, a step may have.
    fn or_unknown(self) -> Origin {
        if self == Origin::None { Origin::Unknown } else { self }
    }

    /// The file at the end of a stage, or of those that it starts from.
    fn in_base(stages: &Stages<'_>, stage: usize, context: &Context, path: &str) -> Origin {
        let all = stages.all();
        match (Origin::of(stages, (stage, all[stage].body.end), context, path), &all[stage].base) {
            (Origin::None, Base::Stage(base)) => Origin::in_base(stages, *base, context, path),
            (found, _) => found,
        }
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
                    COPY . /src\nCOPY requirements.txt /x.txt\nCOPY --from=a /y /y\n\
                    FROM python:3.12\nCOPY --from=0 /web/package*.json /app/\nCOPY --from=0 /x.txt /app/\n\
                    COPY --from=0 /src /srv\n";
        let document = Document::parse(text.to_owned());
        let stages = Stages::of(&document);
        let end = stages.all()[0].body.end;
        let origin = |path: &str| Origin::of(&stages, (0, end), &context, path);
        let file = |path: &str| Origin::Context(path.to_owned());
        assert_eq!(origin("/app/requirements.txt"), file("requirements.txt"));
        assert_eq!(origin("/app/deps/base.txt"), file("deps/base.txt"));
        assert_eq!(origin("/web/package-lock.json"), file("package-lock.json"));
        assert_eq!(origin("/src/deps/base.txt"), file("deps/base.txt"));
        assert_eq!(origin("/x.txt"), file("requirements.txt"));
        assert_eq!(origin("/y"), Origin::Unknown);
        assert_eq!(origin("/app/other.txt"), Origin::None);
        let second = |path: &str| Origin::of(&stages, (1, document.instructions().len()), &context, path);
        assert_eq!(second("/app/package.json"), file("package.json"));
        assert_eq!(second("/app/x.txt"), file("requirements.txt"));
        assert_eq!(second("/srv/deps/base.txt"), file("deps/base.txt"));
        assert_eq!(second("/srv/built.js"), Origin::Unknown);
    }
}
