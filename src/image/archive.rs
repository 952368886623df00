//! Images in one archive: what `docker save` writes, old and new, and OCI archives. Read once from the front to the
//! end, so that it may come through a pipe; which layers the image has shows only at the end.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use tar::Archive;

use crate::compression::decompress;
use crate::entry::clean_path;
use crate::layer::BUFFER_BYTES;
use crate::limits::{Crossed, Inlet, Meter, Outlet};
use crate::store::{Store, assemble};
use crate::{Compression, Failure, Image, Layer, Reading, Wanted, read_layer};

const BLOCK_BYTES: usize = 512;

/// Reads the image of an archive, which may be compressed as a whole.
pub fn read_archive(from: impl Read, wanted: &Wanted<'_>, reading: &Reading) -> Result<Image, Failure> {
    let meter = Meter::new(reading.limits);
    let mut inlet = BufReader::with_capacity(BUFFER_BYTES, Inlet { from, meter: &meter });
    let (_, plain) = decompress(&mut inlet).map_err(Failure::Io)?;
    let outlet = BufReader::with_capacity(BUFFER_BYTES, Outlet { from: plain, meter: &meter });
    let mut parts = Parts::default();
    match parts.read(outlet, &meter, reading) {
        Ok(()) => assemble(&mut parts, wanted),
        // What is no archive at all says so; of one that breaks off, the layer is named where it is known.
        Err(_) if parts.is_empty() => Err(Failure::NotAnImage),
        Err(error) => Err(parts.first_failure().unwrap_or_else(|| Failure::in_layer("the archive itself", error))),
    }
}

/// What an archive has, by the paths in it.
#[derive(Default)]
struct Parts {
    texts: HashMap<String, Vec<u8>>,
    layers: HashMap<String, Result<Rc<Layer>, Failure>>,
    links: HashMap<String, String>,
}

impl Parts {
    fn read(&mut self, from: impl Read, meter: &Meter, reading: &Reading) -> io::Result<()> {
        let mut archive = Archive::new(from);
        let mut count = 0;
        meter.in_header();
        for entry in archive.entries()? {
            meter.in_content();
            let mut entry = entry?;
            count += 1;
            if count > reading.limits.entries {
                return Err(Crossed::Entries.into());
            }
            if let Some(path) = clean_path(&entry.path_bytes()) {
                if let Some(target) = entry.link_name_bytes() {
                    self.link(path, &target, entry.header().entry_type().is_hard_link());
                } else if entry.header().entry_type().is_file() {
                    self.part(path, &mut entry, reading)?;
                }
            }
            io::copy(&mut entry, &mut io::sink())?;
            meter.in_header();
        }
        Ok(())
    }

    /// Old archives have a layer that is there already as a link.
    fn link(&mut self, path: String, target: &[u8], from_root: bool) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let start = if from_root { String::new() } else { folder };
        let target = [start.as_bytes(), b"/", target].concat();
        if let Some(target) = clean_path(&target) {
            self.links.insert(path, target);
        }
    }

    fn part(&mut self, path: String, entry: &mut tar::Entry<'_, impl Read>, reading: &Reading) -> io::Result<()> {
        let mut head = vec![0; BLOCK_BYTES];
        let filled = fill(entry, &mut head)?;
        head.truncate(filled);
        let size = entry.size();
        if is_archive(&head) {
            let mut counted = Counted { from: (&head[..]).chain(entry), bytes: 0 };
            let layer = read_layer(&short_name(&path), &mut counted, reading);
            let cut = layer.is_ok() && counted.bytes < size;
            let layer = if cut { Err(Failure::Truncated(short_name(&path))) } else { layer.map(Rc::new) };
            self.layers.insert(path, layer);
        } else if size <= reading.limits.json_bytes && matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
            entry.read_to_end(&mut head)?;
            self.texts.insert(path, head);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.layers.is_empty()
    }

    fn first_failure(&mut self) -> Option<Failure> {
        let layers = std::mem::take(&mut self.layers);
        layers.into_values().find_map(Result::err)
    }
}

impl Store for Parts {
    fn text(&mut self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.texts.get(path).cloned())
    }

    fn layer(&mut self, path: &str) -> Result<Option<Rc<Layer>>, Failure> {
        let mut path = clean_path(path.as_bytes()).unwrap_or_default();
        for _ in 0..4 {
            match self.links.get(&path) {
                Some(target) => path.clone_from(target),
                None => break,
            }
        }
        match self.layers.get(&path) {
            None => Ok(None),
            Some(Ok(layer)) => Ok(Some(Rc::clone(layer))),
            Some(Err(_)) => match self.layers.remove(&path) {
                Some(Err(failure)) => Err(failure),
                _ => Ok(None),
            },
        }
    }
}

/// Whether the first block is that of a compressed or plain archive, an empty one included.
fn is_archive(head: &[u8]) -> bool {
    let is_plain = head.get(257..262) == Some(b"ustar");
    Compression::of(head) != Compression::None || is_plain || (!head.is_empty() && head.iter().all(|byte| *byte == 0))
}

/// The digest in a path, without what is around it.
fn short_name(path: &str) -> String {
    let path = path.strip_suffix("/layer.tar").or(path.strip_suffix(".tar")).unwrap_or(path);
    match path.strip_prefix("blobs/sha256/") {
        Some(hex) => format!("sha256:{hex}"),
        None => path.to_owned(),
    }
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            bytes => filled += bytes,
        }
    }
    Ok(filled)
}

struct Counted<R> {
    from: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(buffer)?;
        self.bytes += bytes as u64;
        Ok(bytes)
    }
}
