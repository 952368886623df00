//! What is going on, on standard error: a spinner with the present step on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use console::truncate_str;
use indicatif::{ProgressBar, ProgressStyle};

use super::secrets::Secrets;
use crate::streams::Streams;

const TICK: Duration = Duration::from_millis(120);
/// What the spinner and the time take of a line, with the blanks around them.
const BESIDE: usize = 10;
/// What terminals are thought to have that do not tell.
const USUAL_WIDTH: usize = 80;

/// The display.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    secrets: Secrets,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(streams: &Streams, secrets: Secrets) -> Progress {
        let (quiet, verbose) = (streams.quiet(), streams.verbose());
        let bar = (!quiet && !verbose && io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{spinner:.cyan} {prefix} {elapsed:.dim}  {wide_msg:.dim}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(TICK);
            bar
        });
        Progress { bar, quiet, verbose, secrets }
    }

    /// Something begins.
    pub fn begin(&mut self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_prefix(what.to_owned());
                bar.set_message("");
            }
            None => self.note(what),
        }
    }

    /// A line of the engine's log.
    pub fn line(&mut self, line: &str) {
        if let Some(bar) = &self.bar
            && let Some(step) = step(line)
        {
            let step: String = self.secrets.hide(&step).chars().filter(|found| !found.is_control()).collect();
            let columns =
                terminal_size::terminal_size_of(io::stderr()).map_or(USUAL_WIDTH, |(width, _)| width.0.into());
            let room = columns.saturating_sub(BESIDE + bar.prefix().chars().count());
            bar.set_message(truncate_str(&step, room, "…").into_owned());
        }
        if self.verbose {
            let line = self.secrets.hide(line);
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// Something that is said however it is displayed.
    pub fn note(&mut self, line: &str) {
        if self.quiet {
            return;
        }
        let line = self.secrets.hide(line);
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The instruction that a line of a log announces, with its number: `STEP 3/7: RUN x`, `#8 [2/4] RUN x`,
/// `Step 3/7 : RUN x`.
fn step(line: &str) -> Option<String> {
    if let Some(rest) = line.strip_prefix("STEP ").or(line.strip_prefix("Step ")) {
        let (number, step) = rest.split_once(": ")?;
        return Some(format!("[{}] {step}", number.trim()));
    }
    let rest = line.strip_prefix('#')?;
    let (_, rest) = rest.split_once(" [")?;
    let (number, step) = rest.split_once("] ")?;
    step.starts_with(|first: char| first.is_ascii_uppercase()).then(|| format!("[{number}] {step}"))
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn steps_are_found_in_all_logs() {
        assert_eq!(step("STEP 3/7: RUN make"), Some("[3/7] RUN make".to_owned()));
        assert_eq!(step("Step 3/7 : RUN make"), Some("[3/7] RUN make".to_owned()));
        assert_eq!(step("#8 [build 2/4] RUN make"), Some("[build 2/4] RUN make".to_owned()));
        assert_eq!(step("#8 [internal] load build definition"), None);
        assert_eq!(step("#8 0.5 make: done"), None);
    }
}
