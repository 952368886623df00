//! How archives are stored, told by their first bytes, and read as they were.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The memory that a frame of Zstandard may ask for; what `zstd --long` does needs as much.
const WINDOW_BYTES: u64 = 128 << 20;

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
        Compression::Zstd => Box::new(Frames { from: Some(from), frame: None }),
    };
    Ok((compression, plain))
}

/// Zstandard frames behind each other, as one stream.
struct Frames<R: BufRead> {
    from: Option<R>,
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let bytes = frame.read(buffer)?;
                if bytes > 0 || buffer.is_empty() {
                    return Ok(bytes);
                }
                self.from = self.frame.take().map(StreamingDecoder::into_inner);
            }
            let Some(mut from) = self.from.take() else { return Ok(0) };
            if from.fill_buf()?.is_empty() {
                return Ok(0);
            }
            if skip_frame(&mut from)? {
                self.from = Some(from);
                continue;
            }
            let frame = StreamingDecoder::new_with_max_window_size(from, WINDOW_BYTES);
            self.frame = Some(frame.map_err(io::Error::other)?);
        }
    }
}

/// Passes over a frame that holds no data, as the lists of contents of some tools do.
fn skip_frame(from: &mut impl BufRead) -> io::Result<bool> {
    let [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] = from.fill_buf()? else { return Ok(false) };
    let mut head = [0; 8];
    from.read_exact(&mut head)?;
    let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    match io::copy(&mut from.take(length), &mut io::sink())? {
        skipped if skipped == length => Ok(true),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
