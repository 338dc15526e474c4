//! The controller: a replicated machine that answers requests with records.
//!
//! ```text
//! standby --activate--> active: requests -> Outcome { records } -> appended -> replay
//!    ^                     |
//!    +------ resign -------+   (the driver installs the last committed image)
//! ```
//! A request changes nothing but soft state: sessions of brokers, deadlines, the random generator. Replaying the
//! records changes the image. Authorisation, quotas and waiting for commits are the node's.

mod alter_configs;
mod alter_partition;
mod assign_directories;
mod assignment;
mod create_partitions;
mod create_topics;
mod delete_topics;
mod elect_leaders;
mod election;
mod heartbeat;
mod leadership;
mod lifecycle;
mod liveness;
mod outcome;
mod producer_ids;
mod reassignment;
mod register_broker;
mod settings;
#[cfg(test)]
mod tests;
mod update_features;

use kr_wire::ids::Offset;
use kr_wire::metadata_records::MetadataRecord;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::image::{Image, ReplayError};
use lifecycle::Schedule;
use liveness::Liveness;

pub use outcome::{Call, MAX_RECORDS, Outcome, Refusal};
pub use settings::ControllerConfig;
#[cfg(feature = "mutants")]
pub use settings::Mutants;

/// The controller of one node, active or standing by.
#[derive(Debug)]
pub struct Controller {
    config: ControllerConfig,
    image: Image,
    rng: ChaCha8Rng,
    liveness: Liveness,
    /// Periodic work; none while standing by.
    schedule: Option<Schedule>,
}

impl Controller {
    /// A controller standing by over an empty image.
    pub fn new(config: ControllerConfig, seed: u64) -> Self {
        Self {
            config,
            image: Image::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            liveness: Liveness::default(),
            schedule: None,
        }
    }

    /// The image, with records that are not committed yet while active.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Replaces the image by a committed one: while standing by, and when leadership was lost.
    pub fn install(&mut self, image: Image) {
        self.image = image;
    }

    /// Replays a record that the active controller has appended at `offset`.
    ///
    /// # Errors
    /// The record contradicts the image: a bug, after which the node must not go on.
    pub fn replay(&mut self, record: &MetadataRecord, offset: Offset) -> Result<(), ReplayError> {
        self.image.apply(record)?;
        match record {
            MetadataRecord::RegisterBroker(r) => self.liveness.set_registered_at(r.broker_id, offset),
            MetadataRecord::UnregisterBroker(r) => self.liveness.remove(r.broker_id),
            _ => {}
        }
        Ok(())
    }
}
