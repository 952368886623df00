//! Which programs a step or a container runs, as far as words and the texts of the context tell.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::commands::starters::{INITS, SHELLS, SUPERVISORS};
use dopt_model::commands::{Invocation, managers};
use dopt_model::{Context, Origin, Requirements, Service, StageRun, started_text};
use dopt_rewrite::Subject;
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::{self, Dialect, SimpleCommand, quoted};

use super::tools::{COMPILES, JDK, is_plain};

/// What programs are told that never end and do nothing.
const WAITING: &[&str] = &["infinity", "inf", "/dev/null"];

/// Programs that run what stands behind them, or what they read.
const WORDY: &[&str] = &["xargs", "find", "su", "runuser", "chroot", "parallel", "setpriv", "watch", "script"];

/// Programs that call a compiler, or others, as files of the project say.
const BUILDERS: &[&str] = &[
    "make", "gmake", "cmake", "ninja", "meson", "configure", "autoreconf", "gem", "bundle", "cargo", "mvn", "gradle",
    "ant", "composer", "npm", "npx", "yarn", "pnpm", "go", "rake", "tox",
];

/// Modules of Python that start nothing.
const QUIET_MODULES: &[&str] =
    &["venv", "compileall", "json.tool", "http.server", "zipfile", "tarfile", "ensurepip", "base64", "py_compile"];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

/// What is run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Programs that are started.
    names: Vec<String>,
    /// Programs that may be started, as what is run is known to do.
    maybe: Vec<&'static str>,
    /// Texts with commands or code in them that is run.
    pub texts: Vec<String>,
    /// Whether something is run that nobody has seen.
    pub is_unseen: bool,
    /// Whether a shell waits for somebody to type.
    pub is_shell: bool,
    /// Programs that are started and are neither files of the project nor words of a shell.
    pub started: Vec<String>,
}

impl Seen {
    /// Whether one of these is run, as far as is seen.
    pub fn runs(&self, programs: &[&str]) -> bool {
        let named = |name: &str| programs.contains(&base_name(name));
        self.names.iter().any(|name| named(name)) || self.texts.iter().any(|text| words(text).any(named))
    }

    /// Whether one of these may be run where nobody sees it.
    pub fn may_run(&self, programs: &[&str]) -> bool {
        self.is_unseen || self.maybe.iter().any(|name| programs.contains(name))
    }
}

/// The words of a text, comments left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#') || line.starts_with("#!"));
    lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$[],=<>@!".contains(c)))
}

/// Reads the steps and the start commands of a stage.
pub(super) struct Reader<'r> {
    pub subject: &'r Subject<'r>,
    pub context: &'r Context,
    pub stage: usize,
}

impl Reader<'_> {
    /// What a step runs.
    pub fn step(&self, run: StageRun<'_>) -> Seen {
        let mut look = self.look(run.index());
        match run.script() {
            Ok(script) => script.all_commands().iter().for_each(|command| look.command(command, script.text())),
            Err(_) => look.started(run.instruction()),
        }
        look.seen
    }

    /// What containers run.
    pub fn containers(&self) -> Seen {
        let document = self.subject.document();
        let body = self.subject.stages.all()[self.stage].body.clone();
        let mut look = self.look(body.end);
        let last = |keyword| document.instructions()[body.clone()].iter().rfind(|found| found.keyword == keyword);
        let entry = last(Keyword::Entrypoint).filter(|found| found.form != Form::Exec(Vec::new()));
        entry.into_iter().for_each(|found| look.started(found));
        let is_handed_on = look.seen.started.is_empty() || entry.is_none();
        match last(Keyword::Cmd) {
            // A script of the project may well start what it is handed.
            Some(command) if is_handed_on => look.started(command),
            Some(command) => {
                look.seen.names.extend(words(command.arguments_text(document.text())).map(str::to_owned));
            }
            None => look.seen.is_unseen |= entry.is_none(),
        }
        last(Keyword::Healthcheck).into_iter().for_each(|found| look.started(found));
        self.subject.services(self.stage).flat_map(Service::texts).for_each(|text| look.text(text));
        look.seen
    }

    fn look(&self, before: usize) -> Look<'_> {
        Look { reader: self, before, seen: Seen::default(), depth: 0 }
    }
}

struct Look<'l> {
    reader: &'l Reader<'l>,
    /// The instruction in front of which files are looked for.
    before: usize,
    seen: Seen,
    depth: usize,
}

impl Look<'_> {
    /// Reads an exec form, or the text of a start command.
    fn started(&mut self, instruction: &Instruction) {
        if let Some(text) = started_text(instruction, self.reader.subject.document().text()) {
            self.text(&text);
        }
    }

    fn text(&mut self, text: &str) {
        let Ok(script) = shell::parse(text, Dialect::Bash) else { return self.seen.is_unseen = true };
        script.walk(&mut |command| self.command(command, text));
    }

    fn command(&mut self, command: &SimpleCommand, text: &str) {
        if command.words.is_empty() {
            return;
        }
        let Some(call) = Invocation::of(command, text) else { return self.seen.is_unseen = true };
        if managers::action(&call).is_some_and(|(manager, _)| manager.name == "apt") {
            return;
        }
        let program = call.program();
        let words: Vec<Option<String>> =
            call.arguments().iter().map(|word| word.literal(text).map(|word| word.into_owned())).collect();
        self.seen.names.push(match program {
            version if version.starts_with("python3.") => "python3".to_owned(),
            program => program.to_owned(),
        });
        match program {
            program if SHELLS.contains(&program) => self.shell(&words),
            // A container that only waits is one that people work in.
            "sleep" | "tail" if words.iter().flatten().any(|word| WAITING.contains(&word.as_str())) => {
                (self.seen.is_shell, self.seen.is_unseen) = (true, true);
            }
            "." | "source" => self.file(words.first().and_then(Option::as_deref)),
            program if program == "eval" || SUPERVISORS.contains(&program) => self.seen.is_unseen = true,
            program if WORDY.contains(&program) => {
                self.seen.is_unseen |= words.iter().any(Option::is_none);
                self.seen.texts.extend(words.into_iter().flatten());
            }
            program if INITS.contains(&program) => {
                let rest = words.into_iter().flatten().skip_while(|word| word.starts_with('-'));
                self.text(&quoted(&rest.collect::<Vec<_>>()));
            }
            "pip" | "pip3" => self.pip(&words),
            _ if program.starts_with("python") || ["node", "nodejs", "perl", "ruby", "php"].contains(&program) => {
                self.seen.started.push(program.to_owned());
                self.interpreted(&words);
            }
            program if BUILDERS.contains(&program) => self.built(),
            "java" => {
                // A source is compiled before it runs.
                let is_source = words.iter().flatten().any(|word| word.ends_with(".java"));
                self.seen.names.extend(is_source.then(|| JDK.to_owned()));
                self.program(&call.path);
            }
            _ => self.program(&call.path),
        }
    }

    /// `sh -c 'text'`, `sh file`; a shell that reads its input runs what cannot be seen.
    fn shell(&mut self, words: &[Option<String>]) {
        let is_text = |word: &Option<String>| {
            word.as_ref().is_some_and(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'))
        };
        match words.iter().position(is_text) {
            Some(at) => match words.get(at + 1).cloned().flatten() {
                Some(text) => self.text(&text),
                None => self.seen.is_unseen = true,
            },
            None => match words.iter().flatten().map(String::as_str).find(|word| !word.starts_with('-')) {
                Some(file) => self.file(Some(file)),
                None => (self.seen.is_shell, self.seen.is_unseen) = (true, true),
            },
        }
    }

    fn interpreted(&mut self, words: &[Option<String>]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(word) = word.as_deref() else { return self.seen.is_unseen = true };
            match word {
                "-c" | "-e" => {
                    let code = words.next().cloned().flatten();
                    self.seen.is_unseen |= code.is_none();
                    return self.seen.texts.extend(code);
                }
                "-m" => {
                    let module = words.next().cloned().flatten().unwrap_or_default();
                    match module.as_str() {
                        "pip" => self.pip(&words.cloned().collect::<Vec<_>>()),
                        module if QUIET_MODULES.contains(&module) => {}
                        _ => self.all_texts(|path| path.ends_with(".py")),
                    }
                    return;
                }
                option if option.starts_with('-') => {}
                // What is translated is known by its sources.
                made if ["dist/", "build/", "out/"]
                    .iter()
                    .any(|folder| made.trim_start_matches("./").starts_with(folder))
                    && made.ends_with(".js")
                    && self.reader.context.has("package.json") =>
                {
                    return self.all_texts(|path| [".ts", ".tsx", ".js", ".mjs"].iter().any(|end| path.ends_with(end)));
                }
                file => return self.file(Some(file)),
            }
        }
        // It waits for someone to type, or reads what nobody has seen.
        self.seen.is_unseen = true;
    }

    /// What is built from sources calls a compiler, and Git for what is fetched from there.
    fn pip(&mut self, words: &[Option<String>]) {
        let (reader, mut listed) = (self.reader, Requirements::default());
        let folder = self.folder();
        let mut words = words.iter().skip_while(|word| word.as_deref() != Some("install")).skip(1);
        let mut is_plain_call = true;
        while let Some(word) = words.next() {
            match word.as_deref() {
                Some("-r" | "--requirement") => {
                    let path = words.next().cloned().flatten().map(|path| resolve(&folder, &path));
                    let read = path.and_then(|path| match reader.origin(self.before, &path) {
                        Origin::Context(file) => Requirements::of_file(reader.context, &file),
                        _ => None,
                    });
                    match read {
                        Some(read) => listed.names.extend(read.names),
                        None => is_plain_call = false,
                    }
                }
                Some(option) if option.starts_with('-') => {}
                Some(name) if listed.add(name).is_some() && listed.local.is_empty() => {}
                _ => is_plain_call = false,
            }
        }
        if !is_plain_call || !listed.names.iter().all(|name| is_plain(name)) {
            self.seen.names.push(COMPILES.to_owned());
            self.seen.maybe.push("git");
            self.all_texts(|path| ["setup.py", "pyproject.toml", "setup.cfg"].contains(&base_name(path)));
        }
    }

    /// Whatever a recipe of the project names may be called.
    fn built(&mut self) {
        const RECIPES: &[&str] = &["Makefile", "GNUmakefile", "makefile", "CMakeLists.txt", "package.json", "Rakefile"];
        self.seen.names.push(COMPILES.to_owned());
        self.seen.maybe.push("git");
        let before = self.seen.texts.len();
        self.all_texts(|path| {
            RECIPES.contains(&base_name(path))
                || [".mk", ".cmake", ".ac", ".build", ".xml", ".gradle", ".kts", ".toml", "go.mod", "Gemfile"]
                    .iter()
                    .any(|end| path.ends_with(end))
        });
        // Sources that were fetched have recipes that nobody has seen.
        self.seen.is_unseen |= self.seen.texts.len() == before;
    }

    fn all_texts(&mut self, is_wanted: impl Fn(&str) -> bool) {
        let found = self.reader.context.texts().filter(|(path, _)| is_wanted(path));
        self.seen.texts.extend(found.map(|(_, text)| text.to_owned()));
    }

    /// A program by its name or path: one of the distribution, or a file of the project.
    fn program(&mut self, path: &str) {
        let folders = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"];
        let is_system = !path.contains('/') || folders.iter().any(|folder| path.starts_with(folder));
        let place = match path.contains('/') {
            true => resolve(&self.folder(), path),
            false => format!("/usr/local/bin/{path}"),
        };
        match self.reader.origin(self.before, &place) {
            Origin::Context(file) => self.script(&file),
            // It is started where words can be looked at: whoever asks knows it, or does not.
            _ => {
                self.seen.is_unseen |= !is_system && !self.reader.is_written(path);
                self.seen.started.push(path.to_owned());
            }
        }
    }

    /// A script of the project; `None` for one that is not named.
    fn file(&mut self, path: Option<&str>) {
        let found = path.map(|path| self.reader.origin(self.before, &resolve(&self.folder(), path)));
        match found {
            Some(Origin::Context(file)) => self.script(&file),
            _ => self.seen.is_unseen = true,
        }
    }

    fn script(&mut self, file: &str) {
        let Some(text) = self.reader.context.text(file) else { return self.seen.is_unseen = true };
        if self.seen.texts.iter().any(|known| known == text) {
            return;
        }
        self.seen.texts.push(text.to_owned());
        self.depth += 1;
        let context = self.reader.context;
        for name in words(text).map(base_name).filter(|name| name.contains('.')) {
            if [".sh", ".py", ".pl", ".rb", ".bash"].iter().any(|end| name.ends_with(end) && name != *end) {
                let found: Vec<&str> =
                    context.texts().map(|(path, _)| path).filter(|path| base_name(path) == name).collect();
                match self.depth < DEEPEST && !found.is_empty() {
                    true => found.into_iter().for_each(|path| self.script(path)),
                    false => self.seen.is_unseen = true,
                }
            }
        }
        self.depth -= 1;
    }

    fn folder(&self) -> String {
        let reader = self.reader;
        reader.subject.stages.state(reader.stage, self.before).workdir().unwrap_or("/").to_owned()
    }
}

impl Reader<'_> {
    fn origin(&self, before: usize, path: &str) -> Origin {
        Origin::of(self.subject.stages, (self.stage, before), self.context, path)
    }

    /// Whether a compiler is told to write a program of this name.
    fn is_written(&self, path: &str) -> bool {
        let name = base_name(path);
        let is_told = |text: &str| {
            let mut words = words(text).peekable();
            std::iter::from_fn(|| words.next())
                .collect::<Vec<_>>()
                .windows(2)
                .any(|pair| pair[0] == "-o" && base_name(pair[1]) == name)
        };
        let mut steps = self.subject.stages.runs_of(self.stage);
        let document = self.subject.document();
        steps.any(|run| is_told(run.instruction().range.of(document.text())))
            || self.context.texts().any(|(path, text)| base_name(path).contains("akefile") && is_told(text))
    }
}
