//! AllocateProducerIds (67): blocks of ids for idempotent producers, handed to brokers.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, NodeId, ProducerId};
use kr_wire::messages::{self, AllocateProducerIdsRequest, AllocateProducerIdsResponse};
use kr_wire::metadata_records::ProducerIdsRecord;

use super::{Call, Controller, Outcome};

/// Ids in a block (Kafka: `ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`).
const BLOCK: i32 = 1000;

impl Controller {
    /// Gives a broker the next block. Errors: STALE_BROKER_EPOCH, UNKNOWN_SERVER_ERROR when all ids are used up.
    pub fn allocate_producer_ids(
        &mut self,
        request: &AllocateProducerIdsRequest,
        _call: Call,
    ) -> Outcome<AllocateProducerIdsResponse> {
        let (broker_id, broker_epoch) = (NodeId(request.broker_id.0), BrokerEpoch(request.broker_epoch));
        let refuse = |code: ErrorCode| {
            Outcome::unchanged(AllocateProducerIdsResponse::default().with_error_code(code.0))
        };
        if self.image.broker(broker_id).map(|b| b.epoch) != Some(broker_epoch) {
            return refuse(ErrorCode::STALE_BROKER_EPOCH);
        }
        let first = self.image.next_producer_id();
        let Some(next) = first.0.checked_add(i64::from(BLOCK)) else {
            return refuse(ErrorCode::UNKNOWN_SERVER_ERROR);
        };
        let record = ProducerIdsRecord { broker_id, broker_epoch, next_producer_id: ProducerId(next) };
        let response = AllocateProducerIdsResponse::default()
            .with_producer_id_start(messages::ProducerId(first.0))
            .with_producer_id_len(BLOCK);
        Outcome::atomic(vec![record.into()], response)
    }
}
