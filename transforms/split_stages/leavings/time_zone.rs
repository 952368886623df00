//! The time zone that steps set for the whole system: a link among those of the distribution, and the file with its name.

use dopt_syntax::shell::SimpleCommand;

use super::Call;

/// The command to repeat; `None` where it sets no time zone, or one that is not known before the build.
pub(super) fn setting(call: &Call<'_>) -> Option<String> {
    let is_zone = |zone: &str| {
        !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte))
    };
    let operands: Vec<&str> = call.words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let command: &SimpleCommand = call.invocation.command;
    match (call.invocation.program(), &operands[..], &command.redirects[..]) {
        ("ln", [from, "/etc/localtime"], []) if from.strip_prefix("/usr/share/zoneinfo/").is_some_and(is_zone) => {
            Some(format!("ln -snf {from} /etc/localtime"))
        }
        ("echo", [zone], [into]) if is_zone(zone) => {
            let text = call.invocation.text;
            let is_name = into.operator.of(text) == ">" && into.target.range.of(text) == "/etc/timezone";
            is_name.then(|| format!("echo {zone} > /etc/timezone"))
        }
        _ => None,
    }
}
