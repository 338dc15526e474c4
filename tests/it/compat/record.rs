//! The records of these tests: made from a codec and a number, so that a reader can tell what it must hold.

/// A record as these tests write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    /// Value of the only header, `number`.
    pub header: Vec<u8>,
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub partition: i32,
    pub offset: i64,
    pub record: Record,
}

/// Name of the header every record has.
pub const HEADER: &str = "number";
const LONGEST_RUN: u64 = 300;

impl Record {
    /// The record of a codec with this number: some bytes without a pattern, then a run of equal ones.
    pub fn numbered(codec: &str, number: u32) -> Self {
        let mut state = codec.bytes().fold(u64::from(number), |state, byte| mix(state ^ u64::from(byte)));
        let mut next = || {
            state = mix(state);
            state
        };
        let mut value: Vec<u8> = (0..next() % LONGEST_RUN).map(|_| next() as u8).collect();
        let run = (next() % LONGEST_RUN) as usize;
        value.resize(value.len() + run, next() as u8);
        Self {
            key: format!("{codec}-{number:05}").into_bytes(),
            value,
            header: number.to_be_bytes().to_vec(),
        }
    }

    /// Codec and number, as the key has them.
    pub fn number(&self) -> (String, u32) {
        let key = String::from_utf8_lossy(&self.key).into_owned();
        let (codec, number) = key.rsplit_once('-').expect("a key that these tests wrote");
        (codec.to_owned(), number.parse().expect("a number that these tests wrote"))
    }
}

/// SplitMix64.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
