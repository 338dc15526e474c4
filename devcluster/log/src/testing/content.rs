//! The bytes of one file, and how to take back what was not synced.

use std::io;

use super::Chance;

#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    bytes: Vec<u8>,
    /// Changes since the last sync, oldest first.
    pending: Vec<Change>,
    /// Counts renames: handles remember under which count they were opened.
    name: u32,
}

/// What is needed to take a change back.
#[derive(Clone, Debug)]
struct Change {
    len_before: usize,
    at: usize,
    /// Bytes that were there, from `at` on.
    overwritten: Vec<u8>,
    /// Bytes written, 0 for a change of length.
    written: usize,
}

impl Content {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn name(&self) -> u32 {
        self.name
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn unname(&mut self, emptied: bool) {
        self.name += 1;
        if emptied {
            self.bytes = Vec::new();
            self.pending = Vec::new();
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) {
        let at = usize::try_from(at).expect("a file in memory is smaller than memory");
        let len_before = self.bytes.len();
        let end = at + bytes.len();
        let overwritten = self.bytes.get(at..end.min(len_before)).unwrap_or_default().to_vec();
        if end > len_before {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
        self.pending.push(Change { len_before, at, overwritten, written: bytes.len() });
    }

    pub(super) fn set_len(&mut self, len: u64) {
        let len = usize::try_from(len).expect("a file in memory is smaller than memory");
        let len_before = self.bytes.len();
        let overwritten = self.bytes.get(len..).unwrap_or_default().to_vec();
        self.bytes.resize(len, 0);
        self.pending.push(Change { len_before, at: len, overwritten, written: 0 });
    }

    pub(super) fn sync(&mut self) {
        self.pending.clear();
    }

    pub(super) fn flip(&mut self, at: u64) -> io::Result<()> {
        let byte = usize::try_from(at).ok().and_then(|at| self.bytes.get_mut(at));
        *byte.ok_or(io::ErrorKind::UnexpectedEof)? ^= 0xff;
        Ok(())
    }

    /// Takes back all but the first `keep` changes since the last sync and tears the last one kept.
    pub(super) fn crash(&mut self, keep: usize, torn: Option<&mut Chance>) {
        while self.pending.len() > keep {
            let change = self.pending.pop().expect("there are more changes than are kept");
            self.bytes.resize(change.len_before, 0);
            let end = (change.at + change.overwritten.len()).min(change.len_before);
            if change.at < end {
                self.bytes[change.at..end].copy_from_slice(&change.overwritten[..end - change.at]);
            }
        }
        if let (Some(chance), Some(last)) = (torn, self.pending.last())
            && last.written > 0
        {
            let whole = last.at + chance.below(last.written + 1);
            let end = last.at + last.written;
            // Either the file got its size before its data, or it did not get its size.
            if chance.below(2) == 0 && end > last.len_before {
                self.bytes.truncate(whole.max(last.len_before));
            } else {
                self.bytes[whole..end].fill(0);
            }
        }
        self.pending.clear();
    }
}
