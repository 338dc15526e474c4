//! Turns committed records into published images (Kafka: `MetadataLoader`).
//!
//! Records are replayed one by one; a driver publishes once per group of committed batches. Inside a metadata
//! transaction nothing is published (KIP-868). Offsets, epochs and when to snapshot are the driver's.

use kr_wire::metadata_records::MetadataRecord;

use crate::delta::Delta;
use crate::image::{Image, ReplayError};

/// The image that is being built and the one that was published last.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    current: Image,
    published: Image,
}

impl Loader {
    /// A loader of an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replays one committed record.
    ///
    /// # Errors
    /// The record contradicts what came before; it is skipped.
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        self.current.apply(record)
    }

    /// Publishes what was replayed and says how it differs; `None` while a metadata transaction is open.
    pub fn publish(&mut self) -> Option<Delta> {
        if self.current.in_transaction() {
            return None;
        }
        let delta = Delta::between(&self.published, &self.current);
        self.published = self.current.clone();
        Some(delta)
    }

    /// Replaces everything by the image of a snapshot; the next publication tells the difference.
    pub fn install(&mut self, image: Image) {
        self.current = image;
    }

    /// The image of all replayed records, with an open metadata transaction if there is one.
    pub fn current(&self) -> &Image {
        &self.current
    }

    /// The image published last.
    pub fn image(&self) -> &Image {
        &self.published
    }

    /// Whether a metadata transaction is open: no snapshot may be taken here.
    pub fn in_transaction(&self) -> bool {
        self.current.in_transaction()
    }
}
