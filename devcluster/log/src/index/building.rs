//! The indexes of a segment that is being appended to, in memory.

use super::{Moment, OFFSET_ENTRY, Place, TIME_ENTRY, parse_all};

/// Offset and time index of the active segment. Empty ones take no memory beyond the struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Building {
    places: Vec<Place>,
    moments: Vec<Moment>,
    /// Bytes of batches since the last entry.
    since_entry: u64,
    /// Largest timestamp of the segment, with the last offset of its batch.
    largest: Option<Moment>,
}

/// What the indexes note of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    pub position: u64,
    pub bytes: u64,
    /// Last offset, relative to the segment.
    pub relative: u32,
    pub max_timestamp: i64,
}

impl Building {
    /// Reads index files as a clean close left them. Bytes since the last entry are not known from them.
    pub(crate) fn parse(places: &[u8], moments: &[u8]) -> Self {
        let moments: Vec<Moment> = parse_all(moments, Moment::parse);
        Self {
            places: parse_all(places, Place::parse),
            largest: moments.last().copied(),
            moments,
            since_entry: 0,
        }
    }

    /// Notes a batch that was appended.
    pub(crate) fn note(&mut self, batch: Noted, interval_bytes: u32) {
        if self.largest.is_none_or(|largest| batch.max_timestamp > largest.timestamp) {
            self.largest = Some(Moment { timestamp: batch.max_timestamp, relative: batch.relative });
        }
        if self.since_entry > u64::from(interval_bytes) {
            // A segment larger than its index can point into is not made: its limit is an int32.
            if let Ok(position) = u32::try_from(batch.position) {
                self.places.push(Place { relative: batch.relative, position });
            }
            self.note_moment();
            self.since_entry = 0;
        }
        self.since_entry += batch.bytes;
    }

    /// Adds the largest timestamp to the time index, if it is larger than the last one there.
    fn note_moment(&mut self) {
        if let Some(largest) = self.largest
            && self.moments.last().is_none_or(|last| largest.timestamp > last.timestamp)
        {
            self.moments.push(largest);
        }
    }

    /// Largest timestamp of the segment.
    pub(crate) fn largest(&self) -> Option<Moment> {
        self.largest
    }

    /// Position from which to look for the batch that holds a relative offset.
    pub(crate) fn position_of(&self, relative: u32) -> u32 {
        let after = self.places.partition_point(|place| place.relative <= relative);
        after.checked_sub(1).map_or(0, |at| self.places[at].position)
    }

    /// Position of the last entry that is at or below a position; 0 without one.
    pub(crate) fn position_up_to(&self, position: u32) -> u32 {
        let after = self.places.partition_point(|place| place.position <= position);
        after.checked_sub(1).map_or(0, |at| self.places[at].position)
    }

    /// The last entry of the offset index.
    pub(crate) fn last_place(&self) -> Option<Place> {
        self.places.last().copied()
    }

    /// Relative offset from which to look for a timestamp: every record up to it is older.
    pub(crate) fn before(&self, timestamp: i64) -> u32 {
        let after = self.moments.partition_point(|moment| moment.timestamp < timestamp);
        after.checked_sub(1).map_or(0, |at| self.moments[at].relative)
    }

    /// Whether an index file of `max_bytes` has no room for another entry and the final one.
    pub(crate) fn is_full(&self, max_bytes: u32) -> bool {
        let max_bytes = max_bytes as usize;
        self.places.len() >= max_bytes / OFFSET_ENTRY || self.moments.len() + 1 >= max_bytes / TIME_ENTRY
    }

    /// Drops entries of batches that end at or after a relative offset, and of batches from a position on.
    /// The largest timestamp is then only known up to the last entry left: the caller notes the batches after
    /// it again.
    pub(crate) fn truncate(&mut self, relative: u32, position: u64) {
        let places = self
            .places
            .partition_point(|place| place.relative < relative && u64::from(place.position) < position);
        self.places.truncate(places);
        // Entries of the time index beyond the last place are the final one of a close, or noted again.
        let known = self.last_place().map_or(0, |place| place.relative);
        let moments =
            self.moments.partition_point(|moment| moment.relative < relative && moment.relative <= known);
        self.moments.truncate(if self.places.is_empty() { 0 } else { moments });
        self.largest = self.moments.last().copied();
        self.since_entry = 0;
    }

    /// The two files' content, with the final entry of the time index.
    pub(crate) fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        self.note_moment();
        let mut places = Vec::with_capacity(self.places.len() * OFFSET_ENTRY);
        self.places.iter().for_each(|place| place.write(&mut places));
        let mut moments = Vec::with_capacity(self.moments.len() * TIME_ENTRY);
        self.moments.iter().for_each(|moment| moment.write(&mut moments));
        (places, moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(number: u64, bytes: u64, max_timestamp: i64) -> Noted {
        Noted { position: number * bytes, bytes, relative: number as u32, max_timestamp }
    }

    #[test]
    fn entry_is_added_when_the_interval_is_exceeded() {
        let mut index = Building::default();
        for number in 0..10 {
            index.note(noted(number, 40, number as i64), 100);
        }
        // 40, 80, 120 > 100: the fourth batch gets an entry, then every third.
        let places: Vec<u32> = index.places.iter().map(|place| place.relative).collect();
        assert_eq!(places, [3, 6, 9]);
        assert_eq!(index.position_of(2), 0);
        assert_eq!(index.position_of(3), 120);
        assert_eq!(index.position_of(8), 240);
    }

    #[test]
    fn time_index_holds_ascending_maxima() {
        let mut index = Building::default();
        for (number, timestamp) in [5, 3, 9, 9, 1, 12].into_iter().enumerate() {
            index.note(noted(number as u64, 40, timestamp), 10);
        }
        let moments: Vec<(i64, u32)> = index.moments.iter().map(|m| (m.timestamp, m.relative)).collect();
        assert_eq!(moments, [(5, 0), (9, 2), (12, 5)]);
        assert_eq!(index.before(5), 0);
        assert_eq!(index.before(6), 0);
        assert_eq!(index.before(10), 2);
        assert_eq!(index.largest(), Some(Moment { timestamp: 12, relative: 5 }));
    }

    #[test]
    fn finished_files_end_with_the_largest_timestamp() {
        let mut index = Building::default();
        index.note(noted(0, 40, 7), 4096);
        let (places, moments) = index.finish();
        assert_eq!(places, b"");
        assert_eq!(moments, [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0]);
        assert_eq!(index.finish().1, moments, "finishing again adds nothing");
        assert_eq!(Building::parse(&places, &moments).largest(), index.largest());
    }

    #[test]
    fn truncated_index_has_only_entries_before() {
        let mut index = Building::default();
        for number in 0..10 {
            index.note(noted(number, 40, number as i64), 100);
        }
        index.truncate(6, 240);
        assert_eq!(index.last_place(), Some(Place { relative: 3, position: 120 }));
        assert_eq!(index.largest(), Some(Moment { timestamp: 3, relative: 3 }));
        index.truncate(0, 0);
        assert_eq!(index, Building::default());
    }

    #[test]
    fn full_index_keeps_room_for_the_final_entry() {
        let mut index = Building::default();
        assert!(!index.is_full(24));
        index.note(noted(0, 40, 0), 10);
        index.note(noted(1, 40, 1), 10);
        assert!(index.is_full(24), "one of two slots of the time index is left");
    }
}
