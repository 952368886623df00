//! Reading a `dopt.toml`. What is not known is a mistake, with the line and the nearest thing that is known.

use std::ops::Range;
use std::path::{Path, PathBuf};

use dopt_model::managers_with_mounts;
use dopt_rewrite::{Merge, SplitBase, Strategies, Strategy, Transform};
use dopt_transforms::{CATALOG, EDITIONS};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pin::PinConfig;
use crate::args::find_rule;

/// What a file says; `None` where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct FileConfig {
    /// `select = ["clean-apt"]`
    pub select: Option<Vec<&'static Transform>>,
    /// `ignore = ["merge-runs"]`
    pub ignore: Option<Vec<&'static Transform>>,
    /// `unsafe-fixes = true`
    pub unsafe_fixes: Option<bool>,
    /// `merge-runs = "auto"`
    pub merge_runs: Option<Merge>,
    /// `strategy = "cache-mount"`, or a table of managers
    pub strategies: Option<Strategies>,
    /// `allow-mounts = true`
    pub allow_mounts: Option<bool>,
    /// `stages = "all"`
    pub all_stages: Option<bool>,
    /// `exclude = ["vendor/"]`, as in a `.gitignore` beside the file
    pub exclude: Option<Gitignore>,
    /// `pin = true`, or a table
    pub pin: Option<PinConfig>,
    /// `split = { base = "slim" }`
    pub split_base: Option<SplitBase>,
    /// `undo = false`
    pub undo: Option<bool>,
    /// `edition = "2026"`
    pub edition: Option<&'static str>,
    /// `[[overrides]]`, in the order of the file
    pub overrides: Vec<Override>,
    /// `extend = "../dopt.toml"`, and where that stands
    pub extend: Option<(PathBuf, Range<usize>)>,
}

/// What counts for some of the files.
#[derive(Clone, Debug)]
pub struct Override {
    /// `paths = ["legacy/"]`, as in a `.gitignore` beside the file
    pub paths: Gitignore,
    /// What counts instead.
    pub config: FileConfig,
}

/// What is wrong, and where in the text.
#[derive(Debug)]
pub struct Wrong {
    /// One sentence without a full stop.
    pub message: String,
    /// The bytes that it is about.
    pub at: Range<usize>,
}

pub(super) const KEYS: [&str; 14] = [
    "extend", "edition", "select", "ignore", "unsafe-fixes", "merge-runs", "strategy", "allow-mounts", "stages",
    "exclude", "pin", "split", "undo", "overrides",
];

/// The keys of an override.
pub(super) const OWN_KEYS: [&str; 10] =
    ["paths", "select", "ignore", "unsafe-fixes", "merge-runs", "strategy", "allow-mounts", "stages", "split", "undo"];

impl FileConfig {
    /// Reads the text; the globs in it count from `root`.
    pub fn read(text: &str, root: &Path) -> Result<FileConfig, Wrong> {
        let table = DeTable::parse(text)
            .map_err(|error| Wrong { message: error.message().to_owned(), at: error.span().unwrap_or_default() })?;
        let mut config = FileConfig::default();
        for (key, value) in in_order(table.get_ref()) {
            match key.get_ref().as_ref() {
                "exclude" => config.exclude = Some(globs(value, root)?),
                "pin" => config.pin = Some(PinConfig::read(value, root)?),
                "edition" => config.edition = Some(edition(value)?),
                "extend" => config.extend = Some((root.join(string(value)?), value.span())),
                "overrides" => config.overrides = overrides(value, root)?,
                name if config.take(name, value)? => {}
                unknown => return Err(wrong(key, not_known("key", unknown, &KEYS))),
            }
        }
        Ok(config)
    }

    /// Takes a key that files and overrides have in common; whether it is one.
    fn take(&mut self, name: &str, value: &Value<'_>) -> Result<bool, Wrong> {
        match name {
            "select" => self.select = Some(rules(value)?),
            "ignore" => self.ignore = Some(rules(value)?),
            "unsafe-fixes" => self.unsafe_fixes = Some(boolean(value)?),
            "merge-runs" => self.merge_runs = Some(one_of(value, &MERGES)?),
            "strategy" => self.strategies = Some(strategies(value)?),
            "allow-mounts" => self.allow_mounts = Some(boolean(value)?),
            "stages" => self.all_stages = Some(one_of(value, &STAGES)?),
            "split" => self.split_base = split_base(value)?,
            "undo" => self.undo = Some(boolean(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The same, with what a more general configuration says where this one says nothing. Overrides of both count, its
    /// own behind the other's.
    pub fn over(self, base: FileConfig) -> FileConfig {
        FileConfig {
            select: self.select.or(base.select),
            ignore: self.ignore.or(base.ignore),
            unsafe_fixes: self.unsafe_fixes.or(base.unsafe_fixes),
            merge_runs: self.merge_runs.or(base.merge_runs),
            strategies: self.strategies.or(base.strategies),
            allow_mounts: self.allow_mounts.or(base.allow_mounts),
            all_stages: self.all_stages.or(base.all_stages),
            exclude: self.exclude.or(base.exclude),
            pin: self.pin.or(base.pin),
            split_base: self.split_base.or(base.split_base),
            undo: self.undo.or(base.undo),
            edition: self.edition.or(base.edition),
            overrides: [base.overrides, self.overrides].concat(),
            extend: self.extend,
        }
    }
}

/// The entries of a table as they stand in the file.
fn in_order<'t, 'v>(table: &'t DeTable<'v>) -> Vec<(&'t Spanned<std::borrow::Cow<'v, str>>, &'t Value<'v>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn overrides(value: &Value<'_>, root: &Path) -> Result<Vec<Override>, Wrong> {
    let array = value.get_ref().as_array().ok_or_else(|| wrong_type(value, "tables, each headed [[overrides]]"))?;
    array.iter().map(|item| one_override(item, root)).collect()
}

fn one_override(value: &Value<'_>, root: &Path) -> Result<Override, Wrong> {
    let table = value.get_ref().as_table().ok_or_else(|| wrong_type(value, "a table with paths"))?;
    let (mut config, mut paths) = (FileConfig::default(), None);
    for (key, value) in in_order(table) {
        match key.get_ref().as_ref() {
            "paths" => paths = Some(globs(value, root)?),
            name if config.take(name, value)? => {}
            unknown => return Err(wrong(key, not_known("key of an override", unknown, &OWN_KEYS))),
        }
    }
    let paths = paths.ok_or_else(|| wrong(value, "an override needs paths = [\"…\"]".to_owned()))?;
    Ok(Override { paths, config })
}

fn edition(value: &Value<'_>) -> Result<&'static str, Wrong> {
    let word = string(value)?;
    EDITIONS.iter().copied().find(|edition| *edition == word).ok_or_else(|| {
        wrong(
            value,
            format!("unknown edition `{word}`; this dopt knows {}, a later one may know more", EDITIONS.join(", ")),
        )
    })
}

fn string<'v>(value: &'v Value<'_>) -> Result<&'v str, Wrong> {
    value.get_ref().as_str().ok_or_else(|| wrong_type(value, "a string"))
}

const MERGES: [(&str, Merge); 3] = [("auto", Merge::Auto), ("all", Merge::All), ("never", Merge::Never)];
const STRATEGIES: [(&str, Strategy); 2] = [("clean", Strategy::Clean), ("cache-mount", Strategy::CacheMount)];
const SPLIT_BASES: [(&str, SplitBase); 3] =
    [("same", SplitBase::Same), ("slim", SplitBase::Slim), ("minimal", SplitBase::Minimal)];
const STAGES: [(&str, bool); 2] = [("image", false), ("all", true)];

pub(super) type Value<'v> = Spanned<DeValue<'v>>;

fn rules(value: &Value<'_>) -> Result<Vec<&'static Transform>, Wrong> {
    let names: Vec<_> = CATALOG.iter().map(|rule| rule.name).collect();
    let rule = |(item, name): (&Value<'_>, &str)| {
        find_rule(name).ok_or_else(|| wrong(item, not_known("transform", name, &names)))
    };
    strings(value)?.into_iter().map(rule).collect()
}

fn globs(value: &Value<'_>, root: &Path) -> Result<Gitignore, Wrong> {
    let mut builder = GitignoreBuilder::new(root);
    for (item, glob) in strings(value)? {
        builder.add_line(None, glob).map_err(|error| wrong(item, format!("this is no glob: {error}")))?;
    }
    builder.build().map_err(|error| wrong(value, format!("these globs cannot be used: {error}")))
}

/// One word for all managers, or a table with a word for each and `default` for the others.
fn strategies(value: &Value<'_>) -> Result<Strategies, Wrong> {
    let Some(table) = value.get_ref().as_table() else {
        return Ok(Strategies { default: one_of(value, &STRATEGIES)?, own: Vec::new() });
    };
    let mut found = Strategies::default();
    let known = managers_with_mounts();
    for (key, value) in table {
        let strategy = one_of(value, &STRATEGIES)?;
        match key.get_ref().as_ref() {
            "default" => found.default = strategy,
            name if known.contains(&name) => found.own.push((name.to_owned(), strategy)),
            unknown => return Err(wrong(key, not_known("package manager", unknown, &known))),
        }
    }
    Ok(found)
}

fn split_base(value: &Value<'_>) -> Result<Option<SplitBase>, Wrong> {
    let table = value.get_ref().as_table().ok_or_else(|| wrong_type(value, "a table"))?;
    let mut found = None;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "base" => found = Some(one_of(value, &SPLIT_BASES)?),
            unknown => return Err(wrong(key, not_known("key", unknown, &["base"]))),
        }
    }
    Ok(found)
}

pub(super) fn boolean(value: &Value<'_>) -> Result<bool, Wrong> {
    value.get_ref().as_bool().ok_or_else(|| wrong_type(value, "true or false"))
}

pub(super) fn one_of<T: Copy>(value: &Value<'_>, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let expected = format!("one of {}", names.join(", "));
    let word = value.get_ref().as_str().ok_or_else(|| wrong_type(value, &expected))?;
    let found = choices.iter().find(|(name, _)| *name == word);
    found.map(|(_, choice)| *choice).ok_or_else(|| wrong(value, format!("expected {expected}")))
}

pub(super) fn strings<'v>(value: &'v Value<'_>) -> Result<Vec<(&'v Value<'v>, &'v str)>, Wrong> {
    let expected = "an array of strings";
    let array = value.get_ref().as_array().ok_or_else(|| wrong_type(value, expected))?;
    let string = |item: &'v Value<'_>| match item.get_ref().as_str() {
        Some(text) => Ok((item, text)),
        None => Err(wrong_type(item, "a string")),
    };
    array.iter().map(string).collect()
}

pub(super) fn wrong<T>(place: &Spanned<T>, message: String) -> Wrong {
    Wrong { message, at: place.span() }
}

pub(super) fn wrong_type(value: &Value<'_>, expected: &str) -> Wrong {
    let article = |kind: &'static str| match kind {
        "array" | "integer" => format!("an {kind}"),
        kind => format!("a {kind}"),
    };
    wrong(value, format!("expected {expected}, found {}", article(value.get_ref().type_str())))
}

/// `unknown key …`, with the nearest known word if one is near.
pub(super) fn not_known(what: &str, word: &str, known: &[&str]) -> String {
    let distance = |name: &&&str| (strsim::jaro_winkler(word, name) * 1e6) as u64;
    match known.iter().max_by_key(distance).filter(|name| distance(name) > 700_000) {
        Some(near) => format!("unknown {what} `{word}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{word}`; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> (String, String) {
        let wrong = FileConfig::read(text, Path::new("/")).unwrap_err();
        (wrong.message, text[wrong.at].to_owned())
    }

    #[test]
    fn all_keys_are_read() {
        let text = "unsafe-fixes = true\nmerge-runs = \"never\"\nstages = \"all\"\nexclude = [\"a/\"]\nselect = []\n";
        let config = FileConfig::read(text, Path::new("/")).unwrap();
        assert_eq!(config.unsafe_fixes, Some(true));
        assert_eq!(config.merge_runs, Some(Merge::Never));
        assert_eq!(config.all_stages, Some(true));
        let text = "strategy = { default = \"cache-mount\", apt = \"clean\" }\nallow-mounts = true\n";
        let mounted = FileConfig::read(text, Path::new("/")).unwrap();
        let own = vec![("apt".to_owned(), Strategy::Clean)];
        assert_eq!(mounted.strategies, Some(Strategies { default: Strategy::CacheMount, own }));
        assert_eq!(mounted.allow_mounts, Some(true));
        let split = FileConfig::read("split.base = \"minimal\"\n", Path::new("/")).unwrap();
        assert_eq!(split.split_base, Some(SplitBase::Minimal));
        assert!(config.exclude.is_some() && config.select.is_some_and(|list| list.is_empty()));
    }

    #[test]
    fn mistakes_name_the_place_and_the_nearest_word() {
        let found = message("# x\nunsafe_fixes = true\n");
        assert_eq!(found, ("unknown key `unsafe_fixes`; did you mean `unsafe-fixes`?".into(), "unsafe_fixes".into()));
        let found = message("unsafe-fixes = \"yes\"\n");
        assert_eq!(found, ("expected true or false, found a string".into(), "\"yes\"".into()));
        assert_eq!(message("select = \"x\"\n").0, "expected an array of strings, found a string");
        assert_eq!(message("exclude = [1]\n").0, "expected a string, found an integer");
        let found = message("strategy = { npn = \"clean\" }\n");
        assert_eq!(found, ("unknown package manager `npn`; did you mean `npm`?".into(), "npn".into()));
        assert_eq!(message("strategy = \"cash\"\n").0, "expected one of \"clean\", \"cache-mount\"");
        assert_eq!(message("split.base = \"slin\"\n").0, "expected one of \"same\", \"slim\", \"minimal\"");
        assert_eq!(message("split.bas = \"slim\"\n").0, "unknown key `bas`; did you mean `base`?");
        assert_eq!(message("stages = \"al\"\n").0, "expected one of \"image\", \"all\"");
    }
}
