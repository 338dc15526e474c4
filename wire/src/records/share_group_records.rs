//! Values of the share group's records in `__consumer_offsets` (KIP-932).
//!
//! Their table is in [`group_records`](super::group_records); the state of share partitions is in
//! [`share_records`](super::share_records).

use crate::ids::{PartitionId, TopicId};

use super::group_records::TopicPartitions;
use super::schema::structs;

structs! {
    /// A member of a share group.
    struct ShareGroupMemberMetadataValue {
        /// `client.rack`.
        rack_id: Option<String>;
        /// `client.id`.
        client_id: String;
        /// Where it connects from.
        client_host: String;
        /// Topics it subscribes to.
        subscribed_topic_names: Vec<String>;
    }

    /// Epoch of a share group.
    struct ShareGroupMetadataValue {
        /// Group epoch.
        epoch: i32;
        /// Hash of the topics subscribed to.
        metadata_hash: i64;
    }

    /// What a member of a share group has.
    struct ShareGroupCurrentMemberAssignmentValue {
        /// Its epoch.
        member_epoch: i32;
        /// Its epoch before.
        previous_member_epoch: i32;
        /// 0 stable.
        state: i8;
        /// What it has.
        assigned_partitions: Vec<TopicPartitions>;
    }

    /// Which partitions of a share group have state.
    struct ShareGroupStatePartitionMetadataValue {
        /// Those whose state is being made.
        initializing_topics: Vec<SharePartitions>;
        /// Those that have state.
        initialized_topics: Vec<SharePartitions>;
        /// Topics whose state is being deleted.
        deleting_topics: Vec<ShareTopic>;
    }

    /// Partitions of a topic, named too.
    struct SharePartitions {
        /// The topic.
        topic_id: TopicId;
        /// Its name.
        topic_name: String;
        /// The partitions.
        partitions: Vec<PartitionId>;
    }

    /// A topic, named too.
    struct ShareTopic {
        /// The topic.
        topic_id: TopicId;
        /// Its name.
        topic_name: String;
    }
}
