//! Recordings as files (`.krs`): frames with their lengths and checksums. A file that was torn off in the middle
//! of a frame is read up to there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Timed;
use super::tape::{Frame, FrameKind, Replay};

/// How every recording begins.
const MAGIC: &[u8; 3] = b"KRS";

/// The version of the format.
const VERSION: u8 = 1;

/// The largest frame that is taken.
const MOST_FRAME_BYTES: usize = 64 * 1024 * 1024;

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read the recording {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no recording.
    #[error("{} is no recording of kr", path.display())]
    Other {
        /// The file.
        path: PathBuf,
    },
    /// It was made by a newer kr.
    #[error("{} is a recording of format {version}; this kr reads format {VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u8,
    },
}

/// A recording that was read.
#[derive(Debug, Default)]
pub struct Recording {
    /// Its entries in order.
    pub entries: Vec<Timed>,
    /// Bytes at the end that are no whole frame: the program ended while it wrote them.
    pub torn_bytes: u64,
}

/// Reads a recording.
pub fn read(path: &Path) -> Result<Recording, ReadError> {
    let failed = |source| ReadError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed)?;
    let Some((header, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(ReadError::Other { path: path.to_owned() });
    };
    if &header[..3] != MAGIC {
        return Err(ReadError::Other { path: path.to_owned() });
    }
    if header[3] != VERSION {
        return Err(ReadError::Newer { path: path.to_owned(), version: header[3] });
    }
    let mut replay = Replay::default();
    let mut rest = rest;
    while let Some((frame, after)) = next_frame(rest) {
        if replay.play(&frame).is_err() {
            break;
        }
        rest = after;
    }
    Ok(Recording { entries: replay.entries, torn_bytes: rest.len() as u64 })
}

fn next_frame(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (frame, after) = rest.split_at_checked(length)?;
    if crc32c::crc32c(frame) != u32::from_le_bytes(*crc) {
        return None;
    }
    Some((Frame::of_bytes(frame).ok()?, after))
}

/// Writes a recording while it is made.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: File,
    bytes: u64,
    cap_bytes: u64,
    /// Where bases begin in the file: it can be cut there.
    bases: Vec<u64>,
}

impl Recorder {
    /// Begins a new file; directories are made as needed. An existing file is replaced.
    pub fn create(path: &Path, cap_bytes: u64) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(path)?;
        file.write_all(&header())?;
        let bytes = header().len() as u64;
        Ok(Self { path: path.to_owned(), file, bytes, cap_bytes, bases: Vec::new() })
    }

    /// Its size in bytes.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes == header().len() as u64
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends frames. A file that gets too large loses its oldest half.
    pub fn append(&mut self, frames: &[Frame]) -> io::Result<()> {
        for frame in frames {
            let bytes = frame.to_bytes();
            if bytes.len() > MOST_FRAME_BYTES {
                continue;
            }
            if frame.kind == FrameKind::Base {
                self.bases.push(self.bytes);
            }
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let mut out = Vec::with_capacity(bytes.len() + 8);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
            out.extend_from_slice(&bytes);
            self.file.write_all(&out)?;
            self.bytes += out.len() as u64;
        }
        if self.bytes > self.cap_bytes { self.cut() } else { Ok(()) }
    }

    /// Begins the file at the first base of its second half. Without one it grows on.
    fn cut(&mut self) -> io::Result<()> {
        let half = self.bytes.saturating_sub(self.cap_bytes / 2);
        let Some(from) = self.bases.iter().copied().find(|base| *base >= half) else { return Ok(()) };
        let kept = fs::read(&self.path)?;
        let kept = usize::try_from(from).ok().and_then(|from| kept.get(from..)).unwrap_or_default();
        let aside = self.path.with_extension("krs.new");
        let mut file = File::create(&aside)?;
        file.write_all(&header())?;
        file.write_all(kept)?;
        fs::rename(&aside, &self.path)?;
        let header_bytes = header().len() as u64;
        self.bytes = header_bytes + kept.len() as u64;
        self.bases.retain(|base| *base >= from);
        for base in &mut self.bases {
            *base = *base - from + header_bytes;
        }
        self.file = file;
        Ok(())
    }
}

fn header() -> [u8; 4] {
    let [k, r, s] = *MAGIC;
    [k, r, s, VERSION]
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;
    use crate::msg::{Key, KeyCode};
    use crate::recording::{Entry, Tape};
    use crate::snapshot::Time;

    fn key(char: char) -> Entry {
        Entry::Key(Key { code: KeyCode::Char(char), ctrl: false, alt: false })
    }

    fn tape(count: u8) -> Tape {
        let mut tape = Tape::new(usize::MAX);
        tape.keep_fresh();
        for index in 0..count {
            // Each in a frame of its own.
            tape.record(Time(i64::from(index) * 6000), key(char::from(b'a' + index % 26)));
        }
        tape.close();
        tape
    }

    fn keys(recording: &Recording) -> String {
        let char = |(_, entry): &Timed| match entry {
            Entry::Key(Key { code: KeyCode::Char(char), .. }) => *char,
            other => panic!("{other:?}"),
        };
        recording.entries.iter().map(char).collect()
    }

    #[test]
    fn what_was_recorded_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("a.krs");
        let mut recorder = Recorder::create(&path, 1 << 20).unwrap();
        recorder.append(&tape(5).take_fresh()).unwrap();
        let recording = read(&path).unwrap();
        assert_eq!((keys(&recording).as_str(), recording.torn_bytes), ("abcde", 0));
        assert_eq!(recorder.len(), fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn a_torn_end_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.krs");
        let mut recorder = Recorder::create(&path, 1 << 20).unwrap();
        recorder.append(&tape(5).take_fresh()).unwrap();
        for cut in 1..20 {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(recorder.len() - cut).unwrap();
            let recording = read(&path).unwrap();
            assert_eq!(keys(&recording), "abcd", "without {cut} bytes");
            assert!(recording.torn_bytes > 0);
        }
    }

    #[test]
    fn bytes_that_changed_end_the_recording_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.krs");
        let mut recorder = Recorder::create(&path, 1 << 20).unwrap();
        recorder.append(&tape(5).take_fresh()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(&path, bytes).unwrap();
        let keys = keys(&read(&path).unwrap());
        assert!(keys.len() < 5 && "abcde".starts_with(&keys), "{keys}");
    }

    #[test]
    fn another_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.krs");
        assert!(matches!(read(&path), Err(ReadError::File { .. })));
        fs::write(&path, "").unwrap();
        assert!(matches!(read(&path), Err(ReadError::Other { .. })));
        fs::write(&path, "KRS\u{9}").unwrap();
        assert!(matches!(read(&path), Err(ReadError::Newer { version: 9, .. })));
    }

    #[test]
    fn a_file_that_is_too_large_loses_its_beginning() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.krs");
        let mut recorder = Recorder::create(&path, 4000).unwrap();
        let mut tape = Tape::new(usize::MAX);
        tape.keep_fresh();
        for index in 0..2000_i64 {
            // A base each ten minutes.
            tape.record(Time(index * 60_000), key('a'));
            recorder.append(&tape.take_fresh()).unwrap();
        }
        assert!(recorder.len() <= 4200, "{} bytes", recorder.len());
        let recording = read(&path).unwrap();
        let (first, last) = (recording.entries[0].0, recording.entries.last().unwrap().0);
        assert!(first > Time(60_000_000) && last > Time(1999 * 60_000 - 120_000));
        assert_eq!(recording.torn_bytes, 0);
    }
}
