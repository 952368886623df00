//! Images in a folder: OCI layouts. Whoever calls opens the files.

use std::collections::HashMap;
use std::io::{self, Read};
use std::rc::Rc;

use crate::store::{Store, assemble, outline};
use crate::{Failure, Image, Layer, Outline, Reading, Wanted, read_layer};

/// Opens the files of a folder by their paths in it; no path leads out of it.
pub trait Folder {
    /// What a file holds; `None` where there is no such file.
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>>;
}

/// Reads the image of a folder, with nothing but the layers that it needs.
pub fn read_layout(folder: &dyn Folder, wanted: &Wanted<'_>, reading: &Reading) -> Result<Image, Failure> {
    assemble(&mut Blobs { folder, reading, layers: HashMap::new() }, wanted)
}

/// Reads what the manifest says of the image of a folder; no layer is opened.
pub fn read_outline(folder: &dyn Folder, wanted: &Wanted<'_>, reading: &Reading) -> Result<Outline, Failure> {
    outline(&mut Blobs { folder, reading, layers: HashMap::new() }, wanted)
}

struct Blobs<'f> {
    folder: &'f dyn Folder,
    reading: &'f Reading,
    layers: HashMap<String, Rc<Layer>>,
}

impl Store for Blobs<'_> {
    fn text(&mut self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(file) = self.folder.open(path).map_err(Failure::Io)? else { return Ok(None) };
        let limit = self.reading.limits.json_bytes;
        let mut text = Vec::new();
        file.take(limit + 1).read_to_end(&mut text).map_err(Failure::Io)?;
        if text.len() as u64 > limit {
            return Err(Failure::Json(path.to_owned(), "it is longer than any should be".to_owned()));
        }
        Ok(Some(text))
    }

    fn layer(&mut self, path: &str) -> Result<Option<Rc<Layer>>, Failure> {
        if let Some(layer) = self.layers.get(path) {
            return Ok(Some(Rc::clone(layer)));
        }
        let Some(file) = self.folder.open(path).map_err(Failure::Io)? else { return Ok(None) };
        let name = path.strip_prefix("blobs/").unwrap_or(path).replacen('/', ":", 1);
        let layer = Rc::new(read_layer(&name, file, self.reading)?);
        self.layers.insert(path.to_owned(), Rc::clone(&layer));
        Ok(Some(layer))
    }
}
