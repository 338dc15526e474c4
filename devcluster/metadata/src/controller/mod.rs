//! The controller: a replicated machine that answers requests with records.
//!
//! ```text
//! standby --activate--> active: requests -> Outcome { records } -> appended -> replay
//!    ^                     |
//!    +------ resign -------+   (the driver installs the last committed image)
//! ```
//! A request changes nothing but soft state: sessions of brokers, deadlines, the random generator. Replaying the
//! records changes the image. Authorisation, quotas and waiting for commits are the node's.

mod outcome;
mod settings;

use kr_wire::ids::{NodeId, Offset};
use kr_wire::messages as m;
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::image::{Image, ReplayError};

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
}

macro_rules! stubs { ($($name:ident($req:ident) -> $resp:ident;)*) => { impl Controller { $(
    /// Handles the request.
    pub fn $name(&mut self, _request: &m::$req, _call: Call) -> Outcome<m::$resp> { todo!() } )* } } }
stubs! {
    register_broker(BrokerRegistrationRequest) -> BrokerRegistrationResponse;
    heartbeat(BrokerHeartbeatRequest) -> BrokerHeartbeatResponse;
    unregister_broker(UnregisterBrokerRequest) -> UnregisterBrokerResponse;
    register_controller(ControllerRegistrationRequest) -> ControllerRegistrationResponse;
    create_topics(CreateTopicsRequest) -> CreateTopicsResponse;
    delete_topics(DeleteTopicsRequest) -> DeleteTopicsResponse;
    create_partitions(CreatePartitionsRequest) -> CreatePartitionsResponse;
    alter_partition(AlterPartitionRequest) -> AlterPartitionResponse;
    elect_leaders(ElectLeadersRequest) -> ElectLeadersResponse;
    incremental_alter_configs(IncrementalAlterConfigsRequest) -> IncrementalAlterConfigsResponse;
    alter_configs(AlterConfigsRequest) -> AlterConfigsResponse;
    update_features(UpdateFeaturesRequest) -> UpdateFeaturesResponse;
    allocate_producer_ids(AllocateProducerIdsRequest) -> AllocateProducerIdsResponse;
    assign_replicas_to_dirs(AssignReplicasToDirsRequest) -> AssignReplicasToDirsResponse;
    alter_partition_reassignments(AlterPartitionReassignmentsRequest) -> AlterPartitionReassignmentsResponse;
    list_partition_reassignments(ListPartitionReassignmentsRequest) -> ListPartitionReassignmentsResponse;
}

impl Controller {
    /// A controller standing by over an empty image.
    pub fn new(config: ControllerConfig, seed: u64) -> Self {
        Self { config, image: Image::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
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
    pub fn replay(&mut self, record: &MetadataRecord, _offset: Offset) -> Result<(), ReplayError> {
        self.image.apply(record)
    }

    /// Takes over: sessions of all brokers start anew; the records to append first.
    pub fn activate(&mut self, _bootstrap: &[MetadataRecord], _call: Call) -> Outcome<()> {
        todo!()
    }

    /// Stands by again.
    pub fn resign(&mut self) {}

    /// Does what is due.
    pub fn tick(&mut self, _call: Call) -> Outcome<()> {
        todo!()
    }

    /// When [`tick`](Self::tick) is due next.
    pub fn next_deadline(&self) -> Option<Mono> {
        None
    }

    /// A broker's connection closed: it is fenced unless it is heard of within the grace.
    pub fn broker_lost(&mut self, _broker: NodeId, _now: Now) {}
}
