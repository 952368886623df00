//! # copy-once
//!
//! Points at files that a stage copies twice: both layers keep them.
//!
//! ```dockerfile advice
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN npm ci --no-audit && npm cache clean --force
//! COPY . .
//! ```
//! ```dockerfile advice
//! FROM nginx:1.27
//! COPY default.conf /etc/nginx/nginx.conf
//! COPY production.conf /etc/nginx/nginx.conf
//! ```
//!
//! **Advice**: which of the two is wanted, and whether a step between them needs the first, only the author knows.
//! That a list of dependencies is copied before all the rest is no mistake, but what keeps the build cache useful:
//!
//! ```dockerfile unchanged
//! FROM node:20
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --no-audit && npm cache clean --force
//! COPY . .
//! ```
//! ```dockerfile refused: suppressed-by-comment
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! # dopt: ignore=copy-once
//! COPY . .
//! ```

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use dopt_model::{Placed, Placements, Stage};
use dopt_rewrite::{Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::{Document, TextRange};

pub const TRANSFORM: Transform = Transform {
    name: "copy-once",
    summary: "point at files that a stage copies twice",
    manual: include_str!("copy_once.rs"),
    aliases: &[],
    triggers: &["COPY", "ADD", "copy", "add", "Copy", "Add"],
    joint: false,
    never_safe: true,
    propose,
};

const CAVEAT: &str = "which of the two is wanted, and whether a step between them needs the first, only you know";

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let document = subject.document();
    if !subject.stages.all().iter().any(|stage| names_a_file_twice(stage, document)) {
        return Vec::new();
    }
    let placements = subject.stages.placements();
    let mut proposals = Vec::new();
    for stage in subject.stages.all() {
        if !stage.in_image && !subject.settings.all_stages {
            continue;
        }
        let mut folders: HashMap<&str, usize> = HashMap::new();
        for index in stage.body.clone() {
            let instruction = &document.instructions()[index];
            // An archive that ADD unpacks has other names.
            let Some(placed) = placements.at(index).filter(|_| instruction.keyword == Keyword::Copy) else { continue };
            let first = match copies_all(placed) {
                true => folders.insert(&placed.destination, index),
                false => replaced(placed, stage.body.start..index, placements, document),
            };
            let Some(first) = first else { continue };
            proposals.push(match subject.is_suppressed(index) {
                true => Err(Refusal::new(instruction.range, Why::SuppressedByComment)),
                false => Ok(advice(instruction.range, document.instructions()[first].first_line)),
            });
        }
    }
    proposals
}

/// Whether the words of two `COPY`s end in the same name, without which no file is copied twice.
fn names_a_file_twice(stage: &Stage, document: &Document) -> bool {
    let mut names = HashSet::new();
    let copies = document.instructions()[stage.body.clone()].iter().filter(|found| found.keyword == Keyword::Copy);
    copies.into_iter().any(|copy| {
        let words = copy.arguments_text(document.text()).split([' ', '\t', '"', ',', '[', ']']);
        let base_name = |word: &'_ str| -> usize { word.rfind('/').map_or(0, |slash| slash + 1) };
        let words = words.filter(|word| !word.is_empty()).map(|word| word.trim_end_matches('/'));
        let mut found: Vec<&str> = words.map(|word| &word[base_name(word)..]).collect();
        // A folder is named by many.
        let destination = found.pop().filter(|name| !matches!(*name, "" | "."));
        found.sort_unstable();
        found.dedup();
        found.into_iter().chain(destination).fold(false, |twice, name| !names.insert(name) | twice)
    })
}

/// Whether the whole build context is copied.
fn copies_all(placed: &Placed) -> bool {
    placed.from_context && placed.sources.iter().all(|source| matches!(source.as_str(), "." | "./" | "/"))
}

/// The earlier `COPY` from the build context of which all files are replaced.
fn replaced(placed: &Placed, range: Range<usize>, placements: &Placements, document: &Document) -> Option<usize> {
    let files = placed.files()?;
    let earlier = files.iter().flat_map(|file| placements.of_file(file)).copied().filter(|index| range.contains(index));
    let all = |index: &usize| {
        let before = placements.at(*index).filter(|before| before.from_context).and_then(Placed::files);
        document.instructions()[*index].keyword == Keyword::Copy
            && before.is_some_and(|before| before.iter().all(|file| files.contains(file)))
    };
    earlier.into_iter().find(all)
}

fn advice(at: TextRange, line: usize) -> Fix {
    Fix {
        title: format!("copy these files once: line {line} has stored them already").into(),
        at,
        safety: Safety::Advice { caveat: CAVEAT },
        effects: Vec::new(),
        edits: Vec::new(),
    }
}
