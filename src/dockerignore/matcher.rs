//! The patterns of a file together: what they hide, and which of them decides.

use std::sync::Arc;

use crate::pattern::{BrokenPattern, Builder, Pattern};

/// All patterns of a file, in order.
#[derive(Clone, Debug)]
pub struct Matcher {
    patterns: Vec<Pattern>,
    builder: Builder,
    /// Whether how the exceptions begin tells what they can reach, so that other hidden folders need not be entered.
    exceptions_are_plain: bool,
    /// Whether some pattern lets a build fail that asks for it.
    has_broken: bool,
}

/// What is known of a folder when what lies in it is looked at.
#[derive(Clone, Debug, Default)]
pub struct FolderMatch {
    /// For each pattern, whether it matched the folder or one above; `None` for the root.
    matched: Option<Arc<[bool]>>,
}

/// What the patterns say of a path.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Whether the builder leaves it out.
    pub hidden: bool,
    /// The pattern that decided, by its index.
    pub by: Option<usize>,
    /// What has to be known for what lies in it.
    pub folder: FolderMatch,
}

impl Matcher {
    /// Puts patterns together.
    pub fn new(patterns: Vec<Pattern>, builder: Builder) -> Matcher {
        let exceptions_are_plain = patterns.iter().all(|pattern| !pattern.negated || pattern.literal_head().is_some());
        Matcher { exceptions_are_plain, has_broken: patterns.iter().any(Pattern::is_broken), builder, patterns }
    }

    /// The patterns, in order.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// What becomes of a path in a folder of which this is known. `path` counts from the context, without a slash in
    /// front or behind.
    pub fn look(&self, parent: &FolderMatch, path: &[u8]) -> Result<Verdict, BrokenPattern> {
        match self.builder {
            Builder::BuildKit => self.look_down(parent, path),
            Builder::Buildah => self.look_at(path),
        }
    }

    /// Whether a path that is no folder is hidden, in a folder of which this is known.
    pub fn hides(&self, parent: &FolderMatch, path: &[u8]) -> Result<bool, BrokenPattern> {
        let mut hidden = false;
        if self.builder == Builder::BuildKit {
            for (index, pattern) in self.patterns.iter().enumerate() {
                let known = parent.matched.as_ref().is_some_and(|known| known[index]);
                if pattern.negated == hidden && (known || pattern.matches(path)?) {
                    hidden = !pattern.negated;
                }
            }
            return Ok(hidden);
        }
        self.look_at(path).map(|verdict| verdict.hidden)
    }

    /// Whether the builder enters a hidden folder, because an exception could show something in it.
    pub fn enters_hidden(&self, path: &[u8]) -> bool {
        if self.builder == Builder::BuildKit && !self.exceptions_are_plain {
            return true;
        }
        self.patterns.iter().filter(|pattern| pattern.negated).any(|pattern| match self.builder {
            Builder::BuildKit => pattern.literal_head().is_some_and(|head| is_at_or_below(head, path)),
            // Wildcards reach nowhere, and what only begins like the folder counts too.
            Builder::Buildah => [trim_slashes(&pattern.cleaned), b"/"].concat().starts_with(path),
        })
    }

    /// What becomes of a path, by a walk down to it: a hidden folder that is not entered hides all that is in it.
    pub fn verdict(&self, path: &[u8]) -> Result<Verdict, BrokenPattern> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let mut parent = FolderMatch::default();
        for end in ends {
            let verdict = self.look(&parent, &path[..end])?;
            if verdict.hidden && !self.enters_hidden(&path[..end]) {
                return Ok(verdict);
            }
            parent = verdict.folder;
        }
        self.look(&parent, path)
    }

    /// As BuildKit walks: what matched a folder goes on to match in it, and a pattern that could change nothing is
    /// not asked, neither here nor for the folders above.
    fn look_down(&self, parent: &FolderMatch, path: &[u8]) -> Result<Verdict, BrokenPattern> {
        let mut verdict = Verdict::default();
        let mut matched = vec![false; self.patterns.len()];
        for (index, pattern) in self.patterns.iter().enumerate() {
            let is_match = parent.matched.as_ref().is_some_and(|known| known[index])
                || (pattern.negated == verdict.hidden && pattern.matches(path)?);
            if is_match {
                matched[index] = true;
                verdict.hidden = !pattern.negated;
                verdict.by = Some(index);
            }
        }
        verdict.folder.matched = (!matched.is_empty()).then(|| matched.into());
        Ok(verdict)
    }

    /// As buildah does it: every path on its own, and the last pattern that matches wins.
    fn look_at(&self, path: &[u8]) -> Result<Verdict, BrokenPattern> {
        if self.has_broken {
            return Err(BrokenPattern);
        }
        let by = self.patterns.iter().rposition(|pattern| pattern.matches(path) == Ok(true));
        let hidden = by.is_some_and(|by| !self.patterns[by].negated);
        Ok(Verdict { hidden, by, folder: FolderMatch::default() })
    }
}

fn is_at_or_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn trim_slashes(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    path.strip_suffix(b"/").unwrap_or(path)
}
