//! The index files of a segment that is not appended to any more, searched on disk.

use std::io;
use std::sync::Arc;

use super::{Moment, OFFSET_ENTRY, Place, TIME_ENTRY};
use crate::disk::DiskFile;

/// Offset and time index in their files.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    places: Entries<OFFSET_ENTRY>,
    moments: Entries<TIME_ENTRY>,
}

impl Sealed {
    /// Takes two index files, which are full up to their ends.
    pub(crate) fn new(places: Arc<dyn DiskFile>, moments: Arc<dyn DiskFile>) -> io::Result<Self> {
        Ok(Self { places: Entries::new(places)?, moments: Entries::new(moments)? })
    }

    /// Position from which to look for the batch that holds a relative offset.
    pub(crate) fn position_of(&self, relative: u32) -> io::Result<u32> {
        self.last_position(|place| place.relative <= relative)
    }

    /// Position of the last entry that is at or below a position; 0 without one.
    pub(crate) fn position_up_to(&self, position: u32) -> io::Result<u32> {
        self.last_position(|place| place.position <= position)
    }

    fn last_position(&self, is_before: impl Fn(Place) -> bool) -> io::Result<u32> {
        let after = self.places.partition_point(|entry| is_before(Place::parse(entry)))?;
        match after.checked_sub(1) {
            Some(at) => Ok(Place::parse(&self.places.entry(at)?).position),
            None => Ok(0),
        }
    }

    /// Relative offset from which to look for a timestamp: every record up to it is older.
    pub(crate) fn before(&self, timestamp: i64) -> io::Result<u32> {
        let after = self.moments.partition_point(|entry| Moment::parse(entry).timestamp < timestamp)?;
        match after.checked_sub(1) {
            Some(at) => Ok(Moment::parse(&self.moments.entry(at)?).relative),
            None => Ok(0),
        }
    }

    /// Largest timestamp of the segment; `None` when the time index is empty.
    pub(crate) fn largest(&self) -> io::Result<Option<Moment>> {
        match self.moments.count.checked_sub(1) {
            Some(last) => Ok(Some(Moment::parse(&self.moments.entry(last)?))),
            None => Ok(None),
        }
    }
}

/// A file of sorted entries of `N` bytes.
#[derive(Clone, Debug)]
struct Entries<const N: usize> {
    file: Arc<dyn DiskFile>,
    count: u64,
}

impl<const N: usize> Entries<N> {
    fn new(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let count = file.len()? / N as u64;
        Ok(Self { file, count })
    }

    fn entry(&self, at: u64) -> io::Result<[u8; N]> {
        let mut entry = [0; N];
        if self.file.read_at(&mut entry, at * N as u64)? < N {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(entry)
    }

    fn partition_point(&self, is_before: impl Fn(&[u8; N]) -> bool) -> io::Result<u64> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(&self.entry(middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::building::{Building, Noted};
    use super::*;
    use crate::disk::Disk;
    use crate::testing::MemDisk;

    #[test]
    fn files_answer_as_the_entries_in_memory_did() {
        let mut building = Building::default();
        for number in 0..200u64 {
            let max_timestamp = (number as i64 * 7) % 150 + number as i64;
            building.note(
                Noted { position: number * 50, bytes: 50, relative: number as u32 * 3, max_timestamp },
                120,
            );
        }
        let disk = MemDisk::new(0);
        let (places, moments) = building.finish();
        disk.put(Path::new("/i"), &places, false).unwrap();
        disk.put(Path::new("/t"), &moments, false).unwrap();
        let open = |name| disk.open(Path::new(name), false).unwrap();
        let sealed = Sealed::new(open("/i"), open("/t")).unwrap();
        for relative in 0..620 {
            assert_eq!(sealed.position_of(relative).unwrap(), building.position_of(relative), "{relative}");
        }
        for position in 0..10_100 {
            let found = sealed.position_up_to(position).unwrap();
            assert_eq!(found, building.position_up_to(position), "{position}");
            assert!(found <= position && position - found < 200, "{position}: {found}");
        }
        for timestamp in -1..400 {
            assert_eq!(sealed.before(timestamp).unwrap(), building.before(timestamp), "{timestamp}");
        }
        assert_eq!(sealed.largest().unwrap(), building.largest());
    }
}
