//! What a transform is, and what it sees.

use std::cell::OnceCell;

use dopt_model::{Facts, Service, StageRun, Stages};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::Instruction;

use crate::suppress::Suppressions;
use crate::{Proposal, Settings, Style};

/// A rule that proposes edits. It has no state, so it is a value and not a trait.
pub struct Transform {
    /// The name that users write: a verb and its object, `clean-apt`.
    pub name: &'static str,
    /// Half a sentence in the imperative.
    pub summary: &'static str,
    /// The manual page: the header of the transform's own file.
    pub manual: &'static str,
    /// The same rule in other tools, whose suppress comments count too: `DL3009`.
    pub aliases: &'static [&'static str],
    /// The transform is not asked about a file that has none of these words.
    pub triggers: &'static [&'static str],
    /// Whether its fixes can be applied together with those of its neighbours in the catalog that say the same: none
    /// of them has to see what the others do to other instructions.
    pub joint: bool,
    /// Whether none of its fixes is ever safe. Where unsafe ones are not wanted, it is asked about the last text only.
    pub never_safe: bool,
    /// Looks at the whole file and proposes, or refuses, once for every place.
    pub propose: fn(&Subject<'_>) -> Vec<Proposal>,
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transform({})", self.name)
    }
}

/// What a transform looks at: one state of one file.
#[derive(Debug)]
pub struct Subject<'s> {
    /// The stages of the file.
    pub stages: &'s Stages<'s>,
    /// What the user chose.
    pub settings: &'s Settings,
    /// What was looked up.
    pub facts: &'s Facts,
    pub(crate) suppressions: &'s Suppressions,
    pub(crate) transform: &'static Transform,
    /// The trigger words of the transform that the file may have.
    pub(crate) triggers: Vec<&'static str>,
    pub(crate) file_style: OnceCell<Style>,
}

impl<'s> Subject<'s> {
    /// The file.
    pub fn document(&self) -> &'s Document {
        self.stages.document()
    }

    /// The `RUN`s whose layers matter: those of images, or all where the user asked for all stages.
    pub fn runs(&self) -> impl Iterator<Item = StageRun<'s>> + use<'s> {
        let all = self.settings.all_stages;
        self.stages.runs().filter(move |run| all || run.in_image())
    }

    /// Whether a step has one of the words without which the transform has nothing to say.
    pub fn is_triggered(&self, run: StageRun<'_>) -> bool {
        let text = run.instruction().range.of(self.document().text());
        self.triggers.iter().any(|word| text.contains(word))
    }

    /// How the chains of an instruction are laid out, or, where it has none, those of the file.
    pub fn style(&self, instruction: &Instruction) -> Style {
        Style::of_instruction(self.document(), instruction)
            .unwrap_or_else(|| self.file_style.get_or_init(|| Style::of_file(self.document())).clone())
    }

    /// The services of compose files that are built from a stage.
    pub fn services(&self, stage: usize) -> impl Iterator<Item = &'s Service> + use<'s> {
        let all = self.stages.all();
        let (name, is_last) = (all[stage].name.clone(), stage + 1 == all.len());
        self.facts.services.iter().filter(move |service| match &service.target {
            Some(target) => name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(target)),
            None => is_last,
        })
    }

    /// The same with other facts.
    pub fn knowing<'a>(&'a self, facts: &'a Facts) -> Subject<'a> {
        let (stages, settings, triggers) = (self.stages, self.settings, self.triggers.clone());
        let Subject { suppressions, transform, .. } = *self;
        Subject { stages, settings, facts, suppressions, transform, triggers, file_style: OnceCell::new() }
    }

    /// Whether a comment forbids this transform at an instruction.
    pub fn is_suppressed(&self, instruction: usize) -> bool {
        self.suppressions.covers(self.transform, instruction)
    }

    /// Whether a comment forbids this transform in the whole file.
    pub fn is_suppressed_everywhere(&self) -> bool {
        self.suppressions.covers(self.transform, usize::MAX)
    }
}
