//! What single instructions may do to a folder, to a path, or to the list of users.

use dopt_syntax::dockerfile::Keyword;

use crate::commands::ownership::{self, below, has_path};
use crate::commands::paths;
use crate::{Placed, StageRun, Stages};

impl Stages<'_> {
    /// Whether an instruction may put files below `folder`. Making the folder itself does not count.
    pub fn may_fill(&self, stage: usize, index: usize, folder: &str) -> bool {
        let text = self.document().text();
        let instruction = &self.document().instructions()[index];
        let state = self.state(stage, index);
        let inside = |path: &str| path == folder || below(path, folder);
        match instruction.keyword {
            Keyword::Run => match self.run(stage, index).map(StageRun::script) {
                Some(Ok(script)) => ownership::may_fill(&script, usize::MAX, state, folder),
                _ => has_path(instruction.range.of(text), folder) || state.workdir().is_some_and(inside),
            },
            Keyword::Copy | Keyword::Add => Placed::of(state, instruction, text).is_none_or(|placed| {
                let above = folder == placed.destination || below(folder, &placed.destination);
                let files = placed.files();
                inside(&placed.destination)
                    || (above && files.is_none_or(|files| files.iter().any(|file| inside(file))))
            }),
            Keyword::Workdir => {
                let made = self.state(stage, index + 1).workdir();
                made.is_none_or(|made| below(&paths::resolve("/", made), folder))
            }
            Keyword::Volume => has_path(instruction.arguments_text(text), folder),
            _ => false,
        }
    }

    /// Whether an instruction may make or change users and groups.
    pub fn may_make_users(&self, stage: usize, index: usize) -> bool {
        let instruction = &self.document().instructions()[index];
        let lists = |placed: Placed| match placed.files() {
            Some(files) => files.iter().any(|file| file == "/etc/passwd" || file == "/etc/group"),
            None => matches!(placed.destination.as_str(), "/" | "/etc" | "/etc/passwd" | "/etc/group"),
        };
        match instruction.keyword {
            Keyword::Run => match self.run(stage, index).map(StageRun::script) {
                Some(Ok(script)) => ownership::may_make_users(&script, usize::MAX),
                _ => true,
            },
            Keyword::Copy | Keyword::Add => {
                Placed::of(self.state(stage, index), instruction, self.document().text()).is_none_or(lists)
            }
            _ => false,
        }
    }

    /// Whether a `WORKDIR` or `mkdir` that runs before an instruction makes a path or one below it.
    pub fn is_made_before(&self, stage: usize, index: usize, path: &str) -> bool {
        self.before(stage, index).into_iter().any(|(stage, index)| {
            let instruction = &self.document().instructions()[index];
            let text = instruction.range.of(self.document().text());
            match instruction.keyword {
                Keyword::Workdir => self.state(stage, index + 1).workdir().is_some_and(|made| {
                    let made = paths::resolve("/", made);
                    made == path || below(&made, path)
                }),
                Keyword::Run => text.contains("mkdir") && has_path(text, path),
                _ => false,
            }
        })
    }

    /// Whether anything that runs before an instruction may make a path or one below it.
    pub fn may_be_made_before(&self, stage: usize, index: usize, path: &str) -> bool {
        self.is_made_before(stage, index, path)
            || self.before(stage, index).into_iter().any(|(_, index)| {
                let instruction = &self.document().instructions()[index];
                let text = instruction.range.of(self.document().text());
                matches!(instruction.keyword, Keyword::Run | Keyword::Copy | Keyword::Add | Keyword::Volume)
                    && (has_path(text, path) || text.contains('$'))
            })
    }
}
