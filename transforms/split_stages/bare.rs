//! Images without a shell and packages: what may run in them, and which accounts it takes along. Static programs need
//! nothing of an image, others the C library and what compilers link with it.

use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use super::carry;
use super::compiled;
use super::leavings::Leavings;
use super::stack::Scene;

const STATIC: &str = "gcr.io/distroless/static-debian12";

/// The C library of bookworm, and the libraries of its compilers.
const LINKED: &str = "gcr.io/distroless/cc-debian12";

/// The image, where nothing but what was built runs in it; `needs_libraries` says whether that is linked with them.
pub(super) fn image(
    scene: &Scene<'_>,
    leavings: &Leavings,
    needs_shell: bool,
    needs_libraries: bool,
) -> Option<&'static str> {
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end).user();
    let has_user = match leavings.users.is_empty() {
        true => compiled::is_usual_user(scene),
        false => {
            leavings.users.iter().all(|command| makes_no_home(command)) && carry::has_user_of_name(&end, leavings, &[])
        }
    };
    let is_alone = leavings.kept.is_empty() && leavings.marked.is_empty() && has_user && !needs_shell;
    match needs_libraries {
        _ if scene.wanted != SplitBase::Minimal || !is_alone => None,
        false => Some(STATIC),
        true => (scene.image.debian_release() == Some("bookworm")).then_some(LINKED),
    }
}

/// The lists of accounts, in place of the step that would make them. Refuses where the second stage needs another step.
pub(super) fn accounts(
    scene: &Scene<'_>,
    leavings: &Leavings,
    installed: &mut Vec<String>,
) -> Result<Vec<Carried>, Refusal> {
    let made = format!("RUN {}", leavings.users.join(" && "));
    match &std::mem::take(installed)[..] {
        [] => Ok(Vec::new()),
        [only] if *only == made => Ok(["/etc/passwd", "/etc/group"].map(Carried::at).to_vec()),
        _ => Err(scene.refuse(NotSplit::AptRuntimeLibsUnknown { line: scene.line() })),
    }
}

/// Whether a command makes an account, or a group, and no folder for it.
fn makes_no_home(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let has = |short: char, long: &str| {
        let is_short = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains(short);
        words[1..].iter().any(|word| *word == long || is_short(word))
    };
    match words.first() {
        Some(&("groupadd" | "addgroup")) => true,
        Some(&"useradd") => !has('m', "--create-home"),
        Some(&"adduser") => has('H', "--no-create-home"),
        _ => false,
    }
}
