//! The review on a terminal: shows a proposal, waits for a key, and writes each file when it is done.

use std::io;

use console::Term;
use dopt_model::Stages;
use dopt_rewrite::{Safety, conserves, line_changes, lines};
use dopt_syntax::Document;

use super::answer::{self, Answer};
use super::came_to::CameTo;
use super::memory::Memory;
use super::proposals::{Proposal, Proposals, Standing, Verdict};
use super::screen::Screen;
use super::{File, ReviewArgs, comment, editor};
use crate::commands::explain;
use crate::exit::Exit;
use crate::failure::{Failure, plain};
use crate::streams::{STRONG, Streams};

/// Reviews the files that have something to decide.
pub fn run(args: &ReviewArgs, files: &[File], streams: &mut Streams) -> Exit {
    restore_when_ended();
    let mut review = Review {
        term: Term::stdout(),
        memory: Memory::open(),
        again: args.again,
        standing: Standing::default(),
        came_to: CameTo::new(args.keep),
    };
    let open: Vec<&File> = files.iter().filter(|file| review.has_proposals(file, streams)).collect();
    for (at, file) in open.iter().enumerate() {
        match review.file(file, (at + 1, open.len()), streams) {
            Ok(Flow::Next) => {}
            Ok(Flow::Quit) => break,
            Ok(Flow::Abandon) => {
                review.came_to.exit = Exit::Interrupted;
                break;
            }
            Err(error) => {
                streams.error(format_args!("the terminal cannot be read: {}", plain(&error)));
                review.came_to.exit = Exit::Failed;
                break;
            }
        }
    }
    review.came_to.tell(files.len(), streams);
    review.came_to.exit
}

/// Whether the next file has its turn.
enum Flow {
    Next,
    Quit,
    Abandon,
}

/// What a key led to.
enum Step {
    /// The next question.
    Go,
    /// The same question again, with the proposal.
    Again,
    /// The same question again.
    Ask,
    End(Flow),
}

struct Review {
    term: Term,
    memory: Memory,
    again: bool,
    standing: Standing,
    came_to: CameTo,
}

/// A file, and the way back.
struct Desk<'f> {
    file: &'f File,
    proposals: Proposals,
    standing: Standing,
    /// Everything before each answer.
    past: Vec<(Proposals, Standing, Standing)>,
}

impl Review {
    fn proposals(&self, file: &File) -> Proposals {
        let remembered = if self.again { Vec::new() } else { self.memory.of(&file.path) };
        Proposals::new(&file.text, remembered)
    }

    fn has_proposals(&mut self, file: &File, streams: &mut Streams) -> bool {
        match self.proposals(file).next(&file.options(), &Standing::default()) {
            Ok(found) => found.is_some(),
            Err(bug) => {
                self.came_to.fail(file, Failure::Bug(bug), streams);
                false
            }
        }
    }

    fn file(&mut self, file: &File, (number, of): (usize, usize), streams: &mut Streams) -> io::Result<Flow> {
        let (proposals, standing) = (self.proposals(file), self.standing.clone());
        let mut desk = Desk { file, proposals, standing, past: Vec::new() };
        let options = file.options();
        let mut is_headed = false;
        loop {
            let proposal = match desk.proposals.next(&options, &desk.standing) {
                Ok(Some(proposal)) => proposal,
                Ok(None) => break,
                Err(bug) => {
                    self.came_to.fail(file, Failure::Bug(bug), streams);
                    return Ok(Flow::Next);
                }
            };
            let screen = Screen::new();
            if !std::mem::replace(&mut is_headed, true) {
                screen.file(&file.shown_path(), number, of, streams);
            }
            screen.proposal(&file.shown_path(), &proposal, streams);
            let step = loop {
                match self.step(&mut desk, &proposal, &screen, streams)? {
                    Step::Ask => {}
                    step => break step,
                }
            };
            match step {
                Step::End(Flow::Abandon) => return Ok(Flow::Abandon),
                Step::End(flow) => {
                    self.finish(&desk, streams);
                    return Ok(flow);
                }
                Step::Go | Step::Again | Step::Ask => {}
            }
        }
        self.finish(&desk, streams);
        Ok(Flow::Next)
    }

    /// Asks once, and does what the key says.
    fn step(
        &mut self,
        desk: &mut Desk<'_>,
        proposal: &Proposal,
        screen: &Screen,
        streams: &mut Streams,
    ) -> io::Result<Step> {
        screen.question(proposal, !desk.past.is_empty(), streams);
        streams.flush();
        let Some(answer) = answer::read(&self.term)? else {
            screen.verdict(false, "no such key; ? shows them", streams);
            return Ok(Step::Ask);
        };
        let before = (desk.proposals.clone(), desk.standing.clone(), self.standing.clone());
        let step = match answer {
            Answer::Undo => return Ok(self.undo(desk, screen, streams)),
            Answer::Explain => {
                screen.verdict(false, "explained", streams);
                streams.put("\n");
                explain::show_manual(proposal.transform, streams);
                screen.help(streams);
                return Ok(Step::Ask);
            }
            Answer::Quit => {
                screen.verdict(false, "the rest is for another time", streams);
                return Ok(Step::End(Flow::Quit));
            }
            Answer::Abandon => {
                screen.verdict(false, "this file stays as it is", streams);
                return Ok(Step::End(Flow::Abandon));
            }
            Answer::Split | Answer::SplitAll if proposal.parts < 2 => {
                screen.verdict(false, "one edit needs the other: no parts", streams);
                return Ok(Step::Ask);
            }
            Answer::Edit | Answer::EditFile => self.edit(desk, proposal, answer, screen, streams)?,
            Answer::Ignore | Answer::IgnoreInFile => self.ignore(desk, proposal, answer, screen, streams)?,
            answer => {
                let (taken, word) = self.decide(desk, proposal, answer);
                screen.verdict(taken, word, streams);
                Step::Go
            }
        };
        if matches!(step, Step::Go) {
            desk.past.push(before);
        }
        Ok(step)
    }

    /// The answers that are about fixes and nothing else: whether this one is taken, and the word that is left.
    fn decide(&mut self, desk: &mut Desk<'_>, proposal: &Proposal, answer: Answer) -> (bool, &'static str) {
        let rule = proposal.transform.name;
        let is_safe = proposal.safety == Safety::Safe;
        let (verdict, word) = match answer {
            Answer::Yes => (Verdict::Take, "taken"),
            Answer::RuleHere => {
                desk.standing.rules.insert(rule, Verdict::Take);
                (Verdict::Take, if is_safe { "taken, with all of this rule here" } else { ONE_BY_ONE })
            }
            Answer::RuleEverywhere => {
                for standing in [&mut desk.standing, &mut self.standing] {
                    standing.rules.insert(rule, Verdict::Take);
                }
                (Verdict::Take, if is_safe { "taken, with all of this rule everywhere" } else { ONE_BY_ONE })
            }
            Answer::YesToAll => {
                for standing in [&mut desk.standing, &mut self.standing] {
                    standing.all = Some(Verdict::Take);
                }
                (Verdict::Take, "taken, with all that is safe")
            }
            Answer::RestOfFile => {
                desk.standing = Standing { all: Some(Verdict::Leave), ..Standing::default() };
                (Verdict::Leave, "left alone, with the rest of the file")
            }
            Answer::NoToAll => {
                self.standing = Standing { all: Some(Verdict::Leave), ..Standing::default() };
                desk.standing = self.standing.clone();
                (Verdict::Leave, "left alone, with everything else")
            }
            Answer::SplitAll => {
                for standing in [&mut desk.standing, &mut self.standing] {
                    standing.split = true;
                }
                (Verdict::Split, "split, as all that can be")
            }
            Answer::Split => (Verdict::Split, "split"),
            _ => (Verdict::Leave, "left alone"),
        };
        desk.proposals.answer(proposal, verdict);
        (verdict == Verdict::Take, word)
    }

    fn undo(&mut self, desk: &mut Desk<'_>, screen: &Screen, streams: &mut Streams) -> Step {
        let Some((proposals, here, everywhere)) = desk.past.pop() else {
            screen.verdict(false, "there is no answer in this file to undo", streams);
            return Step::Ask;
        };
        (desk.proposals, desk.standing, self.standing) = (proposals, here, everywhere);
        screen.verdict(false, "undone", streams);
        Step::Again
    }

    /// The file in the user's editor. What comes back is the user's own, and is only held against what builders take.
    fn edit(
        &self,
        desk: &mut Desk<'_>,
        proposal: &Proposal,
        answer: Answer,
        screen: &Screen,
        streams: &mut Streams,
    ) -> io::Result<Step> {
        let expected = if answer == Answer::Edit { &proposal.after } else { &proposal.before };
        let changes = line_changes(&lines(&proposal.before), &lines(&proposal.after));
        let line = changes.first().map_or(1, |change| change.new.start + 1);
        let mut text = expected.clone();
        streams.put("\n");
        loop {
            streams.flush();
            match editor::edit(&text, line) {
                Err(message) => {
                    screen.trouble(&message, streams);
                    return Ok(Step::Ask);
                }
                Ok(None) if text == *expected => {
                    screen.verdict_below(false, "nothing was edited", streams);
                    return Ok(Step::Ask);
                }
                Ok(None) => {}
                Ok(Some(edited)) => text = edited,
            }
            let document = Document::parse(text.as_str());
            let Some(problem) = document.problems().first() else { break };
            let at = 1 + text[..problem.at.start()].matches('\n').count();
            let message = problem.kind.message();
            screen.trouble(&format!("no builder takes this: {message}, on line {at}"), streams);
            if !self.confirm("Edit it again?", streams)? {
                screen.verdict_below(false, "what was edited is dropped", streams);
                return Ok(Step::Ask);
            }
        }
        let (old, new) = (Document::parse(expected.as_str()), Document::parse(text.as_str()));
        if let Err(violation) = conserves(&Stages::of(&old), &Stages::of(&new), &[]) {
            let note = format!("with your edit the file does something else than with the proposal: {violation}");
            screen.trouble(&note, streams);
        }
        desk.proposals.replace(text);
        screen.verdict_below(true, "taken as you wrote it", streams);
        Ok(Step::Go)
    }

    /// A comment that forbids the rule, here or in the whole file.
    fn ignore(
        &self,
        desk: &mut Desk<'_>,
        proposal: &Proposal,
        answer: Answer,
        screen: &Screen,
        streams: &mut Streams,
    ) -> io::Result<Step> {
        let prompt = streams.paint(STRONG, "Reason:").to_string();
        streams.print(format_args!("\n  {prompt} "));
        streams.flush();
        let reason = self.term.read_line()?;
        let Some(reason) = comment::reason(&reason) else {
            screen.verdict_below(false, "without a reason, no comment is written", streams);
            return Ok(Step::Ask);
        };
        let whole_file = answer == Answer::IgnoreInFile;
        let rule = proposal.transform.name;
        let before = desk.proposals.clone();
        let (offset, line) = comment::line(desk.proposals.base(), proposal.at, rule, whole_file, &reason);
        let shift = desk.proposals.insert_line(offset, &line);
        let next = desk.proposals.next(&desk.file.options(), &desk.standing);
        if next.is_ok_and(|next| next.is_some_and(|next| next.is(proposal, shift))) {
            desk.proposals = before;
            screen.trouble("a comment there does not keep this rule away; answer n", streams);
            return Ok(Step::Ask);
        }
        screen.verdict_below(true, &format!("written: {}", line.trim_start()), streams);
        Ok(Step::Go)
    }

    fn confirm(&self, question: &str, streams: &mut Streams) -> io::Result<bool> {
        let question = streams.paint(STRONG, question).to_string();
        streams.print(format_args!("  {question} [y,n] "));
        streams.flush();
        Ok(answer::read(&self.term)? == Some(Answer::Yes))
    }

    /// Writes the file with what was taken, and remembers what was not.
    fn finish(&mut self, desk: &Desk<'_>, streams: &mut Streams) {
        let file = desk.file;
        let outcome = match desk.proposals.finish(&file.options(), &desk.standing) {
            Ok(outcome) => outcome,
            Err(bug) => return self.came_to.fail(file, Failure::Bug(bug), streams),
        };
        if outcome.text != file.text {
            if let Err(failure) = self.came_to.write(file, &outcome, streams) {
                return self.came_to.fail(file, failure, streams);
            }
            let path = streams.paint(STRONG, file.shown_path()).to_string();
            streams.print(format_args!("\n  {path} is written\n"));
        }
        self.came_to.refused += outcome.refused.len();
        self.came_to.open += outcome.open;
        if let Err(error) = self.memory.keep(&file.path, outcome.refused) {
            streams.warning(format_args!("what was refused could not be kept for next time: {}", plain(&error)));
        }
    }
}

/// What is said where one yes cannot stand for others.
const ONE_BY_ONE: &str = "taken; others that are not safe are shown one by one";

/// Gives the terminal back when somebody ends the program while it waits for a key, which it does in raw mode.
#[cfg(unix)]
fn restore_when_ended() {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGTERM};

    let Ok(usual) = tcgetattr(io::stdin()) else { return };
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP]) else { return };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &usual);
            std::process::exit(130);
        }
    });
}

#[cfg(not(unix))]
fn restore_when_ended() {}
