//! pip: finding it behind its many names, and what switches its cache off.

use dopt_syntax::TextRange;

use super::Invocation;

/// Options of pip whose value is a word of its own.
pub const VALUE_OPTIONS: &[&str] = &[
    "-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-i", "--index-url",
    "--pypi-url", "--extra-index-url", "-f", "--find-links", "--platform", "--python-version", "--implementation",
    "--abi", "--root", "--prefix", "-b", "--build", "--src", "--upgrade-strategy", "--install-option",
    "--global-option", "--config-settings", "-C", "--no-binary", "--only-binary", "--progress-bar", "--report",
    "--group", "--log", "--log-file", "--local-log", "--proxy", "--retries", "--timeout", "--default-timeout",
    "--exists-action", "--trusted-host", "--cert", "--client-cert", "--cache-dir", "--use-feature", "--use-deprecated",
    "--keyring-provider", "--python", "--root-user-action", "--requirements-from-script", "-w", "--wheel-dir",
];

/// What a call of pip does, as far as its cache is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pip {
    /// `install`, the word at this place.
    Install(TextRange),
    /// Another subcommand, or none.
    Other,
    /// A word in front of the subcommand is not known before the build.
    Unreadable,
}

/// Reads a call of pip, also as `python -m pip`; `None` for every other program.
pub fn read(invocation: &Invocation<'_>) -> Option<Pip> {
    let first = first_argument(invocation)?;
    Some(match invocation.operands(first, VALUE_OPTIONS).next() {
        Some((_, None)) => Pip::Unreadable,
        Some((at, Some(name))) if name == "install" => Pip::Install(invocation.command.words[at].range),
        _ => Pip::Other,
    })
}

/// Whether one of the words says where the cache is, or that there is none.
pub fn says_cache(invocation: &Invocation<'_>) -> bool {
    invocation.arguments().iter().any(|word| {
        let source = word.range.of(invocation.text);
        source.starts_with("--no-cache") || source.starts_with("--cache-dir")
    })
}

/// The index of the word behind `pip` or behind `python … -m pip`.
fn first_argument(invocation: &Invocation<'_>) -> Option<usize> {
    let program = invocation.program();
    if is_versioned(program, "pip") {
        return Some(invocation.program_at + 1);
    }
    if !["python", "pypy"].iter().any(|name| is_versioned(program, name)) {
        return None;
    }
    let mut words = invocation.command.words.iter().enumerate().skip(invocation.program_at + 1);
    while let Some((_, word)) = words.next() {
        match word.literal(invocation.text)?.as_ref() {
            "-m" => {
                let (at, module) = words.next()?;
                return (module.literal(invocation.text)? == "pip").then_some(at + 1);
            }
            "-W" | "-X" => {
                words.next();
            }
            option if option.starts_with('-') && !option.contains('c') => {}
            _ => return None,
        }
    }
    None
}

/// Whether `program` is `name` with a version such as `3` or `3.11`, or none.
fn is_versioned(program: &str, name: &str) -> bool {
    program.strip_prefix(name).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}
