//! The picture that plans are made from, as the cluster shows it.

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::TopicPartition;
use kr_client::cluster_view::Topic;
use kr_wire::ids::NodeId;

use crate::context::Context;
use crate::error::CliError;
use crate::plan::{Picture, PlanBroker, PlanPartition};

/// Looks at brokers, partitions and sizes. Sizes that cannot be told are left out, with a warning.
pub async fn look(client: &Client, context: &mut Context) -> Result<Picture, CliError> {
    let cluster = client.describe_cluster().await?;
    let mut picture = Picture::default();
    for broker in cluster.brokers {
        let is_usable = broker.is_fenced != Some(true);
        picture.brokers.insert(broker.id, PlanBroker { rack: broker.rack, is_usable });
    }
    let topics = client.list_topics().await?;
    let sizes = sizes(client, &picture, context).await;
    for topic in topics {
        add(&mut picture, &topic, &sizes);
    }
    Ok(picture)
}

fn add(picture: &mut Picture, topic: &Topic, sizes: &BTreeMap<TopicPartition, u64>) {
    for partition in &topic.partitions {
        let name = TopicPartition::new(topic.name.as_str(), partition.id);
        // A broker that holds replicas and does not show up is dead.
        for node in &partition.replicas {
            picture.brokers.entry(*node).or_default();
        }
        let found = PlanPartition {
            replicas: partition.replicas.clone(),
            isr: partition.isr.clone(),
            bytes: sizes.get(&name).copied(),
        };
        picture.partitions.insert(name, found);
    }
}

/// The largest replica of each partition: the one that has all of it.
async fn sizes(client: &Client, picture: &Picture, context: &mut Context) -> BTreeMap<TopicPartition, u64> {
    let brokers: Vec<NodeId> =
        picture.brokers.iter().filter(|(_, broker)| broker.is_usable).map(|(id, _)| *id).collect();
    let mut sizes: BTreeMap<TopicPartition, u64> = BTreeMap::new();
    for (_, dirs) in client.describe_log_dirs(&brokers, None).await {
        let dirs = match dirs {
            Ok(dirs) => dirs,
            Err(error) => {
                context.note(&format!("warning: some sizes are not known: {error}"));
                continue;
            }
        };
        for replica in dirs.into_iter().flat_map(|dir| dir.replicas).filter(|replica| !replica.is_future) {
            let bytes = u64::try_from(replica.bytes).unwrap_or(0);
            let known = sizes.entry(replica.partition).or_default();
            *known = bytes.max(*known);
        }
    }
    sizes
}
