//! What groups have committed. Many groups are asked for in one request to each coordinator (KIP-709); of
//! brokers that do not know that, group by group.

use std::collections::BTreeMap;

use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use kr_wire::message::StrBytes;
use kr_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kr_wire::messages::{GroupId, OffsetFetchRequest, OffsetFetchResponse};
use tokio::task::JoinSet;

use super::super::{checked, text};
use super::coordinators::PerGroup;
use super::{TopicPartition, missing};
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// The first version of OffsetFetch that names many groups (KIP-709).
const MANY_GROUPS: i16 = 8;

/// An offset a group has committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to read; of share groups, the first that is not done with (the start offset).
    pub offset: Offset,
    /// The epoch in which the record before it was written.
    pub leader_epoch: Option<LeaderEpoch>,
    /// What the committer wrote beside it.
    pub metadata: String,
}

/// All that one group has committed.
pub type Offsets = BTreeMap<TopicPartition, CommittedOffset>;

impl Client {
    /// All offsets a group has committed, by partition. Empty for a group that does not exist.
    pub async fn committed_offsets(&self, id: &str) -> Result<Offsets, Error> {
        let mut found = self.committed_offsets_of(&[id.to_owned()]).await;
        found.remove(id).unwrap_or_else(|| Err(missing(&what(id))))
    }

    /// All offsets that groups have committed; every group is in the answer.
    pub async fn committed_offsets_of(&self, ids: &[String]) -> PerGroup<Offsets> {
        let ask = |client: Client, node, groups: Vec<String>| async move {
            let connection = client.reach(Route::Broker(node), Lane::Control).await?;
            if connection.choose(OffsetFetchRequest::KEY, OffsetFetchRequest::NAME)? >= MANY_GROUPS {
                client.fetch_many(node, &groups).await
            } else {
                Ok(client.fetch_each(node, groups).await)
            }
        };
        self.ask_coordinators(ids, "read the offsets of groups", ask).await
    }

    async fn fetch_many(&self, node: NodeId, groups: &[String]) -> Result<PerGroup<Offsets>, Error> {
        let group = |id: &String| {
            OffsetFetchRequestGroup::default()
                .with_group_id(GroupId(text(id)))
                .with_member_id(None)
                .with_member_epoch(-1)
                .with_topics(None)
        };
        let build = |_| OffsetFetchRequest::default().with_groups(groups.iter().map(group).collect());
        let wait = self.options().request_timeout;
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        let fetched = |group: &kr_wire::messages::offset_fetch_response::OffsetFetchResponseGroup| {
            let id = group.group_id.as_str().to_owned();
            let outcome = checked(what(&id), group.error_code, None).and_then(|()| {
                let mut offsets = Offsets::new();
                for topic in &group.topics {
                    for p in &topic.partitions {
                        let place = TopicPartition::new(topic.name.as_str(), PartitionId(p.partition_index));
                        checked(of(&id, &place), p.error_code, None)?;
                        let (epoch, metadata) = (p.committed_leader_epoch, p.metadata.as_ref());
                        add(&mut offsets, place, p.committed_offset, epoch, metadata);
                    }
                }
                Ok(offsets)
            });
            (id, outcome)
        };
        Ok(answer.response.groups.iter().map(fetched).collect())
    }

    async fn fetch_each(&self, node: NodeId, groups: Vec<String>) -> PerGroup<Offsets> {
        let mut asked = JoinSet::new();
        for id in groups {
            let client = self.clone();
            asked.spawn(async move {
                let build =
                    |_| OffsetFetchRequest::default().with_group_id(GroupId(text(&id))).with_topics(None);
                let wait = client.options().request_timeout;
                let answer = client.once(Route::Broker(node), Lane::Control, wait, build).await;
                let outcome = answer.and_then(|answer| of_one(&id, &answer.response));
                (id, outcome)
            });
        }
        let mut found = PerGroup::new();
        while let Some(answered) = asked.join_next().await {
            found.extend(answered.ok());
        }
        found
    }
}

fn of_one(id: &str, response: &OffsetFetchResponse) -> Result<Offsets, Error> {
    checked(what(id), response.error_code, None)?;
    let mut offsets = Offsets::new();
    for topic in &response.topics {
        for p in &topic.partitions {
            let place = TopicPartition::new(topic.name.as_str(), PartitionId(p.partition_index));
            checked(of(id, &place), p.error_code, None)?;
            add(&mut offsets, place, p.committed_offset, p.committed_leader_epoch, p.metadata.as_ref());
        }
    }
    Ok(offsets)
}

fn add(offsets: &mut Offsets, place: TopicPartition, offset: i64, epoch: i32, metadata: Option<&StrBytes>) {
    if let Some(offset) = Offset::from_wire(offset) {
        let metadata = metadata.map_or_else(String::new, |text| text.as_str().to_owned());
        let leader_epoch = LeaderEpoch::from_wire(epoch);
        offsets.insert(place, CommittedOffset { offset, leader_epoch, metadata });
    }
}

fn what(id: &str) -> String {
    format!("read the offsets of group \"{id}\"")
}

fn of(id: &str, place: &TopicPartition) -> String {
    format!("read the offset of group \"{id}\" in {place}")
}
