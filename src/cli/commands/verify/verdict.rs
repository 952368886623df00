//! Whether two images are the same but for what the fixes declare.

use std::collections::BTreeMap;

use dopt_image::{Change, Declared, Difference, Image, Packages, Reason, Tree, changes_system, differences};
use serde_json::Value;

use super::trial::{Built, Smoke, Trial};
use super::{Applied, Stop};
use crate::exit::Exit;

/// The original, and what differs from one of its builds to the next.
pub struct Original {
    built: Built,
    noise: Vec<Difference>,
}

impl Original {
    /// Builds it, twice if what differs is to be learnt.
    pub fn build(trial: &mut Trial<'_>, text: &str) -> Result<Original, Stop> {
        let fails = |log: String| {
            let message = format!("the file does not build as it is, so there is nothing to compare with:\n{log}");
            Stop::new(Exit::Failed, message)
        };
        let built = trial.build("the original", text)?.map_err(fails)?;
        // What cannot even be started in one image, and neither in the other, proves nothing.
        if let Some(Smoke { code: Some(code @ (126 | 127)), .. }) = built.smoke {
            let message = format!("the smoke command cannot be run in the original (status {code}; -v shows why)");
            return Err(Stop::new(Exit::Failed, message));
        }
        if trial.has_baseline() {
            let again = trial.build("the original again", text)?.map_err(fails)?;
            let noise = compared(&built.image, &again.image);
            return Ok(Original { built, noise });
        }
        Ok(Original { built, noise: Vec::new() })
    }
}

impl Original {
    /// Whether the smoke command did the same in another image.
    pub fn smoke_is(&self, other: &Built) -> bool {
        self.built.smoke == other.smoke
    }
}

/// What was found.
pub struct Verdict {
    /// The transforms that changed something, in order.
    pub rules: Vec<String>,
    /// Of them, those with a fix that may change what the image does.
    pub risky: Vec<String>,
    /// What the original is like.
    pub before: Side,
    /// What the rewritten file is like, or why it does not build.
    pub after: Result<Side, String>,
    /// What differs in the configuration.
    pub config: Vec<ConfigChange>,
    /// What differs as was to be expected.
    pub expected: Vec<(Difference, Reason)>,
    /// What nobody declared.
    pub unexpected: Vec<Difference>,
    /// What the smoke command did in both.
    pub smoke: Option<(Smoke, Smoke)>,
}

/// One of the two images.
pub struct Side {
    /// The bytes of all contents.
    pub bytes: u64,
    /// How many layers.
    pub layers: usize,
    /// Seconds of the build.
    pub seconds: f64,
}

/// What a container is started with, and was not before.
pub struct ConfigChange {
    /// `Env LANG`, `User`.
    pub key: String,
    /// As it was; empty where it was not set.
    pub before: String,
    /// As it is.
    pub after: String,
}

impl Verdict {
    /// Compares.
    pub fn new(original: &Original, after: Result<Built, String>, applied: Applied) -> Verdict {
        let before = &original.built;
        let Applied { rules, risky } = applied;
        let mut verdict = Verdict {
            rules,
            risky,
            before: Side::of(before),
            after: after.as_ref().map(Side::of).map_err(Clone::clone),
            config: Vec::new(),
            expected: Vec::new(),
            unexpected: Vec::new(),
            smoke: None,
        };
        let Ok(after) = after else { return verdict };
        verdict.config = config_changes(&before.image, &after.image, &verdict.rules);
        let gone = Packages::gone(&Tree::merge(&before.image.layers), &Tree::merge(&after.image.layers));
        let declared = Declared::by(&verdict.rules, gone, &original.noise);
        (verdict.expected, verdict.unexpected) = declared.judge(compared(&before.image, &after.image));
        verdict.smoke = before.smoke.clone().zip(after.smoke);
        verdict
    }

    /// Whether the rewrite does what it should.
    pub fn is_good(&self) -> bool {
        self.after.is_ok() && self.config.is_empty() && self.unexpected.is_empty() && self.smoke_is_same()
    }

    /// The transforms whose fixes nobody tried: for what may change what an image does, a command has to run in it.
    pub fn untried(&self) -> &[String] {
        if self.smoke.is_some() { &[] } else { &self.risky }
    }

    /// Whether the command did the same in both; also where there is none.
    pub fn smoke_is_same(&self) -> bool {
        self.smoke.as_ref().is_none_or(|(before, after)| before == after && before.code.is_some())
    }

    /// The bytes that each transform declared to take away, and, under no name, those that are stored once only now.
    pub fn saved(&self) -> Vec<(Option<&str>, i64)> {
        let Ok(after) = &self.after else { return Vec::new() };
        let mut by_rule: BTreeMap<&str, i64> = BTreeMap::new();
        for (difference, reason) in &self.expected {
            if let Reason::Declared(rule) = reason {
                *by_rule.entry(rule).or_default() += signed(difference.bytes_before) - signed(difference.bytes_after);
            }
        }
        let noise: i64 = self
            .expected
            .iter()
            .filter(|(_, reason)| *reason == Reason::Noise)
            .map(|(found, _)| signed(found.bytes_before) - signed(found.bytes_after))
            .sum();
        let declared: i64 = by_rule.values().sum();
        let rest = signed(self.before.bytes) - signed(after.bytes) - declared - noise;
        let mut found: Vec<_> = by_rule.into_iter().map(|(rule, bytes)| (Some(rule), bytes)).collect();
        found.push((None, rest));
        found.retain(|(_, bytes)| *bytes != 0);
        found.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        found
    }

    /// What nobody declared, by folder.
    pub fn by_folder(&self) -> Vec<(String, Vec<&Difference>)> {
        let mut folders: BTreeMap<String, Vec<&Difference>> = BTreeMap::new();
        for difference in &self.unexpected {
            let folder = difference.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folders.entry(format!("/{folder}")).or_default().push(difference);
        }
        folders.into_iter().collect()
    }

    /// How many differences were declared, and how many are noise.
    pub fn counts(&self) -> (usize, usize) {
        let noise = self.expected.iter().filter(|(_, reason)| *reason == Reason::Noise).count();
        (self.expected.len() - noise, noise)
    }

    /// What is wrong, in one line each: for a log that somebody keeps.
    pub fn reasons(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Err(log) = &self.after {
            found.push(log.clone());
        }
        found.extend(self.config.iter().map(|change| format!("{}: {}", change.key, change.in_words())));
        found.extend(
            self.unexpected.iter().take(20).map(|difference| format!("/{}: {}", difference.path, in_words(difference))),
        );
        if let (false, Some((before, after))) = (self.smoke_is_same(), &self.smoke) {
            found.push(format!("the smoke command ends with {} and ended with {}", after.status(), before.status()));
        }
        found
    }
}

impl Smoke {
    /// Its exit code, or that it had none.
    pub fn status(&self) -> String {
        self.code.map_or("no status in time".to_owned(), |code| format!("status {code}"))
    }
}

impl ConfigChange {
    /// What has become of it.
    pub fn in_words(&self) -> String {
        match (self.before.as_str(), self.after.as_str()) {
            ("", after) => format!("is new: {after}"),
            (before, "") => format!("is gone; it was {before}"),
            (before, after) => format!("was {before} and is {after}"),
        }
    }
}

/// What has become of a file.
pub fn in_words(difference: &Difference) -> String {
    let Difference { change, before, after, .. } = difference;
    match change {
        Change::Gone => format!("is gone; it was a {before}"),
        Change::New => format!("is new: a {after}"),
        Change::Kind => format!("was a {before} and is a {after}"),
        Change::Target => format!("leads to {after}, not to {before}"),
        Change::Content => "has another content".to_owned(),
        Change::Mode => format!("had mode {before} and has {after}"),
        Change::Owner => format!("belonged to {before} and belongs to {after}"),
        Change::Attributes => attributes(before, after),
    }
}

/// Capabilities, in the words of `getcap`, or other extended attributes.
fn attributes(before: &str, after: &str) -> String {
    const WORD: &str = "capabilities ";
    let strip = |text: &str| text.strip_prefix(WORD).filter(|text| !text.contains("=0x")).map(str::to_owned);
    let (what, before, after) = match (strip(before), strip(after)) {
        (Some(before), Some(after)) => ("capabilities", before, after),
        (Some(before), None) if after.is_empty() => ("capabilities", before, String::new()),
        (None, Some(after)) if before.is_empty() => ("capabilities", String::new(), after),
        _ => ("attributes", before.to_owned(), after.to_owned()),
    };
    match (before.as_str(), after.as_str()) {
        (before, "") => format!("has lost the {what} {before}"),
        ("", after) => format!("has the new {what} {after}"),
        (before, after) => format!("had the {what} {before} and has {after}"),
    }
}

impl Side {
    fn of(built: &Built) -> Side {
        let bytes = built.image.layers.iter().map(|layer| layer.content_bytes()).sum();
        Side { bytes, layers: built.image.layers.len(), seconds: built.time.as_secs_f64() }
    }
}

fn compared(before: &Image, after: &Image) -> Vec<Difference> {
    let trees = (Tree::merge(&before.layers), Tree::merge(&after.layers));
    differences((before, &trees.0), (after, &trees.1))
}

fn signed(bytes: u64) -> i64 {
    bytes.cast_signed()
}

/// What a container is started with.
const KEYS: &[&str] = &[
    "Env", "Cmd", "Entrypoint", "User", "WorkingDir", "ExposedPorts", "Volumes", "Labels", "Healthcheck", "StopSignal",
    "Shell", "OnBuild",
];

fn config_changes(before: &Image, after: &Image, rules: &[String]) -> Vec<ConfigChange> {
    let (old, new) = (settings(before), settings(after));
    let all = old.keys().chain(new.keys()).collect::<std::collections::BTreeSet<_>>();
    let has = |name: &str| rules.iter().any(|rule| rule == name);
    // MAINTAINER stood elsewhere in the image; distroless images say where the certificates lie.
    let is_declared = |key: &str| {
        key == "Labels maintainer" && has("label-maintainer")
            || key == "User" && has("non-root")
            || key.strip_prefix("Env ").is_some_and(is_of_base) && changes_system(rules)
            || key == "Env SSL_CERT_FILE" && !old.contains_key(key) && has("split-stages")
            || matches!(key, "Cmd" | "Entrypoint") && has("split-stages") && old.get(key).is_some_and(|old| builds(old))
    };
    let text = |found: Option<&String>| found.cloned().unwrap_or_default();
    all.into_iter()
        .filter(|key| old.get(*key) != new.get(*key) && !is_declared(key))
        .map(|key| ConfigChange { key: key.clone(), before: text(old.get(key)), after: text(new.get(key)) })
        .collect()
}

/// Whether what starts containers builds their program first, which a split does once.
fn builds(start: &str) -> bool {
    let words: Vec<&str> = start.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| matches!(pair, ["go" | "cargo", "run"]))
}

/// Variables with which images of languages say what is in them.
fn is_of_base(name: &str) -> bool {
    let ends = ["_VERSION", "_HOME", "_SHA256", "_SHA1", "_URL", "_CONFIG_DIR"];
    matches!(name, "PATH" | "GOPATH" | "GOTOOLCHAIN" | "GPG_KEY" | "LANG") || ends.iter().any(|end| name.ends_with(end))
}

/// Every setting by its name; those that are lists of names, one by one.
fn settings(image: &Image) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    found.insert("Platform".to_owned(), image.config.platform());
    for key in KEYS {
        match &image.config.config[*key] {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::Array(list) if *key == "Env" => {
                for (name, value) in list.iter().filter_map(|pair| pair.as_str()?.split_once('=')) {
                    found.insert(format!("Env {name}"), format!("\"{value}\""));
                }
            }
            Value::Object(map) if *key != "Healthcheck" => {
                found.extend(map.iter().map(|(name, value)| (format!("{key} {name}"), value.to_string())));
            }
            Value::Array(list) if list.is_empty() => {}
            value => {
                found.insert((*key).to_owned(), value.to_string());
            }
        }
    }
    found
}
