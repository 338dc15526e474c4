//! The codecs of record batches: gzip, snappy, lz4 and zstd, within bounds.
//!
//! Decompression streams into a buffer that grows only with real output and stops at a [`Limit`], so that a small
//! batch cannot claim much memory. Snappy is written in the framing of xerial's Java library, as Kafka does;
//! raw snappy, as librdkafka writes it, is read too. Lz4 is the frame format with independent blocks, the only
//! one Kafka reads. What is compressed is not known here.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

/// How the records of a batch are compressed; the number is that of the batch's attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy blocks in xerial's framing.
    Snappy,
    /// Lz4 frames.
    Lz4,
    /// RFC 8878 (KIP-110).
    Zstd,
}

/// Why bytes could not be compressed or decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressionError {
    /// The number belongs to no codec.
    #[error("compression codec {0} is unknown")]
    Unknown(u8),
    /// The bytes are not what the codec writes.
    #[error("{codec} data is malformed: {reason}")]
    Malformed {
        /// The codec.
        codec: Codec,
        /// In the words of the library.
        reason: String,
    },
    /// The output would exceed the limit.
    #[error("{codec} data expands to more than {limit} bytes")]
    TooLarge {
        /// The codec.
        codec: Codec,
        /// Bytes allowed for this input.
        limit: usize,
    },
}

impl Codec {
    /// All codecs, by number.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// Number in a batch's attributes.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Finds a codec by its number.
    ///
    /// # Errors
    /// [`CompressionError::Unknown`].
    pub fn from_number(number: u8) -> Result<Self, CompressionError> {
        Self::ALL.get(usize::from(number)).copied().ok_or(CompressionError::Unknown(number))
    }

    /// Name in configurations (`compression.type`).
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no codec has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("compression type \"{0}\" is unknown")]
pub struct UnknownCodec(pub String);

impl FromStr for Codec {
    type Err = UnknownCodec;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|codec| codec.name() == name).ok_or_else(|| UnknownCodec(name.to_owned()))
    }
}

/// How much output decompression may produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Bytes, whatever the input.
    pub max_bytes: usize,
    /// Bytes per byte of input, for outputs beyond [`Limit::RATIO_FROM_BYTES`].
    pub max_ratio: usize,
}

impl Limit {
    /// Outputs up to this size may have any ratio: batches of equal records compress without bound.
    pub const RATIO_FROM_BYTES: usize = 8 << 20;

    /// Bytes allowed for an input of `compressed` bytes.
    pub fn for_input(self, compressed: usize) -> usize {
        let by_ratio = compressed.saturating_mul(self.max_ratio).max(Self::RATIO_FROM_BYTES);
        by_ratio.min(self.max_bytes)
    }
}

impl Default for Limit {
    /// 256 MiB, and 1,100 to one: a little more than gzip can do.
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_ratio: 1_100 }
    }
}

/// Decompresses all of `input`.
///
/// # Errors
/// [`CompressionError::Malformed`], and [`CompressionError::TooLarge`] once the output passes the limit.
pub fn decompress(codec: Codec, input: &[u8], limit: Limit) -> Result<Vec<u8>, CompressionError> {
    let limit = limit.for_input(input.len());
    match codec {
        Codec::None if input.len() > limit => Err(CompressionError::TooLarge { codec, limit }),
        Codec::None => Ok(input.to_vec()),
        Codec::Gzip => drain(codec, MultiGzDecoder::new(input), limit),
        Codec::Snappy => decompress_snappy(input, limit),
        Codec::Lz4 => drain(codec, FrameDecoder::new(input), limit),
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(malformed(codec))?;
            drain(codec, decoder, limit)
        }
    }
}

fn malformed<E: fmt::Display>(codec: Codec) -> impl FnOnce(E) -> CompressionError {
    move |error| CompressionError::Malformed { codec, reason: error.to_string() }
}

/// Reads a decoder to its end, one byte past the limit at most.
fn drain(codec: Codec, decoder: impl Read, limit: usize) -> Result<Vec<u8>, CompressionError> {
    let mut output = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut output).map_err(malformed(codec))?;
    if output.len() > limit {
        return Err(CompressionError::TooLarge { codec, limit });
    }
    Ok(output)
}

/// Start of a xerial stream: the magic, then two 32-bit versions that readers may ignore.
const XERIAL_MAGIC: &[u8; 8] = b"\x82SNAPPY\0";
const XERIAL_VERSIONS: &[u8; 8] = &[0, 0, 0, 1, 0, 0, 0, 1];
/// Bytes that one xerial block holds before compression (snappy-java's default).
const XERIAL_BLOCK_BYTES: usize = 32 << 10;
/// Snappy's densest element writes 64 bytes from 3; a block that claims more is lying.
const SNAPPY_MAX_RATIO: usize = 22;

fn decompress_snappy(input: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let mut output = Vec::new();
    if !input.starts_with(XERIAL_MAGIC) {
        snappy_block(input, &mut output, limit)?;
        return Ok(output);
    }
    let mut rest = input;
    while !rest.is_empty() {
        if rest.starts_with(XERIAL_MAGIC) {
            // Streams may be concatenated, each with its own start.
            rest = rest.get(XERIAL_MAGIC.len() + XERIAL_VERSIONS.len()..).ok_or_else(truncated_snappy)?;
            continue;
        }
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(truncated_snappy)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(malformed(Codec::Snappy))?;
        let (block, after) = after.split_at_checked(length).ok_or_else(truncated_snappy)?;
        snappy_block(block, &mut output, limit)?;
        rest = after;
    }
    Ok(output)
}

fn truncated_snappy() -> CompressionError {
    malformed(Codec::Snappy)("the data ends inside a block")
}

fn snappy_block(block: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), CompressionError> {
    let codec = Codec::Snappy;
    let length = snap::raw::decompress_len(block).map_err(malformed(codec))?;
    if length > limit.saturating_sub(output.len()) {
        return Err(CompressionError::TooLarge { codec, limit });
    }
    if length > block.len().saturating_mul(SNAPPY_MAX_RATIO) {
        return Err(malformed(codec)(format_args!("{} bytes claim to hold {length}", block.len())));
    }
    let start = output.len();
    output.resize(start + length, 0);
    snap::raw::Decoder::new().decompress(block, &mut output[start..]).map_err(malformed(codec))?;
    Ok(())
}

/// Compresses all of `input` at the codec's default level.
///
/// # Errors
/// [`CompressionError::Malformed`] with the library's reason; none is known to occur.
pub fn compress(codec: Codec, input: &[u8]) -> Result<Cow<'_, [u8]>, CompressionError> {
    let compressed = match codec {
        Codec::None => return Ok(Cow::Borrowed(input)),
        Codec::Gzip => gzip(input),
        Codec::Snappy => snappy(input),
        Codec::Lz4 => lz4(input),
        Codec::Zstd => zstd::stream::encode_all(input, zstd::DEFAULT_COMPRESSION_LEVEL),
    };
    compressed.map(Cow::Owned).map_err(malformed(codec))
}

fn gzip(input: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(input)?;
    encoder.finish()
}

fn snappy(input: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = [XERIAL_MAGIC.as_slice(), XERIAL_VERSIONS].concat();
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(XERIAL_BLOCK_BYTES) {
        let compressed = encoder.compress_vec(block)?;
        // A block of 32 KiB cannot grow beyond 31 bits.
        output.extend_from_slice(&(compressed.len() as u32).to_be_bytes());
        output.extend_from_slice(&compressed);
    }
    Ok(output)
}

fn lz4(input: &[u8]) -> io::Result<Vec<u8>> {
    let frame = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(frame, Vec::new());
    encoder.write_all(input)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        (0..100_000u32).flat_map(|i| (i % 1_000).to_be_bytes()).collect()
    }

    #[test]
    fn every_codec_reads_what_it_writes() {
        for codec in Codec::ALL {
            for input in [&b""[..], b"a", &sample()] {
                let compressed = compress(codec, input).unwrap();
                let output = decompress(codec, &compressed, Limit::default()).unwrap();
                assert_eq!(output, input, "{codec}");
            }
        }
    }

    #[test]
    fn raw_snappy_is_read_as_librdkafka_writes_it() {
        let input = sample();
        let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
        assert_eq!(decompress(Codec::Snappy, &raw, Limit::default()).unwrap(), input);
    }

    #[test]
    fn concatenated_xerial_streams_are_one() {
        let one = compress(Codec::Snappy, b"abc").unwrap();
        assert_eq!(decompress(Codec::Snappy, &one.repeat(2), Limit::default()).unwrap(), b"abcabc");
    }

    #[test]
    fn snappy_block_that_claims_too_much_is_refused_before_anything_is_reserved() {
        // A varint of 4 MiB, then nothing like enough to fill it.
        let error = decompress(Codec::Snappy, b"\x80\x80\x80\x02\0a", Limit::default()).unwrap_err();
        assert!(matches!(error, CompressionError::Malformed { .. }), "{error}");
    }

    #[test]
    fn output_beyond_the_limit_is_refused_by_every_codec() {
        let limit = Limit { max_bytes: 1_000, max_ratio: 1_000_000 };
        for codec in Codec::ALL {
            let exact = compress(codec, &[7; 1_000]).unwrap();
            assert_eq!(decompress(codec, &exact, limit).unwrap().len(), 1_000, "{codec}");
            let more = compress(codec, &[7; 1_001]).unwrap();
            let error = decompress(codec, &more, limit).unwrap_err();
            assert_eq!(error, CompressionError::TooLarge { codec, limit: 1_000 });
        }
    }

    #[test]
    fn zstd_bomb_of_one_gibibyte_stops_at_the_ratio() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        let piece = vec![0; 1 << 20];
        for _ in 0..1 << 10 {
            encoder.write_all(&piece).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 64 << 10, "{}", bomb.len());
        let limit = Limit::default().for_input(bomb.len());
        assert!(limit < 64 << 20, "{limit}");
        let error = decompress(Codec::Zstd, &bomb, Limit::default()).unwrap_err();
        assert_eq!(error, CompressionError::TooLarge { codec: Codec::Zstd, limit });
    }

    #[test]
    fn truncated_data_is_an_error_or_a_prefix_and_never_a_panic() {
        let input = sample();
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let compressed = compress(codec, &input).unwrap();
            for end in (0..compressed.len()).step_by(97) {
                if let Ok(output) = decompress(codec, &compressed[..end], Limit::default()) {
                    assert!(input.starts_with(&output), "{codec} cut at {end}");
                }
            }
        }
    }
}
