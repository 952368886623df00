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
        let Parts { head, variable, value, .. } = self.parts()?;
        let behind = reference.strip_prefix(head)?.strip_prefix(value)?;
        is_apart(variable, behind).then(|| format!("{head}{variable}{behind}"))
    }

    /// How the tag of another image is written that is that of the same version: `eclipse-temurin:17-jre` where the
    /// variable is the version of Java in `maven:3.9-eclipse-temurin-$JAVA`.
    pub fn written_of_version(&self, reference: &str) -> Option<String> {
        let Parts { variable, value, .. } = self.parts().filter(|parts| is_version(parts.value))?;
        let (name, tag) = reference.rsplit_once(':')?;
        let behind = tag.strip_prefix(value).filter(|behind| behind.is_empty() || behind.starts_with('-'))?;
        is_apart(variable, behind).then(|| format!("{name}:{variable}{behind}"))
    }

    /// What the tag says besides the variable, where that is a version and says nothing else.
    pub fn beside_version(&self) -> Option<&str> {
        self.parts().filter(|parts| is_version(parts.value)).map(|parts| parts.tail)
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let start = self.written.find('$')?;
        let (head, rest) = self.written.split_at(start);
        let end = match rest.strip_prefix("${") {
            Some(inside) => inside.find('}').filter(|end| inside[..*end].chars().all(is_of_name))? + 3,
            None => 1 + rest[1..].find(|c| !is_of_name(c)).unwrap_or(rest.len() - 1),
        };
        let (variable, tail) = rest.split_at(end);
        let value = self.expanded.strip_prefix(head)?.strip_suffix(tail)?;
        let is_tag = head.rsplit('/').next().is_some_and(|name| name.contains(':'));
        (is_tag && value.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(Parts {
            head,
            variable,
            value,
            tail,
        })
    }
}

/// `golang:`, `$VERSION`, `1.22`, `-bookworm`.
struct Parts<'v> {
    head: &'v str,
    variable: &'v str,
    value: &'v str,
    tail: &'v str,
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_apart(variable: &str, behind: &str) -> bool {
    variable.ends_with('}') || !behind.starts_with(is_of_name)
}

fn is_version(value: &str) -> bool {
    value.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
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

    #[test]
    fn a_version_is_told_from_what_stands_beside_it() {
        let of = |written: &str, expanded: &str| PartlyVariable {
            at: TextRange::new(0, 0),
            written: written.to_owned(),
            expanded: expanded.to_owned(),
        };
        let maven = of("maven:3.9-eclipse-temurin-$J", "maven:3.9-eclipse-temurin-17");
        assert_eq!(maven.written_of_version("eclipse-temurin:17-jre").as_deref(), Some("eclipse-temurin:$J-jre"));
        assert_eq!(maven.written_of_version("eclipse-temurin:21-jre"), None);
        assert_eq!(maven.written_of_version("eclipse-temurin:170-jre"), None);
        assert_eq!(of("golang:${V}-alpine", "golang:1.22-alpine").beside_version(), Some("-alpine"));
        assert_eq!(of("golang:${V}", "golang:1.22-alpine").beside_version(), None);
        assert_eq!(of("golang:${V}", "golang:latest").beside_version(), None);
    }
}
