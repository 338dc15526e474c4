//! Groups of the consumer, share and streams protocols as they were recorded.
//!
//! These protocols are not served here. Their groups are kept as raw records, so that they are listed,
//! hold on to their id and their offsets, and can be deleted with everything that belongs to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_wire::group_records::{GroupRecord, KeyValue};
use kr_wire::messages::GroupId;
use kr_wire::messages::list_groups_response::ListedGroup;

/// The protocol a group speaks, other than the classic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// KIP-848.
    Consumer,
    /// KIP-932.
    Share,
    /// KIP-1071.
    Streams,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        }
    }
}

/// Where a record of such a group belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Belongs {
    pub(crate) kind: Kind,
    pub(crate) group: Arc<str>,
    /// The member, for records that make one.
    pub(crate) member: Option<String>,
}

impl Belongs {
    /// Tells for a record of another protocol; `None` for offsets and classic groups.
    pub(crate) fn of(record: &GroupRecord) -> Option<Self> {
        use GroupRecord as R;
        let (kind, group, member) = match record {
            R::LegacyOffsetCommit(..) | R::OffsetCommit(..) | R::GroupMetadata(..) => return None,
            R::ConsumerGroupMemberMetadata(key, _) => (Kind::Consumer, &key.group_id, Some(&key.member_id)),
            R::ShareGroupMemberMetadata(key, _) => (Kind::Share, &key.group_id, Some(&key.member_id)),
            R::StreamsGroupMemberMetadata(key, _) => (Kind::Streams, &key.group_id, Some(&key.member_id)),
            R::ConsumerGroupMetadata(key, _)
            | R::ConsumerGroupPartitionMetadata(key, _)
            | R::ConsumerGroupTargetAssignmentMetadata(key, _) => (Kind::Consumer, &key.group_id, None),
            R::ConsumerGroupTargetAssignmentMember(key, _)
            | R::ConsumerGroupCurrentMemberAssignment(key, _) => (Kind::Consumer, &key.group_id, None),
            R::ConsumerGroupRegularExpression(key, _) => (Kind::Consumer, &key.group_id, None),
            R::ShareGroupMetadata(key, _)
            | R::ShareGroupTargetAssignmentMetadata(key, _)
            | R::ShareGroupStatePartitionMetadata(key, _) => (Kind::Share, &key.group_id, None),
            R::ShareGroupTargetAssignmentMember(key, _) | R::ShareGroupCurrentMemberAssignment(key, _) => {
                (Kind::Share, &key.group_id, None)
            }
            R::StreamsGroupMetadata(key, _)
            | R::StreamsGroupTargetAssignmentMetadata(key, _)
            | R::StreamsGroupTopology(key, _) => (Kind::Streams, &key.group_id, None),
            R::StreamsGroupTargetAssignmentMember(key, _)
            | R::StreamsGroupCurrentMemberAssignment(key, _) => (Kind::Streams, &key.group_id, None),
        };
        Some(Self { kind, group: group.as_str().into(), member: member.cloned() })
    }
}

/// A group of a protocol that is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherGroup {
    pub(crate) kind: Kind,
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    members: BTreeSet<String>,
}

impl OtherGroup {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, records: BTreeMap::new(), members: BTreeSet::new() }
    }

    /// Takes a record or, without a value, its deletion.
    pub(crate) fn replay(&mut self, key: &[u8], value: Option<&[u8]>, member: Option<String>) {
        match value {
            Some(value) => {
                self.records.insert(key.to_vec(), value.to_vec());
                self.members.extend(member);
            }
            None => {
                self.records.remove(key);
                if let Some(member) = member {
                    self.members.remove(&member);
                }
            }
        }
    }

    /// Whether every record of the group was deleted.
    pub(crate) fn is_gone(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the group has no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether the group may give way to a classic one of the same id, or expire: it has no members,
    /// and no state besides (share groups keep some).
    pub(crate) fn is_disposable(&self) -> bool {
        self.is_empty() && self.kind != Kind::Share
    }

    /// The records that delete the group.
    pub(crate) fn tombstones(&self) -> Vec<KeyValue> {
        self.records.keys().map(|key| (key.clone(), None)).collect()
    }

    /// The group in one line.
    pub(crate) fn list(&self, id: &str) -> ListedGroup {
        ListedGroup::default()
            .with_group_id(GroupId(id.to_owned().into()))
            .with_protocol_type(self.kind.name().into())
            .with_group_state(if self.is_empty() { "Empty" } else { "Stable" }.into())
            .with_group_type(self.kind.name().into())
    }
}
