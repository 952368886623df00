//! A walk through a context: what builders see of it, what of that is junk, and what there is to know besides.
//!
//! Whoever walks calls [`Survey::entry`] for each entry and walks into the folders that come back. Several threads
//! have a survey each; [`Findings::merge`] puts them together. What is kept grows with the folders.

use std::collections::HashMap;

use crate::file::IgnoreFile;
use crate::history;
use crate::matcher::FolderMatch;
use crate::needs::{Need, Reach};
use crate::pattern::BrokenPattern;
use crate::rules::{Kind, Rules, join};
use crate::secrets::{self, Secret};

/// No more suspects, build files and examples are kept.
const MOST_SUSPECTS: usize = 1_000;
const MOST_BUILD_FILES: usize = 20_000;
const MOST_EXAMPLES: usize = 64;
const MOST_LINKS: usize = 10_000;

/// What is known before the walk.
#[derive(Debug)]
pub struct Plan<'p> {
    /// The file that counts today.
    pub existing: Option<&'p IgnoreFile>,
    /// What Dockerfiles take.
    pub needs: &'p [Need],
    /// What may be junk.
    pub rules: &'p Rules,
}

/// A folder that is to be walked.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// From the context; empty for itself.
    pub path: Vec<u8>,
    known: FolderMatch,
    /// The junk around: what is safe to hide, and what is not.
    around: Around,
}

/// The places of junk that something lies in, by their indices in the findings of the survey that found them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Around {
    /// The outermost place that is safe to hide.
    pub safe: Option<u64>,
    /// The outermost that is not.
    pub risky: Option<u64>,
}

/// Bytes and files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// All that is no folder.
    pub files: u64,
    /// The bytes of regular files.
    pub bytes: u64,
}

impl Amount {
    /// Adds another.
    pub fn add(&mut self, other: Amount) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// A place with junk.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule, by its index.
    pub rule: usize,
    /// Its path.
    pub path: Vec<u8>,
    /// What is in it.
    pub amount: Amount,
    /// The source that says its name, by its index among the needs.
    pub named_by: Option<usize>,
    /// Whether some source takes it at all.
    pub is_taken: bool,
}

/// Files of one rule, which may be many.
#[derive(Clone, Debug, Default)]
pub struct FileHits {
    /// All of them.
    pub amount: Amount,
    /// The first few, each with the source that says its name.
    pub examples: Vec<(Vec<u8>, Option<usize>)>,
    /// The first that a source says the name of, with that source.
    pub named: Option<(Vec<u8>, usize)>,
    /// Whether some source takes one.
    pub is_taken: bool,
}

/// One folder that was walked, for the list of what is large.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its path.
    pub path: Vec<u8>,
    /// What lies in it itself and is seen.
    pub own: Amount,
    /// The largest file in it.
    pub largest: Option<(Vec<u8>, u64)>,
    /// Where it lies.
    pub around: Around,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What builders see today.
    pub before: Amount,
    /// The folders of junk, by their numbers.
    pub hits: HashMap<u64, Hit>,
    /// The files of junk, by rule and what they lie in.
    pub files: HashMap<usize, FileHits>,
    /// How much lies in which places of junk.
    pub inside: HashMap<Around, Amount>,
    /// The same for junk files, by rule.
    pub files_inside: HashMap<(usize, Around), Amount>,
    /// The folders.
    pub nodes: Vec<Node>,
    /// Files that may hold secrets.
    pub suspects: Vec<(Vec<u8>, Secret)>,
    /// Files that builds read.
    pub build_files: Vec<Vec<u8>>,
    /// Links that are no junk themselves: what they lead to is needed.
    pub links: Vec<Vec<u8>>,
    /// Whether there are more build files than anybody can look into.
    pub too_many_build_files: bool,
    /// A pattern stopped the walk: builds fail.
    pub broken: bool,
}

/// One thread's part of a walk.
#[derive(Debug)]
pub struct Survey<'p> {
    plan: &'p Plan<'p>,
    /// What this part found.
    pub found: Findings,
    next_hit: u64,
    step: u64,
}

impl<'p> Survey<'p> {
    /// The part of thread `number` out of `count`.
    pub fn new(plan: &'p Plan<'p>, number: u64, count: u64) -> Survey<'p> {
        Survey { plan, found: Findings::default(), next_hit: number, step: count }
    }

    /// Begins a folder.
    pub fn begin(&mut self, folder: &Folder) {
        let node = Node { path: folder.path.clone(), own: Amount::default(), largest: None, around: folder.around };
        self.found.nodes.push(node);
    }

    /// Takes an entry of the folder that was begun last, and returns it where it has to be walked.
    pub fn entry(
        &mut self,
        folder: &Folder,
        name: &[u8],
        kind: Kind,
        has_venv: impl FnMut() -> bool,
    ) -> Option<Folder> {
        let path = join(&folder.path, name);
        let (hidden, known) = match self.look(folder, &path, kind == Kind::Folder) {
            Ok(found) => found,
            Err(BrokenPattern) => {
                self.found.broken = true;
                return None;
            }
        };
        if hidden {
            let enters =
                kind == Kind::Folder && self.plan.existing.is_some_and(|file| file.matcher.enters_hidden(&path));
            return enters.then_some(Folder { path, known, around: folder.around });
        }
        let mut around = folder.around;
        let mut file_rules = [None; 2];
        if around.safe.is_none() {
            let (safe, risky) = self.plan.rules.of(&folder.path, name, kind, has_venv);
            if kind == Kind::Folder {
                if let Some(rule) = safe {
                    around.safe = Some(self.hit(rule, &path));
                }
                if let (Some(rule), None) = (risky, around.risky) {
                    around.risky = Some(self.hit(rule, &path));
                }
            } else {
                file_rules = [safe, risky.filter(|_| around.risky.is_none())];
            }
        }
        match kind {
            Kind::Folder => return Some(Folder { path, known, around }),
            Kind::File(bytes) => self.file(&path, name, bytes, around, file_rules),
            Kind::Link | Kind::Other => {
                if kind == Kind::Link && around.safe.is_none() && self.found.links.len() < MOST_LINKS {
                    self.found.links.push(path.clone());
                }
                self.file(&path, name, 0, around, file_rules);
            }
        }
        None
    }

    fn look(&self, folder: &Folder, path: &[u8], is_folder: bool) -> Result<(bool, FolderMatch), BrokenPattern> {
        self.plan.existing.map_or(Ok(Default::default()), |file| verdict(file, &folder.known, path, is_folder))
    }

    fn hit(&mut self, rule: usize, path: &[u8]) -> u64 {
        let number = self.next_hit;
        self.next_hit += self.step;
        let (named_by, is_taken) = reached(self.plan.needs, path);
        self.found
            .hits
            .insert(number, Hit { rule, path: path.to_vec(), amount: Amount::default(), named_by, is_taken });
        number
    }

    fn file(&mut self, path: &[u8], name: &[u8], bytes: u64, around: Around, rules: [Option<usize>; 2]) {
        let amount = Amount { files: 1, bytes };
        self.found.before.add(amount);
        if let Some(node) = self.found.nodes.last_mut() {
            node.own.add(amount);
            if node.largest.as_ref().is_none_or(|(_, largest)| bytes > *largest) {
                node.largest = Some((name.to_vec(), bytes));
            }
        }
        // Of two rules, the safe one counts.
        match rules.iter().flatten().next() {
            Some(&rule) => {
                self.found.files_inside.entry((rule, around)).or_default().add(amount);
            }
            None => self.found.inside.entry(around).or_default().add(amount),
        }
        for &rule in rules.iter().flatten() {
            let (named_by, is_taken) = reached(self.plan.needs, path);
            let hits = self.found.files.entry(rule).or_default();
            hits.amount.add(amount);
            hits.is_taken |= is_taken;
            if let (Some(need), None) = (named_by, &hits.named) {
                hits.named = Some((path.to_vec(), need));
            }
            if hits.examples.len() < MOST_EXAMPLES {
                hits.examples.push((path.to_vec(), named_by));
            }
        }
        if around.safe.is_none() {
            self.notice(path, name);
        }
    }

    /// Notes what has to be looked into.
    fn notice(&mut self, path: &[u8], name: &[u8]) {
        if let Some(secret) = secrets::suspect(path)
            && self.found.suspects.len() < MOST_SUSPECTS
        {
            self.found.suspects.push((path.to_vec(), secret));
        }
        if history::is_build_file(name) {
            if self.found.build_files.len() < MOST_BUILD_FILES {
                self.found.build_files.push(path.to_vec());
            } else {
                self.found.too_many_build_files = true;
            }
        }
    }
}

/// Whether a path is hidden, and for a folder what has to be known in it.
fn verdict(
    file: &IgnoreFile,
    parent: &FolderMatch,
    path: &[u8],
    is_folder: bool,
) -> Result<(bool, FolderMatch), BrokenPattern> {
    match is_folder {
        true => file.matcher.look(parent, path).map(|verdict| (verdict.hidden, verdict.folder)),
        false => file.matcher.hides(parent, path).map(|hidden| (hidden, FolderMatch::default())),
    }
}

/// The source that says a path's name, and whether any source takes it.
pub fn reached(needs: &[Need], path: &[u8]) -> (Option<usize>, bool) {
    let mut is_taken = false;
    for (index, need) in needs.iter().enumerate() {
        match need.reach(path) {
            Reach::Named => return (Some(index), true),
            Reach::Inside => is_taken = true,
            Reach::Apart => {}
        }
    }
    (None, is_taken)
}

impl Findings {
    /// Adds what another thread found.
    pub fn merge(&mut self, other: Findings) {
        self.before.add(other.before);
        self.hits.extend(other.hits);
        for (rule, theirs) in other.files {
            let ours = self.files.entry(rule).or_default();
            ours.amount.add(theirs.amount);
            ours.is_taken |= theirs.is_taken;
            ours.named = ours.named.take().or(theirs.named);
            ours.examples.extend(theirs.examples);
        }
        for (around, amount) in other.inside {
            self.inside.entry(around).or_default().add(amount);
        }
        for (key, amount) in other.files_inside {
            self.files_inside.entry(key).or_default().add(amount);
        }
        self.nodes.extend(other.nodes);
        self.suspects.extend(other.suspects);
        self.links.extend(other.links);
        self.build_files.extend(other.build_files);
        self.too_many_build_files |= other.too_many_build_files;
        self.broken |= other.broken;
    }

    /// Puts everything into an order that does not depend on threads, and adds up what lies in the places of junk.
    pub fn settle(&mut self) {
        for (around, amount) in &self.inside {
            for number in [around.safe, around.risky].into_iter().flatten() {
                if let Some(hit) = self.hits.get_mut(&number) {
                    hit.amount.add(*amount);
                }
            }
        }
        for ((_, around), amount) in &self.files_inside {
            for number in [around.safe, around.risky].into_iter().flatten() {
                if let Some(hit) = self.hits.get_mut(&number) {
                    hit.amount.add(*amount);
                }
            }
        }
        for hits in self.files.values_mut() {
            hits.examples.sort();
            hits.examples.truncate(MOST_EXAMPLES);
        }
        self.nodes.sort_by(|a, b| a.path.cmp(&b.path));
        self.suspects.sort();
        self.links.sort();
        self.build_files.sort();
    }
}

/// The second walk: what a new file hides that the old one shows.
#[derive(Debug)]
pub struct Proof<'p> {
    /// The old file.
    pub before: &'p IgnoreFile,
    /// The new one, read as the same builder does.
    pub after: &'p IgnoreFile,
    /// Whether what is shown from now on matters too.
    pub reports_shown: bool,
}

/// A folder of the second walk.
#[derive(Clone, Debug, Default)]
pub struct ProofFolder {
    /// From the context; empty for itself.
    pub path: Vec<u8>,
    before: FolderMatch,
    after: FolderMatch,
}

/// What becomes of an entry of the second walk.
#[derive(Debug)]
pub enum Step {
    /// Nothing to look at.
    Pass,
    /// A folder to walk.
    Walk(ProofFolder),
    /// It is hidden from now on.
    NewlyHidden(Vec<u8>),
    /// It is shown from now on, if that matters.
    NewlyShown(Vec<u8>),
}

impl Proof<'_> {
    /// Looks at an entry. An error means that builds fail.
    pub fn entry(&self, folder: &ProofFolder, name: &[u8], is_folder: bool) -> Result<Step, BrokenPattern> {
        let path = join(&folder.path, name);
        let (before_hidden, before) = verdict(self.before, &folder.before, &path, is_folder)?;
        let (after_hidden, after) = verdict(self.after, &folder.after, &path, is_folder)?;
        if after_hidden && !before_hidden {
            return Ok(Step::NewlyHidden(path));
        }
        if before_hidden && !after_hidden && self.reports_shown {
            return Ok(Step::NewlyShown(path));
        }
        let enters = |file: &IgnoreFile| file.matcher.enters_hidden(&path);
        let walks = !before_hidden || enters(self.before);
        Ok(if is_folder && walks { Step::Walk(ProofFolder { path, before, after }) } else { Step::Pass })
    }
}
