//! Groups that have committed offsets of topics: who reads them, and how far behind.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{CommittedOffset, GroupListing, TopicPartition};
use kr_client::{Client, Error};

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
    let ids: Vec<String> = groups.iter().map(|group| group.id.clone()).collect();
    let mut committed = client.committed_offsets_of(&ids).await;
    let mut readers = Vec::new();
    for group in groups {
        match committed.remove(&group.id) {
            Some(Ok(mut offsets)) => {
                offsets.retain(|place, _| topics.contains(&&*place.topic));
                if !offsets.is_empty() {
                    readers.push(Reader { group, offsets });
                }
            }
            Some(Err(error)) => failed.push((group.id, error)),
            None => {}
        }
    }
    Ok((readers, failed))
}
