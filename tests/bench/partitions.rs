//! How long it takes to create many partitions, until every broker shows them with all replicas in sync.

use std::time::{Duration, Instant};

use kr_client::admin::NewTopic;
use kr_client::{Client, Route};
use kr_wire::ids::NodeId;
use kr_wire::messages::MetadataRequest;

use crate::PATIENCE;
use crate::options::Options;
use crate::table::Figure;

/// Topics in all requests of either round.
const TOPICS: usize = 1_000;

/// Pause between two looks at a broker.
const LOOK: Duration = Duration::from_millis(10);

/// Creates 1,000 topics of one partition in one request, then of ten partitions, 1,000 partitions a request.
pub async fn measure(client: &Client, options: &Options) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    let sizes = [("1,000", 1, TOPICS), ("10,000", 10, TOPICS / 10)];
    for (count, partitions, per_request) in sizes.into_iter().take(options.scaled(2, 1)) {
        let prefix = format!("many-{partitions}-");
        let began = Instant::now();
        create(client, &prefix, partitions, per_request).await?;
        let acknowledged = began.elapsed();
        everywhere(client, &prefix, partitions).await?;
        figures.push(Figure::millis(format!("create {count} partitions, acknowledged"), acknowledged));
        let name = format!("create {count} partitions, in sync everywhere");
        figures.push(Figure::millis(name, began.elapsed()));
    }
    Ok(figures)
}

async fn create(client: &Client, prefix: &str, partitions: i32, per_request: usize) -> Result<(), String> {
    let topics: Vec<NewTopic> = (0..TOPICS)
        .map(|number| NewTopic {
            name: format!("{prefix}{number}"),
            partitions: Some(partitions),
            replication_factor: Some(3),
            ..NewTopic::default()
        })
        .collect();
    for some in topics.chunks(per_request) {
        let results = client.create_topics(some, false).await.map_err(|error| error.to_string())?;
        for (_, result) in results {
            result.map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Waits until each broker, asked by itself, shows all partitions with three replicas in sync.
async fn everywhere(client: &Client, prefix: &str, partitions: i32) -> Result<(), String> {
    let cluster = client.describe_cluster().await.map_err(|error| error.to_string())?;
    let wanted = TOPICS * usize::try_from(partitions).unwrap_or_default();
    let began = Instant::now();
    for broker in cluster.brokers {
        loop {
            let whole = whole(client, broker.id, prefix).await?;
            if whole == wanted {
                break;
            }
            if began.elapsed() >= PATIENCE {
                return Err(format!("broker {} shows {whole} of {wanted} partitions in sync", broker.id));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

/// The partitions that a broker shows with a leader and three replicas in sync.
async fn whole(client: &Client, broker: NodeId, prefix: &str) -> Result<usize, String> {
    let all = |_| MetadataRequest::default().with_topics(None).with_allow_auto_topic_creation(false);
    let answer = client.request(Route::Broker(broker), "list topics", all, |_| Ok(())).await;
    let response = answer.map_err(|error| error.to_string())?.response;
    let topics = response
        .topics
        .iter()
        .filter(|topic| topic.name.as_ref().is_some_and(|name| name.starts_with(prefix)));
    let partitions = topics.flat_map(|topic| &topic.partitions);
    Ok(partitions.filter(|found| found.leader_id.0 >= 0 && found.isr_nodes.len() == 3).count())
}
