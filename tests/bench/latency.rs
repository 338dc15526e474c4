//! How long an acks=all record takes when there is only one at a time.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kr_client::{Client, NewRecord, Producer, ProducerOptions};
use kr_tests::traffic;
use kr_wire::ids::PartitionId;

use crate::PATIENCE;
use crate::options::Options;
use crate::table::Figure;

const TOPIC: &str = "latency";

/// Records that warm both sides up, before those that count.
const WARM_UP: usize = 500;

/// Bytes of a record's value.
const VALUE_BYTES: usize = 1024;

/// Sends records of 1 KB one by one.
pub async fn measure(client: &Client, options: &Options) -> Result<Vec<Figure>, String> {
    traffic::create_topic(client, TOPIC, 1, PATIENCE).await?;
    let producer = Producer::new(client, ProducerOptions::default());
    let value = Bytes::from(vec![b'x'; VALUE_BYTES]);
    let count = options.scaled(10_000, 2_000);
    let mut times = Vec::with_capacity(count);
    for number in 0..WARM_UP + count {
        let record = NewRecord {
            topic: TOPIC.into(),
            partition: Some(PartitionId(0)),
            value: Some(value.clone()),
            ..NewRecord::default()
        };
        let began = Instant::now();
        let delivery = producer.send(record).await.map_err(|error| error.to_string())?;
        delivery.await.map_err(|error| error.to_string())?;
        if number >= WARM_UP {
            times.push(began.elapsed());
        }
    }
    times.sort();
    let figure = |name, share| Figure::millis(name, at(&times, share));
    Ok(vec![
        figure("one 1 KB record, acks=all, p50", 0.5),
        figure("one 1 KB record, acks=all, p99", 0.99),
        figure("one 1 KB record, acks=all, p99.9", 0.999),
    ])
}

/// The time within which this share of the records was acknowledged.
fn at(sorted: &[Duration], share: f64) -> Duration {
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
}
