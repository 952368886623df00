//! Where volumes lie.

use dopt_model::commands::paths::resolve;
use dopt_rewrite::Subject;
use dopt_syntax::dockerfile::Form;

/// The folders of a `VOLUME`; `None` where they are not absolute or not known.
pub(super) fn paths(subject: &Subject<'_>, index: usize) -> Option<Vec<String>> {
    let instruction = &subject.document().instructions()[index];
    let words = match &instruction.form {
        Form::Exec(words) => words.clone(),
        Form::Shell => {
            let text = instruction.arguments_text(subject.document().text());
            text.split_whitespace().map(str::to_owned).collect()
        }
    };
    let is_known = |word: &String| word.starts_with('/') && !word.contains('$');
    words.iter().all(is_known).then(|| words.iter().map(|word| resolve("/", word)).collect())
}
