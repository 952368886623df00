//! Reading and writing a `.dopt-baseline.toml`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use super::Known;
use crate::failure::{Failure, plain};
use crate::write::Writer;

const HEAD: &str = "\
# Findings that dopt does not report until they change. `dopt check --write-baseline` makes this file anew.
version = 1
";

/// The known findings of all files that a baseline is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By path as seen from the folder of the file, with forward slashes.
    pub files: BTreeMap<String, Arc<Known>>,
}

impl Baseline {
    /// Reads a file; where there is none, nothing is known. The error is half a sentence.
    pub fn load(path: &Path) -> Result<Baseline, String> {
        match fs::read_to_string(path) {
            Ok(text) => Baseline::read(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Baseline::default()),
            Err(error) => Err(format!("cannot be read: {}", plain(&error))),
        }
    }

    fn read(text: &str) -> Result<Baseline, String> {
        let wrong = |what: &str| format!("{what}; `dopt check --write-baseline` makes it anew");
        let table = DeTable::parse(text).map_err(|error| wrong(error.message()))?;
        let mut found = Baseline::default();
        for (key, value) in table.get_ref() {
            if key.get_ref() == "version" {
                match value.get_ref().as_integer().map(|number| number.as_str()) {
                    Some("1") => continue,
                    _ => return Err(wrong("it is of a version that this dopt does not know")),
                }
            }
            let rules = value.get_ref().as_table().ok_or_else(|| wrong("it is no list of findings"))?;
            let mut known = Known::default();
            for (rule, marks) in rules {
                let marks = marks.get_ref().as_array().ok_or_else(|| wrong("it is no list of findings"))?;
                for mark in marks {
                    let mark = mark.get_ref().as_str().ok_or_else(|| wrong("it is no list of findings"))?;
                    known.add(rule.get_ref(), mark);
                }
            }
            found.files.insert(key.get_ref().to_string(), Arc::new(known));
        }
        Ok(found)
    }

    /// Writes the file.
    pub fn store(&self, path: &Path) -> Result<(), Failure> {
        let text = self.text();
        let writer = Writer::without_journal();
        match fs::read_to_string(path) {
            Ok(before) if before == text => Ok(()),
            Ok(before) => writer.replace(path, &before, &text),
            Err(_) => writer.create(path, &text),
        }
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (path, known) in &self.files {
            let _ = writeln!(text, "\n[{}]", quoted(path));
            let mut by_rule: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (rule, mark, number) in known.iter() {
                by_rule.entry(rule).or_default().extend(std::iter::repeat_n(quoted(mark), number));
            }
            for (rule, marks) in by_rule {
                let _ = writeln!(text, "{rule} = [{}]", marks.join(", "));
            }
        }
        text
    }
}

/// A string of TOML; JSON escapes what TOML wants escaped, but for DEL.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written as JSON").replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut known = Known::default();
        known.add("clean-apt", "fix:012345678901");
        known.add("clean-apt", "fix:012345678901");
        known.add("merge-runs", "costs-cache:0123");
        let names = ["a/Dockerfile", "odd \"name\"\n\\/\u{7f}ü", "version"];
        let files = names.into_iter().take(2).map(|name| (name.to_owned(), Arc::new(known.clone()))).collect();
        let baseline = Baseline { files };
        assert_eq!(Baseline::read(&baseline.text()).unwrap(), baseline);
        assert!(Baseline::read("version = 2\n").unwrap_err().contains("does not know"));
        assert!(Baseline::read("[a]\nb = 1\n").unwrap_err().contains("no list"));
    }
}
