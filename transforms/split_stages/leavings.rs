//! What the steps of a stage leave that interprets its program: packages, users, folders, and files in known places.

mod calls;
mod downloads;
mod installers;
mod makefiles;
mod packages;
mod parts;
mod time_zone;

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::resolve;
use dopt_model::{ExecScript, ShellScript, StageRun, User};
use dopt_rewrite::{NotSplit, Refusal, Why};
use dopt_syntax::shell::Script;

use super::owners::Owner;
use super::removals::Removals;
use super::replay::Replay;
use super::stack::Scene;
use super::toolchains::{self, Toolchain};
use super::words;
pub(super) use downloads::output as place_of_download;
use parts::Part;

/// Options by which `find` does more than print.
pub(super) const ACTING: &[&str] =
    &["-exec", "-execdir", "-delete", "-ok", "-okdir", "-fprint", "-fprintf", "-fprint0", "-fls"];

/// When something happens to a file: at which instruction, and at which of its commands.
pub(super) type Moment = (usize, usize);

/// A command of a step.
pub(super) struct Call<'a> {
    /// The command.
    pub invocation: Invocation<'a>,
    /// The words behind the program; those that only the build knows as they are written.
    pub words: Vec<String>,
    /// When it runs.
    pub moment: Moment,
    /// The folder that it runs in.
    pub folder: String,
    /// Its step.
    pub run: StageRun<'a>,
}

/// Says which folders a command fills, where it is one that a kind of project knows.
pub(super) type Reader<'r> = &'r mut dyn FnMut(&Call<'_>) -> Result<Option<Vec<String>>, NotSplit>;

/// What all steps leave.
#[derive(Default)]
pub(super) struct Leavings {
    /// The last `RUN`.
    pub last: usize,
    /// The commands of the step that is read, so far.
    number: usize,
    /// Packages of Debian that the program may need.
    pub kept: Vec<String>,
    /// Those of them that a command installs together with what only building needs.
    pub beside_builders: Vec<String>,
    /// Packages with headers, and the first line of the step that installs them.
    pub headers: Vec<(String, usize)>,
    /// Whether every step leaves recommended packages out.
    pub is_spare: bool,
    /// Whether a layer has packages that only building needs.
    pub has_builders: bool,
    /// Those that the step which is read has installed so far.
    builders: Vec<String>,
    /// Programs that steps run.
    ran: Vec<String>,
    /// Commands that make users, give programs other names, or delete what packages bring: what is run again.
    pub users: Vec<String>,
    /// Folders that steps make or fill, and who does.
    pub filled: Vec<(String, usize)>,
    /// Whether an installer has fetched poetry or uv, into a folder of its own.
    pub fetches_installer: bool,
    /// Programs that are fetched by their addresses.
    pub fetched: Vec<String>,
    /// Files or folders that `cp` and `mv` leave outside of the folder that they run in.
    pub copied_to: Vec<String>,
    /// Files that commands write their output to, and when.
    pub written: Vec<(String, Moment)>,
    /// Paths with their new owner or mode, and the command that sets it, without the path: `chown app:app`.
    pub marked: Vec<(String, String)>,
    /// Whose paths become, and by which commands.
    pub owners: Vec<Owner>,
    /// Names of users and groups whose numbers are counted from 100 up, and with that depend on what is installed.
    pub counted: Vec<String>,
    /// Whether a file that the image or a package brings is deleted, which the second stage repeats.
    has_erased: bool,
    /// What is deleted again.
    pub removed: Removals,
    /// Whether a step sets the time zone of the system, which the second stage repeats.
    pub sets_time_zone: bool,
    /// Whether the program is compiled, and asks the system for what it needs.
    compiles: bool,
    /// Whether all that steps fill is carried over, for the program is interpreted.
    is_interpreted: bool,
    /// What a step may fetch, for nothing of it goes along.
    toolchain: Option<Toolchain>,
    /// Whether the second stage starts from the same image.
    on_same_base: bool,
    /// What it repeats, where it does.
    pub replays: Vec<Replay>,
}

impl Leavings {
    /// Reads all steps; refuses at the first command of which it is not known what it leaves.
    pub fn of(scene: &Scene<'_>, reader: Reader<'_>) -> Result<Leavings, Refusal> {
        Leavings::default().all(scene, reader)
    }

    /// The same for what a compiler builds that a step may fetch.
    pub fn of_toolchain(toolchain: Toolchain, scene: &Scene<'_>, reader: Reader<'_>) -> Result<Leavings, Refusal> {
        Leavings { toolchain: Some(toolchain), ..Leavings::default() }.all(scene, reader)
    }

    /// The same for a second stage from the same image, which repeats what configures that.
    pub fn on_same_base(scene: &Scene<'_>, reader: Reader<'_>) -> Result<Leavings, Refusal> {
        Leavings { on_same_base: true, ..Leavings::default() }.all(scene, reader)
    }

    fn all(mut self, scene: &Scene<'_>, reader: Reader<'_>) -> Result<Leavings, Refusal> {
        self.is_spare = true;
        let mut found = self;
        for run in scene.subject.stages.runs_of(scene.stage) {
            found.read(scene, run, reader)?;
            found.last = run.index();
        }
        Ok(found)
    }

    fn read(&mut self, scene: &Scene<'_>, run: StageRun<'_>, reader: Reader<'_>) -> Result<(), Refusal> {
        let instruction = run.instruction();
        let refuse = |why| Refusal::new(instruction.range, Why::NotSplit(why));
        let line = instruction.first_line;
        let state = run.state();
        let exec = ExecScript::of(&instruction.form);
        if exec.is_none() && state.shell().dialect.is_none() {
            return Err(refuse(NotSplit::NonPosixShell));
        }
        let folder = state.workdir().ok_or_else(|| refuse(NotSplit::PathUnknown { line }))?;
        self.number = 0;
        match exec {
            Some(exec) => self.read_script(scene, run, (exec.text(), exec.script(), None), folder, reader),
            None => {
                let script = run.script()?;
                self.read_script(scene, run, (script.text(), script.script(), Some(&script)), folder, reader)
            }
        }
        .map_err(refuse)?;
        self.has_builders |= !std::mem::take(&mut self.builders).is_empty();
        Ok(())
    }

    fn read_script(
        &mut self,
        scene: &Scene<'_>,
        run: StageRun<'_>,
        (text, script, whole): (&str, &Script, Option<&ShellScript<'_>>),
        folder: &str,
        reader: Reader<'_>,
    ) -> Result<(), NotSplit> {
        let line = run.instruction().first_line;
        let unseen = || NotSplit::WritesOutsideWorkdir { line };
        let mut folder = folder.to_owned();
        let workdir = run.state().workdir().unwrap_or("/");
        // What compiles its program knows itself what goes along.
        let name = scene.image.familiar_name();
        self.is_interpreted = ["python", "node"].contains(&name);
        self.compiles = !self.is_interpreted && !["php", "ruby"].contains(&name);
        let unpacked = downloads::unpacked_by_pipelines(&script.list, text, &folder);
        if !self.is_interpreted && !unpacked.is_empty() {
            return Err(unseen());
        }
        self.fetched.extend(unpacked.iter().cloned());
        self.filled.extend(unpacked.into_iter().map(|file| (file, run.index())));
        if toolchains::fetched(&script.list, text).any(|fetched| self.toolchain != Some(fetched)) {
            return Err(unseen());
        }
        self.fetches_installer |= installers::fetches_for_python(text);
        if self.fetches_installer && !installers::lies_apart(run.state()) {
            return Err(unseen());
        }
        let mut outer = Vec::new();
        for part in parts::of(&script.list, text).ok_or_else(unseen)? {
            let command = match part {
                Part::Command(command) => command,
                Part::Opens => {
                    outer.push(folder.clone());
                    continue;
                }
                Part::Closes => {
                    folder = outer.pop().unwrap_or_default();
                    continue;
                }
            };
            if self.on_same_base
                && let Some(replay) = Replay::of(command, text)
            {
                if run.state().user() != User::Root {
                    return Err(NotSplit::UserUnknown);
                }
                self.replays.push(replay);
                continue;
            }
            self.number += 1;
            let moment = (run.index(), self.number);
            if !words::assigns_quietly(command, text) {
                return Err(unseen());
            }
            let invocation = match Invocation::of(command, text) {
                Some(invocation) => invocation,
                None if command.words.is_empty() => {
                    let written = words::written(command, text, (&folder, workdir), &unseen())?;
                    self.written.extend(written.into_iter().map(|path| (path, moment)));
                    continue;
                }
                None => return Err(unseen()),
            };
            let words = words::of(&invocation, script, whole, run).ok_or_else(unseen)?;
            self.ran.push(invocation.program().to_owned());
            let call = Call { words, invocation, moment, folder: folder.clone(), run };
            if let Some(setting) =
                time_zone::setting(&call).filter(|_| self.compiles && run.state().user() == User::Root)
            {
                self.users.push(setting);
                self.sets_time_zone = true;
                continue;
            }
            let written = words::written(command, text, (&folder, workdir), &unseen())?;
            self.written.extend(written.into_iter().map(|path| (path, moment)));
            if let Some(folders) = reader(&call)? {
                folders.iter().for_each(|folder| self.removed.put_again(folder));
                self.filled.extend(folders.into_iter().map(|folder| (folder, run.index())));
                continue;
            }
            if let Some(files) = downloads::read(&call).filter(|_| self.is_interpreted) {
                files.iter().for_each(|file| self.removed.put_again(file));
                self.fetched.extend(files.iter().cloned());
                self.filled.extend(files.into_iter().map(|file| (file, run.index())));
                continue;
            }
            match (call.invocation.program(), &call.words[..]) {
                ("cd", [to]) if to != "-" => folder = resolve(&folder, to),
                ("cd", _) => return Err(unseen()),
                ("make" | "gmake", _) => self.read_make(scene, &call, reader)?,
                _ => self.read_call(&call, run.state().user(), line)?,
            }
        }
        Ok(())
    }

    /// The home folder of a user that a step makes.
    pub fn home_of(&self, user: &str) -> Option<String> {
        let made = self.users.iter().rfind(|command| {
            let mut words = command.split_whitespace();
            words.next().is_some_and(|program| ["useradd", "adduser"].contains(&program))
                && words.any(|word| word == user)
        })?;
        let mut words = made.split_whitespace();
        let is_option = |word: &str| ["-d", "--home", "--home-dir", "-h"].contains(&word);
        let told = words
            .find(|word| is_option(word) || word.starts_with("--home"))
            .map(|option| option.split_once('=').map_or_else(|| words.next().unwrap_or_default(), |(_, value)| value));
        let home = told.map_or_else(|| format!("/home/{user}"), str::to_owned);
        home.starts_with('/').then_some(home)
    }
}

/// Whether a word with a substitution only says how much is done at once: `-j$(nproc)`.
pub(super) fn is_number_of_processors(word: &str) -> bool {
    let rest = word.trim_matches('"');
    rest.strip_prefix("-j").or_else(|| rest.strip_prefix("--jobs=")).unwrap_or(rest).trim_matches('"') == "$(nproc)"
}
