//! Groups in detail: state, epochs, members and what they read.
//!
//! Nobody says beforehand of which type a group is, so the coordinator is asked for it as one of the consumer
//! protocol, then as a classic one, then as one of share consumers; the first that is not "not found" counts.

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::message::StrBytes;
use kr_wire::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, GroupId, ShareGroupDescribeRequest, TopicName,
    consumer_group_describe_response as consumer, describe_groups_response as classic,
    share_group_describe_response as share,
};

use super::super::{checked, text};
use super::coordinators::PerGroup;
use super::{TopicPartition, missing};
use crate::Client;
use crate::error::Error;
use crate::group::protocol;
use crate::pool::Lane;
use crate::routing::{CoordinatorKind, Route};

/// Which protocol a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupType {
    /// JoinGroup and SyncGroup; also offsets without members.
    Classic,
    /// ConsumerGroupHeartbeat (KIP-848).
    Consumer,
    /// ShareGroupHeartbeat (KIP-932).
    Share,
}

impl GroupType {
    /// All of them, in the order in which a coordinator is asked.
    const ALL: [Self; 3] = [Self::Consumer, Self::Classic, Self::Share];

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "Classic",
            Self::Consumer => "Consumer",
            Self::Share => "Share",
        }
    }
}

/// A group in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub id: String,
    /// Which protocol it speaks.
    pub group_type: GroupType,
    /// `consumer` for classic groups of consumers; empty for offsets without members; none when not told.
    pub protocol_type: Option<String>,
    /// Its state.
    pub state: String,
    /// How partitions are shared out; none while there are no members.
    pub assignor: Option<String>,
    /// Epoch of the group (not of classic groups, which have a generation that nobody tells).
    pub epoch: Option<i32>,
    /// Epoch of the target assignment.
    pub assignment_epoch: Option<i32>,
    /// The broker that coordinates it.
    pub coordinator: Option<NodeId>,
    /// Its members, ascending by id.
    pub members: Vec<GroupMember>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id, given by the coordinator or by itself.
    pub id: String,
    /// Its `group.instance.id`, for static members.
    pub instance_id: Option<String>,
    /// Its `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// Its rack.
    pub rack: Option<String>,
    /// Its epoch; behind the group's while it takes up a new assignment. Not of classic groups.
    pub epoch: Option<i32>,
    /// Topics it subscribes to by name; none when that cannot be told.
    pub topics: Option<Vec<String>>,
    /// The pattern it subscribes by (KIP-848).
    pub topic_pattern: Option<String>,
    /// Whether it speaks the classic protocol in a group of the consumer protocol; none when not told.
    pub is_classic: Option<bool>,
    /// Partitions it reads; none when they cannot be told.
    pub assignment: Option<Vec<TopicPartition>>,
    /// Partitions it shall read; only of groups of the consumer protocol.
    pub target: Option<Vec<TopicPartition>>,
}

impl Client {
    /// One group in detail. A group that does not exist is [`ErrorCode::GROUP_ID_NOT_FOUND`].
    pub async fn describe_group(&self, id: &str) -> Result<GroupDescription, Error> {
        let mut described = self.describe_groups(&[id.to_owned()]).await;
        described.remove(id).unwrap_or_else(|| Err(missing(&what(id))))
    }

    /// Groups in detail; every group is in the answer. One that does not exist is
    /// [`ErrorCode::GROUP_ID_NOT_FOUND`].
    pub async fn describe_groups(&self, ids: &[String]) -> PerGroup<GroupDescription> {
        let mut described = PerGroup::new();
        let mut left = ids.to_vec();
        for group_type in GroupType::ALL {
            if left.is_empty() {
                break;
            }
            let ask = move |client: Client, node, groups: Vec<String>| async move {
                match group_type {
                    GroupType::Consumer => client.describe_consumer(node, &groups).await,
                    GroupType::Classic => client.describe_classic(node, &groups).await,
                    GroupType::Share => client.describe_share(node, &groups).await,
                }
            };
            let answers = self.ask_coordinators(&left, "describe groups", ask).await;
            left.clear();
            for (id, answer) in answers {
                match answer {
                    Err(error) if is_not_of_that_type(&error) => left.push(id),
                    Ok(group) => {
                        let coordinator = self.known_coordinator(&id);
                        described.insert(id, Ok(GroupDescription { coordinator, ..group }));
                    }
                    Err(error) => drop(described.insert(id, Err(error))),
                }
            }
        }
        described.extend(left.into_iter().map(|id| {
            let error = missing(&what(&id));
            (id, Err(error))
        }));
        described
    }

    async fn describe_consumer(
        &self,
        node: NodeId,
        groups: &[String],
    ) -> Result<PerGroup<GroupDescription>, Error> {
        let wait = self.options().request_timeout;
        let build = |_| ConsumerGroupDescribeRequest::default().with_group_ids(group_ids(groups));
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        let tells_type = answer.version >= 1;
        let describe = |group: consumer::DescribedGroup| {
            let id = group.group_id.as_str().to_owned();
            let outcome = checked(what(&id), group.error_code, group.error_message.as_ref())
                .map(|()| of_consumer(group, tells_type));
            (id, outcome)
        };
        Ok(answer.response.groups.into_iter().map(describe).collect())
    }

    async fn describe_classic(
        &self,
        node: NodeId,
        groups: &[String],
    ) -> Result<PerGroup<GroupDescription>, Error> {
        let wait = self.options().request_timeout;
        let build = |_| DescribeGroupsRequest::default().with_groups(group_ids(groups));
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        let describe = |group: classic::DescribedGroup| {
            let id = group.group_id.as_str().to_owned();
            let outcome = checked(what(&id), group.error_code, group.error_message.as_ref());
            // Before version 6 a group that does not exist is described as a dead one.
            let outcome = match group.group_state.as_str() {
                "Dead" => outcome.and(Err(missing(&what(&id)))),
                _ => outcome.map(|()| of_classic(group)),
            };
            (id, outcome)
        };
        Ok(answer.response.groups.into_iter().map(describe).collect())
    }

    async fn describe_share(
        &self,
        node: NodeId,
        groups: &[String],
    ) -> Result<PerGroup<GroupDescription>, Error> {
        let wait = self.options().request_timeout;
        let build = |_| ShareGroupDescribeRequest::default().with_group_ids(group_ids(groups));
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        let describe = |group: share::DescribedGroup| {
            let id = group.group_id.as_str().to_owned();
            let outcome = checked(what(&id), group.error_code, group.error_message.as_ref());
            (id, outcome.map(|()| of_share(group)))
        };
        Ok(answer.response.groups.into_iter().map(describe).collect())
    }

    fn known_coordinator(&self, group: &str) -> Option<NodeId> {
        self.inner.coordinators().get(&(CoordinatorKind::Group, group.to_owned())).copied()
    }
}

fn what(id: &str) -> String {
    format!("describe group \"{id}\"")
}

fn group_ids(groups: &[String]) -> Vec<GroupId> {
    groups.iter().map(|group| GroupId(text(group))).collect()
}

fn is_not_of_that_type(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. })
        || matches!(error.code(), Some(ErrorCode::GROUP_ID_NOT_FOUND | ErrorCode::UNSUPPORTED_VERSION))
}

fn of_consumer(group: consumer::DescribedGroup, tells_type: bool) -> GroupDescription {
    let mut members: Vec<GroupMember> =
        group.members.iter().map(|member| consumer_member(member, tells_type)).collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    GroupDescription {
        id: group.group_id.as_str().to_owned(),
        group_type: GroupType::Consumer,
        protocol_type: None,
        state: group.group_state.as_str().to_owned(),
        assignor: told(&group.assignor_name),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        coordinator: None,
        members,
    }
}

fn of_classic(group: classic::DescribedGroup) -> GroupDescription {
    let protocol_type = group.protocol_type.as_str();
    let mut members: Vec<GroupMember> =
        group.members.iter().map(|member| classic_member(member, protocol_type)).collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    GroupDescription {
        id: group.group_id.as_str().to_owned(),
        group_type: GroupType::Classic,
        protocol_type: Some(protocol_type.to_owned()),
        state: group.group_state.as_str().to_owned(),
        assignor: told(&group.protocol_data),
        epoch: None,
        assignment_epoch: None,
        coordinator: None,
        members,
    }
}

fn of_share(group: share::DescribedGroup) -> GroupDescription {
    let mut members: Vec<GroupMember> = group.members.iter().map(share_member).collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    GroupDescription {
        id: group.group_id.as_str().to_owned(),
        group_type: GroupType::Share,
        protocol_type: None,
        state: group.group_state.as_str().to_owned(),
        assignor: told(&group.assignor_name),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        coordinator: None,
        members,
    }
}

fn told(text: &StrBytes) -> Option<String> {
    Some(text.as_str().to_owned()).filter(|text| !text.is_empty())
}

fn told_maybe(text: Option<&StrBytes>) -> Option<String> {
    text.and_then(told)
}

fn topic_names(topics: &[TopicName]) -> Vec<String> {
    let mut names: Vec<String> = topics.iter().map(|topic| topic.as_str().to_owned()).collect();
    names.sort();
    names
}

/// Partitions of one topic as an assignment names them.
fn places<'a>(topic: &TopicName, partitions: &'a [i32]) -> impl Iterator<Item = TopicPartition> + use<'a> {
    let name: Arc<str> = topic.as_str().into();
    partitions.iter().map(move |index| TopicPartition::new(Arc::clone(&name), PartitionId(*index)))
}

fn consumer_places(assignment: &consumer::Assignment) -> Vec<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    let mut all: Vec<TopicPartition> =
        topics.flat_map(|topic| places(&topic.topic_name, &topic.partitions)).collect();
    all.sort();
    all
}

fn consumer_member(member: &consumer::Member, tells_type: bool) -> GroupMember {
    let topic_pattern = told_maybe(member.subscribed_topic_regex.as_ref());
    GroupMember {
        id: member.member_id.as_str().to_owned(),
        instance_id: told_maybe(member.instance_id.as_ref()),
        client_id: member.client_id.as_str().to_owned(),
        host: member.client_host.as_str().to_owned(),
        rack: told_maybe(member.rack_id.as_ref()),
        epoch: Some(member.member_epoch),
        topics: Some(topic_names(&member.subscribed_topic_names)),
        topic_pattern,
        is_classic: tells_type.then_some(member.member_type == 0),
        assignment: Some(consumer_places(&member.assignment)),
        target: Some(consumer_places(&member.target_assignment)),
    }
}

fn classic_member(member: &classic::DescribedGroupMember, protocol_type: &str) -> GroupMember {
    let is_consumer = protocol_type == "consumer";
    let assignment = protocol::decode_assignment(&member.member_assignment).ok().filter(|_| is_consumer);
    let topics = protocol::decode_subscription(&member.member_metadata).ok().filter(|_| is_consumer);
    GroupMember {
        id: member.member_id.as_str().to_owned(),
        instance_id: told_maybe(member.group_instance_id.as_ref()),
        client_id: member.client_id.as_str().to_owned(),
        host: member.client_host.as_str().to_owned(),
        rack: None,
        epoch: None,
        topics: topics.map(|topics| topics.iter().map(ToString::to_string).collect()),
        topic_pattern: None,
        is_classic: Some(true),
        assignment,
        target: None,
    }
}

fn share_member(member: &share::Member) -> GroupMember {
    let topics = member.assignment.topic_partitions.iter();
    let mut assignment: Vec<TopicPartition> =
        topics.flat_map(|topic| places(&topic.topic_name, &topic.partitions)).collect();
    assignment.sort();
    GroupMember {
        id: member.member_id.as_str().to_owned(),
        instance_id: None,
        client_id: member.client_id.as_str().to_owned(),
        host: member.client_host.as_str().to_owned(),
        rack: told_maybe(member.rack_id.as_ref()),
        epoch: Some(member.member_epoch),
        topics: Some(topic_names(&member.subscribed_topic_names)),
        topic_pattern: None,
        is_classic: None,
        assignment: Some(assignment),
        target: None,
    }
}
