//! Groups of Kafka Streams (KIP-1071): a topology of subtopologies, each with a task for each of its partitions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::PartitionId;
use kr_wire::newer::{
    DescribedStreamsGroup, StreamsAssignment, StreamsMember, StreamsSubtopology, StreamsTaskIds,
    StreamsTopicInfo, StreamsTopology,
};

use super::super::TopicPartition;
use super::read::{Described, by_id};
use super::{GroupDescription, GroupMember, GroupType, what};
use crate::error::Error;

/// Number of partitions by topic.
pub(super) type Sizes = BTreeMap<String, i32>;

/// What the members of a group run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Raised with each change of it.
    pub epoch: i32,
    /// Its parts, ascending by id.
    pub subtopologies: Vec<Subtopology>,
}

/// A part of a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtopology {
    /// Its name within the topology.
    pub id: String,
    /// Topics of others that it reads.
    pub source_topics: Vec<String>,
    /// Repartition topics that it reads.
    pub repartition_source_topics: Vec<String>,
    /// Repartition topics that it writes.
    pub repartition_sink_topics: Vec<String>,
    /// Changelogs of its state.
    pub changelog_topics: Vec<String>,
}

/// One partition of a subtopology.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId {
    /// The subtopology.
    pub subtopology: String,
    /// The partition.
    pub partition: i32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.subtopology, self.partition)
    }
}

/// Tasks by what a member does with them, each ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    /// Those it processes.
    pub active: Vec<TaskId>,
    /// Those whose state it keeps a copy of.
    pub standby: Vec<TaskId>,
    /// Those whose state it restores, to process them later.
    pub warmup: Vec<TaskId>,
}

/// What only members of Kafka Streams have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsMemberTasks {
    /// Identity of its process, which may have several members.
    pub process_id: String,
    /// Where its state can be queried, HOST:PORT.
    pub endpoint: Option<String>,
    /// Epoch of the topology it runs.
    pub topology_epoch: i32,
    /// Its tasks.
    pub current: Tasks,
    /// The tasks it shall have.
    pub target: Tasks,
}

/// Topics that the groups read.
pub(super) fn topics_read(groups: &[DescribedStreamsGroup]) -> Vec<&str> {
    let parts = groups.iter().filter_map(|group| group.topology.as_ref()).flat_map(parts);
    let mut topics: Vec<&str> = parts.flat_map(sources).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// Reads a group; `sizes` says how many partitions the topics have that it reads.
pub(super) fn group(group: DescribedStreamsGroup, sizes: &Sizes) -> Described {
    let id = group.group_id;
    if let Err(code) = ErrorCode(group.error_code).ok() {
        let error = Error::broker(what(&id), code, group.error_message.as_deref());
        return (id, Err(error));
    }
    let read = group.topology.as_ref();
    let members = group.members.into_iter().map(|member| of_member(member, read, sizes));
    let description = GroupDescription {
        id: id.clone(),
        group_type: GroupType::Streams,
        protocol_type: None,
        state: group.group_state,
        assignor: None,
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        coordinator: None,
        members: by_id(members),
        topology: group.topology.as_ref().map(of_topology),
    };
    (id, Ok(description))
}

fn parts(topology: &StreamsTopology) -> impl Iterator<Item = &StreamsSubtopology> {
    topology.subtopologies.iter().flatten()
}

/// Every topic that a subtopology reads.
fn sources(part: &StreamsSubtopology) -> impl Iterator<Item = &str> {
    let repartition = part.repartition_source_topics.iter().map(|topic| topic.name.as_str());
    part.source_topics.iter().map(String::as_str).chain(repartition)
}

fn of_topology(topology: &StreamsTopology) -> Topology {
    let names = |topics: &[StreamsTopicInfo]| topics.iter().map(|topic| topic.name.clone()).collect();
    let mut subtopologies: Vec<Subtopology> = parts(topology)
        .map(|part| Subtopology {
            id: part.subtopology_id.clone(),
            source_topics: part.source_topics.clone(),
            repartition_source_topics: names(&part.repartition_source_topics),
            repartition_sink_topics: part.repartition_sink_topics.clone(),
            changelog_topics: names(&part.state_changelog_topics),
        })
        .collect();
    subtopologies.sort_by(|a, b| a.id.cmp(&b.id));
    Topology { epoch: topology.epoch, subtopologies }
}

fn of_member(member: StreamsMember, topology: Option<&StreamsTopology>, sizes: &Sizes) -> GroupMember {
    let (current, target) = (tasks(&member.assignment), tasks(&member.target_assignment));
    let places = |tasks: &Tasks| topology.map(|topology| places(&tasks.active, topology, sizes));
    let topics = topology.map(|topology| {
        let mut topics: Vec<String> = parts(topology).flat_map(|part| part.source_topics.clone()).collect();
        topics.sort();
        topics.dedup();
        topics
    });
    GroupMember {
        id: member.member_id,
        instance_id: member.instance_id,
        client_id: member.client_id,
        host: member.client_host,
        rack: member.rack_id,
        epoch: Some(member.member_epoch),
        topics,
        topic_pattern: None,
        is_classic: Some(member.is_classic),
        assignment: places(&current),
        target: places(&target),
        tasks: Some(StreamsMemberTasks {
            process_id: member.process_id,
            endpoint: member.user_endpoint.map(|endpoint| format!("{}:{}", endpoint.host, endpoint.port)),
            topology_epoch: member.topology_epoch,
            current,
            target,
        }),
    }
}

fn tasks(assignment: &StreamsAssignment) -> Tasks {
    let ids = |tasks: &[StreamsTaskIds]| {
        let id = |part: &StreamsTaskIds, partition: i32| TaskId {
            subtopology: part.subtopology_id.clone(),
            partition,
        };
        let mut ids: Vec<TaskId> = tasks
            .iter()
            .flat_map(|part| part.partitions.iter().map(move |partition| id(part, *partition)))
            .collect();
        ids.sort();
        ids
    };
    Tasks {
        active: ids(&assignment.active_tasks),
        standby: ids(&assignment.standby_tasks),
        warmup: ids(&assignment.warmup_tasks),
    }
}

/// Partitions that tasks read: that of their number, of every topic of their subtopology that has as many.
fn places(active: &[TaskId], topology: &StreamsTopology, sizes: &Sizes) -> Vec<TopicPartition> {
    let of_task = |task: &TaskId| {
        let part = parts(topology).find(|part| part.subtopology_id == task.subtopology);
        let topics = part.into_iter().flat_map(sources);
        let has_it = topics.filter(|topic| sizes.get(*topic).is_some_and(|size| task.partition < *size));
        let partition = PartitionId(task.partition);
        has_it.map(|topic| TopicPartition::new(Arc::from(topic), partition)).collect::<Vec<_>>()
    };
    let mut places: Vec<TopicPartition> = active.iter().flat_map(of_task).collect();
    places.sort();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_reads_its_partition_of_every_topic_that_has_it() {
        let part = StreamsSubtopology {
            subtopology_id: "1".to_owned(),
            source_topics: vec!["wide".to_owned(), "narrow".to_owned()],
            repartition_source_topics: vec![StreamsTopicInfo {
                name: "app-x-repartition".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let topology = StreamsTopology { epoch: 0, subtopologies: Some(vec![part]) };
        let sizes = Sizes::from([
            ("wide".to_owned(), 4),
            ("narrow".to_owned(), 1),
            ("app-x-repartition".to_owned(), 4),
        ]);
        let tasks: Vec<TaskId> =
            [0, 3].map(|partition| TaskId { subtopology: "1".to_owned(), partition }).to_vec();
        let names: Vec<String> = places(&tasks, &topology, &sizes).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["app-x-repartition-0", "app-x-repartition-3", "narrow-0", "wide-0", "wide-3"]);
        let other = [TaskId { subtopology: "2".to_owned(), partition: 0 }];
        assert_eq!(places(&other, &topology, &sizes), []);
    }
}
