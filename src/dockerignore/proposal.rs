//! Which lines are worth writing: those for junk that is there and that nothing needs, each decision with its reason.

use std::collections::BTreeMap;

use crate::evidence::Evidence;
use crate::file::{Group, escaped};
use crate::history;
use crate::junk::{CATALOG, Depth, Proof};
use crate::needs::Need;
use crate::rules::{Rule, Rules};
use crate::steps::Steps;
use crate::survey::{Amount, Findings, Hit, reached};

/// No more lines are written for what lies at single places.
const MOST_PLACES: usize = 24;

/// What is to be decided on.
#[derive(Debug)]
pub struct Question<'q> {
    /// What lies in the context.
    pub findings: &'q Findings,
    /// The rules of the walk.
    pub rules: &'q Rules,
    /// What Dockerfiles take.
    pub needs: &'q [Need],
    /// What their steps say, by the index of the Dockerfile.
    pub steps: &'q [Steps],
    /// What the build files say.
    pub evidence: &'q Evidence,
    /// Where the links of the context lead, each with its own path.
    pub links: &'q [Link],
    /// Whether what needs leave is hidden too.
    pub unsafe_too: bool,
    /// The path of the file itself from the context, where it is not there yet.
    pub own: Option<&'q [u8]>,
    /// Lines that a proof found to hide too much.
    pub forbidden: &'q [String],
}

/// A link, and what it leads to in the context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Its path.
    pub path: Vec<u8>,
    /// What it leads to, from the context.
    pub target: Vec<u8>,
}

/// The answer.
#[derive(Debug, Default)]
pub struct Proposal {
    /// What is to be written.
    pub lines: Vec<Line>,
    /// What could be hidden, if the caveat is no matter.
    pub suggestions: Vec<Line>,
    /// What stays, and why.
    pub left: Vec<Left>,
    /// What builders see of the context with these lines.
    pub after: Amount,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The kind of junk, by its index in the catalogue.
    pub junk: usize,
    /// The pattern.
    pub pattern: String,
    /// What it hides.
    pub amount: Amount,
    /// Whether some source takes something of it.
    pub is_taken: bool,
}

impl Line {
    /// Whether builds are better off with it, and not only tidier: it is no file that describes them.
    pub fn is_worth_it(&self) -> bool {
        self.is_taken && !["docker", "compose"].contains(&CATALOG[self.junk].name)
    }
}

/// Junk that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it is.
    pub pattern: String,
    /// What is in it.
    pub amount: Amount,
    /// Why it stays.
    pub why: Reason,
}

/// Why something stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A source says its name, or that of something in it: the need, by its index.
    Named(usize),
    /// A link leads there: its path.
    Linked(Vec<u8>),
    /// A step speaks of it: the Dockerfile, the line and the word.
    Mentioned(usize, usize, String),
    /// A file that steers builds speaks of it.
    InBuildFile(String, String),
    /// Go writes the revision into programs: the Dockerfile and the line.
    GoStamp(usize, usize),
    /// Not every file that could steer the build was read.
    Incomplete(String),
    /// The proof found that the line hides something else too.
    HidesMore,
}

/// Decides on everything that was found.
pub fn propose(question: &Question<'_>) -> Proposal {
    let mut decider =
        Decider { question, proposal: Proposal::default(), accepted: BTreeMap::new(), hidden: Vec::new() };
    for index in 0..question.rules.all.len() {
        decider.rule(index);
    }
    decider.finish()
}

/// The groups of lines as they are written.
pub fn groups(lines: &[Line]) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    for (junk, kind) in CATALOG.iter().enumerate() {
        let own = lines.iter().filter(|line| line.junk == junk).map(|line| line.pattern.clone());
        found.push(Group { comment: kind.comment.to_owned(), patterns: own.collect() });
    }
    found.retain(|group| !group.patterns.is_empty());
    found
}

struct Decider<'q> {
    question: &'q Question<'q>,
    proposal: Proposal,
    /// Rules whose files are hidden.
    accepted: BTreeMap<usize, ()>,
    /// Places that are hidden.
    hidden: Vec<u64>,
}

impl<'q> Decider<'q> {
    fn rule(&mut self, index: usize) {
        let question = self.question;
        let rule = &question.rules.all[index];
        let mut hits: Vec<(u64, &Hit)> = self.places(index);
        hits.sort_by(|a, b| a.1.path.cmp(&b.1.path));
        let files = question.findings.files.get(&index);
        let mut amount = files.map(|files| files.amount).unwrap_or_default();
        hits.iter().for_each(|(_, hit)| amount.add(hit.amount));
        if hits.is_empty() && files.is_none_or(|files| files.amount.files == 0) {
            return;
        }
        let is_taken = hits.iter().any(|(_, hit)| hit.is_taken) || files.is_some_and(|files| files.is_taken);
        if let Some(why) = self.objection(rule, is_taken) {
            return self.leave(rule.line.clone(), amount, why);
        }
        let numbers: Vec<u64> = hits.iter().map(|(number, _)| *number).collect();
        let named = self.named(rule, &hits, index);
        let unproven =
            rule.kind().proof == Proof::InstalledBehind && !hits.iter().all(|(_, hit)| self.is_reinstalled(hit));
        if let Some(link) = self.link(rule, &hits) {
            return self.leave(rule.line.clone(), amount, Reason::Linked(link.path.clone()));
        }
        let hides_more = question.forbidden.contains(&rule.line);
        if named.is_none() && !unproven && !hides_more {
            let is_hidden = self.accept(rule, rule.line.clone(), amount, is_taken);
            if is_hidden {
                self.hidden.extend(numbers);
                self.accepted.insert(index, ());
            }
            return;
        }
        let why = named.map(Reason::Named).or(hides_more.then_some(Reason::HidesMore));
        self.single_places(rule, &hits, named, why);
    }

    /// A link that leads to what the line would hide; an install brings back what it leads to in packages.
    fn link(&self, rule: &Rule, hits: &[(u64, &Hit)]) -> Option<&'q Link> {
        if rule.name == "node_modules" {
            return None;
        }
        self.question.links.iter().find(|link| {
            let name = link.target.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let is_inside = |path: &[u8]| {
                link.target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
            };
            let is_file = self
                .question
                .findings
                .files
                .values()
                .any(|files| files.examples.iter().any(|(path, _)| is_inside(path)));
            hits.iter().any(|(_, hit)| is_inside(&hit.path)) || (is_file && rule.has_name(name))
        })
    }

    /// The places of a rule; for what was installed on this machine, those that are not hidden already.
    fn places(&self, index: usize) -> Vec<(u64, &'q Hit)> {
        let question = self.question;
        let kind = question.rules.all[index].kind();
        let is_second_choice = kind.name == "host-node_modules";
        let is_own = |hit: &Hit| match is_second_choice {
            true => question.rules.all[hit.rule].name == "node_modules",
            false => hit.rule == index,
        };
        let hits = question.findings.hits.iter().filter(|(_, hit)| is_own(hit));
        let free = hits.filter(|(number, hit)| {
            !is_second_choice || (!self.hidden.contains(number) && question.rules.all[hit.rule].is_safe())
        });
        free.map(|(number, hit)| (*number, hit)).collect()
    }

    /// Places one by one, where not all of them can be hidden.
    fn single_places(&mut self, rule: &Rule, hits: &[(u64, &Hit)], named: Option<usize>, mut why: Option<Reason>) {
        let mut rest = Amount::default();
        let mut written = 0;
        for (number, hit) in hits {
            let is_proven = rule.kind().proof != Proof::InstalledBehind || self.is_reinstalled(hit);
            let is_named_anywhere =
                named.is_some_and(|need| self.question.needs[need].names(|name| rule.has_name(name), false));
            let pattern = escaped(&hit.path);
            let is_free = hit.named_by.is_none() && !is_named_anywhere && !self.question.forbidden.contains(&pattern);
            if is_free && is_proven && written < MOST_PLACES {
                written += 1;
                if self.accept(rule, pattern, hit.amount, hit.is_taken) {
                    self.hidden.push(*number);
                }
            } else {
                why = hit.named_by.map(Reason::Named).or(why);
                rest.add(hit.amount);
            }
        }
        // What is only not proven comes up again as a suggestion.
        if let Some(why) = why {
            self.leave(rule.line.clone(), rest, why);
        }
    }

    /// The source that says the name of something that the line would hide, now or later.
    fn named(&self, rule: &Rule, hits: &[(u64, &Hit)], index: usize) -> Option<usize> {
        let files = self.question.findings.files.get(&index).and_then(|files| files.named.as_ref());
        let now = hits.iter().find_map(|(_, hit)| hit.named_by).or(files.map(|(_, need)| *need));
        let is_root = rule.depth == Depth::Root;
        let is_it = |need: &&Need| rule.parent.is_none() && need.names(|name| rule.has_name(name), is_root);
        now.or_else(|| self.question.needs.iter().position(|need| is_it(&need)))
    }

    /// Whether the line is written; otherwise it becomes a suggestion.
    fn accept(&mut self, rule: &Rule, pattern: String, amount: Amount, is_taken: bool) -> bool {
        let line = Line { junk: rule.junk, pattern, amount, is_taken };
        let is_written = rule.is_safe() || self.question.unsafe_too;
        if is_written {
            self.proposal.lines.push(line)
        } else {
            self.proposal.suggestions.push(line)
        }
        is_written
    }

    fn leave(&mut self, pattern: String, amount: Amount, why: Reason) {
        self.proposal.left.push(Left { pattern, amount, why });
    }

    /// What speaks against a rule as a whole.
    fn objection(&self, rule: &Rule, is_taken: bool) -> Option<Reason> {
        // What no source takes, no step can see.
        if !is_taken {
            return None;
        }
        let Question { steps, evidence, .. } = self.question;
        let word = rule.name.trim_start_matches('*');
        let is_wild = word.len() != rule.name.len();
        let mentioned = || {
            let found = steps.iter().enumerate().find_map(|(file, steps)| Some((file, steps.mention(word)?)));
            found.filter(|_| !is_wild).map(|(file, line)| Reason::Mentioned(file, line, word.to_owned()))
        };
        let in_build = || evidence.mention(word).map(|path| Reason::InBuildFile(path.to_owned(), word.to_owned()));
        let incomplete = || evidence.incomplete.clone().map(Reason::Incomplete);
        match rule.kind().proof {
            Proof::NotMentioned => mentioned(),
            Proof::NotMentionedInBuild => mentioned().or_else(in_build).or_else(incomplete),
            Proof::HistoryUnread => mentioned().or_else(|| self.history_reader()).or_else(incomplete),
            Proof::InstalledBehind | Proof::None => None,
        }
    }

    fn history_reader(&self) -> Option<Reason> {
        let Question { steps, evidence, .. } = self.question;
        for (file, steps) in steps.iter().enumerate() {
            if let Some((line, words)) = steps.first(history::reader_in) {
                return Some(Reason::Mentioned(file, line, words));
            }
            if let Some((line, _)) = steps.first(history::go_stamp_in) {
                return Some(Reason::GoStamp(file, line));
            }
        }
        evidence.history.clone().map(|(path, words)| Reason::InBuildFile(path, words))
    }

    /// Whether behind every copy that brings the folder, an install makes it anew before anything can look into it.
    fn is_reinstalled(&self, hit: &Hit) -> bool {
        let question = self.question;
        let folder = match hit.path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => &hit.path[..at],
            None => &[][..],
        };
        let above = |root: &[u8]| {
            root != folder && (root.is_empty() || folder.strip_prefix(root).is_some_and(|rest| rest.starts_with(b"/")))
        };
        let roots = question.evidence.workspaces.iter().map(Vec::as_slice).filter(|root| above(root));
        let places: Vec<&[u8]> = roots.chain([folder]).collect();
        let mut taking = question.needs.iter().filter(|need| need.reach(&hit.path) == crate::needs::Reach::Inside);
        taking.all(|need| {
            let installs = |place: &&[u8]| {
                let in_image = need.folder_in_image(place)?;
                Some(question.steps[need.file].installs_behind(need.target.as_ref()?, &in_image))
            };
            places.iter().any(|place| installs(place) == Some(true))
        })
    }

    /// A new file is one more thing that describes the build.
    fn hide_the_new_file(&mut self) {
        let Some(own) = self.question.own.filter(|_| !self.proposal.lines.is_empty()) else { return };
        let (named, is_taken) = reached(self.question.needs, own);
        let rule =
            self.question.rules.all.iter().find(|rule| rule.kind().name == "docker" && rule.line == escaped(own));
        let Some(rule) = rule.filter(|rule| named.is_none() && self.objection(rule, is_taken).is_none()) else {
            return;
        };
        let (junk, pattern) = (rule.junk, rule.line.clone());
        self.proposal.lines.insert(0, Line { junk, pattern, amount: Amount::default(), is_taken });
    }

    fn finish(mut self) -> Proposal {
        self.hide_the_new_file();
        let findings = self.question.findings;
        let mut after = findings.before;
        let is_hidden = |number: Option<u64>| number.is_some_and(|number| self.hidden.contains(&number));
        let gone = |amount: &Amount, after: &mut Amount| {
            after.files -= amount.files;
            after.bytes -= amount.bytes;
        };
        for (around, amount) in &findings.inside {
            if is_hidden(around.safe) || is_hidden(around.risky) {
                gone(amount, &mut after);
            }
        }
        for ((rule, around), amount) in &findings.files_inside {
            if self.accepted.contains_key(rule) || is_hidden(around.safe) || is_hidden(around.risky) {
                gone(amount, &mut after);
            }
        }
        self.proposal.after = after;
        self.proposal
    }
}
