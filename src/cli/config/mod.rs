//! What the user chose: command line over environment over `dopt.toml` over default.

mod file;
mod lookup;
mod mistake;

use std::path::{Path, PathBuf};

use dopt_rewrite::{Options, Settings, Strategies, Transform};
use ignore::gitignore::Gitignore;

use crate::args::{self, RuleArgs};
use crate::contexts;
use file::FileConfig;

pub use lookup::Configs;
pub use mistake::Mistake;

/// The choices of the command line that a file may not override.
#[derive(Debug)]
pub struct Overrides<'a> {
    /// The options that all commands share.
    pub rules: &'a RuleArgs,
    /// Whether unsafe fixes are wanted; `None` leaves it to the file.
    pub unsafe_fixes: Option<bool>,
}

/// The choices that count for one folder.
#[derive(Debug)]
pub struct Choices {
    transforms: Vec<&'static Transform>,
    unsafe_fixes: bool,
    inline_ignores: bool,
    settings: Settings,
    exclude: Option<Gitignore>,
    /// The configuration file they come from.
    pub origin: Option<PathBuf>,
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
        Choices {
            transforms: args::rules(select.as_deref(), &ignore),
            unsafe_fixes: overrides.unsafe_fixes.or(file.unsafe_fixes).unwrap_or_default(),
            inline_ignores: !cli.no_inline_ignore,
            settings: Settings {
                merge: cli.merge.map(Into::into).or(file.merge_runs).unwrap_or_default(),
                all_stages: cli.all_stages || file.all_stages.unwrap_or_default(),
                strategies: match cli.strategy {
                    Some(strategy) => Strategies { default: strategy.into(), own: Vec::new() },
                    None => file.strategies.unwrap_or_default(),
                },
                mounts: cli.allow_mounts || file.allow_mounts.unwrap_or_default(),
            },
            exclude: file.exclude,
            origin,
        }
    }

    /// What the rewriter wants to know.
    pub fn options(&self) -> Options<'_> {
        Options {
            transforms: &self.transforms,
            unsafe_fixes: self.unsafe_fixes,
            inline_ignores: self.inline_ignores,
            settings: self.settings.clone(),
        }
    }

    /// Whether the ignore files of contexts are worked on, too.
    pub fn writes_dockerignore(&self) -> bool {
        self.transforms.iter().any(|rule| rule.name == contexts::RULE)
    }

    /// Whether fixes that are not safe are wanted.
    pub fn unsafe_fixes(&self) -> bool {
        self.unsafe_fixes
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

fn is_matched(globs: &Gitignore, file: &Path) -> bool {
    let inside = file.strip_prefix(globs.path()).unwrap_or(file);
    let relative = inside.strip_prefix("/").unwrap_or(inside);
    globs.matched_path_or_any_parents(relative, false).is_ignore()
}
