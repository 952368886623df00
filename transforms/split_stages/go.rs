//! Go: `go build`, and a program that needs at most the C library.

use dopt_model::{Family, ImageRef};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use super::entry::Entry;
use super::files::Files;
use super::is_usual_user;
use super::stack::{Plan, Scene, Stack};
use super::steps::Steps;

pub(super) const STACK: Stack = Stack { triggers: &["go build"], images: &["golang"], compiles: true, plan };

const CAVEAT: &str = "A program that starts other programs (git, curl, go …), or reads files that only the build image has, \
                      does not find them any longer.";

const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where Go's library finds time zones that no package of the image has brought.
const TIME_ZONES: &str = "/usr/local/go/lib/time/zoneinfo.zip";

/// Images before this one had other contents.
const FIRST_KNOWN: (u32, u32) = (1, 11);

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let (subject, stage) = (scene.subject, scene.stage);
    let (stages, refuse) = (subject.stages, |why| scene.refuse(why));
    let is_old = scene.image.version().is_some_and(|version| version < FIRST_KNOWN);
    let is_official = scene.image.familiar_name() == "golang" && !is_old;
    if !is_official || !matches!(scene.image.family(), Family::Debian | Family::Alpine) {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let entry = Entry::of(stages, stage).map_err(refuse)?;
    let steps = Steps::of(stages, stage)?;
    let files = Files::of(subject, stage, &steps)?;
    if !steps.build.writes(&entry.program, scene.context()?) {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    if files.meets_volume(&entry.program) {
        return Err(refuse(NotSplit::VolumeUnderBuild));
    }
    let base = runtime_base(scene, &steps, &entry).map_err(refuse)?;
    let mut carried = Vec::new();
    if !base.has_certificates {
        carried.push(CERTIFICATES.to_owned());
    }
    if !base.has_time_zones {
        carried.push(TIME_ZONES.to_owned());
    }
    carried.extend(files.carried.iter().cloned());
    if !files.holds(&entry.program) {
        carried.push(entry.program.clone());
    }
    Ok(Plan {
        last: steps.last,
        base: base.image,
        prepared: Vec::new(),
        installed: Vec::new(),
        carried: carried.into_iter().map(Carried::at).collect(),
        finished: Vec::new(),
        caveat: CAVEAT,
    })
}

/// What the new stage starts from.
struct RuntimeBase {
    image: String,
    has_certificates: bool,
    has_time_zones: bool,
}

fn runtime_base(scene: &Scene<'_>, steps: &Steps, entry: &Entry) -> Result<RuntimeBase, NotSplit> {
    let (wanted, image): (SplitBase, ImageRef<'_>) = (scene.wanted(), scene.image);
    let bare = |image: String| RuntimeBase { image, has_certificates: false, has_time_zones: false };
    if !is_usual_user(&entry.user) {
        return Err(NotSplit::UserUnknown);
    }
    if wanted == SplitBase::Minimal && steps.is_static && !entry.needs_shell {
        let image = "gcr.io/distroless/static-debian12".to_owned();
        return Ok(RuntimeBase { image, has_certificates: true, has_time_zones: true });
    }
    if image.family() == Family::Alpine {
        return Ok(bare(format!("alpine:{}", image.alpine_release().unwrap_or("3"))));
    }
    let release = match image.debian_release() {
        Some(release) => release,
        // What needs no library runs on any of them.
        None if steps.is_static => "bookworm",
        None => return Err(NotSplit::ReleaseUnknown),
    };
    match wanted {
        SplitBase::Same => Ok(RuntimeBase { has_certificates: true, ..bare(format!("buildpack-deps:{release}-scm")) }),
        _ => Ok(bare(format!("debian:{release}-slim"))),
    }
}
