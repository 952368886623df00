//! Commands that leave a program running, which ends with its `RUN`.

use dopt_syntax::shell::{List, SimpleCommand};

use super::Invocation;

/// Programs that start a service whatever their arguments are.
const STARTERS: &[&str] = &[
    "service", "systemctl", "rc-service", "start-stop-daemon", "pg_ctl", "pg_ctlcluster", "mysqld", "mysqld_safe",
    "mysqld_multi", "mongod", "redis-server", "dockerd", "supervisord", "supervisorctl", "Xvfb", "sshd", "initctl",
    "rabbitmq-server", "slapd", "postgres", "postmaster", "invoke-rc.d", "runit", "runsvdir", "daemonize", "memcached",
    "screen", "tmux", "ssh-agent", "dbus-launch", "elasticsearch", "couchdb", "apache2ctl", "httpd", "nginx",
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
    STARTERS.contains(&program)
        || invocation.path.contains("/init.d/")
        || program.starts_with("mysql.server")
        || invocation.arguments().iter().any(|word| {
            let source = word.range.of(text);
            source.starts_with("--daemon") || source == "--fork" || source == "--detach"
        })
}
