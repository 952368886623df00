//! What steps delete again: to fetch it from the builder would fail.

use dopt_model::commands::paths::resolve;

/// The paths that steps delete, patterns as they are written, and the step of each.
#[derive(Clone, Default)]
pub(super) struct Removals(Vec<(String, usize)>);

impl Removals {
    /// Notes the operands of an `rm`.
    pub fn read<'w>(&mut self, words: impl IntoIterator<Item = &'w str>, folder: &str, step: usize) {
        let operands = words.into_iter().filter(|word| !word.starts_with('-'));
        self.0.extend(operands.map(|word| (resolve(folder, word), step)));
    }

    /// Notes that a step puts something there again.
    pub fn put_again(&mut self, path: &str) {
        self.0.retain(|(operand, _)| !takes(operand, path));
    }

    /// Whether what an instruction put at a path is gone behind the last step.
    pub fn take(&self, path: &str, put: usize) -> bool {
        self.0.iter().any(|(pattern, step)| *step >= put && takes(pattern, path))
    }
}

/// Whether what lies at a path was brought by the image or a package, and is read when they run: the second image has it,
/// too.
pub(super) fn is_of_system(path: &str) -> bool {
    const READ: &[&str] = &["/etc/", "/var/www", "/var/lib/", "/usr/share/nginx", "/usr/bin/", "/usr/sbin/", "/bin/"];
    const SPARE: &[&str] = &["/etc/apt/", "/var/lib/apt/", "/var/lib/dpkg/"];
    READ.iter().any(|start| path.starts_with(start)) && !SPARE.iter().any(|start| path.starts_with(start))
}

/// Whether a path goes with what an operand of `rm` names: the path, a folder that it lies in, or a pattern for either.
pub(super) fn takes(operand: &str, path: &str) -> bool {
    let parts =
        |text: &str| -> Vec<String> { text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect() };
    let (operand, path) = (parts(operand), parts(path));
    operand.len() <= path.len() && operand.iter().zip(&path).all(|(pattern, part)| fits(pattern, part))
}

/// Whether a pattern of the shell fits a name; sets of characters may fit anything.
fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    fits_from(pattern.as_bytes(), name.as_bytes())
}

fn fits_from(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| fits_from(rest, &name[at..])),
        ([b'?', rest @ ..], [_, name @ ..]) => fits_from(rest, name),
        ([b'[', ..], [_, ..]) => true,
        ([first, rest @ ..], [second, name @ ..]) => first == second && fits_from(rest, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_rm_take_what_lies_below_them() {
        for (operand, path, gone) in [
            ("/tmp/requirements.txt", "/tmp/requirements.txt", true),
            ("/tmp", "/tmp/requirements.txt", true),
            ("/tmp/*", "/tmp/requirements.txt", true),
            ("/tmp/*", "/tmp/.hidden", false),
            ("/tmp/*.txt", "/tmp/app.py", false),
            ("/app/src", "/app", false),
            ("/app/s?c", "/app/src/main.rs", true),
            ("/tmp/[ab]x", "/tmp/ax", true),
        ] {
            assert_eq!(takes(operand, path), gone, "{operand} {path}");
        }
        let mut removals = Removals::default();
        removals.read(["-rf", "src", "/tmp/*"], "/app", 4);
        assert!(removals.take("/app/src", 2) && removals.take("/tmp/x", 2));
        assert!(!removals.take("/app/src", 5), "it was put there again");
    }
}
