//! # bind-archives
//!
//! Mounts an archive that is copied in only to be unpacked and deleted, instead of storing it in a layer.
//!
//! ```dockerfile before
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! COPY vendor/tool.tar.gz /tmp/
//! RUN tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
//! ```
//! ```dockerfile after
//! # syntax=docker/dockerfile:1
//! FROM debian:12
//! RUN --mount=type=bind,source=vendor/tool.tar.gz,target=/tmp/tool.tar.gz tar -xzf /tmp/tool.tar.gz -C /opt
//! ```
//!
//! **Safe**, because the one step that reads the archive is the one behind the `COPY`, and it only unpacks it. It is
//! done where the file says that BuildKit builds it, by `# syntax=` or by another `RUN --mount`. (An old BuildKit
//! may leave an empty file where the archive was mounted.) Elsewhere, and where
//! the archive was downloaded by an instruction of its own, nothing that is deleted gives its bytes back:
//!
//! ```dockerfile refused: bytes-stay
//! FROM debian:12
//! COPY vendor/tool.tar.gz /tmp/
//! RUN tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
//! ```
//! ```dockerfile refused: bytes-stay
//! FROM debian:12
//! ADD https://example.com/tool.deb /tmp/tool.deb
//! RUN dpkg -i /tmp/tool.deb && rm /tmp/tool.deb
//! ```

use std::collections::HashMap;

use dopt_model::commands::Invocation;
use dopt_model::commands::archives::{downloads, spelled, unpacked};
use dopt_model::commands::ownership::{below, has_path, known_word};
use dopt_model::commands::paths::{self, base_name};
use dopt_model::{Placed, ShellScript, StageRun, has_usual_parent, is_archive_name};
use dopt_rewrite::{
    Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, is_decisive, remove_command, remove_lines,
};
use dopt_syntax::dockerfile::Keyword;
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "bind-archives",
    summary: "mount archives that are copied in only to be unpacked and deleted",
    manual: include_str!("bind_archives.rs"),
    aliases: &[],
    triggers: &["rm "],
    joint: false,
    never_safe: false,
    propose,
};

/// Programs that only read the files that they are given.
const CHECKERS: &[&str] = &["sha256sum", "sha512sum", "sha1sum", "md5sum", "gpg", "ls", "stat", "test", "["];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut origins = None;
    subject.runs().filter_map(|run| bind_first(run, subject, &mut origins).transpose()).collect()
}

/// Looks at the first deletion of a step that comes too late.
fn bind_first(run: StageRun<'_>, subject: &Subject<'_>, origins: &mut Option<Origins>) -> Result<Option<Fix>, Refusal> {
    if !run.instruction().range.of(subject.document().text()).contains("rm ") {
        return Ok(None);
    }
    let Ok(script) = run.script() else { return Ok(None) };
    let commands = script.all_commands();
    let folders = folders_of(&commands, &script, run);
    for (at, command) in commands.iter().enumerate() {
        for path in deleted(command, &folders[at], &script, run) {
            let origins = origins.get_or_insert_with(|| Origins::of(subject));
            let Some(origin) = origins.find(&path, run, subject) else { continue };
            let bind = Bind { subject, run, script: &script, commands: &commands, rm: command, path, origin };
            return match bind.fix() {
                Some(fix) => Ok(Some(fix)),
                None => {
                    let line = subject.document().instructions()[origin].first_line;
                    Err(Refusal::new(script.in_file(command.range), Why::BytesStay { line }))
                }
            };
        }
    }
    Ok(None)
}

/// The folder that each command runs in; empty where it is not known.
fn folders_of(commands: &[&SimpleCommand], script: &ShellScript<'_>, run: StageRun<'_>) -> Vec<String> {
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

/// The absolute paths of files that a command deletes one by one.
fn deleted(command: &SimpleCommand, folder: &str, script: &ShellScript<'_>, run: StageRun<'_>) -> Vec<String> {
    let Some(invocation) = Invocation::of(command, script.text()) else { return Vec::new() };
    if !matches!(invocation.program(), "rm" | "unlink") {
        return Vec::new();
    }
    let operands = invocation.operands(invocation.program_at + 1, &[]);
    let known = operands.filter_map(|(at, _)| known_word(script, run.state(), &command.words[at]));
    known.map(|path| paths::resolve(folder, &path)).filter(|path| path.starts_with('/')).collect()
}

/// By path: the instructions that bring archives and packages, in order.
struct Origins(HashMap<String, Vec<usize>>);

impl Origins {
    fn of(subject: &Subject<'_>) -> Origins {
        let document = subject.document();
        let placements = subject.stages.placements();
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
        for run in subject.stages.runs() {
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
    fn find(&self, path: &str, run: StageRun<'_>, subject: &Subject<'_>) -> Option<usize> {
        let start = subject.stages.all()[run.stage()].body.start;
        let found = self.0.get(path).filter(|_| is_archive_name(path) || is_package(path))?;
        found.iter().copied().filter(|index| (start..run.index()).contains(index)).max()
    }
}

fn is_package(path: &str) -> bool {
    [".deb", ".rpm", ".apk", ".run", ".bin"].iter().any(|end| path.ends_with(end))
}

/// An archive that a step deletes, and the instruction that brought it.
struct Bind<'b, 's> {
    subject: &'b Subject<'s>,
    run: StageRun<'s>,
    script: &'b ShellScript<'s>,
    commands: &'b [&'b SimpleCommand],
    rm: &'b SimpleCommand,
    path: String,
    origin: usize,
}

impl Bind<'_, '_> {
    /// `None` where the step needs more than to read the archive, or something else may need it.
    fn fix(&self) -> Option<Fix> {
        let document = self.subject.document();
        let copy = &document.instructions()[self.origin];
        let placed = Placed::of(self.subject.stages.state(self.run.stage(), self.origin), copy, document.text())?;
        let [source] = &placed.sources[..] else { return None };
        let plain = |text: &str| !text.contains([',', ' ', '"', '\'', '$', '*', '?', '[', '=']);
        let applies = self.subject.stages.is_for_buildkit()
            && copy.keyword == Keyword::Copy
            && copy.heredocs.is_empty()
            && copy.flags.iter().all(|flag| flag.name() == "from")
            && plain(source)
            && plain(&self.path)
            // COPY would make a folder that is not there, and the step may rely on it.
            && has_usual_parent(&self.path)
            && self.is_next_run()
            && self.only_reads()
            && !self.is_named_elsewhere();
        if !applies {
            return None;
        }
        let source = source.trim_start_matches("./").trim_start_matches('/');
        let from = copy.flag("from").and_then(|flag| flag.value()).map(|from| format!("from={from},"));
        let flag = format!("--mount=type=bind,{}source={source},target={}", from.unwrap_or_default(), self.path);
        let run = self.run.instruction();
        let at = match run.flags.last() {
            Some(last) => run.logical.end_in_file(last.range.end()),
            None => run.keyword_range.end(),
        };
        let flags: Vec<&str> = run.flags.iter().map(|flag| flag.text.as_str()).chain([flag.as_str()]).collect();
        Some(Fix {
            title: "mount the archive instead of storing it in a layer".into(),
            at: copy.range,
            safety: Safety::Safe,
            effects: vec![
                Effect::DropsInstruction { instruction: self.origin },
                Effect::ChangesFlags { instruction: self.run.index(), after: flags.join(" ") },
                Effect::DropsCommand { instruction: self.run.index(), command: self.rm.written(self.script.text()) },
            ],
            edits: vec![
                remove_lines(document, copy)?,
                Edit::insert(at, format!(" {flag}")),
                remove_command(document, self.run, self.script, self.rm)?,
            ],
        })
    }

    /// Whether no other step runs between the `COPY` and this one.
    fn is_next_run(&self) -> bool {
        let between = &self.subject.document().instructions()[self.origin + 1..self.run.index()];
        !between.iter().any(|found| matches!(found.keyword, Keyword::Run | Keyword::Copy | Keyword::Add))
    }

    /// Whether the step does nothing with the archive and its folder but unpack it and, at last, delete it.
    fn only_reads(&self) -> bool {
        let text = self.script.text();
        let name = base_name(&self.path);
        let alone = self.rm.words.iter().filter(|word| !word.range.of(text).starts_with('-')).count() == 2;
        let mut unpacks = false;
        let reads = self.commands.iter().all(|command| {
            if std::ptr::eq(*command, self.rm) {
                return alone && is_decisive(self.run, self.script, command);
            }
            let Some(invocation) = Invocation::of(command, text) else { return command.words.is_empty() };
            if invocation.program() == "cd" {
                return true;
            }
            let source = spelled(command.range.of(text));
            if !has_path(&source, name) {
                let spread = source.contains('*')
                    || invocation.arguments().iter().any(|word| {
                        let folder = word.range.of(text);
                        self.path == folder || below(&self.path, folder)
                    });
                return !spread || unpacked(&invocation).is_some();
            }
            let unpacking = unpacked(&invocation).is_some() && !invocation.has_argument("--remove-files");
            unpacks |= unpacking;
            (unpacking || CHECKERS.contains(&invocation.program())) && command.range.start < self.rm.range.start
        });
        reads && unpacks
    }

    /// Whether any other instruction names the archive.
    fn is_named_elsewhere(&self) -> bool {
        let document = self.subject.document();
        let name = base_name(&self.path);
        document.instructions().iter().enumerate().any(|(index, instruction)| {
            index != self.origin
                && index != self.run.index()
                && has_path(&spelled(instruction.range.of(document.text())), name)
        })
    }
}
