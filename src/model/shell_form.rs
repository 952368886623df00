//! What containers run, where an instruction says it in the form for a shell.

use dopt_syntax::dockerfile::{Form, Instruction, Keyword};
use dopt_syntax::shell::quoted;

/// What a `CMD`, an `ENTRYPOINT` or the command of a `HEALTHCHECK` hands to a shell; `None` where it is words of its own,
/// or where a health check is switched off.
pub fn shell_form<'t>(instruction: &'t Instruction, file: &'t str) -> Option<&'t str> {
    let text = instruction.arguments_text(file).trim();
    if instruction.form != Form::Shell {
        return None;
    }
    if instruction.keyword != Keyword::Healthcheck {
        return Some(text);
    }
    let (kind, command) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (!kind.eq_ignore_ascii_case("none")).then(|| command.trim_start())
}

/// The same as a text for a shell, whichever form it has; `None` where a health check is switched off.
pub fn started_text(instruction: &Instruction, file: &str) -> Option<String> {
    match &instruction.form {
        Form::Exec(words) => Some(quoted(words)),
        Form::Shell => shell_form(instruction, file).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use dopt_syntax::Document;

    use super::*;

    #[test]
    fn keywords_are_no_programs() {
        for (text, command) in [
            ("CMD sh", Some("sh")),
            ("entrypoint  exec java -jar x.jar", Some("exec java -jar x.jar")),
            ("HEALTHCHECK --interval=5s CMD curl -f localhost", Some("curl -f localhost")),
            ("healthcheck cmd curl -f localhost", Some("curl -f localhost")),
            ("HEALTHCHECK NONE", None),
            ("HEALTHCHECK CMD [\"curl\"]", None),
            ("CMD [\"sh\"]", None),
        ] {
            let document = Document::parse(format!("FROM x\n{text}\n"));
            assert_eq!(shell_form(&document.instructions()[1], document.text()), command, "{text}");
            let started = started_text(&document.instructions()[1], document.text());
            assert_eq!(started.is_some(), command.is_some() || text.contains('['), "{text}");
        }
    }
}
