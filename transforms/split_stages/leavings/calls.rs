//! What a single command of a step leaves that is none of a kind of project: files it makes, moves, deletes or gives away.

use dopt_model::User;
use dopt_model::commands::paths::resolve;
use dopt_rewrite::NotSplit;

use super::{ACTING, Call, Leavings};
use crate::split_stages::carry::is_below;
use crate::split_stages::owners::Owner;
use crate::split_stages::removals::is_of_system;
use crate::split_stages::words;

/// Programs that leave no file that another one needs when it runs.
const QUIET: &[&str] = &[
    "ls", "pwd", "true", "cat", "echo", "set", "export", "test", "[", "which", "umask", ":", "printf", "file", "ldd",
    "uname", "nproc", "date",
];

/// What makes a program tell about itself, and do nothing.
const TELLING: &[&str] = &["--version", "--help", "-V", "-version", "version"];

/// Programs that make users and groups.
const USER_TOOLS: &[&str] = &["useradd", "groupadd", "adduser", "addgroup", "usermod"];

impl Leavings {
    pub(super) fn read_call(&mut self, call: &Call<'_>, user: User, line: usize) -> Result<(), NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line };
        let globs = call.invocation.arguments().iter().any(|word| word.globs);
        let operands: Vec<String> = call.words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        let paths = || operands.iter().map(|path| resolve(&call.folder, path));
        match call.invocation.program() {
            "rm" => self.read_rm(call, paths().collect()).ok_or(unseen),
            program if QUIET.contains(&program) => Ok(()),
            _ if call.words.len() == 1 && TELLING.contains(&call.words[0].as_str()) => Ok(()),
            "find" if !call.words.iter().any(|word| ACTING.contains(&word.as_str())) => Ok(()),
            "touch" if !globs && paths().all(|path| words::is_own(&path)) => {
                self.written.extend(paths().map(|path| (path, call.moment)));
                Ok(())
            }
            "apt-get" | "apt" => self.read_apt(call, line),
            "apk" => self.read_apk(call, line),
            "mkdir" if !globs => {
                for made in paths() {
                    self.removed.put_again(&made);
                    self.filled.push((made, call.run.index()));
                }
                Ok(())
            }
            program if USER_TOOLS.contains(&program) && user == User::Root => {
                let written = call.invocation.command.range.of(call.invocation.text);
                // Where it is repeated, its variables are not set yet.
                let text = if written.contains('$') { replaced(call).ok_or(unseen)? } else { written.to_owned() };
                if program.starts_with("add") && call.words.iter().any(|word| word == "--system" || word == "-S") {
                    self.counted.extend(operands);
                }
                self.users.push(text);
                Ok(())
            }
            // Another name of the interpreter that a package brings, which the second image gets, too.
            "ln" if user == User::Root && names_interpreter(&call.words) => {
                self.users.push(call.invocation.command.range.of(call.invocation.text).to_owned());
                Ok(())
            }
            "chown" | "chmod" if !globs && operands.len() >= 2 => {
                self.read_owners(call, &operands);
                Ok(())
            }
            _ => self.read_copies(call, &operands, globs).ok_or(unseen),
        }
    }

    /// What lies among the files of the system is deleted again in the second stage; `None` where that cannot be told.
    fn read_rm(&mut self, call: &Call<'_>, paths: Vec<String>) -> Option<()> {
        self.removed.read(call.words.iter().map(String::as_str), &call.folder, call.run.index());
        let erased: Vec<String> = paths.into_iter().filter(|path| is_of_system(path)).collect();
        if erased.iter().any(|path| path.contains('$')) {
            return None;
        }
        self.users.extend((!erased.is_empty()).then(|| format!("rm -rf {}", erased.join(" "))));
        self.has_erased |= !erased.is_empty();
        Some(())
    }

    fn read_owners(&mut self, call: &Call<'_>, operands: &[String]) {
        let program = call.invocation.program();
        let set = format!("{program} {}", operands[0]);
        let paths = || operands[1..].iter().map(|path| resolve(&call.folder, path));
        self.marked.extend(paths().map(|path| (path, set.clone())));
        if program != "chown" {
            return;
        }
        let is_it = |word: &String| {
            word == "--recursive" || word.starts_with('-') && !word.starts_with("--") && word.contains('R')
        };
        let (to, step, is_recursive) = (operands[0].clone(), call.run.index(), call.words.iter().any(is_it));
        self.owners.extend(paths().map(|path| Owner { path, to: to.clone(), is_recursive, step }));
    }

    /// What copies, moves or writes files; `None` where it is something else, or may write elsewhere.
    fn read_copies(&mut self, call: &Call<'_>, operands: &[String], globs: bool) -> Option<()> {
        let program = call.invocation.program();
        let workdir = call.run.state().workdir().unwrap_or("/");
        // What is copied may be a pattern, where to may not.
        let is_last = self.is_interpreted && ["cp", "mv"].contains(&program);
        let globs = if is_last { call.invocation.arguments().last().is_some_and(|word| word.globs) } else { globs };
        let targets = targets(program, &call.words).filter(|_| !globs)?;
        let targets: Vec<String> = targets.iter().map(|target| resolve(&call.folder, target)).collect();
        let is_inside = targets.iter().all(|target| is_below(target, workdir));
        let is_elsewhere = |target: &String| words::is_own(target) || is_served(target);
        if !(is_inside || is_last && targets.iter().all(is_elsewhere)) {
            return None;
        }
        if program == "mv" {
            let moved = operands[..operands.len() - 1].iter().map(String::as_str);
            self.removed.read(moved, &call.folder, call.run.index());
        }
        targets.iter().for_each(|target| self.removed.put_again(target));
        let filled = if is_inside { vec![workdir.to_owned()] } else { targets };
        if !is_inside {
            self.copied_to.extend(filled.iter().cloned());
        }
        self.filled.extend(filled.into_iter().map(|folder| (folder, call.run.index())));
        Some(())
    }
}

/// A command with the values of its variables; `None` where one is not known.
fn replaced(call: &Call<'_>) -> Option<String> {
    let is_plain = |word: &String| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=:,@".contains(&byte))
    };
    let quoted = |word: &String| match is_plain(word) {
        true => Some(word.clone()),
        false => (!word.contains(['$', '\'', '`', '\\', '\n'])).then(|| format!("\"{word}\"")),
    };
    let words: Vec<String> = call.words.iter().map(quoted).collect::<Option<_>>()?;
    Some(format!("{} {}", call.invocation.program(), words.join(" ")))
}

/// Whether a folder is there to be served, and a package may have put a page of its own there.
fn is_served(path: &str) -> bool {
    ["/var/www/", "/usr/share/nginx/html"].iter().any(|start| path.starts_with(start))
}

/// Whether words of `ln` give Debian's Python another name among the programs of the system.
fn names_interpreter(words: &[String]) -> bool {
    let operands: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let options: String = words.iter().filter(|word| word.starts_with('-')).cloned().collect();
    let known = |path: &str| ["/usr/bin/python3", "/usr/bin/pip3"].iter().any(|start| path.starts_with(start));
    options.contains('s') && matches!(operands[..], [from, to] if known(from) && to.starts_with("/usr/bin/"))
}

/// The files that a program writes by its words; `None` where it is none that is known.
fn targets(program: &str, words: &[String]) -> Option<Vec<String>> {
    let operands: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let has = |options: &[&str]| words.iter().any(|word| options.iter().any(|option| word.starts_with(option)));
    let found: &[&String] = match program {
        "touch" | "tee" => &operands,
        "cp" | "mv" | "ln" if operands.len() >= 2 && !has(&["-t", "--target"]) => &operands[operands.len() - 1..],
        "sed" if has(&["-i", "--in-place"]) && operands.len() >= 2 && !has(&["-e", "-f", "--expr", "--file"]) => {
            &operands[1..]
        }
        _ => return None,
    };
    Some(found.iter().map(|target| (*target).clone()).collect())
}
