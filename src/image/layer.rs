//! One layer: its archive is decompressed and read once, from the front to the end, and nothing of it is kept but a
//! line for each file.

use std::io::{self, BufReader, Read};

use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};
use xxhash_rust::xxh3::Xxh3;

use crate::compression::decompress;
use crate::entry::{clean_path, shown, whiteout};
use crate::limits::{Crossed, Inlet, Meter, Outlet};
use crate::{Compression, Entry, Exact, Failure, Kind, Limits, packages};

/// As much as is read at once.
pub(crate) const BUFFER_BYTES: usize = 128 << 10;

/// The notes of package managers are shorter.
const TEXT_BYTES: u64 = 32 << 20;

/// No system has longer paths.
const PATH_BYTES: usize = 4096;

/// How images are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// What is read at most.
    pub limits: Limits,
    /// Whether everything that tells two files apart is read too: SHA-256 and extended attributes. Takes twice as long.
    pub exact: bool,
}

/// One layer with its files.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its digest, or the name of its archive where that says no digest.
    pub name: String,
    /// How it is stored.
    pub compression: Compression,
    /// The bytes of its archive as it is stored.
    pub stored_bytes: u64,
    /// The bytes of its archive, decompressed.
    pub archive_bytes: u64,
    /// What it has, in the order of the archive.
    pub entries: Vec<Entry>,
    /// How many entries were left out because their paths lead out of the root.
    pub outside: usize,
}

impl Layer {
    /// The bytes of all contents, as Docker counts a layer without its links.
    pub fn content_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }

    /// The bytes that Docker says a layer has: contents and what symbolic links say.
    pub fn engine_bytes(&self) -> u64 {
        let link = |entry: &Entry| match (entry.kind, &entry.link) {
            (Kind::Symlink, Some(target)) => target.len() as u64,
            _ => 0,
        };
        self.entries.iter().map(|entry| entry.size + link(entry)).sum()
    }
}

/// Reads one layer to its end.
pub fn read_layer(name: &str, from: impl Read, reading: &Reading) -> Result<Layer, Failure> {
    let meter = Meter::new(reading.limits);
    let mut inlet = BufReader::with_capacity(BUFFER_BYTES, Inlet { from, meter: &meter });
    let failed = |error: io::Error| Failure::in_layer(name, error);
    let (compression, plain) = decompress(&mut inlet).map_err(failed)?;
    let outlet = BufReader::with_capacity(BUFFER_BYTES, Outlet { from: plain, meter: &meter });
    let (entries, outside) = read_entries(outlet, &meter, reading).map_err(failed)?;
    io::copy(&mut inlet, &mut io::sink()).map_err(failed)?;
    let (stored_bytes, archive_bytes) = (meter.went_in(), meter.came_out());
    Ok(Layer { name: name.to_owned(), compression, stored_bytes, archive_bytes, entries, outside })
}

fn read_entries(mut from: impl Read, meter: &Meter, reading: &Reading) -> io::Result<(Vec<Entry>, usize)> {
    let (mut found, mut outside, mut contents) = (Vec::new(), 0, 0_u64);
    let mut buffer = vec![0; BUFFER_BYTES];
    {
        let mut archive = Archive::new(&mut from);
        meter.in_header();
        for entry in archive.entries()? {
            meter.in_content();
            let mut entry = entry?;
            let head = read_head(&mut entry, reading)?;
            let mut content = Content::new(&entry, head.as_ref());
            content.read(&mut entry, &mut buffer, &mut contents, meter)?;
            match head {
                Some(mut head) => {
                    content.tell(&mut head);
                    found.push(head);
                }
                None => outside += 1,
            }
            if found.len() + outside > reading.limits.entries {
                return Err(Crossed::Entries.into());
            }
            meter.in_header();
        }
    }
    meter.in_content();
    io::copy(&mut from, &mut io::sink())?;
    found.shrink_to_fit();
    Ok((found, outside))
}

/// What the head of an entry says. `None` where its path leads out of the root, or means nothing.
fn read_head(entry: &mut tar::Entry<'_, impl Read>, reading: &Reading) -> io::Result<Option<Entry>> {
    let Some(path) = clean_path(&entry.path_bytes()).filter(|path| path.len() <= PATH_BYTES) else { return Ok(None) };
    let Some((meant, marker)) = whiteout(&path) else { return Ok(None) };
    let header = entry.header();
    let kind = marker.or(match header.entry_type() {
        EntryType::Directory => Some(Kind::Folder),
        EntryType::Symlink => Some(Kind::Symlink),
        EntryType::Link => Some(Kind::HardLink),
        EntryType::Char | EntryType::Block => Some(Kind::Device),
        EntryType::Fifo => Some(Kind::Fifo),
        kind if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() => Some(Kind::File),
        _ => None,
    });
    let Some(kind) = kind else { return Ok(None) };
    let mut removed = String::new();
    if kind == Kind::Whiteout {
        removed = path.replacen(".wh.", "", path.matches(".wh.").count().min(1));
        if let Some((folder, name)) = path.rsplit_once('/') {
            removed = format!("{folder}/{}", &name[4..]);
        }
    }
    let link = match kind {
        Kind::Symlink => entry.link_name_bytes().map(|raw| shown(&raw)),
        Kind::HardLink => entry.link_name_bytes().and_then(|raw| clean_path(&raw)),
        _ => None,
    };
    // Numbers that are left out are 0, as other readers have it.
    let mode = header.mode().unwrap_or_default() & 0o7777;
    let (uid, gid) = (header.uid().unwrap_or_default(), header.gid().unwrap_or_default());
    let device =
        header.device_major().ok().flatten().zip(header.device_minor().ok().flatten()).filter(|_| kind == Kind::Device);
    let exact = if reading.exact { Some(Box::new(Exact { device, ..read_exact(entry)? })) } else { None };
    Ok(Some(Entry {
        path: if kind == Kind::Whiteout { removed.into() } else { meant.into() },
        kind,
        size: 0,
        mode,
        uid,
        gid,
        link: link.map(Into::into),
        fingerprint: 0,
        exact,
    }))
}

fn read_exact(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Exact> {
    let mut exact = Exact::default();
    if let Some(records) = entry.pax_extensions()? {
        for record in records {
            let record = record?;
            if let Some(name) = record.key_bytes().strip_prefix(b"SCHILY.xattr.") {
                exact.xattrs.push((shown(name), record.value_bytes().to_vec()));
            }
        }
    }
    exact.xattrs.sort();
    Ok(exact)
}

/// What is seen of a content.
struct Content {
    is_file: bool,
    size: u64,
    fingerprint: Xxh3,
    sha256: Option<Sha256>,
    text: Option<Vec<u8>>,
}

impl Content {
    fn new(entry: &tar::Entry<'_, impl Read>, head: Option<&Entry>) -> Content {
        let kind = entry.header().entry_type();
        let is_file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
        let exact = head.filter(|head| head.exact.is_some() && is_file);
        let keeps = exact.is_some_and(|head| entry.size() <= TEXT_BYTES && packages::is_note(&head.path));
        Content {
            is_file,
            size: 0,
            fingerprint: Xxh3::new(),
            sha256: exact.map(|_| Sha256::new()),
            text: keeps.then(Vec::new),
        }
    }

    /// Reads to the end.
    fn read(
        &mut self,
        entry: &mut tar::Entry<'_, impl Read>,
        buffer: &mut [u8],
        contents: &mut u64,
        meter: &Meter,
    ) -> io::Result<()> {
        loop {
            let bytes = entry.read(buffer)?;
            if bytes == 0 {
                break;
            }
            self.size += bytes as u64;
            *contents += bytes as u64;
            // The holes of a sparse file come out of nothing.
            if !meter.allows(*contents) {
                return Err(Crossed::Ratio.into());
            }
            self.fingerprint.update(&buffer[..bytes]);
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(&buffer[..bytes]);
            }
            if let Some(text) = &mut self.text {
                text.extend_from_slice(&buffer[..bytes]);
            }
        }
        if self.size < entry.size() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn tell(self, head: &mut Entry) {
        if self.is_file && self.size > 0 {
            head.size = self.size;
            head.fingerprint = self.fingerprint.digest128();
        }
        if let Some(exact) = &mut head.exact {
            exact.sha256 = self.sha256.map(|sha256| sha256.finalize().into()).unwrap_or_default();
            exact.text = self.text.map(|text| String::from_utf8_lossy(&text).into());
        }
    }
}
