//! One project: what is expected of dopt, and what dopt says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::smoke::Smoke;

pub struct Sample {
    pub name: String,
    folder: PathBuf,
    pub expected: Expected,
    /// Whether somebody who knows the project could split it.
    pub is_splittable: bool,
    /// Whether it is built wherever images can be built.
    pub is_quick: bool,
    pub smoke: Smoke,
    /// Whether containers built their program before they started it, and only start it afterwards.
    pub restarts: bool,
    /// The transforms that take part.
    select: String,
    /// A `dopt.toml` for it.
    settings: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Split,
    /// For the reason with this code.
    Refused(String),
}

const KEYS: &[&str] = &["expect", "splittable", "quick", "smoke", "serves", "restarts", "select", "settings"];

impl Sample {
    /// Reads a folder; whatever is wrong in it ends the test.
    pub fn read(folder: &Path) -> Sample {
        let name = folder.file_name().expect("a folder").to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join("project.toml")).expect("a project has a project.toml");
        let table = DeTable::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let table = table.get_ref();
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            panic!("{name}: project.toml has no key {}", key.get_ref());
        }
        let value = |key: &str| table.get(key).map(|value| value.get_ref());
        let string = |key: &str| value(key).and_then(DeValue::as_str).map(str::to_owned);
        let is = |key: &str| matches!(value(key), Some(DeValue::Boolean(true)));
        let expected = match string("expect").unwrap_or_default().split_once(": ") {
            None if string("expect").as_deref() == Some("split") => Expected::Split,
            Some(("refused", code)) => Expected::Refused(code.to_owned()),
            _ => panic!("{name}: expect is \"split\" or \"refused: CODE\""),
        };
        assert!(value("splittable").is_some(), "{name}: project.toml has to say whether it is splittable");
        Sample {
            is_splittable: is("splittable"),
            is_quick: is("quick"),
            smoke: Smoke::of(string("smoke"), string("serves")),
            restarts: is("restarts"),
            select: string("select").unwrap_or_else(|| "split-stages".to_owned()),
            settings: string("settings").unwrap_or_default(),
            folder: folder.to_owned(),
            name,
            expected,
        }
    }

    /// The folder that is built.
    pub fn context(&self) -> PathBuf {
        self.folder.join("context")
    }

    /// The Dockerfile as it was written, and as it is expected to become.
    pub fn dockerfiles(&self) -> (String, String) {
        let before = fs::read_to_string(self.context().join("Dockerfile")).expect("a project has a Dockerfile");
        let after = fs::read_to_string(self.folder.join("split.Dockerfile")).unwrap_or_default();
        (before, after)
    }

    /// Whether dopt does what is expected, and writes what is expected.
    pub fn compare_text(&self, update: bool) -> Result<(), String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let context = scratch.path().join("context");
        copy(&self.context(), &context).map_err(|error| error.to_string())?;
        let settings = scratch.path().join("dopt.toml");
        fs::write(&settings, &self.settings).map_err(|error| error.to_string())?;
        let report = self.dopt(&context, &settings)?;
        let written = fs::read_to_string(context.join("Dockerfile")).map_err(|error| error.to_string())?;
        let (before, expected) = self.dockerfiles();
        let file = &report["files"][0];
        // The first of them is the one that is judged.
        let rule = self.select.split(',').next().unwrap_or_default();
        let names = |key: &str, name: &str| -> Vec<String> {
            let found = file[key].as_array().into_iter().flatten();
            found.filter(|one| one["rule"] == rule).map(|one| one[name].to_string().replace('"', "")).collect()
        };
        let codes = names("refusals", "code");
        let is_split = !names("changes", "rule").is_empty();
        match &self.expected {
            Expected::Split if !is_split => Err(format!("it is not split: {}", file["refusals"])),
            Expected::Split if update => {
                fs::write(self.folder.join("split.Dockerfile"), written).map_err(|error| error.to_string())
            }
            Expected::Split if written != expected => Err(format!("it becomes\n{written}\nand not\n{expected}")),
            Expected::Split => Ok(()),
            Expected::Refused(_) if is_split => Err(format!("it is split:\n{written}")),
            Expected::Refused(code) if codes != [code.clone()] => Err(format!("it is refused for {codes:?}")),
            Expected::Refused(_) if self.select == "split-stages" && written != before => {
                Err(format!("it becomes\n{written}"))
            }
            Expected::Refused(_) => Ok(()),
        }
    }

    /// Lets dopt write the Dockerfile of a copy; its report.
    fn dopt(&self, context: &Path, settings: &Path) -> Result<Value, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
        command.args(["fix", "--write", "--no-undo", "--exit-zero", "--unsafe-fixes", "-f", "json", "--verbose"]);
        command.args(["--select", &self.select, "--config"]).arg(settings);
        let output = command.arg(context.join("Dockerfile")).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).map_err(|_| format!("dopt fix says no JSON:\n{said}"))
    }
}

/// A folder with all that is in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
