//! Caches of package managers: who fills them, where they lie, and how a layer gets rid of them.
//!
//! One file of data for each kind of manager. apt, apk and pip have modules and transforms of their own.

mod compiled;
mod javascript;
mod python;
mod scripting;
mod system;

use super::managers::{self, Action};
use super::{Invocation, Subcommand};

/// How the cache of a package manager is filled, found and emptied.
#[derive(Debug)]
pub struct Cache {
    /// The name of the manager.
    pub name: &'static str,
    /// The programs that share it, without folder.
    pub programs: &'static [&'static str],
    /// The subcommands that fill it, of one word or two; the empty one where the program fills it without any.
    pub filled_by: &'static [&'static str],
    /// Whether what it does is said by its first option (`pacman -S`).
    option_is_subcommand: bool,
    /// Whether any operand is something to install (`cpanm Moose`).
    any_arguments: bool,
    /// Options whose value is a word of its own.
    value_options: &'static [&'static str],
    /// How a layer gets rid of it.
    pub remedy: Remedy,
    /// What is left to do where an earlier step has downloaded what all of them need, if there is anything.
    pub remedy_behind_others: Option<Remedy>,
    /// Words of a step that show that it is cared for already, or lies elsewhere.
    pub signs_of_care: &'static [&'static str],
    /// Where it lies; `~` is the home folder of whoever runs the program.
    pub folders: &'static [&'static str],
    /// Where a mount keeps it, if anywhere; `~` as above.
    pub mounts: &'static [&'static str],
    /// The images in which it is there for a mount; none where that does not depend on the image.
    pub mount_images: &'static [&'static str],
    /// Whether the manager does not bear another one beside it in the same cache.
    pub locks: bool,
    /// Words of later instructions that would miss it.
    pub missed_by: &'static [&'static str],
    /// Words of a command with which it downloads nothing.
    offline: &'static [&'static str],
    /// Subcommands that later work from it, any where the list is empty; `None` where nobody does.
    pub needed_by: Option<&'static [&'static str]>,
    /// Words of which the command has one, or nobody knows which program of that name it is.
    pub proven_by: &'static [&'static str],
    /// Words of which the step has one, or it cannot be emptied.
    pub needs_words: &'static [&'static str],
    /// The images that have it there; none where that does not depend on the image.
    pub needs_image: &'static [&'static str],
    /// The first version of the image that has the command which empties it.
    pub needs_version: Option<(u32, u32)>,
    /// The images that leave nothing behind anyway.
    pub careful_images: &'static [&'static str],
    /// Whether distributions older than 2015 have a program that does not know the remedy.
    pub too_new_for_ancient: bool,
}

/// How a layer gets rid of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The program empties it: the arguments behind the program.
    Command(&'static str),
    /// These files are deleted.
    Delete(&'static [&'static str]),
    /// A word behind the subcommand keeps it from being filled.
    Flag(&'static str),
    /// None: its files are those that were installed, by hard links.
    SharesFiles,
}

/// What most caches have in common.
const CACHE: Cache = Cache {
    name: "",
    programs: &[],
    filled_by: &[],
    option_is_subcommand: false,
    any_arguments: false,
    value_options: &[],
    remedy: Remedy::SharesFiles,
    remedy_behind_others: None,
    signs_of_care: &[],
    folders: &[],
    mounts: &[],
    mount_images: &[],
    locks: false,
    missed_by: &[],
    offline: &[],
    needed_by: None,
    proven_by: &[],
    needs_words: &[],
    needs_image: &[],
    needs_version: None,
    careful_images: &[],
    too_new_for_ancient: false,
};

/// The caches, the most frequent first.
pub const CACHES: &[Cache] = &[
    javascript::NPM,
    javascript::YARN,
    system::DNF,
    system::ZYPPER,
    python::CONDA,
    scripting::COMPOSER,
    scripting::GEM,
    scripting::BUNDLER,
    scripting::PECL,
    compiled::GO,
    compiled::MAVEN,
    compiled::CARGO,
    compiled::GRADLE,
    compiled::DOTNET,
    system::PACMAN,
    javascript::PNPM,
    javascript::BUN,
    python::POETRY,
    python::PIPENV,
    python::UV,
    python::PIPX,
    python::PDM,
    scripting::CPANM,
    scripting::CPAN,
    scripting::LITTLER,
];

/// What a command does to the cache of its package manager.
#[derive(Clone, Copy, Debug)]
pub enum Filling {
    /// It fills this cache. The word of the command behind which a flag can stand.
    Fills(&'static Cache, usize),
    /// It may fill it; which version of the program runs is not known.
    Unknown(&'static Cache),
    /// It may fill it; a word in front of the subcommand, or itself, is not known before the build.
    Unreadable(&'static Cache),
}

/// Looks whether a command fills a cache.
pub fn filling(invocation: &Invocation<'_>) -> Option<Filling> {
    let program = invocation.program();
    let cache = CACHES.iter().find(|cache| cache.programs.contains(&program))?;
    let at = match cache.subcommand(invocation) {
        Subcommand::Unreadable if cache.any_arguments => invocation.program_at,
        Subcommand::Unreadable => return Some(Filling::Unreadable(cache)),
        Subcommand::Missing if cache.any_arguments || !cache.filled_by.contains(&"") => return None,
        Subcommand::Missing => invocation.program_at,
        Subcommand::Named(at, _) if cache.any_arguments => at,
        Subcommand::Named(at, name) if cache.option_is_subcommand => {
            // `pacman -Sy` fetches an index only.
            let packages = invocation.operands(at + 1, cache.value_options).next().is_some() || name.contains('u');
            at + packages.then(|| cache.words_that_fill(invocation, at, &name)).flatten()?
        }
        Subcommand::Named(at, name) => at + cache.words_that_fill(invocation, at, &name)?,
    };
    let only_asks =
        ["--help", "--version", "-v", "--dry-run", "config"].iter().any(|word| invocation.has_argument(word));
    if only_asks {
        return None;
    }
    // A package manager that installs itself anew may not even run afterwards.
    let replaces_itself = matches!(cache.remedy, Remedy::Command(_))
        && invocation.arguments().iter().any(|word| {
            let source = word.range.of(invocation.text);
            source == program || source.strip_prefix(program).is_some_and(|rest| rest.starts_with('@'))
        });
    let proven = cache.proven_by.is_empty()
        || invocation.arguments().iter().any(|word| {
            let source = word.range.of(invocation.text);
            cache
                .proven_by
                .iter()
                .any(|sign| source == *sign || source.strip_prefix(sign).is_some_and(|r| r.starts_with('=')))
        });
    Some(if proven && !replaces_itself { Filling::Fills(cache, at) } else { Filling::Unknown(cache) })
}

/// The cache that a command fills through another program, whose words are not looked into.
pub fn hidden_filling(invocation: &Invocation<'_>) -> Option<&'static Cache> {
    let fills = |cache: &&Cache| {
        let of_program = |program: &str| {
            cache.filled_by.iter().any(|sub| !sub.is_empty() && invocation.hands_on(&format!("{program} {sub}")))
        };
        !matches!(cache.remedy, Remedy::SharesFiles) && cache.programs.iter().any(|program| of_program(program))
    };
    invocation.runs_others().then(|| CACHES.iter().find(fills)).flatten()
}

impl Cache {
    /// Whether a command works from what the cache holds, itself or through a program that it starts.
    pub fn is_needed_by(&self, invocation: &Invocation<'_>) -> bool {
        let Some(needing) = self.needed_by else { return false };
        if !self.programs.contains(&invocation.program()) {
            return self.programs.iter().any(|program| invocation.has_argument(program));
        }
        match self.subcommand(invocation) {
            Subcommand::Named(_, name) => needing.is_empty() || needing.contains(&name.as_ref()),
            Subcommand::Missing => needing.is_empty(),
            Subcommand::Unreadable => true,
        }
    }

    /// Whether a command of the manager has to find all that it needs in the cache.
    pub fn downloads_nothing(&self, invocation: &Invocation<'_>) -> bool {
        let source = invocation.command.range.of(invocation.text);
        self.programs.contains(&invocation.program())
            && source.split_whitespace().any(|word| self.offline.contains(&word))
    }

    fn subcommand<'a>(&self, invocation: &Invocation<'a>) -> Subcommand<'a> {
        if !self.option_is_subcommand {
            return invocation.subcommand(self.value_options);
        }
        let mut words = invocation.arguments().iter().enumerate();
        let option = words.find(|(_, word)| word.range.of(invocation.text).starts_with(['-', '$']));
        match option {
            None => Subcommand::Missing,
            Some((at, word)) => match word.literal(invocation.text) {
                Some(name) => Subcommand::Named(invocation.program_at + 1 + at, name),
                None => Subcommand::Unreadable,
            },
        }
    }

    /// How many words behind the subcommand belong to it, if it fills the cache.
    fn words_that_fill(&self, invocation: &Invocation<'_>, at: usize, name: &str) -> Option<usize> {
        if self.filled_by.contains(&name) {
            return Some(0);
        }
        let (next, second) = invocation.operands(at + 1, self.value_options).next()?;
        let two = format!("{name} {}", second?);
        (next == at + 1 && self.filled_by.contains(&two.as_str())).then_some(1)
    }
}

/// Whether a command may remove the program of a cache.
pub fn removes_program(invocation: &Invocation<'_>) -> bool {
    matches!(invocation.program(), "rm" | "dpkg" | "rpm" | "mv")
        || matches!(managers::action(invocation), Some((_, Action::Remove(_))))
}
