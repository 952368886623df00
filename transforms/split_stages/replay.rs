//! Commands that configure what the base image has: where both stages start from the same image, the second one repeats them.

use dopt_model::commands::Invocation;
use dopt_syntax::shell::SimpleCommand;

use super::carry::is_below;

/// A command of the first stage that the second one repeats.
pub(super) struct Replay {
    /// As it is written.
    pub text: String,
    /// The paths that it changes; none where it only switches something on that the image has.
    pub paths: Vec<String>,
}

/// Programs that switch modules and sites of Apache on and off.
const SWITCHES: &[&str] = &["a2enmod", "a2dismod", "a2ensite", "a2dissite", "a2enconf", "a2disconf"];

/// Options of sed with a script behind them; without one, the first operand is it.
const SED_SCRIPTS: &[&str] = &["-e", "--expression", "-ie", "-rie"];

/// Where images of PHP keep what configures them, and how files name that.
const ROOTS: &[(&str, &str)] = &[
    ("/etc/apache2", "/etc/apache2"),
    ("/usr/local/etc", "/usr/local/etc"),
    ("${PHP_INI_DIR}", "/usr/local/etc/php"),
    ("$PHP_INI_DIR", "/usr/local/etc/php"),
    ("${APACHE_CONFDIR}", "/etc/apache2"),
    ("$APACHE_CONFDIR", "/etc/apache2"),
];

impl Replay {
    /// Reads a command; `None` where it is none that can be repeated.
    pub fn of(command: &SimpleCommand, text: &str) -> Option<Replay> {
        let call = Invocation::of(command, text).filter(|call| call.sudo.is_none())?;
        let written = command.range.of(text);
        if written.contains(['\n', '`'])
            || written.contains("$(")
            || command.redirects.iter().any(|found| found.body.is_some())
        {
            return None;
        }
        let words: Vec<&str> =
            call.arguments().iter().map(|word| word.range.of(text).trim_matches(['"', '\''])).collect();
        let is_sed = call.program() == "sed";
        let has_scripts = is_sed && words.iter().any(|word| SED_SCRIPTS.contains(word));
        let is_script = |at: usize| is_sed && at > 0 && SED_SCRIPTS.contains(&words[at - 1]);
        let operands = words.iter().enumerate().filter(|(at, word)| !word.starts_with('-') && !is_script(*at));
        let operands: Vec<&str> = operands.map(|(_, word)| *word).collect();
        let in_place = |word: &&str| {
            word.starts_with("--in-place") || !word.starts_with("--") && word.starts_with('-') && word.contains('i')
        };
        let operands = match call.program() {
            program if SWITCHES.contains(&program) => &[][..],
            "echo" | "printf" if !command.redirects.is_empty() => &[][..],
            "sed" if words.iter().any(in_place) => {
                if has_scripts {
                    &operands[..]
                } else {
                    operands.get(1..)?
                }
            }
            "mv" | "cp" | "ln" | "touch" => &operands[..],
            _ => return None,
        };
        let targets = command.redirects.iter().map(|found| found.target.range.of(text).trim_matches(['"', '\'']));
        let paths: Vec<String> = operands.iter().copied().chain(targets).map(configured).collect::<Option<_>>()?;
        let is_switch = SWITCHES.contains(&call.program());
        (is_switch || !paths.is_empty()).then(|| Replay { text: written.to_owned(), paths })
    }

    /// Whether all that it changes lies in a folder that is carried over, so that it is done already; `None` where a part does.
    pub fn is_carried(&self, carried: &[String]) -> Option<bool> {
        let inside = |path: &&String| carried.iter().any(|folder| path == &folder || is_below(path, folder));
        match self.paths.iter().filter(inside).count() {
            0 => Some(false),
            some if some == self.paths.len() => Some(true),
            _ => None,
        }
    }
}

/// The absolute path of a word that lies where the image is configured.
fn configured(word: &str) -> Option<String> {
    let (root, folder) = ROOTS.iter().find(|(root, _)| word.starts_with(root))?;
    let rest = &word[root.len()..];
    (rest.starts_with('/') && !rest.contains("..") && !rest.contains('$')).then(|| format!("{folder}{rest}"))
}
