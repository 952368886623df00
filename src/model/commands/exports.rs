//! Commands that write what a lockfile of Python lists into a file for pip.

use super::Invocation;

/// Which lockfile is read, and the file that is written, as both are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Beside the project: `poetry.lock`.
    pub lock: &'static str,
    /// Its path from where the command runs.
    pub file: String,
}

impl Export {
    /// Reads `poetry export`, `uv export` and `pipenv requirements`.
    pub fn of(call: &Invocation<'_>) -> Option<Export> {
        let words: Vec<Option<String>> =
            call.arguments().iter().map(|word| word.literal(call.text).map(|word| word.into_owned())).collect();
        let words: Vec<String> = words.into_iter().collect::<Option<_>>()?;
        let lock = match (call.program(), words.first().map(String::as_str)) {
            ("poetry", Some("export")) => "poetry.lock",
            ("uv", Some("export")) => "uv.lock",
            ("pipenv", Some("requirements")) => "Pipfile.lock",
            _ => return None,
        };
        let options = ["-o", "--output", "--output-file"];
        let told = words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some((option, value)) if options.contains(&option) => Some(value.to_owned()),
            _ if options.contains(&word.as_str()) => words.get(at + 1).cloned(),
            _ => None,
        });
        let redirected = || {
            let to_file = call.command.redirects.iter().find(|redirect| redirect.operator.of(call.text) == ">")?;
            to_file.target.literal(call.text).map(|file| file.into_owned())
        };
        told.or_else(redirected).map(|file| Export { lock, file })
    }
}

#[cfg(test)]
mod tests {
    use dopt_syntax::shell::{self, Dialect};

    use super::*;

    #[test]
    fn lists_are_written_by_options_and_redirections() {
        for (text, expected) in [
            ("poetry export -f requirements.txt --output list.txt --without-hashes", Some(("poetry.lock", "list.txt"))),
            ("poetry export --without-hashes > /tmp/r.txt", Some(("poetry.lock", "/tmp/r.txt"))),
            ("uv export --frozen --output-file=r.txt", Some(("uv.lock", "r.txt"))),
            ("uv export -o r.txt", Some(("uv.lock", "r.txt"))),
            ("pipenv requirements > r.txt", Some(("Pipfile.lock", "r.txt"))),
            ("pipenv requirements", None),
            ("poetry install", None),
        ] {
            let script = shell::parse(text, Dialect::Bash).unwrap();
            let mut found = None;
            script.walk(&mut |command| found = Invocation::of(command, text).and_then(|call| Export::of(&call)));
            let found = found.as_ref().map(|export| (export.lock, export.file.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
