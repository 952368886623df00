//! Builds, and what it leaves behind: every image and folder that is made here has a name of ours, and is gone at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dopt_engine::{Build, Ended, Engine, Failure, Run, Watch};
use dopt_image::{Image, Reading, Tree, Wanted, read_archive};

use super::progress::Progress;
use super::scratch::Scratch;
use super::secrets::Secrets;
use super::{BuildArgs, Stop};
use crate::exit::Exit;
use crate::failure::plain;
use crate::streams::Streams;

/// What a build says where the disk is full.
const DISK_IS_FULL: &[&str] = &["no space left on device", "No space left on device", "disk quota exceeded"];

/// What a client says last where its daemon went away; it may be back by now.
const DAEMON_IS_GONE: &[&str] = &[
    "unexpected EOF", "error during connect", "Cannot connect to the Docker daemon", "connection reset by peer",
    "transport is closing", "closing transport", "code = Unavailable",
];

/// What builders say last of a step that was ended by force, mostly for want of memory.
const STEP_WAS_KILLED: &[&str] =
    &["exit code: 137", "exit status 137", "returned a non-zero code: 137", "subprocess exited on killed"];

/// What engines say last where not a step has failed, but they could not keep what it made.
const NOT_STORED: &[&str] = &[
    "storing layer", "committing container", "writing blob", "failed to register layer", "failed to export layer",
    "ApplyLayer",
];

/// Builds of one Dockerfile.
pub struct Trial<'t> {
    engine: Box<dyn Engine>,
    args: &'t BuildArgs,
    context: PathBuf,
    dockerfile: PathBuf,
    arguments: Vec<(String, String)>,
    secrets: Secrets,
    progress: Progress,
    stop: Arc<AtomicBool>,
    /// Begins the names of all images and containers.
    name: String,
    images: Vec<String>,
    /// What builds that failed left behind.
    layers: Vec<String>,
    containers: usize,
    folder: Scratch,
}

/// An image that was built.
pub struct Built {
    /// What is in it.
    pub image: Image,
    /// How long the build took.
    pub time: Duration,
    /// What the smoke command did, if there is one.
    pub smoke: Option<Smoke>,
    name: String,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smoke {
    /// Its exit code; `None` where it took too long.
    pub code: Option<i32>,
    /// What it printed.
    pub printed: String,
}

impl<'t> Trial<'t> {
    /// Finds an engine. The Dockerfile's name counts for its `.dockerignore`.
    pub fn new(
        dockerfile: &Path,
        context: Option<&Path>,
        args: &'t BuildArgs,
        streams: &mut Streams,
    ) -> Result<Trial<'t>, Stop> {
        let engine =
            dopt_engine::find(args.engine.name()).map_err(|why| Stop::new(Exit::Unavailable, why.to_string()))?;
        let folder = Scratch::new();
        let no_folder = |error| Stop::new(Exit::Failed, format!("no temporary folder can be made: {}", plain(&error)));
        let folder = folder.map_err(no_folder)?;
        let own = dockerfile.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let context = context.unwrap_or(own).to_owned();
        let name = dockerfile.file_name().unwrap_or("Dockerfile".as_ref());
        let copy = folder.path().join(name);
        let ignore = |path: &Path| PathBuf::from(format!("{}.dockerignore", path.display()));
        if ignore(dockerfile).is_file() {
            fs::copy(ignore(dockerfile), ignore(&copy)).map_err(no_folder)?;
        }
        let arguments: Vec<(String, String)> = args.build_arg.iter().filter_map(|text| argument(text)).collect();
        let secrets = Secrets::of(&arguments);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
        Ok(Trial {
            progress: Progress::new(streams, secrets.clone()),
            engine,
            args,
            context,
            dockerfile: copy,
            arguments,
            secrets,
            stop: stop_flag(),
            name: format!("localhost/dopt-verify-{}-{nanos}", std::process::id()),
            images: Vec::new(),
            layers: Vec::new(),
            containers: 0,
            folder,
        })
    }

    /// What must be in no output.
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// Whether the original is built twice.
    pub fn has_baseline(&self) -> bool {
        !self.args.no_baseline
    }

    /// Says something beside the progress.
    pub fn note(&mut self, line: &str) {
        self.progress.note(line);
    }

    /// Builds a text and reads the image. The inner error is the end of a log that says why the text does not build.
    pub fn build(&mut self, what: &str, text: &str) -> Result<Result<Built, String>, Stop> {
        fs::write(&self.dockerfile, text)
            .map_err(|error| Stop::new(Exit::Failed, format!("no temporary file can be written: {}", plain(&error))))?;
        let name = format!("{}:{}", self.name, self.images.len() + 1);
        self.images.push(name.clone());
        self.progress.begin(&format!("building {what} with {}", self.engine.name()));
        let start = Instant::now();
        let mut built = self.build_once(&name);
        let layers = self.layers.len();
        if let Err(Failure::Refused(said)) = &built
            && let Some(other) = self.engine.fallback(said)
        {
            self.engine = other;
            built = self.build_once(&name);
        }
        let time = start.elapsed();
        match built {
            // They go with the image.
            Ok(()) => self.layers.truncate(layers),
            Err(Failure::Refused(said)) => return self.blame(said).map(Err),
            Err(failure) => return Err(self.stopped(&failure)),
        }
        self.progress.begin(&format!("reading {what}"));
        let image = self.read(&name)?;
        let smoke = self.smoke(&name, &image)?;
        Ok(Ok(Built { image, time, smoke, name }))
    }

    /// Nothing is in the folder that it works in, so that no build finds what another one has kept.
    fn build_once(&mut self, image: &str) -> Result<(), Failure> {
        let scratch = Scratch::inside(self.folder.path()).map_err(Failure::Io)?;
        let build = Build {
            scratch: scratch.path(),
            dockerfile: &self.dockerfile,
            context: &self.context,
            image,
            arguments: &self.arguments,
            target: self.args.target.as_deref(),
            platform: self.args.platform.as_deref(),
            options: &self.args.build_option,
        };
        let (progress, engine, layers) = (&mut self.progress, self.engine.as_ref(), &mut self.layers);
        let mut line = |line: &str| {
            layers.extend(engine.made(line).map(str::to_owned));
            progress.line(line);
        };
        dopt_engine::build(engine, &build, &mut Watch { stop: &self.stop, line: &mut line })
    }

    /// Whether a build failed because of what is in the file: then the end of its log, otherwise the reason to stop.
    fn blame(&self, said: String) -> Result<String, Stop> {
        let said = self.secrets.hide(&said);
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.stopped(&Failure::Interrupted));
        }
        if DISK_IS_FULL.iter().any(|sign| said.contains(sign)) {
            return Err(Stop::new(Exit::Failed, format!("the disk is full, so nothing can be verified:\n{said}")));
        }
        // What a step itself prints stands above.
        let last: Vec<&str> = said.lines().rev().take(3).collect();
        let says = |signs: &[&str]| last.iter().any(|line| signs.iter().any(|sign| line.contains(sign)));
        if says(NOT_STORED) {
            let name = self.engine.name();
            let why = format!("{name} could not store what it built (is the disk full?), so nothing can be verified");
            return Err(Stop::new(Exit::Failed, format!("{why}:\n{said}")));
        }
        if says(STEP_WAS_KILLED) {
            let why = "a step was ended by force, as it happens where memory is short, so nothing was verified";
            return Err(Stop::new(Exit::Unavailable, format!("{why}:\n{said}")));
        }
        if says(DAEMON_IS_GONE) {
            return Err(self.stopped(&Failure::Refused(said)));
        }
        match dopt_engine::find(Some(self.engine.name())) {
            Ok(_) => Ok(said),
            Err(why) => Err(Stop::new(Exit::Unavailable, format!("{why}; nothing was verified"))),
        }
    }

    fn stopped(&self, failure: &Failure) -> Stop {
        match failure {
            Failure::Interrupted => Stop::new(Exit::Interrupted, "interrupted; nothing was written"),
            other => {
                let why = self.secrets.hide(&other.to_string());
                Stop::new(Exit::Unavailable, format!("{} failed, so nothing was verified: {why}", self.engine.name()))
            }
        }
    }

    fn read(&self, name: &str) -> Result<Image, Stop> {
        let reading = Reading { exact: true, ..Reading::default() };
        let wanted = Wanted { name: Some(name), platform: "" };
        let mut saved = dopt_engine::save(name, self.engine.as_ref()).map_err(|failure| self.stopped(&failure))?;
        let image = read_archive(&mut saved, &wanted, &reading);
        let finished = saved.finish();
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.stopped(&Failure::Interrupted));
        }
        finished.map_err(|failure| self.stopped(&failure))?;
        image.map_err(|failure| Stop::new(Exit::Failed, format!("what {} saved {failure}", self.engine.name())))
    }

    fn smoke(&mut self, name: &str, image: &Image) -> Result<Option<Smoke>, Stop> {
        let Some(command) = &self.args.smoke else { return Ok(None) };
        self.progress.begin("running the smoke command");
        let words = if has_shell(image) {
            vec!["/bin/sh".to_owned(), "-c".to_owned(), command.clone()]
        } else {
            command.split_whitespace().map(str::to_owned).collect()
        };
        self.containers += 1;
        let container = format!("{}-{}", self.name.rsplit('/').next().unwrap_or_default(), self.containers);
        let scratch = self.folder.path();
        let run = Run { image: name, container: &container, command: &words, limit: self.args.limit(), scratch };
        let progress = &mut self.progress;
        let mut watch = Watch { stop: &self.stop, line: &mut |line| progress.line(line) };
        match self.engine.run(&run, &mut watch) {
            Ok(Ended { code, printed, .. }) => {
                let printed = self.secrets.hide(&String::from_utf8_lossy(&printed));
                Ok(Some(Smoke { code: Some(code), printed }))
            }
            Err(Failure::TimedOut(_)) => Ok(Some(Smoke { code: None, printed: String::new() })),
            Err(failure) => Err(self.stopped(&failure)),
        }
    }

    /// Runs the smoke command once more: some engines lose what is printed last, now and then.
    pub fn smoke_again(&mut self, built: &Built) -> Result<Option<Smoke>, Stop> {
        self.smoke(&built.name.clone(), &built.image)
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        self.progress.begin("removing what was built");
        for image in self.images.iter().chain(self.layers.iter().rev()) {
            self.engine.remove(image);
        }
        if !self.images.is_empty() && dopt_engine::find(Some(self.engine.name())).is_err() {
            let (name, images) = (self.engine.name(), self.images.join(" "));
            self.note(&format!("{name} does not answer any more; images may be left: {name} image rm {images}"));
        }
    }
}

/// `NAME=value`, or the value that the environment has.
fn argument(text: &str) -> Option<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
        None => std::env::var(text).ok().map(|value| (text.to_owned(), value)),
    }
}

fn has_shell(image: &Image) -> bool {
    let tree = Tree::merge(&image.layers);
    tree.get("bin/sh").is_some() || (tree.get("bin").is_some() && tree.get("usr/bin/sh").is_some())
}

/// Becomes true when the user wants to stop. From the first time that it is asked for, Ctrl-C does nothing else.
pub fn stop_flag() -> Arc<AtomicBool> {
    use std::sync::OnceLock;
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];
        #[cfg(not(unix))]
        let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
        for signal in signals {
            let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
        }
        flag
    });
    Arc::clone(flag)
}
