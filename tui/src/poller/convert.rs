//! From the client's answers to what the core knows. Pure.

use std::sync::Arc;

use kr_client::admin::{
    CommittedOffset, ConfigEntry, ConfigSource, GroupDescription, GroupListing, LogDir,
    QuorumReplica as Replica, QuorumStatus, TopicPartition,
};
use kr_client::{Error, Fault};
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, TopicId};
use kr_wire::messages::metadata_response::{MetadataResponse, MetadataResponseTopic};

use crate::snapshot::{
    Directory, Gap, Group, GroupDetail, GroupMember, GroupOffset, Known, Partition, Quorum, QuorumReplica,
    Time, TopicColumns, TopicConfig, Topics,
};

/// The first version of Metadata whose leader epochs are to be trusted (KAFKA-9212).
const FIRST_WITH_EPOCHS: i16 = 9;

/// An error with its causes, on one line.
pub fn chain(error: &Error) -> Arc<str> {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.into()
}

/// Why something is not known.
pub fn gap(error: &Error) -> Gap {
    let text = chain(error);
    match error {
        Error::Unsupported { .. } => Gap::Unsupported(text),
        _ if error.code() == Some(ErrorCode::UNSUPPORTED_VERSION) => Gap::Unsupported(text),
        _ => match error.fault() {
            Fault::Denied | Fault::Refused => Gap::Denied(text),
            Fault::Unreachable | Fault::TimedOut => Gap::Unreachable(text),
            Fault::Caller | Fault::Peer | Fault::Moment => Gap::Failed(text),
        },
    }
}

/// Topics of a Metadata response; `asked` are the names it was asked for, none for all.
pub fn topics(response: &MetadataResponse, version: i16, asked: Option<&[Arc<str>]>) -> Topics {
    let mut topics: Vec<Arc<TopicColumns>> = response
        .topics
        .iter()
        .filter(|topic| ErrorCode(topic.error_code).is_ok() || !topic.partitions.is_empty())
        .filter_map(|topic| columns(topic, version))
        .collect();
    topics.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    let is_gone = |name: &&Arc<str>| {
        let told =
            response.topics.iter().find(|topic| topic.name.as_ref().is_some_and(|n| n.as_str() == &***name));
        told.is_some_and(|topic| topic.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0)
    };
    let gone = asked.unwrap_or_default().iter().filter(is_gone).cloned().collect();
    Topics { is_complete: asked.is_none(), topics, gone }
}

fn columns(topic: &MetadataResponseTopic, version: i16) -> Option<Arc<TopicColumns>> {
    let name = topic.name.as_ref()?.as_str();
    let id = Some(TopicId(topic.topic_id)).filter(|id| !id.is_zero());
    let mut columns = TopicColumns::new(name, id, topic.is_internal);
    let mut rows: Vec<_> = topic.partitions.iter().collect();
    rows.sort_unstable_by_key(|row| row.partition_index);
    let nodes = |ids: &[kr_wire::messages::BrokerId]| ids.iter().map(|id| NodeId(id.0)).collect::<Vec<_>>();
    for (index, row) in (0..).zip(rows) {
        // While metadata of a new topic spreads there may be holes: what stands after one is not told yet.
        if row.partition_index != index {
            break;
        }
        let epoch =
            (version >= FIRST_WITH_EPOCHS).then(|| LeaderEpoch::from_wire(row.leader_epoch)).flatten();
        columns.push(Partition {
            leader: NodeId::from_wire(row.leader_id.0),
            epoch,
            replicas: &nodes(&row.replica_nodes),
            isr: &nodes(&row.isr_nodes),
            offline: &nodes(&row.offline_replicas),
        });
    }
    Some(Arc::new(columns))
}

/// The quorum.
pub fn quorum(status: &QuorumStatus) -> Quorum {
    let replica = |replica: &Replica| {
        let node = status.nodes.iter().find(|node| node.id == replica.id);
        let listener = node.and_then(|node| node.listeners.first());
        QuorumReplica {
            id: replica.id,
            directory: replica.directory.map(|id| id.to_string().into()),
            end: replica.log_end_offset,
            last_fetch: replica.last_fetch_ms.map(Time),
            last_caught_up: replica.last_caught_up_ms.map(Time),
            address: listener.map(|(_, address)| address.to_string().into()),
        }
    };
    Quorum {
        leader: status.leader,
        epoch: status.leader_epoch,
        high_watermark: status.high_watermark,
        voters: status.voters.iter().map(replica).collect(),
        observers: status.observers.iter().map(replica).collect(),
    }
}

/// A group of the list.
pub fn group(listing: &GroupListing) -> Group {
    Group {
        id: listing.id.as_str().into(),
        group_type: listing.group_type.as_deref().map(Arc::from),
        state: listing.state.as_deref().map(Arc::from),
        coordinator: listing.coordinator,
    }
}

/// A group in detail.
pub fn group_detail(described: GroupDescription, offsets: Known<Vec<GroupOffset>>) -> GroupDetail {
    let member = |member: kr_client::admin::GroupMember| GroupMember {
        id: member.id.into(),
        instance: member.instance_id.map(Arc::from),
        client: member.client_id.into(),
        host: member.host.into(),
        epoch: member.epoch,
        assigned: member.assignment.unwrap_or_default(),
        target: member.target,
    };
    GroupDetail {
        id: described.id.into(),
        state: described.state.into(),
        assignor: described.assignor.map(Arc::from),
        epoch: described.epoch,
        assignment_epoch: described.assignment_epoch,
        members: described.members.into_iter().map(member).collect(),
        offsets,
    }
}

/// A group's position, and the end it runs after.
pub fn group_offset(place: TopicPartition, committed: &CommittedOffset, end: Known<Offset>) -> GroupOffset {
    GroupOffset { place, committed: Some(committed.offset), end }
}

/// What is shown of a topic's configs.
pub fn topic_config(topic: &Arc<str>, entries: Result<Vec<ConfigEntry>, Error>) -> TopicConfig {
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            return TopicConfig {
                topic: Arc::clone(topic),
                min_isr: Err(gap(&error)),
                overrides: Vec::new(),
            };
        }
    };
    let min_isr = entries.iter().find(|entry| entry.name == "min.insync.replicas");
    let min_isr = min_isr.and_then(|entry| entry.value.as_deref()?.parse().ok());
    let overrides = entries
        .into_iter()
        .filter(|entry| entry.source == ConfigSource::Topic)
        .map(|entry| {
            let value = entry.value.filter(|_| !entry.is_sensitive);
            (entry.name.into(), value.map(Arc::from))
        })
        .collect();
    let missing = || Gap::Failed("the broker does not tell min.insync.replicas".into());
    TopicConfig { topic: Arc::clone(topic), min_isr: min_isr.ok_or_else(missing), overrides }
}

/// A log directory.
pub fn directory(directory: LogDir) -> Directory {
    let bytes = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let replicas = directory.replicas.into_iter().filter(|replica| !replica.is_future);
    Directory {
        path: directory.path.into(),
        error: directory.failure.as_ref().map(chain),
        total_bytes: bytes(directory.total_bytes),
        usable_bytes: bytes(directory.usable_bytes),
        replicas: replicas.map(|r| (r.partition, u64::try_from(r.bytes).unwrap_or(0))).collect(),
    }
}

/// The release of Kafka as far as the APIs of a broker tell, by the newest thing it serves.
pub fn release(range: impl Fn(i16) -> Option<(i16, i16)>, metadata_version: Option<i16>) -> Option<Arc<str>> {
    let serves = |key, version| range(key).is_some_and(|(_, last)| last >= version);
    let by_level = metadata_version.and_then(|level| {
        let known = kr_client::admin::RELEASES.iter().filter(|(_, needed)| *needed <= level);
        known.max_by_key(|(_, needed)| *needed).map(|(name, _)| *name)
    });
    // An API or a version that came with a release: 4.1 Fetch v18, 4.0 DescribeCluster v2, 3.9 AddRaftVoter, 3.8
    // DescribeTopicPartitions, 3.7 DescribeCluster v1, 3.0 Fetch v13 and so on.
    let by_api = [
        ("4.1", 1, 18),
        ("4.0", 60, 2),
        ("3.9", 80, 0),
        ("3.8", 75, 0),
        ("3.7", 60, 1),
        ("3.5", 1, 15),
        ("3.1", 1, 13),
        ("3.0", 65, 0),
        ("2.8", 60, 0),
        ("2.7", 1, 12),
        ("2.4", 45, 0),
    ]
    .into_iter()
    .find(|(_, key, version)| serves(*key, *version))
    .map(|(name, _, _)| name);
    by_api.or(by_level).map(Arc::from)
}
