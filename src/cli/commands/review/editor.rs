//! The user's editor, on a copy of the file.

use std::io::{self, Write};
use std::process::Command;

/// Lets the user edit a text; `None` where nothing was saved. `line` is where the cursor should be.
pub fn edit(text: &str, line: usize) -> Result<Option<String>, String> {
    let editor = editor();
    let failed = |error: io::Error| format!("{editor}: {error}; set $EDITOR to the editor that you want");
    let mut file = tempfile::Builder::new().prefix("dopt-").suffix(".Dockerfile").tempfile().map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let mut command = Command::new(program);
    command.args(words);
    if takes_line(program) {
        command.arg(format!("+{line}"));
    }
    let status = command.arg(file.path()).status().map_err(failed)?;
    if !status.success() {
        return Err(format!("{editor} ended with {status}, so nothing is taken from it"));
    }
    let edited = std::fs::read_to_string(file.path()).map_err(failed)?;
    Ok((edited != text && !edited.trim().is_empty()).then_some(edited))
}

/// `$VISUAL`, `$EDITOR`, or what is on every machine.
fn editor() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let usual = if cfg!(windows) { "notepad" } else { "vi" };
    named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| usual.to_owned())
}

/// Those that take `+LINE` in front of the file.
fn takes_line(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    ["vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "micro", "joe"].contains(&name)
}
