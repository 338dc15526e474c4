//! Groups: list, describe, committed offsets.
//!
//! Groups of the consumer protocol (KIP-848) and of the classic one are described alike; what only one of
//! them knows is optional.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use kr_wire::message::StrBytes;
use kr_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kr_wire::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, GroupId, ListGroupsRequest, OffsetFetchRequest,
    consumer_group_describe_response as consumer, describe_groups_response as classic,
};
use tokio::task::JoinSet;

use super::{checked, text};
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::group::protocol;
use crate::routing::Route;

/// A partition by its topic's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: PartitionId,
}

impl TopicPartition {
    /// Names a partition.
    pub fn new(topic: impl Into<Arc<str>>, partition: PartitionId) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// A group as its coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// Its id.
    pub id: String,
    /// `consumer` for groups of consumers of either protocol; empty for offsets without members.
    pub protocol_type: String,
    /// Its state; none on clusters older than 2.6.
    pub state: Option<String>,
    /// `Classic`, `Consumer`, `Share`, `Streams`; none on clusters older than 3.8.
    pub group_type: Option<String>,
    /// The broker that coordinates it.
    pub coordinator: NodeId,
}

/// A group in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub id: String,
    /// `Classic` or `Consumer`.
    pub group_type: &'static str,
    /// Its state.
    pub state: String,
    /// How partitions are shared out; none while there are no members.
    pub assignor: Option<String>,
    /// Epoch of the group (consumer protocol).
    pub epoch: Option<i32>,
    /// The broker that coordinates it.
    pub coordinator: Option<NodeId>,
    /// Its members, ascending by id.
    pub members: Vec<GroupMember>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id, given by the coordinator.
    pub id: String,
    /// Its `group.instance.id`, for static members.
    pub instance_id: Option<String>,
    /// Its `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// Partitions it reads; none when they cannot be told.
    pub assignment: Option<Vec<TopicPartition>>,
}

/// An offset a group has committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to read.
    pub offset: Offset,
    /// The epoch in which the record before it was written.
    pub leader_epoch: Option<LeaderEpoch>,
    /// What the committer wrote beside it.
    pub metadata: String,
}

impl Client {
    /// All groups, ascending by id, and the brokers that could not be asked.
    pub async fn list_groups(&self) -> Result<(Vec<GroupListing>, Vec<(NodeId, Error)>), Error> {
        self.describe_cluster().await?;
        let brokers: Vec<NodeId> = self.view().brokers().map(|broker| broker.id).collect();
        let mut asked = JoinSet::new();
        for broker in brokers {
            let client = self.clone();
            asked.spawn(async move { (broker, client.list_groups_of(broker).await) });
        }
        let (mut groups, mut failed) = (BTreeMap::new(), Vec::new());
        while let Some(answered) = asked.join_next().await {
            match answered {
                Ok((_, Ok(listed))) => {
                    groups.extend(listed.into_iter().map(|group| (group.id.clone(), group)))
                }
                Ok((broker, Err(error))) => failed.push((broker, error)),
                Err(_) => {}
            }
        }
        failed.sort_by_key(|(broker, _)| *broker);
        Ok((groups.into_values().collect(), failed))
    }

    async fn list_groups_of(&self, broker: NodeId) -> Result<Vec<GroupListing>, Error> {
        let what = format!("list the groups of broker {broker}");
        let answer = self
            .request(
                Route::Broker(broker),
                &what,
                |_| ListGroupsRequest::default(),
                |response| checked(what.clone(), response.error_code, None),
            )
            .await?;
        let tells = |text: &StrBytes| Some(text.as_str().to_owned()).filter(|text| !text.is_empty());
        let listing = |group: &kr_wire::messages::list_groups_response::ListedGroup| GroupListing {
            id: group.group_id.as_str().to_owned(),
            protocol_type: group.protocol_type.as_str().to_owned(),
            state: tells(&group.group_state),
            group_type: tells(&group.group_type),
            coordinator: broker,
        };
        Ok(answer.response.groups.iter().map(listing).collect())
    }

    /// One group in detail. A group that does not exist is [`ErrorCode::GROUP_ID_NOT_FOUND`].
    pub async fn describe_group(&self, id: &str) -> Result<GroupDescription, Error> {
        let route = Route::Coordinator(id);
        // Whether the coordinator knows the consumer protocol is seen on its connection.
        let serves = self.node_versions(Route::Any).await?.range(ConsumerGroupDescribeRequest::KEY);
        if serves.is_some() {
            match self.describe_consumer_group(id, route).await {
                Err(error) if is_not_of_that_type(&error) => {}
                described => return described,
            }
        }
        self.describe_classic_group(id, route).await
    }

    async fn describe_consumer_group(&self, id: &str, route: Route<'_>) -> Result<GroupDescription, Error> {
        let what = format!("describe group \"{id}\"");
        let build = |_| ConsumerGroupDescribeRequest::default().with_group_ids(vec![GroupId(text(id))]);
        let answer = self
            .request(route, &what, build, |response| {
                let check = |group: &consumer::DescribedGroup| {
                    checked(what.clone(), group.error_code, group.error_message.as_ref())
                };
                response.groups.iter().try_for_each(check)
            })
            .await?;
        let group = answer.response.groups.into_iter().next().ok_or_else(|| missing(&what))?;
        let mut members: Vec<GroupMember> = group.members.iter().map(consumer_member).collect();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(GroupDescription {
            id: id.to_owned(),
            group_type: "Consumer",
            state: group.group_state.as_str().to_owned(),
            assignor: Some(group.assignor_name.as_str().to_owned()).filter(|name| !name.is_empty()),
            epoch: Some(group.group_epoch),
            coordinator: self.known_coordinator(id),
            members,
        })
    }

    async fn describe_classic_group(&self, id: &str, route: Route<'_>) -> Result<GroupDescription, Error> {
        let what = format!("describe group \"{id}\"");
        let build = |_| DescribeGroupsRequest::default().with_groups(vec![GroupId(text(id))]);
        let answer = self
            .request(route, &what, build, |response| {
                let check = |group: &classic::DescribedGroup| {
                    checked(what.clone(), group.error_code, group.error_message.as_ref())
                };
                response.groups.iter().try_for_each(check)
            })
            .await?;
        let group = answer.response.groups.into_iter().next().ok_or_else(|| missing(&what))?;
        // Before version 6 a group that does not exist is described as a dead one.
        if group.group_state.as_str() == "Dead" {
            return Err(missing(&what));
        }
        let mut members: Vec<GroupMember> =
            group.members.iter().map(|member| classic_member(member, group.protocol_type.as_str())).collect();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(GroupDescription {
            id: id.to_owned(),
            group_type: "Classic",
            state: group.group_state.as_str().to_owned(),
            assignor: Some(group.protocol_data.as_str().to_owned()).filter(|name| !name.is_empty()),
            epoch: None,
            coordinator: self.known_coordinator(id),
            members,
        })
    }

    fn known_coordinator(&self, group: &str) -> Option<NodeId> {
        self.inner.coordinators().get(group).copied()
    }

    /// All offsets a group has committed, by partition. Empty for a group that does not exist.
    pub async fn committed_offsets(
        &self,
        id: &str,
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, Error> {
        let what = format!("read the offsets of group \"{id}\"");
        let build = |version| {
            let request = OffsetFetchRequest::default();
            match version {
                0..8 => request.with_group_id(GroupId(text(id))).with_topics(None),
                _ => {
                    let group = OffsetFetchRequestGroup::default()
                        .with_group_id(GroupId(text(id)))
                        .with_member_epoch(-1)
                        .with_topics(None);
                    request.with_groups(vec![group])
                }
            }
        };
        let answer = self
            .request(Route::Coordinator(id), &what, build, |response| {
                checked(what.clone(), response.error_code, None)?;
                response.groups.iter().try_for_each(|group| checked(what.clone(), group.error_code, None))
            })
            .await?;
        let mut offsets = BTreeMap::new();
        let mut add = |topic: &str, index: i32, offset: i64, epoch: i32, metadata: Option<&StrBytes>| {
            if let Some(offset) = Offset::from_wire(offset) {
                let metadata = metadata.map_or_else(String::new, |text| text.as_str().to_owned());
                let leader_epoch = LeaderEpoch::from_wire(epoch);
                let committed = CommittedOffset { offset, leader_epoch, metadata };
                offsets.insert(TopicPartition::new(topic, PartitionId(index)), committed);
            }
        };
        for topic in &answer.response.topics {
            for p in &topic.partitions {
                let (epoch, metadata) = (p.committed_leader_epoch, p.metadata.as_ref());
                add(topic.name.as_str(), p.partition_index, p.committed_offset, epoch, metadata);
            }
        }
        for topic in answer.response.groups.iter().flat_map(|group| &group.topics) {
            for p in &topic.partitions {
                let (epoch, metadata) = (p.committed_leader_epoch, p.metadata.as_ref());
                add(topic.name.as_str(), p.partition_index, p.committed_offset, epoch, metadata);
            }
        }
        Ok(offsets)
    }
}

fn missing(what: &str) -> Error {
    Error::broker(what, ErrorCode::GROUP_ID_NOT_FOUND, None)
}

fn is_not_of_that_type(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. })
        || matches!(error.code(), Some(ErrorCode::GROUP_ID_NOT_FOUND | ErrorCode::UNSUPPORTED_VERSION))
}

fn consumer_member(member: &consumer::Member) -> GroupMember {
    let partitions = member.assignment.topic_partitions.iter().flat_map(|topic| {
        let name: Arc<str> = topic.topic_name.as_str().into();
        topic
            .partitions
            .iter()
            .map(move |index| TopicPartition::new(Arc::clone(&name), PartitionId(*index)))
            .collect::<Vec<_>>()
    });
    let mut assignment: Vec<TopicPartition> = partitions.collect();
    assignment.sort();
    GroupMember {
        id: member.member_id.as_str().to_owned(),
        instance_id: member.instance_id.as_ref().map(|id| id.as_str().to_owned()),
        client_id: member.client_id.as_str().to_owned(),
        host: member.client_host.as_str().to_owned(),
        assignment: Some(assignment),
    }
}

fn classic_member(member: &classic::DescribedGroupMember, protocol_type: &str) -> GroupMember {
    let is_consumer = protocol_type == "consumer";
    let assignment = protocol::decode_assignment(&member.member_assignment).ok().filter(|_| is_consumer);
    GroupMember {
        id: member.member_id.as_str().to_owned(),
        instance_id: member.group_instance_id.as_ref().map(|id| id.as_str().to_owned()),
        client_id: member.client_id.as_str().to_owned(),
        host: member.client_host.as_str().to_owned(),
        assignment,
    }
}
