//! The contexts of a run of `dopt fix` or `dopt check`: the folders around the files, each looked at once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use dopt_dockerignore::{CATALOG, ContextName, Part, needs};
use dopt_model::Stages;
use dopt_rewrite::{Change, Rewrite, Safety};
use dopt_syntax::{Document, TextRange};

use crate::config::Choices;
use crate::context::{self, Assessment};

/// The name by which users choose this.
pub const RULE: &str = "write-dockerignore";

/// A Dockerfile without one of these words takes nothing from its context.
const TAKING: [&str; 3] = ["COPY", "ADD", "--mount"];

/// The folders so far, in order.
#[derive(Debug, Default)]
pub struct Contexts {
    folders: Vec<(PathBuf, bool)>,
    known: HashSet<PathBuf>,
}

impl Contexts {
    /// Notes the folder of a Dockerfile that takes whole folders from it.
    pub fn note(&mut self, dockerfile: &Path, text: &str, choices: &Choices) {
        let folder = dockerfile.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let takes = |text: &str| TAKING.iter().any(|word| text.contains(word) || text.contains(&word.to_lowercase()));
        if self.known.contains(folder)
            || (choices.reads_comments() && is_forbidden(text))
            || !takes(text)
            || !takes_folder(text, folder)
        {
            return;
        }
        self.known.insert(folder.to_path_buf());
        self.folders.push((folder.to_path_buf(), choices.unsafe_fixes()));
    }

    /// Those whose ignore file should change. Where something about a context cannot be told, nothing is proposed:
    /// `dopt ignore` says why.
    pub fn assessed(self) -> impl Iterator<Item = Assessment> {
        self.folders.into_iter().flat_map(|(folder, unsafe_fixes)| {
            let found =
                if context::has_junk(&folder) { context::units(&folder, &[]) } else { context::Found::default() };
            let units = if found.unread.is_empty() { found.units } else { Vec::new() };
            let assessed = units.into_iter().filter_map(move |unit| context::assess(unit, unsafe_fixes).ok());
            assessed.filter(|found| found.changes() && found.proposal.lines.iter().any(|line| line.is_worth_it()))
        })
    }
}

/// Whether a comment forbids it for the file: `# dopt: ignore-file=…` with the name, or without any.
fn is_forbidden(text: &str) -> bool {
    let comments = text.lines().filter(|line| line.trim_start().starts_with('#'));
    let lists = comments.filter_map(|line| line.split_once("dopt:")?.1.trim_start().strip_prefix("ignore-file"));
    lists.into_iter().any(|list| !list.starts_with('=') || list.split([',', '=', ' ']).any(|rule| rule == RULE))
}

/// Whether a Dockerfile takes a whole folder from the one around it, so that what lies in that matters.
fn takes_folder(text: &str, folder: &Path) -> bool {
    let document = Document::parse(text);
    let Ok(needs) = needs(&Stages::of(&document), 0, ContextName::Main) else { return false };
    needs.iter().any(|need| {
        let names = need.parts.iter().map(|part| match part {
            Part::Name(name) => Some(name.as_slice()),
            Part::Glob(_) | Part::AnyDepth => None,
        });
        let names: Option<Vec<&[u8]>> = names.collect();
        names.is_some_and(|names| context::on_disk(folder, &names.join(&b'/')).is_dir())
    })
}

/// The proposal as what became of a file.
pub fn rewrite_of(found: &Assessment) -> Rewrite {
    let end = found.before.as_deref().unwrap_or_default().len();
    let change = |line: &dopt_dockerignore::Line| {
        let kind = &CATALOG[line.junk];
        let safety = kind.caveat.map_or(Safety::Safe, |caveat| Safety::Unsafe { caveat });
        let title = format!("leave {} out of the context {}", line.pattern, found.unit.shown_context());
        Change { rule: RULE, title, safety, at: TextRange::new(end, end) }
    };
    Rewrite {
        after: found.after.clone(),
        changes: found.proposal.lines.iter().map(change).collect(),
        hidden: Vec::new(),
        refusals: Vec::new(),
        problems: Vec::new(),
        unused_suppressions: Vec::new(),
    }
}
