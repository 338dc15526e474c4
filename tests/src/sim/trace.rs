//! What a run did: a fingerprint of everything, and on demand the last lines in words.

use std::collections::VecDeque;

/// Lines kept for a failing run.
const KEPT_LINES: usize = 100_000;

/// The fingerprint and the last lines of a run.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    events: u64,
    lines: Option<VecDeque<String>>,
}

impl Trace {
    /// Starts empty; lines are written only when `wordy`, because they cost more than the run itself.
    pub fn new(wordy: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, events: 0, lines: wordy.then(VecDeque::new) }
    }

    /// Takes note of an event by its numbers.
    pub fn note(&mut self, numbers: &[u64]) {
        self.events += 1;
        for number in numbers {
            self.mix(*number);
        }
    }

    /// Takes note of bytes that belong to the event noted last.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(u64::from_le_bytes(word.try_into().expect("a chunk of 8 is 8 bytes long")));
        }
        for byte in words.remainder() {
            self.mix(u64::from(*byte));
        }
        self.mix(bytes.len() as u64);
    }

    /// Writes a line if anyone will read it.
    pub fn line(&mut self, at: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            if lines.len() == KEPT_LINES {
                lines.pop_front();
            }
            lines.push_back(format!("{:>10}.{:03} {}", at / 1000, at % 1000, line()));
        }
    }

    /// The fingerprint so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The last lines, oldest first.
    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default().into()
    }

    fn mix(&mut self, word: u64) {
        self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}
