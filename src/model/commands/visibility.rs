//! Whether the words of a command tell what it runs, or whether a script could do anything.

use std::collections::HashSet;

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{self, Keyword};
use dopt_syntax::shell::SimpleCommand;

use super::paths::base_name;
use super::{Invocation, is_always_cheap, managers};

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "csh", "tcsh", "fish", "busybox"];

/// Programs that run what a file or a string says.
const RUNNERS: &[&str] = &[
    "eval", "su", "runuser", "chroot", "ansible-playbook", "ansible-pull", "puppet", "chef-client", "parallel", "opam",
    "apt-venv", "salt-call", "run-parts",
];

/// Programs whose first operand is a script.
const INTERPRETERS: &[&str] = &["python", "python2", "python3", "perl", "ruby", "node", "php", "lua", "tclsh"];

/// Scripts of this name configure or build what they lie beside; they install no packages of the distribution.
const BUILD_SCRIPTS: &[&str] = &[
    "configure", "config", "autogen.sh", "buildconf", "gradlew", "mvnw", "manage.py", "waf", "b2", "Configure",
    "setup.py", "get-pip.py", "sbt", "activator", "rebar", "rebar3", "artisan",
];

/// Scripts that do so where they lie in the working folder, but install dependencies in `script/`.
const BOOTSTRAPS: &[&str] = &["./bootstrap", "./bootstrap.sh"];

/// Folders whose programs are judged by their name alone.
const PROGRAM_FOLDERS: &[&str] = &["/bin/", "/sbin/", "/usr/", "/opt/conda/", "/opt/venv/", "/venv/", "/env/"];

/// Folders of `PATH`, and those that hold them.
const PATH_FOLDERS: &[&str] =
    &["", "/usr", "/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// Addresses of install scripts that fetch what they need by themselves.
const KNOWN_SCRIPTS: &[&str] = &[
    "deb.nodesource.com/setup", "rpm.nodesource.com/setup", "sh.rustup.rs", "static.rust-lang.org", "get.rvm.io",
    "bootstrap.pypa.io", "getcomposer.org", "install.python-poetry.org", "nvm-sh/nvm", "creationix/nvm",
    "astral.sh/uv", "yarnpkg.com/install.sh", "npmjs.org/install.sh", "npmjs.com/install.sh", "get.docker.com",
    "deno.land/install", "bun.sh/install", "get.sdkman.io",
];

/// Programs that install no packages of the distribution, for files that bring programs of their own.
const COMMON_PROGRAMS: &[&str] = &[
    "curl", "wget", "git", "svn", "tar", "unzip", "gzip", "gunzip", "bzip2", "xz", "zip", "gpg", "apt-key", "dpkg",
    "dpkg-reconfigure", "locale-gen", "localedef", "make", "cmake", "gcc", "g++", "cc", "go", "cargo", "rustup",
    "java", "javac", "mvn", "gradle", "python", "python2", "python3", "perl", "ruby", "node", "npx", "php", "composer",
    "pecl", "pear", "docker-php-ext-install", "docker-php-ext-configure", "phpize", "Rscript", "R", "poetry", "pipenv",
    "uv", "pdm", "cpan", "cpanm", "mix", "rebar3", "dotnet", "msbuild", "patch", "rsync", "openssl", "ssh-keyscan",
    "ssh-keygen", "update-ca-certificates", "useradd", "ninja", "meson", "autoreconf", "autoconf", "automake", "bower",
    "grunt", "gulp", "ng", "tsc", "webpack", "vite", "next", "django-admin", "flask", "collectstatic", "su-exec",
    "add-apt-repository", "apt-add-repository", "apt-mark", "savedAptMark", "ldd", "nproc", "sleep", "seq", "xargs",
    "crontab", "easy_install", "virtualenv", "nginx", "a2enmod", "wp", "drush", "gosu", "tini", "luarocks", "stack",
    "cabal", "ghc", "sbt", "lein", "swift", "helm", "kubectl", "terraform", "aws", "gcloud", "az", "jq", "yq",
];

/// The names that a file brings along, so that a command of that name is a script of its own.
#[derive(Clone, Debug, Default)]
pub struct OwnScripts {
    names: HashSet<String>,
    /// Those that may lie in a folder of `PATH`.
    found: HashSet<String>,
    /// Whether other folders may be in `PATH`.
    sets_path: bool,
    /// Whether something is copied into a folder of `PATH` whose names are not in the file.
    in_path: bool,
}

impl OwnScripts {
    /// Looks at every `COPY` and `ADD`.
    pub fn of(document: &Document) -> OwnScripts {
        let mut found = OwnScripts::default();
        for instruction in document.instructions() {
            if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) || instruction.flag("from").is_some() {
                continue;
            }
            let Some(copy) = dockerfile::Copy::of(instruction, document.text()) else { continue };
            let place = copy.destination.trim_end_matches('/');
            let is_folder = PATH_FOLDERS.contains(&place);
            found.in_path |= is_folder;
            let names = copy.sources.iter().chain([&copy.destination]);
            let names: Vec<String> = names.map(|path| base_name(path.trim_end_matches('/')).to_owned()).collect();
            let folder = place.rfind('/').map(|at| &place[..at]);
            let is_relative = !place.starts_with('/') || place.contains('$');
            if is_folder || is_relative || folder.is_some_and(|folder| PATH_FOLDERS.contains(&folder)) {
                found.found.extend(names.iter().cloned());
            }
            found.names.extend(names);
        }
        // Steps link, copy and move scripts there, too.
        for (at, sign) in document.text().match_indices("bin/") {
            let rest = &document.text()[at + sign.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(rest.len());
            found.found.insert(rest[..end].to_owned());
        }
        found.sets_path = document.instructions().iter().any(|instruction| {
            instruction.keyword == Keyword::Env && instruction.logical.text(document.text()).contains("PATH")
        });
        found
    }

    /// Whether a command of this path is a file that the folder brings.
    fn may_be(&self, path: &str) -> bool {
        let program = base_name(path);
        let known = || {
            is_always_cheap(program)
                || COMMON_PROGRAMS.contains(&program)
                || managers::MANAGERS.iter().any(|manager| manager.programs.contains(&program))
        };
        let is_searched = !path.contains('/') && !self.sets_path;
        let names = if is_searched { &self.found } else { &self.names };
        names.contains(program) || (self.in_path && !known())
    }

    /// Whether the words of an exec form show all that it runs.
    pub fn exec_is_visible(&self, words: &[String]) -> bool {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.split_first() {
            None => true,
            Some((path, arguments)) => {
                // Its words may be apt's own, and an exec form takes no command in front of it.
                !words.iter().any(|word| word.contains("apt")) && self.judge(path, arguments, &|word| word.is_empty())
            }
        }
    }

    /// Whether the words of a command show all that it runs.
    pub fn is_visible(&self, command: &SimpleCommand, text: &str) -> bool {
        if command.words.is_empty() {
            return true;
        }
        let Some(invocation) = Invocation::of(command, text) else { return false };
        let arguments: Vec<&str> = invocation.arguments().iter().map(|word| word.range.of(text)).collect();
        let is_known_download = || KNOWN_SCRIPTS.iter().any(|address| text.contains(address));
        let reads_input = SHELLS.contains(&invocation.program()) && !is_known_download();
        self.judge(&invocation.path, &arguments, &|word| word.contains('$') || (word.is_empty() && reads_input))
    }

    /// `hides`: whether a word, or no word at all (the empty one), hides what a shell runs.
    fn judge(&self, path: &str, arguments: &[&str], hides: &dyn Fn(&str) -> bool) -> bool {
        let program = base_name(path);
        let operand = arguments.iter().copied().find(|word| !word.starts_with('-'));
        let is_build_script = |file: &str| BUILD_SCRIPTS.contains(&base_name(file)) || BOOTSTRAPS.contains(&file);
        match program {
            _ if SHELLS.contains(&program) => {
                let takes_string =
                    arguments.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('c'));
                let shows = |word: &&str| !hides(word) && !["apt", ".sh", "./"].iter().any(|part| word.contains(part));
                match operand {
                    _ if takes_string => arguments.iter().all(shows),
                    None => !hides(""),
                    Some(file) => is_build_script(file),
                }
            }
            "." | "source" => operand.is_none_or(sets_up_shell),
            _ if RUNNERS.contains(&program) => false,
            "xargs" => !arguments.iter().any(|word| word.contains("apt") || SHELLS.contains(word)),
            "make" | "gmake" | "just" | "task" | "rake" => !arguments.iter().any(|word| is_suspicious(word)),
            _ if INTERPRETERS.contains(&program) => {
                operand.is_none_or(|script| is_build_script(script) || !is_suspicious(base_name(script)))
            }
            _ if is_build_script(path) => true,
            _ if program.ends_with(".sh") || program.ends_with(".bash") || self.may_be(path) => false,
            _ if path.contains('/') => {
                PROGRAM_FOLDERS.iter().any(|folder| path.starts_with(folder)) && !is_suspicious(program)
            }
            _ => !(program.contains("install") && is_suspicious(program) && !program.starts_with("docker-php-ext")),
        }
    }
}

/// Whether a file that a shell reads in is one that only sets variables and functions.
fn sets_up_shell(file: &str) -> bool {
    let name = base_name(file);
    ["activate", "rc", "profile", "env", "environment", "nvm.sh"].iter().any(|end| name.ends_with(end))
        || file.starts_with("/etc/")
}

/// Whether a name sounds as if it installed what others need.
fn is_suspicious(word: &str) -> bool {
    [
        "dep", "setup", "apt", "prereq", "require", "bootstrap", "install-", "-install", "install_", "_install",
        "provision",
    ]
    .iter()
    .any(|part| word.contains(part))
}
