//! The block of producer ids and the delegation tokens.

use kr_wire::ids::{BrokerEpoch, NodeId, ProducerId};
use kr_wire::metadata_records::{DelegationTokenRecord, ProducerIdsRecord};

use super::Stop;
use super::batches::Batches;
use crate::model::{Model, TokenNode};

pub(super) fn copy_producer_ids(model: &Model, batches: &mut Batches) -> Result<(), Stop> {
    let Some(block) = &model.producer_ids else { return Ok(()) };
    let block = block.as_ref().map_err(Stop::from)?;
    let record = ProducerIdsRecord {
        broker_id: NodeId(block.broker),
        broker_epoch: BrokerEpoch(-1),
        next_producer_id: ProducerId(block.end.saturating_add(1)),
    };
    batches.accept(vec![(record.into(), "/latest_producer_id_block".to_owned())])
}

pub(super) fn copy(model: &Model, batches: &mut Batches) -> Result<(), Stop> {
    let mut batch = Vec::new();
    for (name, node) in &model.tokens {
        let TokenNode::Token(token) = node else { continue };
        let token = token.as_ref().map_err(Stop::from)?;
        let record = DelegationTokenRecord {
            owner: token.owner.clone(),
            requester: token.requester.clone(),
            renewers: token.renewers.clone(),
            issue_timestamp: token.issued_ms,
            max_timestamp: token.max_ms,
            expiration_timestamp: token.expires_ms,
            token_id: token.id.clone(),
        };
        batch.push((record.into(), format!("/delegation_token/tokens/{name}")));
    }
    batches.accept(batch)
}
