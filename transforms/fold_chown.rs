//! # fold-chown
//!
//! Lets `COPY` set the owner and the mode of what it copies, instead of a `RUN chown -R` or `RUN chmod -R` behind
//! it: a file whose owner changes in a later layer is stored in that layer once more.
//!
//! ```dockerfile before
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN chown -R node:node /app
//! ```
//! ```dockerfile after
//! FROM node:20
//! WORKDIR /app
//! COPY --chown=node:node . .
//! RUN chown node:node /app
//! ```
//!
//! The folder itself is `WORKDIR`'s, so it still takes a `chown`, which costs nothing. Where `COPY` makes the
//! folder, the step goes:
//!
//! ```dockerfile before
//! FROM debian:12
//! RUN useradd app
//! COPY src /app
//! RUN chown -R app /app
//! USER app
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN useradd app
//! COPY --chown=app:0 src /app
//! USER app
//! ```
//!
//! The group is 0 there, because `chown app` leaves the group as it is, while `COPY --chown=app` would not.
//!
//! **Safe** where everything below the folder came by `COPY` or `ADD` and the user is there before them.
//! **Unsafe** where a base image may have files in the folder, where `COPY` makes folders above it, and, for a mode,
//! where nothing in the file says that it is built by BuildKit:
//!
//! ```dockerfile before unsafe
//! FROM debian:12
//! COPY run.sh /usr/local/bin/
//! RUN chmod 755 /usr/local/bin/run.sh
//! ```
//! ```dockerfile after
//! FROM debian:12
//! COPY --chmod=755 run.sh /usr/local/bin/
//! ```
//!
//! The rest stays:
//!
//! ```dockerfile refused: other-files-there
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN npm ci --no-audit && npm cache clean --force
//! RUN chown -R node:node /app
//! ```
//! ```dockerfile refused: base-may-have-files
//! FROM nginx:1.27
//! COPY default.conf /etc/nginx/conf.d/
//! RUN chown -R nginx:nginx /etc/nginx
//! ```
//! ```dockerfile refused: user-made-later
//! FROM debian:12
//! COPY src /app
//! RUN useradd app && chown -R app:app /app
//! ```
//! ```dockerfile refused: mode-is-relative
//! FROM debian:12
//! COPY src /app
//! RUN chmod -R g+w /app
//! ```

use dopt_model::commands::ownership::{self, Change, below, known_word};
use dopt_model::commands::paths;
use dopt_model::{Placed, Placements, ShellScript, StageRun, has_usual_parent, is_archive_name, is_unusual};
use dopt_rewrite::{
    Effect, Fix, Proposal, Refusal, Reword, Safety, Subject, Transform, Why, add_flag, insert_command, is_decisive,
    remove_command, remove_instruction,
};
use dopt_syntax::dockerfile::{Instruction, Keyword};
use dopt_syntax::shell::SimpleCommand;

pub const TRANSFORM: Transform = Transform {
    name: "fold-chown",
    summary: "let COPY set owner and mode instead of a RUN that stores the files twice",
    manual: include_str!("fold_chown.rs"),
    aliases: &["prefer-copy-chmod"],
    triggers: &["chown", "chmod"],
    joint: false,
    never_safe: false,
    propose,
};

const BASE_FILES: &str = "the base image may have other files there, which would keep their owner or mode";
const PARENTS: &str = "a folder that COPY makes above this one would get the new owner too";
const NEEDS_BUILDKIT: &str = "--chmod needs BuildKit, which Docker builds with by default since version 23";

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let copies = |found: &Instruction| matches!(found.keyword, Keyword::Copy | Keyword::Add);
    if !subject.document().instructions().iter().any(copies) {
        return Vec::new();
    }
    let mut runs = subject.runs().filter(|run| subject.is_triggered(*run)).peekable();
    if runs.peek().is_none() {
        return Vec::new();
    }
    let placements = subject.stages.placements();
    runs.filter_map(|run| fold_first(run, subject, placements).transpose()).collect()
}

/// Folds the first command of a step that can be folded; one that cannot is worth a word only if none can.
fn fold_first(run: StageRun<'_>, subject: &Subject<'_>, placements: &Placements) -> Result<Option<Fix>, Refusal> {
    let Ok(script) = run.script() else { return Ok(None) };
    let commands = script.all_commands();
    let mut refused = Ok(None);
    for fold in commands.into_iter().flat_map(|command| Fold::all_of(command, run, &script, subject, placements)) {
        match fold.propose() {
            Ok(Some(fix)) => return Ok(Some(fix)),
            Err(why) if refused.is_ok() => {
                refused = Err(Refusal::new(script.in_file(fold.change.invocation.command.range), why));
            }
            _ => {}
        }
    }
    refused
}

/// A `chown` or `chmod` of something that this stage has copied.
struct Fold<'f, 's> {
    subject: &'f Subject<'s>,
    run: StageRun<'s>,
    script: &'f ShellScript<'s>,
    change: Change<'f>,
    /// What it is about: one folder and all below, or files.
    places: Vec<String>,
    /// The word that names the folder, where the command names others too.
    one_of_several: Option<usize>,
    /// The `COPY`s that put it there, by instruction.
    copies: Vec<(usize, &'f Placed)>,
}

impl<'f, 's> Fold<'f, 's> {
    /// One for each folder, or one for all files, as far as they were copied in this stage.
    fn all_of(
        command: &'f SimpleCommand,
        run: StageRun<'s>,
        script: &'f ShellScript<'s>,
        subject: &'f Subject<'s>,
        placements: &'f Placements,
    ) -> Vec<Self> {
        let Some(change) = Change::of(command, script.text()) else { return Vec::new() };
        let moves = |name: &str| matches!(name, "cd" | "pushd" | "popd");
        let mut moved = false;
        script.script().walk(&mut |before| {
            let name = before.name(script.text());
            moved |= before.range.start < command.range.start && name.is_some_and(|name| moves(&name));
        });
        let workdir = if moved { None } else { run.state().workdir() };
        let place = |at: &usize| {
            let written = known_word(script, run.state(), &command.words[*at])?;
            let folder = if written.starts_with('/') { "/" } else { workdir? };
            Some(paths::resolve(folder, &written))
        };
        let fold = |places: Vec<String>, one_of_several| {
            let mut fold =
                Fold { subject, run, script, change: change.clone(), places, one_of_several, copies: Vec::new() };
            fold.copies = fold.find_copies(placements)?;
            (!fold.copies.is_empty() && is_decisive(run, script, command)).then_some(fold)
        };
        let several = change.operands.len() > 1;
        match change.recursive {
            Some(_) => {
                let one = |at: &usize| fold(vec![place(at)?], several.then_some(*at));
                change.operands.iter().filter_map(one).collect()
            }
            None => change
                .operands
                .iter()
                .map(place)
                .collect::<Option<_>>()
                .and_then(|all| fold(all, None))
                .into_iter()
                .collect(),
        }
    }

    fn propose(&self) -> Result<Option<Fix>, Why> {
        let Some(flag) = self.flag()? else { return Ok(None) };
        let name = flag.trim_start_matches("--").split('=').next().unwrap_or_default();
        let document = self.subject.document();
        let mut fix = Fix {
            title: format!(
                "let COPY set {}, not a layer of its own",
                if name == "chown" { "the owner" } else { "the mode" }
            )
            .into(),
            at: self.script.in_file(self.change.invocation.command.range),
            safety: Safety::Safe,
            effects: Vec::new(),
            edits: Vec::new(),
        };
        for (index, placed) in &self.copies {
            let instruction = &document.instructions()[*index];
            match instruction.flag(name) {
                Some(found) if found.text == flag => continue,
                // What comes from the build context belongs to root as it is.
                None if placed.from_context
                    && matches!(flag.as_str(), "--chown=root:root" | "--chown=0:0" | "--chown=root:0") =>
                {
                    continue;
                }
                Some(_) => return Ok(None),
                None if !self.takes(instruction, placed, &flag) => return Ok(None),
                None => {}
            }
            let (edit, effect) = add_flag(document, *index, &flag);
            fix.edits.push(edit);
            fix.effects.push(effect);
        }
        if self.is_recursive() {
            self.check_other_files()?;
        } else {
            self.check_between()?;
        }
        self.check_users()?;
        self.check_base()?;
        let created = !self.is_recursive() || self.is_created();
        if !self.shorten(created && self.sets_all(&flag), &mut fix) {
            return Ok(None);
        }
        fix.safety = self.safety(name == "chmod");
        Ok(Some(fix))
    }

    /// Whether it is about a folder and all below, and not about files, for which `-R` means nothing.
    fn is_recursive(&self) -> bool {
        let is_file = |(_, placed): &(usize, &Placed)| placed.files().is_some_and(|files| files == self.places);
        self.change.recursive.is_some() && !(self.copies.len() == 1 && is_file(&self.copies[0]))
    }

    fn line(&self, index: usize) -> usize {
        self.subject.document().instructions()[index].first_line
    }

    /// The flag that says the same as the command.
    fn flag(&self) -> Result<Option<String>, Why> {
        if self.change.invocation.program() == "chmod" {
            return match self.change.mode() {
                Some(mode) => Ok(Some(format!("--chmod={mode}"))),
                None if self.is_recursive() => Err(Why::ModeIsRelative),
                None => Ok(None),
            };
        }
        let Some((user, group)) = self.change.owner() else { return Ok(None) };
        // What comes from the build context has the group 0, which `chown user` leaves.
        let group = match group {
            Some(group) => group,
            None if self.copies.iter().all(|(_, placed)| placed.from_context) => "0",
            None => return Ok(None),
        };
        Ok(Some(format!("--chown={user}:{group}")))
    }

    /// Whether the flag does to this `COPY` what the command does to what it has copied.
    fn takes(&self, instruction: &Instruction, placed: &Placed, flag: &str) -> bool {
        let unpacks = instruction.keyword == Keyword::Add
            && (!placed.from_context || placed.sources.iter().any(|name| is_archive_name(name) || name.contains('*')));
        // With `--link` there is no file in which a name could be looked up.
        let named = flag.strip_prefix("--chown=").is_some_and(|owner| owner.contains(|c: char| c.is_alphabetic()));
        if unpacks || (named && instruction.flag("link").is_some()) {
            return false;
        }
        if !self.is_recursive() {
            return placed.files().is_some_and(|files| files.iter().all(|file| self.places.contains(file)));
        }
        // Folders on the way get the mode 755.
        placed.destination == self.places[0] || !flag.starts_with("--chmod") || flag == "--chmod=755"
    }

    /// Whether the flag sets the folder itself too where `COPY` makes it.
    fn sets_all(&self, flag: &str) -> bool {
        !self.is_recursive() || !flag.starts_with("--chmod") || flag == "--chmod=755"
    }

    /// The `COPY`s and `ADD`s of this stage that put files into the folder, or these very files.
    fn find_copies(&self, placements: &'f Placements) -> Option<Vec<(usize, &'f Placed)>> {
        let range = self.subject.stages.all()[self.run.stage()].body.start..self.run.index();
        let with = |index: usize| Some((index, placements.at(index)?));
        if self.is_recursive() {
            let [folder] = &self.places[..] else { return None };
            let inside = |placed: &Placed| placed.destination == *folder || below(&placed.destination, folder);
            return (folder != "/").then(|| range.filter_map(with).filter(|(_, placed)| inside(placed)).collect());
        }
        let mut found = Vec::new();
        for place in &self.places {
            let before = found.len();
            found.extend(placements.of_file(place).iter().copied().filter(|index| range.contains(index)));
            if found.len() == before {
                return None;
            }
        }
        found.sort_unstable();
        found.dedup();
        Some(found.into_iter().filter_map(with).collect())
    }

    /// Whether something else than our `COPY`s may have put files below the folder.
    fn check_other_files(&self) -> Result<(), Why> {
        let stages = self.subject.stages;
        let folder = self.places[0].as_str();
        let before = stages.before(self.run.stage(), self.run.index());
        let mut others = before.into_iter().filter(|(_, index)| self.copies.iter().all(|(copy, _)| copy != index));
        let here = self.run.index();
        let filled = match others.find(|(stage, index)| stages.may_fill(*stage, *index, folder)) {
            Some((_, index)) => Some(index),
            None => ownership::may_fill(self.script, self.at(), self.run.state(), folder).then_some(here),
        };
        filled.map_or(Ok(()), |index| Err(Why::OtherFilesThere { line: self.line(index) }))
    }

    /// Whether a step between `COPY` and the command may write the files anew.
    fn check_between(&self) -> Result<(), Why> {
        for index in self.copies[0].0 + 1..=self.run.index() {
            let Some(run) = self.subject.stages.run(self.run.stage(), index) else { continue };
            let upto = if index == self.run.index() { self.at() } else { usize::MAX };
            let fills = |script: ShellScript<'_>| {
                self.places.iter().any(|place| ownership::may_fill(&script, upto, run.state(), place))
            };
            if run.script().is_ok_and(fills) {
                return Err(Why::OtherFilesThere { line: self.line(index) });
            }
        }
        Ok(())
    }

    /// Whether the user and the group are known before the first `COPY`. The step names them, so they are there when
    /// it runs; it remains to be seen that nothing between the two makes them.
    fn check_users(&self) -> Result<(), Why> {
        let always = |name: &str| name == "root" || name.bytes().all(|byte| byte.is_ascii_digit());
        if self.change.invocation.program() == "chmod"
            || self.change.owner().is_some_and(|(user, group)| always(user) && group.is_none_or(always))
        {
            return Ok(());
        }
        let mut between = self.copies[0].0 + 1..self.run.index();
        let made = match between.find(|index| self.subject.stages.may_make_users(self.run.stage(), *index)) {
            Some(index) => Some(index),
            None => ownership::may_make_users(self.script, self.at()).then_some(self.run.index()),
        };
        made.map_or(Ok(()), |index| Err(Why::UserMadeLater { line: self.line(index) }))
    }

    /// Where the command starts in its script.
    fn at(&self) -> usize {
        self.change.invocation.command.range.start()
    }

    /// Whether the base image may well have files in the folder.
    fn check_base(&self) -> Result<(), Why> {
        let Some(image) = self.run.state().image() else { return Ok(()) };
        let folder = &self.places[0];
        let fresh_home = self.change.owner().is_some_and(|(user, _)| *folder == format!("/home/{user}"));
        let free = is_unusual(folder) || image.has_nothing_below(folder) || fresh_home;
        if !self.is_recursive() || free { Ok(()) } else { Err(Why::BaseMayHaveFiles) }
    }

    /// Whether the first `COPY` makes the folder, and no folder above it.
    fn is_created(&self) -> bool {
        let folder = &self.places[0];
        let lacks = self.run.state().image().is_some_and(|image| image.lacks(folder));
        let first = self.copies[0].0;
        lacks && has_usual_parent(folder) && !self.subject.stages.may_be_made_before(self.run.stage(), first, folder)
    }

    /// Takes the command out, or lets it work on the folder alone.
    fn shorten(&self, goes: bool, fix: &mut Fix) -> bool {
        let command = self.change.invocation.command;
        let list = &self.script.script().list;
        let instruction = self.run.index();
        if let Some(at) = self.one_of_several {
            return self.take_out(at, goes, fix);
        }
        if goes {
            let alone = list.items.len() == 1 && list.items[0].and_or.range() == command.range;
            let written = command.written(self.script.text());
            let (edit, effect) = match alone {
                true => (remove_instruction(self.subject, self.run), Effect::DropsInstruction { instruction }),
                false => (
                    remove_command(self.subject.document(), self.run, self.script, command),
                    Effect::DropsCommand { instruction, command: written },
                ),
            };
            if let Some(edit) = edit {
                fix.edits.push(edit);
                fix.effects.push(effect);
                return true;
            }
        }
        let Some((at, rest)) = &self.change.recursive else { return false };
        let reword = Reword::of(command);
        let reword = if rest.len() > 1 { reword.replace(*at, rest.as_str()) } else { reword.remove(*at) };
        let (edits, effect) = reword.finish(self.run, self.script);
        fix.edits.extend(edits);
        fix.effects.push(effect);
        true
    }

    /// Lets the command work on its other folders, and another one on this folder alone.
    fn take_out(&self, at: usize, goes: bool, fix: &mut Fix) -> bool {
        let invocation = &self.change.invocation;
        let command = invocation.command;
        let text = self.script.text();
        let (edits, effect) = Reword::of(command).remove(at).finish(self.run, self.script);
        fix.edits.extend(edits);
        fix.effects.push(effect);
        if goes {
            return true;
        }
        let program = command.words[0].range.cover(command.words[invocation.program_at].range).of(text);
        let alone = format!("{program} {} {}", self.change.to, command.words[at].range.of(text));
        let edit = insert_command(self.subject, self.run, self.script, command, &alone);
        fix.effects.push(Effect::AddsCommand { instruction: self.run.index(), command: alone });
        edit.map(|edit| fix.edits.push(edit)).is_some()
    }

    fn safety(&self, is_mode: bool) -> Safety {
        let unsafe_because = |caveat| Safety::Unsafe { caveat };
        let image = self.run.state().image();
        if self.is_recursive() && !image.is_some_and(|image| image.has_nothing_below(&self.places[0])) {
            return unsafe_because(BASE_FILES);
        }
        if is_mode {
            return if self.subject.stages.is_for_buildkit() { Safety::Safe } else { unsafe_because(NEEDS_BUILDKIT) };
        }
        let stands = |path: &String| {
            let parent = path.rfind('/').map_or("", |slash| &path[..slash]);
            let first = self.copies[0].0;
            has_usual_parent(path) || self.subject.stages.is_made_before(self.run.stage(), first, parent)
        };
        if self.places.iter().all(stands) { Safety::Safe } else { unsafe_because(PARENTS) }
    }
}
