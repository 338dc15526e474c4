//! Groups that have committed offsets of topics: who reads them, and how far behind.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{CommittedOffset, GroupListing, TopicPartition};
use kr_client::{Client, Error};
use tokio::task::JoinSet;

/// Groups asked for their offsets at a time.
const ASKED_AT_ONCE: usize = 32;

/// A group with an offset on one of the topics.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The group as it is listed.
    pub group: GroupListing,
    /// What it has committed on the topics that were asked for.
    pub offsets: BTreeMap<TopicPartition, CommittedOffset>,
}

impl Reader {
    /// Topics it has offsets of.
    pub fn topics(&self) -> BTreeSet<&str> {
        self.offsets.keys().map(|place| &*place.topic).collect()
    }
}

/// All groups with offsets on these topics, ascending by id, and who could not be asked: brokers and groups.
pub async fn readers(client: &Client, topics: &[&str]) -> Result<(Vec<Reader>, Vec<(String, Error)>), Error> {
    let (groups, unasked) = client.list_groups().await?;
    let mut failed: Vec<(String, Error)> =
        unasked.into_iter().map(|(broker, error)| (format!("broker {broker}"), error)).collect();
    let mut readers = Vec::new();
    let mut waiting = groups.into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < ASKED_AT_ONCE
            && let Some(group) = waiting.next()
        {
            let client = client.clone();
            asked.spawn(async move {
                let offsets = client.committed_offsets(&group.id).await;
                (group, offsets)
            });
        }
        let Some(answered) = asked.join_next().await else { break };
        match answered {
            Ok((group, Ok(mut offsets))) => {
                offsets.retain(|place, _| topics.contains(&&*place.topic));
                if !offsets.is_empty() {
                    readers.push(Reader { group, offsets });
                }
            }
            Ok((group, Err(error))) => failed.push((group.id, error)),
            Err(_) => {}
        }
    }
    readers.sort_by(|a, b| a.group.id.cmp(&b.group.id));
    failed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((readers, failed))
}
