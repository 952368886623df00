//! 6,294 real Dockerfiles: BuildKit and a second parser as referees of how we read them, and what must hold for
//! every rewrite.
//!
//! The files are other people's and are not part of this project. They are looked for in `DOPT_CORPUS` (a folder
//! with `buildkit.jsonl` and `real/`) or in `../shared/corpus/real.tar.xz`; without them the tests say that they
//! are skipped.
#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use dopt_model::{ContextFact, Digest, Facts, ImageFact, NO_FACTS, Platform, Question};
use dopt_rewrite::{Merge, NonRoot, Options, Pinning, Rewrite, Settings, rewrite};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_transforms::{CATALOG, ON_DEMAND};
use serde_json::{Value, json};

/// How many files the corpus has.
const FILES: usize = 6_294;

struct Sample {
    name: String,
    text: String,
    /// What BuildKit's parser says of each instruction.
    facts: Value,
}

fn corpus() -> Option<&'static [Sample]> {
    static CORPUS: OnceLock<Option<Vec<Sample>>> = OnceLock::new();
    let loaded = CORPUS.get_or_init(|| {
        let folder = std::env::var_os("DOPT_CORPUS").map(PathBuf::from).or_else(unpack)?;
        Some(load(&folder))
    });
    if loaded.is_none() {
        eprintln!("SKIPPED: the corpus of real Dockerfiles is not here, so nothing was compared with BuildKit");
    }
    loaded.as_deref()
}

fn unpack() -> Option<PathBuf> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/real.tar.xz");
    if !archive.exists() {
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    let status = Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(&folder).status();
    assert!(status.is_ok_and(|status| status.success()), "tar cannot unpack the corpus (is xz installed?)");
    Some(folder)
}

fn load(folder: &Path) -> Vec<Sample> {
    let facts = std::fs::read_to_string(folder.join("buildkit.jsonl")).expect("the corpus has its facts");
    let read = |line: &str| {
        let mut facts: Value = serde_json::from_str(line).expect("a fact is a JSON object");
        let name = facts["file"].as_str().expect("a fact names its file").to_owned();
        let text = std::fs::read_to_string(folder.join(&name)).expect("every fact has its file");
        Sample { name, text, facts: facts["instructions"].take() }
    };
    facts.lines().map(read).collect()
}

fn described(instruction: &Instruction) -> Value {
    let flags: Vec<&str> = instruction.flags.iter().map(|flag| flag.text.as_str()).collect();
    json!({
        "name": instruction.keyword.name(),
        "first_line": instruction.first_line,
        "last_line": instruction.last_line,
        "flags": flags,
        "json": instruction.form != Form::Shell,
        "heredocs": instruction.heredocs.len(),
    })
}

#[test]
fn every_file_is_read_as_buildkit_reads_it() {
    let Some(corpus) = corpus() else { return };
    let differs = |sample: &&Sample| {
        let document = Document::parse(sample.text.as_str());
        let ours: Vec<Value> = document.instructions().iter().map(described).collect();
        sample.facts.as_array() != Some(&ours) || !document.problems().is_empty()
    };
    let wrong: Vec<&str> = corpus.iter().filter(differs).map(|sample| sample.name.as_str()).collect();
    assert_eq!(corpus.len(), FILES);
    assert!(
        wrong.is_empty(),
        "{} of {FILES} files are read otherwise: {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
}

/// Files that `dockerfile-parser` 0.9 takes without complaint and cuts into other instructions than BuildKit: a
/// blank line behind a lone continuation sign, and a `RUN` or an argument list that begins with a comment.
const MISREAD_BY_THE_SECOND_PARSER: [&str; 3] =
    ["real/hub-2483.Dockerfile", "real/hub-3553.Dockerfile", "real/hub-5543.Dockerfile"];

#[test]
fn a_second_parser_sees_the_same_instructions() {
    let Some(corpus) = corpus() else { return };
    let mut compared = 0;
    let mut differing = Vec::new();
    for sample in corpus {
        let Ok(theirs) = dockerfile_parser::Dockerfile::parse(&sample.text) else { continue };
        let document = Document::parse(sample.text.as_str());
        let ours: Vec<&Instruction> = document.instructions().iter().collect();
        let names: Vec<String> = theirs.instructions.iter().map(|found| keyword_of(found, &sample.text)).collect();
        let expected: Vec<String> = ours.iter().map(|found| found.keyword.name().to_owned()).collect();
        if names != expected {
            differing.push(sample.name.as_str());
        }
        compared += 1;
    }
    assert_eq!(differing, MISREAD_BY_THE_SECOND_PARSER);
    assert!(compared > FILES * 9 / 10, "only {compared} files could be compared");
}

/// The keyword of the other parser's instruction, from its own span.
fn keyword_of(instruction: &dockerfile_parser::Instruction, text: &str) -> String {
    let span = instruction.span();
    let source = &text[span.start..span.end];
    let word = source.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    Keyword::of(word).name().to_owned()
}

fn options(unsafe_fixes: bool, merge: Merge) -> Options<'static> {
    let settings = Settings { merge, all_stages: merge == Merge::All, ..Settings::default() };
    Options { transforms: CATALOG, unsafe_fixes, inline_ignores: true, settings, facts: &NO_FACTS }
}

fn fix(sample: &Sample, text: &str, options: &Options<'_>) -> Rewrite {
    rewrite(text, options).unwrap_or_else(|bug| panic!("{}: {bug}", sample.name))
}

#[test]
fn every_rewrite_parses_is_quiet_the_second_time_and_keeps_what_it_does_not_change() {
    let Some(corpus) = corpus() else { return };
    for options in [options(false, Merge::Auto), options(true, Merge::Auto), options(true, Merge::All)] {
        let mut changed = 0;
        for sample in corpus {
            let first = fix(sample, &sample.text, &options);
            if first.changes.is_empty() {
                assert_eq!(first.after, sample.text, "{}: without a change the text stays as it is", sample.name);
                continue;
            }
            changed += 1;
            let document = Document::parse(first.after.as_str());
            assert!(document.problems().is_empty(), "{}: {:?}", sample.name, document.problems());
            let second = fix(sample, &first.after, &options);
            assert_eq!(second.after, first.after, "{}: a second run must change nothing", sample.name);
            keeps_other_lines(sample, &first);
        }
        assert!(changed > FILES / 4, "only {changed} files were changed");
    }
}

#[test]
fn a_user_of_its_own_is_given_to_an_image_once() {
    let Some(corpus) = corpus() else { return };
    let own: Vec<_> = CATALOG.iter().copied().filter(|transform| transform.name == "non-root").collect();
    // Nobody can tell what lies in the folder of any of these.
    let facts = NO_FACTS.with_context(ContextFact::Unknown);
    let settings = Settings { non_root: NonRoot::Wanted, ..Settings::default() };
    let mut changed = 0;
    for transforms in [&own[..], CATALOG] {
        let options = Options { transforms, settings: settings.clone(), facts: &facts, ..options(true, Merge::Auto) };
        for sample in corpus {
            let first = fix(sample, &sample.text, &options);
            let second = fix(sample, &first.after, &options);
            assert_eq!(second.after, first.after, "{}: a second run must change nothing", sample.name);
            let gives = |change: &dopt_rewrite::Change| change.rule == "non-root";
            assert!(first.changes.iter().filter(|change| gives(change)).count() <= 1, "{}", sample.name);
            changed += first.changes.iter().filter(|change| gives(change)).count();
        }
    }
    assert!(changed > FILES / 8, "only {changed} files got one");
}

#[test]
fn a_pin_adds_its_digest_and_nothing_else() {
    let Some(corpus) = corpus() else { return };
    let settings = Settings { pin: Some(Pinning::default()), ..Settings::default() };
    let (mut pinned, mut left) = (0, 0);
    for sample in corpus {
        let mut facts = Facts::default();
        let first = loop {
            let settings = settings.clone();
            let options = Options { transforms: ON_DEMAND, settings, facts: &facts, ..options(false, Merge::Auto) };
            let found = fix(sample, &sample.text, &options);
            let questions: Vec<Question> =
                found.refusals.iter().filter_map(|refused| refused.why.question().cloned()).collect();
            if questions.is_empty() {
                let second = fix(sample, &found.after, &options);
                assert_eq!(second.after, found.after, "{}: a second run must change nothing", sample.name);
                break found;
            }
            questions.into_iter().for_each(|question| facts.insert(question.name().clone(), Ok(made_up(&question))));
        };
        let document = Document::parse(first.after.as_str());
        assert!(document.problems().is_empty(), "{}: {:?}", sample.name, document.problems());
        // What the author pinned stays.
        let without = |text: &str| text.replace(&format!("@{MADE_UP}"), "");
        assert_eq!(without(&first.after), sample.text, "{}", sample.name);
        assert_eq!(first.after.matches(MADE_UP).count(), first.changes.len(), "{}", sample.name);
        pinned += first.changes.len();
        left += first.refusals.len();
    }
    assert!(pinned > FILES && left < FILES / 5, "{pinned} pinned, {left} left alone");
}

const MADE_UP: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// An index for every platform that somebody asks for.
fn made_up(question: &Question) -> ImageFact {
    let platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "windows/amd64", "linux/s390x"];
    let platforms = platforms.iter().filter_map(|name| Some((Platform::parse(name)?, None))).collect();
    let platforms = matches!(question, Question::Platforms(_)).then_some(platforms);
    let digest = Digest::parse(MADE_UP).expect("it is one");
    ImageFact { digest, is_index: true, platforms, version: None, age: 0 }
}

/// Transforms that change a `COPY` for the sake of a later step.
const COPYING: [&str; 2] = ["fold-chown", "bind-archives"];

/// Lines that belong to no changed instruction are in the new text as they were, and in order.
fn keeps_other_lines(sample: &Sample, rewrite: &Rewrite) {
    let document = Document::parse(sample.text.as_str());
    let changes_copies = rewrite.changes.iter().any(|change| COPYING.contains(&change.rule));
    let changed = |instruction: &Instruction| match instruction.keyword {
        Keyword::Copy | Keyword::Add if changes_copies => true,
        _ => rewrite.changes.iter().any(|change| instruction.range.contains(change.at)),
    };
    let others = document.instructions().iter().filter(|instruction| instruction.keyword != Keyword::Run);
    let untouched = others.filter(|instruction| !changed(instruction));
    let mut rest = rewrite.after.as_str();
    for instruction in untouched {
        let source = instruction.range.of(&sample.text);
        let at = rest.find(source).unwrap_or_else(|| panic!("{}: lost {source:?}", sample.name));
        rest = &rest[at + source.len()..];
    }
}
