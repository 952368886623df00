//! The sizes in the README.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project::Sizes;

const BEGIN: &str = "<!-- real builds: begin -->\n";
const END: &str = "<!-- real builds: end -->";

/// Replaces what the README says between the marks.
pub fn write(measured: &[(&str, Sizes)]) -> Result<(), String> {
    let readme = read()?;
    let (head, _, tail) = parts(&readme)?;
    let tables = format!("{}\n{}", by_project(measured), by_rule(measured));
    fs::write(path(), format!("{head}{BEGIN}\n{tables}\n{END}{tail}")).map_err(|error| error.to_string())
}

/// Whether every project has a row.
pub fn check<'n>(mut names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    let readme = read()?;
    let (_, table, _) = parts(&readme)?;
    match names.find(|name| !table.contains(&format!("| `{name}` |"))) {
        Some(name) => Err(format!("{name} is not in its table: UPDATE=1 cargo test --test real_builds")),
        None => Ok(()),
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn read() -> Result<String, String> {
    fs::read_to_string(path()).map_err(|error| error.to_string())
}

fn parts(readme: &str) -> Result<(&str, &str, &str), String> {
    let marks = || format!("README.md has no {}…{END}", BEGIN.trim_end());
    let (head, rest) = readme.split_once(BEGIN).ok_or_else(marks)?;
    let (table, tail) = rest.split_once(END).ok_or_else(marks)?;
    Ok((head, table, tail))
}

fn by_project(measured: &[(&str, Sizes)]) -> String {
    let mut table = "| Dockerfile | before | after | with `--unsafe-fixes` |\n| --- | --: | --: | --: |\n".to_owned();
    let mut sums = (0, 0);
    for (name, sizes) in measured {
        let with_unsafe = sizes.with_unsafe.map(|size| megabytes(signed(size))).unwrap_or_default();
        let (before, safe) = (megabytes(signed(sizes.before)), megabytes(signed(sizes.safe)));
        writeln!(table, "| `{name}` | {before} | {safe} | {with_unsafe} |").unwrap();
        sums = (sums.0 + sizes.before, sums.1 + sizes.safe);
    }
    writeln!(table, "| all | {} | {} | |", megabytes(signed(sums.0)), megabytes(signed(sums.1))).unwrap();
    table
}

fn by_rule(measured: &[(&str, Sizes)]) -> String {
    let mut table = "| Transform | Dockerfiles | saved |\n| --- | --: | --: |\n".to_owned();
    let mut saved: BTreeMap<&str, (u32, i64)> = BTreeMap::new();
    for (rule, bytes) in measured.iter().flat_map(|(_, sizes)| &sizes.by_rule) {
        let sum = saved.entry(rule).or_default();
        *sum = (sum.0 + 1, sum.1 + bytes);
    }
    for (rule, (count, bytes)) in saved {
        writeln!(table, "| `{rule}` | {count} | {} |", megabytes(bytes)).unwrap();
    }
    table
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).expect("a size")
}

/// With two digits behind the point.
fn megabytes(bytes: i64) -> String {
    let hundredths = (bytes.abs() + 5_000) / 10_000;
    let sign = if bytes < 0 && hundredths > 0 { "-" } else { "" };
    format!("{sign}{}.{:02} MB", hundredths / 100, hundredths % 100)
}
