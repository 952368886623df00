//! A piece of advice where an image is as small as its distribution has it: the variant of Alpine.

use dopt_model::{Base, ImageRef};
use dopt_rewrite::{Fix, Safety, Subject};
use dopt_syntax::dockerfile::Keyword;

const CAVEAT: &str = "Its C library is musl: what was compiled for Debian (wheels of Python, modules of Node, programs that \
                      are downloaded) does not run there, names are looked up in another way, and neither apt nor Bash is \
                      there. Only a build and a test of yours can tell.";

/// Words of steps and scripts that are at home on Debian alone.
const OF_DEBIAN: &[&str] = &["apt", "dpkg", "bash", "useradd", "groupadd", "install-php-extensions", "a2enmod"];

/// The advice for the image that a stage starts from.
pub(super) fn advice(subject: &Subject<'_>, stage: usize, image: ImageRef<'_>) -> Option<Fix> {
    let tag = image.alpine_variant()?;
    let document = subject.document();
    let found = &subject.stages.all()[stage];
    let is_alone = subject.stages.children(stage).is_empty() && matches!(found.base, Base::Image(_));
    let mut body = document.instructions()[found.body.clone()].iter();
    let is_of_debian = body.any(|instruction| {
        let text = instruction.arguments_text(document.text());
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        // What another stage has compiled may need the C library of that one.
        instruction.flag("from").is_some()
            || instruction.keyword == Keyword::Onbuild
            || words.any(|word| OF_DEBIAN.contains(&word) || word.starts_with("apt-"))
    });
    let from = &document.instructions()[found.from];
    let is_written = from.arguments_text(document.text()).split_whitespace().any(|word| ImageRef::parse(word) == image);
    let is_wanted = is_alone && !is_of_debian && is_written && !subject.is_suppressed(found.from);
    is_wanted.then(|| Fix {
        title: format!("{}:{tag} would be smaller still", image.name).into(),
        at: from.range,
        safety: Safety::Advice { caveat: CAVEAT },
        effects: Vec::new(),
        edits: Vec::new(),
    })
}
