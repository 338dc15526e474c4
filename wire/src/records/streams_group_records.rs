//! Values of the streams group's records in `__consumer_offsets` (KIP-1071, early access in 4.1).
//!
//! Their table is in [`group_records`](super::group_records).

use crate::ids::PartitionId;

use super::schema::structs;

structs! {
    /// Epoch of a streams group.
    struct StreamsGroupMetadataValue {
        /// Group epoch.
        epoch: i32;
        /// Hash of the topics of the topology.
        metadata_hash: i64;
    }

    /// A member of a streams group.
    struct StreamsGroupMemberMetadataValue {
        /// `group.instance.id`.
        instance_id: Option<String>;
        /// `client.rack`.
        rack_id: Option<String>;
        /// `client.id`.
        client_id: String;
        /// Where it connects from.
        client_host: String;
        /// Milliseconds.
        rebalance_timeout_ms: i32 = -1;
        /// Epoch of the topology it runs.
        topology_epoch: i32;
        /// Identity of its process.
        process_id: String;
        /// Where its state can be queried.
        user_endpoint: Option<StreamsEndpoint>;
        /// Tags for placing standby tasks.
        client_tags: Vec<ClientTag>;
    }

    /// Where a member's state can be queried.
    struct StreamsEndpoint {
        /// Host name or address.
        host: String;
        /// Port.
        port: u16;
    }

    /// One of a member's tags.
    struct ClientTag {
        /// Name of the tag.
        key: String;
        /// Its value.
        value: String;
    }

    /// Tasks of a subtopology.
    struct TaskIds {
        /// The subtopology.
        subtopology_id: String;
        /// The partitions.
        partitions: Vec<PartitionId>;
    }

    /// What a member of a streams group shall have.
    struct StreamsGroupTargetAssignmentMemberValue {
        /// Tasks to run.
        active_tasks: Vec<TaskIds>;
        /// Tasks to keep ready.
        standby_tasks: Vec<TaskIds>;
        /// Tasks to make ready.
        warmup_tasks: Vec<TaskIds>;
    }

    /// What a member of a streams group has.
    struct StreamsGroupCurrentMemberAssignmentValue {
        /// Its epoch.
        member_epoch: i32;
        /// Its epoch before.
        previous_member_epoch: i32;
        /// 0 stable, 1 tasks to revoke, 2 tasks others have not released.
        state: i8;
        /// Tasks it runs.
        active_tasks: Vec<TaskIds>;
        /// Tasks it keeps ready.
        standby_tasks: Vec<TaskIds>;
        /// Tasks it makes ready.
        warmup_tasks: Vec<TaskIds>;
        /// Tasks it runs and must give up.
        active_tasks_pending_revocation: Vec<TaskIds>;
        /// Tasks it keeps ready and must give up.
        standby_tasks_pending_revocation: Vec<TaskIds>;
        /// Tasks it makes ready and must give up.
        warmup_tasks_pending_revocation: Vec<TaskIds>;
    }

    /// The topology of a streams group.
    struct StreamsGroupTopologyValue {
        /// Its epoch.
        epoch: i32;
        /// Its parts.
        subtopologies: Vec<Subtopology>;
    }

    /// A part of a topology whose tasks are assigned together.
    struct Subtopology {
        /// Its id.
        subtopology_id: String;
        /// Topics it reads.
        source_topics: Vec<String>;
        /// Topics it reads by regular expressions.
        source_topic_regex: Vec<String>;
        /// Topics behind its state.
        state_changelog_topics: Vec<TopicInfo>;
        /// Repartition topics it writes.
        repartition_sink_topics: Vec<String>;
        /// Repartition topics it reads.
        repartition_source_topics: Vec<TopicInfo>;
        /// Topics that must have as many partitions as each other.
        copartition_groups: Vec<CopartitionGroup>;
    }

    /// An internal topic of a topology.
    struct TopicInfo {
        /// Its name.
        name: String;
        /// How many partitions; 0 follows from the sources.
        partitions: i32;
        /// Replication factor; 0 is the broker's default.
        replication_factor: i16;
        /// Its configuration.
        topic_configs: Vec<TopicConfig>;
    }

    /// One key of an internal topic's configuration.
    struct TopicConfig {
        /// The key.
        key: String;
        /// Its value.
        value: String;
    }

    /// Topics copartitioned with each other, by their indexes in the subtopology's lists.
    struct CopartitionGroup {
        /// Indexes of source topics.
        source_topics: Vec<i16>;
        /// Indexes of regular expressions.
        source_topic_regex: Vec<i16>;
        /// Indexes of repartition source topics.
        repartition_source_topics: Vec<i16>;
    }
}
