//! # label-maintainer
//!
//! Names the maintainer in a label. `MAINTAINER` is deprecated, and nothing but `docker inspect` shows what it says.
//!
//! ```dockerfile before
//! FROM debian:12
//! MAINTAINER Jane Doe <jane@example.com>
//! ```
//! ```dockerfile after
//! FROM debian:12
//! LABEL maintainer="Jane Doe <jane@example.com>"
//! ```
//!
//! `MAINTAINER` expands no variables, so the label's text is quoted where that needs it. Quotes around all of it, which
//! `MAINTAINER` took for a part of the name, go:
//!
//! ```dockerfile before
//! FROM debian:12 AS tools
//! MAINTAINER "Jane Doe"
//! FROM debian:12
//! MAINTAINER Jane "$Jane" Doe
//! ```
//! ```dockerfile after
//! FROM debian:12 AS tools
//! LABEL maintainer="Jane Doe"
//! FROM debian:12
//! LABEL maintainer='Jane "$Jane" Doe'
//! ```
//!
//! **Safe**: the image's field `Author` becomes its label `maintainer`, and nothing else changes. A label that the file
//! has set already is not set again:
//!
//! ```dockerfile refused: label-exists
//! FROM debian:12
//! MAINTAINER Jane Doe
//! LABEL maintainer="The tools team"
//! ```

use dopt_model::{Base, Stage};
use dopt_rewrite::{Edit, Effect, Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::Document;
use dopt_syntax::dockerfile::{self, Instruction, Keyword};

pub const TRANSFORM: Transform = Transform {
    name: "label-maintainer",
    summary: "name the maintainer in a label instead of a deprecated field",
    manual: include_str!("label_maintainer.rs"),
    aliases: &["DL4000", "MaintainerDeprecated"],
    triggers: &["MAINTAINER", "maintainer", "Maintainer"],
    joint: true,
    never_safe: false,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut labelled = Vec::new();
    let mut proposals = Vec::new();
    for stage in subject.stages.all() {
        // A label of the stage that it starts from would be overwritten too.
        let inherited = matches!(stage.base, Base::Stage(base) if labelled[base]);
        let instructions = subject.document().instructions();
        labelled.push(
            inherited || instructions[stage.body.clone()].iter().any(|found| sets_label(found, subject.document())),
        );
        let is_labelled = labelled[labelled.len() - 1];
        proposals.extend(stage.body.clone().filter_map(|index| label(subject, stage, index, is_labelled).transpose()));
    }
    proposals
}

fn label(subject: &Subject<'_>, stage: &Stage, index: usize, is_labelled: bool) -> Result<Option<Fix>, Refusal> {
    let document = subject.document();
    let instruction = &document.instructions()[index];
    let is_plain = instruction.flags.is_empty() && !instruction.range.of(document.text()).contains('\n');
    if instruction.keyword != Keyword::Maintainer || !is_plain {
        return Ok(None);
    }
    if is_labelled {
        return Err(Refusal::new(instruction.range, Why::LabelExists));
    }
    let name = without_quotes(instruction.arguments_text(document.text()));
    let pair = format!("maintainer={}", dockerfile::quoted(name, document.escape()));
    let keyword = if instruction.keyword_range.of(document.text()).starts_with('m') { "label" } else { "LABEL" };
    // What was in a column stays in it.
    let column = column(instruction);
    let width = if column == self::column(&document.instructions()[stage.from]) { column } else { keyword.len() + 1 };
    Ok(Some(Fix {
        title: "name the maintainer in a label".into(),
        at: instruction.range,
        safety: Safety::Safe,
        effects: vec![Effect::ChangesInstruction { instruction: index, after: format!("LABEL {pair}") }],
        edits: vec![Edit::replace(instruction.range, format!("{keyword:<width$}{pair}"))],
    }))
}

/// How far behind the start of the keyword the arguments stand.
fn column(instruction: &Instruction) -> usize {
    instruction.arguments.start()
}

fn sets_label(instruction: &Instruction, document: &Document) -> bool {
    let text = instruction.logical.text(document.text());
    instruction.keyword == Keyword::Label
        && dockerfile::pairs(instruction, document.text(), document.escape())
            .iter()
            .any(|pair| pair.name.of(text).trim_matches(['"', '\'']) == "maintainer")
}

fn without_quotes(name: &str) -> &str {
    let inside = |quote: char| {
        let inside = name.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inside.is_empty() && !inside.contains(quote)).then_some(inside)
    };
    inside('"').or_else(|| inside('\'')).unwrap_or(name)
}
