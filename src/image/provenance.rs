//! Which step of the build made a layer: what the image's history says, and which line of the Dockerfile that was.
//!
//! Builders write the same step differently: BuildKit `RUN /bin/sh -c make # buildkit`, Docker's old builder and
//! buildah `/bin/sh -c make` and `/bin/sh -c #(nop) COPY file:… in /x`; with build arguments all of them put
//! `|1 NAME=value` in front, which is never shown, because a value may be a secret.

use std::collections::HashSet;

use dopt_model::{Base, Stages};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::Keyword;

use crate::{History, Image, ImageConfig};

/// What made each layer.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// One for each layer; `None` where the history does not tell.
    pub layers: Vec<Option<Line>>,
}

/// A step of the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was done, as one would write it in a Dockerfile.
    pub text: String,
    /// Its first and last line in the Dockerfile, counted from 1; `None` where it comes from the base image, or no
    /// Dockerfile was given.
    pub lines: Option<(usize, usize)>,
    /// Whether the layer is one of the base image, as far as the Dockerfile tells.
    pub in_base: bool,
}

impl Provenance {
    /// Reads the history of an image, and looks its steps up in the Dockerfile that it was built from.
    pub fn of(image: &Image, dockerfile: Option<&Document>, target: Option<&str>) -> Provenance {
        Provenance::of_config(&image.config, image.layers.len(), dockerfile, target)
    }

    /// The same of an image with so many layers, by its configuration alone.
    pub fn of_config(
        config: &ImageConfig,
        layers: usize,
        dockerfile: Option<&Document>,
        target: Option<&str>,
    ) -> Provenance {
        let history = &config.history;
        let steps: Vec<Step> = history.iter().map(Step::of).collect();
        let places = dockerfile.map(|document| places(&steps, document, target));
        let first_own = places.as_ref().and_then(|places| places.iter().position(Option::is_some));
        let line = |at: usize| Line {
            text: steps[at].written(),
            lines: places.as_ref().and_then(|places| places[at]),
            in_base: first_own.is_some_and(|first| at < first),
        };
        let made: Vec<usize> = (0..history.len()).filter(|at| !history[*at].empty_layer).collect();
        // A layer that is all of several steps is told by none of them.
        let layers = match made.len() == layers {
            true => made.into_iter().map(|at| Some(line(at))).collect(),
            false => vec![None; layers],
        };
        Provenance { layers }
    }

    /// Whether some layer was found in the Dockerfile.
    pub fn knows_lines(&self) -> bool {
        self.layers.iter().flatten().any(|line| line.lines.is_some())
    }
}

/// A step of the history, or an instruction, by what can be compared.
#[derive(Clone, Debug)]
struct Step {
    keyword: String,
    text: String,
}

impl Step {
    fn of(history: &History) -> Step {
        let text = history.created_by.trim();
        let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
        let (said_run, rest) = match text.strip_prefix("RUN ") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let rest = without_arguments(rest);
        let command = shell_command(rest);
        if let Some(own) = command.and_then(|command| command.trim_start().strip_prefix("#(nop)")) {
            return Step::split(own);
        }
        match command {
            Some(command) => Step { keyword: "RUN".to_owned(), text: command.trim().to_owned() },
            None if said_run => Step { keyword: "RUN".to_owned(), text: rest.to_owned() },
            None => Step::split(rest),
        }
    }

    /// An instruction as it is written.
    fn split(text: &str) -> Step {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let is_keyword = KEYWORDS.contains(&word);
        match is_keyword {
            true => Step { keyword: word.to_owned(), text: rest.trim().to_owned() },
            false => Step { keyword: String::new(), text: text.to_owned() },
        }
    }

    /// On one line, as in a Dockerfile.
    fn written(&self) -> String {
        let mut words = self.text.split_whitespace().peekable();
        let mut written = self.keyword.clone();
        // The checksum of what was copied says nothing to a reader.
        let is_copy = matches!(self.keyword.as_str(), "COPY" | "ADD");
        while let Some(word) = words.next() {
            let kinds = ["file:", "dir:", "multi:"];
            let is_sum = is_copy && kinds.iter().any(|kind| word.strip_prefix(kind).is_some_and(|sum| sum.len() >= 32));
            let word = if is_sum { "…" } else { word };
            if is_copy && word == "in" && written.ends_with('…') && words.peek().is_some() {
                continue;
            }
            if !written.is_empty() {
                written.push(' ');
            }
            written.push_str(word);
        }
        written
    }

    fn words(&self) -> HashSet<&str> {
        let inside = |found: char| found.is_alphanumeric() || "_-./".contains(found);
        self.text.split(|found| !inside(found)).filter(|word| !word.is_empty()).collect()
    }
}

const KEYWORDS: &[&str] = &[
    "RUN", "COPY", "ADD", "ENV", "LABEL", "WORKDIR", "USER", "EXPOSE", "VOLUME", "CMD", "ENTRYPOINT", "ARG", "SHELL",
    "STOPSIGNAL", "HEALTHCHECK", "ONBUILD", "MAINTAINER", "FROM",
];

/// What stands behind `|2 A=x B=y`. Values may hold blanks, so everything up to the shell goes.
fn without_arguments(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('|') else { return text };
    let digits = rest.find(|found: char| !found.is_ascii_digit()).unwrap_or(rest.len());
    let rest = &rest[digits..];
    let shells = ["/bin/", "/usr/bin/", "/usr/local/bin/", "cmd /", "powershell"];
    let start = shells.iter().filter_map(|shell| rest.find(&format!(" {shell}"))).filter(|at| {
        rest[*at..].contains(" -c ") || rest[*at..].contains(" /S /C ") || rest[*at..].contains(" -Command ")
    });
    start.min().map_or("", |at| &rest[at + 1..])
}

/// What a shell is told to do.
fn shell_command(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    let is_shell = (first.starts_with('/') && program.ends_with("sh")) || ["cmd", "powershell"].contains(&program);
    if !is_shell {
        return None;
    }
    // The options of the shell end with the one that takes the script.
    let mut rest = &text[first.len()..];
    loop {
        let trimmed = rest.trim_start();
        let word = trimmed.split_whitespace().next()?;
        rest = &trimmed[word.len()..];
        let takes_script = (word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))
            || word.eq_ignore_ascii_case("/c")
            || word.eq_ignore_ascii_case("-command");
        if takes_script {
            return Some(rest);
        }
        if !word.starts_with(['-', '/', '+']) && !["pipefail", "errexit", "nounset"].contains(&word) {
            return None;
        }
    }
}

/// For each step of the history its lines in the Dockerfile: the best way to lay one beside the other, in order.
fn places(steps: &[Step], document: &Document, target: Option<&str>) -> Vec<Option<(usize, usize)>> {
    let written = instructions(document, target);
    let (rows, columns) = (steps.len(), written.len());
    let mut best = vec![vec![0.0_f64; columns + 1]; rows + 1];
    let scores: Vec<Vec<f64>> =
        steps.iter().map(|step| written.iter().map(|(own, _)| likeness(step, own)).collect()).collect();
    for row in 1..=rows {
        for column in 1..=columns {
            let score = scores[row - 1][column - 1];
            let pair = if score > 0.0 { best[row - 1][column - 1] + score } else { 0.0 };
            best[row][column] = pair.max(best[row - 1][column]).max(best[row][column - 1]);
        }
    }
    let mut found = vec![None; rows];
    let (mut row, mut column) = (rows, columns);
    // From the end, so that of equal ways the one counts that leaves the base image alone.
    while row > 0 && column > 0 {
        let score = scores[row - 1][column - 1];
        if score > 0.0 && (best[row][column] - best[row - 1][column - 1] - score).abs() < 1e-9 {
            found[row - 1] = Some(written[column - 1].1);
            (row, column) = (row - 1, column - 1);
        } else if best[row][column] == best[row][column - 1] {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    found
}

/// The instructions of the stage that became the image, and of the stages that it starts from, with their lines.
fn instructions(document: &Document, target: Option<&str>) -> Vec<(Step, (usize, usize))> {
    let stages = Stages::of(document);
    let all = stages.all();
    let named = |name: &str| {
        let by_name = all.iter().position(|stage| stage.name.as_deref() == Some(&name.to_lowercase()));
        by_name.or_else(|| name.parse().ok().filter(|at| *at < all.len()))
    };
    let mut stage = target.and_then(named).or(all.len().checked_sub(1));
    let mut lineage = Vec::new();
    while let Some(at) = stage {
        lineage.push(at);
        stage = if let Base::Stage(base) = all[at].base { Some(base) } else { None };
    }
    let mut found = Vec::new();
    for at in lineage.into_iter().rev() {
        for instruction in &document.instructions()[all[at].body.clone()] {
            let name = instruction.keyword.name();
            if matches!(instruction.keyword, Keyword::From) {
                continue;
            }
            let text = match instruction.heredocs.as_slice() {
                [] => instruction.arguments_text(document.text()).to_owned(),
                _ => instruction.range.of(document.text())[name.len()..].to_owned(),
            };
            let step = Step { keyword: name.to_owned(), text };
            found.push((step, (instruction.first_line, instruction.last_line)));
        }
    }
    found
}

/// How far a step of the history is an instruction: 0 where it is not. Variables and checksums make them differ.
fn likeness(step: &Step, own: &Step) -> f64 {
    if step.keyword != own.keyword {
        return 0.0;
    }
    let (left, right) = (step.words(), own.words());
    let shared = left.intersection(&right).count() as f64;
    let all = left.len().max(right.len()) as f64;
    let share = if all == 0.0 { 1.0 } else { shared / all };
    // Of a copy only the target may be the same.
    let least = if matches!(step.keyword.as_str(), "RUN" | "CMD" | "ENTRYPOINT") { 0.4 } else { 0.0 };
    if share < least { 0.0 } else { 0.2 + share }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(created_by: &str) -> String {
        Step::of(&History { created_by: created_by.to_owned(), empty_layer: false }).written()
    }

    #[test]
    fn all_builders_say_the_same() {
        for (created_by, expected) in [
            ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("RUN |1 TOKEN=very secret /bin/sh -c echo x # buildkit", "RUN echo x"),
            ("|2 A=/bin/x B=c /bin/bash -o pipefail -c make a && make b", "RUN make a && make b"),
            ("/bin/bash -euxo pipefail -c make", "RUN make"),
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD [\"bash\"]"),
            ("/bin/sh -c #(nop) WORKDIR /srv", "WORKDIR /srv"),
            ("COPY . /app # buildkit", "COPY . /app"),
            (
                "/bin/sh -c #(nop) COPY file:4c65ba4cde9eb0a3ab29f3ae4a3aa0f2ae7ebc2fc49d42c2b6bd7b6ba2b6a6a1 in /a ",
                "COPY … /a",
            ),
            ("/bin/sh -c #(nop) ADD file:abc in / ", "ADD file:abc in /"),
            ("RUN |1 TOKEN=secret python3 build.py # buildkit", "RUN"),
            ("bazel build ...", "bazel build ..."),
        ] {
            assert_eq!(written(created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn build_arguments_are_never_shown() {
        for created_by in
            ["|1 T=hunter2 prog", "RUN |1 T=hunter2 /bin/sh x", "RUN |1 T=hunter2 /bin/sh -c x # buildkit"]
        {
            assert!(!written(created_by).contains("hunter2"), "{created_by}");
        }
    }

    #[test]
    fn steps_are_found_in_the_dockerfile() {
        let text = "FROM debian:12 AS base\nARG V=1\nRUN apt-get update && \\\n  apt-get install -y curl\n\
                    FROM base\nCOPY a.txt /srv/\nENV A=b\nRUN make VERSION=$V\nCMD [\"bash\"]\n";
        let history = [
            "/bin/sh -c #(nop) ADD file:12345678901234567890123456789012 in / ",
            "/bin/sh -c #(nop)  CMD [\"bash\"]",
            "ARG V=1",
            "RUN |1 V=1 /bin/sh -c apt-get update &&   apt-get install -y curl # buildkit",
            "COPY a.txt /srv/ # buildkit",
            "ENV A=b",
            "RUN |1 V=1 /bin/sh -c make VERSION=$V # buildkit",
            "CMD [\"bash\"]",
        ];
        let history = history.map(|text| Step::of(&History { created_by: text.to_owned(), empty_layer: false }));
        let found = places(&history, &Document::parse(text), None);
        let lines: Vec<usize> = found.into_iter().map(|found| found.map_or(0, |(first, _)| first)).collect();
        assert_eq!(lines, [0, 0, 2, 3, 6, 7, 8, 9]);
    }
}
