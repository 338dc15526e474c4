//! All groups of a cluster, as their coordinators list them.

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;
use kr_wire::message::StrBytes;
use kr_wire::messages::ListGroupsRequest;
use kr_wire::messages::list_groups_response::ListedGroup;
use tokio::task::JoinSet;

use super::super::checked;
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

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
        let listing = |group: &ListedGroup| GroupListing {
            id: group.group_id.as_str().to_owned(),
            protocol_type: group.protocol_type.as_str().to_owned(),
            state: tells(&group.group_state),
            group_type: tells(&group.group_type).map(canonical),
            coordinator: broker,
        };
        Ok(answer.response.groups.iter().map(listing).collect())
    }
}

/// Brokers of different ages write `classic` or `Classic`.
fn canonical(name: String) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn types_are_named_alike_whatever_the_broker_writes() {
        assert_eq!(
            ["classic", "Share", "CONSUMER", ""].map(|name| canonical(name.to_owned())),
            ["Classic", "Share", "Consumer", ""]
        );
    }
}
