//! # share-packages
//!
//! Points at packages that two stages install, each for itself, on the same base image: a stage that both start from
//! would download them once, and images made of both would share the layer.
//!
//! ```dockerfile advice
//! FROM alpine:3.20 AS worker
//! COPY worker /srv/
//! RUN apk add --no-cache bash curl tini
//! FROM alpine:3.20
//! RUN apk add --no-cache curl bash tini
//! COPY web /srv/
//! ```
//!
//! **Advice**: what else the stages should share, only the author knows. Where both begin with the very same
//! instructions, BuildKit runs them once by itself:
//!
//! ```dockerfile unchanged
//! FROM alpine:3.20 AS worker
//! RUN apk add --no-cache bash curl tini
//! COPY worker /srv/
//! FROM alpine:3.20
//! RUN apk add --no-cache bash curl tini
//! COPY web /srv/
//! ```
//! ```dockerfile refused: suppressed-by-comment
//! FROM alpine:3.20 AS worker
//! COPY worker /srv/
//! RUN apk add --no-cache bash curl tini
//! FROM alpine:3.20
//! # dopt: ignore=share-packages
//! RUN apk add --no-cache bash curl tini
//! ```

use dopt_model::{Base, StageRun};
use dopt_rewrite::{Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::Keyword;

pub const TRANSFORM: Transform = Transform {
    name: "share-packages",
    summary: "point at packages that two stages install alike",
    manual: include_str!("share_packages.rs"),
    aliases: &[],
    triggers: &["install", "apk", "add "],
    joint: false,
    never_safe: true,
    propose,
};

const CAVEAT: &str = "what else the two stages should share, only you know";

/// Shorter lists are no work worth sharing.
const FEWEST_PACKAGES: usize = 3;

/// What one step of a stage installs.
struct Installation<'s> {
    run: StageRun<'s>,
    manager: &'static str,
    /// Sorted.
    packages: Vec<String>,
}

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let froms = subject.document().instructions().iter().filter(|found| found.keyword == Keyword::From);
    if froms.count() < 2 {
        return Vec::new();
    }
    let mut earlier: Vec<Installation<'_>> = Vec::new();
    let mut proposals = Vec::new();
    for run in subject.stages.runs() {
        let Ok(script) = run.script() else { continue };
        for (manager, mut packages) in script.footprint(None).installs.clone() {
            packages.sort();
            let found = Installation { run, manager, packages };
            if let Some(first) = earlier.iter().find(|first| could_share(first, &found, subject)) {
                let line = first.run.instruction().first_line;
                let at = run.instruction().range;
                proposals.push(match subject.is_suppressed(run.index()) {
                    true => Err(Refusal::new(at, Why::SuppressedByComment)),
                    false => Ok(advice(at, line)),
                });
            }
            earlier.push(found);
        }
    }
    proposals
}

fn advice(at: dopt_syntax::TextRange, line: usize) -> Fix {
    Fix {
        title: format!("install these packages in a stage that line {line} shares").into(),
        at,
        safety: Safety::Advice { caveat: CAVEAT },
        effects: Vec::new(),
        edits: Vec::new(),
    }
}

/// Whether two stages install the same packages on the same image, and not by the same instructions.
fn could_share(first: &Installation<'_>, second: &Installation<'_>, subject: &Subject<'_>) -> bool {
    let stages = subject.stages.all();
    let (one, other) = (&stages[first.run.stage()], &stages[second.run.stage()]);
    first.run.stage() != second.run.stage()
        && matches!(one.base, Base::Image(_))
        && one.base == other.base
        && first.manager == second.manager
        && first.packages.len() >= FEWEST_PACKAGES
        && first.packages == second.packages
        && !begins_alike(first.run, second.run, subject)
}

/// Whether both stages do the same up to these steps, so that BuildKit does it once.
fn begins_alike(first: StageRun<'_>, second: StageRun<'_>, subject: &Subject<'_>) -> bool {
    let document = subject.document();
    let texts = |run: StageRun<'_>| {
        let start = subject.stages.all()[run.stage()].body.start;
        let upto = document.instructions()[start..=run.index()].iter();
        upto.map(|found| found.logical.text(document.text()).to_owned()).collect::<Vec<_>>()
    };
    texts(first) == texts(second)
}
