//! Which programs the sources and scripts of a context start, as far as their words tell.

use super::Context;

/// A program that whole images have and slim ones lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub program: &'static str,
    /// The package of Debian that brings it; `None` for what builds programs.
    pub package: Option<&'static str>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The programs, and the file that names each.
    pub tools: Vec<(Tool, String)>,
    /// Whether any file starts programs.
    pub starts_others: bool,
    /// A file that starts Python, which images of other languages have by chance alone.
    pub python: Option<String>,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package: Some(package) }
}

const fn builder(program: &'static str) -> Tool {
    Tool { program, package: None }
}

const TOOLS: &[Tool] = &[
    tool("git", "git"),
    tool("curl", "curl"),
    tool("wget", "wget"),
    tool("ssh", "openssh-client"),
    tool("scp", "openssh-client"),
    tool("ssh-keygen", "openssh-client"),
    tool("ps", "procps"),
    tool("pgrep", "procps"),
    tool("pkill", "procps"),
    tool("top", "procps"),
    tool("free", "procps"),
    tool("uptime", "procps"),
    tool("unzip", "unzip"),
    tool("xz", "xz-utils"),
    tool("bzip2", "bzip2"),
    tool("file", "file"),
    tool("convert", "imagemagick"),
    tool("identify", "imagemagick"),
    tool("mogrify", "imagemagick"),
    tool("gpg", "gnupg"),
    tool("hg", "mercurial"),
    tool("svn", "subversion"),
    tool("patch", "patch"),
    tool("openssl", "openssl"),
    tool("sqlite3", "sqlite3"),
    tool("perl", "perl"),
    tool("mysql_config", "libmariadb-dev"),
    tool("pg_config", "libpq-dev"),
    tool("rsvg-convert", "librsvg2-bin"),
    builder("gcc"),
    builder("g++"),
    builder("cc"),
    builder("make"),
    builder("cmake"),
    builder("autoconf"),
    builder("ld"),
    builder("node-gyp"),
    builder("pkg-config"),
];

/// Words of sources that start programs.
const STARTERS: &[&str] = &[
    "subprocess", "os.system", "popen", "Popen", "os.exec", "os.spawn", "child_process", "execa", "shelljs", "zx",
    "asyncio.create_subprocess", "execSync", "pexpect", "plumbum", "os/exec", "syscall.Exec", "os.StartProcess",
    "process::Command", "Command::new", "system(", "execv", "execl", "posix_spawn", "ProcessBuilder", "getRuntime()",
];

/// Ends of names of sources that are compiled, and start programs by the same words.
const COMPILED: &[&str] = &[".go", ".rs", ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".java", ".kt", ".cs"];
/// The same in Ruby, where a command stands in any of these, and in PHP.
const STARTERS_OF_RUBY: &[&str] = &["system", "`", "%x", "Open3", "spawn", "exec", "popen"];

const STARTERS_OF_PHP: &[&str] =
    &["exec(", "system(", "passthru(", "popen(", "proc_open(", "Process(", "fromShellCommandline("];

/// Folders whose files are not started, or are for browsers.
const SKIPPED: &[&str] = &[
    "node_modules", ".yarn", ".venv", "venv", "static", "public", "assets", "vendor", ".git", "test", "tests",
    "__tests__", "docs",
];

/// Whether a file is looked at for the programs that it starts.
pub(super) fn is_source(path: &str) -> bool {
    let ends = [
        ".sh", ".bash", ".py", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".vue", ".rb", ".rake", ".ru", ".gemspec",
        ".php",
    ];
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or_default();
    let is_script = ["entrypoint", "docker-entrypoint", "start", "run", "wait-for-it", "Rakefile"].contains(&name);
    // Where a server of PHP looks, there are sources as well.
    let is_skipped = |part: &str| SKIPPED.contains(&part) && !(part == "public" && name.ends_with(".php"));
    (is_script || ends.iter().chain(COMPILED).any(|end| name.ends_with(end)))
        && !name.ends_with(".min.js")
        && !name.ends_with(".d.ts")
        && !is_of_developing(name)
        && !parts.any(is_skipped)
}

/// Whether a source may start programs.
fn starts_others(path: &str, text: &str) -> bool {
    let is_ruby = [".rb", ".rake", ".ru", ".gemspec", "Rakefile"].iter().any(|end| path.ends_with(end));
    match path.ends_with(".php") {
        // `curl_exec(` and `$database->exec(` start nothing.
        true => STARTERS_OF_PHP.iter().any(|word| {
            let mut found = text.match_indices(word);
            found.any(|(at, _)| {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '>' || c == ':';
                let before = text[..at].trim_end_matches("shell_");
                !before.ends_with(name)
            })
        }),
        // `execute` and `connection.exec` are of databases.
        false if is_ruby => STARTERS_OF_RUBY.iter().any(|word| {
            text.match_indices(word).any(|(at, _)| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let is_whole = !word.ends_with(is_name)
                    || !text[at + word.len()..].starts_with(is_name) && !text[..at].ends_with(is_name);
                let owner = text[..at].strip_suffix('.').filter(|_| *word == "exec");
                is_whole && owner.is_none_or(|owner| owner.ends_with("Kernel") || owner.ends_with("Process"))
            })
        }),
        false => STARTERS.iter().any(|word| text.contains(word)),
    }
}

/// Whether a file may tell of programs that are started, in a language or a form that nothing else is read of.
pub(super) fn may_start_others(path: &str) -> bool {
    let ends = [
        ".go", ".rs", ".java", ".kt", ".c", ".h", ".cc", ".cpp", ".hpp", ".rb", ".php", ".pl", ".lua", ".conf", ".ini",
        ".cfg", ".service", ".cron", "crontab", "Rakefile", "makefile", ".tcl", ".r", ".R",
    ];
    let mut parts = path.split('/').rev();
    let name = parts.next().unwrap_or_default();
    ends.iter().any(|end| name.ends_with(end)) && !parts.any(|part| SKIPPED.contains(&part))
}

/// Whether a file is read by tools for developing alone.
fn is_of_developing(name: &str) -> bool {
    let names = ["gulpfile.js", "Gruntfile.js", "setup.py", "noxfile.py", "conftest.py", "tasks.py", "fabfile.py"];
    let is_test = name.starts_with("test_") || [".test.", ".spec.", "_test."].iter().any(|sign| name.contains(sign));
    // `next start` reads its own.
    let is_configuration = name.contains(".config.") && !["next", "nuxt"].iter().any(|tool| name.starts_with(tool));
    names.contains(&name) || is_test || is_configuration
}

/// Whether a file is a script of a shell.
fn is_script(path: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    path.ends_with(".sh") || path.ends_with(".bash") || (first.starts_with("#!") && first.ends_with("sh"))
}

impl Tool {
    /// The program of this name, where slim images lack it.
    pub fn named(program: &str) -> Option<Tool> {
        TOOLS.iter().find(|tool| tool.program == program).copied()
    }

    /// Those that a text of a shell, such as a command or a script, names as a word.
    pub fn in_shell(text: &str) -> Vec<Tool> {
        let lines = text.lines().map(|line| if line.trim_start().starts_with('#') { "" } else { line });
        let mut found = Vec::new();
        for line in lines {
            let words = line.split(|c: char| c.is_whitespace() || "\"'`;|&(){}$[],=".contains(c));
            found.extend(words.filter_map(|word| Tool::named(word.rsplit('/').next().unwrap_or(word))));
        }
        found
    }
}

impl Evidence {
    /// Looks through the scripts of a context, and through those sources that start programs at all.
    pub fn of(context: &Context) -> Evidence {
        Evidence::found(context, true)
    }

    /// Looks through those sources alone that start programs: scripts of a shell may be there for people.
    pub fn of_sources(context: &Context) -> Evidence {
        Evidence::found(context, false)
    }

    fn found(context: &Context, with_scripts: bool) -> Evidence {
        let mut found = Evidence::default();
        for (path, text) in context.texts().filter(|(path, _)| is_source(path)) {
            let is_script = is_script(path, text);
            if is_script && !with_scripts {
                continue;
            }
            if !is_script && !starts_others(path, text) {
                continue;
            }
            found.starts_others |= !is_script;
            let signs = ["\"python3", "'python3", "`python3"];
            if !is_script && !path.ends_with(".py") && signs.iter().any(|sign| text.contains(sign)) {
                found.python = Some(path.to_owned());
            }
            let tools = if is_script { Tool::in_shell(text) } else { in_strings(text) };
            for tool in tools {
                if !found.tools.iter().any(|(known, _)| *known == tool) {
                    found.tools.push((tool, path.to_owned()));
                }
            }
        }
        found
    }
}

/// The programs that begin a string, or a command inside one: `["git", "log"]`, `'curl -f x | xz'`.
fn in_strings(text: &str) -> Vec<Tool> {
    let starts = text.match_indices(['"', '\'', '`']).map(|(at, sign)| (&text[at + sign.len()..], sign));
    let behind = ["| ", "&& ", "; ", "$("]
        .iter()
        .flat_map(|sign| text.match_indices(sign).map(|(at, sign)| (&text[at + sign.len()..], "\"'`")));
    let name = |(rest, sign): (&str, &str)| {
        let end = rest.find(|c: char| c.is_whitespace() || sign.contains(c))?;
        Tool::named(rest[..end].rsplit('/').next()?)
    };
    starts.chain(behind).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_where_something_starts_them() {
        let texts = [
            ("app.py", "import subprocess\nsubprocess.run(['git', 'log'])\nlabel = 'curl'"),
            ("other.py", "print('wget')"),
            ("start.sh", "#!/bin/sh\n# unzip\nexec /usr/bin/ssh host\n"),
            ("web.js", "require('child_process').exec(`make all`)"),
            ("tests/test.py", "import subprocess; 'gcc'"),
            ("main.go", "import \"os/exec\"\nexec.Command(\"sh\", \"-c\", \"ls | xz -c\")"),
            ("run.c", "system(\"hg version\");"),
            ("lib.rs", "Command::new(\"svn\")"),
            ("App.java", "String label = \"perl\";"),
            ("lib/log.rb", "LOG = `svn log`\nsystem('unzip', 'x.zip')"),
            ("lib/data.rb", "require 'sqlite3'\ndb.execute('perl')\nconnection.exec('patch')"),
            ("public/index.php", "<?php shell_exec('identify ' . $file);"),
            ("data.php", "<?php curl_exec($c); $db->exec('patch'); $type = $_FILES['file'];"),
        ];
        let owned = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let context = Context::new(owned.iter().map(|(path, _)| path.clone()).collect(), owned.into_iter().collect());
        let wanted: Vec<_> = Evidence::of(&context).tools.iter().map(|(tool, _)| tool.program).collect();
        assert_eq!(wanted, ["git", "curl", "svn", "unzip", "xz", "identify", "hg", "ssh", "make"]);
        assert!(is_source("app.py") && !is_source("tests/test.py") && !is_source("node_modules/x/index.js"));
    }
}
