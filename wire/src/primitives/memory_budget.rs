//! How much memory one message may ask for.

use super::{DecodeError, Decoded};

/// Memory that the arrays of one message may still take.
///
/// A decoded element is larger than its bytes: an empty string takes one byte on the wire and 32 in memory.
/// Messages that mean something stay below ten times their length, so a short message is not held to a ratio,
/// a longer one to sixteen times its length, and none may take more than a fixed amount, in which the metadata of
/// a million partitions would fit.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    left: usize,
    length: usize,
}

impl MemoryBudget {
    const FLOOR_BYTES: usize = 1024 * 1024;
    const RATIO: usize = 16;
    const CEILING_BYTES: usize = 256 * 1024 * 1024;

    /// The budget of a message of `length` bytes.
    pub fn new(length: usize) -> Self {
        let left =
            length.saturating_mul(Self::RATIO).saturating_add(Self::FLOOR_BYTES).min(Self::CEILING_BYTES);
        Self { left, length }
    }

    /// Spends what an array of `count` elements takes; `at` is where it stands.
    pub fn spend(&mut self, at: usize, count: usize, element_bytes: usize) -> Decoded<()> {
        let left = count.checked_mul(element_bytes).and_then(|bytes| self.left.checked_sub(bytes));
        self.left = left.ok_or(DecodeError::Memory { at, count, length: self.length })?;
        Ok(())
    }
}
