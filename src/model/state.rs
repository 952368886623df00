//! User, folder, shell and variables in force at an instruction.

use std::rc::Rc;

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{self, Form, Instruction, Keyword, Segment};
use dopt_syntax::shell::Dialect;

use crate::commands::paths::resolve;
use crate::{Base, Family, ImageRef, Stages, Value, variable};

/// How deep values may refer to each other before they count as unknown.
const DEEPEST_VALUE: usize = 32;

/// Longer paths are no paths to Linux.
const LONGEST_PATH: usize = 4096;

/// The state in front of one instruction. A view: every question looks the answer up.
#[derive(Clone, Copy, Debug)]
pub struct State<'s> {
    stages: &'s Stages<'s>,
    stage: usize,
    before: usize,
}

/// What changes from instruction to instruction.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    user: User,
    workdir: Option<Rc<str>>,
    shell: Shell,
}

/// Who runs a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// `root` or 0.
    Root,
    /// Another name or number.
    Other(String),
    /// The base image's user, or a variable.
    Unknown,
}

/// What runs the text of a `RUN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shell {
    /// How its scripts are read; `None` for PowerShell, `cmd` and what is not known.
    pub dialect: Option<Dialect>,
    /// Whether it was started with `-e`.
    pub errexit: Errexit,
    /// Whether it reads files such as `/etc/profile` or `~/.bashrc` before the script.
    pub reads_startup_files: bool,
}

/// Whether the shell stops at the first command that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errexit {
    /// It goes on.
    Off,
    /// It stops.
    On,
    /// The base image may have said so.
    Unknown,
}

impl<'s> State<'s> {
    pub(crate) fn new(stages: &'s Stages<'s>, stage: usize, before: usize) -> Self {
        State { stages, stage, before }
    }

    /// The state at the end of the stage that this one starts from.
    fn parent(self) -> Option<State<'s>> {
        match self.stages.all()[self.stage].base {
            Base::Stage(base) => Some(State::new(self.stages, base, self.stages.all()[base].body.end)),
            _ => None,
        }
    }

    /// User, folder and shell of a stage: in front of its first change, and behind each. The stages that it starts
    /// from are known already.
    pub(crate) fn frames(stages: &'s Stages<'s>, stage: usize) -> Vec<Frame> {
        let first = State::new(stages, stage, stages.all()[stage].body.start);
        let mut frames = vec![match first.parent() {
            Some(parent) => parent.frame().clone(),
            None => first.first_frame(),
        }];
        for &index in &stages.all()[stage].changes {
            let mut frame = frames[frames.len() - 1].clone();
            State::new(stages, stage, index).change(&mut frame);
            frames.push(frame);
        }
        frames
    }

    fn frame(self) -> &'s Frame {
        let stage = &self.stages.all()[self.stage];
        &stage.frames[stage.changes.partition_point(|index| *index < self.before)]
    }

    /// What the base image sets up.
    fn first_frame(self) -> Frame {
        let known = self.image().is_some_and(ImageRef::has_default_shell);
        let windows = self.family() == Family::Windows || self.stages.document().escape() == '`';
        Frame {
            user: if known { User::Root } else { User::Unknown },
            workdir: known.then(|| self.image().map_or("/", ImageRef::initial_folder).into()),
            shell: Shell {
                dialect: (!windows).then_some(Dialect::Posix),
                errexit: if known { Errexit::Off } else { Errexit::Unknown },
                reads_startup_files: false,
            },
        }
    }

    /// Applies the `USER`, `WORKDIR` or `SHELL` that this state is in front of.
    fn change(self, frame: &mut Frame) {
        let instruction = &self.stages.document().instructions()[self.before];
        let written = instruction.arguments_text(self.stages.document().text());
        match instruction.keyword {
            Keyword::User => frame.user = self.read_user(written),
            Keyword::Workdir => frame.workdir = self.read_workdir(written, frame.workdir.as_deref()),
            _ => {
                frame.shell = match &instruction.form {
                    Form::Exec(words) => Shell::of(words),
                    Form::Shell => Shell { dialect: None, errexit: Errexit::Unknown, reads_startup_files: true },
                }
            }
        }
    }

    fn read_user(self, written: &str) -> User {
        match self.expand(written) {
            Value::Known(user) => match user.split(':').next().unwrap_or_default() {
                "root" | "0" => User::Root,
                other => User::Other(other.to_owned()),
            },
            _ => User::Unknown,
        }
    }

    fn read_workdir(self, written: &str, parent: Option<&str>) -> Option<Rc<str>> {
        let Value::Known(path) = self.expand(written) else { return None };
        // No shell expands a `~` here.
        let path = if path.starts_with('/') { resolve("/", &path) } else { resolve(parent?, &format!("./{path}")) };
        (path.len() <= LONGEST_PATH).then(|| path.into())
    }

    /// The image at the root of the stage's lineage.
    pub fn image(self) -> Option<ImageRef<'s>> {
        let stages = self.stages.all();
        stages[stages[self.stage].root].base.image()
    }

    /// The text of the whole file.
    pub(crate) fn file(self) -> &'s str {
        self.stages.document().text()
    }

    /// The distribution, from the image's name.
    pub fn family(self) -> Family {
        self.image().map_or(Family::Unknown, ImageRef::family)
    }

    /// The user, from the last `USER`.
    pub fn user(self) -> User {
        self.frame().user.clone()
    }

    /// The home folder, where it is known.
    pub fn home(self) -> Option<String> {
        match (self.variable("HOME"), self.user()) {
            (Value::Known(home), _) => Some(home),
            (Value::Unset, User::Root) => Some("/root".to_owned()),
            _ => None,
        }
    }

    /// The working folder as an absolute path, where it is known.
    pub fn workdir(self) -> Option<&'s str> {
        self.frame().workdir.as_deref()
    }

    /// The shell, from the last `SHELL` or the base image.
    pub fn shell(self) -> Shell {
        self.frame().shell
    }

    /// The value of a variable in the environment of a step.
    pub fn variable(self, name: &str) -> Value {
        self.variable_within(name, DEEPEST_VALUE)
    }

    /// The value of a variable that the file does not set, where the base image is known to.
    pub fn inherited(self, name: &str) -> Option<&'static str> {
        let is_set = self.assigned(Keyword::Env, name, DEEPEST_VALUE) != Value::Unset;
        self.variable_of_image(name).filter(|_| !is_set)
    }

    fn variable_of_image(self, name: &str) -> Option<&'static str> {
        self.image()?.variables().iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A word with its variables replaced.
    pub fn expand(self, word: &str) -> Value {
        match dockerfile::expansions(word, self.stages.document().escape()) {
            Some(segments) => variable::evaluate(&segments, &|name| self.variable(name)),
            None => Value::Unknown,
        }
    }

    fn variable_within(self, name: &str, depth: usize) -> Value {
        if depth == 0 {
            return Value::Unknown;
        }
        let environment = self.assigned(Keyword::Env, name, depth);
        match environment {
            // ENV beats an ARG of the same name wherever the two stand, also that of the base image.
            Value::Unset => match (self.variable_of_image(name), self.assigned(Keyword::Arg, name, depth)) {
                (Some(value), _) => Value::Known(value.to_owned()),
                (None, Value::Known(text)) => Value::Default(text),
                (None, other) => other,
            },
            value => value,
        }
    }

    fn assigned(self, keyword: Keyword, name: &str, depth: usize) -> Value {
        let document = self.stages.document();
        let setters = self.stages.setters_of(name);
        if setters.is_empty() {
            return Value::Unset;
        }
        let stage = &self.stages.all()[self.stage];
        let here = &setters[..setters.partition_point(|index| *index < self.before)];
        let in_stage = here.iter().rev().take_while(|index| **index >= stage.body.start);
        for &index in in_stage.filter(|index| document.instructions()[**index].keyword == keyword) {
            let found = assignments(document, &document.instructions()[index]);
            let Some((_, value)) = found.into_iter().rev().find(|(found, _)| found == name) else { continue };
            let at = State::new(self.stages, self.stage, index);
            return match value {
                Some(segments) => variable::evaluate(&segments, &|name| at.variable_within(name, depth - 1)),
                None => match self.stages.global_argument(name) {
                    Value::Unset => Value::Unknown,
                    value => value,
                },
            };
        }
        match self.parent() {
            Some(parent) => parent.assigned(keyword, name, depth),
            None => Value::Unset,
        }
    }
}

impl Shell {
    fn of(words: &[String]) -> Shell {
        let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default());
        let dialect = match program {
            "sh" | "dash" | "ash" => Some(Dialect::Posix),
            "bash" => Some(Dialect::Bash),
            _ => None,
        };
        let stops = words.iter().enumerate().skip(1).any(|(at, word)| match word.strip_prefix('-') {
            Some("o") => words.get(at + 1).is_some_and(|option| option == "errexit"),
            Some(letters) => !letters.starts_with('-') && letters.contains('e'),
            None => false,
        });
        let reads_startup_files = words.iter().skip(1).any(|word| match word.as_str() {
            "--login" | "--rcfile" | "--init-file" => true,
            word => {
                word.starts_with('-') && !word.starts_with("--") && word.contains(['l', 'i']) && !word.contains('o')
            }
        });
        Shell { dialect, errexit: if stops { Errexit::On } else { Errexit::Off }, reads_startup_files }
    }
}

/// The names and values of an `ENV` or `ARG`; no value for an `ARG` without default or an unreadable word.
pub(crate) fn assignments(document: &Document, instruction: &Instruction) -> Vec<(String, Option<Vec<Segment>>)> {
    let text = instruction.logical.text(document.text());
    let escape = document.escape();
    dockerfile::pairs(instruction, document.text(), escape)
        .into_iter()
        .map(|pair| {
            let value = pair.value.and_then(|value| dockerfile::expansions(value.of(text), escape));
            (pair.name.of(text).to_owned(), value)
        })
        .collect()
}
