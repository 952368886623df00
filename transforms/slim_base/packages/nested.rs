//! Steps that hand the installation of packages to somebody else: a shell, a script of the project, a Makefile, or a
//! program that starts others.

use dopt_model::NodePackage;
use dopt_model::commands::paths::base_name;
use dopt_model::commands::starters::SHELLS;
use dopt_rewrite::{NotSlim, Why};
use dopt_syntax::shell::{self, Dialect};

use super::{Call, Packages, may_compile};
use crate::slim_base::need::IntoWhy;

/// Programs that install packages of languages.
const INSTALLERS: &[&str] = &[
    "pip", "pip3", "pip2", "npm", "yarn", "pnpm", "gem", "bundle", "poetry", "pipenv", "uv", "pdm", "easy_install",
    "conda", "mamba", "cpan", "cpanm", "luarocks",
];

/// Programs that start what stands behind them, in words that are not told apart here.
const WORDY: &[&str] = &[
    "xargs", "find", "su", "runuser", "chroot", "parallel", "gosu", "su-exec", "setpriv", "watch", "script", "make",
    "gmake", "tox", "nox", "invoke", "fab",
];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

impl Packages<'_, '_> {
    /// Looks into what a call starts.
    pub(super) fn nested(&mut self, call: &Call<'_>) -> Result<(), Why> {
        let invocation = &call.invocation;
        let words: Vec<String> =
            invocation.arguments().iter().map(|word| word.range.of(invocation.text).to_owned()).collect();
        let literal = |at: usize| invocation.arguments().get(at).and_then(|word| word.literal(invocation.text));
        match invocation.program() {
            "easy_install" => Err(may_compile(call, "packages that nothing here tells")),
            program
                if SHELLS.contains(&program)
                    || ["su", "runuser"].contains(&program) && words.iter().any(|word| word == "-c") =>
            {
                let is_command = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
                match words.iter().position(is_command) {
                    Some(at) => literal(at + 1).map_or(Ok(()), |text| self.text(call, &text)),
                    None => words
                        .iter()
                        .position(|word| !word.starts_with('-'))
                        .map_or(Ok(()), |at| literal(at).map_or(Ok(()), |file| self.script(call, &file))),
                }
            }
            program @ ("npm" | "yarn" | "pnpm") => self.named_script(call, program, &words),
            program if WORDY.contains(&program) => {
                let makefile = ["Makefile", "GNUmakefile", "tasks.py", "fabfile.py", "tox.ini"];
                let context = self.needs.context;
                let files = makefile.iter().filter_map(|name| self.file(call, name));
                let read: Vec<&str> = match program {
                    "make" | "gmake" | "tox" | "nox" | "invoke" | "fab" => {
                        files.filter_map(|file| context?.text(&file)).collect()
                    }
                    _ => Vec::new(),
                };
                match words.iter().map(String::as_str).chain(read).any(installs) {
                    true => Err(may_compile(call, "packages that nothing here tells")),
                    false => Ok(()),
                }
            }
            _ if invocation.path.contains('/') => self.script(call, &invocation.path),
            _ => Ok(()),
        }
    }

    /// A script of `package.json` that a package manager is told to run.
    fn named_script(&mut self, call: &Call<'_>, program: &str, words: &[String]) -> Result<(), Why> {
        let mut operands = words.iter().map(String::as_str).filter(|word| !word.starts_with('-'));
        let name = match operands.next() {
            Some("run" | "run-script") => operands.next(),
            Some(name) if program != "npm" => Some(name),
            _ => None,
        };
        let Some((name, context)) = name.zip(self.needs.context) else { return Ok(()) };
        let folder = self.file(call, "package.json");
        let folder = folder.as_deref().and_then(|file| file.strip_suffix("package.json"));
        let package = folder.and_then(|folder| NodePackage::of_folder(context, folder));
        let script = package.as_ref().and_then(|package| package.script(name)).map(str::to_owned);
        script.map_or(Ok(()), |text| self.text(call, &text))
    }

    /// A script of the context; one that nobody has seen is none of this page's.
    fn script(&mut self, call: &Call<'_>, path: &str) -> Result<(), Why> {
        let (Some(file), Some(context)) = (self.file(call, path), self.needs.context) else { return Ok(()) };
        let Some(text) = context.text(&file) else { return Ok(()) };
        // What another interpreter reads only tells whether it installs anything.
        let is_shell = text.lines().next().is_none_or(|line| !line.starts_with("#!") || line.contains("sh"));
        match is_shell {
            true => self.text(call, text),
            false if installs(text) => Err(may_compile(call, "packages that nothing here tells")),
            false => Ok(()),
        }
    }

    fn text(&mut self, call: &Call<'_>, text: &str) -> Result<(), Why> {
        let unseen = || NotSlim::RunsUnseen { line: call.run.instruction().first_line }.into_why();
        if self.depth == DEEPEST {
            return Err(unseen());
        }
        let Ok(script) = shell::parse(text, Dialect::Bash) else {
            return if installs(text) { Err(unseen()) } else { Ok(()) };
        };
        let mut commands = Vec::new();
        script.walk(&mut |command| commands.push(command));
        self.depth += 1;
        let found = self.commands(call.run, &commands, text, &call.folder);
        self.depth -= 1;
        found
    }
}

/// Whether a text names a program that installs packages.
fn installs(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$=".contains(c));
    words.any(|word| INSTALLERS.contains(&base_name(word)))
}
