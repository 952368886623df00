//! How archives are stored, told by their first bytes, and read as they were.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::Decoder;

/// The memory that a frame of Zstandard may ask for is 2 to the power of this; what `zstd --long` does needs as much.
const WINDOW_LOG: u32 = 27;

/// How the archive of a layer is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// gzip, perhaps of several members.
    Gzip,
    /// Zstandard, perhaps of several frames.
    Zstd,
}

impl Compression {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// By the first bytes of the archive.
    pub fn of(head: &[u8]) -> Compression {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// What was compressed, in whatever way.
pub(crate) fn decompress<'r>(from: &'r mut (impl BufRead + 'r)) -> io::Result<(Compression, Box<dyn Read + 'r>)> {
    let compression = Compression::of(from.fill_buf()?);
    let plain: Box<dyn Read + 'r> = match compression {
        Compression::None => Box::new(from),
        Compression::Gzip => Box::new(MultiGzDecoder::new(from)),
        Compression::Zstd => {
            let mut decoder = Decoder::with_buffer(from)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    Ok((compression, plain))
}
