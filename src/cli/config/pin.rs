//! The part of a `dopt.toml` that is about pinning: `pin = true`, or a table.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dopt_model::Platform;
use dopt_rewrite::{ImageGlob, PinPolicy};

use super::file::{Value, Wrong, boolean, not_known, one_of, strings, wrong, wrong_type};
use crate::pins::PinChoice;

/// What a file says about pinning; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinConfig {
    /// `by-default = "required"`: whether `dopt fix` and `dopt check` pin without `--pin`
    pub by_default: Option<PinChoice>,
    /// `policy = { "ghcr.io/acme/**" = "ignore" }`, in the order of the file
    pub policies: Vec<(ImageGlob, PinPolicy)>,
    /// `contexts = ["base"]`
    pub contexts: Vec<String>,
    /// `platforms = ["linux/amd64"]`
    pub platforms: Vec<Platform>,
    /// `mirrors = { "docker.io" = ["mirror.example.com"] }`
    pub mirrors: Vec<(String, Vec<String>)>,
    /// `insecure = ["registry.lan:5000"]`
    pub insecure: Vec<String>,
    /// `ca-files = ["certs/lan.pem"]`, seen from the folder of the file
    pub ca_files: Vec<PathBuf>,
    /// `timeout = 20`, in seconds
    pub timeout: Option<Duration>,
    /// `max-age = "30d"`
    pub max_age: Option<Duration>,
}

pub(super) const KEYS: [&str; 9] =
    ["by-default", "policy", "contexts", "platforms", "mirrors", "insecure", "ca-files", "timeout", "max-age"];
const POLICIES: [(&str, PinPolicy); 3] =
    [("pin", PinPolicy::Pin), ("ignore", PinPolicy::Ignore), ("never-update", PinPolicy::NeverUpdate)];

impl PinConfig {
    /// Reads the value of `pin`; files in it count from `root`.
    pub fn read(value: &Value<'_>, root: &Path) -> Result<PinConfig, Wrong> {
        let mut config = PinConfig::default();
        let Some(table) = value.get_ref().as_table() else {
            config.by_default = Some(choice(value)?);
            return Ok(config);
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "by-default" => config.by_default = Some(choice(value)?),
                "policy" => config.policies = policies(value)?,
                "contexts" => config.contexts = words(value)?,
                "platforms" => config.platforms = platforms(value)?,
                "mirrors" => config.mirrors = mirrors(value)?,
                "insecure" => config.insecure = hosts(value)?,
                "ca-files" => config.ca_files = words(value)?.iter().map(|file| root.join(file)).collect(),
                "timeout" => config.timeout = Some(seconds(value)?),
                "max-age" => config.max_age = Some(age(value)?),
                unknown => return Err(wrong(key, not_known("key", unknown, &KEYS))),
            }
        }
        Ok(config)
    }
}

fn choice(value: &Value<'_>) -> Result<PinChoice, Wrong> {
    match value.get_ref().as_str() {
        Some("required") => Ok(PinChoice::Required),
        Some(_) => Err(wrong(value, "expected true, false or \"required\"".to_owned())),
        None if value.get_ref().as_bool().is_none() => Err(wrong_type(value, "true, false, \"required\" or a table")),
        None => Ok(if boolean(value)? { PinChoice::On } else { PinChoice::Off }),
    }
}

/// In the order of the file, for the last one counts.
fn policies(value: &Value<'_>) -> Result<Vec<(ImageGlob, PinPolicy)>, Wrong> {
    let table = value.get_ref().as_table().ok_or_else(|| wrong_type(value, "a table of globs"))?;
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let policy = |(key, value): (&toml::Spanned<_>, &Value<'_>)| {
        let glob: &std::borrow::Cow<'_, str> = key.get_ref();
        Ok((ImageGlob::new(glob.as_ref()), one_of(value, &POLICIES)?))
    };
    entries.into_iter().map(policy).collect()
}

fn words(value: &Value<'_>) -> Result<Vec<String>, Wrong> {
    Ok(strings(value)?.into_iter().map(|(_, word)| word.to_owned()).collect())
}

fn platforms(value: &Value<'_>) -> Result<Vec<Platform>, Wrong> {
    let platform = |(item, name): (&Value<'_>, &str)| {
        Platform::parse(name).ok_or_else(|| wrong(item, "expected a platform such as \"linux/arm64\"".to_owned()))
    };
    strings(value)?.into_iter().map(platform).collect()
}

/// One host or several for each registry.
fn mirrors(value: &Value<'_>) -> Result<Vec<(String, Vec<String>)>, Wrong> {
    let table = value.get_ref().as_table().ok_or_else(|| wrong_type(value, "a table of registries"))?;
    let mut found = Vec::new();
    for (key, value) in table {
        let mirrors = match value.get_ref().as_str() {
            Some(_) => vec![host(value, value.get_ref().as_str().unwrap_or_default())?],
            None => hosts(value)?,
        };
        found.push((key.get_ref().to_string(), mirrors));
    }
    Ok(found)
}

fn hosts(value: &Value<'_>) -> Result<Vec<String>, Wrong> {
    strings(value)?.into_iter().map(|(item, text)| host(item, text)).collect()
}

fn host(item: &Value<'_>, text: &str) -> Result<String, Wrong> {
    match text.contains(['@', ' ', '\t']) || text.contains("://") || text.is_empty() {
        true => Err(wrong(item, "expected a host such as \"registry.example.com:5000\", without https://".to_owned())),
        false => Ok(text.to_owned()),
    }
}

fn seconds(value: &Value<'_>) -> Result<Duration, Wrong> {
    let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
    match number {
        Some(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(wrong(value, "expected 1 to 3600 seconds".to_owned())),
        None => Err(wrong_type(value, "a number of seconds")),
    }
}

fn age(value: &Value<'_>) -> Result<Duration, Wrong> {
    let text = value.get_ref().as_str().ok_or_else(|| wrong_type(value, "a time such as \"30d\""))?;
    humantime::parse_duration(text).map_err(|_| wrong(value, "expected a time such as \"30d\"".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::file::FileConfig;
    use super::*;

    fn read(text: &str) -> Result<PinConfig, (String, String)> {
        let read = FileConfig::read(text, Path::new("/p"));
        read.map(|config| config.pin.unwrap_or_default()).map_err(|wrong| (wrong.message, text[wrong.at].to_owned()))
    }

    #[test]
    fn all_keys_are_read() {
        assert_eq!(read("pin = true\n").unwrap().by_default, Some(PinChoice::On));
        assert_eq!(read("pin = \"required\"\n").unwrap().by_default, Some(PinChoice::Required));
        let config = read(concat!(
            "[pin]\nby-default = false\ncontexts = [\"base\"]\nplatforms = [\"linux/amd64\"]\n",
            "insecure = [\"r.lan:5000\"]\nca-files = [\"ca.pem\", \"/etc/ca.pem\"]\ntimeout = 5\nmax-age = \"30d\"\n",
            "[pin.policy]\n\"z/**\" = \"ignore\"\n\"a/**\" = \"never-update\"\n",
            "[pin.mirrors]\n\"docker.io\" = \"m.lan/hub\"\n\"quay.io\" = [\"a\", \"b\"]\n",
        ))
        .unwrap();
        assert_eq!(config.by_default, Some(PinChoice::Off));
        assert_eq!(
            config.policies,
            [(ImageGlob::new("z/**"), PinPolicy::Ignore), (ImageGlob::new("a/**"), PinPolicy::NeverUpdate)]
        );
        assert_eq!(config.ca_files, [Path::new("/p/ca.pem"), Path::new("/etc/ca.pem")]);
        assert_eq!(config.max_age, Some(Duration::from_secs(30 * 24 * 60 * 60)));
        assert_eq!(
            config.mirrors,
            [
                ("docker.io".to_owned(), vec!["m.lan/hub".to_owned()]),
                ("quay.io".to_owned(), vec!["a".to_owned(), "b".to_owned()])
            ]
        );
    }

    #[test]
    fn mistakes_name_the_place_and_what_was_expected() {
        for (text, message, at) in [
            ("pin = \"always\"", "expected true, false or \"required\"", "\"always\""),
            ("pin = 1", "expected true, false, \"required\" or a table, found an integer", "1"),
            ("[pin]\nmirror = {}", "unknown key `mirror`; did you mean `mirrors`?", "mirror"),
            ("[pin]\npolicy = {a = \"leave\"}", "expected one of \"pin\", \"ignore\", \"never-update\"", "\"leave\""),
            ("[pin]\nplatforms = [\"arm\", \"x\"]", "expected a platform such as \"linux/arm64\"", "\"x\""),
            (
                "[pin]\ninsecure = [\"http://a\"]",
                "expected a host such as \"registry.example.com:5000\", without https://",
                "\"http://a\"",
            ),
            (
                "[pin.mirrors]\nx = \"me:secret@a\"",
                "expected a host such as \"registry.example.com:5000\", without https://",
                "\"me:secret@a\"",
            ),
            ("[pin]\ntimeout = 0", "expected 1 to 3600 seconds", "0"),
            ("[pin]\nmax-age = \"soon\"", "expected a time such as \"30d\"", "\"soon\""),
        ] {
            assert_eq!(read(text).unwrap_err(), (message.to_owned(), at.to_owned()));
        }
    }
}
