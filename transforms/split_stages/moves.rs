//! What steps copy, move and delete: from where a file came, and which paths are gone at the end.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::is_usual;
use dopt_rewrite::NotSplit;

use super::carry::is_below;
use super::leavings::{Call, Moment};
use super::removals::takes;

/// The files that steps moved about, in order.
#[derive(Default)]
pub(super) struct Moves {
    /// From where to where; the first may have a pattern in its last part.
    copied: Vec<(String, String)>,
    removed: Vec<(String, Moment)>,
    folders: Vec<String>,
    /// What is known to be a file.
    files: Vec<String>,
}

impl Moves {
    /// Reads a command that copies, moves, makes folders or deletes, and returns the paths that it fills; `None` where it
    /// is another.
    pub fn read(&mut self, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let program = call.invocation.program();
        let is_folder_made = program == "mkdir" || program == "install" && call.words.iter().any(|word| word == "-d");
        let globs = call.invocation.arguments().iter().any(|word| word.globs);
        match program {
            "strip" => Ok(Some(Vec::new())),
            "rm" => {
                self.removed.extend(operands(call).map(|word| (resolve(&call.folder, word), call.moment)));
                Ok(Some(Vec::new()))
            }
            _ if is_folder_made && !globs => {
                let made: Vec<String> = operands(call).map(|word| resolve(&call.folder, word)).collect();
                self.folders.extend(made.iter().cloned());
                Ok(Some(self.filled(made)))
            }
            "cp" | "mv" | "install" => {
                let words: Vec<&str> = operands(call).collect();
                let Some((target, sources)) = words.split_last().filter(|(target, sources)| {
                    !target.contains(['*', '?', '['])
                        && !sources.is_empty()
                        && !call.words.iter().any(|word| word == "-t")
                }) else {
                    return Err(unseen);
                };
                let place = resolve(&call.folder, target);
                let is_folder = target.ends_with(['/', '.']) || sources.len() > 1 || is_usual(&place);
                let into = is_folder || self.folders.contains(&place) || call.run.state().workdir() == Some(&place);
                let mut filled = Vec::new();
                for source in sources {
                    let from = resolve(&call.folder, source);
                    let is_pattern = source.contains(['*', '?', '[']);
                    let to = match into {
                        true if is_pattern || source.ends_with("/.") => place.clone(),
                        true => resolve(&place, base_name(&from)),
                        false => place.clone(),
                    };
                    if program == "mv" {
                        self.removed.push((from.clone(), call.moment));
                    }
                    self.copied.push((from, to.clone()));
                    filled.push(to);
                }
                let is_recursive = |word: &String| word.starts_with('-') && word.contains(['r', 'R', 'a']);
                if program == "install" || program == "cp" && !call.words.iter().any(is_recursive) {
                    self.files.extend(filled.iter().cloned());
                }
                Ok(Some(self.filled(filled)))
            }
            _ => Ok(None),
        }
    }

    /// Notes that a path is there again.
    pub fn put_again(&mut self, path: &str) {
        self.filled(vec![path.to_owned()]);
    }

    fn filled(&mut self, paths: Vec<String>) -> Vec<String> {
        self.removed.retain(|(gone, _)| !paths.iter().any(|path| path == gone || is_below(path, gone)));
        paths
    }

    /// Whether a step is known to have put a file there, and no folder.
    pub fn makes_file(&self, path: &str) -> bool {
        self.files.iter().any(|file| file == path)
    }

    /// Whether a path that steps fill is gone at the end.
    pub fn removes(&self, path: &str) -> bool {
        self.removed.iter().any(|(gone, _)| takes(gone, path))
    }

    /// Whether what was put there at a moment is gone at the end.
    pub fn removes_later(&self, path: &str, moment: Moment) -> bool {
        self.removed.iter().any(|(gone, at)| *at > moment && takes(gone, path))
    }

    /// Whether a file was put elsewhere, too.
    pub fn copies(&self, path: &str) -> bool {
        self.copied.iter().any(|(from, _)| from == path)
    }

    /// Where a file lay before it was copied or moved; the path itself where it was not.
    pub fn origin<'p>(&'p self, path: &'p str) -> &'p str {
        let mut found = path;
        for (from, to) in self.copied.iter().rev() {
            if to == found {
                found = from;
            }
        }
        found
    }

    /// The folders and files of the search path that have a program of this name now.
    pub fn found_by_name(&self, name: &str) -> Option<String> {
        const SEARCHED: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        let paths = SEARCHED.iter().map(|folder| format!("{folder}/{name}"));
        paths.into_iter().find(|path| self.copied.iter().any(|(_, to)| to == path))
    }
}

/// The words that are no options, nor values of options of `install`.
fn operands<'c>(call: &'c Call<'_>) -> impl Iterator<Item = &'c str> {
    let has_values = call.invocation.program() == "install";
    let words = call.words.iter().map(String::as_str);
    let mut is_value = false;
    words.filter(move |word| {
        let skipped = std::mem::replace(&mut is_value, has_values && matches!(*word, "-m" | "-o" | "-g"));
        !skipped && !word.starts_with('-')
    })
}
