//! The two output streams: one buffered writer each, and whether they are coloured.
//!
//! Writing never fails for the caller. A reader that went away (`dopt fix | head`) ends the output quietly; any other
//! error is kept and reported once at the end.

use std::fmt::{Arguments, Display};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::{ColorChoice, OutputArgs};
use crate::exit::Exit;
use crate::failure::plain;
use crate::fold::folded;

/// Where a line on standard error goes on below, it is indented: so far, or as it was.
const HANGING: usize = 2;

const BUFFER_BYTES: usize = 1 << 16;

/// The head of an error message.
pub const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
/// The head of a warning.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The head of a note.
pub const NOTE: Style = AnsiColor::BrightBlue.on_default().bold();
/// Names that the eye looks for: paths, headings.
pub const STRONG: Style = Style::new().bold();
/// The name of a transform.
pub const RULE: Style = AnsiColor::Cyan.on_default();
/// What is only needed on a second look.
pub const DIM: Style = Style::new().dimmed();

type Out = BufWriter<Box<dyn Write>>;

/// Standard output and standard error.
pub struct Streams {
    out: Option<Out>,
    out_error: Option<io::Error>,
    out_is_terminal: bool,
    out_is_empty: bool,
    out_color: bool,
    err_color: bool,
    quiet: bool,
    verbose: bool,
    bar: Option<Bar>,
    /// Whether standard error is somebody else's.
    is_file: bool,
}

/// How far the files of a run have come, below everything else on a terminal.
struct Bar {
    bar: ProgressBar,
    start: Instant,
}

impl Streams {
    /// Opens both as the user asked.
    pub fn open(args: &OutputArgs) -> Streams {
        let out = io::stdout();
        let out_is_terminal = out.is_terminal();
        let out_color = is_coloured(args.color, out_is_terminal);
        let err_color = is_coloured(args.color, io::stderr().is_terminal());
        #[cfg(windows)]
        let _ = anstyle_query::windows::enable_ansi_colors();
        Streams {
            out: Some(BufWriter::with_capacity(BUFFER_BYTES, Box::new(out))),
            out_error: None,
            out_is_terminal,
            out_is_empty: true,
            out_color,
            err_color,
            quiet: args.quiet,
            verbose: args.verbose,
            bar: None,
            is_file: false,
        }
    }

    /// How many columns standard output has, where it is a terminal.
    pub fn width(&self) -> Option<usize> {
        let (columns, _) = self.out_is_terminal.then(terminal_size::terminal_size).flatten()?;
        Some(usize::from(columns.0))
    }

    /// Text for standard output, broken between words where it is a terminal; what follows is indented.
    pub fn folded(&self, text: &str, indent: usize) -> String {
        self.width().map_or_else(|| text.to_owned(), |columns| folded(text, columns, indent))
    }

    /// Gets a bar ready for so many files. It is shown as soon as that has taken a second, where somebody watches.
    pub fn begin_bar(&mut self, files: usize) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        let template = "{bar:32.cyan/dim} {human_pos} of {human_len} files  {per_sec:.dim}  {eta:.dim} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.progress_chars("━╸─").with_key("per_sec", per_second);
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::hidden()).with_style(style);
        self.bar = Some(Bar { bar, start: Instant::now() });
    }

    /// Another file is done.
    pub fn advance_bar(&mut self) {
        let Some(Bar { bar, start }) = &self.bar else { return };
        if bar.is_hidden() && start.elapsed() > Duration::from_secs(1) {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        bar.inc(1);
    }

    /// Takes the bar away.
    pub fn end_bar(&mut self) {
        if let Some(Bar { bar, .. }) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Writes what is there, so that whoever waits for it gets it.
    pub fn flush(&mut self) {
        self.with_out(Write::flush);
    }

    /// A report into a file: without colours, and without a word on standard error.
    pub fn to_file(file: File) -> Streams {
        Streams {
            out: Some(BufWriter::with_capacity(BUFFER_BYTES, Box::new(file))),
            out_error: None,
            out_is_terminal: false,
            out_is_empty: true,
            out_color: false,
            err_color: false,
            quiet: true,
            verbose: false,
            bar: None,
            is_file: true,
        }
    }

    /// Writes what is left of a file, and says what went wrong with it.
    pub fn close_file(&mut self) -> io::Result<()> {
        self.flush();
        self.out_error.take().map_or(Ok(()), Err)
    }

    /// Whether standard output is coloured.
    pub fn out_color(&self) -> bool {
        self.out_color
    }

    /// Whether standard error is coloured.
    pub fn err_color(&self) -> bool {
        self.err_color
    }

    /// Whether the user wants nothing but results and errors.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether the user wants to know more.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// Whether nobody reads standard output any more.
    pub fn is_closed(&self) -> bool {
        self.out.is_none()
    }

    /// Sets off what follows from the results above it, for people only.
    pub fn gap(&mut self) {
        if self.out_is_terminal && !self.out_is_empty {
            self.put("\n");
        }
    }

    /// Something that tells how far a long work has come; nothing where nobody watches.
    pub fn progress(&self) -> Progress {
        let is_watched = !self.quiet && io::stderr().is_terminal();
        Progress { start: Instant::now(), is_watched, is_shown: AtomicBool::new(false) }
    }

    /// Writes text to standard output.
    pub fn put(&mut self, text: &str) {
        self.out_is_empty &= text.is_empty();
        self.with_out(|out| out.write_all(text.as_bytes()));
    }

    /// Writes formatted text to standard output.
    pub fn print(&mut self, text: Arguments<'_>) {
        self.out_is_empty = false;
        self.with_out(|out| out.write_fmt(text));
    }

    /// Writes one line to standard error, behind what standard output has so far.
    pub fn note(&mut self, line: Arguments<'_>) {
        if self.is_file {
            return;
        }
        self.with_out(Write::flush);
        let columns = io::stderr().is_terminal().then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        let write = || match columns {
            Some((columns, _)) => {
                let line = line.to_string();
                let indent = HANGING.max(line.len() - line.trim_start_matches(' ').len());
                writeln!(io::stderr().lock(), "{}", folded(&line, usize::from(columns.0), indent))
            }
            None => writeln!(io::stderr().lock(), "{line}"),
        };
        let _ = match &self.bar {
            Some(Bar { bar, .. }) => bar.suspend(write),
            None => write(),
        };
    }

    /// Writes `error: …` to standard error.
    pub fn error(&mut self, message: impl Display) {
        let head = styled(self.err_color, ERROR, "error");
        self.note(format_args!("{head}: {message}"));
    }

    /// Writes `warning: …` to standard error.
    pub fn warning(&mut self, message: impl Display) {
        let head = styled(self.err_color, WARNING, "warning");
        self.note(format_args!("{head}: {message}"));
    }

    /// Text for standard output, in a style if that is coloured.
    pub fn paint<T: Display>(&self, style: Style, text: T) -> Styled<T> {
        styled(self.out_color, style, text)
    }

    /// Text for standard error, in a style if that is coloured.
    pub fn paint_err<T: Display>(&self, style: Style, text: T) -> Styled<T> {
        styled(self.err_color, style, text)
    }

    /// Writes what is left; an output that could not be written makes the run a failure.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        self.with_out(Write::flush);
        match self.out_error.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                self.error(format_args!("cannot write to standard output: {}", plain(&error)));
                exit.max(Exit::Failed)
            }
            _ => exit,
        }
    }

    fn with_out(&mut self, work: impl FnOnce(&mut Out) -> io::Result<()>) {
        let Some(out) = &mut self.out else { return };
        let work = |out: &mut Out| match &self.bar {
            // The bar must not stand where the text goes.
            Some(Bar { bar, .. }) if self.out_is_terminal && !bar.is_hidden() => {
                bar.suspend(|| work(out).and_then(|()| out.flush()))
            }
            _ => work(out),
        };
        if let Err(error) = work(out) {
            self.out_error = Some(error);
            // Taken apart, the writer does not try again to get rid of its buffer.
            let _ = self.out.take().map(BufWriter::into_parts);
        }
    }
}

/// `9,600 files/s`, as the eye takes it in.
fn per_second(state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write) {
    let _ = write!(out, "{}/s", indicatif::HumanCount(state.per_sec() as u64));
}

/// One line on a terminal that is written over and over. Work that is done within a second shows none.
pub struct Progress {
    start: Instant,
    is_watched: bool,
    is_shown: AtomicBool,
}

impl Progress {
    /// Shows a line instead of the last one.
    pub fn show(&self, line: &str) {
        if self.is_watched && self.start.elapsed() > Duration::from_secs(1) {
            self.is_shown.store(true, Ordering::Relaxed);
            let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.is_shown.swap(false, Ordering::Relaxed) {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

/// A text with a style, or without one where the stream has no colours.
pub struct Styled<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.style)?;
        self.text.fmt(f)?;
        write!(f, "{:#}", self.style)
    }
}

fn styled<T: Display>(color: bool, style: Style, text: T) -> Styled<T> {
    Styled { style: if color { style } else { Style::new() }, text }
}

/// `--color` counts first, then `NO_COLOR`, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then what the stream is.
fn is_coloured(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if anstyle_query::no_color() => false,
        ColorChoice::Auto if anstyle_query::clicolor_force() || is_set("FORCE_COLOR") => true,
        ColorChoice::Auto => {
            is_terminal && anstyle_query::clicolor().unwrap_or(true) && anstyle_query::term_supports_color()
        }
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
