//! The programs that containers start: what ENTRYPOINT, CMD and HEALTHCHECK say, with the scripts of the context that they
//! run looked into.

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{Context, Family, Origin, Tool, started_text};
use dopt_rewrite::{NotSplit, Refusal};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::{self, Dialect, SimpleCommand};

use super::compiled::Started;
use super::leavings::Leavings;
use super::stack::Scene;
use super::start_scripts::{copied_from, is_answered};
use super::started::SUPERVISORS;

/// What shells know themselves, and what every Debian and BusyBox has.
const EVERYWHERE: &[&str] = &[
    ":", ".", "[", "[[", "alias", "awk", "base64", "basename", "bg", "break", "cat", "cd", "chgrp", "chmod", "chown",
    "continue", "cp", "cut", "date", "dd", "declare", "df", "dirname", "du", "echo", "egrep", "env", "exit", "export",
    "expr", "false", "fg", "fgrep", "find", "getent", "getopts", "grep", "groups", "gunzip", "gzip", "head",
    "hostname", "id", "install", "jobs", "kill", "let", "ln", "local", "ls", "md5sum", "mkdir", "mkfifo", "mktemp",
    "mv", "nl", "nproc", "od", "paste", "printenv", "printf", "pwd", "read", "readlink", "readonly", "realpath",
    "return", "rm", "rmdir", "sed", "seq", "set", "sha256sum", "shift", "sleep", "sort", "split", "stat", "stty",
    "sync", "tail", "tar", "tee", "test", "touch", "tr", "trap", "true", "tty", "type", "typeset", "ulimit", "umask",
    "uname", "uniq", "unset", "wait", "wc", "which", "whoami", "yes",
];

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash"];

/// Programs that start what stands behind them, with the number of words in front of that.
const STARTERS: &[(&str, usize)] = &[("tini", 0), ("dumb-init", 0), ("gosu", 1), ("su-exec", 1), ("setpriv", 0)];

/// Programs by the packages that bring them, where the names differ.
const PACKAGES: &[(&str, &str)] = &[
    ("nc", "netcat"),
    ("psql", "postgresql-client"),
    ("pg_isready", "postgresql-client"),
    ("mysql", "default-mysql-client"),
    ("mysqladmin", "default-mysql-client"),
    ("redis-cli", "redis-tools"),
    ("envsubst", "gettext-base"),
    ("ping", "iputils-ping"),
    ("ip", "iproute2"),
    ("netstat", "net-tools"),
    ("dig", "dnsutils"),
];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

/// Looks at everything that containers start, in the order in which it is written.
pub(super) fn of(scene: &Scene<'_>, context: Option<&Context>) -> Result<Vec<Started>, Refusal> {
    let stages = scene.subject.stages;
    let document = stages.document();
    let body = stages.all()[scene.stage].body.clone();
    let instructions = &document.instructions()[body.clone()];
    let last = |keyword| instructions.iter().rfind(|found| found.keyword == keyword);
    let mut shells = instructions.iter().filter(|found| found.keyword == Keyword::Shell);
    if !shells.all(|found| has_shell(scene.image.family(), &found.form)) {
        return Err(scene.refuse(NotSplit::NonPosixShell));
    }
    let folder = stages.state(scene.stage, body.end).workdir();
    let folder = folder.ok_or_else(|| scene.refuse(NotSplit::UnknownArtefact))?;
    let text = |found: &Instruction| started_text(found, document.text()).unwrap_or_default();
    let is_exec = |found: &&Instruction| found.form != Form::Shell;
    let entry = last(Keyword::Entrypoint).filter(|found| found.form != Form::Exec(Vec::new()));
    let command = last(Keyword::Cmd).map(text).unwrap_or_default();
    let entry_text = entry.map(text).unwrap_or_default();
    let started = match entry {
        Some(entry) if is_exec(&entry) => format!("{entry_text} {command}"),
        Some(_) => entry_text.clone(),
        None => command.clone(),
    };
    if started.trim().is_empty() {
        return Err(scene.refuse(NotSplit::UnknownArtefact));
    }
    let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
    let needs_shell = instructions.iter().filter(starts).any(|found| found.form == Form::Shell);
    let mut looking = Looking {
        scene,
        context,
        command,
        needs_shell,
        depth: 0,
        is_check: false,
        functions: Vec::new(),
        found: Vec::new(),
    };
    looking.text(&started, folder).map_err(|why| scene.refuse(why))?;
    for service in scene.subject.services(scene.stage) {
        looking.command = service.command.clone().unwrap_or_default();
        let started = service.started(&entry_text).unwrap_or_default();
        looking.text(&started, folder).map_err(|why| scene.refuse(why))?;
    }
    looking.is_check = true;
    let own = last(Keyword::Healthcheck).and_then(|found| started_text(found, document.text()));
    let of_services = scene.subject.services(scene.stage).filter_map(|service| service.check.clone());
    for text in own.into_iter().chain(of_services) {
        looking.text(&text, folder).map_err(|why| match why {
            NotSplit::MultiService => scene.refuse(why),
            _ => scene.refuse(NotSplit::HealthCheckNeedsTools),
        })?;
    }
    Ok(looking.found)
}

/// Whether every image of a family has the shell that a `SHELL` names, and it reads nothing before it starts.
fn has_shell(family: Family, form: &Form) -> bool {
    let Form::Exec(words) = form else { return false };
    let Some((program, options)) = words.split_first() else { return false };
    let names: &[&str] = match family {
        Family::Debian => &["sh", "bash", "dash"],
        Family::Alpine => &["sh", "ash"],
        _ => &[],
    };
    let is_login = |option: &String| option == "--login" || !option.starts_with("--") && option.contains('l');
    let logs_in = options.iter().filter(|option| option.starts_with('-')).any(is_login);
    names.contains(&base_name(program)) && is_of_system(program) && !logs_in
}

/// Whether every Debian has a program, and every BusyBox.
pub(crate) fn is_on_every_system(name: &str) -> bool {
    EVERYWHERE.contains(&name) || SHELLS.contains(&name)
}

/// Whether a program is looked for by its name, or lies where those of the system do: `/echo` is another one than `echo`.
fn is_of_system(program: &str) -> bool {
    let folder = program.rsplit_once('/').map(|(folder, _)| folder);
    folder.is_none_or(|folder| ["/bin", "/sbin", "/usr/bin", "/usr/sbin"].contains(&folder))
}

/// Whether a shell may find something else under this name.
pub(super) fn is_taken(name: &str) -> bool {
    EVERYWHERE.contains(&name) || SHELLS.contains(&name) || Tool::named(name).is_some()
}

struct Looking<'l> {
    scene: &'l Scene<'l>,
    context: Option<&'l Context>,
    /// What a script finds as its own words.
    command: String,
    needs_shell: bool,
    depth: usize,
    is_check: bool,
    /// Names that scripts give to functions of their own.
    functions: Vec<String>,
    found: Vec<Started>,
}

impl Looking<'_> {
    fn text(&mut self, text: &str, folder: &str) -> Result<(), NotSplit> {
        let script = shell::parse(text, Dialect::Bash).map_err(|_| NotSplit::RuntimeShellout)?;
        let names = text.lines().filter_map(|line| line.trim().trim_start_matches("function ").split_once("()"));
        self.functions.extend(names.map(|(name, _)| name.trim().to_owned()));
        let mut commands = Vec::new();
        script.walk(&mut |command| commands.push(command));
        let mut folder = folder.to_owned();
        for command in commands {
            self.command(command, text, &mut folder)?;
        }
        Ok(())
    }

    fn command(&mut self, command: &SimpleCommand, text: &str, folder: &mut String) -> Result<(), NotSplit> {
        let written: Vec<&str> = command.words.iter().map(|word| word.range.of(text)).collect();
        let Some(call) = Invocation::of(command, text) else {
            return self.handed_on(&written, folder, text);
        };
        // Those that Invocation looks through are programs themselves.
        let wrappers = written[..call.program_at].iter().filter(|word| ["gosu", "su-exec"].contains(word));
        let wrappers: Vec<String> = wrappers.map(|word| (*word).to_owned()).collect();
        for name in wrappers {
            self.found.push(self.start(vec![name], folder));
        }
        let words: Vec<String> = command.words[call.program_at..]
            .iter()
            .map(|word| word.literal(text).map_or_else(|| word.range.of(text).to_owned(), |word| word.into_owned()))
            .collect();
        self.program(words, folder)
    }

    /// A script starts what it was handed, perhaps by another program.
    fn handed_on(&mut self, written: &[&str], folder: &str, script: &str) -> Result<(), NotSplit> {
        let Some(at) = written.iter().position(|word| ["\"$@\"", "$@", "\"${@}\"", "$*", "\"$*\""].contains(word))
        else {
            return if written.is_empty() { Ok(()) } else { Err(NotSplit::RuntimeShellout) };
        };
        let starters = written[..at].iter().filter(|word| STARTERS.iter().any(|(name, _)| name == *word));
        let starters: Vec<String> = starters.map(|word| (*word).to_owned()).collect();
        for name in starters {
            self.found.push(self.start(vec![name], folder));
        }
        if self.depth >= DEEPEST || self.command.is_empty() {
            return Ok(());
        }
        let first = self.command.split_whitespace().next().unwrap_or_default();
        if first.split(['"', '\'']).any(|word| is_answered(script, word)) {
            return Ok(());
        }
        let (command, inner) = (std::mem::take(&mut self.command), folder.to_owned());
        self.depth += 1;
        self.text(&command, &inner)
    }

    fn program(&mut self, words: Vec<String>, folder: &mut String) -> Result<(), NotSplit> {
        let name = base_name(&words[0]).to_owned();
        if SUPERVISORS.contains(&name.as_str()) {
            return Err(NotSplit::MultiService);
        }
        if let Some((_, operands)) = STARTERS.iter().find(|(starter, _)| *starter == name) {
            let rest = words[1..].iter().skip_while(|word| word.starts_with('-')).skip(*operands);
            let rest: Vec<String> = rest.cloned().collect();
            let start = self.start(vec![words[0].clone()], folder);
            self.found.push(start);
            return if rest.is_empty() { Ok(()) } else { self.program(rest, folder) };
        }
        if SHELLS.contains(&name.as_str()) {
            return self.shell(&words[1..], folder);
        }
        if let Some(text) = self.script(&words[0], folder)? {
            self.depth += 1;
            return self.text(&text, &folder.clone());
        }
        match name.as_str() {
            "." | "source" | "eval" => Err(NotSplit::RuntimeShellout),
            "cd" => {
                match &words[1..] {
                    [to] if !to.contains('$') && to != "-" => *folder = resolve(folder, to),
                    _ => return Err(NotSplit::RuntimeShellout),
                }
                Ok(())
            }
            name if is_of_system(&words[0]) && EVERYWHERE.contains(&name) => Ok(()),
            name if self.functions.iter().any(|found| found == name) => Ok(()),
            _ => {
                let start = self.start(words, folder);
                self.found.push(start);
                Ok(())
            }
        }
    }

    fn start(&self, words: Vec<String>, folder: &str) -> Started {
        Started {
            words,
            folder: folder.to_owned(),
            needs_shell: self.needs_shell || self.depth > 0,
            is_check: self.is_check,
        }
    }

    /// `sh -c 'text'`, `sh file`.
    fn shell(&mut self, words: &[String], folder: &mut str) -> Result<(), NotSplit> {
        self.needs_shell = true;
        let folder = folder.to_owned();
        let is_command = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
        if let Some(at) = words.iter().position(is_command) {
            let text = words.get(at + 1).ok_or(NotSplit::RuntimeShellout)?.clone();
            return self.text(&text, &folder);
        }
        let file = words.iter().find(|word| !word.starts_with('-')).ok_or(NotSplit::RuntimeShellout)?;
        let text = self.script(&resolve(&folder, file), &folder)?.ok_or(NotSplit::RuntimeShellout)?;
        self.depth += 1;
        self.text(&text, &folder)
    }

    /// The text of a script of the context; refuses one that cannot be looked into.
    fn script(&self, word: &str, folder: &str) -> Result<Option<String>, NotSplit> {
        let stages = self.scene.subject.stages;
        let end = stages.all()[self.scene.stage].body.end;
        let is_named = super::carry::is_script(word);
        let Some(context) = self.context else {
            return if is_named { Err(NotSplit::RuntimeShellout) } else { Ok(None) };
        };
        let mut places = match word.contains('/') {
            true => vec![resolve(folder, word)],
            false => ["/usr/local/bin", "/usr/bin", "/bin"].map(|place| format!("{place}/{word}")).to_vec(),
        };
        places.retain(|path| !path.contains('$'));
        let copied: Vec<String> = places.iter().filter_map(|path| copied_from(self.scene, path)).collect();
        places.extend(copied);
        let origins = places.iter().map(|path| Origin::of(stages, (self.scene.stage, end), context, path));
        let file = origins.into_iter().find_map(|origin| match origin {
            Origin::Context(file) => Some(file),
            _ => None,
        });
        match file.map(|file| context.text(&file)) {
            Some(Some(text)) if is_of_shell(text) && self.depth < DEEPEST => Ok(Some(text.to_owned())),
            // What makes a start script of a project's own of `rails` and `rake`.
            Some(Some(text))
                if text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("ruby")) =>
            {
                Ok(None)
            }
            // A program of the context, or a script of another language.
            Some(_) => Err(NotSplit::RuntimeShellout),
            None if is_named => Err(NotSplit::RuntimeShellout),
            None => Ok(None),
        }
    }
}

/// What is found of each program that is started, but for those that come with packages; refuses where nothing is left.
pub(super) fn built<T>(
    starts: &[Started],
    leavings: &Leavings,
    mut find: impl FnMut(&Started) -> Result<T, NotSplit>,
) -> Result<Vec<T>, NotSplit> {
    let mut found = Vec::new();
    for started in starts {
        match find(started) {
            Ok(one) => found.push(one),
            Err(_) if is_installed(started, leavings) => {}
            Err(_) if started.is_check => return Err(NotSplit::HealthCheckNeedsTools),
            Err(why) => return Err(why),
        }
    }
    if found.is_empty() { Err(NotSplit::UnknownArtefact) } else { Ok(found) }
}

/// Whether what is started comes with packages that go on: a tool that is installed for it, or one that the file installs.
fn is_installed(started: &Started, leavings: &Leavings) -> bool {
    let name = base_name(&started.words[0]);
    if started.is_check && checks_by_python(&started.words) {
        return true;
    }
    let package = PACKAGES.iter().find(|(program, _)| *program == name).map_or(name, |(_, package)| *package);
    Tool::named(name).is_some_and(|tool| tool.package.is_some())
        || leavings.kept.iter().any(|kept| kept.split(['=', ':']).next().is_some_and(|kept| kept.starts_with(package)))
}

/// Whether a health check is a program of Python that stands in its words.
fn checks_by_python(words: &[String]) -> bool {
    matches!(words, [program, option, ..] if base_name(program) == "python3" && option == "-c")
}

/// The interpreter of a health check, which the image of a compiler has for its version control; refuses where no step
/// installs it, and the image is not known to have it.
pub(super) fn checking_package(scene: &Scene<'_>, leavings: &Leavings) -> Result<Option<&'static str>, Refusal> {
    const WITH_PYTHON: &[&str] = &["golang", "rust", "gcc", "buildpack-deps"];
    let document = scene.subject.document();
    let body = &document.instructions()[scene.subject.stages.all()[scene.stage].body.clone()];
    let check = body.iter().rfind(|found| found.keyword == Keyword::Healthcheck);
    let text = check.and_then(|found| started_text(found, document.text())).unwrap_or_default();
    if !text.contains("python3") || leavings.kept.iter().any(|package| package.starts_with("python3")) {
        return Ok(None);
    }
    let image = scene.image;
    let has_it = WITH_PYTHON.contains(&image.familiar_name()) && image.family() == Family::Debian;
    match has_it && !image.tag_has("slim") {
        true => Ok(Some("python3")),
        false => Err(scene.refuse(NotSplit::HealthCheckNeedsTools)),
    }
}

fn is_of_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && SHELLS.iter().any(|shell| first.trim_end().ends_with(shell)) || !first.starts_with("#!")
}
