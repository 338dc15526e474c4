//! Throttles of replication: set for a reassignment, and taken away again without touching anybody else's.
//!
//! Two configs of each broker hold the rates, two configs of each topic say whose replication is slowed down
//! (KIP-73). What was there before is kept in a file beside the journal until it has been restored, so that a
//! run that is killed leaves a way back. A broker that does not answer costs a warning and [`PATIENCE`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use kr_client::Client;
use kr_client::admin::{ConfigEdit, ConfigSource, ConfigTarget};
use kr_client::undo::ConfigsBefore;
use kr_wire::ids::NodeId;
use tokio::time::timeout;

use crate::context::Context;
use crate::error::CliError;
use crate::plan::Move;

/// Rates of a broker, bytes per second.
pub const RATES: [&str; 2] = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"];
/// Replicas of a topic that the rates hold for: `PARTITION:BROKER`, or `*`.
pub const REPLICAS: [&str; 2] =
    ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// How long one broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a throttle needs to be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Brokers that send or receive.
    pub brokers: BTreeSet<NodeId>,
    /// Entries of each topic: of the leaders, of the followers.
    pub topics: BTreeMap<String, [String; 2]>,
}

/// What slows down exactly the replicas that move: every replica there is may have to send, every new one receives.
pub fn wanted(moves: &[Move]) -> Wanted {
    let mut brokers = BTreeSet::new();
    let mut topics: BTreeMap<String, [Vec<String>; 2]> = BTreeMap::new();
    for change in moves.iter().filter(|change| change.adding().next().is_some()) {
        let name = &change.partition;
        let entry = |node: NodeId| format!("{}:{node}", name.partition);
        let [leaders, followers] = topics.entry(name.topic.to_string()).or_default();
        leaders.extend(change.from.iter().copied().map(entry));
        followers.extend(change.adding().map(entry));
        brokers.extend(change.from.iter().copied().chain(change.adding()));
    }
    let topics = topics.into_iter().map(|(topic, lists)| (topic, lists.map(|list| list.join(",")))).collect();
    Wanted { brokers, topics }
}

/// A list of replicas after `ours` was added; a `*` holds for them already.
fn joined(before: Option<&str>, ours: &str) -> String {
    match before {
        None | Some("") => ours.to_owned(),
        Some("*") => "*".to_owned(),
        Some(list) => {
            let mut all: Vec<&str> = list.split(',').collect();
            all.extend(ours.split(',').filter(|entry| !list.split(',').any(|known| known == *entry)));
            all.join(",")
        }
    }
}

/// Sets throttles and returns what was there before. `live` brokers are asked, the others left out.
pub async fn set(
    client: &Client,
    wanted: &Wanted,
    rate: u64,
    live: &BTreeSet<NodeId>,
    context: &mut Context,
) -> Result<Vec<ConfigsBefore>, CliError> {
    let mut resources = Vec::new();
    for broker in &wanted.brokers {
        if !live.contains(broker) {
            context.note(&format!("broker {broker} does not answer, so it is not throttled"));
            continue;
        }
        let after = RATES.map(|key| (key.to_owned(), Some(rate.to_string())));
        let target = ConfigTarget::Broker(*broker);
        match timeout(PATIENCE, before(client, &target, &RATES)).await {
            Ok(Ok(before)) => resources.push(resource(&target, before, after.into())),
            Ok(Err(error)) => {
                context.warn(&format!("warning: broker {broker} is not throttled: {error}"));
            }
            Err(_) => context.warn(&format!("warning: broker {broker} is not throttled: it does not answer")),
        }
    }
    for (topic, ours) in &wanted.topics {
        let target = ConfigTarget::Topic(topic.clone());
        let before = before(client, &target, &REPLICAS).await?;
        let after = REPLICAS.iter().zip(ours).map(|(key, ours)| {
            let list = joined(before.get(*key).and_then(Option::as_deref), ours);
            ((*key).to_owned(), Some(list))
        });
        let after = after.collect();
        resources.push(resource(&target, before, after));
    }
    keep(context, client, &resources)?;
    apply(client, &resources, context, |resource| &resource.after).await;
    Ok(resources)
}

/// Sets back what is still as [`set`] left it; returns the names of the resources that could not be.
pub async fn restore(client: &Client, resources: &[ConfigsBefore], context: &mut Context) -> Vec<String> {
    let mut due = Vec::new();
    for resource in resources {
        let target = target(resource);
        let keys: Vec<&str> = resource.after.keys().map(String::as_str).collect();
        match timeout(PATIENCE, before(client, &target, &keys)).await {
            Ok(Ok(now)) => {
                let mut back = resource.clone();
                // What somebody else set meanwhile is theirs.
                back.before.retain(|key, _| now.get(key) == resource.after.get(key));
                if back.before.len() < resource.before.len() {
                    context.warn(&format!(
                        "warning: a throttle of {target} was changed by somebody else and stays"
                    ));
                }
                due.push(back);
            }
            Ok(Err(error)) => {
                context.warn(&format!("warning: cannot look at the throttle of {target}: {error}"));
            }
            Err(_) => context.warn(&format!("warning: the throttle of {target} stays: no answer")),
        }
    }
    let mut left = apply(client, &due, context, |resource| &resource.before).await;
    let looked_at: BTreeSet<String> = due.iter().map(|resource| target(resource).to_string()).collect();
    let unseen = resources.iter().map(|resource| target(resource).to_string());
    left.extend(unseen.filter(|name| !looked_at.contains(name)));
    if left.is_empty() {
        forget(context, client);
    }
    left
}

/// Sets configs, one request a resource so that a broker that hangs holds up nobody else.
async fn apply(
    client: &Client,
    resources: &[ConfigsBefore],
    context: &mut Context,
    values: impl Fn(&ConfigsBefore) -> &BTreeMap<String, Option<String>>,
) -> Vec<String> {
    let mut left = Vec::new();
    for resource in resources {
        let edits: Vec<ConfigEdit> = values(resource)
            .iter()
            .map(|(key, value)| match value {
                Some(value) => ConfigEdit::set(key, value),
                None => ConfigEdit::unset(key),
            })
            .collect();
        if edits.is_empty() {
            continue;
        }
        let target = target(resource);
        let change = [(target.clone(), edits)];
        let failure = match timeout(PATIENCE, client.alter_configs(&change, false)).await {
            Ok(Ok(results)) => {
                results.into_iter().find_map(|(_, result)| result.err()).map(|e| e.to_string())
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {PATIENCE:?}")),
        };
        if let Some(failure) = failure {
            context.warn(&format!("warning: cannot set the throttle of {target}: {failure}"));
            left.push(target.to_string());
        }
    }
    left
}

/// What keys are set to on a resource itself; null where something else holds.
async fn before(
    client: &Client,
    target: &ConfigTarget,
    keys: &[&str],
) -> Result<BTreeMap<String, Option<String>>, kr_client::Error> {
    let own = match target {
        ConfigTarget::Topic(_) => ConfigSource::Topic,
        _ => ConfigSource::Broker,
    };
    let entries = client.describe_configs(target).await?;
    let value = |key: &&str| {
        let entry = entries.iter().find(|entry| entry.name == **key && entry.source == own);
        ((*key).to_owned(), entry.and_then(|entry| entry.value.clone()))
    };
    Ok(keys.iter().map(value).collect())
}

fn resource(
    target: &ConfigTarget,
    before: BTreeMap<String, Option<String>>,
    after: BTreeMap<String, Option<String>>,
) -> ConfigsBefore {
    let (resource_type, name) = target.resource();
    ConfigsBefore { resource_type, name, before, after }
}

/// The resource a record is about.
fn target(resource: &ConfigsBefore) -> ConfigTarget {
    match (resource.resource_type, resource.name.parse()) {
        (4, Ok(id)) => ConfigTarget::Broker(NodeId(id)),
        _ => ConfigTarget::Topic(resource.name.clone()),
    }
}

fn file(context: &Context, client: &Client) -> Option<PathBuf> {
    let cluster = client.view().cluster_id.clone()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = cluster.chars().filter(|c| is_plain(*c)).collect();
    Some(context.environment.state_dir()?.join("throttles").join(format!("{name}.json")))
}

/// What earlier runs set and did not take away again.
pub fn kept(context: &Context, client: &Client) -> Vec<ConfigsBefore> {
    let text = file(context, client).and_then(|file| std::fs::read(file).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Keeps what was before. What an earlier run kept of the same resource is older, and stays.
fn keep(context: &Context, client: &Client, resources: &[ConfigsBefore]) -> Result<(), CliError> {
    let Some(file) = file(context, client) else { return Ok(()) };
    let mut all = kept(context, client);
    for resource in resources {
        let is_same = |known: &&mut ConfigsBefore| {
            (known.resource_type, &known.name) == (resource.resource_type, &resource.name)
        };
        match all.iter_mut().find(is_same) {
            Some(known) => known.after.clone_from(&resource.after),
            None => all.push(resource.clone()),
        }
    }
    let failed = |error: std::io::Error| {
        CliError::failed(format!("cannot note what the throttles were in {}", file.display()))
            .caused_by(error)
    };
    let text = serde_json::to_vec(&all).map_err(|error| failed(error.into()))?;
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    std::fs::write(&file, text).map_err(failed)
}

/// Forgets what was before: it has been restored.
fn forget(context: &Context, client: &Client) {
    if let Some(file) = file(context, client) {
        // A file that stays says again what holds already.
        let _ = std::fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use kr_client::admin::TopicPartition;
    use kr_wire::ids::PartitionId;

    use super::*;

    fn change(partition: i32, from: &[i32], to: &[i32]) -> Move {
        let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect();
        let partition = TopicPartition::new("orders", PartitionId(partition));
        Move { partition, from: nodes(from), to: nodes(to), bytes: None }
    }

    #[test]
    fn only_replicas_that_move_are_throttled() {
        let wanted = wanted(&[
            change(0, &[1, 2], &[1, 3]),
            change(1, &[2, 1], &[1, 2]),
            change(2, &[1, 2, 3], &[1, 2]),
        ]);
        let lists = ["0:1,0:2".to_owned(), "0:3".to_owned()];
        assert_eq!(wanted.topics, BTreeMap::from([("orders".to_owned(), lists)]));
        assert_eq!(wanted.brokers, [1, 2, 3].map(NodeId).into());
    }

    /// Record exactly what was set; restore previous values, `*` included; never touch others' throttles.
    #[test]
    fn complaint_23_lists_of_others_are_added_to_and_a_star_stays() {
        assert_eq!(joined(None, "0:1,0:2"), "0:1,0:2");
        assert_eq!(joined(Some("*"), "0:1"), "*");
        assert_eq!(joined(Some("7:1,0:1"), "0:1,0:2"), "7:1,0:1,0:2");
    }
}
