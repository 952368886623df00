//! The programs that a step or a container runs, as far as words and scripts of the context tell.

use dopt_model::commands::Invocation;
use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::paths::resolve;
use dopt_model::commands::pip::{self, Pip};
use dopt_model::commands::starters::{SHELLS, SUPERVISORS};
use dopt_model::{Base, Lacks, NodePackage, Origin, names_kit, started_text};
use dopt_rewrite::{NotSlim, Why};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::{self, Dialect, SimpleCommand, quoted};

use super::need::{IN_CONTAINERS, IntoWhy, Needs};
use super::packages::entered;

/// Programs that run what stands behind them, or what they read, in words that are not told apart here.
const WORDY: &[&str] =
    &["xargs", "find", "su", "runuser", "chroot", "parallel", "gosu", "su-exec", "setpriv", "watch", "script"];

/// Programs that start what stands behind them and their options.
const STARTERS: &[&str] =
    &["tini", "dumb-init", "docker-init", "catatonit", "docker-entrypoint.sh", "wait-for-it.sh", "dockerize"];

/// Programs that the images are there for: no project has its own.
const INTERPRETERS: &[&str] = &["java", "node", "ruby", "perl", "php"];

/// Looks at the programs of one instruction.
pub(super) struct Programs<'p, 'n> {
    needs: &'p mut Needs<'n>,
    /// The stage, and the instruction in front of which the files of the context are looked for.
    place: (usize, usize),
    /// Where what is needed has to be there.
    index: usize,
    /// The first line, for a reason.
    pub line: usize,
    depth: usize,
    /// Where `cd` has gone.
    folder: Option<String>,
}

impl<'p, 'n> Programs<'p, 'n> {
    /// For an instruction of a stage.
    pub fn new(needs: &'p mut Needs<'n>, place: (usize, usize), index: usize) -> Self {
        Programs { needs, place, index, line: 0, depth: 0, folder: None }
    }

    /// Reads an exec form, or the text of a start command.
    pub fn started(&mut self, instruction: &Instruction) -> Result<(), Why> {
        self.line = instruction.first_line;
        let file = self.needs.subject.document().text();
        match &instruction.form {
            Form::Exec(words) if instruction.keyword == Keyword::Cmd && self.is_argument() => {
                words.iter().try_for_each(|word| self.need(word))
            }
            _ => started_text(instruction, file).map_or(Ok(()), |text| self.text(&text)),
        }
    }

    /// Whether a `CMD` is handed to an `ENTRYPOINT`.
    fn is_argument(&self) -> bool {
        let document = self.needs.subject.document();
        let body = self.needs.stages().all()[self.place.0].body.clone();
        document.instructions()[body].iter().any(|found| {
            found.keyword == Keyword::Entrypoint
                && matches!(&found.form, Form::Exec(words) if !words.is_empty() && !words[0].ends_with(".sh"))
        })
    }

    pub fn text(&mut self, text: &str) -> Result<(), Why> {
        let script = shell::parse(text, Dialect::Bash).map_err(|_| self.unseen())?;
        let mut commands = Vec::new();
        script.walk(&mut |command| commands.push(command.clone()));
        commands.iter().try_for_each(|command| self.command(command, text))
    }

    /// One command of a script.
    pub fn command(&mut self, command: &SimpleCommand, text: &str) -> Result<(), Why> {
        let Some(first) = command.words.first() else { return Ok(()) };
        let Some(call) = Invocation::of(command, text) else {
            let written = first.range.of(text).trim_matches('"');
            let is_known = ["$JAVA_HOME/", "${JAVA_HOME}/", "$VIRTUAL_ENV/", "${VIRTUAL_ENV}/", "$@"];
            return if is_known.iter().any(|start| written.starts_with(start)) { Ok(()) } else { Err(self.unseen()) };
        };
        let words: Vec<Option<String>> =
            call.arguments().iter().map(|word| word.literal(text).map(|word| word.into_owned())).collect();
        match managers::action(&call) {
            Some((manager, Action::Install(packages))) if manager.name == "apt" => {
                let index = self.index;
                self.needs.installed.extend(packages.into_iter().map(|package| (package, index)));
                return Ok(());
            }
            _ => {}
        }
        if self.needs.lacks == Lacks::Manuals {
            // A script may install packages; in a container, nobody does.
            return match call.program() {
                program if SHELLS.contains(&program) && self.index != IN_CONTAINERS => self.shell(&words),
                _ if call.path.contains('/') && self.index != IN_CONTAINERS => self.file(&call.path),
                _ => Ok(()),
            };
        }
        self.need(call.program())?;
        if self.index == IN_CONTAINERS && is_installation(&call) {
            return Err(self.unseen());
        }
        if let Some(folder) = entered(&call, &self.workdir()) {
            self.folder = Some(folder);
        }
        let compiles = |word: &Option<String>| word.as_ref().is_some_and(|word| word.ends_with(".java"));
        if self.needs.lacks == Lacks::JavaTools && call.program() == "java" && words.iter().any(compiles) {
            self.need("javac")?;
        }
        match call.program() {
            program if SHELLS.contains(&program) => self.shell(&words),
            "." | "source" => match words.first().and_then(Option::as_deref) {
                Some(file) if file.contains("activate") || file.starts_with("/etc/") => Ok(()),
                _ => Err(self.unseen()),
            },
            "eval" => Err(self.unseen()),
            program if SUPERVISORS.contains(&program) => Err(self.unseen()),
            program if WORDY.contains(&program) => words.iter().flatten().try_for_each(|word| self.need(word)),
            program if STARTERS.contains(&program) && !self.is_of_project(&call.path) => {
                let rest = behind_options(program, &words);
                if rest.is_empty() { Ok(()) } else { self.text(&quoted(&rest)) }
            }
            "tar" => self.unpacks(&words),
            "npm" | "yarn" | "pnpm" => self.scripts(&words),
            "npx" | "pnpx" | "bunx" => {
                let tool = words.iter().flatten().find(|word| !word.starts_with('-'));
                tool.map_or(Ok(()), |tool| self.need(tool))
            }
            program if program.starts_with("python") || program.starts_with("pip") => self.python(program),
            program => {
                self.listed(program)?;
                self.file(&call.path)
            }
        }
    }

    /// What a manager of processes starts, by its lists in the context.
    fn listed(&mut self, program: &str) -> Result<(), Why> {
        let listed = self.needs.context.map(|context| context.listed_commands(program)).unwrap_or_default();
        for word in listed.iter().flat_map(|text| text.split_whitespace()) {
            match word {
                word if word.starts_with("python") => self.python(word)?,
                word => self.need(word)?,
            }
        }
        Ok(())
    }

    fn workdir(&self) -> String {
        let state = self.needs.stages().state(self.place.0, self.place.1);
        self.folder.clone().unwrap_or_else(|| state.workdir().unwrap_or("/").to_owned())
    }

    fn need(&mut self, word: &str) -> Result<(), Why> {
        let program = word.rsplit('/').next().unwrap_or(word);
        let (line, index) = (self.line, self.index);
        self.needs.need(program, line, index)
    }

    fn unseen(&self) -> Why {
        NotSlim::RunsUnseen { line: self.line }.into_why()
    }

    /// `sh -c 'text'`, `sh file`; a shell that reads its input runs what cannot be seen.
    fn shell(&mut self, words: &[Option<String>]) -> Result<(), Why> {
        let words: Vec<&str> =
            words.iter().map(|word| word.as_deref()).collect::<Option<_>>().ok_or_else(|| self.unseen())?;
        let is_command = |word: &&&str| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
        match words.iter().position(|word| is_command(&word)) {
            Some(at) => {
                let text = words.get(at + 1).ok_or_else(|| self.unseen())?.to_string();
                self.text(&text)
            }
            None => match words.iter().find(|word| !word.starts_with('-')) {
                Some(file) => self.script(file),
                None => Err(self.unseen()),
            },
        }
    }

    fn unpacks(&mut self, words: &[Option<String>]) -> Result<(), Why> {
        for word in words.iter().flatten() {
            let flags = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')).unwrap_or_default();
            if flags.contains('J') || word == "--xz" || word.ends_with(".xz") {
                self.need("xz")?;
            }
            if flags.contains('j') || word == "--bzip2" || word.ends_with(".bz2") {
                self.need("bzip2")?;
            }
        }
        Ok(())
    }

    /// The Python of Debian is a part of what images of other languages lack.
    fn python(&mut self, program: &str) -> Result<(), Why> {
        let image = self.needs.stages().state(self.place.0, self.place.1).image();
        let own =
            image.is_some_and(|image| ["python", "pypy", "ghcr.io/astral-sh/uv"].contains(&image.familiar_name()));
        let index = self.index;
        let is_installed = self.needs.installed.iter().any(|(name, at)| *at <= index && name.starts_with("python3"));
        if own || is_installed {
            return Ok(());
        }
        Err(NotSlim::NeedsBuildTool { line: self.line, tool: program.to_owned() }.into_why())
    }

    /// The script of `package.json` that is run, and those that run beside it.
    fn scripts(&mut self, words: &[Option<String>]) -> Result<(), Why> {
        let mut operands = words.iter().flatten().filter(|word| !word.starts_with('-')).map(String::as_str);
        let name = match operands.next() {
            Some("run" | "run-script" | "exec" | "dlx") => operands.next().unwrap_or_default(),
            Some("ci" | "install" | "i" | "clean-install" | "add") | None => "install",
            Some(
                "cache" | "config" | "set" | "prune" | "dedupe" | "store" | "audit" | "init" | "-v" | "rebuild"
                | "link" | "update",
            ) => {
                return Ok(());
            }
            Some(name) => name,
        };
        if words
            .iter()
            .flatten()
            .any(|word| word == "-g" || word == "--global" || word == "--ignore-scripts" || word == "global")
        {
            return Ok(());
        }
        let Some(context) = self.needs.context else { return Err(self.needs.unknown()) };
        let path = resolve(&self.workdir(), "package.json");
        let package = match self.origin(&path) {
            Origin::Context(file) => {
                NodePackage::of_folder(context, file.strip_suffix("package.json").unwrap_or_default())
            }
            _ => None,
        };
        let Some(package) = package else { return Err(self.unseen()) };
        let names = match name {
            "install" => ["preinstall", "install", "postinstall", "prepare"].map(str::to_owned).to_vec(),
            name => vec![format!("pre{name}"), name.to_owned(), format!("post{name}")],
        };
        for text in names.iter().filter_map(|name| package.script(name)) {
            if self.depth < 4 {
                self.depth += 1;
                let found = self.text(text);
                self.depth -= 1;
                found?;
            }
        }
        Ok(())
    }

    /// A program by its path: one that was installed, or a file of the project.
    fn file(&mut self, path: &str) -> Result<(), Why> {
        let folders = ["/bin/", "/sbin/", "/usr/", "/opt/"];
        let own = ["node_modules/.bin/", "venv/bin/", "/.local/bin/", "/.cargo/bin/"];
        let is_installed = own.iter().any(|folder| path.contains(folder))
            || path.contains("/bin/") && folders.iter().any(|folder| path.starts_with(folder));
        match path.contains('/') && !is_installed || self.is_of_project(path) {
            true if path.contains('/') => self.script(path),
            true => self.script(&format!("/usr/local/bin/{path}")),
            false => Ok(()),
        }
    }

    /// Whether a `COPY` or `ADD` may have put a program where it is started from.
    fn is_of_project(&self, path: &str) -> bool {
        let folders = if path.contains('/') { &[""][..] } else { &["/usr/local/bin/", "/usr/bin/", "/bin/"][..] };
        let stages = self.needs.stages();
        let instructions = stages.document().instructions();
        let is_bare = !path.contains('/') && !INTERPRETERS.contains(&path);
        let mut copies = (0..instructions.len()).filter_map(|index| stages.placements().at(index));
        copies.any(|placed| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_there = |folder: &str| format!("{folder}{path}");
            placed.from_context
                && folders.iter().any(|folder| {
                    let file = is_there(folder);
                    // A whole tree over that of the image.
                    let above = folder.strip_prefix(placed.destination.trim_end_matches('/'));
                    if is_bare && above.is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')) {
                        return match self.needs.context {
                            Some(_) => matches!(self.origin(&file), Origin::Context(_)),
                            None => placed
                                .sources
                                .iter()
                                .any(|source| source.ends_with(['/', '.']) || !source.contains('.')),
                        };
                    }
                    let inside = file.strip_suffix(name).map(|folder| folder.trim_end_matches('/'));
                    placed.destination == file
                        || inside == Some(placed.destination.trim_end_matches('/'))
                            && (placed.sources.iter().any(|source| source.ends_with(name) || source.contains('*'))
                                || !placed.sources.iter().any(|source| source.contains('.')))
                })
        })
    }

    /// A script of the context, looked at for the words that name programs.
    fn script(&mut self, path: &str) -> Result<(), Why> {
        let path = resolve(&self.workdir(), path);
        let text = match (self.origin(&path), self.needs.context) {
            (Origin::Context(file), Some(context)) => context.text(&file),
            (Origin::Unknown, _) if self.needs.runs_carried => return Ok(()),
            _ => None,
        };
        let Some(text) = text else { return Err(self.unseen()) };
        if self.needs.lacks.hinders(text) {
            return Err(NotSlim::NeedsManuals { line: self.line }.into_why());
        }
        // A source is compiled before it runs.
        if self.needs.lacks == Lacks::JavaTools && (text.contains(".java") || names_kit(text)) {
            self.need("javac")?;
        }
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$[],=<>".contains(c)));
        for word in words {
            self.need(word)?;
        }
        Ok(())
    }

    /// Where a file comes from, in this stage or those that it starts from.
    fn origin(&self, path: &str) -> Origin {
        let Some(context) = self.needs.context else { return Origin::Unknown };
        let (mut stage, mut before) = self.place;
        loop {
            match (
                Origin::of(self.needs.stages(), (stage, before), context, path),
                &self.needs.stages().all()[stage].base,
            ) {
                (Origin::None, Base::Stage(base)) => {
                    stage = *base;
                    before = self.needs.stages().all()[stage].body.end;
                }
                (found, _) => return found,
            }
        }
    }
}

/// The command behind the options of a program that starts it.
fn behind_options(program: &str, words: &[Option<String>]) -> Vec<String> {
    let words: Vec<String> = words.iter().flatten().cloned().collect();
    if let Some(at) = words.iter().position(|word| word == "--").filter(|_| program == "wait-for-it.sh") {
        return words[at + 1..].to_vec();
    }
    let mut at = 0;
    while words.get(at).is_some_and(|word| word.starts_with('-')) {
        let has_value =
            program == "dockerize" && !words[at].contains('=') && !["-poll", "--"].contains(&words[at].as_str());
        at += 1 + usize::from(has_value);
    }
    words.get(at..).unwrap_or_default().to_vec()
}

/// Whether packages are installed, which for a container nobody has seen.
fn is_installation(call: &Invocation<'_>) -> bool {
    matches!(pip::read(call), Some(Pip::Install(_) | Pip::Unreadable))
        || matches!(call.program(), "npm" | "yarn" | "gem" | "bundle" | "apt-get" | "apt")
            && ["install", "ci", "i", "add"].iter().any(|word| call.has_argument(word))
}
