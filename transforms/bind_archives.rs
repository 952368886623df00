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
//! may leave an empty file where the archive was mounted.)
//!
//! Elsewhere `ADD` can unpack a tar archive. **Unsafe**, because it takes the owners of the files by their numbers,
//! and `tar` by their names where the image knows them:
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! COPY vendor/tool.tar.gz /tmp/
//! RUN tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
//! ```
//! ```dockerfile after
//! FROM debian:12
//! ADD vendor/tool.tar.gz /opt/
//! ```
//!
//! Where neither is possible, and where the archive was downloaded by an instruction of its own, nothing that is
//! deleted gives its bytes back:
//!
//! ```dockerfile refused: bytes-stay
//! FROM debian:12
//! COPY vendor/tool.zip /tmp/
//! RUN unzip /tmp/tool.zip -d /opt && rm /tmp/tool.zip
//! ```
//! ```dockerfile refused: bytes-stay
//! FROM debian:12
//! ADD https://example.com/tool.deb /tmp/tool.deb
//! RUN dpkg -i /tmp/tool.deb && rm /tmp/tool.deb
//! ```

use dopt_model::commands::Invocation;
use dopt_model::commands::archives::{plain_unpacking, spelled, unpacked};
use dopt_model::commands::ownership::{below, has_path, known_word};
use dopt_model::commands::paths::{self, base_name};
use dopt_model::{Origins, Placed, ShellScript, StageRun, User, folders_of, has_usual_parent};
use dopt_rewrite::{
    Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why, is_decisive, remove_command,
    remove_commands, remove_lines,
};
use dopt_syntax::dockerfile::{Form, Keyword};
use dopt_syntax::shell::SimpleCommand;

const CAVEAT: &str = "ADD takes the owners of files by their numbers, where tar takes them by their names.";

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
            let origins = origins.get_or_insert_with(|| Origins::of(subject.stages));
            let Some(origin) = origins.find(&path, run, subject.stages) else { continue };
            let bind = Bind { subject, run, script: &script, commands: &commands, rm: command, path, origin };
            return match bind.fix().or_else(|| bind.unpack_by_add()) {
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
                self.drops(self.rm),
            ],
            edits: vec![
                remove_lines(document, copy)?,
                Edit::insert(at, format!(" {flag}")),
                remove_command(document, self.run, self.script, self.rm)?,
            ],
        })
    }

    /// Lets `ADD` unpack the archive where the step begins with `tar` and deletes it next.
    fn unpack_by_add(&self) -> Option<Fix> {
        let document = self.subject.document();
        let copy = &document.instructions()[self.origin];
        let [tar, rm, behind @ ..] = self.commands else { return None };
        let folder = self.unpacked_into(tar)?;
        let [written, _] = copy.arguments_text(document.text()).split_whitespace().collect::<Vec<_>>()[..] else {
            return None;
        };
        let text = self.script.text();
        let plain = |command: &SimpleCommand| command.assignments.is_empty() && command.redirects.is_empty();
        let names = |command: &&SimpleCommand| has_path(&spelled(command.range.of(text)), base_name(&self.path));
        let applies = (copy.keyword, copy.form == Form::Shell) == (Keyword::Copy, true)
            && copy.heredocs.is_empty()
            && copy.flags.is_empty()
            && copy.logical.is_one_line()
            && self.run.instruction().flags.is_empty()
            && !matches!(self.run.state().user(), User::Other(_))
            && std::ptr::eq(*rm, self.rm)
            && [tar, rm].iter().all(|command| plain(command) && is_decisive(self.run, self.script, command))
            && !behind.iter().any(names)
            && self.only_reads()
            && self.is_next_run()
            && !document.instructions().iter().any(|instruction| instruction.keyword == Keyword::Volume)
            && !self.is_named_elsewhere();
        if !applies {
            return None;
        }
        let after = format!("ADD {written} {}/", folder.trim_end_matches('/'));
        let (effects, edits) = match behind {
            [] => {
                let gone = Effect::DropsInstruction { instruction: self.run.index() };
                (vec![gone], vec![remove_lines(document, self.run.instruction())?])
            }
            _ => (vec![self.drops(tar), self.drops(rm)], remove_commands(document, self.run, self.script, &[tar, rm])?),
        };
        let changes = Effect::ChangesInstruction { instruction: self.origin, after: after.clone() };
        Some(Fix {
            title: "let ADD unpack the archive instead of storing it in a layer".into(),
            at: copy.range,
            safety: Safety::Unsafe { caveat: CAVEAT },
            effects: [vec![changes], effects].concat(),
            edits: [vec![Edit::replace(copy.range, after)], edits].concat(),
        })
    }

    /// The folder that a `tar` unpacks all of the archive into, if `ADD` would do the same.
    fn unpacked_into(&self, tar: &SimpleCommand) -> Option<String> {
        let unpacking = plain_unpacking(&Invocation::of(tar, self.script.text())?)?;
        let state = self.run.state();
        let path = |word: usize| {
            let known = known_word(self.script, state, &tar.words[word])?;
            Some(paths::resolve(state.workdir().unwrap_or_default(), &known))
        };
        let folder = match unpacking.folder {
            Some(word) => path(word)?,
            None => state.workdir()?.to_owned(),
        };
        let plain = folder.starts_with('/') && !folder.contains([' ', '$', '"', '\'']);
        (plain && path(unpacking.archive)? == self.path).then_some(folder)
    }

    fn drops(&self, command: &SimpleCommand) -> Effect {
        Effect::DropsCommand { instruction: self.run.index(), command: command.written(self.script.text()) }
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
