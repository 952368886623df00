//! What steps do to the files of the program, and what speaks against another user in them.

use dopt_model::commands::Invocation;
use dopt_model::commands::managers::{self, Action};
use dopt_model::commands::ownership::{Change, below, known_word};
use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::commands::pip::{self, Pip};
use dopt_model::{ShellScript, StageRun};
use dopt_rewrite::StaysRoot;
use dopt_syntax::shell::SimpleCommand;

use super::account::Account;
use super::files::{Files, everybody_reads, is_own_folder};

const MAKES_USERS: &[&str] =
    &["useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "passwd", "chpasswd"];

/// Programs that keep what they fetch in the home folder, and come back for it.
const USE_HOME: &[&str] = &[
    "rustup", "nvm", "corepack", "playwright", "cypress", "pyenv", "rbenv", "sdk", "conda", "mamba", "uv", "uvx",
    "pipx", "deno",
];

/// Texts that say the same.
const NAME_HOME: &[&str] = &[
    "/root", "~/", "$HOME", "${HOME}", "nltk.download", "from_pretrained", "snapshot_download", "huggingface-cli",
    "playwright install", "spacy download", "git config", "dotnet tool", "poetry install", "pipenv install", "rustup",
    ".nvm",
];

/// Programs that bring a whole tree of files.
const BRING_TREES: &[&str] = &["git", "svn", "hg", "unzip", "tar", "rsync", "cp", "mv", "bsdtar", "7z", "ln"];

/// Programs that make databases, or files that they write to later.
const KEEP_STATE: &[&str] = &[
    "rails", "rake", "artisan", "sqlite3", "flask", "alembic", "prisma", "knex", "sequelize", "sequelize-cli",
    "typeorm", "loaddata", "migrate", "createsuperuser", "initdb", "db:migrate", "db:create", "db:seed",
    "supervisorctl", "ssh-keygen",
];

const INTERPRETERS: &[&str] =
    &["python", "python3", "node", "ruby", "perl", "php", "sh", "bash", "ash", "dash", "Rscript", "java"];

impl Files {
    pub(super) fn step(
        &mut self,
        run: StageRun<'_>,
        script: &ShellScript<'_>,
        account: &Account,
    ) -> Result<(), StaysRoot> {
        let line = run.instruction().first_line;
        if NAME_HOME.iter().any(|name| script.text().contains(name)) {
            return Err(StaysRoot::HomeOfRoot { line });
        }
        let plain = script.commands();
        let mut moved = false;
        let mut made: Vec<String> = Vec::new();
        for command in script.all_commands() {
            let Some(call) = Invocation::of(command, script.text()) else {
                if command.words.is_empty() {
                    continue;
                }
                return Err(StaysRoot::MadeByRoot { line });
            };
            self.command(&call, line, account)?;
            match call.program() {
                "cd" | "pushd" | "popd" => moved = true,
                "chmod" => {
                    let to = Change::of(command, script.text()).map(|change| change.to);
                    if !to.is_some_and(|to| everybody_reads(&to)) {
                        return Err(StaysRoot::OnlyRootMay { line });
                    }
                }
                "mkdir" | "touch" | "install" => {
                    let is_plain = plain.iter().any(|found| std::ptr::eq(*found, command)) && !moved;
                    let places = self.made_by(command, &call, run, script);
                    let places = places.filter(|places| is_plain || places.is_empty());
                    match places.filter(|places| makes_parents(&call) || !self.is_above_own(places)) {
                        Some(places) => made.extend(places),
                        None => return Err(StaysRoot::MadeByRoot { line }),
                    }
                }
                _ => {}
            }
        }
        if made.is_empty() {
            return Ok(());
        }
        if !account.has_shell() {
            return Err(StaysRoot::MadeByRoot { line });
        }
        // What is made here must not be there before: without `-p` that is a mistake.
        self.folders.retain(|folder| !made.contains(folder));
        self.own.extend(made.iter().cloned());
        self.made.push((run.index(), made));
        Ok(())
    }

    /// Whether a folder that is made before everything else would make one of these, too, which is a mistake then.
    fn is_above_own(&self, places: &[String]) -> bool {
        self.folders.iter().any(|folder| places.iter().any(|place| below(folder, place)))
    }

    /// The folders and files of its own that a command makes; `None` where that cannot be told.
    fn made_by(
        &self,
        command: &SimpleCommand,
        call: &Invocation<'_>,
        run: StageRun<'_>,
        script: &ShellScript<'_>,
    ) -> Option<Vec<String>> {
        let folder = run.state().workdir().unwrap_or("/");
        let mut places = Vec::new();
        for word in &command.words[call.program_at + 1..] {
            let path = known_word(script, run.state(), word)?;
            if path.starts_with('-') || path.is_empty() {
                // A mode that is not everybody's.
                if path.contains('m') && path != "--mode=755" {
                    return None;
                }
                continue;
            }
            let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            if !is_plain {
                return None;
            }
            let path = resolve(folder, &path);
            if is_own_folder(&path) || self.owns(&path) {
                places.push(path);
            }
        }
        Some(places)
    }

    /// Refuses commands whose files, or users, the program may want for itself.
    fn command(&self, call: &Invocation<'_>, line: usize, account: &Account) -> Result<(), StaysRoot> {
        let text = call.command.range.of(call.text);
        let program = call.program();
        let words: Vec<String> = call
            .arguments()
            .iter()
            .map(|word| word.literal(call.text).map_or_else(String::new, |word| word.into_owned()))
            .collect();
        if MAKES_USERS.contains(&program) {
            return Err(StaysRoot::SetsUpUser { line });
        }
        let is_own_install = program.starts_with("pip") && words.iter().any(|word| word == "--user");
        let gets_browser = self.wants_browser && ["npm", "yarn", "pnpm"].contains(&program);
        if USE_HOME.contains(&program) || is_own_install || gets_browser {
            return Err(StaysRoot::HomeOfRoot { line });
        }
        if program == "umask" {
            return Err(StaysRoot::OnlyRootMay { line });
        }
        if matches!(program, "chown" | "chgrp") {
            let change = Change::of(call.command, call.text);
            let user = change.as_ref().and_then(Change::owner).map(|(user, _)| user.to_owned());
            let is_same = user.is_some_and(|user| ["root", "0", account.user()].contains(&user.as_str()));
            return if is_same { Ok(()) } else { Err(StaysRoot::SetsUpUser { line }) };
        }
        // The name of a package is no command.
        let installs = matches!(managers::action(call), Some((_, Action::Install(_))))
            || matches!(pip::read(call), Some(Pip::Install(_)))
            || program == "gem" && words.first().is_some_and(|word| word == "install");
        if installs {
            return Ok(());
        }
        let keeps = KEEP_STATE.contains(&program) || words.iter().any(|word| KEEP_STATE.contains(&base_name(word)));
        let runs_own = match program {
            _ if INTERPRETERS.contains(&program) => {
                let first = words.iter().find(|word| !word.starts_with('-')).map(String::as_str);
                let is_tool = words.first().is_some_and(|word| word == "-m")
                    && first
                        .is_some_and(|name| ["pip", "venv", "compileall", "ensurepip", "virtualenv"].contains(&name));
                let is_asking = words.first().is_some_and(|word| ["--version", "-V", "-v"].contains(&word.as_str()));
                let is_known = words.iter().any(|word| ["collectstatic", "compilemessages"].contains(&word.as_str()));
                !(is_tool || is_asking || is_known)
            }
            _ => call.path.contains('/') && !is_installed(&call.path),
        };
        let is_tree = BRING_TREES.contains(&program) && self.touches_own(text, call);
        if keeps || runs_own || is_tree { Err(StaysRoot::MadeByRoot { line }) } else { Ok(()) }
    }

    /// Whether a command names a folder of the program, or none at all by its whole path.
    fn touches_own(&self, text: &str, call: &Invocation<'_>) -> bool {
        let mut own = self.own.iter().filter(|folder| is_own_folder(folder));
        let mut words = call.arguments().iter().filter_map(|word| word.literal(call.text));
        let last = words.rfind(|word| !word.starts_with('-'));
        own.any(|folder| text.contains(folder.as_str()))
            || last.is_none_or(|last| !last.starts_with('/') || is_own_folder(&last))
    }
}

fn is_installed(path: &str) -> bool {
    let own = ["node_modules/.bin/", "venv/bin/", "gradlew", "mvnw", "configure"];
    path.starts_with("/usr/")
        || path.starts_with("/bin/")
        || path.starts_with("/sbin/")
        || own.iter().any(|place| path.contains(place))
}

/// Whether `mkdir` takes a folder that is there already.
fn makes_parents(call: &Invocation<'_>) -> bool {
    let words = call.arguments().iter().filter_map(|word| word.literal(call.text));
    let says =
        |word: &str| word == "--parents" || word.starts_with('-') && !word.starts_with("--") && word.contains('p');
    call.program() != "mkdir" || words.into_iter().any(|word| says(&word))
}
