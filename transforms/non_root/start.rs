//! What containers start: programs that need root, and scripts that call them.

use dopt_model::commands::paths::base_name;
use dopt_model::{Context, ContextFact, Service, shell_form};
use dopt_rewrite::{StaysRoot, Subject};
use dopt_syntax::dockerfile::{Form, Instruction, Keyword};

use super::files::Files;

/// Services that change to a user of their own, and programs that do what only root may.
const NEED_ROOT: &[&str] = &[
    "nginx", "openresty", "apache2", "apache2ctl", "apachectl", "apache2-foreground", "httpd", "httpd-foreground",
    "mysqld", "mysqld_safe", "mariadbd", "postgres", "pg_ctl", "pg_ctlcluster", "mongod", "redis-server",
    "rabbitmq-server", "php-fpm", "php-fpm7", "php-fpm8", "haproxy", "named", "dnsmasq", "unbound", "rsyslogd",
    "syslogd", "squid", "supervisord", "supervisorctl", "s6-svscan", "s6-supervise", "runsvdir", "runit", "my_init",
    "systemd", "systemctl", "init", "openrc", "monit", "circusd", "foreman", "honcho", "overmind", "pm2-runtime",
    "pm2", "service", "cron", "crond", "anacron", "atd", "crontab", "sshd", "dropbear", "vsftpd", "proftpd", "xinetd",
    "inetd", "smbd", "nfsd", "rpcbind", "exim", "postfix", "dovecot", "sendmail", "dockerd", "containerd", "docker",
    "podman", "buildah", "kubelet", "openvpn", "wg", "wg-quick", "ipsec", "strongswan", "iptables", "ip6tables", "nft",
    "ip", "ifconfig", "route", "tc", "brctl", "tcpdump", "perf", "strace", "bpftrace", "tshark", "nmap", "arping",
    "hping3", "dhclient", "dhcpd", "mount", "umount", "losetup", "modprobe", "insmod", "sysctl", "chroot", "unshare",
    "nsenter", "sudo", "su", "gosu", "su-exec", "setpriv", "runuser", "doas", "chown", "chgrp", "chmod", "useradd",
    "adduser", "usermod", "groupadd", "addgroup", "groupmod", "passwd", "chpasswd", "setcap", "apt", "apt-get", "apk",
    "yum", "dnf", "dpkg", "pip", "pip3", "gem", "install", "ln", "update-ca-certificates", "ldconfig", "locale-gen",
    "dbus-daemon", "udevd", "Xvfb", "xvfb-run", "vncserver", "x11vnc", "tftpd", "ntpd", "chronyd", "cadvisor", "kdc",
    "krb5kdc", "slapd", "radiusd", "confd", "certbot", "inotifyd", "incrond", "logrotate", "passenger", "clamd",
    "freshclam",
];

/// Programs that build, or write beside what root has installed.
const BUILD: &[&str] = &[
    "go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "sbt", "lein", "mix", "make", "cmake", "dotnet-watch", "air",
    "npx", "vite", "webpack", "webpack-dev-server", "react-scripts", "ng", "nuxt", "next", "gatsby", "parcel", "gulp",
    "grunt", "tsc", "ts-node-dev", "craco", "vue-cli-service", "expo", "remix", "astro", "poetry", "pipenv", "uv",
    "corepack", "pnpm", "yarn", "jekyll", "hugo", "rails", "rake", "spring", "jupyter", "jupyter-lab",
    "jupyter-notebook", "playwright", "cypress", "puppeteer", "code-server", "deno", "ipython", "mkdocs", "composer",
    "nodemon",
];

/// Places in scripts and programs that are root's.
const OF_ROOT: &[&str] = &["/root", "/run/", "/var/", "/sys/", "/dev/mem", "/dev/net"];

/// How deep scripts may start each other.
const DEEPEST: usize = 4;

/// Reads the start commands, and the scripts that they name.
pub(super) fn check(subject: &Subject<'_>, stage: usize, files: &Files) -> Result<(), StaysRoot> {
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[stage].body.clone()];
    let context = match &subject.facts.context {
        ContextFact::Known(context) => Some(&**context),
        _ => None,
    };
    for keyword in [Keyword::Entrypoint, Keyword::Cmd, Keyword::Healthcheck] {
        let Some(found) = body.iter().rfind(|found| found.keyword == keyword) else { continue };
        let Some(text) = text(found, document.text()) else { continue };
        Started { context, files, line: found.first_line, depth: 0 }.text(&text, false)?;
    }
    let line = document.instructions()[subject.stages.all()[stage].from].first_line;
    let mut started = subject.services(stage).flat_map(Service::texts);
    started.try_for_each(|text| Started { context, files, line, depth: 0 }.text(text, false))
}

fn text(found: &Instruction, file: &str) -> Option<String> {
    match &found.form {
        Form::Exec(words) => Some(words.join(" ")),
        Form::Shell => shell_form(found, file).map(str::to_owned),
    }
}

struct Started<'s> {
    context: Option<&'s Context>,
    files: &'s Files,
    line: usize,
    depth: usize,
}

impl Started<'_> {
    fn text(&mut self, text: &str, is_script: bool) -> Result<(), StaysRoot> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        for line in lines {
            let is_between = |c: char| c.is_whitespace() || "\"'`;|&(){}[],<>=".contains(c);
            let words: Vec<&str> = line.split(is_between).filter(|word| !word.is_empty()).collect();
            for (at, word) in words.iter().enumerate() {
                // What an option says is no program: `--user app`, `-m service`.
                let is_value = at > 0 && words[at - 1].starts_with('-') && !word.contains('/');
                self.word(word, &words[at + 1..], is_script, is_value)?;
                // A folder that the program is told to use, and would have to make.
                if at > 0 && !is_script && !base_name(word).contains('.') && self.files.lacks(word) {
                    return Err(StaysRoot::WritesElsewhere { path: (*word).to_owned() });
                }
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str, behind: &[&str], is_script: bool, is_value: bool) -> Result<(), StaysRoot> {
        let name = base_name(word);
        if !is_value && (NEED_ROOT.contains(&name) || BUILD.contains(&name)) {
            return Err(StaysRoot::StartNeedsRoot { line: self.line, program: name.to_owned() });
        }
        // A script may write what a program only reads.
        let is_of_root = OF_ROOT.iter().any(|place| word.starts_with(place)) || is_script && word.starts_with("/etc/");
        if is_of_root && !word.starts_with("/var/www") && !self.files.owns(word) {
            return Err(StaysRoot::WritesElsewhere { path: word.to_owned() });
        }
        if name == "npm" {
            return self.npm(behind);
        }
        if is_value || word.starts_with('-') {
            return Ok(());
        }
        let is_shell_script = [".sh", ".bash"].iter().any(|end| name.ends_with(end)) || name.contains("entrypoint");
        if !is_shell_script && name.contains('.') {
            return Ok(());
        }
        let texts = self.context.into_iter().flat_map(Context::texts);
        let found: Vec<String> =
            texts.filter(|(path, _)| base_name(path) == name).map(|(_, text)| text.to_owned()).collect();
        let is_of_base = ["docker-entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh"].contains(&word);
        if found.is_empty() && self.files.brings_entrypoint && is_of_base {
            return Ok(());
        }
        let is_file = || self.context.is_some_and(|context| context.below("").any(|path| base_name(path) == name));
        if found.is_empty() && (is_shell_script || self.files.copies_file(name) || word.contains('/') && is_file()) {
            return Err(StaysRoot::StartUnseen { line: self.line });
        }
        if self.depth < DEEPEST {
            self.depth += 1;
            for text in found {
                self.text(&text, true)?;
            }
            self.depth -= 1;
        }
        Ok(())
    }

    /// The scripts of `package.json` that are run.
    fn npm(&mut self, behind: &[&str]) -> Result<(), StaysRoot> {
        let mut words = behind.iter().filter(|word| !word.starts_with('-'));
        let name = match words.next() {
            Some(&("run" | "run-script")) => words.next(),
            other => other,
        };
        let Some(name) = name else { return Err(StaysRoot::StartUnseen { line: self.line }) };
        let packages: Vec<String> = self
            .context
            .into_iter()
            .flat_map(Context::texts)
            .filter(|(path, _)| base_name(path) == "package.json")
            .map(|(path, _)| path.strip_suffix("package.json").unwrap_or_default().to_owned())
            .collect();
        let mut has_script = false;
        for folder in packages {
            let package = self.context.and_then(|context| dopt_model::NodePackage::of_folder(context, &folder));
            for name in [format!("pre{name}"), (*name).to_owned(), format!("post{name}")] {
                let Some(text) = package.as_ref().and_then(|package| package.script(&name)).map(str::to_owned) else {
                    continue;
                };
                has_script = true;
                if self.depth >= DEEPEST {
                    return Err(StaysRoot::StartUnseen { line: self.line });
                }
                self.depth += 1;
                self.text(&text, true)?;
                self.depth -= 1;
            }
        }
        if has_script { Ok(()) } else { Err(StaysRoot::StartUnseen { line: self.line }) }
    }
}
