//! Reading a `dopt.toml`. What is not known is a mistake, with the line and the nearest thing that is known.

use std::ops::Range;
use std::path::Path;

use dopt_model::managers_with_mounts;
use dopt_rewrite::{Merge, Strategies, Strategy, Transform};
use dopt_transforms::CATALOG;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pin::PinConfig;
use crate::args::find_rule;

/// What a file says; `None` where it says nothing.
#[derive(Debug, Default)]
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
    pub pin: PinConfig,
}

/// What is wrong, and where in the text.
#[derive(Debug)]
pub struct Wrong {
    /// One sentence without a full stop.
    pub message: String,
    /// The bytes that it is about.
    pub at: Range<usize>,
}

pub(super) const KEYS: [&str; 9] =
    ["select", "ignore", "unsafe-fixes", "merge-runs", "strategy", "allow-mounts", "stages", "exclude", "pin"];

impl FileConfig {
    /// Reads the text; the globs in it count from `root`.
    pub fn read(text: &str, root: &Path) -> Result<FileConfig, Wrong> {
        let table = DeTable::parse(text)
            .map_err(|error| Wrong { message: error.message().to_owned(), at: error.span().unwrap_or_default() })?;
        let mut entries: Vec<_> = table.get_ref().iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut config = FileConfig::default();
        for (key, value) in entries {
            match key.get_ref().as_ref() {
                "select" => config.select = Some(rules(value)?),
                "ignore" => config.ignore = Some(rules(value)?),
                "unsafe-fixes" => config.unsafe_fixes = Some(boolean(value)?),
                "merge-runs" => config.merge_runs = Some(one_of(value, &MERGES)?),
                "strategy" => config.strategies = Some(strategies(value)?),
                "allow-mounts" => config.allow_mounts = Some(boolean(value)?),
                "stages" => config.all_stages = Some(one_of(value, &STAGES)?),
                "exclude" => config.exclude = Some(globs(value, root)?),
                "pin" => config.pin = PinConfig::read(value, root)?,
                unknown => return Err(wrong(key, not_known("key", unknown, &KEYS))),
            }
        }
        Ok(config)
    }
}

const MERGES: [(&str, Merge); 3] = [("auto", Merge::Auto), ("all", Merge::All), ("never", Merge::Never)];
const STRATEGIES: [(&str, Strategy); 2] = [("clean", Strategy::Clean), ("cache-mount", Strategy::CacheMount)];
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
        assert_eq!(message("stages = \"al\"\n").0, "expected one of \"image\", \"all\"");
    }
}
