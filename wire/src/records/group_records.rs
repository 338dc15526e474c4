//! The records of `__consumer_offsets`: offsets, classic groups, and the groups of the consumer, share and
//! streams protocols.
//!
//! A tombstone is a record without a value. What the records mean together is the coordinator's; structs of the
//! share and streams protocols are in modules of their own.

use bytes::Bytes;

use crate::ids::{LeaderEpoch, Offset, PartitionId, TopicId};
use crate::primitives::{Decoded, Reader};

use super::coordinator::{self, ValueVersions, coordinator_records};
use super::schema::structs;
use super::shown::{Show, Shown};

pub use super::coordinator::KeyValue;
pub use super::share_group_records::{
    ShareGroupCurrentMemberAssignmentValue, ShareGroupMemberMetadataValue, ShareGroupMetadataValue,
    ShareGroupStatePartitionMetadataValue, SharePartitions, ShareTopic,
};
pub use super::streams_group_records::{
    ClientTag, CopartitionGroup, StreamsEndpoint, StreamsGroupCurrentMemberAssignmentValue,
    StreamsGroupMemberMetadataValue, StreamsGroupMetadataValue, StreamsGroupTargetAssignmentMemberValue,
    StreamsGroupTopologyValue, Subtopology, TaskIds, TopicConfig, TopicInfo,
};

coordinator_records! {
    /// One record of a group coordinator.
    enum GroupRecord {
        /// An offset as committed before 0.9; read only.
        0 LegacyOffsetCommit(OffsetCommitKey, LegacyOffsetCommitValue) 0..=0, flexible 1;
        /// A committed offset.
        1 OffsetCommit(OffsetCommitKey, OffsetCommitValue) 0..=4, flexible 4;
        /// A whole classic group.
        2 GroupMetadata(GroupKey, GroupMetadataValue) 0..=4, flexible 4;
        /// Epoch of a consumer group (KIP-848).
        3 ConsumerGroupMetadata(GroupKey, ConsumerGroupMetadataValue) 0..=0, flexible 0;
        /// What a consumer group subscribes to; written to 4.0.
        4 ConsumerGroupPartitionMetadata(GroupKey, ConsumerGroupPartitionMetadataValue) 0..=0, flexible 0;
        /// A member of a consumer group.
        5 ConsumerGroupMemberMetadata(MemberKey, ConsumerGroupMemberMetadataValue) 0..=0, flexible 0;
        /// Epoch of a consumer group's target assignment; written after its members'.
        6 ConsumerGroupTargetAssignmentMetadata(GroupKey, TargetAssignmentMetadataValue) 0..=0, flexible 0;
        /// What a member of a consumer group shall have.
        7 ConsumerGroupTargetAssignmentMember(MemberKey, TargetAssignmentMemberValue) 0..=0, flexible 0;
        /// What a member of a consumer group has.
        8 ConsumerGroupCurrentMemberAssignment(MemberKey, ConsumerGroupCurrentMemberAssignmentValue) 0..=0, flexible 0;
        /// A member of a share group (KIP-932).
        10 ShareGroupMemberMetadata(MemberKey, ShareGroupMemberMetadataValue) 0..=0, flexible 0;
        /// Epoch of a share group.
        11 ShareGroupMetadata(GroupKey, ShareGroupMetadataValue) 0..=0, flexible 0;
        /// Epoch of a share group's target assignment.
        12 ShareGroupTargetAssignmentMetadata(GroupKey, TargetAssignmentMetadataValue) 0..=0, flexible 0;
        /// What a member of a share group shall have.
        13 ShareGroupTargetAssignmentMember(MemberKey, TargetAssignmentMemberValue) 0..=0, flexible 0;
        /// What a member of a share group has.
        14 ShareGroupCurrentMemberAssignment(MemberKey, ShareGroupCurrentMemberAssignmentValue) 0..=0, flexible 0;
        /// Which partitions of a share group have state.
        15 ShareGroupStatePartitionMetadata(GroupKey, ShareGroupStatePartitionMetadataValue) 0..=0, flexible 0;
        /// The topics a consumer group's regular expression matches.
        16 ConsumerGroupRegularExpression(RegularExpressionKey, ConsumerGroupRegularExpressionValue) 0..=0, flexible 0;
        /// Epoch of a streams group (KIP-1071).
        17 StreamsGroupMetadata(GroupKey, StreamsGroupMetadataValue) 0..=0, flexible 0;
        /// A member of a streams group.
        19 StreamsGroupMemberMetadata(MemberKey, StreamsGroupMemberMetadataValue) 0..=0, flexible 0;
        /// Epoch of a streams group's target assignment.
        20 StreamsGroupTargetAssignmentMetadata(GroupKey, TargetAssignmentMetadataValue) 0..=0, flexible 0;
        /// What a member of a streams group shall have.
        21 StreamsGroupTargetAssignmentMember(MemberKey, StreamsGroupTargetAssignmentMemberValue) 0..=0, flexible 0;
        /// What a member of a streams group has.
        22 StreamsGroupCurrentMemberAssignment(MemberKey, StreamsGroupCurrentMemberAssignmentValue) 0..=0, flexible 0;
        /// The topology of a streams group.
        23 StreamsGroupTopology(GroupKey, StreamsGroupTopologyValue) 0..=0, flexible 0;
    }
}

impl GroupRecord {
    /// The version of the value that Kafka 4.1 writes.
    pub fn version(&self) -> i16 {
        match self {
            // Only version 1 has the expiry that OffsetCommit requests up to version 4 may ask for.
            Self::OffsetCommit(_, Some(value)) if value.expire_timestamp.is_some() => 1,
            Self::OffsetCommit(..) => 4,
            Self::GroupMetadata(..) => 3,
            _ => 0,
        }
    }

    /// Lays out key and value as Kafka 4.1 does.
    pub fn encode(&self) -> KeyValue {
        self.encode_at(self.version())
    }
}

structs! {
    /// Names a group.
    struct GroupKey {
        /// The group.
        group_id: String;
    }

    /// Names a member of a group.
    struct MemberKey {
        /// The group.
        group_id: String;
        /// The member.
        member_id: String;
    }

    /// Names a committed offset.
    struct OffsetCommitKey {
        /// The group.
        group: String;
        /// The topic's name.
        topic: String;
        /// The partition.
        partition: PartitionId;
    }

    /// Names a regular expression of a group.
    struct RegularExpressionKey {
        /// The group.
        group_id: String;
        /// The expression (RE2).
        regular_expression: String;
    }

    /// An offset as committed before 0.9.
    struct LegacyOffsetCommitValue {
        /// The next offset to read.
        offset: Offset;
        /// What the client wants kept with it.
        metadata: String;
        /// Milliseconds since 1970.
        commit_timestamp: i64;
    }

    /// A committed offset.
    struct OffsetCommitValue {
        /// The next offset to read.
        offset: Offset;
        /// Leader epoch of the last record read.
        leader_epoch: Option<LeaderEpoch>, since 3;
        /// What the client wants kept with it.
        metadata: String;
        /// Milliseconds since 1970.
        commit_timestamp: i64;
        /// When it expires whatever the group does, milliseconds since 1970.
        expire_timestamp: Option<i64>, since 1, until 1;
        /// Id of the topic, if known.
        topic_id: Option<TopicId>, since 4, tag 0;
    }

    /// A whole classic group; without members it is empty.
    struct GroupMetadataValue {
        /// Kind of protocol, such as "consumer".
        protocol_type: String;
        /// Generation.
        generation: i32;
        /// The protocol selected.
        protocol: Option<String>;
        /// Member id of the leader.
        leader: Option<String>;
        /// When the state last changed, milliseconds since 1970.
        current_state_timestamp: Option<i64>, since 2;
        /// The members.
        members: Vec<ClassicMember>;
    }

    /// A member of a classic group.
    struct ClassicMember {
        /// The member.
        member_id: String;
        /// `group.instance.id`.
        group_instance_id: Option<String>, since 3;
        /// `client.id`.
        client_id: String;
        /// Where it connects from.
        client_host: String;
        /// Milliseconds; -1 is "as the session timeout".
        rebalance_timeout: i32 = -1, since 1;
        /// Milliseconds.
        session_timeout: i32;
        /// Its metadata for the selected protocol.
        subscription: Bytes;
        /// What the leader gave it.
        assignment: Bytes;
    }

    /// Epoch of a consumer group.
    struct ConsumerGroupMetadataValue {
        /// Group epoch.
        epoch: i32;
        /// Hash of the topics subscribed to (KIP-1101); 0 before 4.1.
        metadata_hash: i64, tag 0;
    }

    /// What a consumer group subscribes to.
    struct ConsumerGroupPartitionMetadataValue {
        /// Its topics.
        topics: Vec<SubscribedTopic>;
    }

    /// A topic as a consumer group saw it.
    struct SubscribedTopic {
        /// Its id.
        topic_id: TopicId;
        /// Its name.
        topic_name: String;
        /// How many partitions it had.
        num_partitions: i32;
        /// Racks of its partitions' replicas.
        partition_metadata: Vec<PartitionRacks>;
    }

    /// Racks of a partition's replicas.
    struct PartitionRacks {
        /// The partition.
        partition: PartitionId;
        /// The racks.
        racks: Vec<String>;
    }

    /// A member of a consumer group.
    struct ConsumerGroupMemberMetadataValue {
        /// `group.instance.id`.
        instance_id: Option<String>;
        /// `client.rack`.
        rack_id: Option<String>;
        /// `client.id`.
        client_id: String;
        /// Where it connects from.
        client_host: String;
        /// Topics it subscribes to by name.
        subscribed_topic_names: Vec<String>;
        /// Topics it subscribes to by a regular expression.
        subscribed_topic_regex: Option<String>;
        /// Milliseconds.
        rebalance_timeout_ms: i32 = -1;
        /// The assignor it asks for.
        server_assignor: Option<String>;
        /// What is kept of it if it speaks the classic protocol. Kafka takes a missing tag for an empty struct, so
        /// the absence is always written.
        classic_member_metadata: Option<ClassicMemberMetadata>, tag 0 always;
    }

    /// What is kept of a member that speaks the classic protocol in a consumer group.
    struct ClassicMemberMetadata {
        /// Milliseconds.
        session_timeout_ms: i32;
        /// The protocols it offers, in its order of preference.
        supported_protocols: Vec<ClassicProtocol>;
    }

    /// A protocol of a classic member.
    struct ClassicProtocol {
        /// Name of the assignor.
        name: String;
        /// The member's subscription.
        metadata: Bytes;
    }

    /// Epoch of a group's target assignment.
    struct TargetAssignmentMetadataValue {
        /// The epoch.
        assignment_epoch: i32;
    }

    /// What a member shall have.
    struct TargetAssignmentMemberValue {
        /// Its partitions.
        topic_partitions: Vec<TopicPartitions>;
    }

    /// Partitions of a topic.
    struct TopicPartitions {
        /// The topic.
        topic_id: TopicId;
        /// The partitions.
        partitions: Vec<PartitionId>;
    }

    /// What a member of a consumer group has.
    struct ConsumerGroupCurrentMemberAssignmentValue {
        /// Its epoch.
        member_epoch: i32;
        /// Its epoch before.
        previous_member_epoch: i32;
        /// 0 stable, 1 partitions to revoke, 2 partitions others have not released.
        state: i8;
        /// What it has.
        assigned_partitions: Vec<TopicPartitions>;
        /// What it still has and must give up.
        partitions_pending_revocation: Vec<TopicPartitions>;
    }

    /// The topics a regular expression matches.
    struct ConsumerGroupRegularExpressionValue {
        /// Their names.
        topics: Vec<String>;
        /// Version of the metadata image it was resolved with.
        version: i64;
        /// When, milliseconds since 1970.
        timestamp: i64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Uuid;

    #[test]
    fn every_record_reads_back_and_so_does_its_tombstone() {
        for record in GroupRecord::one_of_each() {
            let (key, value) = record.encode();
            let value = value.unwrap();
            assert_eq!(key[..2], record.type_id().to_be_bytes());
            assert_eq!(GroupRecord::decode(&key, Some(&value)), Ok(Some(record)));
            assert!(GroupRecord::decode(&key, None).unwrap().unwrap().is_tombstone());
            for end in 0..value.len() {
                assert!(GroupRecord::decode(&key, Some(&value[..end])).is_err());
            }
            let mut later = value.clone();
            later[1] = 9;
            assert!(GroupRecord::decode(&key, Some(&later)).is_err(), "version 9");
        }
    }

    #[test]
    fn unknown_types_are_left_to_be_skipped() {
        for type_id in [9i16, 18, 24, -1] {
            assert_eq!(GroupRecord::decode(&type_id.to_be_bytes(), Some(b"anything")), Ok(None));
        }
    }

    #[test]
    fn offset_commits_choose_the_version_that_has_their_fields() {
        let key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: PartitionId(1) };
        let with_id = OffsetCommitValue { topic_id: Some(TopicId(Uuid::from_u128(5))), ..Default::default() };
        let with_expiry = OffsetCommitValue { expire_timestamp: Some(9), ..Default::default() };
        for (value, version) in [(with_id, 4), (with_expiry, 1)] {
            let record = GroupRecord::OffsetCommit(key.clone(), Some(value));
            assert_eq!(record.version(), version);
            let (key, value) = record.encode();
            assert_eq!(GroupRecord::decode(&key, value.as_deref()), Ok(Some(record)));
        }
    }

    #[test]
    fn classic_groups_read_at_every_version() {
        let member = ClassicMember { member_id: "m".into(), session_timeout: 7, ..Default::default() };
        let group = GroupMetadataValue { generation: 3, members: vec![member], ..Default::default() };
        let record = GroupRecord::GroupMetadata(GroupKey { group_id: "g".into() }, Some(group));
        for version in 0..=4 {
            let (key, value) = record.encode_at(version);
            assert_eq!(GroupRecord::decode(&key, value.as_deref()), Ok(Some(record.clone())), "{version}");
        }
    }

    #[test]
    fn absence_of_a_classic_member_is_written_and_read() {
        let key = MemberKey { group_id: "g".into(), member_id: "m".into() };
        let absent = ConsumerGroupMemberMetadataValue::default();
        let present = ConsumerGroupMemberMetadataValue {
            classic_member_metadata: Some(ClassicMemberMetadata::default()),
            ..absent.clone()
        };
        for (member, tag) in [(absent, &[1, 0, 1, 0][..]), (present, &[1, 0, 7, 1, 0, 0, 0, 0, 1, 0])] {
            let record = GroupRecord::ConsumerGroupMemberMetadata(key.clone(), Some(member));
            let (key, value) = record.encode();
            assert!(value.as_deref().unwrap().ends_with(tag), "{value:?}");
            assert_eq!(GroupRecord::decode(&key, value.as_deref()), Ok(Some(record)));
        }
    }
}
