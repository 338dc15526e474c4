//! A classic group as its record says it: what survives a change of leader. Kafka: `GroupMetadataValue`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::group_records::{ClassicMember, GroupKey, GroupMetadataValue, GroupRecord, KeyValue};

use super::{ClassicGroup, Member, Phase, Protocol, Unsynced, Waiting};

impl ClassicGroup {
    /// The group a record describes: stable with its members, or empty.
    pub(crate) fn restore(id: Arc<str>, recorded: GroupMetadataValue) -> Self {
        let protocol = recorded.protocol;
        let restored = |member| restored_member(member, protocol.as_deref().unwrap_or_default());
        let members: Vec<Member> = recorded.members.into_iter().map(restored).collect();
        let phase = match members.is_empty() {
            true => Phase::Empty,
            false => Phase::Stable { unsynced: Unsynced(BTreeSet::new()) },
        };
        let static_members = members
            .iter()
            .filter_map(|member| Some((member.instance_id.clone()?, member.id.clone())))
            .collect();
        let mut group = Self {
            id,
            generation: recorded.generation,
            protocol_type: Some(recorded.protocol_type).filter(|name| !name.is_empty()),
            protocol,
            leader: recorded.leader.map(Arc::from),
            members: members.into_iter().map(|member| (member.id.clone(), member)).collect(),
            static_members,
            pending: BTreeSet::new(),
            phase,
            phase_since_ms: recorded.current_state_timestamp,
            subscribed: None,
        };
        group.read_subscriptions();
        group
    }

    /// What the group's record says now.
    pub(crate) fn recorded(&self) -> GroupMetadataValue {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.as_ref().map(ToString::to_string),
            current_state_timestamp: self.phase_since_ms,
            members: self.members.values().map(|member| recorded_member(member, protocol)).collect(),
        }
    }

    /// The record that stores `recorded`.
    pub(crate) fn record(&self, recorded: GroupMetadataValue) -> KeyValue {
        group_record(&self.id, Some(recorded))
    }

    /// The record that says the group exists, before anybody is in it.
    pub(crate) fn record_of_new(&self) -> KeyValue {
        let current_state_timestamp = self.phase_since_ms;
        self.record(GroupMetadataValue { current_state_timestamp, ..Default::default() })
    }
}

/// The record that deletes a classic group.
pub(crate) fn tombstone(id: &str) -> KeyValue {
    group_record(id, None)
}

fn group_record(id: &str, value: Option<GroupMetadataValue>) -> KeyValue {
    GroupRecord::GroupMetadata(GroupKey { group_id: id.to_owned() }, value).encode()
}

fn recorded_member(member: &Member, protocol: &str) -> ClassicMember {
    let millis = |span: Duration| i32::try_from(span.as_millis()).unwrap_or(i32::MAX);
    ClassicMember {
        member_id: member.id.to_string(),
        group_instance_id: member.instance_id.as_ref().map(ToString::to_string),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        rebalance_timeout: millis(member.rebalance_timeout),
        session_timeout: millis(member.session_timeout),
        subscription: member.metadata(protocol),
        assignment: member.assignment.clone(),
    }
}

/// A member knows only the protocol that was chosen until it joins again.
fn restored_member(recorded: ClassicMember, protocol: &str) -> Member {
    let millis = |ms: i32| u64::try_from(ms).ok().map(Duration::from_millis);
    let session_timeout = millis(recorded.session_timeout).unwrap_or_default();
    Member {
        id: recorded.member_id.into(),
        instance_id: recorded.group_instance_id.map(Arc::from),
        client_id: recorded.client_id,
        client_host: recorded.client_host,
        session_timeout,
        // Records older than the two timeouts have one.
        rebalance_timeout: millis(recorded.rebalance_timeout).unwrap_or(session_timeout),
        protocols: vec![Protocol { name: protocol.to_owned(), metadata: recorded.subscription }],
        assignment: recorded.assignment,
        is_new: false,
        waiting: Waiting::Nothing,
    }
}
