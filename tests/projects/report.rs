//! The tables in the README.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Found;
use crate::sample::Expected;
use crate::trial::Sizes;

const BEGIN: &str = "<!-- projects: begin -->\n";
const END: &str = "<!-- projects: end -->";

/// Writes the tables, or looks whether the README has the counts and a row for every project that is split. Sizes change
/// with every update of an archive, so they are not compared.
pub fn compare(found: &[Found<'_>], update: bool) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let marks = || format!("README.md has no {}…{END}", BEGIN.trim_end());
    let (head, rest) = readme.split_once(BEGIN).ok_or_else(marks)?;
    let (table, tail) = rest.split_once(END).ok_or_else(marks)?;
    let counts = counts(found);
    crate::say(&counts);
    if update {
        let tables = format!("{counts}{}\n{}", savings(found), by_project(found));
        return write(&path, &format!("{head}{BEGIN}\n{tables}\n{END}{tail}"));
    }
    let is_said = table.contains(&counts);
    let has_row = |one: &&Found<'_>| table.contains(&format!("| `{}` |", one.sample.name));
    let missing = split(found).find(|one| !has_row(one)).map(|one| one.sample.name.as_str());
    match missing {
        None if is_said => Ok(()),
        _ => Err("its tables are old: UPDATE=1 DOPT_PROJECTS=all cargo test --test projects".to_owned()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| error.to_string())
}

fn split<'f>(found: &'f [Found<'f>]) -> impl Iterator<Item = &'f Found<'f>> {
    found.iter().filter(|one| one.sample.expected == Expected::Split)
}

/// What the files alone tell.
fn counts(found: &[Found<'_>]) -> String {
    let splittable = found.iter().filter(|one| one.sample.is_splittable).count();
    let split = split(found).filter(|one| one.wrong.is_none()).count();
    let is_refused = |one: &&Found<'_>| matches!(one.sample.expected, Expected::Refused(_));
    let refused = found.iter().filter(is_refused).count();
    let right = found.iter().filter(is_refused).filter(|one| one.wrong.is_none()).count();
    let share = percent(split, splittable);
    format!(
        "| | |\n| --- | --: |\n| projects | {} |\n| that somebody who knows them could split | {splittable} |\n\
         | split by dopt | {split} ({share} %) |\n| refused, with the right reason | {right} of {refused} |\n",
        found.len()
    )
}

/// What was built, and what it saves.
fn savings(found: &[Found<'_>]) -> String {
    let broken = split(found).filter(|one| one.wrong.is_some()).count();
    let built: Vec<Sizes> = found.iter().filter_map(|one| one.sizes).collect();
    let mut text = format!("| really built, before and after | {} |\n| broken | {broken} |\n", built.len() + broken);
    let mut shares: Vec<f64> = built.iter().map(|sizes| 100.0 * (1.0 - ratio(*sizes))).collect();
    let mut bytes: Vec<f64> = built.iter().map(|sizes| sizes.before as f64 - sizes.after as f64).collect();
    for (name, values, unit, scale) in
        [("of the bytes above the base", &mut shares, "%", 1.0), ("", &mut bytes, "MB", 1e6)]
    {
        values.sort_by(f64::total_cmp);
        let Some(median) = values.get(values.len() / 2) else { continue };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (mean, median) = (mean / scale, median / scale);
        let name = if name.is_empty() { String::new() } else { format!(" {name}") };
        writeln!(text, "| saved{name}, mean and median | {mean:.0} {unit}, {median:.0} {unit} |").unwrap();
    }
    text
}

fn ratio(sizes: Sizes) -> f64 {
    sizes.after as f64 / sizes.before.max(1) as f64
}

fn by_project(found: &[Found<'_>]) -> String {
    let mut table = "| Project | before | after | saved |\n| --- | --: | --: | --: |\n".to_owned();
    for one in split(found) {
        let name = &one.sample.name;
        match one.sizes {
            None => writeln!(table, "| `{name}` | | | compared as text |").unwrap(),
            Some(sizes) => {
                let saved = 100.0 * (1.0 - ratio(sizes));
                let (before, after) = (megabytes(sizes.before), megabytes(sizes.after));
                writeln!(table, "| `{name}` | {before} | {after} | {saved:.0} % |").unwrap();
            }
        }
    }
    table
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn percent(part: usize, whole: usize) -> usize {
    (100 * part + whole / 2) / whole.max(1)
}
