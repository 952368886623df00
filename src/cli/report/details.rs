//! What takes time to find out about the fixes of a file, for the reports that show it.

use dopt_rewrite::{Change, Edit, Options, Rewrite, edits_between, rewrite_alone};

use crate::page::{Unit, units};

/// What is to be found out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// What each fix would be if nobody did the others.
    pub edits: bool,
    /// What can be taken and left without each other.
    pub units: bool,
}

impl Wants {
    /// What either of two wants.
    pub fn or(self, other: Wants) -> Wants {
        Wants { edits: self.edits || other.edits, units: self.units || other.units }
    }
}

/// What was found out.
#[derive(Debug, Default)]
pub struct Details {
    /// Of each fix, the applied ones first; empty where it takes another one first.
    pub alone: Vec<Vec<Edit>>,
    /// In the order of the file.
    pub units: Vec<Unit>,
}

impl Details {
    /// Finds it out.
    pub fn of(wants: Wants, before: &str, options: &Options<'_>, rewrite: &Rewrite) -> Details {
        let edits = |change: &Change| match rewrite_alone(before, options, change) {
            Some(after) => edits_between(before, &after),
            None => Vec::new(),
        };
        let changes = || rewrite.changes.iter().chain(&rewrite.hidden);
        Details {
            alone: if wants.edits { changes().map(edits).collect() } else { Vec::new() },
            units: if wants.units { units(before, options, rewrite) } else { Vec::new() },
        }
    }
}
