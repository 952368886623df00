//! What `--write-baseline` collects: the findings of all files of a run, for the baselines that they belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Baseline, Known};

/// The baselines as they will be.
#[derive(Debug, Default)]
pub struct Record {
    baselines: BTreeMap<PathBuf, Baseline>,
}

impl Record {
    /// Notes what is known of a file, in the place of what was known of it.
    pub fn note(&mut self, baseline: &Path, key: &str, known: Known) {
        if !self.baselines.contains_key(baseline) {
            // What cannot be read is made anew.
            let mut old = Baseline::load(baseline).unwrap_or_default();
            let folder = baseline.parent().unwrap_or(Path::new(""));
            old.files.retain(|path, _| folder.join(path).exists());
            self.baselines.insert(baseline.to_path_buf(), old);
        }
        if let Some(found) = self.baselines.get_mut(baseline) {
            match known.is_empty() {
                true => found.files.remove(key),
                false => found.files.insert(key.to_owned(), Arc::new(known)),
            };
        }
    }

    /// Writes the files: how many findings each of them has now.
    pub fn store(&self) -> Vec<(PathBuf, Result<usize, String>)> {
        let store = |(path, baseline): (&PathBuf, &Baseline)| {
            let findings = baseline.files.values().flat_map(|known| known.iter()).map(|(.., number)| number).sum();
            (path.clone(), baseline.store(path).map(|()| findings).map_err(|failure| failure.to_string()))
        };
        self.baselines.iter().map(store).collect()
    }
}
