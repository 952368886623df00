//! A stage that builds and runs becomes two: the edits, and the check that nothing else is done.
//!
//! The builder is the old stage up to its last step, byte for byte, under a name of its own, and steps that make ready
//! what is fetched. The stage behind it starts from another image, brings what the program needs of that, repeats every
//! instruction that configures, fetches what it runs, and goes on as the old one did.

use dopt_model::{ImageRef, Stages, State, User};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::{Form, From, Instruction, Keyword};

use crate::style::cased_like;
use crate::trace::instruction_text;
use crate::{Edit, Violation};

/// How the last stage of a file is split. Instructions are counted in the text before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The `FROM` of the stage.
    pub first: usize,
    /// The last instruction of the builder.
    pub last: usize,
    /// The name that the builder gets.
    pub builder: String,
    /// The image that the second stage starts from.
    pub base: String,
    /// What the old base image set and the second stage uses: instructions right behind its `FROM`.
    pub variables: Vec<String>,
    /// The folder that the old base image set, where the second stage needs it.
    pub folder: Option<String>,
    /// Instructions that the builder gets behind its last step.
    pub prepared: Vec<String>,
    /// Instructions that the second stage starts with: what it installs, and the users that it has.
    pub installed: Vec<String>,
    /// What it fetches from the builder.
    pub carried: Vec<Carried>,
    /// Instructions behind that, which make ready what was fetched.
    pub finished: Vec<String>,
    /// What containers start, where they built it themselves before they did.
    pub restart: Option<Restart>,
}

/// An instruction that starts a program which the builder has built, and no longer builds it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The `CMD` or `ENTRYPOINT`, behind the builder.
    pub index: usize,
    /// The absolute path of the program.
    pub program: String,
    /// The instruction that takes its place.
    pub text: String,
}

/// A file or a folder that the second stage fetches from the builder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// Its absolute path in the builder.
    pub from: String,
    /// Its absolute path in the second stage.
    pub to: String,
    /// Whose it becomes, as `--chown` says it; root's if `None`.
    pub owner: Option<String>,
}

impl Carried {
    /// What stays where it is.
    pub fn at(path: impl Into<String>) -> Carried {
        let path = path.into();
        Carried { from: path.clone(), to: path, owner: None }
    }
}

/// What has its effect on the image, wherever it stands in a stage.
const CONFIGURING: &[Keyword] = &[
    Keyword::Env,
    Keyword::Label,
    Keyword::Maintainer,
    Keyword::Expose,
    Keyword::Volume,
    Keyword::User,
    Keyword::Workdir,
    Keyword::Shell,
    Keyword::Stopsignal,
    Keyword::Healthcheck,
    Keyword::Cmd,
    Keyword::Entrypoint,
];

/// Images that run as root, and have no shell.
const BARE: &[&str] = &["gcr.io/distroless/static-debian12", "gcr.io/distroless/cc-debian12"];

impl Split {
    /// The edits, in order.
    pub fn edits(&self, document: &Document) -> Vec<Edit> {
        let text = document.text();
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let from = &document.instructions()[self.first];
        let read = From::of(from, text);
        let alias = read.as_ref().and_then(|read| read.alias);
        let named = match alias {
            Some(alias) => Edit::replace(from.logical.in_file(alias), self.builder.clone()),
            None => {
                let end = read.map_or(from.range.end(), |read| from.logical.in_file(read.image).end());
                let word = if from.range.of(text).starts_with("from") { "as" } else { "AS" };
                Edit::insert(end, format!(" {word} {}", self.builder))
            }
        };
        let mut stage = String::from("FROM");
        from.flags.iter().for_each(|flag| stage.extend([" ", &flag.text]));
        stage.extend([" ", &self.base]);
        stage.extend(alias.into_iter().flat_map(|alias| [" AS ", alias.of(from.logical.text(text))]));
        let mut lines = self.prepared.clone();
        lines.extend([String::new(), stage]);
        lines.extend(self.variables.iter().cloned());
        lines.extend(self.folder.iter().map(|folder| format!("WORKDIR {folder}")));
        lines.extend(self.installed.iter().cloned());
        let carried = self.carried.iter().map(|carried| self.copy(carried)).chain(self.finished.iter().cloned());
        let cased = |line: String| cased_like(from, document, &line);
        let mut lines: Vec<String> = lines.into_iter().map(cased).collect();
        lines.extend(self.repeated(document).map(|index| document.instructions()[index].range.of(text).to_owned()));
        lines.extend(carried.map(cased));
        let inserted: String = lines.iter().map(|line| format!("{newline}{line}")).collect();
        let mut edits = vec![named, Edit::insert(document.instructions()[self.last].range.end(), inserted)];
        let replaced =
            |restart: &Restart| Edit::replace(document.instructions()[restart.index].range, restart.text.clone());
        edits.extend(self.restart.iter().map(replaced));
        edits
    }

    fn copy(&self, carried: &Carried) -> String {
        let owner = carried.owner.iter().map(|owner| format!("--chown={owner} ")).collect::<String>();
        format!("COPY --from={} {owner}{} {}", self.builder, carried.from, carried.to)
    }

    /// The instructions of the builder that the second stage repeats.
    fn repeated<'d>(&self, document: &'d Document) -> impl Iterator<Item = usize> + use<'d> {
        let instructions = document.instructions();
        let (first, last) = (self.first, self.last);
        let needs = move |index: &usize| match instructions[*index].keyword {
            Keyword::Arg => is_needed(document, first, last, &instructions[*index]),
            keyword => CONFIGURING.contains(&keyword),
        };
        (first + 1..=last).filter(needs)
    }

    /// Compares both texts; the second one has to be this very split of the first.
    pub(crate) fn conserves(&self, before: &Stages<'_>, after: &Stages<'_>) -> Result<(), Violation> {
        let (old, new) = (before.document(), after.document());
        let more = new.instructions().len().saturating_sub(old.instructions().len());
        let is_last =
            before.all().last().is_some_and(|stage| stage.from == self.first && stage.body.contains(&self.last));
        expect(is_last && more > 0, "the last stage", "another one")?;
        expect(after.all().len() == before.all().len() + 1, "one more stage", "another number of stages")?;
        self.keeps_text(old, new, more)?;
        let stage = before.all().len() - 1;
        let inherits = |line: &String| {
            let inherited = before.state(stage, self.first).image().map_or(&[][..], ImageRef::variables);
            inherited.iter().any(|(name, value)| *line == format!("ENV {name}={value}"))
        };
        expect(self.variables.iter().all(inherits), "the variables of the build image", "others")?;
        let added = &new.instructions()[self.last + 1..=self.last + more];
        for (at, line) in self.prepared.iter().enumerate() {
            expect_same(Some(line.clone()), added.get(at).map(|found| instruction_text(new, found)))?;
        }
        self.expect_stage(old, &added[self.prepared.len()..], new)?;
        self.keeps_arguments(old, new)?;
        let goes_on = |stages: &Stages<'_>| {
            !stages.document().instructions()[self.last + 1..]
                .iter()
                .any(|found| matches!(found.keyword, Keyword::Run | Keyword::Onbuild))
        };
        expect(goes_on(before), "a step or a trigger behind the builder", "one in another image")?;
        let old_state = before.state(stage, self.last + 1);
        let new_state = after.state(stage + 1, self.last + more + 1);
        let is_bare = BARE.contains(&self.base.as_str());
        // Where no base image is known to set them, nothing may need them.
        let known = |state: State<'_>, as_root: bool| {
            let user = if as_root && state.user() == User::Unknown { User::Root } else { state.user() };
            (state.workdir().map(str::to_owned), user, (!is_bare).then(|| state.shell()))
        };
        let starts_shells = |found: &Instruction| {
            matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
                && found.form == Form::Shell
        };
        let needs_shell = new.instructions()[self.last + 1..].iter().any(starts_shells);
        expect(!(is_bare && needs_shell), "a shell to start with", "none")?;
        let (old_state, new_state) = (known(old_state, false), known(new_state, is_bare));
        expect(old_state.0.is_some() && old_state == new_state, &format!("{old_state:?}"), &format!("{new_state:?}"))
    }

    /// Up to the end of the builder, but for its name, and behind what is new, every byte stays.
    fn keeps_text(&self, old: &Document, new: &Document, more: usize) -> Result<(), Violation> {
        let (from, to) = (&old.instructions()[self.first], &new.instructions()[self.first]);
        expect(
            new.text().starts_with(&old.text()[..from.range.start()]) && from.range.start() == to.range.start(),
            "what stands in front",
            "something else",
        )?;
        let image = |document: &Document, found: &Instruction| {
            let text = document.text();
            let read = From::of(found, text);
            let flags: Vec<String> = found.flags.iter().map(|flag| flag.text.clone()).collect();
            read.map(|from| (from.image.of(found.logical.text(text)).to_owned(), flags))
        };
        expect(image(old, from).is_some() && image(old, from) == image(new, to), "the build image", "another one")?;
        expect(alias(new, to).as_deref() == Some(&*self.builder), "the builder's name", "another one")?;
        let (end, new_end) = (old.instructions()[self.last].range.end(), new.instructions()[self.last].range.end());
        let inside = old.text()[from.range.end()..end] == new.text()[to.range.end()..new_end];
        let behind = new.instructions()[self.last + more].range.end();
        let mut rest = old.text()[end..].to_owned();
        if let Some(restart) = &self.restart {
            let replaced = old.instructions().get(restart.index).filter(|found| found.range.start() >= end);
            let range = replaced.map(|found| found.range.start() - end..found.range.end() - end);
            let starts = |found: &Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
            let is_built = self.carried.iter().any(|carried| {
                let folder = format!("{}/", carried.to);
                carried.to == restart.program || restart.program.starts_with(&folder)
            });
            expect(replaced.is_some_and(starts) && is_built, "a program that is fetched", "another one")?;
            let is_started = [format!("[\"{}\"", restart.program), format!(" {}", restart.program)];
            expect(is_started.iter().any(|sign| restart.text.contains(sign)), &restart.program, &restart.text)?;
            rest.replace_range(range.unwrap_or_default(), &restart.text);
        }
        let is_behind = new.text().len() - behind == rest.len() && new.text().ends_with(&rest);
        expect(inside, "the builder's text", "another one")?;
        expect(is_behind, "what stands behind", "something else")
    }

    /// The image under the old name, the folder, what configures, what is fetched, and nothing else.
    fn expect_stage(&self, old: &Document, found: &[Instruction], new: &Document) -> Result<(), Violation> {
        let from = &old.instructions()[self.first];
        let mut expected = String::from("FROM ");
        from.flags.iter().for_each(|flag| expected.extend([&flag.text, " "]));
        expected.push_str(&self.base);
        expected.extend(alias(old, from).map(|name| format!(" AS {name}")));
        let mut expected = vec![expected];
        expected.extend(self.variables.iter().cloned());
        expected.extend(self.folder.iter().map(|folder| format!("WORKDIR {folder}")));
        expected.extend(self.installed.iter().cloned());
        let head = &old.instructions()[self.first + 1..=self.last];
        let mut written = found.iter().map(|found| instruction_text(new, found)).peekable();
        for line in expected {
            expect_same(Some(line), written.next())?;
        }
        for instruction in head {
            let text = instruction_text(old, instruction);
            match instruction.keyword {
                Keyword::Arg => drop(written.next_if_eq(&text)),
                keyword if CONFIGURING.contains(&keyword) => expect_same(Some(text), written.next())?,
                Keyword::Run | Keyword::Copy | Keyword::Add => {}
                _ => return expect_same(Some(text), None),
            }
        }
        for carried in &self.carried {
            expect_same(Some(self.copy(carried)), written.next())?;
        }
        for line in &self.finished {
            expect_same(Some(line.clone()), written.next())?;
        }
        expect_same(None, written.next())
    }

    /// An `ARG` that is not repeated is used by nothing behind it.
    fn keeps_arguments(&self, old: &Document, new: &Document) -> Result<(), Violation> {
        let head = &old.instructions()[self.first + 1..=self.last];
        for argument in head.iter().filter(|found| found.keyword == Keyword::Arg) {
            let text = instruction_text(old, argument);
            let stage = &new.instructions()[self.last + 1..];
            let is_repeated = stage.iter().any(|found| instruction_text(new, found) == text);
            let is_used =
                |found: &Instruction| names(old, argument).iter().any(|name| uses(&instruction_text(new, found), name));
            expect(is_repeated || !stage.iter().any(is_used), &text, "nothing")?;
        }
        Ok(())
    }
}

fn alias(document: &Document, from: &Instruction) -> Option<String> {
    let alias = From::of(from, document.text())?.alias?;
    Some(alias.of(from.logical.text(document.text())).to_owned())
}

/// Whether what the second stage has names a variable of an `ARG` of the first.
fn is_needed(document: &Document, first: usize, last: usize, argument: &Instruction) -> bool {
    let instructions = document.instructions().iter().enumerate().skip(first + 1);
    let mut later = instructions.filter(|(index, found)| {
        *index > last || CONFIGURING.contains(&found.keyword) || found.keyword == Keyword::Arg
    });
    let names = names(document, argument);
    later.any(|(_, found)| names.iter().any(|name| uses(&instruction_text(document, found), name)))
}

fn names(document: &Document, argument: &Instruction) -> Vec<String> {
    let text = argument.logical.text(document.text());
    let pairs = dopt_syntax::dockerfile::pairs(argument, document.text(), document.escape());
    pairs.iter().map(|pair| pair.name.of(text).to_owned()).collect()
}

/// Whether a text may expand a variable.
fn uses(text: &str, name: &str) -> bool {
    [format!("${name}"), format!("${{{name}")].iter().any(|sign| text.contains(sign))
}

fn expect_same(before: Option<String>, after: Option<String>) -> Result<(), Violation> {
    if before == after { Ok(()) } else { Err(Violation { before, after }) }
}

fn expect(holds: bool, before: &str, after: &str) -> Result<(), Violation> {
    let violation = || Violation { before: Some(before.to_owned()), after: Some(after.to_owned()) };
    if holds { Ok(()) } else { Err(violation()) }
}
