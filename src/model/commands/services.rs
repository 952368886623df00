//! Commands whose effect ends with their `RUN`, or begins with the next one: services, and a new shell.

use dopt_syntax::shell::{List, SimpleCommand, Word};

use super::Invocation;

/// Programs that start a service whatever their arguments are.
const STARTERS: &[&str] = &[
    "service", "systemctl", "rc-service", "start-stop-daemon", "pg_ctl", "pg_ctlcluster", "mysqld", "mysqld_safe",
    "mysqld_multi", "mongod", "redis-server", "dockerd", "supervisord", "supervisorctl", "Xvfb", "sshd", "initctl",
    "rabbitmq-server", "slapd", "postgres", "postmaster", "invoke-rc.d", "runit", "runsvdir", "daemonize", "memcached",
    "screen", "tmux", "ssh-agent", "dbus-launch", "elasticsearch", "couchdb", "apache2ctl", "httpd", "nginx", "gradle",
    "gradlew", "mvnd", "bazel", "adb",
];

/// What a script does that its `RUN` ends, or that the next `RUN` begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Neither.
    None,
    /// It starts something that goes on behind its back, and ends with the `RUN`.
    Service,
    /// It may put another program in the place of the shell, which the next `RUN` would then be run by.
    Shell,
}

impl Aftermath {
    /// Looks at every command of a list.
    pub fn of(list: &List, text: &str) -> Aftermath {
        let (mut starts, mut replaces) = (false, false);
        list.walk(&mut |command| {
            starts = starts || starts_service(command, text);
            replaces = replaces || replaces_shell(command, text);
        });
        match (starts, replaces) {
            (true, _) => Aftermath::Service,
            (false, true) => Aftermath::Shell,
            (false, false) => Aftermath::None,
        }
    }
}

fn starts_service(command: &SimpleCommand, text: &str) -> bool {
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

fn replaces_shell(command: &SimpleCommand, text: &str) -> bool {
    let source = command.range.of(text);
    let is_shell = |word: &Word| ["/bin/sh", "/bin/bash"].contains(&word.range.of(text).trim_matches(['"', '\'']));
    command.name(text).is_some_and(|name| SHELL_MOVERS.contains(&name.as_ref()))
        && command.words.iter().skip(1).any(is_shell)
        || source.contains("dpkg-reconfigure") && source.contains("dash")
        || source.contains("update-alternatives") && source.contains("/bin/sh")
}

const SHELL_MOVERS: &[&str] = &["ln", "mv", "cp", "rm", "sudo", "install", "dpkg-divert", "busybox"];
