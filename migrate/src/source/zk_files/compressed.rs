//! Opens a file of a data directory for reading, whether plain, gzip or snappy (snappy-java's stream framing).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;

/// What a snappy stream of snappy-java begins with, before version and lowest compatible version.
const SNAPPY_MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// Largest block of a snappy stream, packed or not: snappy-java writes 32 KiB and lets one ask for 512 MiB.
const MAX_BLOCK_BYTES: usize = 64 << 20;

/// Opens a file; the ending of its name says how it is packed.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = BufReader::with_capacity(1 << 20, File::open(path)?);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Ok(Box::new(BufReader::with_capacity(1 << 16, GzDecoder::new(file)))),
        Some("snappy") => Ok(Box::new(SnappyReader::new(file)?)),
        _ => Ok(Box::new(file)),
    }
}

/// Unpacks snappy-java's stream: a header, then blocks of { length int, bytes }.
struct SnappyReader<R> {
    inner: R,
    block: Vec<u8>,
    at: usize,
}

impl<R: Read> SnappyReader<R> {
    fn new(mut inner: R) -> io::Result<Self> {
        let mut header = [0; 16];
        inner.read_exact(&mut header)?;
        if header[..8] != SNAPPY_MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a snappy stream"));
        }
        Ok(Self { inner, block: Vec::new(), at: 0 })
    }

    /// Reads the next block; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let mut length = [0; 4];
        let mut first = [0; 1];
        if self.inner.read(&mut first)? == 0 {
            return Ok(false);
        }
        length[0] = first[0];
        self.inner.read_exact(&mut length[1..])?;
        let wanted = usize::try_from(i32::from_be_bytes(length)).ok().filter(|n| *n <= MAX_BLOCK_BYTES);
        let wanted = wanted.ok_or_else(|| invalid("a block's length"))?;
        let mut packed = Vec::new();
        self.inner.by_ref().take(wanted as u64).read_to_end(&mut packed)?;
        let unpacked = snap::raw::decompress_len(&packed).map_err(|_| invalid("a block"))?;
        if packed.len() < wanted || unpacked > MAX_BLOCK_BYTES {
            return Err(invalid("a block's size"));
        }
        self.block = snap::raw::Decoder::new().decompress_vec(&packed).map_err(|_| invalid("a block"))?;
        self.at = 0;
        Ok(true)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} of the snappy stream is not valid"))
}

impl<R: Read> Read for SnappyReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.block.len() - self.at);
        out[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snappy_blocks_are_joined() {
        let mut bytes = SNAPPY_MAGIC.to_vec();
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 1]);
        for text in ["hello ", "world"] {
            let packed = snap::raw::Encoder::new().compress_vec(text.as_bytes()).expect("it is short");
            bytes.extend(u32::try_from(packed.len()).expect("it is short").to_be_bytes());
            bytes.extend(packed);
        }
        let mut text = String::new();
        SnappyReader::new(&bytes[..]).expect("header").read_to_string(&mut text).expect("blocks");
        assert_eq!(text, "hello world");
        for end in 17..bytes.len() {
            let mut out = Vec::new();
            let cut = SnappyReader::new(&bytes[..end]).expect("header").read_to_end(&mut out);
            assert!(cut.is_err() || out == b"hello ", "cut at {end}");
        }
    }
}
