//! What must stay true of the repository itself. Each check has a name and says what is wrong and where.
//!
//! `UPDATE=1 cargo test --test tidy` rewrites the parts of the README that are made from the code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dopt_transforms::CATALOG;
use dopt_transforms::manual::{Example, Outcome, examples, page};
use regex::Regex;

/// Says what is wrong, and where.
type Check = fn(&Repository) -> Vec<String>;

/// Every check: what has to be true, and who looks.
const CHECKS: &[(&str, Check)] = &[
    ("the README shows what the program really says", readme_blocks),
    ("every reason to leave a place alone has an example or a test", reasons_have_examples),
    ("every transform has one file, called like it", transforms_have_files),
    ("names say what is in a file", names_say_something),
    ("source files are short enough to be read", files_are_short),
    ("source files say in their first lines what is in them", files_have_headers),
    ("crates use the floors below them only", crates_know_their_floor),
    ("the crates below the edge do no I/O", library_does_no_io),
    ("the map in src/README.md has every crate and every transform", map_is_complete),
    ("every file of the corpus is in its ledger", ledger_is_complete),
    ("the changelog speaks of this version", changelog_has_version),
    ("lines end without blanks", lines_end_without_blanks),
    ("no file names a path of one machine", no_machine_paths),
    ("scripts can be run and stop at errors", scripts_are_strict),
];

#[test]
fn what_must_stay_true_of_the_repository() {
    let repository = Repository::read();
    let failed: Vec<String> = CHECKS
        .iter()
        .flat_map(|(name, check)| check(&repository).into_iter().map(move |wrong| format!("{name}: {wrong}")))
        .collect();
    assert!(failed.is_empty(), "{} things are not so:\n{}", failed.len(), failed.join("\n"));
}

/// The text files of the repository, by path from its root, and none that git ignores.
struct Repository {
    root: PathBuf,
    files: BTreeMap<String, String>,
}

impl Repository {
    fn read() -> Repository {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder can be read") {
                let path = entry.expect("an entry").path();
                let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                // In a worktree `.git` is a file.
                if name == "target" || name == ".git" {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = fs::read_to_string(&path) {
                    files.insert(name, text);
                }
            }
        }
        Repository { root, files }
    }

    fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// Files below one of these folders.
    fn below<'r>(&'r self, folders: &'r [&str]) -> impl Iterator<Item = (&'r str, &'r str)> {
        let inside = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).filter(move |(path, _)| inside(path))
    }

    /// The Rust sources of the program, without tests.
    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_test = pattern(r"(^|/)tests(\.rs|/)");
        self.below(&["src/", "transforms/"]).filter(move |(path, _)| path.ends_with(".rs") && !is_test.is_match(path))
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is one")
}

/// The session and the tables in the README.
fn readme_blocks(repository: &Repository) -> Vec<String> {
    let mut readme = repository.text("README.md").to_owned();
    let blocks = [
        ("session", session(repository, "", &["fix", "corpus/web-app.Dockerfile"])),
        (
            "split",
            session(repository, "tests/projects/node-typescript/context", &["fix", "--unsafe-fixes", "Dockerfile"]),
        ),
        ("transforms", transform_table()),
        ("reasons", reason_table(repository)),
    ];
    for (name, block) in blocks {
        let (open, close) = (format!("<!-- {name}: made from the code -->\n"), format!("<!-- end of {name} -->"));
        let range = readme.find(&open).map(|at| at + open.len()).zip(readme.find(&close));
        let Some((start, end)) = range else { return vec![format!("README.md has no place for the {name}")] };
        readme.replace_range(start..end, &format!("\n{block}\n"));
    }
    if readme == repository.text("README.md") {
        return Vec::new();
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(repository.root.join("README.md"), &readme).expect("README.md can be written");
        return Vec::new();
    }
    vec!["UPDATE=1 cargo test --test tidy rewrites it".to_owned()]
}

/// What the program says in a folder of the repository.
fn session(repository: &Repository, folder: &str, arguments: &[&str]) -> String {
    let mut dopt = Command::new(env!("CARGO_BIN_EXE_dopt"));
    let dopt = dopt.args(arguments).arg("--isolated").current_dir(repository.root.join(folder)).env("NO_COLOR", "1");
    let output = dopt.output().expect("dopt runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let command = format!("$ dopt {}", arguments.join(" "));
    format!("```console\n{command}\n{}\n{}\n```\n", text(&output.stdout), text(&output.stderr))
}

fn transform_table() -> String {
    let mut table =
        "| Transform | What it does | Safety | Other tools' names |\n| --- | --- | --- | --- |\n".to_owned();
    for transform in CATALOG {
        let page = page(transform);
        let words = ["Safe", "Unsafe", "Advice"].into_iter().filter(|word| page.contains(&format!("**{word}**")));
        let safety: Vec<String> = words.map(str::to_lowercase).collect();
        let (name, summary) = (transform.name, transform.summary);
        table += &format!("| `{name}` | {summary} | {} | {} |\n", safety.join(", "), transform.aliases.join(", "));
    }
    table
}

/// Where the reasons stand, each file with the enum that it has.
const REASONS: [(&str, &str); 6] = [
    ("src/rewrite/refusal.rs", "Why"),
    ("src/rewrite/not_split.rs", "NotSplit"),
    ("src/rewrite/not_pinned.rs", "NotPinned"),
    ("src/rewrite/not_slim.rs", "NotSlim"),
    ("src/rewrite/not_first.rs", "NotFirst"),
    ("src/rewrite/stays_root.rs", "StaysRoot"),
];

/// Reasons that a transform has for itself and tells nobody.
const UNSAID: &[&str] = &["NothingLeftBehind"];

/// The codes of all reasons, each with its comment.
fn reason_table(repository: &Repository) -> String {
    let variants = pattern(r"(?m)^    /// (.+)\n    (\w+)(?: \{|\(|,)");
    let mut table = "| Code | Meaning |\n| --- | --- |\n".to_owned();
    for (path, reasons) in REASONS {
        let found = variants.captures_iter(repository.text(path)).map(|found| found.extract().1);
        let comments: BTreeMap<&str, &str> = found.map(|[comment, name]| (name, comment)).collect();
        for (name, code) in codes(repository, path, reasons) {
            let comment = comments.get(name).copied().unwrap_or("?").trim_end_matches('.');
            table += &format!("| `{code}` | {comment} |\n");
        }
    }
    table
}

/// The variants of an enum of reasons, in order, each with its code.
fn codes<'r>(repository: &'r Repository, path: &str, reasons: &str) -> Vec<(&'r str, &'r str)> {
    let arms = pattern(&format!(r#"\b{reasons}::(\w+)(?:\(_\)| \{{ \.\. \}})? => "([a-z-]+)","#));
    let found = arms.captures_iter(repository.text(path)).map(|found| found.extract().1);
    found.map(|[name, code]| (name, code)).filter(|(name, _)| !UNSAID.contains(name)).collect()
}

fn reasons_have_examples(repository: &Repository) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for transform in CATALOG {
        shown.extend(examples(&page(transform)).into_iter().filter_map(refusal));
    }
    for (_, text) in repository.below(&["tests/cases/"]).filter(|(path, _)| path.ends_with(".md")) {
        shown.extend(examples(text).into_iter().filter_map(refusal));
    }
    let tests: String =
        repository.below(&["tests/cli/", "tests/cases.rs", "tests/real_verify.rs"]).map(|(_, text)| text).collect();
    let projects: String = repository
        .below(&["tests/projects/"])
        .filter(|(path, _)| path.ends_with("project.toml"))
        .map(|(_, text)| text)
        .collect();
    let shows = |code: &str| {
        shown.iter().any(|found| found == code)
            || [format!("[{code}]"), format!("\"{code}\"")].iter().any(|sign| tests.contains(sign))
            || projects.contains(&format!("\"refused: {code}\""))
    };
    let found = REASONS.map(|(path, reasons)| codes(repository, path, reasons));
    assert!(found.iter().all(|codes| codes.len() > 5), "the reasons are not found in their sources");
    let without = found.iter().flatten().filter(|(_, code)| !shows(code));
    without.map(|(_, code)| format!("{code} has none")).collect()
}

fn refusal(example: Example) -> Option<String> {
    match example.outcome {
        Outcome::Refused(code) => Some(code),
        _ => None,
    }
}

fn transforms_have_files(repository: &Repository) -> Vec<String> {
    let name_of = |path: &str| {
        path.strip_prefix("transforms/")?
            .strip_suffix(".rs")
            .filter(|stem| !stem.contains('/'))
            .map(|stem| stem.replace('_', "-"))
    };
    let files: Vec<String> = repository.below(&["transforms/"]).filter_map(|(path, _)| name_of(path)).collect();
    let is_transform = |name: &&String| !["lib", "manual"].contains(&name.as_str());
    let known = |name: &str| CATALOG.iter().any(|transform| transform.name == name);
    let mut wrong: Vec<String> = files
        .iter()
        .filter(is_transform)
        .filter(|name| !known(name))
        .map(|name| format!("transforms/{}.rs is not in the catalog as {name}", name.replace('-', "_")))
        .collect();
    let missing = CATALOG.iter().filter(|transform| !files.iter().any(|name| name == transform.name));
    wrong.extend(missing.map(|transform| format!("{} has no file of that name", transform.name)));
    wrong
}

fn names_say_something(repository: &Repository) -> Vec<String> {
    let vague = pattern(r"(?i)(^|/)(utils?|common|core|helpers?|misc)(\.[a-z]+)?(/|$)");
    let found = repository.files.keys().filter(|path| vague.is_match(path));
    found.map(|path| format!("{path} tells nobody what belongs inside")).collect()
}

fn files_are_short(repository: &Repository) -> Vec<String> {
    const LONGEST: usize = 450;
    let length = |text: &str| text.lines().filter(|line| !line.starts_with("//!")).count();
    let long = repository.sources().map(|(path, text)| (path, length(text))).filter(|(_, lines)| *lines > LONGEST);
    long.map(|(path, lines)| format!("{path} has {lines} lines, which is more than {LONGEST}")).collect()
}

fn files_have_headers(repository: &Repository) -> Vec<String> {
    let rust = repository.files.iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| format!("{path} has no header")).collect()
}

/// The crates and their floors, as in src/README.md.
const FLOORS: &[(&str, u32)] = &[
    ("syntax", 0),
    ("model", 1),
    ("rewrite", 2),
    ("dockerignore", 2),
    ("image", 2),
    ("transforms", 3),
    ("registry", 4),
    ("engine", 4),
    ("cli", 5),
];

fn crates_know_their_floor(repository: &Repository) -> Vec<String> {
    let floor = |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    let uses = pattern(r"(?m)^dopt-(\w+)(?:\.workspace)? = ");
    let tables = pattern(r"(?m)^\[");
    let mut wrong = Vec::new();
    // Those of projects that are split are none of ours.
    let is_ours = |path: &str| path.ends_with("Cargo.toml") && !path.starts_with("tests/projects/");
    let manifests = repository.files.iter().filter(|(path, _)| is_ours(path));
    for (path, text) in manifests {
        let name = path.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default();
        let name = if path == "Cargo.toml" { "cli" } else { name };
        let Some(own) = floor(name) else {
            wrong.push(format!("{path} is a crate without a floor; give it one in tests/tidy.rs and src/README.md"));
            continue;
        };
        for table in tables.split(text).filter(|table| table.starts_with("dependencies]")) {
            for found in uses.captures_iter(table) {
                let used = &found[1];
                if floor(used).is_none_or(|floor| floor >= own) {
                    wrong.push(format!("{path}, on floor {own}, uses {used}, which is not below it"));
                }
            }
        }
    }
    wrong
}

fn library_does_no_io(repository: &Repository) -> Vec<String> {
    let edge = ["src/cli/", "src/registry/", "src/engine/"];
    let doing = pattern(r"std::(fs|net|process|env|time)\b|std::io::(stdin|stdout|stderr)|\b(SystemTime|Instant)::now");
    let mut wrong = Vec::new();
    for (path, text) in repository.sources().filter(|(path, _)| !edge.iter().any(|folder| path.starts_with(folder))) {
        let lines = text.lines().enumerate().filter(|(_, line)| doing.is_match(line) && !line.trim().starts_with("//"));
        wrong.extend(lines.map(|(at, line)| format!("{path}:{} says `{}`", at + 1, line.trim())));
    }
    wrong
}

fn map_is_complete(repository: &Repository) -> Vec<String> {
    let map = repository.text("src/README.md");
    let crates = repository.files.keys().filter_map(|path| path.strip_prefix("src/")?.split_once('/'));
    let mut names: Vec<String> = crates.map(|(name, _)| format!("`{name}`")).collect();
    names.extend(CATALOG.iter().map(|transform| format!("`{}`", transform.name)));
    names.push("`transforms`".to_owned());
    names.sort();
    names.dedup();
    names.iter().filter(|name| !map.contains(name.as_str())).map(|name| format!("{name} is not in it")).collect()
}

fn ledger_is_complete(repository: &Repository) -> Vec<String> {
    let ledger = repository.text("corpus/ledger.txt");
    let names = repository.files.keys().filter_map(|path| path.strip_prefix("corpus/"));
    let own = names.filter(|name| name.ends_with(".Dockerfile") && !name.contains('/'));
    own.filter(|name| !ledger.lines().any(|line| line == *name)).map(|name| format!("{name} is not in it")).collect()
}

fn changelog_has_version(repository: &Repository) -> Vec<String> {
    let version = concat!("## ", env!("CARGO_PKG_VERSION"));
    let has = repository.text(".github/CHANGELOG.md").lines().any(|line| line.starts_with(version));
    if has { Vec::new() } else { vec![format!(".github/CHANGELOG.md has no heading `{version}`")] }
}

fn lines_end_without_blanks(repository: &Repository) -> Vec<String> {
    let kinds = pattern(r"(\.(rs|toml|yml)|^[^/]*\.md|^src/.*\.md|^\.github/.*|^\.ci/.*|^tests/run|^tests/cases/.*)$");
    let mut wrong = Vec::new();
    for (path, text) in repository.files.iter().filter(|(path, _)| kinds.is_match(path)) {
        // A blank alone is an empty line in a diff.
        let lines = text.lines().enumerate().filter(|(_, line)| line.ends_with([' ', '\t']) && *line != " ");
        wrong.extend(lines.map(|(at, _)| format!("{path}:{}", at + 1)));
        if !text.ends_with('\n') || text.ends_with("\n\n") {
            wrong.push(format!("{path} does not end with one newline"));
        }
    }
    wrong
}

fn no_machine_paths(repository: &Repository) -> Vec<String> {
    // In two parts, so that this file does not match.
    let paths =
        pattern(concat!("(/work", "/(main|shared)|/root", r"/\.cargo|/tmp", "/target|/home", r"/[a-z]+/\.cargo)"));
    let mut wrong = Vec::new();
    for (path, text) in &repository.files {
        let lines = text.lines().enumerate().filter(|(_, line)| paths.is_match(line));
        wrong.extend(lines.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    wrong
}

fn scripts_are_strict(repository: &Repository) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in ["tests/run", ".ci/run"] {
        let text = repository.text(path);
        if !text.starts_with("#!/usr/bin/env bash\n") || !text.contains("\nset -euo pipefail\n") {
            wrong.push(format!("{path} is no strict Bash script"));
        }
        if !is_executable(&repository.root.join(path)) {
            wrong.push(format!("{path} is not executable"));
        }
    }
    wrong
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 == 0o111)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.exists()
}
