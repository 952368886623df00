//! Whether the words of a command tell what it runs, or whether a script could do anything.

use super::Invocation;
use dopt_syntax::shell::SimpleCommand;

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "csh", "tcsh", "fish", "busybox"];

/// Programs that run what a file or a string says.
const RUNNERS: &[&str] = &[
    ".", "source", "eval", "su", "runuser", "chroot", "ansible-playbook", "ansible-pull", "puppet", "chef-client",
    "parallel",
];

/// Scripts of this name configure or build what they lie beside; they install no packages of the distribution.
const BUILD_SCRIPTS: &[&str] = &[
    "configure", "config", "autogen.sh", "bootstrap", "buildconf", "gradlew", "mvnw", "manage.py", "waf", "b2",
    "bootstrap.sh", "Configure", "setup.py", "get-pip.py", "sbt", "activator", "rebar", "rebar3", "artisan",
];

/// Folders whose programs are judged by their name alone.
const PROGRAM_FOLDERS: &[&str] = &["/bin/", "/sbin/", "/usr/", "/opt/conda/", "/opt/venv/", "/venv/", "/env/"];

/// Addresses of install scripts that fetch what they need by themselves.
const KNOWN_SCRIPTS: &[&str] = &[
    "deb.nodesource.com/setup", "rpm.nodesource.com/setup", "sh.rustup.rs", "static.rust-lang.org", "get.rvm.io",
    "bootstrap.pypa.io", "getcomposer.org", "install.python-poetry.org", "nvm-sh/nvm", "creationix/nvm",
    "astral.sh/uv", "yarnpkg.com/install.sh", "npmjs.org/install.sh", "npmjs.com/install.sh", "get.docker.com",
    "deno.land/install", "bun.sh/install", "get.sdkman.io",
];

/// Whether the words of an exec form show all that it runs.
pub fn exec_is_visible(words: &[String]) -> bool {
    !words.iter().any(|word| word.contains("apt") || word.ends_with("sh"))
}

/// Whether the words of a command show all that it runs. A script of the file's own folder does not.
pub fn is_visible(command: &SimpleCommand, text: &str) -> bool {
    if command.words.is_empty() {
        return true;
    }
    let Some(invocation) = Invocation::of(command, text) else { return false };
    let program = invocation.program();
    let suspicious = |word: &str| {
        ["dep", "setup", "apt", "prereq", "require", "bootstrap", "install-", "-install"]
            .iter()
            .any(|part| word.contains(part))
    };
    let arguments = || invocation.arguments().iter().map(|word| word.range.of(text));
    match program {
        _ if SHELLS.contains(&program) => shell_is_visible(&invocation),
        "." | "source" => arguments().all(|word| {
            word.ends_with("activate") || word.contains("/etc/") || word.contains("rc") || word.ends_with("/env")
        }),
        _ if RUNNERS.contains(&program) => false,
        "xargs" => !arguments().any(|word| word.contains("apt") || SHELLS.contains(&word)),
        "make" | "gmake" | "just" | "task" | "rake" => !arguments().any(suspicious),
        _ if BUILD_SCRIPTS.contains(&program) => true,
        _ if program.ends_with(".sh") || program.ends_with(".bash") => false,
        _ if invocation.path.contains('/') => {
            PROGRAM_FOLDERS.iter().any(|folder| invocation.path.starts_with(folder)) && !suspicious(program)
        }
        _ => !(program.contains("install") && suspicious(program) && !program.starts_with("docker-php-ext")),
    }
}

/// A shell shows what it runs where that is a string, or the download of a known script.
fn shell_is_visible(invocation: &Invocation<'_>) -> bool {
    let arguments = invocation.arguments();
    let text = invocation.text;
    let takes_string = arguments.iter().any(|word| {
        let source = word.range.of(text);
        source.starts_with('-') && !source.starts_with("--") && source.contains('c')
    });
    if takes_string {
        return arguments.iter().all(|word| {
            let source = word.range.of(text);
            !word.expands && !source.contains("apt") && !source.contains(".sh") && !source.contains("./")
        });
    }
    let file = arguments.iter().map(|word| word.range.of(text)).find(|word| !word.starts_with('-'));
    match file {
        None => KNOWN_SCRIPTS.iter().any(|address| text.contains(address)),
        Some(file) => BUILD_SCRIPTS.contains(&file.rsplit('/').next().unwrap_or(file)),
    }
}
