//! What `COPY` and `ADD` put where, as absolute paths.

use std::collections::HashMap;

use dopt_syntax::dockerfile::{self, Instruction, Keyword};

use crate::commands::paths::{self, base_name};
use crate::{Stages, State, Value, is_usual};

/// The paths of one `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The sources, variables replaced.
    pub sources: Vec<String>,
    /// The destination: absolute, without a slash at its end.
    pub destination: String,
    /// Whether the destination is a folder: by the way it is written, or because every image has it.
    pub into_folder: bool,
    /// Whether the sources are files of the build context, and not of a stage, an image or the network.
    pub from_context: bool,
}

/// The paths of every `COPY` and `ADD` of a file, worked out once.
#[derive(Clone, Debug)]
pub struct Placements {
    all: Vec<Option<Placed>>,
    /// By the path of a file: the instructions that put it there, in order.
    files: HashMap<String, Vec<usize>>,
}

/// What is put together or unpacked by programs: one file, whatever its name begins with.
const ARCHIVES: &[&str] = &[
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.zst", ".tar.lz", ".zip", ".gz",
    ".bz2", ".xz", ".7z",
];

/// Ends of names that files have and folders do not.
const FILE_ENDS: &[&str] = &[
    ".sh", ".bash", ".conf", ".cfg", ".cnf", ".ini", ".json", ".yml", ".yaml", ".toml", ".xml", ".properties", ".py",
    ".rb", ".pl", ".js", ".mjs", ".ts", ".php", ".sql", ".txt", ".md", ".csv", ".html", ".css", ".jar", ".war", ".ear",
    ".deb", ".rpm", ".apk", ".whl", ".gem", ".run", ".bin", ".exe", ".so", ".pem", ".crt", ".key", ".service", ".lock",
    ".tpl", ".tmpl", ".j2", ".erb", ".vcl", ".lua", ".go", ".war", ".dll",
];

impl Placed {
    /// Where a `COPY` or `ADD` puts what it brings, whatever that is.
    pub fn destination(state: State<'_>, instruction: &Instruction, file: &str) -> Option<String> {
        let copy = dockerfile::Copy::of(instruction, file)?;
        let Value::Known(written) = state.expand(&copy.destination) else { return None };
        Some(paths::resolve(if written.starts_with('/') { "/" } else { state.workdir()? }, &written))
    }

    /// Reads a `COPY` or `ADD`; `None` for other instructions, and where a path is not known before the build.
    pub fn of(state: State<'_>, instruction: &Instruction, file: &str) -> Option<Placed> {
        if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
            return None;
        }
        let known = |word: &str| match state.expand(word) {
            Value::Known(text) => Some(text),
            _ => None,
        };
        let copy = dockerfile::Copy::of(instruction, file)?;
        let written = known(&copy.destination)?;
        let folder = if written.starts_with('/') { "/" } else { state.workdir()? };
        let sources: Vec<String> = copy.sources.iter().map(|source| known(source)).collect::<Option<_>>()?;
        let remote = |source: &String| source.contains("://") || source.starts_with("git@");
        let destination = paths::resolve(folder, &written);
        let says_folder = written.ends_with('/') || written == "." || written.ends_with("/.");
        Some(Placed {
            into_folder: says_folder || sources.len() > 1 || is_usual(&destination),
            destination,
            from_context: instruction.flag("from").is_none() && !sources.iter().any(remote),
            sources,
        })
    }

    /// The path of every file, where each source is a single file by its name and the destination, which may be a
    /// folder without a slash, tells by its own what it is.
    pub fn files(&self) -> Option<Vec<String>> {
        let target = base_name(&self.destination);
        let place = |source: &String| {
            let name = base_name(source);
            let plain = is_file_name(name) && !name.contains(['*', '?', '[']) && !source.ends_with('/');
            match self.into_folder {
                true if plain => Some(paths::resolve(&self.destination, name)),
                false if plain && (is_file_name(target) || target == name) => Some(self.destination.clone()),
                _ => None,
            }
        };
        self.sources.iter().map(place).collect()
    }
}

impl Placements {
    /// Reads every instruction.
    pub(crate) fn of(stages: &Stages<'_>) -> Placements {
        let document = stages.document();
        let mut found = Placements { all: vec![None; document.instructions().len()], files: HashMap::new() };
        for (number, stage) in stages.all().iter().enumerate() {
            for index in stage.body.clone() {
                let placed = Placed::of(stages.state(number, index), &document.instructions()[index], document.text());
                for file in placed.iter().filter_map(Placed::files).flatten() {
                    found.files.entry(file).or_default().push(index);
                }
                found.all[index] = placed;
            }
        }
        found
    }

    /// What an instruction puts where.
    pub fn at(&self, index: usize) -> Option<&Placed> {
        self.all[index].as_ref()
    }

    /// The instructions of the whole file that put this very file there, in order.
    pub fn of_file(&self, path: &str) -> &[usize] {
        self.files.get(path).map_or(&[], Vec::as_slice)
    }
}

/// Whether a name ends as archives end.
pub fn is_archive_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ARCHIVES.iter().any(|end| name.strip_suffix(end).is_some_and(|stem| !stem.is_empty()))
}

/// Whether a name is one that files have and folders do not.
fn is_file_name(name: &str) -> bool {
    is_archive_name(name) || FILE_ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|stem| !stem.is_empty()))
}
