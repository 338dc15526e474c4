//! InitProducerId: an identity for an idempotent producer.
//!
//! versions: 0-5
//! behaviours: a fresh id with epoch 0 for every request; waits while the controller is asked for more ids,
//! and answers COORDINATOR_LOAD_IN_PROGRESS when none can be had
//! kips: 98, 360, 730
//! left out: transactions (a transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, as in
//! Produce: no coordinator could serve it)

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::ProducerId;
use kr_wire::message::ResponseKind;
use kr_wire::messages::{InitProducerIdRequest, InitProducerIdResponse};

use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// Handles InitProducerId.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: &InitProducerIdRequest) -> Answer {
    match check(request) {
        Ok(()) => node.producer_id(ctx.token),
        Err(code) => Answer::now(refused(code)),
    }
}

fn check(request: &InitProducerIdRequest) -> Result<(), ErrorCode> {
    match &request.transactional_id {
        Some(id) if id.is_empty() => return Err(ErrorCode::INVALID_REQUEST),
        Some(_) => return Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        None => {}
    }
    // Id and epoch are both given or both not.
    if (request.producer_id.0 < 0) != (request.producer_epoch < 0) {
        return Err(ErrorCode::INVALID_REQUEST);
    }
    Ok(())
}

/// The answer with a new identity.
pub(crate) fn granted(id: ProducerId) -> ResponseKind {
    let response = InitProducerIdResponse::default().with_producer_id(id.0.into()).with_producer_epoch(0);
    ResponseKind::InitProducerId(response)
}

/// The answer without one.
pub(crate) fn refused(code: ErrorCode) -> ResponseKind {
    let response = InitProducerIdResponse::default().with_error_code(code.0).with_producer_epoch(-1);
    ResponseKind::InitProducerId(response)
}

#[cfg(test)]
mod tests {
    use kr_wire::message::StrBytes;
    use kr_wire::messages::TransactionalId;

    use super::*;

    fn plain() -> InitProducerIdRequest {
        InitProducerIdRequest::default().with_transactional_id(None)
    }

    fn transactional(id: &'static str) -> InitProducerIdRequest {
        plain().with_transactional_id(Some(TransactionalId(StrBytes::from_static_str(id))))
    }

    #[test]
    fn transactional_ids_are_refused() {
        assert_eq!(check(&plain()), Ok(()));
        assert_eq!(check(&transactional("")), Err(ErrorCode::INVALID_REQUEST));
        assert_eq!(check(&transactional("t")), Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
    }

    #[test]
    fn id_and_epoch_belong_together() {
        assert_eq!(check(&plain().with_producer_id(7.into())), Err(ErrorCode::INVALID_REQUEST));
        assert_eq!(check(&plain().with_producer_epoch(1)), Err(ErrorCode::INVALID_REQUEST));
        assert_eq!(check(&plain().with_producer_id(7.into()).with_producer_epoch(1)), Ok(()));
    }
}
