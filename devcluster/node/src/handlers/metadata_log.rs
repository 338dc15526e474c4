//! Fetch of the metadata log on the controller listener: the quorum's replication (KIP-595).
//!
//! versions: 4-18
//! behaviours: handed to the raft machine; anything but partition 0 of `__cluster_metadata` is refused
//! kips: 595, 630, 1166
//! left out: nothing

use bytes::Bytes;
use kr_raft::RequestId;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::FetchRequest;

use crate::dispatch::{Answer, Context};
use crate::drive::raft_fetch;
use crate::node::Node;

/// Handles a Fetch of the controller listener.
pub(crate) fn handle(node: &mut Node, ctx: &Context, body: &Bytes) -> Answer {
    let request = match FetchRequest::decode(ctx.version, body) {
        Ok(request) => request,
        Err(error) => return Answer::HangUp(format!("unreadable Fetch from {}: {error}", ctx.client)),
    };
    match raft_fetch::read_request(&request, ctx.version) {
        Ok(request) => {
            let id = RequestId(ctx.token.0);
            node.raft_event(kr_raft::Event::Request { id, request: kr_raft::Request::Fetch(request) });
            Answer::Later
        }
        Err(_) => {
            let response = raft_fetch::refused(ErrorCode::INVALID_REQUEST);
            Answer::encoded(response.encode(ctx.correlation_id, ctx.version))
        }
    }
}
