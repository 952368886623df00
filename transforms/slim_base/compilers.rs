//! The images of compilers, in stages that only run what another stage has compiled.

use dopt_model::{Base, ContextFact, Family, ImageRef, Lacks};
use dopt_rewrite::Subject;
use dopt_syntax::dockerfile::Keyword;

use super::need::{IN_CONTAINERS, Needs};
use crate::split_stages::links_nothing;

/// Words that only the images of compilers give a meaning to.
const OWN: &[&str] =
    &["GOPATH", "GOROOT", "/go/", "/usr/local/go", "CARGO_HOME", "RUSTUP_HOME", "cargo", "GOLANG_VERSION"];

/// Whether an image has a compiler whose programs run without it.
pub(super) fn is_compiler(image: ImageRef<'_>) -> bool {
    ["golang", "rust"].contains(&image.familiar_name()) && image.family() == Family::Debian
}

/// Debian's slim image of the same release, where the stage compiles nothing and finds nothing of its own by the
/// variables of the image; no older one where the release is not known.
pub(super) fn without_compiler(subject: &Subject<'_>, stage: usize, image: ImageRef<'_>) -> Option<(String, Lacks)> {
    let (document, stages) = (subject.document(), subject.stages);
    let body = &document.instructions()[stages.all()[stage].body.clone()];
    let file = document.text();
    let is_fed = body.iter().any(|found| found.flag("from").is_some());
    if stage == 0 || !is_fed || !is_compiler(image) || image.tag_has("onbuild") || file.contains("-dev") {
        return None;
    }
    if body.iter().any(|found| OWN.iter().any(|word| found.range.of(file).contains(word))) {
        return None;
    }
    let is_at_home = is_at_home(subject, stage)?;
    if image.familiar_name() == "golang" && !is_at_home {
        return None;
    }
    // The whole image has libraries that another stage may have linked.
    let compiles_with = |base: &Base| base.image().is_some_and(|found| found.familiar_name() == "rust");
    let is_of_rust = image.familiar_name() == "rust" || stages.all().iter().any(|found| compiles_with(&found.base));
    match &subject.facts.context {
        ContextFact::Known(context) if is_of_rust => {
            let mut locks = context.texts().filter(|(path, _)| path.ends_with("Cargo.lock")).peekable();
            locks.peek()?;
            locks.all(|(_, text)| links_nothing(text)).then_some(())?;
        }
        ContextFact::Unknown if is_of_rust => return None,
        _ => {}
    }
    let release = image.debian_release().unwrap_or("stable");
    Some((format!("debian:{release}-slim"), Lacks::BuildTools { certificates: true }))
}

/// Whether a stage names the folder that it works in before anything happens there; `None` where nothing does.
pub(super) fn is_at_home(subject: &Subject<'_>, stage: usize) -> Option<bool> {
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[stage].body.clone()];
    let acts = [Keyword::Workdir, Keyword::Run, Keyword::Copy, Keyword::Add, Keyword::Cmd, Keyword::Entrypoint];
    let first = body.iter().find(|found| acts.contains(&found.keyword))?;
    Some(first.keyword == Keyword::Workdir && first.arguments_text(document.text()).starts_with('/'))
}

/// What programs look up in an image without starting anything: authorities, and time zones.
pub(super) fn data(subject: &Subject<'_>, stage: usize, needs: &mut Needs<'_>) {
    let ContextFact::Known(context) = &subject.facts.context else { return };
    let says = |words: &[&str]| {
        let is_source = |path: &str| [".go", ".rs", "Cargo.lock"].iter().any(|end| path.ends_with(end));
        context.texts().any(|(path, text)| is_source(path) && words.iter().any(|word| text.contains(word)))
    };
    let end = subject.stages.all()[stage].body.end;
    if says(&["net/http", "crypto/tls", "https", "native-tls", "rustls", "openssl"]) {
        needs.need_package("ca-certificates", IN_CONTAINERS);
    }
    let is_set = subject.stages.state(stage, end).variable("TZ") != dopt_model::Value::Unset;
    if is_set || says(&["LoadLocation", "zoneinfo", "chrono", "localtime"]) {
        needs.need_package("tzdata", IN_CONTAINERS);
    }
}
