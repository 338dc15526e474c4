//! How much idempotent producers write with acks=all, and how fast a consumer reads it back.

use std::time::{Duration, Instant};

use kr_client::Client;
use kr_tests::traffic::{self, Shape, Traffic, readback};

use crate::PATIENCE;
use crate::options::Options;
use crate::table::Figure;

/// How long the load runs before it counts.
const WARM_UP: Duration = Duration::from_secs(2);

/// How often all is read. The fastest pass is the figure: one takes half a second, in which the disk may still be
/// busy with what was written, and nothing makes a pass faster than it can be.
const PASSES: usize = 5;

/// Writes small and large records, without compression.
pub async fn measure(client: &Client, options: &Options) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for value_bytes in [200, 1000] {
        let topic = format!("throughput-{value_bytes}");
        let shape = Shape { topic, partitions: 6, producers: 2, window: 10_000, value_bytes };
        traffic::create_topic(client, &shape.topic, shape.partitions, PATIENCE).await?;
        let traffic = Traffic::start(client, shape.clone());
        tokio::time::sleep(WARM_UP).await;
        let (began, before) = (Instant::now(), traffic.acknowledged());
        tokio::time::sleep(options.scaled(Duration::from_secs(6), Duration::from_secs(3))).await;
        let written = traffic.acknowledged() - before;
        let took = began.elapsed();
        let ledgers = traffic.stop().await;
        let megabytes = |records: u64| records as f64 * value_bytes as f64 / 1e6;
        let rate = megabytes(written) / took.as_secs_f64();
        figures.push(Figure::rate(format!("produce {value_bytes}-byte records"), rate));
        let (mut rates, mut wrong) = (Vec::new(), 0);
        for _ in 0..PASSES {
            let found = readback::compare(client, &shape.topic, &ledgers).await?;
            if !found.is_clean() || found.failed > 0 {
                eprintln!("{found}");
            }
            rates.push(megabytes(found.read) / found.took.as_secs_f64());
            wrong = wrong.max(found.wrong());
        }
        let fastest = rates.into_iter().fold(0.0, f64::max);
        figures.push(Figure::rate(format!("consume {value_bytes}-byte records"), fastest));
        figures.push(Figure::wrongs(format!("wrong of {value_bytes}-byte records"), wrong));
    }
    Ok(figures)
}
