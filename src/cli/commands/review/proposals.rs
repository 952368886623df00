//! The proposals of one file: which is next, what was answered, and the text that the answers make.
//!
//! Fixes stand on each other: what one transform writes, the next one reads. So nothing is taken out of a finished
//! rewrite. After each answer the file is rewritten anew, with what was taken and without what was refused, and the
//! next question is about a fix of that rewrite. Each step of it is checked as ever.

use std::cell::RefCell;
use std::collections::HashMap;

use dopt_rewrite::{Bug, Choice, Fix, Judge, Offer, Options, Rewrite, Safety, Transform, rewrite_as};
use dopt_syntax::TextRange;
use sha2::{Digest, Sha256};

/// A fix that nobody has decided on.
pub struct Proposal {
    /// Whose it is.
    pub transform: &'static Transform,
    /// What is done.
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// Its place in the text that the review of the file began with.
    pub at: TextRange,
    /// The text with what was taken before.
    pub before: String,
    /// The same with this fix.
    pub after: String,
    /// The number of parts that it can be split into; 0 where it is one.
    pub parts: usize,
    /// Its number, from 1.
    pub number: usize,
    /// How many there are, as far as can be told now.
    pub of: usize,
    id: Id,
    places: Vec<TextRange>,
}

impl Proposal {
    /// Whether it is another one, for a text in which what follows stands so many bytes later.
    pub fn is(&self, other: &Proposal, shift: usize) -> bool {
        self.id.content == other.id.content && self.id.start == other.id.start + shift
    }
}

/// What is said to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Take,
    /// No.
    Leave,
    /// Ask about its parts.
    Split,
}

/// What was said to proposals that nobody has seen yet.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// To all of a rule.
    pub rules: HashMap<&'static str, Verdict>,
    /// To all; yes to safe ones only.
    pub all: Option<Verdict>,
    /// Whether all is split that can be.
    pub split: bool,
}

impl Standing {
    /// No fix that is not safe is taken without having been shown.
    fn verdict(&self, offer: &Offer<'_>) -> Option<Verdict> {
        let said = self.rules.get(offer.transform.name).copied().or(self.all)?;
        let allowed = said != Verdict::Take || offer.fix.safety == Safety::Safe;
        allowed.then_some(said)
    }
}

/// One fix among those of a file: what it writes, and where in the original text it begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Id {
    content: String,
    start: usize,
}

#[derive(Clone)]
struct Answered {
    id: Id,
    rule: &'static str,
    places: Vec<TextRange>,
    verdict: Verdict,
}

/// A file under review.
#[derive(Clone)]
pub struct Proposals {
    /// The text that proposals are made for: the file with the comments and edits of the review.
    base: String,
    answers: Vec<Answered>,
    /// What was refused in an earlier review, by content; each as often as it stands here.
    remembered: Vec<String>,
}

/// What a review of a file came to.
pub struct Outcome {
    /// The new text.
    pub text: String,
    /// How many fixes are in it.
    pub taken: usize,
    /// By content, what was refused and would be proposed for the new text.
    pub refused: Vec<String>,
    /// How many are left that nobody has decided on, as far as can be told now.
    pub open: usize,
}

impl Proposals {
    /// Nothing is answered yet, but what an earlier review has refused.
    pub fn new(text: &str, remembered: Vec<String>) -> Proposals {
        Proposals { base: text.to_owned(), answers: Vec::new(), remembered }
    }

    /// The text that proposals are made for.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The first proposal that nobody has decided on.
    pub fn next(&self, options: &Options<'_>, standing: &Standing) -> Result<Option<Proposal>, Bug> {
        let clerk = Clerk::new(self, standing, Choice::Take);
        rewrite_as(&self.base, options, &clerk)?;
        let open = clerk.open.take();
        let said = |answer: &&Answered| answer.verdict != Verdict::Split;
        let decided = self.answers.iter().filter(said).count();
        Ok(clerk.first.take().map(|first| Proposal { number: decided + 1, of: decided + open, ..first }))
    }

    /// Notes what was said.
    pub fn answer(&mut self, proposal: &Proposal, verdict: Verdict) {
        let (id, places) = (proposal.id.clone(), proposal.places.clone());
        self.answers.push(Answered { id, rule: proposal.transform.name, places, verdict });
    }

    /// The text with what was taken, and nothing else.
    pub fn finish(&self, options: &Options<'_>, standing: &Standing) -> Result<Outcome, Bug> {
        let clerk = Clerk::new(self, standing, Choice::Leave(None));
        let rewrite = rewrite_as(&self.base, options, &clerk)?;
        let refused = clerk.refused_at_end(&rewrite);
        let preview = Clerk::new(self, standing, Choice::Take);
        rewrite_as(&self.base, options, &preview)?;
        let (taken, open) = (rewrite.changes.len(), preview.open.take());
        Ok(Outcome { text: rewrite.after, taken, refused, open })
    }

    /// Puts a line in front of the one with an offset of the base text. What was answered stays answered.
    /// The number of bytes by which everything from there on has moved.
    pub fn insert_line(&mut self, offset: usize, line: &str) -> usize {
        let start = self.base[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let inserted = format!("{line}{}", if self.base.contains("\r\n") { "\r\n" } else { "\n" });
        self.base.insert_str(start, &inserted);
        let moved = |at: usize| if at >= start { at + inserted.len() } else { at };
        for answer in &mut self.answers {
            answer.id.start = moved(answer.id.start);
            for place in &mut answer.places {
                *place = TextRange::new(moved(place.start()), moved(place.end()));
            }
        }
        inserted.len()
    }

    /// Goes on with another text, into which what was taken has gone. What was refused stays refused.
    pub fn replace(&mut self, text: String) {
        let base = std::mem::replace(&mut self.base, text);
        let answers = self.answers.drain(..).filter(|answer| answer.verdict == Verdict::Leave);
        self.remembered.extend(answers.map(|answer| answer.id.to_remember(line_at(&base, answer.id.start))));
    }
}

/// Answers the rewriter as the user did.
struct Clerk<'p> {
    proposals: &'p Proposals,
    standing: &'p Standing,
    /// The answer where the user has given none.
    otherwise: Choice,
    /// Which fixes those are that an earlier review has refused.
    recalled: RefCell<HashMap<String, Vec<usize>>>,
    first: RefCell<Option<Proposal>>,
    open: RefCell<usize>,
    /// The last text that something was refused in, and what.
    refused: RefCell<(String, HashMap<Id, String>)>,
}

/// What is known of an offer.
#[derive(PartialEq)]
enum Known {
    Said(Verdict),
    Open,
}

impl<'p> Clerk<'p> {
    fn new(proposals: &'p Proposals, standing: &'p Standing, otherwise: Choice) -> Clerk<'p> {
        let (recalled, first, open, refused) = Default::default();
        Clerk { proposals, standing, otherwise, recalled, first, open, refused }
    }

    fn known(&self, offer: &Offer<'_>, id: &Id) -> Known {
        let answers = &self.proposals.answers;
        if let Some(answer) = answers.iter().rfind(|answer| answer.id == *id) {
            return Known::Said(answer.verdict);
        }
        // What was refused as a part is refused where the rest of it is proposed again.
        let places = offer.places();
        let same = |answer: &&Answered| {
            let of_a_part = || answer.places.len() == 1 && places.iter().any(|place| answer.places.contains(place));
            answer.rule == offer.transform.name && answer.verdict == Verdict::Leave && of_a_part() && !places.is_empty()
        };
        let was_split = || answers.iter().any(|answer| answer.verdict == Verdict::Split);
        if was_split() && answers.iter().any(|answer| same(&answer)) {
            return Known::Said(Verdict::Leave);
        }
        if self.recalls(id) {
            return Known::Said(Verdict::Leave);
        }
        if self.standing.split && offer.fix.effects.len() == 1 && !offer.parts().is_empty() {
            return Known::Said(Verdict::Split);
        }
        self.standing.verdict(offer).map_or(Known::Open, Known::Said)
    }

    /// Whether an earlier review has refused it: the first fixes of the same content are those.
    fn recalls(&self, id: &Id) -> bool {
        let proposals = self.proposals;
        if proposals.remembered.is_empty() {
            return false;
        }
        let kept = id.to_remember(line_at(&proposals.base, id.start));
        let most = proposals.remembered.iter().filter(|found| **found == kept).count();
        if most == 0 {
            return false;
        }
        let mut recalled = self.recalled.borrow_mut();
        let starts = recalled.entry(kept).or_default();
        if !starts.contains(&id.start) && starts.len() < most {
            starts.push(id.start);
        }
        starts.contains(&id.start)
    }

    fn refused_at_end(&self, rewrite: &Rewrite) -> Vec<String> {
        let refused = self.refused.borrow();
        let mut contents: Vec<String> = match refused.0 == rewrite.after {
            true => refused.1.values().cloned().collect(),
            false => Vec::new(),
        };
        contents.sort();
        contents
    }
}

impl Judge for Clerk<'_> {
    fn choose(&self, offer: &Offer<'_>) -> Choice {
        let id = Id::of(offer);
        match self.known(offer, &id) {
            Known::Said(Verdict::Take) => Choice::Take,
            Known::Said(Verdict::Split) => Choice::Split,
            Known::Said(Verdict::Leave) => {
                let mut refused = self.refused.borrow_mut();
                if refused.0 != offer.document().text() {
                    *refused = (offer.document().text().to_owned(), HashMap::new());
                }
                let place = offer.fix.edits.first().map_or(offer.fix.at, |edit| edit.range);
                let kept = id.to_remember(line_at(offer.document().text(), place.start()));
                refused.1.insert(id, kept);
                Choice::Leave(None)
            }
            Known::Open => self.otherwise.clone(),
        }
    }

    fn applied(&self, offer: &Offer<'_>) {
        let id = Id::of(offer);
        if self.known(offer, &id) != Known::Open {
            return;
        }
        *self.open.borrow_mut() += 1;
        if self.first.borrow().is_some() {
            return;
        }
        let Fix { title, safety, .. } = offer.fix;
        *self.first.borrow_mut() = Some(Proposal {
            transform: offer.transform,
            title: title.clone().into_owned(),
            safety: *safety,
            at: offer.at,
            before: offer.document().text().to_owned(),
            after: offer.after(),
            parts: offer.parts().len(),
            number: 0,
            of: 0,
            id,
            places: offer.places(),
        });
    }
}

impl Id {
    fn of(offer: &Offer<'_>) -> Id {
        let text = offer.document().text();
        let edits = offer.fix.edits.iter().flat_map(|edit| [edit.range.of(text), edit.replacement.as_str()]);
        let content = digest([offer.transform.name].into_iter().chain(edits));
        let start = offer.places().first().map_or(offer.at.start(), |place| place.start());
        Id { content, start }
    }
    /// What an earlier review leaves behind for it: what it writes, and the line that it begins on.
    fn to_remember(&self, line: &str) -> String {
        digest([self.content.as_str(), line])
    }
}

fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line_at(text: &str, offset: usize) -> &str {
    let (before, behind) = text.split_at(offset.min(text.len()));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = behind.find('\n').map_or(text.len(), |newline| before.len() + newline);
    &text[start..end]
}
