//! What a segment knows beside its batches, taken from them again: at load, after a cut, in recovery.

use std::path::Path;
use std::sync::Arc;

use kr_wire::batch::Batch;
use kr_wire::ids::Offset;

use super::{Extent, Index, Placed, Segment, relative};
use crate::dir::Dir;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::index::Building;
use crate::layout::FileKind;
use crate::scan::{self, Scan};

impl Segment {
    /// Opens a segment that is to be appended to, trusting its index files; returns how much of the file is
    /// valid.
    pub(crate) fn load(
        dir: &Dir,
        base: Offset,
        file_size: u64,
        interval_bytes: u32,
        now_ms: i64,
    ) -> Result<(Self, Extent), LogError> {
        let mut segment = Self::sealed(base, base, file_size, now_ms);
        segment.unseal(dir, interval_bytes)?;
        let extent = Extent { valid: segment.size, file: file_size };
        Ok((segment, extent))
    }

    /// Reads the index files back, to append again.
    pub(crate) fn unseal(&mut self, dir: &Dir, interval_bytes: u32) -> Result<(), LogError> {
        if !self.is_sealed() {
            return Ok(());
        }
        let places = dir.read(self.base, FileKind::OffsetIndex)?.unwrap_or_default();
        let moments = dir.read(self.base, FileKind::TimeIndex)?.unwrap_or_default();
        let mut building = Building::parse(&places, &moments);
        let leads_out = building.last_place().is_some_and(|place| u64::from(place.position) >= self.size);
        if leads_out {
            building = Building::default();
        }
        self.index = Index::Building(building);
        self.renote(dir, interval_bytes)
    }

    /// Notes again the batches from the last entry of the index on. Sets size and next offset by what is
    /// found.
    fn renote(&mut self, dir: &Dir, interval_bytes: u32) -> Result<(), LogError> {
        let Index::Building(building) = &self.index else { return Ok(()) };
        let from = building.last_place().map_or(0, |place| u64::from(place.position));
        let mut headers = Vec::new();
        self.for_each_header(dir, from, |_, header| headers.push(Placed::of(header)))?;
        self.first_timestamp = None;
        if from > 0 {
            self.first_timestamp = self.find(dir, self.base)?.map(|(_, header)| header.max_timestamp);
        }
        self.next = self.base;
        self.size = from;
        for placed in headers {
            self.note(placed, interval_bytes);
        }
        Ok(())
    }

    /// Cuts off everything from the batch that holds `offset` on.
    pub(crate) fn truncate(
        &mut self,
        dir: &Dir,
        offset: Offset,
        interval_bytes: u32,
    ) -> Result<(), LogError> {
        self.unseal(dir, interval_bytes)?;
        if let Some((position, header)) = self.find(dir, offset)? {
            self.aborted(dir)?;
            if let Some(aborted) = self.aborted.get_mut() {
                aborted.retain(|entry| entry.last_offset < header.base_offset);
            }
            self.cut(dir, position)?;
            if let Index::Building(building) = &mut self.index {
                building.truncate(relative(self.base, header.base_offset), position);
            }
            self.renote(dir, interval_bytes)?;
        }
        Ok(())
    }

    /// Cuts the file.
    pub(crate) fn cut(&mut self, dir: &Dir, size: u64) -> Result<(), LogError> {
        self.file(dir)?.set_len(size).at("cut", &dir.file(self.base, FileKind::Log))?;
        self.size = size;
        self.torn = false;
        Ok(())
    }

    /// Checks every batch of a file, rebuilds the indexes and forgets the transaction index, which `visit`
    /// renews. Ends at the first batch that is not sound or that `visit` refuses; the file is not cut.
    pub(crate) fn recover(
        dir: &Dir,
        base: Offset,
        file_size: u64,
        interval_bytes: u32,
        now_ms: i64,
        mut visit: impl FnMut(&mut Self, &Batch<'_>) -> Result<bool, LogError>,
    ) -> Result<(Self, Extent), LogError> {
        let mut segment = Self::new(base, now_ms);
        dir.remove(&dir.file(base, FileKind::TransactionIndex))?;
        let path = dir.file(base, FileKind::Log);
        let file = Arc::clone(segment.file(dir)?);
        let mut scan = Scan::new(file.as_ref(), &path, 0, file_size, scan::ALL);
        while let Some(Ok(batch)) = scan.batch()? {
            let header = batch.header;
            let in_order = header.base_offset >= segment.next && segment.reaches(header.last_offset());
            if !in_order || batch.verify_crc().is_err() || !visit(&mut segment, &batch)? {
                break;
            }
            segment.note(Placed::of(&header), interval_bytes);
            scan.pass(&header);
        }
        let extent = Extent { valid: scan.position(), file: file_size };
        Ok((segment, extent))
    }

    /// Offset after the last batch of a file that holds a segment.
    pub(crate) fn end_of(
        file: &dyn DiskFile,
        path: &Path,
        base: Offset,
        size: u64,
    ) -> Result<Offset, LogError> {
        let mut scan = Scan::new(file, path, 0, size, scan::HEADERS);
        let mut end = base;
        while let Some(Ok(header)) = scan.header()? {
            end = header.next_offset();
            scan.pass(&header);
        }
        Ok(end)
    }
}
