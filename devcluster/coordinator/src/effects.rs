//! What the rules of groups act on besides the group itself: answers and appends that leave the shard,
//! deadlines, settings and chance.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::KeyValue;
use kr_wire::ids::Uuid;
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::appends::{AppendId, Appends, Completion};
use crate::config::GroupConfig;
use crate::request::GroupResponse;
use crate::shard::{Output, Token};
use crate::timers::{Timer, Timers};

/// The surroundings of a shard's groups.
#[derive(Debug)]
pub(crate) struct Effects {
    pub(crate) config: GroupConfig,
    pub(crate) timers: Timers,
    pub(crate) appends: Appends,
    outputs: VecDeque<Output>,
    rng: ChaCha8Rng,
}

impl Effects {
    pub(crate) fn new(config: GroupConfig, seed: u64) -> Self {
        Self {
            config,
            timers: Timers::default(),
            appends: Appends::default(),
            outputs: VecDeque::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Answers a request.
    pub(crate) fn reply(&mut self, token: Token, response: GroupResponse) {
        self.outputs.push_back(Output::Reply { token, response });
    }

    /// Hands out records to append; what waits for them is told when they are replicated, when that
    /// failed, or when `offsets.commit.timeout.ms` have passed.
    pub(crate) fn append(&mut self, records: Vec<KeyValue>, waiting: Completion, now: Now) -> AppendId {
        let id = self.appends.push(waiting);
        self.timers.set(Timer::Append(id), now.mono + self.config.offsets_commit_timeout);
        self.outputs.push_back(Output::Append { id, records });
        id
    }

    /// The next output, oldest first.
    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Starts the session of a member anew.
    pub(crate) fn start_session(&mut self, group: &Arc<str>, member: &Arc<str>, length: Duration, now: Mono) {
        let timer = Timer::Session { group: group.clone(), member: member.clone() };
        self.timers.set(timer, now + length);
    }

    /// Forgets the session of a member that left.
    pub(crate) fn end_session(&mut self, group: &Arc<str>, member: &Arc<str>) {
        self.timers.cancel(&Timer::Session { group: group.clone(), member: member.clone() });
    }

    /// A member id nobody has: `prefix-uuid`.
    pub(crate) fn member_id(&mut self, prefix: &str) -> Arc<str> {
        let mut bytes = [0u8; 16];
        self.rng.fill_bytes(&mut bytes);
        // The two fields that make it a random (version 4) uuid.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        format!("{prefix}-{}", Uuid::from_bytes(bytes)).into()
    }
}

/// What a group request answers when its records could not be appended (E.9 of Kafka's behaviour:
/// `GroupCoordinatorService.handleOperationException`).
pub(crate) fn append_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        | ErrorCode::NOT_ENOUGH_REPLICAS
        | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND
        | ErrorCode::REQUEST_TIMED_OUT => ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::KAFKA_STORAGE_ERROR => ErrorCode::NOT_COORDINATOR,
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE | ErrorCode::INVALID_FETCH_SIZE => {
            ErrorCode::UNKNOWN_SERVER_ERROR
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_ids_are_random_uuids_from_the_seed() {
        let mut effects = Effects::new(GroupConfig::default(), 1);
        let first = effects.member_id("client");
        assert_eq!(first.len(), "client-".len() + 36);
        assert_eq!(first.as_bytes()["client-".len() + 14], b'4');
        assert_ne!(first, effects.member_id("client"));
        assert_eq!(first, Effects::new(GroupConfig::default(), 1).member_id("client"));
    }
}
