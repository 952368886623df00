//! What is asked of a kind of project: what builds, what is started, what that needs when it runs, and from which base.

use dopt_model::{Base, Context, ContextFact, ImageRef, Use};
use dopt_rewrite::{Carried, NotSplit, PartlyVariable, Refusal, Restart, SplitBase, Subject, Why};
use dopt_syntax::TextRange;
use dopt_syntax::dockerfile::{From, Keyword};

/// A kind of project: one file each, and a value in a list.
pub(super) struct Stack {
    /// A stage with none of these words in its steps is none of this kind. They are triggers of the transform, too.
    pub triggers: &'static [&'static str],
    /// What the names of images of the language have in them.
    pub images: &'static [&'static str],
    /// Whether the triggers build a program, and are not there to install packages as well.
    pub compiles: bool,
    /// Says how the stage is split, or why it is not.
    pub plan: fn(&Scene<'_>) -> Result<Plan, Refusal>,
}

/// The stage that is looked at: the last of its file, on an image, and what is known around it.
pub(super) struct Scene<'s> {
    /// The file, the settings and the facts.
    pub subject: &'s Subject<'s>,
    /// The stage.
    pub stage: usize,
    /// The image that it starts from, `ARG`s replaced.
    pub image: ImageRef<'s>,
    /// What the `FROM` says, where a variable stands for a part of the tag.
    pub variable: Option<PartlyVariable>,
    /// How small the base of the second stage may be.
    pub wanted: SplitBase,
    /// Where refusals that are about no other line point to.
    pub at: TextRange,
}

/// How a stage is split.
pub(super) struct Plan {
    /// The last instruction of the builder; no `RUN` stands behind it.
    pub last: usize,
    /// The image of the second stage.
    pub base: String,
    /// Instructions that the builder gets behind `last`.
    pub prepared: Vec<String>,
    /// Instructions that the second stage starts with.
    pub installed: Vec<String>,
    /// What it fetches from the builder.
    pub carried: Vec<Carried>,
    /// Instructions behind that.
    pub finished: Vec<String>,
    /// What containers start, where they built it themselves.
    pub restart: Option<Restart>,
    /// What has to be read before it is applied.
    pub caveat: &'static str,
}

impl<'s> Scene<'s> {
    /// Looks at a stage; refuses what no kind of project can split.
    pub fn of(subject: &'s Subject<'s>, stage: usize) -> Result<Scene<'s>, Refusal> {
        let (stages, document) = (subject.stages, subject.document());
        let from = &document.instructions()[stages.all()[stage].from];
        let refuse = |why| Refusal::new(from.range, Why::NotSplit(why));
        let Base::Image(written) = &stages.all()[stage].base else { return Err(refuse(NotSplit::SeveralStages)) };
        let image = ImageRef::parse(written);
        let depends = |text: &str| text.contains('$');
        if from.flags.iter().any(|flag| depends(&flag.text)) || written.contains('$') {
            return Err(refuse(NotSplit::BaseUnknown));
        }
        if image.tag_has("onbuild") {
            return Err(refuse(NotSplit::OnbuildBase));
        }
        let name = From::of(from, document.text());
        let is_variable = name.is_none_or(|name| depends(name.image.of(from.logical.text(document.text()))));
        let variable = PartlyVariable::of(subject, stage).filter(|_| is_variable);
        if is_variable && variable.is_none() {
            return Err(refuse(NotSplit::BaseUnknown));
        }
        let body = &document.instructions()[stages.all()[stage].body.clone()];
        if body.iter().any(|found| found.keyword == Keyword::Onbuild) {
            return Err(Refusal::new(from.range, Use::Trigger.into()));
        }
        Ok(Scene { subject, stage, image, variable, wanted: subject.settings.split, at: from.range })
    }

    /// How the base of a plan is written: with the variable of the `FROM`, where that has one.
    pub fn written_base(&self, base: &str) -> Option<String> {
        let Some(variable) = &self.variable else { return Some(base.to_owned()) };
        let version = base.rsplit_once(':').and_then(|(_, tag)| tag.split('-').next()).unwrap_or_default();
        let same = variable.beside_version().filter(|beside| match self.image.familiar_name() {
            // Their releases are not those of the distribution.
            "golang" | "rust" => true,
            // Nor that of Maven the one of Java.
            "maven" | "gradle" => beside.ends_with(&format!("-{version}")),
            _ => false,
        });
        let written = variable.written_as(base).or_else(|| variable.written_of_version(base));
        written.or_else(|| same.map(|_| base.to_owned()))
    }

    /// A reason that is about the stage as a whole.
    pub fn refuse(&self, why: NotSplit) -> Refusal {
        Refusal::new(self.at, Why::NotSplit(why))
    }

    /// What the folder that is built has; `None` where nobody can tell. Refuses where nobody has looked.
    pub fn context(&self) -> Result<Option<&'s Context>, Refusal> {
        match &self.subject.facts.context {
            ContextFact::Known(context) => Ok(Some(context)),
            ContextFact::Unknown => Ok(None),
            ContextFact::NotAsked => Err(self.refuse(NotSplit::ContextNotRead)),
        }
    }

    /// Whether a text stands behind a character that is no letter anywhere in the stage.
    pub fn says(&self, word: &str) -> bool {
        let document = self.subject.document();
        let body = &document.instructions()[self.subject.stages.all()[self.stage].body.clone()];
        body.iter().any(|found| {
            let text = found.range.of(document.text());
            text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
        })
    }

    /// The first line of the stage.
    pub fn line(&self) -> usize {
        let stage = &self.subject.stages.all()[self.stage];
        self.subject.document().instructions()[stage.from].first_line
    }
}
