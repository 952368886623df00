//! Scripts that containers start with: from where a step copies them, and which words they answer themselves.

use dopt_model::commands::Invocation;
use dopt_model::commands::paths::{base_name, resolve};

use super::stack::Scene;

/// From where a step copies a file; `None` where nobody can tell.
pub(super) fn copied_from(scene: &Scene<'_>, path: &str) -> Option<String> {
    let mut found = None;
    for run in scene.subject.stages.runs_of(scene.stage) {
        let script = run.script().ok()?;
        let (text, mut folder) = (script.text(), run.state().workdir()?.to_owned());
        let mut commands = Vec::new();
        script.script().walk(&mut |command| commands.push(command));
        for command in commands {
            let Some(call) = Invocation::of(command, text) else { continue };
            let words: Option<Vec<String>> =
                call.arguments().iter().map(|word| word.literal(text).map(|word| word.into_owned())).collect();
            let words = words.map(|words| words.into_iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>());
            match (call.program(), words.as_deref()) {
                ("cd", Some([to])) => folder = resolve(&folder, to),
                ("cd", _) => return None,
                ("cp" | "mv", Some([from, to])) => {
                    let to = if to.ends_with('/') { format!("{to}{}", base_name(from)) } else { to.clone() };
                    if resolve(&folder, &to) == path {
                        found = Some(resolve(&folder, from));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether a script has a branch for a word, which puts another program in its place.
pub(super) fn is_answered(script: &str, word: &str) -> bool {
    let is_pattern = |line: &str| {
        let patterns = line.trim().split_once(')').map(|(patterns, _)| patterns.trim_start_matches('('));
        patterns
            .is_some_and(|patterns| patterns.split('|').any(|pattern| pattern.trim().trim_matches(['"', '\'']) == word))
    };
    let mut lines = script.lines().skip_while(|line| !is_pattern(line)).peekable();
    if word.is_empty() || lines.peek().is_none() {
        return false;
    }
    let mut branch = String::new();
    for line in lines {
        branch.extend([line.split(";;").next().unwrap_or(line), "\n"]);
        if line.contains(";;") {
            break;
        }
    }
    let hands_on =
        ["exec \"$@\"", "exec $@", "exec $*", "exec \"$1\"", "exec $1"].iter().any(|sign| branch.contains(sign));
    branch.contains("exec /") && !hands_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_answers_where_it_starts_another_program() {
        let script = "#!/bin/sh\ncase \"$1\" in\n  api|web) exec /app/api ;;\n  tool)\n    shift\n    exec \"$@\"\n    ;;\n  *) exec \"$@\" ;;\nesac\n";
        assert!(is_answered(script, "api") && is_answered(script, "web"));
        assert!(!is_answered(script, "tool"));
        assert!(!is_answered(script, "other"));
        assert!(!is_answered("#!/bin/sh\nexec \"$@\"\n", "api"));
    }
}
