//! The loop: transforms are asked in order about one reading; what may be applied together is, and is read again and
//! checked, until nothing moves.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use dopt_model::{Layout, Scripts, Stages};
use dopt_syntax::{Document, TextRange};

use crate::applied::{Step, apply, edits_of};
use crate::bigrams::Bigrams;
use crate::choose::{Choice, Judge, Offer, Without};
use crate::suppress::Suppressions;
use crate::{
    Bug, Change, Fix, Options, Refusal, Refused, Rejected, Rewrite, Safety, Subject, Transform, Why, conserves,
};

/// Rewrites one Dockerfile. A [`Bug`] means that a transform misbehaved: the file has to stay as it was.
pub fn rewrite(text: &str, options: &Options<'_>) -> Result<Rewrite, Bug> {
    rewrite_without(text, options, &[])
}

/// Rewrites one Dockerfile, and leaves the places of some fixes alone.
pub fn rewrite_without(text: &str, options: &Options<'_>, rejected: &[Rejected]) -> Result<Rewrite, Bug> {
    rewrite_as(text, options, &Without(rejected))
}

/// Rewrites one Dockerfile with those fixes only that somebody chooses. What is chosen is checked as if there were
/// nothing else: each step conserves what the file did.
pub fn rewrite_as(text: &str, options: &Options<'_>, judge: &dyn Judge) -> Result<Rewrite, Bug> {
    let document = Document::parse(text);
    if !document.problems().is_empty() {
        return Ok(Rewrite { problems: document.problems().to_vec(), ..untouched(text) });
    }
    let mut progress = Progress {
        original: text,
        judge,
        newlines: OnceCell::new(),
        bigrams: Bigrams::of(text),
        history: Vec::new(),
        changes: Vec::new(),
        seen: HashMap::new(),
        rules: Vec::new(),
    };
    progress.seen.insert(hash(document.text()), 0);
    let scripts = Scripts::unread(&document);
    let layout = Stages::with_scripts(&document, scripts.clone()).layout();
    let mut reading = Reading { document, scripts, layout };
    let mut answers: Vec<Answer> = options.transforms.iter().map(|_| Answer::default()).collect();
    let mut last = options.unsafe_fixes;
    loop {
        let (quiet, suppressions) = progress.pass(&mut reading, options, last, &mut answers)?;
        if quiet && last {
            // What is never asked about a text is not kept from it either; a comment for it counts elsewhere.
            for transform in options.transforms.iter().filter(|transform| transform.triggers.is_empty()) {
                suppressions.covers(transform, 0);
            }
            return Ok(progress.finish(&reading.document, suppressions, answers));
        }
        last |= quiet;
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn untouched(text: &str) -> Rewrite {
    Rewrite {
        after: text.to_owned(),
        changes: Vec::new(),
        hidden: Vec::new(),
        refusals: Vec::new(),
        problems: Vec::new(),
        unused_suppressions: Vec::new(),
    }
}

/// The text so far, and what was read of it.
pub(crate) struct Reading {
    document: Document,
    scripts: Scripts,
    layout: Layout,
}

/// How the text so far came about.
struct Progress<'t> {
    original: &'t str,
    /// Who says which fixes are applied.
    judge: &'t dyn Judge,
    /// Where the lines of the original text end.
    newlines: OnceCell<Vec<usize>>,
    /// Of the text so far and its earlier versions.
    bigrams: Bigrams,
    /// The steps so far, in order.
    history: Vec<Step>,
    changes: Vec<Change>,
    /// How many transforms had changed the text when it had this hash.
    seen: HashMap<u64, usize>,
    /// The transforms that changed the text, in order.
    rules: Vec<&'static str>,
}

/// What a transform said when it was asked last, and left alone.
#[derive(Default)]
struct Answer {
    /// How many changes there were before it was asked; `None` where it was not asked so far.
    asked: Option<usize>,
    /// Whether the text, or an earlier one, has one of its words.
    triggered: bool,
    hidden: Vec<Change>,
    refusals: Vec<Refused>,
}

impl Progress<'_> {
    /// Asks, in order, every transform that was not asked about the present text; says whether none of them changed
    /// it, and gives the suppress comments of the text at the end.
    fn pass(
        &mut self,
        reading: &mut Reading,
        options: &Options<'_>,
        last: bool,
        answers: &mut [Answer],
    ) -> Result<(bool, Suppressions), Bug> {
        let mut quiet = true;
        let mut from = 0;
        loop {
            let suppressions = match options.inline_ignores {
                true => Suppressions::of(&reading.document),
                false => Suppressions::default(),
            };
            let stages = Stages::of_layout(&reading.document, reading.layout.clone(), reading.scripts.clone());
            let asking = Asking { stages: &stages, suppressions: &suppressions, options, last };
            let Some((changed, next)) = self.next_change(&asking, from, answers)? else {
                return Ok((quiet, suppressions));
            };
            // Where a fix had to wait for others, its transform is asked again before those behind it.
            from = changed.waiting.unwrap_or(changed.rules[changed.rules.len() - 1] + 1);
            self.rules.extend(changed.rules.into_iter().map(|at| options.transforms[at].name));
            quiet = false;
            *reading = next;
            if let Some(since) = self.seen.insert(hash(reading.document.text()), self.rules.len()) {
                return Err(Bug::Circle { rules: self.rules[since..].to_vec() });
            }
        }
    }

    /// Asks transforms in order until one changes the text, and those that may change it together with that one:
    /// which ones, and the new text.
    fn next_change(
        &mut self,
        asking: &Asking<'_>,
        from: usize,
        answers: &mut [Answer],
    ) -> Result<Option<(Batch, Reading)>, Bug> {
        let document = asking.stages.document();
        let mut batch = Batch::default();
        for (at, transform) in asking.options.transforms.iter().copied().enumerate().skip(from) {
            if transform.never_safe && !asking.last {
                continue;
            }
            if !batch.rules.is_empty() && !transform.joint {
                break;
            }
            let version = Some(self.history.len());
            // Which comments are needed shows only where all are asked.
            if answers[at].asked == version && asking.suppressions.is_empty() {
                continue;
            }
            let triggers = transform.triggers.iter().copied();
            let triggers: Vec<_> = triggers.filter(|word| self.bigrams.may_have(word)).collect();
            let triggered = answers[at].triggered || triggers.iter().any(|word| document.text().contains(word));
            answers[at] = Answer { asked: version, triggered, ..Answer::default() };
            if triggered {
                let fixes = self.propose(transform, triggers, asking, &mut answers[at]);
                batch.add(at, fixes, document);
                if !batch.rules.is_empty() && !transform.joint {
                    break;
                }
            }
        }
        if batch.rules.is_empty() {
            return Ok(None);
        }
        let name = |at: usize| asking.options.transforms[at];
        let (batch, next) = match apply_and_check(name(batch.rules[0]), asking.stages, &batch.fixes()) {
            Ok(next) => (batch, next),
            // Whose mistake it is shows where each is alone.
            Err(_) if batch.rules.len() > 1 => {
                let first = batch.only_first();
                let next = apply_and_check(name(first.rules[0]), asking.stages, &first.fixes())?;
                (first, next)
            }
            Err(bug) => return Err(bug),
        };
        let in_original = |range| self.in_original(range);
        for (at, fix) in &batch.fixes {
            self.judge.applied(&Offer::new(name(*at), fix, asking.stages, &in_original));
        }
        let changes: Vec<Change> = batch.fixes.iter().map(|(at, fix)| self.change(name(*at), fix)).collect();
        self.changes.extend(changes);
        let step = Step::of(&edits_of(&batch.fixes()));
        for (start, length, _) in &step.edits {
            let text = next.document.text().as_bytes();
            self.bigrams.add(&text[start.saturating_sub(1)..text.len().min(start + length + 1)]);
        }
        self.history.push(step);
        Ok(Some((batch, next)))
    }

    /// The fixes of one transform that are to be applied together.
    fn propose(
        &self,
        transform: &'static Transform,
        triggers: Vec<&'static str>,
        asking: &Asking<'_>,
        answer: &mut Answer,
    ) -> Vec<Fix> {
        let Asking { stages, suppressions, options, .. } = *asking;
        let (settings, facts) = (&options.settings, options.facts);
        let subject =
            Subject { stages, settings, facts, suppressions, transform, triggers, file_style: OnceCell::new() };
        let document = stages.document();
        let mut fixes = Vec::new();
        for proposal in (transform.propose)(&subject) {
            match proposal {
                Ok(fix) if touches_suppressed(&fix, &subject) => {
                    let refusal = Refusal::new(fix.at, Why::SuppressedByComment);
                    answer.refusals.push(self.refused(transform, refusal, document));
                }
                Ok(fix) => match fix.safety {
                    Safety::Safe => self.choose(transform, fix, stages, &mut fixes, answer),
                    Safety::Unsafe { .. } if options.unsafe_fixes => {
                        self.choose(transform, fix, stages, &mut fixes, answer);
                    }
                    _ => answer.hidden.push(self.change(transform, &fix)),
                },
                Err(refusal) => answer.refusals.push(self.refused(transform, refusal, document)),
            }
        }
        disjoint(fixes)
    }

    /// Keeps a fix, or those of its parts, that are wanted.
    fn choose(
        &self,
        transform: &'static Transform,
        fix: Fix,
        stages: &Stages<'_>,
        fixes: &mut Vec<Fix>,
        answer: &mut Answer,
    ) {
        let in_original = |range| self.in_original(range);
        let judged = |fix: &Fix| self.judge.choose(&Offer::new(transform, fix, stages, &in_original));
        let parts = match judged(&fix) {
            Choice::Split => Offer::new(transform, &fix, stages, &in_original).parts(),
            choice => return self.keep(choice, transform, fix, stages, fixes, answer),
        };
        let whole = parts.is_empty().then_some(fix);
        for part in parts.into_iter().chain(whole) {
            self.keep(judged(&part), transform, part, stages, fixes, answer);
        }
    }

    fn keep(
        &self,
        choice: Choice,
        transform: &'static Transform,
        fix: Fix,
        stages: &Stages<'_>,
        fixes: &mut Vec<Fix>,
        answer: &mut Answer,
    ) {
        match choice {
            Choice::Take | Choice::Split => fixes.push(fix),
            Choice::Leave(None) => {}
            Choice::Leave(Some(why)) => {
                let refusal = Refusal::new(fix.at, why);
                answer.refusals.push(self.refused(transform, refusal, stages.document()));
            }
        }
    }

    fn change(&self, transform: &Transform, fix: &Fix) -> Change {
        Change {
            rule: transform.name,
            title: fix.title.clone().into_owned(),
            safety: fix.safety,
            at: self.in_original(fix.at),
        }
    }

    fn refused(&self, transform: &Transform, refusal: Refusal, document: &Document) -> Refused {
        let mut why = refusal.why;
        if let (Some(line), false) = (why.line(), self.history.is_empty()) {
            // The lines in reasons are those on which instructions start.
            let instructions = document.instructions();
            let named = instructions.partition_point(|found| found.first_line < *line);
            let start = instructions.get(named).map_or(0, |found| found.range.start());
            let start = self.in_original(TextRange::empty(start)).start();
            let newlines = self.newlines.get_or_init(|| self.original.match_indices('\n').map(|(at, _)| at).collect());
            *line = newlines.partition_point(|newline| *newline < start) + 1;
        }
        Refused { rule: transform.name, at: self.in_original(refusal.at), why }
    }

    /// Leads a range of the present text back to the original one.
    fn in_original(&self, range: TextRange) -> TextRange {
        let back = |at: usize| self.history.iter().rev().fold(at, |at, step| step.before(at));
        let start = back(range.start());
        TextRange::new(start, back(range.end()).max(start))
    }

    fn finish(mut self, document: &Document, suppressions: Suppressions, answers: Vec<Answer>) -> Rewrite {
        let (mut hidden, mut refusals) = (Vec::new(), Vec::new());
        for answer in answers {
            hidden.extend(answer.hidden);
            refusals.extend(answer.refusals);
        }
        self.changes.sort_by_key(|change| change.at);
        hidden.sort_by_key(|change: &Change| change.at);
        refusals.sort_by_key(|refused: &Refused| refused.at);
        Rewrite {
            after: document.text().to_owned(),
            changes: self.changes,
            hidden,
            refusals,
            problems: Vec::new(),
            unused_suppressions: suppressions.unused(),
        }
    }
}

/// What is the same for all transforms that are asked about one text.
struct Asking<'a> {
    /// Whether those are asked too whose fixes are not applied.
    last: bool,
    stages: &'a Stages<'a>,
    suppressions: &'a Suppressions,
    options: &'a Options<'a>,
}

/// Fixes of several transforms that touch no instruction twice.
#[derive(Default)]
struct Batch {
    /// The transforms, in order.
    rules: Vec<usize>,
    /// Each fix with its transform.
    fixes: Vec<(usize, Fix)>,
    touched: HashSet<usize>,
    /// The first transform with a fix that was not taken.
    waiting: Option<usize>,
}

impl Batch {
    /// Takes those fixes that touch nothing that was touched before; the others have their turn in the next pass.
    fn add(&mut self, rule: usize, fixes: Vec<Fix>, document: &Document) {
        let free = |fix: &Fix| touched(fix, document).all(|instruction| !self.touched.contains(&instruction));
        let all = fixes.len();
        let fixes: Vec<Fix> = fixes.into_iter().filter(free).collect();
        if fixes.len() < all {
            self.waiting.get_or_insert(rule);
        }
        if !fixes.is_empty() {
            self.rules.push(rule);
            self.touched.extend(fixes.iter().flat_map(|fix| touched(fix, document)));
            self.fixes.extend(fixes.into_iter().map(|fix| (rule, fix)));
        }
    }

    fn only_first(mut self) -> Batch {
        self.waiting = self.rules.get(1).copied();
        self.rules.truncate(1);
        self.fixes.retain(|(rule, _)| *rule == self.rules[0]);
        self
    }

    fn fixes(&self) -> Vec<&Fix> {
        self.fixes.iter().map(|(_, fix)| fix).collect()
    }
}

/// The instructions that the edits of a fix touch.
fn touched<'f>(fix: &'f Fix, document: &'f Document) -> impl Iterator<Item = usize> + 'f {
    let instructions = document.instructions();
    fix.edits.iter().flat_map(move |edit| {
        let first = instructions.partition_point(|found| found.range.end < edit.range.start);
        let touched = instructions[first..].iter().take_while(|found| found.range.start <= edit.range.end);
        first..first + touched.count()
    })
}

fn touches_suppressed(fix: &Fix, subject: &Subject<'_>) -> bool {
    touched(fix, subject.document()).any(|instruction| subject.is_suppressed(instruction))
}

/// The fixes that do not touch each other, the earlier ones first; the others have their turn in the next pass.
fn disjoint(mut fixes: Vec<Fix>) -> Vec<Fix> {
    let first = |fix: &Fix| fix.edits.first().map(|edit| edit.range);
    fixes.sort_by_key(first);
    let mut end = None;
    fixes.retain(|fix| {
        let free = first(fix).is_some_and(|range| end.is_none_or(|end| range.start > end));
        if free {
            end = fix.edits.last().map(|edit| edit.range.end);
        }
        free
    });
    fixes
}

pub(crate) fn apply_and_check(transform: &Transform, before: &Stages<'_>, fixes: &[&Fix]) -> Result<Reading, Bug> {
    let document = Document::parse(apply(before.document().text(), &edits_of(fixes)));
    if let Some(problem) = document.problems().first() {
        return Err(Bug::NewProblem { rule: transform.name, problem: problem.kind.message() });
    }
    let effects: Vec<_> = fixes.iter().flat_map(|fix| fix.effects.clone()).collect();
    let scripts = before.scripts().carried_over(before.document(), &document);
    let after = Stages::with_scripts(&document, scripts.clone());
    conserves(before, &after, &effects).map_err(|violation| Bug::NotConserved { rule: transform.name, violation })?;
    let layout = after.layout();
    Ok(Reading { document, scripts, layout })
}
