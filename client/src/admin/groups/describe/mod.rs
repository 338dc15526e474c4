//! Groups in detail: state, epochs, members and what they read.
//!
//! Nobody says beforehand of which type a group is, so the coordinator is asked for it as one of the consumer
//! protocol, then as a classic one, then as one of share consumers, then as one of Kafka Streams; the first that
//! is not "not found" counts. Reading the answers is in [`read`] and [`streams`].

mod read;
mod streams;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, GroupId, ShareGroupDescribeRequest,
};
use kr_wire::newer::StreamsGroupDescribeRequest;

use super::super::text;
use super::coordinators::PerGroup;
use super::{TopicPartition, missing};
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::{CoordinatorKind, Route};

pub use streams::{StreamsMemberTasks, Subtopology, TaskId, Tasks, Topology};

/// Which protocol a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupType {
    /// JoinGroup and SyncGroup; also offsets without members.
    Classic,
    /// ConsumerGroupHeartbeat (KIP-848).
    Consumer,
    /// ShareGroupHeartbeat (KIP-932).
    Share,
    /// StreamsGroupHeartbeat (KIP-1071).
    Streams,
}

impl GroupType {
    /// All of them, in the order in which a coordinator is asked.
    const ALL: [Self; 4] = [Self::Consumer, Self::Classic, Self::Share, Self::Streams];

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "Classic",
            Self::Consumer => "Consumer",
            Self::Share => "Share",
            Self::Streams => "Streams",
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
    /// What its members run; only of groups of Kafka Streams, and none before the first has said it.
    pub topology: Option<Topology>,
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
    /// Partitions it shall read; only of groups of the consumer protocol and of Kafka Streams.
    pub target: Option<Vec<TopicPartition>>,
    /// Its tasks; only of groups of Kafka Streams.
    pub tasks: Option<StreamsMemberTasks>,
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
                client.describe_as(group_type, node, &groups).await
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

    /// Asks a coordinator for groups as if all were of one type.
    async fn describe_as(
        &self,
        group_type: GroupType,
        node: NodeId,
        groups: &[String],
    ) -> Result<PerGroup<GroupDescription>, Error> {
        let ids: Vec<GroupId> = groups.iter().map(|group| GroupId(text(group))).collect();
        match group_type {
            GroupType::Consumer => {
                let build = |_| ConsumerGroupDescribeRequest::default().with_group_ids(ids.clone());
                let (version, answer) = self.ask_node(node, build).await?;
                Ok(answer.groups.into_iter().map(|group| read::consumer(group, version)).collect())
            }
            GroupType::Classic => {
                let build = |_| DescribeGroupsRequest::default().with_groups(ids.clone());
                let (_, answer) = self.ask_node(node, build).await?;
                Ok(answer.groups.into_iter().map(read::classic).collect())
            }
            GroupType::Share => {
                let build = |_| ShareGroupDescribeRequest::default().with_group_ids(ids.clone());
                let (_, answer) = self.ask_node(node, build).await?;
                Ok(answer.groups.into_iter().map(read::share).collect())
            }
            GroupType::Streams => {
                let build = |_| StreamsGroupDescribeRequest {
                    group_ids: groups.to_vec(),
                    ..StreamsGroupDescribeRequest::default()
                };
                let (_, answer) = self.ask_node(node, build).await?;
                let sizes = self.sizes_of(&streams::topics_read(&answer.groups)).await;
                Ok(answer.groups.into_iter().map(|group| streams::group(group, &sizes)).collect())
            }
        }
    }

    /// Asks a coordinator once; says the version that was spoken.
    async fn ask_node<R: Call>(
        &self,
        node: NodeId,
        build: impl Fn(i16) -> R,
    ) -> Result<(i16, R::Response), Error> {
        let wait = self.options().request_timeout;
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        Ok((answer.version, answer.response))
    }

    /// How many partitions topics have; those that cannot be told are left out.
    async fn sizes_of(&self, topics: &[&str]) -> streams::Sizes {
        if topics.is_empty() {
            return streams::Sizes::new();
        }
        let described = self.describe_topics(topics).await.unwrap_or_default();
        let size = |(name, topic): (String, Result<crate::cluster_view::Topic, Error>)| {
            Some((name, i32::try_from(topic.ok()?.partitions.len()).ok()?))
        };
        described.into_iter().filter_map(size).collect()
    }

    fn known_coordinator(&self, group: &str) -> Option<NodeId> {
        self.inner.coordinators().get(&(CoordinatorKind::Group, group.to_owned())).copied()
    }
}

fn what(id: &str) -> String {
    format!("describe group \"{id}\"")
}

fn is_not_of_that_type(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. })
        || matches!(error.code(), Some(ErrorCode::GROUP_ID_NOT_FOUND | ErrorCode::UNSUPPORTED_VERSION))
}
