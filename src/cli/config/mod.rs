//! What the user chose: command line over environment over `dopt.toml` over default.

mod file;
mod lookup;
mod mistake;
mod pin;
mod schema;

use std::path::{Path, PathBuf};

use dopt_model::{Facts, ImageName};
use dopt_registry as registry;
use dopt_rewrite::{ImageGlob, NonRoot, Options, Pinning, Settings, Strategies, Transform};
use dopt_transforms::{CATALOG, ON_DEMAND, edition_of};
use ignore::gitignore::Gitignore;

use crate::args::{self, RuleArgs};
use crate::contexts;
use crate::pins::{PinArgs, PinChoice};
use file::FileConfig;
use pin::PinConfig;

pub use lookup::Configs;
pub use mistake::Mistake;
pub use schema::schema;

/// The choices of the command line that a file may not override.
#[derive(Debug)]
pub struct Overrides<'a> {
    /// The options that all commands share.
    pub rules: &'a RuleArgs,
    /// Whether unsafe fixes are wanted; `None` leaves it to the file.
    pub unsafe_fixes: Option<bool>,
    /// Whether and how images are pinned.
    pub pins: &'a PinArgs,
    /// Whether advice is listed, too, that most files would get.
    pub lists_all: bool,
}

/// The choices that count for one folder.
#[derive(Debug)]
pub struct Choices {
    transforms: Vec<&'static Transform>,
    unsafe_fixes: bool,
    inline_ignores: bool,
    settings: Settings,
    exclude: Option<Gitignore>,
    undo: bool,
    /// How digests are found, where images are pinned.
    pub pins: Option<PinChoices>,
    /// The configuration file they come from.
    pub origin: Option<PathBuf>,
    /// The folder that is built, where it was named.
    pub context: Option<PathBuf>,
}

/// How digests are found.
#[derive(Debug)]
pub struct PinChoices {
    /// Whether the run fails where a registry does not tell.
    pub required: bool,
    /// Whether no registry is asked.
    pub offline: bool,
    /// What is asked, and how.
    pub network: registry::Settings,
}

impl Choices {
    /// `--select` replaces what the file selects and ignores; `--ignore` comes on top of either.
    fn new(overrides: &Overrides<'_>, file: FileConfig, origin: Option<PathBuf>) -> Choices {
        let cli = overrides.rules;
        let mut ignore = cli.ignore.clone();
        let select = match &cli.select {
            Some(select) => Some(select.clone()),
            None => {
                ignore.extend(file.ignore.unwrap_or_default());
                file.select
            }
        };
        let file_pin = file.pin.unwrap_or_default();
        let pin = pin_choice(overrides, select.as_deref(), &ignore, &file_pin);
        let mut transforms = args::rules(select.as_deref(), &ignore);
        // Who names a transform wants it, whenever it came.
        if let (Some(edition), None) = (file.edition, &select) {
            transforms.retain(|rule| is_of(edition_of(rule), edition));
        }
        if pin != PinChoice::Off {
            transforms.extend(ON_DEMAND);
        }
        let chosen = |rule: &&&Transform| {
            let is_listed = transforms.iter().any(|found| found.name == rule.name);
            is_listed && (pin != PinChoice::Off || !is_on_demand(rule))
        };
        let transforms = CATALOG.iter().filter(chosen).copied().collect();
        let settings = Settings {
            merge: cli.merge.map(Into::into).or(file.merge_runs).unwrap_or_default(),
            all_stages: cli.all_stages || file.all_stages.unwrap_or_default(),
            strategies: match cli.strategy {
                Some(strategy) => Strategies { default: strategy.into(), own: Vec::new() },
                None => file.strategies.unwrap_or_default(),
            },
            mounts: cli.allow_mounts || file.allow_mounts.unwrap_or_default(),
            pin: (pin != PinChoice::Off).then(|| pinning(overrides.pins, &file_pin)),
            split: file.split_base.unwrap_or_default(),
            non_root: match &select {
                Some(select) if select.iter().any(|rule| rule.name == "non-root") => NonRoot::Wanted,
                _ if overrides.lists_all => NonRoot::Told,
                _ => NonRoot::Silent,
            },
            tells_commonplace: overrides.lists_all,
        };
        let lookup = &overrides.pins.lookup;
        let pins = (pin != PinChoice::Off).then(|| PinChoices {
            required: pin == PinChoice::Required,
            offline: lookup.offline,
            network: network(overrides.pins, file_pin),
        });
        Choices {
            transforms,
            unsafe_fixes: overrides.unsafe_fixes.or(file.unsafe_fixes).unwrap_or_default(),
            inline_ignores: !cli.no_inline_ignore,
            settings,
            exclude: file.exclude,
            undo: file.undo.unwrap_or(true),
            pins,
            origin,
            context: cli.context.clone(),
        }
    }

    /// Whether other images may come into the files, which have to be looked up, too.
    pub fn chooses_bases(&self) -> bool {
        self.unsafe_fixes && self.transforms.iter().any(|rule| ["split-stages", "slim-base"].contains(&rule.name))
    }

    /// The same for the transforms alone that want to know what others have to look up.
    pub fn questioning<'o>(&'o self, facts: &'o Facts) -> Options<'o> {
        Options { transforms: ON_DEMAND, ..self.options(facts) }
    }

    /// What the rewriter wants to know.
    pub fn options<'o>(&'o self, facts: &'o Facts) -> Options<'o> {
        Options {
            transforms: &self.transforms,
            unsafe_fixes: self.unsafe_fixes,
            inline_ignores: self.inline_ignores,
            settings: self.settings.clone(),
            facts,
        }
    }

    /// The same without unsafe fixes.
    pub fn safe_options<'o>(&'o self, facts: &'o Facts) -> Options<'o> {
        Options { unsafe_fixes: false, ..self.options(facts) }
    }

    /// Whether the digest of an image is to be looked up anew.
    pub fn updates(&self, image: &ImageName) -> bool {
        self.settings.pin.as_ref().is_some_and(|pinning| pinning.updates(image))
    }

    /// Whether the ignore files of contexts are worked on, too.
    pub fn writes_dockerignore(&self) -> bool {
        self.transforms.iter().any(|rule| rule.name == contexts::RULE)
    }

    /// Whether fixes that are not safe are wanted.
    pub fn unsafe_fixes(&self) -> bool {
        self.unsafe_fixes
    }

    /// Whether what is replaced is kept.
    pub fn keeps_undo(&self) -> bool {
        self.undo
    }

    /// Whether comments in files count.
    pub fn reads_comments(&self) -> bool {
        self.inline_ignores
    }

    /// Whether `exclude` covers a file that was found in a folder.
    pub fn excludes(&self, absolute: impl FnOnce() -> PathBuf) -> bool {
        self.exclude.as_ref().is_some_and(|globs| is_matched(globs, &absolute()))
    }
}

/// Whether an edition came no later than another. They are named so that they sort.
fn is_of(edition: &str, newest: &str) -> bool {
    edition <= newest
}

fn is_on_demand(rule: &Transform) -> bool {
    ON_DEMAND.iter().any(|found| found.name == rule.name)
}

/// `--pin` counts before `--select`, and that before the file; `--ignore` counts wherever `--pin` is not said.
fn pin_choice(
    overrides: &Overrides<'_>,
    select: Option<&[&'static Transform]>,
    ignore: &[&'static Transform],
    file: &PinConfig,
) -> PinChoice {
    let is_selected = select.is_some_and(|select| select.iter().any(|rule| is_on_demand(rule)));
    let by_default = file.by_default.unwrap_or(if is_selected { PinChoice::On } else { PinChoice::Off });
    match overrides.pins.pin {
        Some(choice) => choice,
        None if ignore.iter().any(|rule| is_on_demand(rule)) => PinChoice::Off,
        None if is_selected && by_default == PinChoice::Off => PinChoice::On,
        // Who selects others only does not want this one.
        None if overrides.rules.select.is_some() && !is_selected => PinChoice::Off,
        None => by_default,
    }
}

fn pinning(args: &PinArgs, file: &PinConfig) -> Pinning {
    let max_age = args.lookup.max_age.or(file.max_age);
    Pinning {
        policies: file.policies.clone(),
        contexts: file.contexts.clone(),
        platforms: file.platforms.clone(),
        update: args.lookup.update.iter().flatten().map(ImageGlob::new).collect(),
        max_age: max_age.map(|age| age.as_secs()),
    }
}

fn network(args: &PinArgs, file: PinConfig) -> registry::Settings {
    let usual = registry::Settings::default();
    registry::Settings {
        mirrors: file.mirrors,
        insecure: file.insecure,
        ca_files: file.ca_files,
        timeout: file.timeout.unwrap_or(usual.timeout),
        jobs: usize::from(args.lookup.registry_jobs),
    }
}

fn is_matched(globs: &Gitignore, file: &Path) -> bool {
    let inside = file.strip_prefix(globs.path()).unwrap_or(file);
    let relative = inside.strip_prefix("/").unwrap_or(inside);
    globs.matched_path_or_any_parents(relative, false).is_ignore()
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn who_names_an_edition_sees_nothing_that_came_later() {
        assert!(is_of("2026", "2026") && is_of("2026", "2027"));
        assert!(!is_of("2027", "2026"));
    }
}
