//! Where the sources of a program write, as far as the paths stand in them.

use std::collections::BTreeSet;

use dopt_model::Context;

/// What opens files to write to them.
const VERBS: &[&str] = &[
    "writeFile", "appendFile", "createWriteStream", "mkdir", "makedirs", "sqlite", "FileHandler", "shutil.", ".touch(",
    "fopen", "File.open", "File.write", "file_put_contents", "write_text", "write_bytes", "to_csv", "dump(",
    "log_file", "logfile", "pidfile", "outputFile", "copyFile", "rename",
];

/// Signs of `open` for writing.
const MODES: &[&str] = &["'w", "\"w", "'a'", "\"a\"", "'a+", "\"a+", "'x'", "\"x\"", "'ab", "\"ab", "'r+", "\"r+"];

/// Folders of the system, in which a program that names them has its state.
const STATE: &[&str] = &["/var/lib/", "/var/log/", "/var/run/", "/var/cache/", "/run/", "/root/"];

/// Ends of files that programs write.
const WRITTEN: &[&str] = &[".db", ".sqlite", ".sqlite3", ".log", ".pid", ".sock", ".lock", ".csv"];

/// Programs and functions that only root may call.
const RIGHTS: &[&str] =
    &["docker.sock", "setuid(", "setgid(", "geteuid() != 0", "geteuid() == 0", "getuid() != 0", "SOCK_RAW", "iptables"];

/// The first path that a source writes to outside of what the user owns, or what it does that only root may.
pub(super) fn first_outside(
    context: &Context,
    brought: &BTreeSet<&str>,
    is_outside: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let is_program =
        |path: &str| [".py", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx"].iter().any(|end| path.ends_with(end));
    for (path, text) in context.texts().filter(|(path, _)| is_program(path) && brought.contains(path)) {
        if let Some(word) = RIGHTS.iter().find(|word| text.contains(**word)) {
            return Some(format!("{path}: {}", word.trim_end_matches('(')));
        }
        let found = text.lines().find_map(|line| in_line(line, is_outside));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn in_line(line: &str, is_outside: &dyn Fn(&str) -> bool) -> Option<String> {
    let opens = line.contains("open(") && MODES.iter().any(|mode| line.contains(mode));
    let writes = opens || VERBS.iter().any(|verb| line.contains(verb));
    let is_state = |path: &str| {
        let has_end = WRITTEN.iter().any(|end| path.ends_with(end));
        STATE.iter().any(|place| path.starts_with(place)) || path.starts_with('/') && has_end
    };
    let names_file = |path: &str| path.contains('.') || path.contains('/');
    let mut strings = line.split(['"', '\'', '`']).skip(1).step_by(2);
    let found = strings.find(|path| {
        let is_path = path.starts_with('/') && path.len() > 1 && !path.contains([' ', '$', '{', '%', '*', '\\']);
        let is_relative =
            !path.starts_with('/') && names_file(path) && !path.contains([' ', ':', '%', '{', '$']) && writes;
        (is_path && (is_state(path) || writes) && !reads_alone(path) || is_relative && opens) && is_outside(path)
    })?;
    Some(found.to_owned())
}

/// Places that programs read from only.
fn reads_alone(path: &str) -> bool {
    ["/proc", "/sys", "/dev", "/etc/", "/usr/", "/bin", "/lib"].iter().any(|place| path.starts_with(place))
}
