//! Reading a text: UTF-8, and not more of it than any Dockerfile has.

use std::io::{self, Read};

use crate::failure::Failure;

const LIMIT_MIB: usize = 64;
const CHUNK_BYTES: usize = 1 << 16;

/// A little more than can be worked on, so that too much is seen to be too much.
pub fn read_stdin() -> Vec<u8> {
    let mut bytes = Vec::new();
    let most = (LIMIT_MIB as u64 + 1) << 20;
    // What cannot be read is an empty file, as for any other reader.
    let _ = io::stdin().lock().take(most).read_to_end(&mut bytes);
    bytes
}

/// Reads to the end into a buffer that is used again for the next file.
pub fn read(mut from: impl Read, buffer: &mut Vec<u8>) -> Result<&str, Failure> {
    let limit = LIMIT_MIB << 20;
    let mut filled = 0;
    if buffer.len() > limit / 16 {
        *buffer = Vec::new();
    }
    loop {
        if buffer.len() - filled < CHUNK_BYTES {
            buffer.resize((buffer.len() * 2).max(2 * CHUNK_BYTES), 0);
        }
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::Read(error)),
        }
        if filled > limit {
            return Err(Failure::TooLarge { limit: LIMIT_MIB });
        }
    }
    let bytes = &buffer[..filled];
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = 1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        Failure::NotUtf8 { offset, line, utf16 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_grows_and_is_used_again() {
        let mut buffer = Vec::new();
        let long = "x".repeat(5 << 20);
        assert_eq!(read(long.as_bytes(), &mut buffer).unwrap(), long);
        assert_eq!(read(&b"FROM a"[..], &mut buffer).unwrap(), "FROM a");
        assert!(matches!(
            read(&b"a\nb\xff"[..], &mut buffer),
            Err(Failure::NotUtf8 { offset: 3, line: 2, utf16: false })
        ));
    }
}
