//! Which files may differ between an image and the one made after dopt's fixes: those that the transforms say they
//! delete, and what no two builds have in common. One table, for `dopt verify` and for dopt's own tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::{Change, Difference};
use crate::{Class, Packages};

/// What a transform may take away, by what the files are. Whatever is not here has to stay as it was.
const DELETED: &[(&str, &[Class])] = &[
    ("clean-apt", &[Class::PackageLists, Class::PackageCache]),
    ("no-apk-cache", &[Class::PackageLists, Class::PackageCache]),
    ("no-pip-cache", &[Class::PipCache]),
    ("clean-caches", &[Class::PackageCache, Class::NpmCache, Class::OtherCache, Class::PipCache]),
    ("force-npm-clean", &[Class::NpmCache]),
    ("mount-caches", &[Class::PackageLists, Class::PackageCache, Class::PipCache, Class::NpmCache, Class::OtherCache]),
    ("remove-archives", &[Class::Archives]),
    ("bind-archives", &[Class::Archives]),
];

/// Transforms after which fewer packages are installed.
const FEWER_PACKAGES: &[&str] = &["skip-recommends", "purge-build-deps", "share-packages"];

/// Transforms after which the system of the image is another: a smaller base, or one without what has built. Whether what
/// runs finds what it needs there, a command in the image has to show.
const OTHER_SYSTEM: &[&str] = &["split-stages", "slim-base"];

/// Folders of a system. What lies elsewhere is what the file itself has brought.
const SYSTEM: &[&str] = &[
    "bin", "boot", "dev", "etc", "go", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root", "run",
    "sbin", "srv", "sys", "tmp", "usr", "var", "home",
];

/// Whether a path is meant.
type Fits = fn(&str) -> bool;

/// Files by the end of their paths that a transform says it changes or deletes.
const TOUCHED: &[(&str, &[Change], Fits)] = &[
    ("skip-lastlog", &[Change::Content], |path| matches!(path, "var/log/lastlog" | "var/log/faillog")),
    ("strip-binaries", &[Change::Content], |path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_setting = ["etc/", "var/", "proc/", "sys/"].iter().any(|folder| path.starts_with(folder));
        path.contains("bin/") || path.contains(".so") || !name.contains('.') && !is_setting
    }),
    // It keeps what was downloaded from being kept, and a mount lies in a folder that is made where it is not there.
    ("mount-caches", &[Change::Gone, Change::Content], |path| path == "etc/apt/apt.conf.d/docker-clean"),
    ("mount-caches", &[Change::New], |path| matches!(path, "root/.cache" | "root/.cache/pip" | "root/.npm")),
    ("omit-dev", &[Change::Gone, Change::Content], |path| path.contains("node_modules/") || path.contains("/vendor/")),
    ("production-dependencies", &[Change::Gone, Change::Content], |path| path.contains("node_modules/")),
    ("use-npm-ci", &[Change::Gone, Change::Content], |path| {
        path.contains("node_modules/") || path.ends_with("package-lock.json")
    }),
    // The user, its home, and what is given to it.
    ("non-root", &[Change::Owner], |_| true),
    ("non-root", &[Change::New, Change::Mode], |path| {
        !path.contains('/') || path == "home/app" || path.starts_with("home/app/")
    }),
    ("non-root", &[Change::New, Change::Content], |path| {
        let name = path.strip_prefix("etc/").unwrap_or_default().trim_end_matches('-');
        ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"].contains(&name)
            || ["var/log/lastlog", "var/log/faillog", "etc/.pwd.lock"].contains(&path)
    }),
    ("modernize-npm", &[Change::Content], |path| path.ends_with("node_modules/.package-lock.json")),
];

/// What every build makes anew.
const NOISE: &[(&[Change], Fits)] = &[
    // Logs hold the time, and npm calls its own after it.
    (&[Change::Content], |path| path.starts_with("var/log/")),
    (&[Change::New, Change::Gone], |path| path.contains("/.npm/_logs/")),
    // The linker's cache holds numbers and times of files.
    (&[Change::Content], |path| path == "var/cache/ldconfig/aux-cache"),
    // Compiled Python holds the time of its source.
    (&[Change::Content], |path| path.ends_with(".pyc") && path.contains("/__pycache__/")),
    // Places that engines mount something over while they build.
    (&[Change::New, Change::Gone], |path| {
        matches!(path, "dev" | "proc" | "sys" | "run" | "etc/resolv.conf" | "etc/hosts")
    }),
];

/// Why a difference is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A fix said so: which transform.
    Declared(String),
    /// Every build makes it anew.
    Noise,
}

/// What is expected between two images.
#[derive(Debug)]
pub struct Declared {
    rules: Vec<String>,
    packages: Packages,
    /// What differs between two builds of the original.
    learnt: BTreeSet<String>,
    /// Folders in which two builds of the original have files by different names.
    restless: BTreeSet<String>,
}

/// Whether the transforms leave the system of an image, and the variables that its base has set, to another image.
pub fn changes_system(rules: &[String]) -> bool {
    rules.iter().any(|rule| OTHER_SYSTEM.contains(&rule.as_str()))
}

impl Declared {
    /// By the transforms that changed something; `gone` are the packages that only the first image has, and `baseline`
    /// what differs between two builds of the original.
    pub fn by(rules: &[String], gone: Packages, baseline: &[Difference]) -> Declared {
        let is_new = |found: &&Difference| found.change == Change::New;
        Declared {
            rules: rules.to_vec(),
            packages: gone,
            learnt: baseline.iter().map(|found| found.path.clone()).collect(),
            restless: baseline.iter().filter(is_new).map(|found| folder_of(&found.path).to_owned()).collect(),
        }
    }

    /// Splits differences into what is expected, with the reason, and what is not.
    pub fn judge(&self, found: Vec<Difference>) -> (Vec<(Difference, Reason)>, Vec<Difference>) {
        let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
        for difference in &found {
            if let Some(reason) = self.reason(difference) {
                reasons.insert(difference.path.clone(), reason);
            }
        }
        // A folder may go with the last of what was in it, if all of that was declared.
        let gone: BTreeSet<&str> =
            found.iter().filter(|found| found.change == Change::Gone).map(|found| found.path.as_str()).collect();
        for folder in gone.iter().rev() {
            let (start, end) = (format!("{folder}/"), format!("{folder}0"));
            let mut inside = gone.range(start.as_str()..end.as_str()).map(|path| reasons.get(*path));
            let first = inside.next().flatten().cloned();
            let all = inside.all(|reason| reason.is_some());
            if let Some(reason) = first.filter(|_| all) {
                reasons.entry((*folder).to_owned()).or_insert(reason);
            }
        }
        let mut split = (Vec::new(), Vec::new());
        for difference in found {
            match reasons.remove(&difference.path) {
                Some(reason) => split.0.push((difference, reason)),
                None => split.1.push(difference),
            }
        }
        split
    }

    fn reason(&self, found: &Difference) -> Option<Reason> {
        let Difference { path, change, .. } = found;
        let by = |rule: &str| Reason::Declared(rule.to_owned());
        let has = |rule: &str| self.rules.iter().any(|found| found == rule);
        if *change == Change::Gone {
            // A folder is what its files would be.
            let class = if found.before == "folder" { Class::of(&format!("{path}/")) } else { Class::of(path) };
            let deleted = DELETED.iter().find(|(rule, classes)| has(rule) && classes.contains(&class));
            if let Some((rule, _)) = deleted {
                return Some(by(rule));
            }
        }
        let touched = TOUCHED.iter().find(|(rule, changes, fits)| has(rule) && changes.contains(change) && fits(path));
        if let Some((rule, ..)) = touched {
            return Some(by(rule));
        }
        // A volume is made by the first container where nobody has made it; here it is given to the user before.
        if has("non-root") && *change == Change::New && found.after == "folder" {
            return Some(by("non-root"));
        }
        if let Some(rule) = FEWER_PACKAGES.iter().find(|rule| has(rule) && self.is_of_packages(found)) {
            return Some(by(rule));
        }
        let is_gone = *change == Change::Gone && has("split-stages");
        let is_of_system = SYSTEM.contains(&path.split('/').next().unwrap_or_default());
        if let Some(rule) = OTHER_SYSTEM.iter().find(|rule| has(rule) && (is_gone || is_of_system)) {
            return Some(by(rule));
        }
        // The old name is learnt; the new one is another each time.
        let in_restless = || *change == Change::New && self.restless.contains(folder_of(path));
        let noise = NOISE.iter().any(|(changes, fits)| changes.contains(change) && fits(path));
        (noise || self.learnt.contains(path) || in_restless()).then_some(Reason::Noise)
    }

    fn is_of_packages(&self, found: &Difference) -> bool {
        if self.packages.is_empty() {
            return false;
        }
        match found.change {
            Change::Gone => self.packages.own(&found.path) || Packages::are_described_by(&found.path),
            Change::New => false,
            _ => Packages::are_described_by(&found.path),
        }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_stripped_may_lie_anywhere_and_a_setting_is_none() {
        let changed = |path: &str| Difference {
            path: path.to_owned(),
            change: Change::Content,
            before: String::new(),
            after: String::new(),
            bytes_before: 9,
            bytes_after: 5,
        };
        let declared = Declared::by(&["strip-binaries".to_owned()], Packages::default(), &[]);
        let paths = ["server", "app/server", "usr/local/bin/server", "etc/hosts", "app/data.json", "var/lib/state"];
        let (_, unexpected) = declared.judge(paths.map(changed).into());
        let left: Vec<&str> = unexpected.iter().map(|found| found.path.as_str()).collect();
        assert_eq!(left, ["etc/hosts", "app/data.json", "var/lib/state"]);
    }
}
