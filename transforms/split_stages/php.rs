//! PHP: what Composer installs, and extensions that are compiled, in the same image again; there is none without compilers.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_model::{ComposerProject, Context, Family, ImageRef, Origin, User};
use dopt_rewrite::{NotSplit, Refusal};

use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};
use super::{carry, started};

pub(super) const STACK: Stack = Stack {
    triggers: &["composer", "docker-php-ext-install", "pecl install"],
    images: &["php"],
    compiles: false,
    plan,
};

const CAVEAT: &str = "A program that starts others (git, unzip …) in a way that its sources do not show does not find them any \
                      longer.";

/// Where the official images keep extensions, and the files that switch them on.
const EXTENSIONS: &[&str] = &["/usr/local/lib/php/extensions", "/usr/local/etc/php/conf.d"];

/// Packages that Composer fetches and unpacks with, itself among them.
const OF_COMPOSER: &[&str] = &[
    "composer", "git", "git-core", "unzip", "zip", "p7zip", "p7zip-full", "7zip", "mercurial", "subversion",
    "openssh-client", "wget", "curl",
];

/// What Composer and its installer are called.
const COMPOSER: &[&str] = &["composer", "composer.phar", "composer-setup.php"];

/// Programs that check a project, and leave nothing that it needs.
const CHECKS: &[&str] = &[
    "phpunit", "simple-phpunit", "pest", "phpstan", "psalm", "phpcs", "php-cs-fixer", "parallel-lint", "phpmd",
    "rector", "behat", "codecept", "phan",
];

/// Folders of the system that a script may write to.
const OUTSIDE: &[&str] = &["/var/", "/usr/", "/etc/", "/opt/", "/srv/", "/home/", "/root/", "/data", "/mnt/"];

#[derive(Default)]
struct Found {
    composes: bool,
    /// Whether a project may start what Composer needs.
    starts_tools: bool,
    compiles: bool,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let image = scene.image;
    let refuse = |why| scene.refuse(why);
    if image.familiar_name() != "php" || !matches!(image.family(), Family::Debian | Family::Alpine) {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    let mut found = Found::default();
    let mut leavings = Leavings::on_same_base(scene, &mut |call| found.read(scene, context, call))?;
    let commands = started::commands(scene);
    if commands.iter().flat_map(|text| started::words(text)).any(|word| COMPOSER.contains(&base_name(word))) {
        return Err(refuse(NotSplit::RuntimeShellout));
    }
    let has_tools = leave_tools_behind(scene, &found, &mut leavings, context).map_err(refuse)?;
    if !has_tools && !leavings.has_builders {
        return Err(refuse(NotSplit::NothingLeftBehind));
    }
    if !found.compiles {
        // Nothing was linked with the libraries behind them.
        leavings.headers.clear();
    }
    let stages = scene.subject.stages;
    let end = stages.state(scene.stage, stages.all()[scene.stage].body.end);
    if !carry::has_user(&end.user(), &leavings, &["www-data"]) {
        return Err(refuse(NotSplit::UserUnknown));
    }
    let mut paths = carry::paths(scene, &leavings)?;
    paths.retain(|path| !COMPOSER.contains(&base_name(path)) && !found.moves.removes(path));
    if found.compiles {
        paths.extend(EXTENSIONS.iter().map(|path| (*path).to_owned()));
        paths.sort();
        paths.dedup();
        let all = paths.clone();
        paths.retain(|path| !all.iter().any(|other| carry::is_below(path, other)));
    }
    let packages = carry::packages(&leavings, leavings.kept.clone(), image, &[], &["libc6-dev"]).map_err(refuse)?;
    let mut installed = match image.family() {
        Family::Alpine if packages.is_empty() => Vec::new(),
        Family::Alpine => vec![format!("RUN apk add --no-cache {}", packages.join(" "))],
        _ => carry::installation(&packages, leavings.is_spare || leavings.kept.is_empty()),
    };
    installed.extend(carry::ownership(scene, &leavings, &paths)?);
    Ok(Plan {
        last: leavings.last,
        base: written(image),
        prepared: Vec::new(),
        installed,
        finished: finished(scene, &leavings, &paths)?,
        carried: carry::carried(paths),
        restart: None,
        caveat: CAVEAT,
    })
}

/// Takes out of what goes on what only Composer needs; whether there was any of it.
fn leave_tools_behind(
    scene: &Scene<'_>,
    found: &Found,
    leavings: &mut Leavings,
    context: &Context,
) -> Result<bool, NotSplit> {
    if !found.composes || found.starts_tools {
        return Ok(false);
    }
    let needed = started::needed_packages(scene.subject, &started::commands(scene), context)?;
    let before = leavings.kept.len();
    let stays = |name: &String| !OF_COMPOSER.contains(&name.as_str()) || needed.contains(&name.as_str());
    leavings.kept.retain(stays);
    Ok(leavings.kept.len() < before)
}

/// What configures the image is done again, behind the variables that it may name.
fn finished(scene: &Scene<'_>, leavings: &Leavings, carried: &[String]) -> Result<Vec<String>, Refusal> {
    let mut commands = Vec::new();
    for replay in &leavings.replays {
        match replay.is_carried(carried) {
            Some(true) => {}
            Some(false) => commands.push(replay.text.as_str()),
            None => return Err(scene.refuse(NotSplit::UnknownArtefact)),
        }
    }
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    match scene.subject.stages.state(scene.stage, leavings.last + 1).user() {
        User::Root => Ok(vec![format!("RUN {}", commands.join(" && "))]),
        _ => Err(scene.refuse(NotSplit::UserUnknown)),
    }
}

fn written(image: ImageRef<'_>) -> String {
    let tag = image.tag.map_or_else(String::new, |tag| format!(":{tag}"));
    let digest = image.digest.map_or_else(String::new, |digest| format!("@{digest}"));
    format!("{}{tag}{digest}", image.name)
}

impl Found {
    /// Which folders a command fills; `None` where it is not one of PHP's.
    fn read(&mut self, scene: &Scene<'_>, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let nothing = Ok(Some(Vec::new()));
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        let is_composer = |word: &str| COMPOSER.contains(&base_name(word));
        match (call.invocation.program(), &words[..]) {
            ("composer" | "composer.phar", rest) => self.composer(scene, context, call, rest),
            ("php", ["-l" | "-v" | "-m" | "-i" | "--version" | "--ini", ..]) => nothing,
            ("php", ["-r", code, ..]) if code.contains("composer") => nothing,
            ("php", [script, ..]) if base_name(script) == "composer-setup.php" => nothing,
            ("php", [script, rest @ ..]) if is_composer(script) => self.composer(scene, context, call, rest),
            ("php", [script, ..]) if script.starts_with('-') => Err(unseen),
            ("php", [script, ..]) => script_folders(scene, context, call, script).map(Some).ok_or(unseen),
            ("docker-php-ext-install" | "docker-php-ext-configure" | "docker-php-ext-enable", _)
            | ("pecl", ["install" | "channel-update" | "update-channels", ..]) => {
                self.compiles = true;
                nothing
            }
            ("docker-php-source", _) => nothing,
            ("curl" | "wget", _) if words.iter().any(|word| word.contains("getcomposer.org")) => nothing,
            ("chmod", [_, paths @ ..]) if paths.iter().all(|path| is_composer(path)) => nothing,
            ("mv" | "ln", [.., from, _]) if is_composer(from) => nothing,
            (check, _) if CHECKS.contains(&check) => nothing,
            ("cp" | "mv" | "install", _) => self.moves.read(call),
            _ => Ok(None),
        }
    }

    fn composer(
        &mut self,
        scene: &Scene<'_>,
        context: &Context,
        call: &Call<'_>,
        words: &[&str],
    ) -> Result<Option<Vec<String>>, NotSplit> {
        let line = call.run.instruction().first_line;
        let unseen = NotSplit::WritesOutsideWorkdir { line };
        let mut folder = call.folder.clone();
        let mut rest = words.iter().copied();
        let mut operands = Vec::new();
        while let Some(word) = rest.next() {
            match word.split_once('=') {
                Some(("-d" | "--working-dir", to)) => folder = resolve(&call.folder, to),
                _ if matches!(word, "-d" | "--working-dir") => {
                    folder = resolve(&call.folder, rest.next().unwrap_or("."))
                }
                _ if word.starts_with('-') => {}
                _ => operands.push(word),
            }
        }
        match operands[..] {
            []
            | [
                "clear-cache"
                | "clearcache"
                | "cc"
                | "self-update"
                | "selfupdate"
                | "validate"
                | "diagnose"
                | "about"
                | "show"
                | "audit"
                | "check-platform-reqs",
                ..,
            ] => Ok(Some(Vec::new())),
            // It made older Composers faster.
            ["global", "require", "hirak/prestissimo"] => Ok(Some(Vec::new())),
            ["install" | "i" | "update" | "require" | "dump-autoload" | "dumpautoload" | "run-script" | "run", ..] => {
                let manifest = format!("{}/composer.json", folder.trim_end_matches('/'));
                let found = Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, &manifest);
                let Origin::Context(file) = found else { return Err(NotSplit::RequirementsUnknown { line }) };
                let project = ComposerProject::of_folder(context, file.trim_end_matches("composer.json"));
                let project = project.ok_or(NotSplit::RequirementsUnknown { line })?;
                if !project.stays_inside() {
                    return Err(unseen);
                }
                self.composes = true;
                self.starts_tools |= project.starts_tools();
                Ok(Some(vec![folder]))
            }
            _ => Err(unseen),
        }
    }
}

/// The folders that a script of the project may write to; `None` where that is not known.
fn script_folders(scene: &Scene<'_>, context: &Context, call: &Call<'_>, script: &str) -> Option<Vec<String>> {
    let path = resolve(&call.folder, script);
    let found = Origin::of(scene.subject.stages, (scene.stage, call.run.index()), context, &path);
    let Origin::Context(file) = found else { return None };
    let is_check = file.split('/').any(|part| ["test", "tests"].contains(&part));
    let is_framework = ["artisan", "bin/console"].contains(&file.as_str());
    let is_outside = |text: &str| {
        let names = OUTSIDE.iter().flat_map(|folder| ['"', '\''].map(|sign| format!("{sign}{folder}")));
        names.into_iter().any(|name| text.contains(&name)) || text.contains("'HOME'") || text.contains("\"HOME\"")
    };
    let is_known = is_framework || context.text(&file).is_some();
    let is_inside = !context.texts().any(|(path, text)| path.ends_with(".php") && is_outside(text));
    let beside = path[..path.rfind('/').unwrap_or(0)].to_owned();
    match (is_check, is_known && is_inside) {
        (true, _) => Some(Vec::new()),
        (false, true) => Some(vec![call.folder.clone(), beside]),
        _ => None,
    }
}
