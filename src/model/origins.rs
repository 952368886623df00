//! Which instruction brought an archive or a package into the image.

use std::collections::HashMap;

use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::shell::SimpleCommand;

use crate::commands::archives::downloads;
use crate::commands::ownership::known_word;
use crate::commands::{Invocation, paths};
use crate::{ShellScript, StageRun, Stages, is_archive_name};

/// By path: the instructions that bring archives and packages, in order.
#[derive(Clone, Debug)]
pub struct Origins(HashMap<String, Vec<usize>>);

impl Origins {
    /// Reads every instruction.
    pub fn of(stages: &Stages<'_>) -> Origins {
        let document = stages.document();
        let placements = stages.placements();
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, instruction) in document.instructions().iter().enumerate() {
            let Some(placed) = placements.at(index) else { continue };
            // ADD unpacks what lies in the build context.
            let unpacks =
                |file: &String| instruction.keyword == Keyword::Add && placed.from_context && !is_package(file);
            for file in placed.files().into_iter().flatten().filter(|file| !unpacks(file)) {
                found.entry(file).or_default().push(index);
            }
        }
        for run in stages.runs() {
            let Ok(script) = run.script() else { continue };
            let commands = script.all_commands();
            for (command, folder) in commands.iter().zip(folders_of(&commands, &script, run)) {
                let files = Invocation::of(command, script.text()).map(|found| downloads(&found));
                for file in files.into_iter().flatten() {
                    found.entry(paths::resolve(&folder, &file)).or_default().push(run.index());
                }
            }
        }
        Origins(found)
    }

    /// The instruction of this stage, in front of the step, whose layer has the archive.
    pub fn find(&self, path: &str, run: StageRun<'_>, stages: &Stages<'_>) -> Option<usize> {
        let start = stages.all()[run.stage()].body.start;
        let found = self.0.get(path).filter(|_| is_archive_name(path) || is_package(path))?;
        found.iter().copied().filter(|index| (start..run.index()).contains(index)).max()
    }
}

fn is_package(path: &str) -> bool {
    [".deb", ".rpm", ".apk", ".run", ".bin"].iter().any(|end| path.ends_with(end))
}

/// The folder that each command runs in; empty where it is not known.
pub fn folders_of(commands: &[&SimpleCommand], script: &ShellScript<'_>, run: StageRun<'_>) -> Vec<String> {
    let mut folder = run.state().workdir().unwrap_or_default().to_owned();
    let mut folders = Vec::with_capacity(commands.len());
    for command in commands {
        folders.push(folder.clone());
        if command.name(script.text()).as_deref() == Some("cd") {
            let target = command.words.get(1).and_then(|word| known_word(script, run.state(), word));
            folder = target.map_or_else(String::new, |target| paths::resolve(&folder, &target));
            if !folder.starts_with('/') {
                folder.clear();
            }
        }
    }
    folders
}
