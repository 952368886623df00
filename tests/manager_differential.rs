//! What the catalog rewrites does, with stubs for the package managers, what it did before: the same calls with the
//! same status, and the same files, apart from what the transforms declare; and nothing that is cleaned up is missed.
//!
//! In: every transform of the catalog, safe ones, unsafe ones, and those that mount. Not in: what real package managers
//! do beyond the stubs, and the grammar of the shell (`shell_differential`).
//!
//! `DOPT_CASES=10` runs ten times as many cases, `DOPT_SEED=7` those of seed 7. A failing case is made smaller first.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dopt_model::NO_FACTS;
use dopt_rewrite::{Merge, Options, Rewrite, Settings, Strategies, Strategy, Transform, rewrite};
use dopt_transforms::CATALOG;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::builder::{Builder, Mounts, find};
use crate::declared::Changes;
use crate::generate::{Case, cases};
use crate::templates::Program;

#[path = "manager_differential/builder.rs"]
mod builder;
#[path = "manager_differential/declared.rs"]
mod declared;
#[path = "manager_differential/files.rs"]
mod files;
#[path = "manager_differential/generate.rs"]
mod generate;
#[path = "manager_differential/log.rs"]
mod log;
#[path = "manager_differential/templates.rs"]
mod templates;

/// How many rewritten cases each mode compares.
const COMPARED: u32 = 600;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Safe,
    Unsafe,
    Mounts,
}

#[test]
fn safe_fixes_do_the_same() {
    compare(Mode::Safe);
}

#[test]
fn unsafe_fixes_do_the_same_apart_from_what_they_say() {
    compare(Mode::Unsafe);
}

#[test]
fn mounts_do_the_same_empty_and_filled() {
    compare(Mode::Mounts);
}

/// Says something even where the test passes.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// Compares until enough cases have passed or one fails, which is then made as small as possible.
fn compare(mode: Mode) {
    let missing: Vec<Program> = [Program::Dash, Program::Bash, Program::Busybox]
        .into_iter()
        .filter(|program| find(*program).is_none())
        .collect();
    if !missing.is_empty() {
        say(&format!("SKIPPED: {missing:?} not installed, so nothing was compared under it"));
    }
    if missing.len() == 3 {
        return;
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = number("DOPT_SEED").unwrap_or(clock);
    let compared = COMPARED * u32::try_from(number("DOPT_CASES").unwrap_or(1)).unwrap();
    say(&format!("{mode:?}: DOPT_SEED={seed}"));
    let start = Instant::now();
    let tally = Mutex::new(Tally::default());
    let failure = explore(mode, compared, seed, &tally);
    say(&format!("{mode:?}: {} in {} s", tally.lock().unwrap().text(), start.elapsed().as_secs()));
    assert!(failure.is_none(), "{mode:?}, DOPT_SEED={seed}:\n{}", failure.unwrap());
}

fn explore(mode: Mode, compared: u32, seed: u64, tally: &Mutex<Tally>) -> Option<String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        cases: compared,
        max_global_rejects: 20 * compared,
        max_shrink_iters: 5_000,
        failure_persistence: None,
        ..Config::default()
    };
    let builder = Builder::new();
    let check = |case: Case| match differs(&case, mode, &builder, tally) {
        Ok(true) => Ok(()),
        Ok(false) => Err(TestCaseError::reject("nothing is rewritten")),
        Err(difference) => Err(TestCaseError::fail(difference)),
    };
    match TestRunner::new_with_rng(config, random).run(&cases(), check) {
        Ok(()) => None,
        Err(TestError::Fail(difference, _)) => Some(difference.to_string()),
        Err(TestError::Abort(reason)) => Some(format!("stopped: {reason}")),
    }
}

/// Whether something was rewritten, or what went wrong.
fn differs(case: &Case, mode: Mode, builder: &Builder, tally: &Mutex<Tally>) -> Result<bool, String> {
    let before = case.text();
    let found = fixed(&before, mode, case.merge_all)?;
    tally.lock().unwrap().generated += 1;
    if found.after == before {
        return Ok(false);
    }
    let rules: HashSet<&'static str> = found.changes.iter().map(|change| change.rule).collect();
    let changes = Changes::of(&rules);
    let old = builder.build(&before, Mounts::Empty);
    tally.lock().unwrap().count(&rules, old.succeeded);
    let mounts: &[Mounts] = if changes.mounted { &[Mounts::Empty, Mounts::Kept] } else { &[Mounts::Empty] };
    for mounts in mounts {
        let new = builder.build(&found.after, *mounts);
        if let Some(difference) = changes.difference(&old, &new) {
            return Err(format!("{before}--- becomes\n{}--- but\n{difference}", found.after));
        }
    }
    Ok(true)
}

/// The text rewritten with the whole catalog, and what must hold for every text.
fn fixed(text: &str, mode: Mode, merge_all: bool) -> Result<Rewrite, String> {
    let merge = if merge_all { Merge::All } else { Merge::Auto };
    let default = if mode == Mode::Mounts { Strategy::CacheMount } else { Strategy::Clean };
    let strategies = Strategies { default, ..Strategies::default() };
    let settings = Settings { merge, strategies, mounts: mode == Mode::Mounts, ..Settings::default() };
    // The stubs are no images, so that another one to start from says nothing.
    let is_here = |rule: &&Transform| !["slim-base", "split-stages", "copy-manifests-first"].contains(&rule.name);
    let transforms: Vec<&Transform> = CATALOG.iter().copied().filter(is_here).collect();
    let options = Options {
        transforms: &transforms,
        unsafe_fixes: mode == Mode::Unsafe,
        inline_ignores: true,
        settings,
        facts: &NO_FACTS,
    };
    let first = rewrite(text, &options).map_err(|bug| format!("{text}--- {bug}\n"))?;
    let second = rewrite(&first.after, &options).map_err(|bug| format!("{}--- {bug}\n", first.after))?;
    match second.after == first.after {
        true => Ok(first),
        false => Err(format!("{text}--- becomes\n{}--- and then\n{}", first.after, second.after)),
    }
}

/// What was compared.
#[derive(Default)]
struct Tally {
    generated: u32,
    compared: u32,
    succeeded: u32,
    rules: BTreeMap<&'static str, u32>,
}

impl Tally {
    fn count(&mut self, rules: &HashSet<&'static str>, succeeded: bool) {
        self.compared += 1;
        self.succeeded += u32::from(succeeded);
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
    }

    fn text(&self) -> String {
        let Tally { generated, compared, succeeded, rules } = self;
        let rules: Vec<String> = rules.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        let rules = rules.join(", ");
        format!("{compared} rewritten cases compared, of {generated} generated; {succeeded} builds succeed ({rules}),")
    }
}
