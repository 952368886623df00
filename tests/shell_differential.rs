//! What `merge-runs` joins does, in real shells, what it did before: the same files, the same output, the same status.
//!
//! `DOPT_CASES=10` runs ten times as many cases, `DOPT_SEED=7` those of seed 7.

use std::cell::RefCell;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dopt_model::NO_FACTS;
use dopt_rewrite::{Merge, Options, Rewrite, Settings, rewrite};
use dopt_transforms::CATALOG;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::execute::{Scratch, Shell, find};
use crate::generate::{Case, Setup, cases};
use crate::script::Shrinking;

#[path = "shell_differential/execute.rs"]
mod execute;
#[path = "shell_differential/generate.rs"]
mod generate;
#[path = "shell_differential/script.rs"]
mod script;
#[path = "shell_differential/templates.rs"]
mod templates;

const THREADS: u32 = 2;

const fn shell(program: &'static str, argv: &'static [&'static str]) -> Shell {
    Shell { program, argv }
}

const fn setup(weight: u32, head: &'static str, shell: Shell) -> Setup {
    Setup { weight, head, shell, bash: false }
}

const fn bash(weight: u32, head: &'static str, argv: &'static [&'static str]) -> Setup {
    Setup { weight, head, shell: shell("bash", argv), bash: true }
}

const DASH: &[Setup] = &[
    setup(14, "FROM debian:12\n", shell("dash", &["sh", "-c"])),
    setup(3, "FROM debian:12\nSHELL [\"/bin/sh\", \"-e\", \"-c\"]\n", shell("dash", &["sh", "-e", "-c"])),
    setup(1, "FROM debian:12\nSHELL [\"/bin/sh\", \"-eux\", \"-c\"]\n", shell("dash", &["sh", "-eux", "-c"])),
    setup(2, "FROM example.com/unknown\n", shell("dash", &["sh", "-c"])),
    setup(2, "FROM example.com/unknown\n", shell("dash", &["sh", "-e", "-c"])),
];

const BASH: &[Setup] = &[
    bash(10, "FROM debian:12\nSHELL [\"/bin/bash\", \"-c\"]\n", &["bash", "-c"]),
    bash(3, "FROM debian:12\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n", &["bash", "-o", "pipefail", "-c"]),
    bash(
        4,
        "FROM debian:12\nSHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\n",
        &["bash", "-euo", "pipefail", "-c"],
    ),
    setup(4, "FROM centos:7\n", shell("bash", &["sh", "-c"])),
    setup(2, "FROM example.com/unknown\n", shell("bash", &["sh", "-e", "-c"])),
];

const BUSYBOX: &[Setup] = &[
    setup(10, "FROM alpine:3.20\n", shell("busybox", &["sh", "-c"])),
    setup(
        4,
        "FROM alpine:3.20\nSHELL [\"/bin/ash\", \"-eo\", \"pipefail\", \"-c\"]\n",
        shell("busybox", &["ash", "-eo", "pipefail", "-c"]),
    ),
    setup(1, "FROM example.com/unknown\n", shell("busybox", &["sh", "-e", "-c"])),
];

#[test]
fn dash_does_the_same() {
    compare("dash", DASH, 20_000);
}

#[test]
fn bash_does_the_same() {
    compare("bash", BASH, 2_000);
}

#[test]
fn busybox_does_the_same() {
    compare("busybox", BUSYBOX, 2_000);
}

/// Says something even where the test passes.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// Runs `executed` cases in which something is joined.
fn compare(program: &'static str, setups: &[Setup], executed: u32) {
    if find(program).is_none() {
        return say(&format!("SKIPPED: {program} is not installed, so nothing was compared under it"));
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = number("DOPT_SEED").unwrap_or(clock);
    let executed = executed * u32::try_from(number("DOPT_CASES").unwrap_or(1)).unwrap();
    say(&format!("{program}: DOPT_SEED={seed}"));
    let start = Instant::now();
    let tally = Tally::default();
    let failures: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (setups, tally) = (setups, &tally);
                scope.spawn(move || explore(setups, executed.div_ceil(THREADS), random(seed, thread), tally).err())
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    say(&format!("{program}: {} in {} s", tally.text(), start.elapsed().as_secs()));
    assert!(failures.is_empty(), "{program}, DOPT_SEED={seed}:\n{}", failures.join("\n"));
}

fn random(seed: u64, thread: u32) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&thread.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// How many cases were generated, and in how many something was joined.
#[derive(Default)]
struct Tally {
    generated: AtomicU32,
    joined: AtomicU32,
}

impl Tally {
    fn text(&self) -> String {
        let (generated, joined) = (self.generated.load(Ordering::Relaxed), self.joined.load(Ordering::Relaxed));
        let share = 100 * joined / generated.max(1);
        format!("{joined} cases with joined RUNs compared, of {generated} generated ({share} %),")
    }
}

/// Compares until enough cases have passed or one fails, which is then made as small as possible.
fn explore(setups: &[Setup], executed: u32, random: TestRng, tally: &Tally) -> Result<(), String> {
    let config = Config {
        cases: executed,
        max_global_rejects: executed.max(1_000),
        max_shrink_iters: 3_000,
        failure_persistence: None,
        ..Config::default()
    };
    let scratch = RefCell::new(Scratch::new());
    let check = |case: Case| match differs(&case, &mut scratch.borrow_mut(), tally) {
        Ok(true) => Ok(()),
        Ok(false) => Err(TestCaseError::reject("nothing is joined")),
        Err(difference) => Err(TestCaseError::fail(difference)),
    };
    match TestRunner::new_with_rng(config, random).run(&Shrinking(cases(setups)), check) {
        Ok(()) => Ok(()),
        Err(TestError::Fail(difference, case)) => {
            Err(format!("{difference}{:?}, merge all: {}\n", case.setup.shell, case.merge_all))
        }
        Err(TestError::Abort(reason)) => Err(format!("stopped: {reason}")),
    }
}

/// Whether something was joined, or what went wrong.
fn differs(case: &Case, scratch: &mut Scratch, tally: &Tally) -> Result<bool, String> {
    let before = case.text();
    let found = fixed(&before, case.merge_all)?;
    let joined = found.changes.iter().any(|change| change.rule == "merge-runs");
    tally.generated.fetch_add(1, Ordering::Relaxed);
    tally.joined.fetch_add(u32::from(joined), Ordering::Relaxed);
    if !joined {
        return Ok(false);
    }
    let old = scratch.build(&before, case.setup.shell);
    let new = scratch.build(&found.after, case.setup.shell);
    match old.difference(&new) {
        None => Ok(true),
        Some(difference) => Err(format!("{before}--- becomes\n{}--- but\n{difference}", found.after)),
    }
}

/// The text rewritten with the whole catalog, and what must hold for every text.
fn fixed(text: &str, merge_all: bool) -> Result<Rewrite, String> {
    let merge = if merge_all { Merge::All } else { Merge::Auto };
    let settings = Settings { merge, ..Settings::default() };
    let options =
        Options { transforms: CATALOG, unsafe_fixes: false, inline_ignores: true, settings, facts: &NO_FACTS };
    let first = rewrite(text, &options).map_err(|bug| format!("{text}--- {bug}\n"))?;
    let second = rewrite(&first.after, &options).map_err(|bug| format!("{}--- {bug}\n", first.after))?;
    match second.after == first.after {
        true => Ok(first),
        false => Err(format!("{text}--- becomes\n{}--- and then\n{}", first.after, second.after)),
    }
}
