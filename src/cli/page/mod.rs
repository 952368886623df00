//! The page to review a whole run in a browser: one file that needs nothing else, not even a network.
//!
//! It is written as the files come, so that memory does not grow with them. What the page does with them is in
//! `patch.js` (which patch the ticks make), `list.js` (which files are shown) and `view.js` (what is shown of them).

mod entry;
mod units;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use askama::Template;
use dopt_model::NO_FACTS;
use dopt_transforms::{CATALOG, manual};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::config::{Configs, Mistake, Overrides};
use crate::exit::Exit;
use crate::failure::plain;
use crate::report::{Outcome, Report};
use crate::streams::Streams;
use crate::tally::Tally;
use units::units;

#[derive(Template)]
#[template(path = "page/page.html")]
struct Frame {
    version: &'static str,
    /// What the data of the files takes the place of.
    files: &'static str,
    rules: String,
}

/// Stands in the frame where the files go.
const FILES: &str = "\"FILES\"";

/// A report with a page beside it, or just the report.
pub struct Page<'a> {
    report: &'a mut dyn Report,
    page: Option<Writing<'a>>,
    failed: bool,
}

/// A page that is being written beside its place, so that there is none or a whole one.
struct Writing<'a> {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    tail: String,
    is_first: bool,
    here: PathBuf,
    configs: Configs<'a>,
}

impl<'a> Page<'a> {
    /// Begins the page, where one is wanted. `Err` says why it cannot be written.
    pub fn new(path: Option<&Path>, overrides: Overrides<'a>, report: &'a mut dyn Report) -> Result<Page<'a>, String> {
        let begin = |path: &Path| {
            let failed = |why: String| format!("{}: no page can be written there: {why}", path.display());
            // A mistake in it was told before.
            let configs =
                Configs::new(overrides).map_err(|_: Mistake| failed("the configuration is wrong".to_owned()))?;
            Writing::begin(path, configs).map_err(|error| failed(plain(&error)))
        };
        Ok(Page { page: path.map(begin).transpose()?, report, failed: false })
    }

    /// How the run ends, if it ends so without the page.
    pub fn exit(&self, exit: Exit) -> Exit {
        if self.failed { exit.max(Exit::Failed) } else { exit }
    }

    fn check(&mut self, result: io::Result<()>, streams: &mut Streams) {
        if let (Err(error), Some(page)) = (result, &self.page) {
            streams.error(format_args!("{}: the page cannot be written: {}", page.path.display(), plain(&error)));
            self.failed = true;
            self.page = None;
        }
    }
}

impl Report for Page<'_> {
    fn file(&mut self, outcome: &Outcome<'_>, streams: &mut Streams) {
        self.report.file(outcome, streams);
        if let Some(page) = &mut self.page {
            let result = page.add(outcome);
            self.check(result, streams);
        }
    }

    fn end(&mut self, tally: &Tally, streams: &mut Streams) {
        self.report.end(tally, streams);
        if let Some(page) = &mut self.page {
            let result = page.end();
            self.check(result, streams);
        }
    }
}

impl<'a> Writing<'a> {
    fn begin(path: &Path, configs: Configs<'a>) -> io::Result<Writing<'a>> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut new = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            new.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let mut file = BufWriter::new(new.prefix(".dopt-").tempfile_in(folder)?);
        let frame = Frame { version: env!("CARGO_PKG_VERSION"), files: FILES, rules: safe(&rules()) };
        let frame = frame.render().map_err(io::Error::other)?;
        let (head, tail) =
            frame.split_once(FILES).ok_or_else(|| io::Error::other("the frame has no place for files"))?;
        file.write_all(head.as_bytes())?;
        let here = std::env::current_dir().unwrap_or_default();
        Ok(Writing { path: path.to_path_buf(), file, tail: tail.to_owned(), is_first: true, here, configs })
    }

    fn add(&mut self, outcome: &Outcome<'_>) -> io::Result<()> {
        let choices = self.configs.of(outcome.path);
        let units = match &choices {
            Some(choices) if outcome.changed() => units(outcome.before, outcome.after(), &choices.options(&NO_FACTS)),
            _ => Vec::new(),
        };
        let entry = serde_json::to_value(entry::Entry::new(outcome, units, &self.here))?;
        let comma = if std::mem::replace(&mut self.is_first, false) { "" } else { "," };
        writeln!(self.file, "{comma}{}", safe(&entry))
    }

    fn end(&mut self) -> io::Result<()> {
        let tail = std::mem::take(&mut self.tail);
        self.file.write_all(tail.as_bytes())?;
        self.file.flush()?;
        std::fs::rename(self.file.get_ref().path(), &self.path)
    }
}

/// JSON in which no text ends the script that it stands in.
fn safe(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// What the page says of each rule.
fn rules() -> serde_json::Value {
    let rule = |rule: &&'static dopt_rewrite::Transform| {
        (rule.name.to_owned(), json!({ "summary": rule.summary, "why": manual::reason(rule) }))
    };
    CATALOG.iter().map(rule).collect::<serde_json::Map<_, _>>().into()
}
