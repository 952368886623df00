//! What the default options do to every file of `corpus/`, as a list that a reviewer can read.
//!
//! `corpus/ledger.txt` counts, `corpus/fixed/` holds the new text of every file that changes.
//! `UPDATE=1 cargo test --test ledger` writes both.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dopt_model::NO_FACTS;
use dopt_rewrite::{Options, Rewrite, Settings, rewrite};
use dopt_transforms::CATALOG;

const HEADING: &str = "\
What `dopt fix` does to each Dockerfile in this folder, and what it leaves alone and why.
Written by `UPDATE=1 cargo test --test ledger`; the new texts are in fixed/.
";

#[test]
fn the_ledger_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let update = std::env::var_os("UPDATE").is_some();
    let mut ledger = HEADING.to_owned();
    let mut total = Counts::default();
    let mut fixed = BTreeMap::new();
    for path in dockerfiles(&folder) {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let result = fix(&name, &text);
        let counts = Counts::of(&result);
        writeln!(ledger, "\n{name}\n{counts}").unwrap();
        total.add(&counts);
        if result.after != text {
            fixed.insert(name, result.after);
        }
    }
    writeln!(ledger, "\n{} files, {} of them changed\n{total}", total.files, fixed.len()).unwrap();
    if update {
        fs::write(folder.join("ledger.txt"), &ledger).unwrap();
        rewrite_folder(&folder.join("fixed"), &fixed);
    }
    let expected = fs::read_to_string(folder.join("ledger.txt")).unwrap_or_default();
    assert_same("corpus/ledger.txt", &expected, &ledger);
    let names: Vec<PathBuf> = dockerfiles(&folder.join("fixed"));
    let names: Vec<String> = names.iter().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
    assert_eq!(names, fixed.keys().cloned().collect::<Vec<_>>(), "corpus/fixed/ holds what changes, and no more");
    for (name, after) in &fixed {
        let expected = fs::read_to_string(folder.join("fixed").join(name)).unwrap();
        assert_same(&format!("corpus/fixed/{name}"), &expected, after);
    }
}

/// Rewrites with the whole catalog and asserts that a second run changes nothing.
fn fix(name: &str, text: &str) -> Rewrite {
    let options = Options {
        transforms: CATALOG,
        unsafe_fixes: false,
        inline_ignores: true,
        settings: Settings::default(),
        facts: &NO_FACTS,
    };
    let first = rewrite(text, &options).unwrap_or_else(|bug| panic!("{name}: {bug}"));
    let second = rewrite(&first.after, &options).unwrap_or_else(|bug| panic!("{name}, fixed: {bug}"));
    assert_eq!(second.after, first.after, "{name}: a second run must change nothing");
    first
}

/// The Dockerfiles right inside a folder, by name.
fn dockerfiles(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "Dockerfile")).collect();
    files.sort();
    files
}

fn rewrite_folder(folder: &Path, files: &BTreeMap<String, String>) {
    fs::create_dir_all(folder).unwrap();
    for old in dockerfiles(folder) {
        fs::remove_file(old).unwrap();
    }
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn assert_same(name: &str, expected: &str, actual: &str) {
    let difference = expected.lines().zip(actual.lines()).enumerate().find(|(_, (old, new))| old != new);
    assert!(
        expected == actual,
        "{name} is not what comes out (first difference: {difference:?}); \
         UPDATE=1 cargo test --test ledger accepts it, after you have read it"
    );
}

/// Fixes and offers by transform, refusals by transform and reason.
#[derive(Default)]
struct Counts {
    files: usize,
    fixes: BTreeMap<String, usize>,
    /// What takes `--unsafe-fixes`.
    offers: BTreeMap<String, usize>,
    refusals: BTreeMap<String, usize>,
    problems: Vec<&'static str>,
}

impl Counts {
    fn of(result: &Rewrite) -> Counts {
        let mut counts = Counts { files: 1, ..Counts::default() };
        for change in &result.changes {
            *counts.fixes.entry(change.rule.to_owned()).or_default() += 1;
        }
        for change in &result.hidden {
            *counts.offers.entry(change.rule.to_owned()).or_default() += 1;
        }
        for refused in &result.refusals {
            *counts.refusals.entry(format!("{} {}", refused.rule, refused.why.code())).or_default() += 1;
        }
        counts.problems = result.problems.iter().map(|problem| problem.kind.message()).collect();
        counts
    }

    fn add(&mut self, other: &Counts) {
        self.files += other.files;
        let pairs =
            [(&mut self.fixes, &other.fixes), (&mut self.offers, &other.offers), (&mut self.refusals, &other.refusals)];
        for (mine, theirs) in pairs {
            theirs.iter().for_each(|(key, count)| *mine.entry(key.clone()).or_default() += count);
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut lines = Vec::new();
        lines.extend(self.fixes.iter().map(|(rule, count)| format!("    fixed       {count:3}  {rule}")));
        lines.extend(self.offers.iter().map(|(rule, count)| format!("    offered     {count:3}  {rule} (unsafe)")));
        lines.extend(self.refusals.iter().map(|(reason, count)| format!("    left alone  {count:3}  {reason}")));
        lines.extend(self.problems.iter().map(|problem| format!("    rejected         {problem}")));
        if lines.is_empty() {
            lines.push("    nothing to do".to_owned());
        }
        f.write_str(&lines.join("\n"))
    }
}
