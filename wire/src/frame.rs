//! Frames: four bytes of length, then a header and a body.
//!
//! [`FrameReader`] cuts what a connection delivers into frames; it is told how large one may be and never holds
//! more than that plus one read. Sockets are elsewhere.

use bytes::{Buf, Bytes, BytesMut};

use crate::primitives::Writer;

/// A frame to send: the length stands in the first four bytes of the first piece. Pieces share their memory
/// with whoever made them (record batches of a log), so that one vectored write sends them uncopied.
pub type Frame<P = Bytes> = Vec<P>;

/// What frames are made of: bytes, or something whose bytes come from elsewhere when the frame is sent.
pub trait Piece: Clone + From<Bytes> {
    /// Number of bytes.
    fn size(&self) -> usize;
    /// The bytes, if they are at hand.
    fn at_hand(&self) -> Option<&[u8]>;
}

impl Piece for Bytes {
    fn size(&self) -> usize {
        self.len()
    }

    fn at_hand(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Largest request a server takes unless told otherwise (Kafka: `socket.request.max.bytes`).
pub const MAX_REQUEST_BYTES: usize = 100 * 1024 * 1024;

/// Bytes of a frame's length.
pub const LENGTH_BYTES: usize = 4;

/// The peer announced a frame that is negative or larger than allowed; the connection is of no more use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame of {claimed} bytes is outside 0 to {limit}")]
pub struct FrameError {
    /// The length as sent.
    pub claimed: i32,
    /// The largest length allowed.
    pub limit: usize,
}

/// Cuts a stream of bytes into frames.
#[derive(Debug)]
pub struct FrameReader {
    buffer: BytesMut,
    limit: usize,
}

impl FrameReader {
    /// Starts empty; a frame may be `limit` bytes long, without its length.
    pub fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), limit }
    }

    /// The buffer to read into; what is appended becomes part of the stream.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Appends what came in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next whole frame, without its length; `None` if it is not complete yet.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(length) = self.announced()? else { return Ok(None) };
        if self.buffer.len() < LENGTH_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// Bytes that are missing before a frame is complete; at least 1, at most the limit and a length.
    ///
    /// A driver reserves no more than a bounded share of it at once: the length is only a claim.
    pub fn missing(&self) -> Result<usize, FrameError> {
        let whole = self.announced()?.map_or(LENGTH_BYTES, |length| LENGTH_BYTES + length);
        Ok(whole.saturating_sub(self.buffer.len()).max(1))
    }

    fn announced(&self) -> Result<Option<usize>, FrameError> {
        let Some(prefix) = self.buffer.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let claimed = i32::from_be_bytes(*prefix);
        match usize::try_from(claimed) {
            Ok(length) if length <= self.limit => Ok(Some(length)),
            _ => Err(FrameError { claimed, limit: self.limit }),
        }
    }
}

/// Below this a copy costs less than another piece of a vectored write.
const COPIED_BYTES: usize = 512;

/// Lays out a frame around pieces that other owners share.
#[derive(Debug)]
pub(crate) struct FrameBuilder<P = Bytes> {
    /// Everything that is not shared, the frame's length first.
    pub(crate) head: Writer,
    /// Shared pieces, each with its position among the bytes of `head`.
    shared: Vec<(usize, P)>,
}

impl<P: Piece> FrameBuilder<P> {
    /// Starts a frame; `capacity` counts the bytes that will be written, not the shared ones.
    pub(crate) fn new(capacity: usize) -> Self {
        let mut head = Writer::with_capacity(LENGTH_BYTES + capacity, false);
        head.raw(&[0; LENGTH_BYTES]);
        Self { head, shared: Vec::new() }
    }

    /// Writes bytes that may be null, sharing them unless they are few.
    pub(crate) fn nullable_bytes(&mut self, piece: Option<&P>) {
        self.head.long_len(piece.map(P::size));
        let Some(piece) = piece else { return };
        match piece.at_hand() {
            Some(bytes) if bytes.len() <= COPIED_BYTES => self.head.raw(bytes),
            _ => self.shared.push((self.head.len(), piece.clone())),
        }
    }

    /// Sets the length and cuts the head around the shared pieces.
    pub(crate) fn finish(self) -> Frame<P> {
        let mut head = self.head.into_vec();
        seal(&mut head, self.shared.iter().map(|(_, piece)| piece.size()).sum());
        let mut head = Bytes::from(head);
        let mut frame = Vec::with_capacity(2 * self.shared.len() + 1);
        let mut cut = 0;
        for (position, piece) in self.shared {
            frame.extend([head.split_to(position - cut).into(), piece]);
            cut = position;
        }
        if !head.is_empty() {
            frame.push(head.into());
        }
        frame
    }
}

/// Sets the length of a frame whose first piece starts with four bytes kept for it.
///
/// # Panics
/// If the frame is larger than 31 bits can say: the caller bounds its responses far below.
pub(crate) fn seal(first: &mut [u8], rest_bytes: usize) {
    let length = first.len() - LENGTH_BYTES + rest_bytes;
    let length = i32::try_from(length).expect("a frame is bounded by its maker below 2 GiB");
    first[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let stream = [0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0, 0, 0, 1, b'd'];
        for chunk in 1..=stream.len() {
            let mut reader = FrameReader::new(3);
            let mut frames = Vec::new();
            for piece in stream.chunks(chunk) {
                reader.push(piece);
                while let Some(frame) = reader.next_frame().expect("lengths are within the limit") {
                    frames.push(frame);
                }
            }
            assert_eq!(frames, [&b"abc"[..], b"", b"d"], "pieces of {chunk}");
        }
    }

    #[test]
    fn frame_beyond_the_limit_is_refused_before_it_arrives() {
        for claimed in [4, i32::MAX, -1, i32::MIN] {
            let mut reader = FrameReader::new(3);
            reader.push(&claimed.to_be_bytes());
            assert_eq!(reader.next_frame(), Err(FrameError { claimed, limit: 3 }));
            assert_eq!(reader.missing(), Err(FrameError { claimed, limit: 3 }));
        }
    }

    #[test]
    fn large_pieces_are_shared_and_small_ones_copied() {
        let large = Bytes::from(vec![7; COPIED_BYTES + 1]);
        let mut builder = FrameBuilder::new(16);
        builder.nullable_bytes(Some(&large));
        builder.nullable_bytes(Some(&Bytes::from_static(b"small")));
        builder.nullable_bytes(None);
        builder.nullable_bytes(Some(&large));
        let frame = builder.finish();
        assert_eq!(frame.len(), 4, "the second large piece ends the frame");
        assert_eq!((frame[1].as_ptr(), frame[3].as_ptr()), (large.as_ptr(), large.as_ptr()));
        let bytes = frame.concat();
        assert_eq!(bytes[..4], i32::try_from(bytes.len() - 4).expect("a small frame").to_be_bytes());
        assert_eq!(&frame[2][..], [&[0, 0, 0, 5][..], b"small", &[255; 4], &[0, 0, 2, 1]].concat());
    }

    #[test]
    fn missing_counts_down_to_the_end_of_the_frame() {
        let mut reader = FrameReader::new(100);
        let counts: Vec<_> = [0, 0, 0, 2, 1]
            .iter()
            .map(|byte| {
                let missing = reader.missing().expect("the length is within the limit");
                reader.push(&[*byte]);
                missing
            })
            .collect();
        assert_eq!(counts, [4, 3, 2, 1, 2]);
        assert_eq!(reader.missing(), Ok(1));
    }

    #[test]
    fn piece_that_is_not_at_hand_stays_a_piece_however_small() {
        #[derive(Clone, Debug, PartialEq)]
        enum Either {
            Here(Bytes),
            There(usize),
        }
        impl From<Bytes> for Either {
            fn from(bytes: Bytes) -> Self {
                Self::Here(bytes)
            }
        }
        impl Piece for Either {
            fn size(&self) -> usize {
                match self {
                    Self::Here(bytes) => bytes.len(),
                    Self::There(size) => *size,
                }
            }
            fn at_hand(&self) -> Option<&[u8]> {
                match self {
                    Self::Here(bytes) => Some(bytes),
                    Self::There(_) => None,
                }
            }
        }
        let mut builder = FrameBuilder::new(16);
        builder.nullable_bytes(Some(&Either::There(2)));
        builder.nullable_bytes(Some(&Either::Here(Bytes::from_static(b"x"))));
        let head = Bytes::from_static(&[0, 0, 0, 11, 0, 0, 0, 2]);
        let tail = Bytes::from_static(&[0, 0, 0, 1, b'x']);
        assert_eq!(builder.finish(), [Either::Here(head), Either::There(2), Either::Here(tail)]);
    }
}
