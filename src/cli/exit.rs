//! The exit codes, in one place.

use std::process::ExitCode;

/// How a run ended. Of several that apply, the later one in this list wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Nothing to do, or all of it done.
    Done,
    /// Something would change, or there are findings.
    Changes,
    /// No file matched.
    NothingMatched,
    /// A file could not be read, understood or written; the others were done.
    Failed,
    /// What it takes is not there: a container engine that works, or what `--pin=required` wants to know.
    Unavailable,
    /// The user did not want to wait any longer; nothing was written.
    Interrupted,
    /// The command line or a configuration file is wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Changes => 1,
            Exit::Usage => 2,
            Exit::NothingMatched => 3,
            Exit::Failed => 4,
            Exit::Unavailable => 5,
            Exit::Interrupted => 130,
        })
    }
}

/// The section of `--help` that lists them.
pub const HELP: &str = "\
Exit codes:
  0  nothing to do, or everything was written
  1  something would change, or there are findings (--exit-zero turns this off)
  2  the command line or a dopt.toml is wrong
  3  no file matched
  4  a file could not be read, understood or written; the others were done
  5  no container engine that works was found; no registry could be reached that was asked for an image; or,
     with --pin=required, a registry did not say which digest an image has
  130  interrupted; nothing was written";
