//! StreamsGroupDescribe (API 89, KIP-1071): state, topology and tasks of groups of Kafka Streams.

use crate::records::schema::structs;

structs! {
    /// Asks a coordinator for its groups.
    struct StreamsGroupDescribeRequest {
        /// The groups.
        group_ids: Vec<String>;
        /// Whether to say what the asker may do with each.
        include_authorized_operations: bool;
    }

    /// The groups that were asked for.
    struct StreamsGroupDescribeResponse {
        /// How long the answer was held back for a quota, milliseconds.
        throttle_time_ms: i32;
        /// One for each that was asked for.
        groups: Vec<DescribedStreamsGroup>;
    }

    /// A group, or why it cannot be described.
    struct DescribedStreamsGroup {
        /// Kafka's error; 0 for none.
        error_code: i16;
        /// The error in words.
        error_message: Option<String>;
        /// The group.
        group_id: String;
        /// Its state.
        group_state: String;
        /// Epoch of the group.
        group_epoch: i32;
        /// Epoch of the target assignment.
        assignment_epoch: i32;
        /// What its members run; none before the first has said it.
        topology: Option<StreamsTopology>;
        /// Its members.
        members: Vec<StreamsMember>;
        /// What the asker may do with it, as bits.
        authorized_operations: i32 = i32::MIN;
    }

    /// What the members of a group run.
    struct StreamsTopology {
        /// Raised with each change of it.
        epoch: i32;
        /// Its parts; none when they are not valid.
        subtopologies: Option<Vec<StreamsSubtopology>>;
    }

    /// A part of a topology; each of its partitions is a task.
    struct StreamsSubtopology {
        /// Its name within the topology.
        subtopology_id: String;
        /// Topics of others that it reads.
        source_topics: Vec<String>;
        /// Repartition topics that it writes.
        repartition_sink_topics: Vec<String>;
        /// Changelogs of its state.
        state_changelog_topics: Vec<StreamsTopicInfo>;
        /// Repartition topics that it reads.
        repartition_source_topics: Vec<StreamsTopicInfo>;
    }

    /// A topic that the group makes for itself.
    struct StreamsTopicInfo {
        /// Its name.
        name: String;
        /// How many partitions it must have; 0 for as many as there are tasks.
        partitions: i32;
        /// Its replication factor; 0 for the cluster's default.
        replication_factor: i16;
        /// Its configs.
        topic_configs: Vec<StreamsKeyValue>;
    }

    /// A name with a value.
    struct StreamsKeyValue {
        /// The name.
        key: String;
        /// The value.
        value: String;
    }

    /// A member.
    struct StreamsMember {
        /// Its id.
        member_id: String;
        /// Its epoch; behind the group's while it takes up a new assignment.
        member_epoch: i32;
        /// `group.instance.id`.
        instance_id: Option<String>;
        /// `client.rack`.
        rack_id: Option<String>;
        /// `client.id`.
        client_id: String;
        /// Where it connects from.
        client_host: String;
        /// Epoch of the topology it runs.
        topology_epoch: i32;
        /// Identity of its process, which may have several members.
        process_id: String;
        /// Where its state can be queried.
        user_endpoint: Option<StreamsEndpoint>;
        /// Tags for placing standby tasks.
        client_tags: Vec<StreamsKeyValue>;
        /// How far its tasks are.
        task_offsets: Vec<StreamsTaskOffset>;
        /// How far they can get.
        task_end_offsets: Vec<StreamsTaskOffset>;
        /// What it does.
        assignment: StreamsAssignment;
        /// What it shall do.
        target_assignment: StreamsAssignment;
        /// Whether it speaks the classic protocol.
        is_classic: bool;
    }

    /// Where a member's state can be queried (`application.server`).
    struct StreamsEndpoint {
        /// Host name or address.
        host: String;
        /// Port.
        port: u16;
    }

    /// How far a task is.
    struct StreamsTaskOffset {
        /// The subtopology.
        subtopology_id: String;
        /// The partition.
        partition: i32;
        /// The sum of the offsets of its changelogs.
        offset: i64;
    }

    /// Tasks of a member.
    struct StreamsAssignment {
        /// Those it processes.
        active_tasks: Vec<StreamsTaskIds>;
        /// Those whose state it keeps a copy of.
        standby_tasks: Vec<StreamsTaskIds>;
        /// Those whose state it restores, to process them later.
        warmup_tasks: Vec<StreamsTaskIds>;
    }

    /// Tasks of one subtopology.
    struct StreamsTaskIds {
        /// The subtopology.
        subtopology_id: String;
        /// Its partitions.
        partitions: Vec<i32>;
    }
}

super::messages!(StreamsGroupDescribeRequest StreamsGroupDescribeResponse);

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> StreamsGroupDescribeResponse {
        let tasks = StreamsTaskIds { subtopology_id: "0".to_owned(), partitions: vec![0, 2] };
        let member = StreamsMember {
            member_id: "m".to_owned(),
            member_epoch: 4,
            user_endpoint: Some(StreamsEndpoint { host: "h".to_owned(), port: 65_535 }),
            assignment: StreamsAssignment { active_tasks: vec![tasks], ..Default::default() },
            is_classic: true,
            ..Default::default()
        };
        let subtopology = StreamsSubtopology {
            subtopology_id: "0".to_owned(),
            source_topics: vec!["in".to_owned()],
            state_changelog_topics: vec![StreamsTopicInfo {
                name: "a-s-changelog".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let group = DescribedStreamsGroup {
            group_id: "app".to_owned(),
            group_state: "Stable".to_owned(),
            group_epoch: 4,
            topology: Some(StreamsTopology { epoch: 1, subtopologies: Some(vec![subtopology]) }),
            members: vec![member],
            ..Default::default()
        };
        StreamsGroupDescribeResponse { throttle_time_ms: 0, groups: vec![group] }
    }

    #[test]
    fn an_answer_reads_back() {
        let bytes = answer().encode(0);
        assert_eq!(StreamsGroupDescribeResponse::decode(0, &bytes), Ok(answer()));
        for cut in 0..bytes.len() {
            assert!(StreamsGroupDescribeResponse::decode(0, &bytes[..cut]).is_err(), "{cut}");
        }
    }

    /// The layout of a group without topology and members, byte by byte as Kafka's schema has it.
    #[test]
    fn a_group_without_members_is_as_the_schema_says() {
        let bytes = [
            &[0, 0, 0, 0, 2][..],    // throttle, one group
            &[0, 69, 0, 2, b'g', 5], // error 69, no message, "g", a state of four letters
            b"Dead",
            &[0, 0, 0, 0, 0, 0, 0, 0], // epochs
            &[0xff, 1],                // no topology, no members
            &[0x80, 0, 0, 0, 0, 0],    // operations, tags of the group, tags of the answer
        ]
        .concat();
        let group = StreamsGroupDescribeResponse::decode(0, &bytes).unwrap().groups.remove(0);
        assert_eq!((group.error_code, group.group_id.as_str(), group.topology), (69, "g", None));
    }
}
