//! A build context on disk: the Dockerfiles that are built with it, what lies in it, and what could be left out.

mod compose;
mod find;
mod links;
pub mod listing;
mod look;
mod platforms;
mod services;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dopt_dockerignore::{
    Amount, BrokenPattern, Builder, IgnoreFile, InvalidFile, Need, Plan, Proposal, Question, Rules, Steps, Unreadable,
    extended, groups, needs, propose, reached,
};
use dopt_model::Stages;
use dopt_syntax::Document;

use crate::failure::{Failure, plain};
use crate::write::Writer;

pub use find::{Found, Unit, shown, units};
pub use look::{Large, SecretFile};
pub use walk::{Trouble, bytes_of, on_disk, shown as path_text};

/// What is known of a context and one ignore file of it.
pub struct Assessment {
    /// The context and who is built with it.
    pub unit: Unit,
    /// The text of the ignore file; `None` where there is none.
    pub before: Option<String>,
    /// What the Dockerfiles take.
    pub needs: Vec<Need>,
    /// What is proposed.
    pub proposal: Proposal,
    /// What builders see today.
    pub seen: Amount,
    /// The file with the proposal; equal to the old text where there is none.
    pub after: String,
    /// Secrets that builders see, and whether the new file hides them.
    pub secrets: Vec<SecretFile>,
    /// The largest of what remains.
    pub large: Vec<Large>,
    /// Folders that could not be read.
    pub troubles: Vec<Trouble>,
    /// Whether old patterns mean different things to different builders here: the first path.
    pub disagreement: Option<String>,
}

/// Why nothing can be said of a context.
#[derive(Debug)]
pub enum Obstacle {
    /// It cannot be told what a Dockerfile takes.
    Needs(PathBuf, usize, String),
    /// A file cannot be read.
    Unreadable(PathBuf, String),
    /// No build works with the ignore file.
    Invalid(PathBuf, InvalidFile),
    /// A pattern of the ignore file lets builds fail.
    Broken(PathBuf),
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Obstacle::Needs(path, line, why) => {
                write!(f, "{}:{line}: {why}, so everything in the context may be needed", find::shown(path))
            }
            Obstacle::Unreadable(path, error) => write!(f, "{}: cannot be read: {error}", find::shown(path)),
            Obstacle::Invalid(path, error) => {
                write!(f, "{}: {error}; every build with it fails, so mend it first", find::shown(path))
            }
            Obstacle::Broken(path) => {
                write!(
                    f,
                    "{}: a class or an escape in it is one that no builder can read; mend it first",
                    find::shown(path)
                )
            }
        }
    }
}

/// Whether there is something in a folder that nobody is likely to need: a quick look, before its Dockerfiles are read.
pub fn has_junk(context: &Path) -> bool {
    let rules = Rules::new(&[], &[]);
    let text = fs::read(context.join(".dockerignore")).unwrap_or_default();
    let Ok(existing) = IgnoreFile::read(&text, Builder::BuildKit) else { return false };
    let (findings, _) = walk::survey(context, &Plan { existing: Some(&existing), needs: &[], rules: &rules });
    let rules_found = findings.hits.values().map(|hit| hit.rule).chain(findings.files.keys().copied());
    rules_found
        .into_iter()
        .any(|rule| rules.all[rule].is_safe() && !["docker", "compose"].contains(&rules.all[rule].kind().name))
}

/// Looks at a context and decides what could be left out of it.
pub fn assess(unit: Unit, unsafe_too: bool) -> Result<Assessment, Obstacle> {
    let before = read_optional(&unit.ignore)?;
    let read = |text: &str, builder| {
        IgnoreFile::read(text.as_bytes(), builder).map_err(|error| Obstacle::Invalid(unit.ignore.clone(), error))
    };
    let existing = before.as_deref().map(|text| read(text, Builder::BuildKit)).transpose()?;
    let (mut needs, steps) = read_users(&unit)?;
    links::follow(&unit.context, &mut needs);
    let rules = Rules::new(&unit.docker_paths(), &unit.compose_paths());
    let plan = Plan { existing: existing.as_ref(), needs: &needs, rules: &rules };
    let (mut findings, troubles) = walk::survey(&unit.context, &plan);
    findings.settle();
    if findings.broken {
        return Err(Obstacle::Broken(unit.ignore.clone()));
    }
    let links = links::targets(&unit.context, &findings.links);
    let evidence = look::evidence(&unit.context, &findings, &rules);
    let mut forbidden: Vec<String> = Vec::new();
    let old = before.clone().unwrap_or_default();
    let own = if before.is_none() { unit.ignore_path() } else { None };
    let (proposal, after) = loop {
        let question = Question {
            findings: &findings,
            rules: &rules,
            needs: &needs,
            steps: &steps,
            evidence: &evidence,
            links: &links,
            unsafe_too,
            own: own.as_deref(),
            forbidden: &forbidden,
        };
        let proposal = propose(&question);
        let after = extended(&old, &groups(&proposal.lines));
        match disproved(&unit.context, &old, &after, &proposal, &needs, &rules) {
            Ok(wrong) if wrong.is_empty() => break (proposal, after),
            Ok(wrong) => forbidden.extend(wrong),
            Err(BrokenPattern) => return Err(Obstacle::Broken(unit.ignore.clone())),
        }
    };
    let new_file = read(&after, Builder::BuildKit)?;
    let secrets = look::secrets(&unit.context, &findings, &needs, &new_file);
    let large = look::largest(&findings, &new_file);
    let disagreement = look::disagreement(&unit.context, &old);
    let seen = findings.before;
    Ok(Assessment { unit, before, needs, proposal, seen, after, secrets, large, troubles, disagreement })
}

impl Assessment {
    /// Writes the file, whole or not at all.
    pub fn write(&self, writer: &Writer) -> Result<(), Failure> {
        match &self.before {
            Some(before) => writer.replace(&self.unit.ignore, before, &self.after),
            None => writer.create(&self.unit.ignore, &self.after),
        }
    }

    /// Whether the file would change.
    pub fn changes(&self) -> bool {
        self.before.as_deref().unwrap_or_default() != self.after
    }
}

fn read_optional(path: &Path) -> Result<Option<String>, Obstacle> {
    let unreadable = |error: String| Obstacle::Unreadable(path.to_path_buf(), error);
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| unreadable("it is not UTF-8".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(plain(&error))),
    }
}

/// What all Dockerfiles of a unit take, and what their steps say.
fn read_users(unit: &Unit) -> Result<(Vec<Need>, Vec<Steps>), Obstacle> {
    let (mut all, mut steps) = (Vec::new(), Vec::new());
    for (index, user) in unit.users.iter().enumerate() {
        let text = match &user.inline {
            Some(text) => text.clone(),
            None => fs::read_to_string(&user.path)
                .map_err(|error| Obstacle::Unreadable(user.path.clone(), plain(&error)))?,
        };
        let document = Document::parse(text);
        let stages = Stages::of(&document);
        let obstacle = |found: Unreadable| Obstacle::Needs(user.path.clone(), found.line, found.why);
        all.extend(needs(&stages, index, user.context_name()).map_err(obstacle)?);
        steps.push(Steps::of(&stages));
    }
    Ok((all, steps))
}

/// The second walk, with the real text as each builder reads it: lines that hide more than the junk they are for.
fn disproved(
    context: &Path,
    old: &str,
    new: &str,
    proposal: &Proposal,
    needs: &[Need],
    rules: &Rules,
) -> Result<Vec<String>, BrokenPattern> {
    let mut wrong = Vec::new();
    if proposal.lines.is_empty() {
        return Ok(wrong);
    }
    // What is written means the same to both; what was there before may not.
    let builders =
        if old.trim().is_empty() { &[Builder::BuildKit][..] } else { &[Builder::BuildKit, Builder::Buildah] };
    for &builder in builders {
        let (Ok(before), Ok(after)) =
            (IgnoreFile::read(old.as_bytes(), builder), IgnoreFile::read(new.as_bytes(), builder))
        else {
            continue;
        };
        for hidden in walk::newly_hidden(context, &before, &after)? {
            let (named, _) = reached(needs, &hidden.path);
            if named.is_none() && hidden.is_junk(rules, context) {
                continue;
            }
            let by = after.matcher.verdict(&hidden.path)?.by;
            let line = by.and_then(|by| after.places.get(by)).map(|place| place.text.clone()).unwrap_or_default();
            if !wrong.contains(&line) {
                wrong.push(line);
            }
        }
    }
    Ok(wrong)
}
