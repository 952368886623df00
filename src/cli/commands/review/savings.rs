//! What a rule saves: what was measured in real builds, for nobody knows it before the image is built.

use crate::tally::count;

/// By rule: in how many Dockerfiles of `tests/real_builds` it did something, and the megabytes that it saved there.
const MEASURED: &[(&str, u32, f64)] = &[
    ("clean-apt", 11, 285.15),
    ("clean-caches", 3, 11.89),
    ("label-maintainer", 1, 0.00),
    ("merge-runs", 15, 157.72),
    ("mount-caches", 3, 0.20),
    ("no-pip-cache", 4, 0.06),
    ("skip-recommends", 2, 24.52),
    ("use-apt-get", 1, 0.00),
];

/// One sentence.
pub fn of(rule: &str, path: &str) -> String {
    let here = format!("`dopt verify {path}` measures yours");
    match MEASURED.iter().find(|(name, ..)| *name == rule) {
        Some((_, _, megabytes)) if *megabytes < 0.005 => format!("nothing by itself; other rules build on it; {here}"),
        Some((_, builds, megabytes)) => {
            format!("{} an image, on average over {}; {here}", amount(megabytes / f64::from(*builds)), real(*builds))
        }
        None => format!("not measured; {here}"),
    }
}

fn amount(megabytes: f64) -> String {
    if megabytes < 0.1 { format!("{:.0} kB", megabytes * 1000.0) } else { format!("{megabytes:.1} MB") }
}

fn real(builds: u32) -> String {
    count(builds as usize, "real build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_readme_says() {
        let readme = include_str!("../../../../README.md");
        let table = readme.split_once("| Transform | Dockerfiles | saved |").expect("the README has the table").1;
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let read = |row: &str| {
            let cells: Vec<String> = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
            (cells[1].clone(), cells[2].parse().unwrap(), cells[3].trim_end_matches(" MB").parse().unwrap())
        };
        let table: Vec<(String, u32, f64)> = rows.map(read).collect();
        let measured: Vec<_> =
            MEASURED.iter().map(|(rule, builds, saved)| ((*rule).to_owned(), *builds, *saved)).collect();
        assert_eq!(measured, table, "write the new figures into MEASURED");
    }
}
