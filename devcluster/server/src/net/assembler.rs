//! From the bytes of a socket to whole frames.
//!
//! Each frame gets memory of its own, so that a record kept by a log's cache does not hold its neighbours.
//! A frame that is longer than one read grows by doubling as bytes arrive: what a peer claims is never
//! reserved.

use bytes::{Bytes, BytesMut};

const LENGTH_BYTES: usize = 4;

/// A length prefix that no request or response may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame of {length} bytes; 1 to {max} are accepted")]
pub(crate) struct BadLength {
    length: i32,
    max: usize,
}

/// Collects one connection's frames.
#[derive(Debug)]
pub(crate) struct Assembler {
    max: usize,
    /// The length prefix as far as it came.
    prefix: [u8; LENGTH_BYTES],
    prefix_len: usize,
    /// Length of the frame that is coming in, once its prefix is whole.
    length: usize,
    /// What came of that frame.
    body: BytesMut,
}

impl Assembler {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, prefix: [0; LENGTH_BYTES], prefix_len: 0, length: 0, body: BytesMut::new() }
    }

    /// Takes what was read; `whole` gets each complete frame without its length bytes.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut whole: impl FnMut(Bytes)) -> Result<(), BadLength> {
        while !bytes.is_empty() {
            if self.prefix_len < LENGTH_BYTES {
                let take = bytes.len().min(LENGTH_BYTES - self.prefix_len);
                self.prefix[self.prefix_len..self.prefix_len + take].copy_from_slice(&bytes[..take]);
                self.prefix_len += take;
                bytes = &bytes[take..];
                if self.prefix_len == LENGTH_BYTES {
                    self.length = self.checked_length()?;
                }
                continue;
            }
            let missing = self.length - self.body.len();
            let take = bytes.len().min(missing);
            if take == missing && self.body.is_empty() {
                whole(Bytes::copy_from_slice(&bytes[..take]));
                self.prefix_len = 0;
            } else {
                self.grow(take);
                self.body.extend_from_slice(&bytes[..take]);
                if take == missing {
                    whole(self.body.split().freeze());
                    self.body = BytesMut::new();
                    self.prefix_len = 0;
                }
            }
            bytes = &bytes[take..];
        }
        Ok(())
    }

    /// Bytes of a frame that is not whole yet; `None` between frames.
    pub(crate) fn partial(&self) -> Option<usize> {
        (self.prefix_len > 0).then_some(self.prefix_len + self.body.len())
    }

    fn checked_length(&self) -> Result<usize, BadLength> {
        let length = i32::from_be_bytes(self.prefix);
        match usize::try_from(length) {
            Ok(size) if size > 0 && size <= self.max => Ok(size),
            _ => Err(BadLength { length, max: self.max }),
        }
    }

    /// Makes room for `more` bytes: twice what came in so far, at most what the frame still needs.
    fn grow(&mut self, more: usize) {
        if self.body.capacity() - self.body.len() < more {
            let missing = self.length - self.body.len();
            self.body.reserve(missing.min(more.max(self.body.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bodies: &[&[u8]]) -> Vec<u8> {
        bodies.iter().flat_map(|body| [&(body.len() as i32).to_be_bytes(), *body].concat()).collect()
    }

    #[test]
    fn frames_come_out_whole_however_the_bytes_are_cut() {
        let long = vec![7u8; 3000];
        let bodies: [&[u8]; 4] = [b"a", b"bcd", &long, b"e"];
        let bytes = framed(&bodies);
        for step in [1, 2, 3, 5, 64, 1000, bytes.len()] {
            let mut assembler = Assembler::new(4096);
            let mut got = Vec::new();
            for chunk in bytes.chunks(step) {
                assembler.feed(chunk, |frame| got.push(frame)).expect("lengths are fine");
            }
            assert_eq!(got, bodies, "cut every {step} bytes");
            assert_eq!(assembler.partial(), None);
        }
    }

    #[test]
    fn lengths_out_of_bounds_are_refused() {
        for length in [0, -1, i32::MIN, 101, i32::MAX] {
            let mut assembler = Assembler::new(100);
            let result = assembler.feed(&length.to_be_bytes(), |_| panic!("no frame"));
            assert_eq!(result, Err(BadLength { length, max: 100 }));
        }
    }

    #[test]
    fn memory_follows_what_came_in_not_what_was_claimed() {
        let mut assembler = Assembler::new(100 << 20);
        let claimed = 100i32 << 20;
        assembler.feed(&claimed.to_be_bytes(), |_| panic!("no frame")).expect("within the maximum");
        for received in 1..=200usize {
            assembler.feed(&[0; 1000], |_| panic!("no frame")).expect("within the frame");
            assert!(assembler.body.capacity() <= 2 * received * 1000 + 64, "{}", assembler.body.capacity());
        }
        assert_eq!(assembler.partial(), Some(200_004));
    }
}
