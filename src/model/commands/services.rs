//! Commands whose effect ends with their `RUN`, or begins with the next one: services, and a new shell.

use dopt_syntax::shell::{List, SimpleCommand};

use super::Invocation;

/// Programs that start a service whatever their arguments are.
const STARTERS: &[&str] = &[
    "service", "systemctl", "rc-service", "start-stop-daemon", "pg_ctl", "pg_ctlcluster", "mysqld", "mysqld_safe",
    "mysqld_multi", "mongod", "redis-server", "dockerd", "supervisord", "supervisorctl", "Xvfb", "sshd", "initctl",
    "rabbitmq-server", "slapd", "postgres", "postmaster", "invoke-rc.d", "runit", "runsvdir", "daemonize", "memcached",
    "screen", "tmux", "ssh-agent", "dbus-launch", "elasticsearch", "couchdb", "apache2ctl", "httpd", "nginx", "gradle",
    "gradlew", "mvnd", "bazel", "adb",
];

/// Whether a list starts something that goes on behind its back.
pub fn starts_service(list: &List, text: &str) -> bool {
    let mut starts = false;
    list.walk(&mut |command| starts |= starts_one(command, text));
    starts
}

fn starts_one(command: &SimpleCommand, text: &str) -> bool {
    let Some(invocation) = Invocation::of(command, text) else { return false };
    let program = invocation.program();
    (STARTERS.contains(&program) && !invocation.has_argument("--no-daemon"))
        || invocation.path.contains("/init.d/")
        || program.starts_with("mysql.server")
        || invocation.arguments().iter().any(|word| {
            let source = word.range.of(text);
            source.starts_with("--daemon") || source == "--fork" || source == "--detach"
        })
}

/// Whether a list may put another program in the place of the shell, which the next `RUN` would then be run by.
pub fn replaces_shell(list: &List, text: &str) -> bool {
    let mut replaces = false;
    list.walk(&mut |command| {
        let source = command.range.of(text);
        replaces |= ["/bin/sh", "/bin/bash"].iter().any(|shell| {
            command.words.iter().skip(1).any(|word| word.range.of(text).trim_matches(['"', '\'']) == *shell)
        }) && command.name(text).is_some_and(|name| SHELL_MOVERS.contains(&name.as_ref()))
            || source.contains("dpkg-reconfigure") && source.contains("dash")
            || source.contains("update-alternatives") && source.contains("/bin/sh");
    });
    replaces
}

const SHELL_MOVERS: &[&str] = &["ln", "mv", "cp", "rm", "sudo", "install", "dpkg-divert", "busybox"];
