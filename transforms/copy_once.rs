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

use dopt_model::Placed;
use dopt_rewrite::{Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::Keyword;

pub const TRANSFORM: Transform = Transform {
    name: "copy-once",
    summary: "point at files that a stage copies twice",
    manual: include_str!("copy_once.rs"),
    aliases: &[],
    triggers: &["COPY", "ADD", "copy", "add", "Copy", "Add"],
    propose,
};

const CAVEAT: &str = "which of the two is wanted, and whether a step between them needs the first, only you know";

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let document = subject.document();
    let mut proposals = Vec::new();
    for (number, stage) in subject.stages.all().iter().enumerate() {
        if !stage.in_image && !subject.settings.all_stages {
            continue;
        }
        let mut earlier: Vec<(usize, Placed)> = Vec::new();
        for index in stage.body.clone() {
            let instruction = &document.instructions()[index];
            let Some(placed) = Placed::of(subject.stages.state(number, index), instruction, document.text()) else {
                continue;
            };
            // An archive that ADD unpacks has other names.
            if instruction.keyword == Keyword::Copy
                && let Some((first, _)) = earlier.iter().find(|(_, before)| is_covered(before, &placed))
            {
                proposals.push(match subject.is_suppressed(index) {
                    true => Err(Refusal::new(instruction.range, Why::SuppressedByComment)),
                    false => Ok(advice(instruction.range, document.instructions()[*first].first_line)),
                });
            }
            if instruction.keyword == Keyword::Copy && placed.from_context {
                earlier.push((index, placed));
            }
        }
    }
    proposals
}

fn advice(at: dopt_syntax::TextRange, line: usize) -> Fix {
    Fix {
        title: format!("copy these files once: line {line} has stored them already").into(),
        at,
        safety: Safety::Advice { caveat: CAVEAT },
        effects: Vec::new(),
        edits: Vec::new(),
    }
}

/// Whether a `COPY` replaces every file of an earlier one.
fn is_covered(earlier: &Placed, placed: &Placed) -> bool {
    let same_folder = earlier.destination == placed.destination && earlier.sources == placed.sources;
    let all = same_folder
        && placed.from_context
        && placed.sources.iter().all(|source| matches!(source.as_str(), "." | "./" | "/"));
    let replaced = || match (earlier.files(), placed.files()) {
        (Some(before), Some(now)) => before.iter().all(|file| now.contains(file)),
        _ => false,
    };
    all || replaced()
}
