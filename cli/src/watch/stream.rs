//! Streams of a command that is run again: what it prints is caught, what it reads it reads each time anew.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// What a round printed.
#[derive(Clone, Default)]
pub(super) struct Caught(Arc<Mutex<Vec<u8>>>);

impl Caught {
    /// All of it; everything a command prints is UTF-8.
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard input that remembers what was read, so that names that were piped in hold for every round.
pub(super) struct Replay(Option<Arc<Mutex<Remembered>>>);

struct Remembered {
    source: Box<dyn Read + Send>,
    bytes: Vec<u8>,
}

impl Replay {
    /// Remembers what is read from this.
    pub(super) fn of(source: Option<Box<dyn Read + Send>>) -> Self {
        Self(source.map(|source| Arc::new(Mutex::new(Remembered { source, bytes: Vec::new() }))))
    }

    /// A reader from the beginning.
    pub(super) fn again(&self) -> Option<Box<dyn Read + Send>> {
        let remembered = Arc::clone(self.0.as_ref()?);
        Some(Box::new(Reader { remembered, at: 0 }))
    }
}

struct Reader {
    remembered: Arc<Mutex<Remembered>>,
    at: usize,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if self.at == remembered.bytes.len() {
            let count = remembered.source.read(buffer)?;
            remembered.bytes.extend_from_slice(&buffer[..count]);
            self.at += count;
            return Ok(count);
        }
        let known = &remembered.bytes[self.at..];
        let count = known.len().min(buffer.len());
        buffer[..count].copy_from_slice(&known[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_begins_at_the_beginning() {
        let replay = Replay::of(Some(Box::new(io::Cursor::new(b"orders\npayments\n".to_vec()))));
        let mut half = [0; 7];
        replay.again().unwrap().read_exact(&mut half).unwrap();
        assert_eq!(&half, b"orders\n");
        for _ in 0..2 {
            let mut all = String::new();
            replay.again().unwrap().read_to_string(&mut all).unwrap();
            assert_eq!(all, "orders\npayments\n");
        }
    }
}
