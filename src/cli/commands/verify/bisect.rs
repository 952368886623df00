//! Which fixes are guilty, where the image that they make together is not the same.

use dopt_rewrite::{Options, Rejected, Rewrite, rewrite_without};

use super::trial::Trial;
use super::verdict::{Original, Verdict};
use super::{Applied, Stop, examine};
use crate::exit::Exit;

/// So many fixes are looked for one after the other; a file with more is left as it is.
const MOST: usize = 32;

/// What is left of a rewrite.
pub struct Passed {
    /// With nothing in it but fixes that passed.
    pub rewrite: Rewrite,
    /// What they are worth; `None` where none is left.
    pub verdict: Option<Verdict>,
    /// Those that did not pass.
    pub guilty: Vec<Guilty>,
}

/// A fix that did not pass.
#[derive(Clone, Debug)]
pub struct Guilty {
    /// Which one.
    pub fix: Rejected,
    /// What was wrong with it: the end of the log, or what differs.
    pub why: String,
}

impl Guilty {
    /// Where a log says what was wrong, or what differs at last: what the smoke command did.
    pub fn last_line(&self) -> &str {
        last_line(&self.why)
    }
}

fn last_line(text: &str) -> &str {
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default()
}

/// Whether all fixes of a rewrite pass together; nothing where a stage is not split, or split as it was before (`tried`).
pub fn passes(
    trial: &mut Trial<'_>,
    text: &str,
    original: &Original,
    options: &Options<'_>,
    tried: &mut String,
) -> Result<Option<Passed>, Stop> {
    let rewrite = rewritten(text, options, &[])?;
    let is_split = rewrite.changes.iter().any(|change| change.rule == "split-stages");
    if !is_split || rewrite.after == *tried {
        return Ok(None);
    }
    tried.clone_from(&rewrite.after);
    let base = format!("{:?}", options.settings.split).to_lowercase();
    trial.note(&format!("trying what is split on the base `{base}`"));
    let verdict = examine(trial, original, &rewrite.after, Applied::of(&rewrite))?;
    if !verdict.is_good() {
        trial.note(&format!("`{base}` does not pass: {}", last_line(&verdict.reasons().join("\n"))));
        return Ok(None);
    }
    Ok(Some(Passed { rewrite, verdict: Some(verdict), guilty: Vec::new() }))
}

/// Builds until the fixes that are left make the same image.
pub fn search(trial: &mut Trial<'_>, text: &str, original: &Original, options: &Options<'_>) -> Result<Passed, Stop> {
    let mut guilty: Vec<Guilty> = Vec::new();
    for _ in 0..MOST {
        let rejected: Vec<Rejected> = guilty.iter().map(|guilty| guilty.fix).collect();
        let rewrite = rewritten(text, options, &rejected)?;
        if rewrite.changes.is_empty() {
            return Ok(Passed { rewrite, verdict: None, guilty });
        }
        let verdict = examine(trial, original, &rewrite.after, Applied::of(&rewrite))?;
        if verdict.is_good() {
            return Ok(Passed { rewrite, verdict: Some(verdict), guilty });
        }
        let found = first_guilty(trial, text, original, options, &rejected, &rewrite, verdict)?;
        trial.note(&format!("{} is left out: with it, the image is not the same", found.fix.rule));
        guilty.push(found);
    }
    Err(Stop::new(Exit::Failed, format!("not even without {MOST} of its fixes it builds the same image")))
}

/// Halves the fixes: without those behind it, the guilty one is the last of the fewest that fail.
fn first_guilty(
    trial: &mut Trial<'_>,
    text: &str,
    original: &Original,
    options: &Options<'_>,
    rejected: &[Rejected],
    whole: &Rewrite,
    mut bad: Verdict,
) -> Result<Guilty, Stop> {
    let mut fixes: Vec<Rejected> = Vec::new();
    for change in &whole.changes {
        let fix = Rejected { rule: change.rule, at: change.at.start() };
        if !fixes.contains(&fix) {
            fixes.push(fix);
        }
    }
    let (mut good, mut failing) = (0, fixes.len());
    while failing - good > 1 {
        let middle = good.midpoint(failing);
        let without = [rejected, &fixes[middle..]].concat();
        let some = rewritten(text, options, &without)?;
        trial.note(&format!("looking for the fix that is wrong: trying {middle} of {}", fixes.len()));
        let verdict = examine(trial, original, &some.after, Applied::of(&some))?;
        if verdict.is_good() {
            good = middle;
        } else {
            (failing, bad) = (middle, verdict);
        }
    }
    Ok(Guilty { fix: fixes[failing - 1], why: bad.reasons().join("\n") })
}

fn rewritten(text: &str, options: &Options<'_>, rejected: &[Rejected]) -> Result<Rewrite, Stop> {
    rewrite_without(text, options, rejected)
        .map_err(|bug| Stop::new(Exit::Failed, format!("this is a bug in dopt, please report it: {bug}")))
}
