//! A tree of very many Dockerfiles: copies of some, each in a folder of its own, with small variations.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes so many files.
pub fn make(root: &Path, sources: &[PathBuf], count: usize) {
    let texts: Vec<Vec<u8>> = sources.iter().map(|path| fs::read(path).expect("a source can be read")).collect();
    for number in 0..count {
        let (round, at) = (number / texts.len(), number % texts.len());
        let folder = root.join(format!("team-{:02}/{:03}/service-{at}-{round}", at % 40, at / 40));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let mut text = texts[at].clone();
        // A here-document that is not closed goes on, so not every variation can be added everywhere.
        match round % 4 {
            1 => text.extend(format!("\n# copy {round}\n").into_bytes()),
            2 => text.extend(format!("\nENV COPY={round}\n").into_bytes()),
            3 => text = [format!("# copy {round}\n\n").into_bytes(), text].concat(),
            _ => {}
        }
        fs::write(folder.join("Dockerfile"), text).expect("a file can be written");
    }
}

/// All files of a folder, in order.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "Dockerfile"));
    files.sort();
    files
}

/// `dopt fix` on a tree, as a command.
pub fn fix(root: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopt"));
    command.args(["fix", "--exit-zero", "--isolated"]).args(more).current_dir(root).env("NO_COLOR", "1");
    command
}

/// The diffs in an output, by file: what they are, for comparisons.
pub fn diffs(output: &[u8], found: &mut BTreeMap<Vec<u8>, u64>) {
    let mut path: Vec<u8> = Vec::new();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"--- a/") || line == b"--- /dev/null\n" {
            path.clear();
        }
        if path.is_empty() && line.starts_with(b"+++ b/") {
            path = line.to_vec();
            assert!(found.insert(path.clone(), 0).is_none(), "{} comes twice", String::from_utf8_lossy(&path));
        }
        if let Some(so_far) = found.get_mut(&path) {
            let mut hasher = DefaultHasher::new();
            (*so_far, line).hash(&mut hasher);
            *so_far = hasher.finish();
        }
    }
}
