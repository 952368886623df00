//! The cases in `tests/cases/*.md`: what could go wrong, in prose, and what happens instead.
//!
//! The blocks are those of the manual pages (see `transforms/manual.rs`). Here `unchanged` means that no transform
//! touches the file or says a word, and `refused` that some transform gives this reason. What a page cannot show is
//! written as a sign: `␍` a carriage return, `␠` a blank at the end of a line, `␃` a last line without an end.
//! `UPDATE=1 cargo test --test cases` rewrites the `after` blocks.

use std::fs;
use std::path::{Path, PathBuf};

use dopt_model::{Facts, NO_FACTS};
use dopt_rewrite::{Merge, NonRoot, Options, Rewrite, Settings, rewrite};
use dopt_transforms::CATALOG;
use dopt_transforms::manual::{Example, How, Outcome, examples, facts};

#[test]
fn every_case_is_true() {
    let mut failures = Vec::new();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let page = if std::env::var_os("UPDATE").is_some() { update(&path, &page) } else { page };
        let (found, facts) = (examples(&page), facts(&page));
        assert!(!found.is_empty(), "{} has no cases", path.display());
        let wrong = found.iter().filter_map(|example| check(example, &facts).err());
        failures.extend(wrong.map(|error| format!("--- {}\n{error}", path.display())));
    }
    assert!(failures.is_empty(), "{} cases are wrong:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_case_says_what_could_go_wrong() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let mut prose = false;
        let mut inside = false;
        for (number, line) in page.lines().enumerate() {
            if let Some(kind) = line.strip_prefix("```").filter(|_| !inside) {
                assert!(
                    prose || kind == "dockerfile after" || ["facts", "context"].contains(&kind),
                    "{}:{}: no sentence stands above this block",
                    path.display(),
                    number + 1
                );
                inside = true;
            } else if inside {
                inside = line != "```";
                prose = false;
            } else {
                prose |= line.ends_with(['.', ':']);
            }
        }
    }
}

#[test]
fn nothing_is_joined_where_the_configuration_says_so() {
    let settings = Settings { merge: Merge::Never, ..Settings::default() };
    let found = fix("FROM debian:12\nRUN mkdir /a\nRUN rmdir /a\n", false, settings);
    assert!(found.refusals.iter().any(|refused| refused.why.code() == "merging-is-off"), "{:?}", found.refusals);
    assert!(found.changes.is_empty(), "{:?}", found.changes);
}

#[test]
fn a_step_as_long_as_a_command_line_can_be_stays_alone() {
    let words: String = (0..4_000).map(|n| format!(" \\\n    /srv/a-folder-with-a-long-name/{n:04}")).collect();
    let text = format!("FROM debian:12\nRUN mkdir{words}\nRUN mkdir /last\n");
    let found = fix(&text, false, Settings::default());
    assert!(found.refusals.iter().any(|refused| refused.why.code() == "too-long"), "{:?}", found.refusals);
}

#[test]
fn no_step_grows_longer_than_a_command_line_can_be() {
    let words: String = (0..400).map(|n| format!(" \\\n    /srv/a-folder-with-a-long-name/{n:04}")).collect();
    let text = format!("FROM debian:12\n{}", format!("RUN mkdir{words}\n").repeat(20));
    let found = fix(&text, false, Settings::default()).after;
    let longest = found.split("RUN ").map(str::len).max();
    assert!(longest.is_some_and(|longest| longest < 128 * 1024), "a step of {longest:?} bytes");
}

#[test]
fn reasons_name_the_lines_of_the_original_file() {
    // The steps above are joined, over more lines than before, so that everything below has moved.
    let text = "FROM node:20\nRUN apt-get update\nRUN apt-get install -y make\nCOPY . /app\nRUN cd /app && npm ci\nRUN chown -R node:node /app\n";
    let found = fix(text, false, Settings::default());
    let sentences: Vec<_> = found.refusals.iter().map(|refused| refused.why.sentence()).collect();
    assert!(found.after.lines().nth(4).is_some_and(|line| !line.contains("npm")), "{}", found.after);
    assert!(sentences.iter().any(|sentence| sentence.starts_with("line 5 may put")), "{sentences:?}");
}

#[test]
fn nothing_is_split_before_somebody_looked_into_the_context() {
    let text = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -ldflags='-s -w' -o app .\nCMD [\"./app\"]\n";
    let found = fix(text, true, Settings::default());
    assert!(found.refusals.iter().any(|refused| refused.why.code() == "context-not-read"), "{:?}", found.refusals);
    assert!(found.changes.iter().all(|change| change.rule != "split-stages"), "{:?}", found.changes);
}

#[test]
fn advice_comes_without_a_look_into_the_context() {
    let settings = Settings { non_root: NonRoot::Told, ..Settings::default() };
    let found =
        fix("FROM python:3.12-slim\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n", false, settings);
    assert!(found.hidden.iter().any(|change| change.rule == "non-root"), "{:?}", found.hidden);
    assert!(!found.refusals.iter().any(|refused| refused.rule == "non-root"), "{:?}", found.refusals);
}

/// The pages, by name.
fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut pages: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(!pages.is_empty(), "no page found");
    pages
}

fn check(example: &Example, facts: &Facts) -> Result<(), String> {
    let Example { text, how, outcome } = example;
    let found = fix_knowing(&from_signs(text), how.unsafe_fixes, how.settings(), &how.facts(facts));
    match outcome {
        Outcome::Becomes(after) if found.after == from_signs(after) => Ok(()),
        Outcome::Becomes(after) => Err(format!("{text}\nbecomes\n{}\nand not\n{after}", to_signs(&found.after))),
        Outcome::Unchanged if found.after == from_signs(text) && found.refusals.is_empty() => Ok(()),
        Outcome::Unchanged => Err(format!("{text}\nbecomes\n{}\n{:?}", to_signs(&found.after), found.refusals)),
        Outcome::Advised if found.after == from_signs(text) && !found.hidden.is_empty() => Ok(()),
        Outcome::Advised => Err(format!("{text}\nbecomes\n{}\nwith {:?}", to_signs(&found.after), found.hidden)),
        Outcome::Refused(code) if found.refusals.iter().any(|refused| refused.why.code() == code) => Ok(()),
        Outcome::Refused(code) => Err(format!("{text}\nis not refused with {code} but with {:?}", found.refusals)),
    }
}

fn fix(text: &str, unsafe_fixes: bool, settings: Settings) -> Rewrite {
    fix_knowing(text, unsafe_fixes, settings, &NO_FACTS)
}

/// Rewrites with the whole catalog and asserts that a second run changes nothing.
fn fix_knowing(text: &str, unsafe_fixes: bool, settings: Settings, facts: &Facts) -> Rewrite {
    let options = Options { transforms: CATALOG, unsafe_fixes, inline_ignores: true, settings, facts };
    let first = rewrite(text, &options).unwrap_or_else(|bug| panic!("{bug} in\n{text}"));
    assert!(first.problems.is_empty(), "BuildKit rejects\n{text}\n{:?}", first.problems);
    let second = rewrite(&first.after, &options).unwrap_or_else(|bug| panic!("{bug} in\n{}", first.after));
    assert_eq!(second.after, first.after, "a second run must change nothing");
    first
}

/// Writes the page with what really comes out behind every `before`.
fn update(path: &Path, page: &str) -> String {
    let mut out = String::new();
    let facts = facts(page);
    let mut before = (String::new(), How::default());
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        out += line;
        let Some(kind) = line.trim_end().strip_prefix("```dockerfile ") else { continue };
        let body: String = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
        let (text, how) = &before;
        match kind {
            "after" => {
                let found = fix_knowing(&from_signs(text), how.unsafe_fixes, how.settings(), &how.facts(&facts));
                out += &to_signs(&found.after);
            }
            _ => out += &body,
        }
        out += "```\n";
        before = (body, How::of(kind.split(':').next().unwrap_or(kind).split(' ').skip(1)));
    }
    if out != page {
        fs::write(path, &out).unwrap();
    }
    out
}

fn from_signs(text: &str) -> String {
    let text = text.replace('␍', "\r").replace('␠', " ");
    match text.strip_suffix("␃\n") {
        Some(text) => text.to_owned(),
        None => text,
    }
}

fn to_signs(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let (body, end) = body.strip_suffix('\r').map_or((body, ""), |body| (body, "␍"));
        let content = body.trim_end_matches(' ');
        out += content;
        out += &"␠".repeat(body.len() - content.len());
        out += end;
        out += if line.ends_with('\n') { "\n" } else { "␃\n" };
    }
    out
}
