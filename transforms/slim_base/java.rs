//! The image with the runtime of Java, in place of one with the kit: whether there is one, and whether what else the
//! stage does is the same there.

use dopt_model::commands::Invocation;
use dopt_model::commands::managers::{self, Action};
use dopt_model::{ImageRef, JavaProject, Lacks, StageRun, User, is_package_of_all, makes_account_alike, names_kit};
use dopt_rewrite::{NotPinned, NotSlim, Refusal, Subject, Why};
use dopt_syntax::dockerfile::{Form, Keyword};
use dopt_syntax::shell::{self, Dialect, SimpleCommand};

use super::compilers::is_at_home;
use super::need::{IntoWhy, Needs};
use crate::split_stages::is_on_every_system;

/// Where distributions keep Java, and what says which one it is.
const PLACES: &[&str] =
    &["/usr/java", "/usr/local/openjdk", "/usr/lib/jvm", "/opt/java", "JAVA_VERSION", "/home/gradle"];

/// The programs of a runtime, and what its image has besides.
const PRESENT: &[&str] = &["java", "keytool", "curl", "wget", "fc-cache"];

/// The reference; `None` where other transforms have said that the stage is more than a start of Java.
pub(super) fn runtime(subject: &Subject<'_>, stage: usize, image: ImageRef<'_>) -> Result<Option<String>, Refusal> {
    let from = &subject.document().instructions()[subject.stages.all()[stage].from];
    let refuse = |why| Refusal::new(from.range, why);
    if from.range.of(subject.document().text()).contains('$') && image.tag.is_none_or(|tag| tag.contains('$')) {
        return Err(refuse(Why::NotPinned(NotPinned::PartIsVariable)));
    }
    let needs = Needs::of(subject, stage, Lacks::JavaTools).map_err(refuse)?;
    if needs.context.is_some_and(JavaProject::uses_kit) {
        let (line, tool) = (from.first_line, "javac".to_owned());
        return Err(refuse(NotSlim::NeedsBuildTool { line, tool }.into_why()));
    }
    let document = subject.document();
    let bodies = subject.stages.all().iter().enumerate().filter(|(stage, _)| needs.is_made_slim(*stage));
    let mut all = bodies.flat_map(|(_, found)| &document.instructions()[found.body.clone()]);
    if let Some(found) = all.find(|found| names_kit(found.range.of(document.text()))) {
        let (line, tool) = (found.first_line, "the whole kit".to_owned());
        return Err(refuse(NotSlim::NeedsBuildTool { line, tool }.into_why()));
    }
    let Some(runtime) = image.java_runtime() else { return Err(refuse(NotSlim::NoRuntimeImage.into_why())) };
    if image.familiar_name() == "gradle" && is_at_home(subject, stage) != Some(true) {
        return Err(refuse(NotSlim::OtherSystem { line: from.first_line }.into_why()));
    }
    let brings_more = ["maven", "gradle"].contains(&image.familiar_name());
    if runtime.moves || brings_more {
        (0..subject.stages.all().len())
            .filter(|stage| needs.is_made_slim(*stage))
            .try_for_each(|stage| stays(subject, stage, runtime.moves))
            .map_err(refuse)?;
    }
    Ok(Some(runtime.reference))
}

/// Whether all instructions of a stage do the same on another distribution.
fn stays(subject: &Subject<'_>, stage: usize, moves: bool) -> Result<(), Why> {
    let (document, stages) = (subject.document(), subject.stages);
    let mut made = vec!["root".to_owned()];
    // Its image has a user of that name.
    let is_of_gradle = stages.all()[stage].base.image().is_some_and(|image| image.familiar_name() == "gradle");
    for index in stages.all()[stage].body.clone() {
        let instruction = &document.instructions()[index];
        let text = instruction.range.of(document.text());
        let is_known = |owner: &str, made: &[String]| {
            made.iter().any(|name| name == owner)
                || !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit())
        };
        let chown = instruction.flag("chown").and_then(|flag| flag.value());
        let is_same = match instruction.keyword {
            Keyword::Run if moves => stages.run(stage, index).is_none_or(|run| is_plain(&run, &mut made)),
            Keyword::User => match stages.state(stage, index + 1).user() {
                User::Other(name) => name == "nobody" || name.split(':').all(|name| is_known(name, &made)) || !moves,
                User::Root => true,
                User::Unknown => false,
            },
            Keyword::Shell => !moves,
            _ => !moves || chown.is_none_or(|owner| owner.split(':').all(|owner| is_known(owner, &made))),
        };
        if !is_same || PLACES.iter().any(|place| text.contains(place)) || is_of_gradle && text.contains("gradle") {
            return Err(NotSlim::OtherSystem { line: instruction.first_line }.into_why());
        }
    }
    Ok(())
}

/// Whether a step runs nothing but what every distribution has; notes the users that it makes.
fn is_plain(run: &StageRun<'_>, made: &mut Vec<String>) -> bool {
    if let Form::Exec(words) = &run.instruction().form {
        return words.first().is_some_and(|program| is_on_every_system(program));
    }
    let Ok(script) = run.script() else { return false };
    script.all_commands().into_iter().all(|command| runs_plain(command, script.text(), made, 0))
}

fn runs_plain(command: &SimpleCommand, text: &str, made: &mut Vec<String>, depth: usize) -> bool {
    let Some(call) = Invocation::of(command, text) else { return command.words.is_empty() };
    let words: Vec<Option<String>> =
        call.arguments().iter().map(|word| word.literal(text).map(|word| word.into_owned())).collect();
    let name = call.program();
    if call.path.contains('/') {
        return false;
    }
    let plain: Option<Vec<&str>> = words.iter().map(Option::as_deref).collect();
    match (managers::action(&call), plain.as_deref()) {
        (Some((manager, action)), _) if manager.name == "apt" => match action {
            Action::Install(packages) => plain.is_some() && packages.iter().all(|package| is_package_of_all(package)),
            Action::Update | Action::Clean => true,
            _ => false,
        },
        (_, Some(words)) if makes_account_alike(&[&[name], words].concat()) => {
            made.extend(words.last().map(|name| (*name).to_owned()));
            true
        }
        (_, Some([option, inner])) if ["sh", "bash"].contains(&name) => {
            let is_command = option.starts_with('-') && option.ends_with('c') && depth < 2;
            let Some(script) = shell::parse(inner, Dialect::Bash).ok().filter(|_| is_command) else { return false };
            let mut is_so = true;
            script.walk(&mut |command| is_so &= runs_plain(command, inner, made, depth + 1));
            is_so
        }
        _ => !["sh", "bash", "dash", "ash"].contains(&name) && is_on_every_system(name) || PRESENT.contains(&name),
    }
}
