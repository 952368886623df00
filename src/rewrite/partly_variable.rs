//! A `FROM` with a variable in its tag: how another tag of the same image is written there.

use dopt_model::Base;
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile;

use crate::Subject;

/// The image of a `FROM` in which a variable stands for a part of the tag.
pub struct PartlyVariable {
    /// Where it stands.
    pub at: TextRange,
    /// How it is written: `node:${VERSION}`.
    pub written: String,
    /// What that is with the defaults of the variables: `node:20`.
    expanded: String,
}

impl PartlyVariable {
    /// Of the image that a stage starts from; `None` where it has no variable, or more than one.
    pub fn of(subject: &Subject<'_>, stage: usize) -> Option<PartlyVariable> {
        let stage = &subject.stages.all()[stage];
        let Base::Image(expanded) = &stage.base else { return None };
        let document = subject.document();
        let from = &document.instructions()[stage.from];
        let image = dockerfile::From::of(from, document.text())?.image;
        let written = image.of(from.logical.text(document.text()));
        let at = from.logical.in_file(image);
        let is_one = written.matches('$').count() == 1 && at.of(document.text()) == written;
        is_one.then(|| PartlyVariable { at, written: written.to_owned(), expanded: expanded.clone() })
    }

    /// How a reference is written with the variable; `None` where it differs in more than what stands behind it.
    pub fn written_as(&self, reference: &str) -> Option<String> {
        let start = self.written.find('$')?;
        let (head, rest) = self.written.split_at(start);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = match rest.strip_prefix("${") {
            Some(inside) => inside.find('}').filter(|end| inside[..*end].chars().all(is_name))? + 3,
            None => 1 + rest[1..].find(|c| !is_name(c)).unwrap_or(rest.len() - 1),
        };
        let (variable, tail) = rest.split_at(end);
        let value = self.expanded.strip_prefix(head)?.strip_suffix(tail)?;
        let is_tag = head.rsplit('/').next().is_some_and(|name| name.contains(':'));
        let behind = reference.strip_prefix(head)?.strip_prefix(value)?;
        let is_apart = variable.ends_with('}') || !behind.starts_with(is_name);
        (is_tag && is_apart && value.starts_with(|c: char| c.is_ascii_alphanumeric()))
            .then(|| format!("{head}{variable}{behind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_as(written: &str, expanded: &str, reference: &str) -> Option<String> {
        let (written, expanded) = (written.to_owned(), expanded.to_owned());
        PartlyVariable { at: TextRange::new(0, 0), written, expanded }.written_as(reference)
    }

    #[test]
    fn only_what_stands_behind_the_variable_may_differ() {
        let node = |reference| written_as("node:${V}", "node:20", reference);
        assert_eq!(node("node:20-slim").as_deref(), Some("node:${V}-slim"));
        assert_eq!(node("node:slim"), None);
        assert_eq!(node("debian:bookworm-slim"), None);
        let python = written_as("python:$V-bookworm", "python:3.12-bookworm", "python:3.12-slim-bookworm");
        assert_eq!(python.as_deref(), Some("python:$V-slim-bookworm"));
        assert_eq!(written_as("${NAME}:20", "node:20", "node:20-slim"), None);
        assert_eq!(written_as("node:${V:-20}", "node:20", "node:20-slim"), None);
    }
}
