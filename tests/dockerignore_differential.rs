//! What `.dockerignore` files hide, compared with those who decide it: moby's own library, and builders.
//!
//! `DOPT_CASES=10` runs ten times as many cases, `DOPT_SEED=7` those of seed 7. `DOPT_MOBY=referee` asks the program
//! that `dockerignore_differential/referee.go` makes about fresh cases; with `UPDATE=1` also about those that are kept.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dopt_dockerignore::{Builder, CATALOG, Shape, escaped};

use builders::Tool;
use generate::{Case, Oddity, Random, case};
use moby::Answer;

#[path = "dockerignore_differential/builders.rs"]
mod builders;
#[path = "dockerignore_differential/expected.rs"]
mod expected;
#[path = "dockerignore_differential/generate.rs"]
mod generate;
#[path = "dockerignore_differential/moby.rs"]
mod moby;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dockerignore_differential/moby.jsonl");

/// Says something even where the test passes.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

fn seed() -> u64 {
    number("DOPT_SEED").unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn cases(count: usize, seed: u64, oddity: Oddity) -> Vec<Case> {
    let mut random = Random(seed);
    (0..count).map(|_| case(&mut random, oddity)).collect()
}

/// Nothing, or what is not as the referee has it.
fn difference(case: &Case, answer: &Answer) -> Option<String> {
    for (builder, theirs) in [(Builder::BuildKit, &answer.buildkit), (Builder::Buildah, &answer.buildah)] {
        let ours = expected::visible(case, builder);
        if ours != *theirs {
            let mut text = format!("{builder:?}\n--- .dockerignore\n{}\n---", case.file.escape_ascii());
            for (index, (path, kind)) in case.tree.iter().enumerate() {
                let of = |seen: &Option<Vec<bool>>| seen.as_ref().map(|seen| seen[index]);
                let (ours, theirs) = (of(&ours), of(theirs));
                let mark = if ours == theirs { "" } else { "  <-- ours, theirs" };
                text += &format!("\n{} {kind:?} {ours:?} {theirs:?}{mark}", path.escape_ascii());
            }
            return Some(text);
        }
    }
    None
}

fn hold_to(cases: &[Case], answers: &[Answer], what: &str) {
    let wrong: Vec<String> = cases.iter().zip(answers).filter_map(|(case, answer)| difference(case, answer)).collect();
    assert!(wrong.is_empty(), "{what}: {} of {} differ, such as\n{}", wrong.len(), cases.len(), wrong[0]);
}

#[test]
fn what_moby_said_still_holds() {
    let referee = std::env::var_os("DOPT_MOBY").map(PathBuf::from);
    if let (Some(program), Some(_)) = (&referee, std::env::var_os("UPDATE")) {
        let mut kept = [cases(250, 1, Oddity::Plain), cases(400, 2, Oddity::Odd)].concat();
        kept.retain(|case| std::str::from_utf8(&case.file).is_ok());
        let lines: Vec<String> =
            kept.iter().zip(moby::ask(program, &kept)).map(|(case, answer)| moby::line(case, &answer)).collect();
        fs::write(KEPT, lines.join("\n") + "\n").unwrap();
    }
    let (kept, answers): (Vec<Case>, Vec<Answer>) = fs::read_to_string(KEPT).unwrap().lines().map(moby::read).unzip();
    assert!(kept.len() >= 500, "the cases that are kept are gone");
    hold_to(&kept, &answers, "cases that are kept");
}

#[test]
fn moby_hides_the_same() {
    let Some(program) = std::env::var_os("DOPT_MOBY") else {
        return say("SKIPPED: fresh cases were not shown to moby's own library (DOPT_MOBY); those that are kept were");
    };
    let (seed, times) = (seed(), usize::try_from(number("DOPT_CASES").unwrap_or(1)).unwrap());
    say(&format!("moby: DOPT_SEED={seed}"));
    for (number, oddity) in [Oddity::Plain, Oddity::Odd, Oddity::Bytes].into_iter().enumerate() {
        for round in 0..times {
            let cases = cases(10_000, seed.wrapping_add((round * 3 + number) as u64), oddity);
            hold_to(&cases, &moby::ask(Path::new(&program), &cases), &format!("{oddity:?}"));
        }
    }
}

#[test]
fn buildah_hides_the_same() {
    build_with(Tool::Buildah, 150);
}

#[test]
fn docker_hides_the_same() {
    build_with(Tool::Docker, 150);
}

/// Builds so many cases of each of two kinds.
fn build_with(tool: Tool, count: usize) {
    if let Some(reason) = builders::missing(tool) {
        return say(&format!("SKIPPED: no .dockerignore was compared with what {tool:?} builds: {reason}"));
    }
    let (seed, start) = (seed(), Instant::now());
    let count = count * usize::try_from(number("DOPT_CASES").unwrap_or(1)).unwrap();
    say(&format!("{tool:?}: DOPT_SEED={seed}"));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = [Oddity::Odd, Oddity::Bytes]
            .into_iter()
            .map(|oddity| scope.spawn(move || builders::compare(tool, &cases(count, seed, oddity))))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    say(&format!("{tool:?}: {} builds in {} s", 2 * count, start.elapsed().as_secs()));
    assert!(wrong.is_empty(), "DOPT_SEED={seed}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What `dopt` writes: the lines of its catalogue, and single paths, however odd.
fn written(case: &Case, random: &mut Random) -> Case {
    let mut lines: Vec<String> = CATALOG.iter().flat_map(|junk| junk.shapes).map(Shape::line).collect();
    lines.retain(|_| random.one_in(4));
    lines.extend(case.tree.iter().filter(|_| random.one_in(5)).map(|(path, _)| escaped(path)));
    Case { file: (lines.join("\n") + "\n").into_bytes(), tree: case.tree.clone() }
}

#[test]
fn what_is_written_means_the_same_to_all_builders() {
    let seed = seed();
    say(&format!("written: DOPT_SEED={seed}"));
    let mut random = Random(seed);
    let mut cases: Vec<Case> = cases(600, seed, Oddity::Bytes).iter().map(|case| written(case, &mut random)).collect();
    for case in &cases {
        let (one, other) = (expected::visible(case, Builder::BuildKit), expected::visible(case, Builder::Buildah));
        // In buildah, what matches a folder does not match names with a newline in it.
        let has_newline = |index: usize| case.tree[index].0.contains(&b'\n');
        let (one, other) = (one.expect("BuildKit reads it"), other.expect("buildah reads it"));
        for index in (0..one.len()).filter(|index| !has_newline(*index)) {
            assert_eq!(one[index], other[index], "{}: {}", case.file.escape_ascii(), case.tree[index].0.escape_ascii());
        }
        for (path, _) in &case.tree {
            let file = Case { file: escaped(path).into_bytes(), tree: vec![(path.clone(), generate::Kind::File)] };
            assert_eq!(expected::visible(&file, Builder::BuildKit), Some(vec![false]), "{}", path.escape_ascii());
            assert_eq!(expected::visible(&file, Builder::Buildah), Some(vec![false]), "{}", path.escape_ascii());
        }
    }
    cases.truncate(20);
    for tool in [Tool::Buildah, Tool::Docker].into_iter().filter(|tool| builders::missing(*tool).is_none()) {
        let wrong = builders::compare(tool, &cases);
        assert!(wrong.is_empty(), "DOPT_SEED={seed}: {tool:?}: {}", wrong[0]);
    }
}
