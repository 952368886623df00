//! How much is read: a hostile archive must not take all memory or run for ever.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

/// What is read at most. Whatever is larger is an error, never cut off in silence.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The bytes of a layer that need no explanation, decompressed.
    pub free_bytes: u64,
    /// Behind them, how many bytes may come out for each one that went in.
    pub ratio: u64,
    /// The bytes that may lie between the contents of two files: long names and their like.
    pub header_bytes: u64,
    /// The entries of one layer.
    pub entries: usize,
    /// The bytes of a manifest or a configuration.
    pub json_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { free_bytes: 4 << 30, ratio: 200, header_bytes: 4 << 20, entries: 4_000_000, json_bytes: 16 << 20 }
    }
}

/// Which limit was crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossed {
    Ratio,
    Header,
    Entries,
}

impl fmt::Display for Crossed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Crossed::Ratio => "it grows out of all proportion when it is decompressed, as an archive bomb does",
            Crossed::Header => "the name of a file in it has more than a few million bytes",
            Crossed::Entries => "it has more entries than any image should",
        })
    }
}

impl std::error::Error for Crossed {}

impl From<Crossed> for io::Error {
    fn from(crossed: Crossed) -> io::Error {
        io::Error::other(crossed)
    }
}

/// What went in and came out so far, shared by the readers of one layer.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    went_in: Cell<u64>,
    came_out: Cell<u64>,
    /// What may still be read before the next content; `None` inside of one.
    header_left: Cell<Option<u64>>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Meter {
        Meter { limits, went_in: Cell::new(0), came_out: Cell::new(0), header_left: Cell::new(None) }
    }

    pub(crate) fn went_in(&self) -> u64 {
        self.went_in.get()
    }

    pub(crate) fn came_out(&self) -> u64 {
        self.came_out.get()
    }

    /// What follows is the head of an entry.
    pub(crate) fn in_header(&self) {
        self.header_left.set(Some(self.limits.header_bytes));
    }

    /// What follows is content.
    pub(crate) fn in_content(&self) {
        self.header_left.set(None);
    }

    /// Whether so many bytes are in proportion to what went in.
    pub(crate) fn allows(&self, bytes: u64) -> bool {
        bytes <= self.limits.free_bytes.saturating_add(self.went_in.get().saturating_mul(self.limits.ratio))
    }
}

/// Counts what goes in.
pub(crate) struct Inlet<'m, R> {
    pub(crate) from: R,
    pub(crate) meter: &'m Meter,
}

impl<R: Read> Read for Inlet<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(buffer)?;
        self.meter.went_in.set(self.meter.went_in.get() + bytes as u64);
        Ok(bytes)
    }
}

/// Counts what comes out, and stops where it is too much.
pub(crate) struct Outlet<'m, R> {
    pub(crate) from: R,
    pub(crate) meter: &'m Meter,
}

impl<R: Read> Read for Outlet<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(buffer)?;
        let meter = self.meter;
        meter.came_out.set(meter.came_out.get() + bytes as u64);
        if !meter.allows(meter.came_out.get()) {
            return Err(Crossed::Ratio.into());
        }
        if let Some(left) = meter.header_left.get() {
            let left = left.checked_sub(bytes as u64).ok_or(Crossed::Header)?;
            meter.header_left.set(Some(left));
        }
        Ok(bytes)
    }
}
