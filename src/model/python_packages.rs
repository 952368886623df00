//! Packages of pip, as the index of Python has them: which are installed without a compiler and run without libraries of
//! the system, and from which version on. `python_packages/read_index.py` says how the two lists are made.

use crate::ImageRef;
use crate::sorted_list::line;

/// A package on each line, sorted: the name; from which to which minor version of Python 3 neither it nor anything that it
/// depends on needs a compiler, where that is not `FIRST-LAST`; and behind `!` each package among those that needs one, or
/// that needs a library or a program of the system.
const PACKAGES: &str = include_str!("python_packages/packages.txt");

/// Packages with parts in C, sorted: for each minor version of Python 3, the first version since when all have wheels.
const WHEELS: &str = include_str!("python_packages/wheels.txt");

/// The minor versions of Python 3 that both lists know.
const FIRST: u32 = 8;
const LAST: u32 = 15;

impl ImageRef<'_> {
    /// The newest version of Python that the tag of the official image stands for; `(3, u32::MAX)` where it is left open.
    pub fn python_version(self) -> Option<(u32, u32)> {
        (self.familiar_name() == "python").then(|| self.newest_version().unwrap_or((3, u32::MAX)))
    }
}

/// The versions that something may run on of which only is known that it is maintained.
const MAINTAINED: (u32, u32) = (11, 14);

/// What the index knows of a package and of all that it depends on.
#[derive(Debug, PartialEq)]
pub struct PythonPackage {
    pythons: Option<(u32, u32)>,
    /// Those that need a compiler, or something of the system; it may be one of them itself.
    pub needing: Vec<&'static str>,
}

impl PythonPackage {
    /// By the normalised name; `None` where it is not known.
    pub fn named(name: &str) -> Option<PythonPackage> {
        let mut pythons = Some((FIRST, LAST));
        let mut needing = Vec::new();
        for word in line(PACKAGES, name)?.split(' ').skip(1) {
            match word.strip_prefix('!') {
                Some(other) => needing.push(other),
                None => pythons = word.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?))),
            }
        }
        Some(PythonPackage { pythons, needing })
    }

    /// Whether neither a compiler nor anything of the system is needed for it, with a version of Python; where none is
    /// known, with all that are maintained.
    pub fn is_plain(&self, python: Option<(u32, u32)>) -> bool {
        let (first, last) = match python {
            Some((3, minor)) => (minor.min(LAST), minor.min(LAST)),
            Some(_) => return false,
            None => MAINTAINED,
        };
        self.needing.is_empty() && self.pythons.is_some_and(|(from, to)| from <= first && last <= to)
    }
}

/// Whether a package of pip (its normalised name) and all that it depends on need neither a compiler nor anything of the
/// system, as [`PythonPackage::is_plain`] says it.
pub fn pip_is_plain(name: &str, python: Option<(u32, u32)>) -> bool {
    PythonPackage::named(name).is_some_and(|package| package.is_plain(python))
}

/// Whether pip may have to compile a package (its normalised name), whose version is asked for as `bound` says it:
/// `==4.6.3`, `<2`, `>=1,<1.24`. Without a version of Python, that is the newest.
pub fn may_lack_wheel(name: &str, bound: &str, python: Option<(u32, u32)>) -> bool {
    let Some(line) = line(WHEELS, name) else { return false };
    let minor = python.filter(|(major, _)| *major == 3).map_or(LAST, |(_, minor)| minor.clamp(FIRST, LAST));
    let first = line.split(' ').nth((minor - FIRST) as usize + 1).filter(|first| *first != "-");
    // Where no version has wheels, all are older than the first that does.
    let first = first.map_or_else(|| vec![u32::MAX], numbers);
    bound.split(',').map(str::trim).any(|part| {
        let (sign, version) = part.split_at(part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len()));
        let sign = sign.trim();
        let start = version.strip_suffix(".*").unwrap_or(version);
        match sign {
            _ if start.is_empty() => false,
            "~=" | "==" if sign == "~=" || start != version => {
                // Here a zero at the end counts: `~=1.24.0` is `==1.24.*`.
                let mut newest = parts(start);
                newest.truncate(newest.len().saturating_sub(usize::from(sign == "~=")));
                newest.push(u32::MAX);
                newest < first
            }
            "==" | "===" | "<=" => numbers(start) < first,
            "<" => numbers(start) <= first,
            _ => false,
        }
    })
}

/// The numbers of a version.
fn parts(version: &str) -> Vec<u32> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    version.split('.').map_while(|part| digits(part).parse().ok()).collect()
}

/// The same without zeros at its end, so that 1.0 is as new as 1.
fn numbers(version: &str) -> Vec<u32> {
    let mut found = parts(version);
    while found.last() == Some(&0) {
        found.pop();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_sorted_and_every_line_is_found() {
        for list in [PACKAGES, WHEELS] {
            assert!(list.lines().map(|line| line.split(' ').next()).is_sorted());
            for found in list.lines() {
                assert_eq!(line(list, found.split(' ').next().unwrap()), Some(found));
            }
            for name in ["", "-", "a", "flasl", "zzzz", "~"] {
                assert_eq!(line(list, name), None, "{name}");
            }
        }
    }

    #[test]
    fn what_others_bring_counts() {
        let is_plain = |name, minor| PythonPackage::named(name).unwrap().is_plain(Some((3, minor)));
        assert!(is_plain("flask", 12) && is_plain("flask", 15));
        assert!(is_plain("pandas", 12));
        assert!(!is_plain("mysqlclient", 12));
        assert!(!is_plain("mlflow", 12), "it starts git");
        assert_eq!(PythonPackage::named("no-such-package"), None);
    }

    #[test]
    fn old_versions_have_no_wheels_for_new_interpreters() {
        let lacks = |name, bound, minor| may_lack_wheel(name, bound, Some((3, minor)));
        assert!(lacks("lxml", "==4.6.3", 12));
        assert!(!lacks("lxml", "==5.2.1", 12));
        assert!(lacks("lxml", "==5.2.1", 13));
        assert!(lacks("numpy", ">=1.20,<1.24", 12));
        assert!(!lacks("numpy", ">=1.20", 12));
        assert!(!lacks("numpy", "~=1.26", 12));
        assert!(lacks("numpy", "~=1.24.0", 12));
        assert!(lacks("numpy", "==1.24.*", 12));
        assert!(lacks("aiohttp", "==3.0.*", 12));
        assert!(!lacks("pandas", "<3", 12));
        assert!(!lacks("pyyaml", "==6.0", 11));
        assert!(!lacks("flask", "==0.1", 12));
        assert!(may_lack_wheel("pillow", "==10.4.0", None));
    }
}
