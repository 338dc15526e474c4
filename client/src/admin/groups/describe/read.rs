//! Reading what coordinators say of groups that share out partitions: consumer, classic and share groups.

use std::sync::Arc;

use kr_wire::ids::PartitionId;
use kr_wire::message::StrBytes;
use kr_wire::messages::{
    TopicName, consumer_group_describe_response as of_consumer, describe_groups_response as of_classic,
    share_group_describe_response as of_share,
};

use super::super::super::checked;
use super::super::{TopicPartition, missing};
use super::{GroupDescription, GroupMember, GroupType, what};
use crate::error::Error;
use crate::group::protocol;

/// A group with what became of its description.
pub(super) type Described = (String, Result<GroupDescription, Error>);

/// A group of the consumer protocol (KIP-848), as `version` of the API has it.
pub(super) fn consumer(group: of_consumer::DescribedGroup, version: i16) -> Described {
    let id = group.group_id.as_str().to_owned();
    let outcome = checked(what(&id), group.error_code, group.error_message.as_ref());
    let members = group.members.iter().map(|member| consumer_member(member, version >= 1));
    let description = GroupDescription {
        id: id.clone(),
        group_type: GroupType::Consumer,
        protocol_type: None,
        state: group.group_state.as_str().to_owned(),
        assignor: told(&group.assignor_name),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        coordinator: None,
        members: by_id(members),
        topology: None,
    };
    (id, outcome.map(|()| description))
}

/// A classic group. Before version 6 one that does not exist is described as a dead one.
pub(super) fn classic(group: of_classic::DescribedGroup) -> Described {
    let id = group.group_id.as_str().to_owned();
    let outcome = checked(what(&id), group.error_code, group.error_message.as_ref());
    let state = group.group_state.as_str().to_owned();
    let outcome = if state == "Dead" { outcome.and(Err(missing(&what(&id)))) } else { outcome };
    let protocol_type = group.protocol_type.as_str();
    let members = group.members.iter().map(|member| classic_member(member, protocol_type));
    let description = GroupDescription {
        id: id.clone(),
        group_type: GroupType::Classic,
        protocol_type: Some(protocol_type.to_owned()),
        state,
        assignor: told(&group.protocol_data),
        epoch: None,
        assignment_epoch: None,
        coordinator: None,
        members: by_id(members),
        topology: None,
    };
    (id, outcome.map(|()| description))
}

/// A share group (KIP-932).
pub(super) fn share(group: of_share::DescribedGroup) -> Described {
    let id = group.group_id.as_str().to_owned();
    let outcome = checked(what(&id), group.error_code, group.error_message.as_ref());
    let description = GroupDescription {
        id: id.clone(),
        group_type: GroupType::Share,
        protocol_type: None,
        state: group.group_state.as_str().to_owned(),
        assignor: told(&group.assignor_name),
        epoch: Some(group.group_epoch),
        assignment_epoch: Some(group.assignment_epoch),
        coordinator: None,
        members: by_id(group.members.iter().map(share_member)),
        topology: None,
    };
    (id, outcome.map(|()| description))
}

/// Members ascending by id.
pub(super) fn by_id(members: impl Iterator<Item = GroupMember>) -> Vec<GroupMember> {
    let mut members: Vec<GroupMember> = members.collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    members
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

fn consumer_places(assignment: &of_consumer::Assignment) -> Vec<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    let mut all: Vec<TopicPartition> =
        topics.flat_map(|topic| places(&topic.topic_name, &topic.partitions)).collect();
    all.sort();
    all
}

fn consumer_member(member: &of_consumer::Member, tells_type: bool) -> GroupMember {
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
        tasks: None,
    }
}

fn classic_member(member: &of_classic::DescribedGroupMember, protocol_type: &str) -> GroupMember {
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
        tasks: None,
    }
}

fn share_member(member: &of_share::Member) -> GroupMember {
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
        tasks: None,
    }
}
