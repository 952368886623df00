//! The formats by name, and what the command line says about them: `-f github -f sarif=dopt.sarif`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, ValueEnum};

/// What is printed, and where.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct FormatArgs {
    /// What to print; with =FILE, into a file. May be given several times: -f github -f sarif=dopt.sarif
    #[arg(short = 'f', long = "output-format", value_name = "FORMAT[=FILE]", value_parser = WantedParser)]
    pub formats: Vec<Wanted>,
    /// Write into this file instead of standard output what no other file is named for
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output_file: Option<PathBuf>,
    /// Write a page to review the whole run in a browser; the same as -f html=FILE
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub html: Option<PathBuf>,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A unified diff, in colour on a terminal
    Diff,
    /// For fix the whole new text, for check the lines themselves and what can be done there
    Full,
    /// One line for each finding
    Concise,
    /// One JSON object
    Json,
    /// One JSON object for each file, on a line of its own, and one for the summary
    Jsonl,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// Annotations in a GitHub workflow
    Github,
    /// A GitLab Code Quality report
    Gitlab,
    /// JUnit's XML: a test for each finding
    Junit,
    /// Checkstyle's XML
    Checkstyle,
    /// The body of a pull request
    Markdown,
    /// reviewdog's JSON, with suggestions
    Rdjson,
    /// A patch for `git apply`, and nothing else
    Patch,
    /// A page to review the whole run in a browser
    Html,
}

impl Format {
    /// Whether a program reads it, so that nothing for people should stand beside it.
    pub fn is_for_programs(self) -> bool {
        use Format::{Checkstyle, Gitlab, Html, Json, Jsonl, Junit, Rdjson, Sarif};
        matches!(self, Html | Json | Jsonl | Sarif | Gitlab | Junit | Checkstyle | Rdjson)
    }
}

/// One format, and the file that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which one.
    pub format: Format,
    /// Where to; `None` is standard output.
    pub file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Clone)]
struct WantedParser;

impl TypedValueParser for WantedParser {
    type Value = Wanted;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Wanted, clap::Error> {
        let text = value.to_str().ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))?;
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file)),
            None => (text, None),
        };
        let known = clap::builder::EnumValueParser::<Format>::new();
        let format = known.parse_ref(command, arg, OsStr::new(name))?;
        if file == Some("") {
            let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
            if let Some(arg) = arg {
                error.insert(ContextKind::InvalidArg, ContextValue::String(arg.to_string()));
            }
            error.insert(ContextKind::InvalidValue, ContextValue::String(text.to_owned()));
            return Err(error);
        }
        Ok(Wanted { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}
