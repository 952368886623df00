//! Which commands take no time worth caching.

use dopt_syntax::shell::{List, SimpleCommand};

use super::Invocation;

/// Programs that finish at once whatever their arguments are.
const CHEAP: &[&str] = &[
    "mkdir", "rmdir", "echo", "printf", "ln", "touch", "chmod", "chown", "chgrp", "useradd", "adduser", "groupadd",
    "addgroup", "usermod", "groupmod", "deluser", "userdel", "delgroup", "groupdel", "passwd", "chpasswd", "sed", "cp",
    "mv", "rm", "unlink", "cat", "tee", "test", "[", "[[", "true", "false", ":", "cd", "export", "set", "unset",
    "umask", "shopt", "ldconfig", "update-alternatives", "alternatives", "truncate", "id", "whoami", "pwd", "date",
    "ls", "head", "tail", "cut", "tr", "grep", "egrep", "fgrep", "awk", "sort", "uniq", "wc", "basename", "dirname",
    "readlink", "realpath", "which", "command", "type", "hash", "setcap", "chsh", "a2enmod", "a2dismod", "a2ensite",
    "a2dissite", "a2enconf", "a2disconf", "phpenmod", "phpdismod", "debconf-set-selections", "strip", "find", "stat",
    "file", "install", "exit", "env", "read", "hostname", "uname", "dpkg-divert", "rc-update", "md5sum", "sha1sum",
    "sha256sum", "sha512sum", "docker-php-ext-enable", "visudo", "sync", "dpkg-statoverride", "mkfifo", "expr", "dd",
];

/// Programs that finish at once with these first arguments.
const CHEAP_WITH: &[(&str, &[&str])] = &[
    ("git", &["config"]),
    ("npm", &["config", "set", "cache"]),
    ("yarn", &["config", "cache"]),
    ("pip", &["config"]),
    ("pip3", &["config"]),
    ("go", &["env", "version"]),
    ("apt-get", &["clean", "autoclean", "autoremove"]),
    ("apt", &["clean", "autoclean", "autoremove"]),
    ("yum", &["clean"]),
    ("dnf", &["clean"]),
    ("microdnf", &["clean"]),
    ("apk", &["info", "del"]),
    ("gem", &["cleanup"]),
    ("bundle", &["config"]),
    ("composer", &["clear-cache", "config"]),
    ("conda", &["clean", "config"]),
    ("rustup", &["default"]),
];

/// Whether a program is one of the small tools that every image has.
pub fn is_always_cheap(program: &str) -> bool {
    CHEAP.contains(&program)
}

/// Whether every command of a list, those inside substitutions included, finishes at once.
pub fn is_cheap(list: &List, text: &str) -> bool {
    let mut cheap = true;
    list.walk(&mut |command| cheap &= is_cheap_command(command, text));
    cheap
}

fn is_cheap_command(command: &SimpleCommand, text: &str) -> bool {
    if command.words.is_empty() {
        return true;
    }
    let Some(invocation) = Invocation::of(command, text) else { return false };
    let program = invocation.program();
    if CHEAP.contains(&program) {
        // `find -exec` runs anything.
        return program != "find"
            || !invocation.arguments().iter().any(|word| word.range.of(text).starts_with("-exec"));
    }
    let first = invocation.arguments().iter().filter_map(|word| word.literal(text)).find(|word| !word.starts_with('-'));
    CHEAP_WITH
        .iter()
        .any(|(name, firsts)| *name == program && first.as_ref().is_some_and(|word| firsts.contains(&word.as_ref())))
}
