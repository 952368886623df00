//! `dopt fix --verify`: nothing is written but what was built and is the same.

use std::path::Path;

use dopt_rewrite::{Options, Rewrite, SplitBase};

use super::bisect::{Guilty, Passed, passes, search};
use super::human;
use super::trial::{Trial, stop_flag};
use super::verdict::Original;
use super::{BuildArgs, Stop};
use crate::streams::Streams;

/// How rewrites are proved.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'p> {
    /// How they are built.
    pub build: &'p BuildArgs,
    /// The folder that is built, where it was named.
    pub context: Option<&'p Path>,
}

/// A rewrite that passed.
pub struct Proven {
    /// With those fixes only that passed.
    pub rewrite: Rewrite,
    /// The fixes that did not.
    pub guilty: Vec<Guilty>,
    /// The bytes that each transform took away, and, under no name, those that are stored once only now; `None` where
    /// nothing is left to build.
    pub saved: Option<Vec<(Option<String>, i64)>>,
    /// Whether a command ran in the images.
    pub tried: bool,
}

impl<'p> Proof<'p> {
    /// Looks for an engine, so that a run without one ends before it begins.
    pub fn new(build: &'p BuildArgs, context: Option<&'p Path>) -> Result<Proof<'p>, Stop> {
        let _ = stop_flag();
        dopt_engine::find(build.engine.name())
            .map_err(|why| Stop { message: why.to_string(), exit: crate::exit::Exit::Unavailable })?;
        Ok(Proof { build, context })
    }

    /// Builds the original, and rewrites until one makes the same image.
    pub fn prove(&self, path: &Path, text: &str, options: &Options<'_>, streams: &mut Streams) -> Result<Proven, Stop> {
        let mut trial = Trial::new(path, self.context, self.build, streams)?;
        let original = Original::build(&mut trial, text)?;
        let mut passed = self.climb(&mut trial, text, &original, options)?;
        let secrets = trial.secrets();
        drop(trial);
        if let (Some(verdict), false) = (&passed.verdict, streams.quiet()) {
            let line = human::headline(&path.display().to_string(), verdict);
            streams.note(format_args!("{}", secrets.hide(&line)));
        }
        for guilty in &mut passed.guilty {
            guilty.why = secrets.hide(&guilty.why);
        }
        let owned = |(rule, bytes): (Option<&str>, i64)| (rule.map(str::to_owned), bytes);
        let saved = passed.verdict.as_ref().map(|verdict| verdict.saved().into_iter().map(owned).collect());
        let tried = passed.verdict.is_some_and(|verdict| verdict.smoke.is_some());
        Ok(Proven { rewrite: passed.rewrite, guilty: passed.guilty, saved, tried })
    }

    /// Tries to run what is split off on the smallest image first, then on larger ones; the first that passes is kept.
    /// Without a command that runs in the images nothing would show that the smallest is enough.
    fn climb(
        &self,
        trial: &mut Trial<'_>,
        text: &str,
        original: &Original,
        options: &Options<'_>,
    ) -> Result<Passed, Stop> {
        let ladder = [SplitBase::Minimal, SplitBase::Slim, SplitBase::Same];
        let wanted = match (options.settings.split, self.build.smoke.is_some()) {
            (SplitBase::Slim, true) => SplitBase::Minimal,
            (wanted, _) => wanted,
        };
        let rungs = ladder.into_iter().skip_while(|rung| *rung != wanted);
        let mut tried = String::new();
        for rung in rungs {
            let mut options = options.clone();
            options.settings.split = rung;
            if let Some(passed) = passes(trial, text, original, &options, &mut tried)? {
                return Ok(passed);
            }
        }
        search(trial, text, original, options)
    }
}
