//! Images in a registry: what the manifest says, and with `--pull` what is in the layers, read as they arrive.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use dopt_image::{Failure, Folder, Outline, Reading, Wanted, read_layout, read_outline};
use dopt_model::{Digest, ImageName, NoAnswer, Unanswered};
use dopt_registry::{Registry, Remote, Settings};

use super::source::Found;
use super::{SizeArgs, Stop, needs_pull};
use crate::args::RuleArgs;
use crate::bytes::Bytes;
use crate::config::{Configs, Overrides};
use crate::exit::Exit;
use crate::pins::{PinArgs, PinChoice};
use crate::streams::{Progress, Streams};

/// What a manifest says of an image.
pub struct Described {
    /// The image.
    pub outline: Outline,
    /// What its name stands for now.
    pub digest: Digest,
}

/// Looks an image up, and reads as much of it as the user wants.
pub fn read(
    name: &str,
    args: &SizeArgs,
    wanted: &Wanted<'_>,
    reading: &Reading,
    streams: &mut Streams,
) -> Result<Found, Stop> {
    let image = ImageName::parse(name)
        .ok_or_else(|| Stop::failed(format!("{name}: there is no such file, and no registry takes such a name")))?;
    let registry = Registry::new(settings(args, streams)?).map_err(|why| Stop { message: why, exit: Exit::Usage })?;
    if streams.verbose() {
        streams.note(format_args!("{name}: asking {}", image.registry));
    }
    let unanswered = |why: Unanswered| {
        let exit = if why.kind == NoAnswer::Unreachable { Exit::Unavailable } else { Exit::Failed };
        Stop { message: format!("{name}: {}", why.message), exit }
    };
    let found = registry.locate(&image).map_err(unanswered)?;
    let store = Store {
        remote: &found,
        sizes: RefCell::default(),
        why: RefCell::default(),
        progress: streams.progress(),
        total: Cell::new(0),
        got: Cell::new(0),
    };
    let failed = |failure: Failure| match store.why.take() {
        Some(why) => unanswered(why),
        None => Stop::failed(format!("{name}: what {} has {failure}", image.registry)),
    };
    let outline = read_outline(&store, wanted, reading).map_err(failed)?;
    if !args.pull {
        return match args.needs_contents() {
            Some(option) => Err(needs_pull(name, option)),
            None => Ok(Found::Outline(Described { outline, digest: found.digest().clone() })),
        };
    }
    store.expect(&outline);
    let pulled = read_layout(&store, wanted, reading);
    store.progress.clear();
    pulled.map(Found::from).map_err(failed)
}

/// How registries are reached: as `dopt pin` does it in this folder.
fn settings(args: &SizeArgs, streams: &mut Streams) -> Result<Settings, Stop> {
    let rules = RuleArgs { config: args.config.clone(), isolated: args.isolated, ..RuleArgs::default() };
    let pins = PinArgs { pin: Some(PinChoice::On), ..PinArgs::default() };
    let wrong = |message| Stop { message, exit: Exit::Usage };
    let overrides = Overrides { rules: &rules, unsafe_fixes: None, pins: &pins, lists_all: false };
    let mut configs = Configs::new(overrides).map_err(|mistake| wrong(mistake.render(streams.err_color())))?;
    let Some(choices) = configs.of(Path::new("Dockerfile")) else {
        let mistakes: Vec<String> =
            configs.take_mistakes().iter().map(|mistake| mistake.render(streams.err_color())).collect();
        return Err(wrong(mistakes.join("\n")));
    };
    Ok(choices.pins.as_ref().map(|pins| pins.network.clone()).unwrap_or_default())
}

/// The registry's image, as if it lay in a folder.
struct Store<'r> {
    remote: &'r Remote<'r>,
    /// The bytes of layers, by digest.
    sizes: RefCell<HashMap<Digest, u64>>,
    /// Why something could not be had.
    why: RefCell<Option<Unanswered>>,
    progress: Progress,
    /// The bytes of all layers, and those that are here.
    total: Cell<u64>,
    got: Cell<u64>,
}

impl Store<'_> {
    /// Layers are not to be longer than the manifest says.
    fn expect(&self, outline: &Outline) {
        let sized = outline.layers.iter().filter_map(|layer| Some((Digest::parse(&layer.digest)?, layer.bytes)));
        self.sizes.borrow_mut().extend(sized);
        self.total.set(self.sizes.borrow().values().sum());
    }

    fn keep(&self, why: Unanswered) -> io::Error {
        self.why.replace(Some(why.clone()));
        io::Error::other(why)
    }

    fn arrived(&self, bytes: u64) {
        let before = self.got.replace(self.got.get() + bytes);
        // A terminal that is written to all the time takes time itself.
        if before >> 20 != self.got.get() >> 20 {
            let (got, total) = (Bytes(self.got.get()), Bytes(self.total.get()));
            self.progress.show(&format!("reading {got} of {total}"));
        }
    }
}

impl Folder for Store<'_> {
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        if path == "index.json" {
            let index = serde_json::json!({"manifests": [{"digest": self.remote.digest().as_str(), "size": 0}]});
            return Ok(Some(Box::new(io::Cursor::new(index.to_string()))));
        }
        let digest = path.strip_prefix("blobs/").and_then(|path| Digest::parse(&path.replacen('/', ":", 1)));
        let Some(digest) = digest else { return Ok(None) };
        let expected = self.sizes.borrow().get(&digest).copied();
        let stream = self.remote.open(&digest, expected).map_err(|why| self.keep(why))?;
        let counts = expected.is_some();
        Ok(Some(Box::new(Arriving { stream, store: self, counts })))
    }
}

/// Bytes on their way.
struct Arriving<'a> {
    stream: Box<dyn Read + 'a>,
    store: &'a Store<'a>,
    /// Whether they are those of a layer.
    counts: bool,
}

impl Read for Arriving<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.stream.read(buffer).inspect_err(|error| {
            let why = error.get_ref().and_then(|inner| inner.downcast_ref::<Unanswered>());
            self.store.why.replace(why.cloned());
        })?;
        if self.counts {
            self.store.arrived(bytes as u64);
        }
        Ok(bytes)
    }
}
