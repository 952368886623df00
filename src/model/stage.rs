//! Stages, how they build on each other, and which of them end up in an image.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use dopt_syntax::Document;
use dopt_syntax::dockerfile::{self, Instruction, Keyword};

use crate::state::Frame;
use crate::{ImageRef, Mount, NotUnderstood, Placements, Scripts, ShellScript, State, Value, script};

/// The stages of a Dockerfile, in order.
#[derive(Debug)]
pub struct Stages<'d> {
    document: &'d Document,
    layout: Layout,
    scripts: Scripts,
}

/// What was worked out about the stages of a document, to be worked out once only.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    stages: Rc<Vec<Stage>>,
    /// Who sets a variable, for the variables that were asked for.
    setters: Rc<RefCell<HashMap<String, Rc<[usize]>>>>,
    placements: Rc<OnceCell<Placements>>,
}

/// One stage: a `FROM` and what follows it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The instruction index of its `FROM`.
    pub from: usize,
    /// The name behind `AS`, in lower case.
    pub name: Option<String>,
    /// What it starts from.
    pub base: Base,
    /// The instruction indices behind its `FROM`.
    pub body: Range<usize>,
    /// The indices of those that change the state of later ones: `USER`, `WORKDIR` and `SHELL`.
    pub(crate) changes: Vec<usize>,
    /// The state in front of the first of them, and behind each.
    pub(crate) frames: Vec<Frame>,
    /// The stage at the root of its lineage.
    pub(crate) root: usize,
    /// The stages that start from this one.
    children: Vec<usize>,
    /// Whether its layers end up in an image: the last stage's, or that of a stage that nothing
    /// else in the file uses and that only `--target` can be for.
    pub in_image: bool,
}

/// What a stage starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An earlier stage, by its index.
    Stage(usize),
    /// An image, its variables replaced by their defaults.
    Image(String),
    /// A reference that cannot be read from the file.
    Unknown,
}

/// A `RUN` in its stage.
#[derive(Clone, Copy, Debug)]
pub struct StageRun<'s> {
    stages: &'s Stages<'s>,
    stage: usize,
    index: usize,
}

impl<'d> Stages<'d> {
    /// Reads the stages. A `FROM` that cannot be read makes a stage with an unknown base.
    pub fn of(document: &'d Document) -> Stages<'d> {
        Stages::with_scripts(document, Scripts::unread(document))
    }

    /// The same where scripts of the document may have been read before.
    pub fn with_scripts(document: &'d Document, scripts: Scripts) -> Stages<'d> {
        let instructions = document.instructions();
        let mut stages = Stages { document, layout: Layout::default(), scripts };
        let starts: Vec<usize> =
            (0..instructions.len()).filter(|at| instructions[*at].keyword == Keyword::From).collect();
        for (n, &from) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(instructions.len());
            let mut stage = stages.read_stage(from, from + 1..end);
            if let Base::Stage(base) = stage.base {
                stage.root = stages.all()[base].root;
                stages.all_mut()[base].children.push(n);
            }
            stages.all_mut().push(stage);
            let frames = State::frames(&stages, n);
            stages.all_mut()[n].frames = frames;
        }
        stages.mark_images();
        stages
    }

    /// The same where the stages of this very document were worked out before.
    pub fn of_layout(document: &'d Document, layout: Layout, scripts: Scripts) -> Stages<'d> {
        Stages { document, layout, scripts }
    }

    /// What was worked out about the stages.
    pub fn layout(&self) -> Layout {
        self.layout.clone()
    }

    fn all_mut(&mut self) -> &mut Vec<Stage> {
        Rc::make_mut(&mut self.layout.stages)
    }

    /// What was read of the document's scripts so far.
    pub fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// The document that was read.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// The stages, in order.
    pub fn all(&self) -> &[Stage] {
        &self.layout.stages
    }

    /// The stages that start from a stage, in order.
    pub fn children(&self, stage: usize) -> &[usize] {
        &self.all()[stage].children
    }

    /// Every `RUN` of the file, in order.
    pub fn runs(&self) -> impl Iterator<Item = StageRun<'_>> {
        (0..self.all().len()).flat_map(move |stage| self.runs_of(stage))
    }

    /// Every `RUN` of one stage, in order.
    pub fn runs_of(&self, stage: usize) -> impl Iterator<Item = StageRun<'_>> {
        self.all()[stage].body.clone().filter_map(move |index| self.run(stage, index))
    }

    /// The state in front of an instruction of a stage.
    pub fn state(&self, stage: usize, index: usize) -> State<'_> {
        State::new(self, stage, index)
    }

    /// The `ENV` and `ARG` instructions of the whole file that set a variable, in order.
    pub(crate) fn setters_of(&self, name: &str) -> Rc<[usize]> {
        if let Some(known) = self.layout.setters.borrow().get(name) {
            return Rc::clone(known);
        }
        let sets = |instruction: &Instruction| {
            matches!(instruction.keyword, Keyword::Env | Keyword::Arg)
                && instruction.logical.text(self.document.text()).contains(name)
                && crate::state::assignments(self.document, instruction).iter().any(|(found, _)| found == name)
        };
        let instructions = self.document.instructions().iter().enumerate();
        let found: Rc<[usize]> = instructions.filter(|(_, found)| sets(found)).map(|(index, _)| index).collect();
        self.layout.setters.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
        found
    }

    /// What `COPY` and `ADD` put where.
    pub fn placements(&self) -> &Placements {
        self.layout.placements.get_or_init(|| Placements::of(self))
    }

    /// The `RUN` at an instruction of a stage; `None` where it is another instruction.
    pub fn run(&self, stage: usize, index: usize) -> Option<StageRun<'_>> {
        (self.document.instructions()[index].keyword == Keyword::Run).then_some(StageRun { stages: self, stage, index })
    }

    /// Whether the file says that BuildKit builds it: by a `# syntax` line or by something that only BuildKit knows.
    pub fn is_for_buildkit(&self) -> bool {
        let says = |flag: &dockerfile::Flag| matches!(flag.name(), "mount" | "chmod" | "link" | "network" | "security");
        self.document.directives().iter().any(|found| found.name == dockerfile::DirectiveName::Syntax)
            || self
                .document
                .instructions()
                .iter()
                .any(|found| !found.heredocs.is_empty() || found.flags.iter().any(says))
    }

    /// What runs before an instruction of a stage, the stages that it starts from included: stage and instruction,
    /// in order.
    pub fn before(&self, stage: usize, index: usize) -> Vec<(usize, usize)> {
        let mut found = match self.all()[stage].base {
            Base::Stage(base) => self.before(base, self.all()[base].body.end),
            _ => Vec::new(),
        };
        found.extend((self.all()[stage].body.start..index).map(|at| (stage, at)));
        found
    }

    fn read_stage(&self, from: usize, body: Range<usize>) -> Stage {
        let instruction = &self.document.instructions()[from];
        let file = self.document.text();
        let instructions = self.document.instructions();
        let is_change =
            |index: &usize| matches!(instructions[*index].keyword, Keyword::User | Keyword::Workdir | Keyword::Shell);
        let changes = body.clone().filter(is_change).collect();
        let mut stage = Stage {
            from,
            name: None,
            base: Base::Unknown,
            body,
            changes,
            frames: Vec::new(),
            root: self.all().len(),
            children: Vec::new(),
            in_image: false,
        };
        let Some(arguments) = dockerfile::From::of(instruction, file) else { return stage };
        let text = instruction.logical.text(file);
        stage.name = arguments.alias.map(|alias| alias.of(text).to_ascii_lowercase());
        let lookup = |name: &str| self.global_argument(name);
        let written = arguments.image.of(text);
        let segments = dockerfile::expansions(written, self.document.escape()).unwrap_or_default();
        if let Some(image) = crate::variable::evaluate(&segments, &lookup).text() {
            stage.base = match self.stage_named(image) {
                Some(earlier) => Base::Stage(earlier),
                None if image.is_empty() => Base::Unknown,
                None => Base::Image(image.to_owned()),
            };
        }
        stage
    }

    fn stage_named(&self, name: &str) -> Option<usize> {
        self.all().iter().rposition(|stage| stage.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))
    }

    /// The value of an `ARG` in front of the first `FROM`.
    pub(crate) fn global_argument(&self, name: &str) -> Value {
        let mut value = Value::Unset;
        let head = self.document.instructions().iter().take_while(|i| i.keyword != Keyword::From);
        for instruction in head.filter(|instruction| instruction.keyword == Keyword::Arg) {
            for (found, segments) in crate::state::assignments(self.document, instruction) {
                if found == name {
                    value = match segments {
                        Some(segments) => match crate::variable::evaluate(&segments, &|_| value.clone()) {
                            Value::Known(text) => Value::Default(text),
                            other => other,
                        },
                        None => Value::Unknown,
                    };
                }
            }
        }
        value
    }

    fn mark_images(&mut self) {
        let mut used = vec![false; self.all().len()];
        for (index, stage) in self.all().iter().enumerate() {
            if let Base::Stage(base) = stage.base {
                used[base] = true;
            }
            for instruction in stage.body.clone() {
                for name in sources(&self.document.instructions()[instruction]) {
                    let source = name.parse().ok().filter(|n: &usize| *n < index).or_else(|| self.stage_named(&name));
                    if let Some(source) = source {
                        used[source] = true;
                    }
                }
            }
        }
        for index in (0..self.all().len()).rev() {
            let is_last = index + 1 == self.all().len();
            self.all_mut()[index].in_image |= is_last || !used[index];
            if let (true, Base::Stage(base)) = (self.all()[index].in_image, self.all()[index].base.clone()) {
                self.all_mut()[base].in_image = true;
            }
        }
    }
}

/// The stages and images that an instruction copies from or mounts.
fn sources(instruction: &Instruction) -> Vec<String> {
    match instruction.keyword {
        Keyword::Copy | Keyword::Add => {
            instruction.flag("from").and_then(|flag| flag.value()).map(str::to_owned).into_iter().collect()
        }
        Keyword::Run => Mount::all(instruction).into_iter().filter_map(|mount| mount.from).collect(),
        Keyword::Onbuild => instruction.trigger.as_deref().map(sources).unwrap_or_default(),
        _ => Vec::new(),
    }
}

impl Base {
    /// The reference of the image, if it is one.
    pub fn image(&self) -> Option<ImageRef<'_>> {
        match self {
            Base::Image(image) => Some(ImageRef::parse(image)),
            _ => None,
        }
    }
}

impl<'s> StageRun<'s> {
    /// The index of the instruction in the document.
    pub fn index(self) -> usize {
        self.index
    }

    /// The index of the stage.
    pub fn stage(self) -> usize {
        self.stage
    }

    /// The instruction itself.
    pub fn instruction(self) -> &'s Instruction {
        &self.stages.document.instructions()[self.index]
    }

    /// Whether the layer ends up in an image.
    pub fn in_image(self) -> bool {
        self.stages.all()[self.stage].in_image
    }

    /// The state in force while the step runs.
    pub fn state(self) -> State<'s> {
        State::new(self.stages, self.stage, self.index)
    }

    /// The mounts of the step.
    pub fn mounts(self) -> Vec<Mount> {
        Mount::all(self.instruction())
    }

    /// The shell script of the step; an error for exec form, other shells, and what the shell's grammar does not know.
    pub fn script(self) -> Result<ShellScript<'s>, NotUnderstood> {
        script::read(self, &self.stages.scripts)
    }

    /// The `RUN`s whose layers lie below this one: earlier ones of its stage, then those of the stages it starts from.
    pub fn earlier(self) -> impl Iterator<Item = StageRun<'s>> {
        let stages = self.stages;
        let parent = |stage: &usize| match stages.all()[*stage].base {
            Base::Stage(base) => Some(base),
            _ => None,
        };
        let below = std::iter::successors(parent(&self.stage), parent).flat_map(|stage| stages.runs_of(stage));
        stages.runs_of(self.stage).take_while(move |run| run.index < self.index).chain(below)
    }

    pub(crate) fn document(self) -> &'s Document {
        self.stages.document
    }
}
