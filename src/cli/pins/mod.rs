//! Digests for the files of one run: what the lockfile has, and what registries say to the rest, each asked once.
//!
//! The lockfile lies beside the `dopt.toml` that counts; where there is none, at the root of the repository; where
//! there is none either, in the current folder.

mod args;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use dopt_model::{Facts, ImageFact, ImageName, ImageVersion, NoAnswer, Question, Unanswered};
use dopt_registry::{Answer, Lock, Locked, Registry, Settings};

pub use args::{LookupArgs, PinArgs, PinChoice};

use crate::config::Choices;
use crate::streams::Streams;
use crate::tally::count;

/// The name of the file. Where it lies, the configuration says.
pub const LOCKFILE: &str = "dopt.lock";

/// The lockfiles and the registries of one run.
pub struct Pins {
    now: SystemTime,
    scopes: BTreeMap<PathBuf, Scope>,
    networks: Vec<Network>,
}

/// What counts for the files of one lockfile.
struct Scope {
    choices: Arc<Choices>,
    lock: Lock,
    /// What this run looked up.
    fresh: Lock,
    facts: Arc<Facts>,
    open: BTreeSet<Question>,
    known: usize,
    /// Whether the lockfile cannot be used, which was told.
    is_broken: bool,
}

/// Registries as one configuration describes them, and what they said.
struct Network {
    settings: Settings,
    registry: Registry,
    answers: HashMap<Question, Answer>,
}

impl Pins {
    /// Nothing is known yet.
    pub fn new() -> Pins {
        Pins { now: SystemTime::now(), scopes: BTreeMap::new(), networks: Vec::new() }
    }

    /// The facts for the files of a lockfile.
    pub fn facts(&self, lockfile: &Path) -> Option<Arc<Facts>> {
        self.scopes.get(lockfile).map(|scope| Arc::clone(&scope.facts))
    }

    /// Notes what has to be looked up; whether there is anything. The error is a sentence about the lockfile.
    pub fn ask<'q>(
        &mut self,
        lockfile: &Path,
        choices: &Arc<Choices>,
        questions: impl Iterator<Item = &'q Question>,
    ) -> Result<bool, String> {
        if !self.scopes.contains_key(lockfile) {
            let lock = Lock::load(lockfile);
            let scope = Scope {
                choices: Arc::clone(choices),
                lock: lock.clone().unwrap_or_default(),
                fresh: Lock::default(),
                facts: Arc::default(),
                open: BTreeSet::new(),
                known: 0,
                is_broken: lock.is_err(),
            };
            self.scopes.insert(lockfile.to_path_buf(), scope);
            lock.map_err(|error| format!("{}: {error}", shown(lockfile)))?;
        }
        let Some(scope) = self.scopes.get_mut(lockfile).filter(|scope| !scope.is_broken) else { return Ok(false) };
        let open: Vec<Question> = questions.filter(|question| !scope.facts.answers(question)).cloned().collect();
        let has_some = !open.is_empty();
        scope.open.extend(open);
        Ok(has_some)
    }

    /// Answers everything that was noted. The error is a sentence about the configuration of a network.
    pub fn answer(&mut self, streams: &Streams) -> Result<(), String> {
        for scope in self.scopes.values_mut() {
            let open = std::mem::take(&mut scope.open);
            // Who wants the platforms too has the answer for both.
            let is_contained = |question: &Question| match question {
                Question::Image(name) => open.contains(&Question::Platforms(name.clone())),
                Question::Locked(name) => {
                    open.contains(&Question::Image(name.clone())) || open.contains(&Question::Platforms(name.clone()))
                }
                Question::Platforms(_) => false,
            };
            let mut to_ask = Vec::new();
            for question in open.iter().filter(|question| !is_contained(question)) {
                match scope.without_registry(question, self.now) {
                    Some(answer) => {
                        scope.known += usize::from(answer.is_ok());
                        scope.take_known(question, answer, self.now);
                    }
                    None => to_ask.push(question.clone()),
                }
            }
            if to_ask.is_empty() {
                continue;
            }
            let Some(choices) = &scope.choices.pins else { continue };
            let network = network(&mut self.networks, &choices.network)?;
            let asked: Vec<Question> = to_ask.iter().map(|question| scope.worded(question)).collect();
            network.look_up(&asked, streams);
            for (question, asked) in to_ask.iter().zip(&asked) {
                scope.take(question, network.answers[asked].clone(), self.now);
            }
        }
        Ok(())
    }

    /// Writes what was looked up into the lockfiles.
    pub fn store(&mut self, streams: &mut Streams) -> Result<(), String> {
        for (path, scope) in self.scopes.iter().filter(|(_, scope)| scope.fresh.len() > 0) {
            scope.fresh.store(path).map_err(|error| format!("{}: {error}", shown(path)))?;
            if !streams.quiet() {
                let what = count(scope.fresh.len(), "image");
                streams.note(format_args!("{}: {what} looked up", shown(path)));
            }
        }
        Ok(())
    }

    /// Tells how much of it the lockfiles had.
    pub fn tell(&self, streams: &mut Streams) {
        for (path, scope) in &self.scopes {
            let (known, fresh) = (count(scope.known, "image"), scope.fresh.len());
            streams.note(format_args!("{}: {known} known, {fresh} looked up", shown(path)));
        }
    }
}

impl Scope {
    /// What needs no registry: what the lockfile has, and everything where no registry may be asked.
    fn without_registry(&self, question: &Question, now: SystemTime) -> Option<Answer> {
        let name = question.name();
        let is_offline = self.choices.pins.as_ref().is_some_and(|pins| pins.offline);
        let not_locked = |what: String| Some(Err(Unanswered { kind: NoAnswer::NotLocked, message: what }));
        match (self.locked(name), question) {
            (Some(locked), Question::Platforms(_)) if locked.platforms.is_none() && is_offline => not_locked(format!(
                "{LOCKFILE} does not say for which platforms {name} is, and no registry may be asked"
            )),
            (Some(locked), Question::Platforms(_)) if locked.platforms.is_none() => None,
            (Some(locked), _) => Some(Ok(locked.fact(now))),
            (None, Question::Locked(_)) => not_locked(format!("{LOCKFILE} does not have {name}")),
            (None, _) if is_offline => {
                not_locked(format!("{LOCKFILE} does not have {name}, and no registry may be asked"))
            }
            (None, _) => None,
        }
    }

    /// What counts of the lockfile: all but what is to be looked up anew.
    fn locked(&self, name: &ImageName) -> Option<&Locked> {
        let is_updated = self.choices.updates(name);
        self.fresh.get(name).or_else(|| self.lock.get(name).filter(|_| !is_updated))
    }

    /// A question as it is asked: about the digest that the lockfile has, where only the platforms are not known.
    fn worded(&self, question: &Question) -> Question {
        match (question, self.locked(question.name())) {
            (Question::Platforms(name), Some(locked)) => {
                Question::Platforms(name.with_version(ImageVersion::Digest(locked.digest.clone())))
            }
            _ => question.clone(),
        }
    }

    /// Takes in what needed no registry. Where only the platforms are not known, the digest still is.
    fn take_known(&mut self, question: &Question, answer: Answer, now: SystemTime) {
        let name = question.name();
        match (answer, self.locked(name).map(|locked| locked.fact(now)), question) {
            (Err(why), Some(fact), Question::Platforms(_)) => {
                let facts = Arc::make_mut(&mut self.facts);
                facts.insert(name.clone(), Ok(fact));
                facts.insert_without_platforms(name.clone(), why);
            }
            (answer, ..) => Arc::make_mut(&mut self.facts).insert(name.clone(), answer),
        }
    }

    /// Takes in what a registry said, for the lockfile too.
    fn take(&mut self, question: &Question, answer: Answer, now: SystemTime) {
        let name = question.name();
        let (Ok(fact), ImageVersion::Tag(_)) = (&answer, &name.version) else {
            return self.take_known(question, answer, now);
        };
        // What was locked keeps its digest and its time; only the platforms were asked for.
        let locked = match self.locked(name) {
            Some(before) => Locked { platforms: Locked::of(fact, now).platforms, ..before.clone() },
            None => Locked::of(fact, now),
        };
        // From now on, the files name that version.
        if let Some(version) = &locked.version {
            let tagged = name.with_version(ImageVersion::Tag(version.clone()));
            self.fresh.insert(tagged, Locked { version: None, ..locked.clone() });
        }
        let ImageFact { version, age, .. } = locked.fact(now);
        Arc::make_mut(&mut self.facts).insert(name.clone(), Ok(ImageFact { version, age, ..fact.clone() }));
        self.fresh.insert(name.clone(), locked);
    }
}

impl Network {
    fn look_up(&mut self, questions: &[Question], streams: &Streams) {
        let new: Vec<Question> =
            questions.iter().filter(|question| !self.answers.contains_key(question)).cloned().collect();
        let progress = streams.progress();
        let done = |done: usize| progress.show(&format!("looking up images: {done} of {}", new.len()));
        let answers = self.registry.answer(&new, &done);
        progress.clear();
        self.answers.extend(new.into_iter().zip(answers));
    }
}

fn network<'n>(networks: &'n mut Vec<Network>, settings: &Settings) -> Result<&'n mut Network, String> {
    let at = match networks.iter().position(|network| network.settings == *settings) {
        Some(at) => at,
        None => {
            let registry = Registry::new(settings.clone())?;
            networks.push(Network { settings: settings.clone(), registry, answers: HashMap::new() });
            networks.len() - 1
        }
    };
    Ok(&mut networks[at])
}

/// The path as seen from the current folder, where it lies below it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
