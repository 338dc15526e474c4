//! From exec in an empty directory to a ready cluster, and to the first acknowledged record of a new topic.
//!
//! The two are measured in starts of their own for kr, since the client that spins for the first record takes
//! time from the start; Apache Kafka, which takes seconds, is started once for both.

use std::time::{Duration, Instant};

use kr_client::admin::NewTopic;
use kr_client::{Client, NewRecord, Producer, ProducerOptions};

use crate::PATIENCE;
use crate::options::{Options, Part, System};
use crate::system::Running;
use crate::table::Figure;

/// Pause between two tries of the spinning client.
const SPIN: Duration = Duration::from_millis(1);

/// Starts the system, several times if it is quick; the last cluster stays.
pub async fn measure(system: &System, options: &Options) -> Result<(Running, Vec<Figure>), String> {
    let is_kr = matches!(system, System::Kr { .. });
    let rounds = if is_kr && options.wants(Part::Start) { options.rounds.max(1) } else { 1 };
    let (mut ready, mut first) = (Vec::new(), Vec::new());
    for _ in 1..rounds {
        let mut running = Running::start(system, &options.dir).await?;
        ready.push(running.ready().await?);
        running.down().await;
        let running = Running::start(system, &options.dir).await?;
        first.push(first_record(&running).await?);
        running.down().await;
    }
    let mut running = Running::start(system, &options.dir).await?;
    if !is_kr && options.wants(Part::Start) {
        first.push(first_record(&running).await?);
    }
    ready.push(running.ready().await?);
    let mut figures = vec![Figure::millis("exec to ready", median(&mut ready)).at_most(300.0)];
    if !first.is_empty() {
        figures.push(Figure::millis("exec to first acks=all RF-3 record", median(&mut first)));
    }
    Ok((running, figures))
}

/// Spins until a record of a new topic with three replicas is acknowledged; returns how long after the start.
async fn first_record(running: &Running) -> Result<Duration, String> {
    let trying = async {
        let client = connect(&running.bootstrap).await?;
        create(&client, "first").await;
        let record = NewRecord {
            topic: "first".into(),
            value: Some("the first record".into()),
            ..NewRecord::default()
        };
        let producer = Producer::new(&client, ProducerOptions::default());
        let delivery = producer.send(record).await.map_err(|error| error.to_string())?;
        delivery.await.map_err(|error| error.to_string())?;
        Ok(running.began.elapsed())
    };
    tokio::time::timeout(PATIENCE, trying).await.unwrap_or_else(|_| Err("no record gets through".to_owned()))
}

async fn connect(bootstrap: &str) -> Result<Client, String> {
    let mut options = kr_client::Options {
        client_id: "kr-bench".to_owned(),
        retry_backoff: SPIN,
        retry_backoff_max: 5 * SPIN,
        ..kr_client::Options::default()
    };
    options.set_bootstrap(&[bootstrap]).map_err(|error| error.to_string())?;
    loop {
        match Client::connect(options.clone()).await {
            Ok(client) => return Ok(client),
            Err(_) => tokio::time::sleep(SPIN).await,
        }
    }
}

/// Tries until there is a topic; refused until three brokers are in service.
async fn create(client: &Client, topic: &str) {
    let new = NewTopic {
        name: topic.to_owned(),
        partitions: Some(1),
        replication_factor: Some(3),
        ..NewTopic::default()
    };
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let created = client.create_topics(std::slice::from_ref(&new), false).await;
        let is_there = |result: &Result<_, kr_client::Error>| match result {
            Ok(_) => true,
            Err(error) => error.code() == Some(kr_client::ErrorCode::TOPIC_ALREADY_EXISTS),
        };
        if created.is_ok_and(|results| results.iter().all(|(_, result)| is_there(result))) {
            return;
        }
        tokio::time::sleep(SPIN).await;
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
