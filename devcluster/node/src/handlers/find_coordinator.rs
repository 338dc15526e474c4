//! FindCoordinator: which broker coordinates a group.
//!
//! versions: 0-6
//! behaviours: the leader of the group's `__consumer_offsets` partition; the topic is created when it is
//! missing; several groups at once (v4+); COORDINATOR_NOT_AVAILABLE while topic or leader are missing
//! kips: 98, 699, 890, 932
//! left out: transaction and share coordinators, which are not served: INVALID_REQUEST says so

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::find_coordinator_response::Coordinator;
use kr_wire::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};

use super::advertised::{self, Advertised};
use super::auto_create::OFFSETS_TOPIC;
use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// First version that asks for several coordinators.
const FIRST_BATCHED: i16 = 4;
/// First version with words for an error.
const FIRST_WITH_MESSAGE: i16 = 1;

/// Handles FindCoordinator.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: &FindCoordinatorRequest) -> Answer {
    if ctx.version >= FIRST_BATCHED {
        let keys = request.coordinator_keys.iter();
        let coordinators =
            keys.map(|key| batched(key, node.coordinator(request.key_type, key, ctx))).collect();
        let response =
            FindCoordinatorResponse::default().with_error_message(None).with_coordinators(coordinators);
        return Answer::now(ResponseKind::FindCoordinator(response));
    }
    let response = match node.coordinator(request.key_type, &request.key, ctx) {
        Ok(found) => FindCoordinatorResponse::default()
            .with_error_message(None)
            .with_node_id(BrokerId(found.id.0))
            .with_host(found.host)
            .with_port(found.port),
        Err(failure) => FindCoordinatorResponse::default()
            .with_error_code(failure.code.0)
            .with_error_message(failure.text().filter(|_| ctx.version >= FIRST_WITH_MESSAGE))
            .with_node_id(BrokerId(-1))
            .with_port(-1),
    };
    Answer::now(ResponseKind::FindCoordinator(response))
}

fn batched(key: &StrBytes, found: Result<Advertised, Failure>) -> Coordinator {
    let coordinator = Coordinator::default().with_key(key.clone());
    match found {
        Ok(found) => coordinator
            .with_error_message(None)
            .with_node_id(BrokerId(found.id.0))
            .with_host(found.host)
            .with_port(found.port),
        Err(failure) => coordinator
            .with_error_code(failure.code.0)
            .with_error_message(failure.text())
            .with_node_id(BrokerId(-1))
            .with_port(-1),
    }
}

/// Why no coordinator can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failure {
    code: ErrorCode,
    message: &'static str,
}

impl Failure {
    const fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message }
    }

    fn text(self) -> Option<StrBytes> {
        Some(StrBytes::from_static_str(self.message))
    }
}

/// Whether coordinators of a kind are served here.
fn check_key_type(key_type: i8) -> Result<(), Failure> {
    let message = match key_type {
        0 => return Ok(()),
        1 => "transactions are not served by this cluster",
        2 => "share groups are not served by this cluster",
        _ => "the key type is unknown",
    };
    Err(Failure::new(ErrorCode::INVALID_REQUEST, message))
}

impl Node {
    fn coordinator(&mut self, key_type: i8, key: &str, ctx: &Context) -> Result<Advertised, Failure> {
        const NO_TOPIC: Failure =
            Failure::new(ErrorCode::COORDINATOR_NOT_AVAILABLE, "the offsets topic is being created");
        const NO_LEADER: Failure =
            Failure::new(ErrorCode::COORDINATOR_NOT_AVAILABLE, "the group's partition has no leader");
        check_key_type(key_type)?;
        let image = self.quorum.image();
        let Some(topic) = image.topic_by_name(OFFSETS_TOPIC) else {
            self.auto_create(OFFSETS_TOPIC);
            return Err(NO_TOPIC);
        };
        let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
        let partition = topic.partitions.get(&kr_coordinator::partition_for(key, count)).ok_or(NO_LEADER)?;
        let leader = partition.leader.ok_or(NO_LEADER)?;
        advertised::alive_broker(image, leader, ctx).ok_or(NO_LEADER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_have_coordinators() {
        assert_eq!(check_key_type(0), Ok(()));
        for key_type in [1, 2, 3, -1] {
            let failure = check_key_type(key_type).expect_err("not served");
            assert_eq!(failure.code, ErrorCode::INVALID_REQUEST);
            assert!(!failure.message.is_empty());
        }
    }
}
