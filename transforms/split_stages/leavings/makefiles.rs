//! What `make` runs, where the Makefile lies in the folder that is built.

use dopt_model::commands::paths::resolve;
use dopt_model::{Makefile, Origin};
use dopt_rewrite::NotSplit;
use dopt_syntax::shell::{self, Dialect};

use super::{Call, Leavings, Reader};
use crate::split_stages::stack::Scene;

impl Leavings {
    /// What a Makefile of the context runs.
    pub(super) fn read_make(&mut self, scene: &Scene<'_>, call: &Call<'_>, reader: Reader<'_>) -> Result<(), NotSplit> {
        let unseen = || NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let (mut folder, mut given, mut targets) = (call.folder.clone(), Vec::new(), Vec::new());
        let mut words = call.words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-C" | "--directory" => folder = resolve(&folder, words.next().ok_or_else(unseen)?),
                word if ["-f", "-I", "-n", "-e", "--file", "-o", "-W"]
                    .iter()
                    .any(|option| word.starts_with(option)) =>
                {
                    return Err(unseen());
                }
                word if word.starts_with('-') => {}
                word if word.contains('$') => return Err(unseen()),
                word => match word.split_once('=') {
                    Some((name, value)) => given.push((name.trim_end_matches([':', '?']).to_owned(), value.to_owned())),
                    None => targets.push(word),
                },
            }
        }
        let context = scene.context().map_err(|_| NotSplit::ContextNotRead)?.ok_or_else(unseen)?;
        let text = ["GNUmakefile", "Makefile"].iter().find_map(|name| {
            let path = resolve(&folder, name);
            match Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, &path) {
                Origin::Context(file) => context.text(&file),
                _ => None,
            }
        });
        let makefile = text.and_then(|text| Makefile::parse(text, &given)).ok_or_else(unseen)?;
        for command in makefile.commands(&targets).ok_or_else(unseen)? {
            // A Makefile that calls make would be read without end.
            if command.split_whitespace().next() == Some("make") {
                return Err(unseen());
            }
            let script = shell::parse(&command, Dialect::Posix).map_err(|_| unseen())?;
            self.read_script(scene, call.run, (&command, &script, None), &folder, reader)?;
        }
        Ok(())
    }
}
