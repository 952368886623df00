//! Images read straight out of a registry: manifests, and blobs as streams that are checked at their end. Nothing of
//! them is kept.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use dopt_model::{Digest, ImageName, Unanswered};
use sha2::{Digest as _, Sha256};
use ureq::Body;

use crate::http::{self, Failure};
use crate::registry::{Asking, Registry};
use crate::retry::TRIES;

/// As much as is handed over at once.
const PIECE_BYTES: usize = 64 << 10;
/// So many pieces are read ahead, so that the network does not wait for who reads.
const PIECES_AHEAD: usize = 32;

/// An image where a registry has it.
pub struct Remote<'r> {
    asking: Asking<'r>,
    digest: Digest,
    bytes: Vec<u8>,
    /// What indexes list: manifests, and no blobs.
    listed: RefCell<HashSet<Digest>>,
}

impl Registry {
    /// Looks an image up, at mirrors first, and gets its manifest or its index.
    pub fn locate<'r>(&'r self, name: &'r ImageName) -> Result<Remote<'r>, Unanswered> {
        self.everywhere(name, |asking| {
            let (digest, manifest, bytes) = asking.whole()?;
            let listed = RefCell::new(manifest.listed().collect());
            Ok(Remote { asking: asking.clone(), digest, bytes, listed })
        })
    }
}

impl Remote<'_> {
    /// The digest of what the name stands for: a manifest, or an index of them.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Opens a manifest or a blob. At its end the stream fails if the bytes have another digest, and before it if there
    /// are more than `expected`.
    pub fn open(&self, digest: &Digest, expected: Option<u64>) -> Result<Box<dyn Read + '_>, Unanswered> {
        if *digest == self.digest {
            return Ok(Box::new(self.bytes.as_slice()));
        }
        if self.listed.borrow().contains(digest) {
            let (found, manifest, bytes) = self.asking.fetch(digest.as_str())?;
            if found != *digest {
                return Err(self.asking.malformed("sends a manifest that has another digest than was asked for"));
            }
            self.listed.borrow_mut().extend(manifest.listed());
            return Ok(Box::new(Cursor::new(bytes)));
        }
        let mut blob = Blob {
            asking: &self.asking,
            digest: digest.clone(),
            expected,
            tries: 0,
            pieces: None,
            surplus: 0,
            piece: Cursor::default(),
            got: 0,
            sum: Sha256::new(),
        };
        blob.reopen()?;
        Ok(Box::new(blob))
    }
}

/// A blob on its way. Where the connection breaks, it goes on with another one.
struct Blob<'r> {
    asking: &'r Asking<'r>,
    digest: Digest,
    expected: Option<u64>,
    tries: u32,
    pieces: Option<Receiver<io::Result<Vec<u8>>>>,
    /// What a server that cannot begin in the middle sends again.
    surplus: u64,
    piece: Cursor<Vec<u8>>,
    got: u64,
    sum: Sha256,
}

impl Blob<'_> {
    fn reopen(&mut self) -> Result<(), Unanswered> {
        self.tries += 1;
        let (body, is_rest) = self.asking.open(&self.digest, self.got)?;
        self.surplus = if is_rest { 0 } else { self.got };
        self.pieces = Some(read_ahead(body));
        Ok(())
    }

    /// The next bytes, none at the end.
    fn next(&mut self) -> Result<Vec<u8>, Unanswered> {
        loop {
            let Some(pieces) = &self.pieces else {
                self.reopen()?;
                continue;
            };
            let failure = match pieces.recv_timeout(self.asking.timeout()) {
                Ok(Ok(mut piece)) => {
                    let surplus = self.surplus.min(piece.len() as u64);
                    self.surplus -= surplus;
                    piece.drain(..usize::try_from(surplus).unwrap_or(piece.len()));
                    if piece.is_empty() {
                        continue;
                    }
                    return self.take(piece);
                }
                Err(RecvTimeoutError::Disconnected) if self.expected.is_none_or(|expected| self.got >= expected) => {
                    return self.end();
                }
                Ok(Err(error)) => http::of_io(&error),
                Err(RecvTimeoutError::Timeout) => Failure::Timeout,
                Err(RecvTimeoutError::Disconnected) => Failure::Broken("the connection breaks off".to_owned()),
            };
            self.pieces = None;
            if self.tries >= TRIES {
                return Err(self.asking.broken(&failure));
            }
        }
    }

    fn take(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        self.got += piece.len() as u64;
        if self.expected.is_some_and(|expected| self.got > expected) {
            return Err(self.asking.malformed(&format!("sends more bytes for {} than its manifest says", self.digest)));
        }
        self.sum.update(&piece);
        Ok(piece)
    }

    fn end(&self) -> Result<Vec<u8>, Unanswered> {
        let sum = self.sum.clone().finalize();
        let digits: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        match format!("sha256:{digits}") == self.digest.as_str() {
            true => Ok(Vec::new()),
            false => Err(self.asking.malformed(&format!("sends other bytes under the digest {}", self.digest))),
        }
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() >= self.piece.get_ref().len() as u64 {
            let piece = self.next().map_err(io::Error::other)?;
            self.piece = Cursor::new(piece);
        }
        self.piece.read(buffer)
    }
}

/// Reads on a thread of its own: nobody else can tell a server that has fallen silent from one that is slow. It ends
/// with the body, or when nobody takes its pieces any more.
fn read_ahead(body: Body) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, pieces) = mpsc::sync_channel(PIECES_AHEAD);
    thread::spawn(move || {
        let mut from = body.into_reader();
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            match from.read(&mut piece) {
                Ok(0) => break,
                Ok(bytes) => {
                    piece.truncate(bytes);
                    if sender.send(Ok(piece)).is_err() {
                        break;
                    }
                }
                Err(error) => {
                    let _ = sender.send(Err(error));
                    break;
                }
            }
        }
    });
    pieces
}
