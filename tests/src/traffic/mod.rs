//! Load that remembers: full-speed idempotent producers with acks=all, one writer per partition.
//!
//! Each record carries its partition and its number there; the [`Ledger`] of a partition keeps the offset that
//! was acknowledged for each number and the longest time without an acknowledgement. [`readback`] compares
//! that with what the log holds in the end; [`faults`] hurts nodes meanwhile. Used by the benchmark and by the
//! integration tests, with any cluster.

pub mod faults;
mod ledger;
pub mod readback;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kr_client::admin::NewTopic;
use kr_client::produce::Delivery;
use kr_client::{Client, NewRecord, Producer, ProducerOptions};
use kr_wire::ids::PartitionId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use ledger::Ledger;

/// Bytes of a value that say which record it is.
const MARK_BYTES: usize = 12;

/// How long what is on its way when the load ends may take; as long as the client tries.
const DRAIN: Duration = Duration::from_secs(125);

/// The shape of a load.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Topic to write to; it exists.
    pub topic: String,
    /// Its partitions, all of which are written to.
    pub partitions: i32,
    /// Producers that share the partitions.
    pub producers: usize,
    /// Records of one partition on their way at a time.
    pub window: usize,
    /// Bytes of each value, at least 12.
    pub value_bytes: usize,
}

/// A load that runs until it is stopped.
#[derive(Debug)]
pub struct Traffic {
    shape: Shape,
    ledgers: Vec<Arc<Mutex<Ledger>>>,
    is_over: Arc<AtomicBool>,
    writers: JoinSet<()>,
}

impl Traffic {
    /// Starts writing.
    pub fn start(client: &Client, shape: Shape) -> Self {
        let options = || ProducerOptions { in_flight_max: 5, ..ProducerOptions::default() };
        let producers: Vec<Producer> =
            (0..shape.producers.max(1)).map(|_| Producer::new(client, options())).collect();
        let is_over = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        let mut ledgers = Vec::new();
        for (partition, producer) in (0..shape.partitions).zip(producers.iter().cycle()) {
            let ledger = Arc::new(Mutex::new(Ledger::default()));
            ledgers.push(Arc::clone(&ledger));
            let writer = Writer {
                producer: producer.clone(),
                topic: shape.topic.as_str().into(),
                partition: PartitionId(partition),
                value_bytes: shape.value_bytes.max(MARK_BYTES),
                ledger,
                is_over: Arc::clone(&is_over),
            };
            writers.spawn(writer.run(shape.window));
        }
        Self { shape, ledgers, is_over, writers }
    }

    /// What is written and where to.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Records acknowledged so far, in all partitions.
    pub fn acknowledged(&self) -> u64 {
        self.ledgers.iter().map(|ledger| look(ledger).acknowledged()).sum()
    }

    /// Records handed to the producers so far, by partition.
    pub fn handed_over(&self) -> Vec<u64> {
        self.ledgers.iter().map(|ledger| look(ledger).handed_over()).collect()
    }

    /// The longest time that any partition went without an acknowledgement since this was last asked, the one
    /// that still lasts included, and which partition that was.
    pub fn take_silence(&self) -> (Duration, PartitionId) {
        let now = Instant::now();
        let silences = (0..).zip(&self.ledgers).map(|(id, ledger)| (look(ledger).take_silence(now), id));
        let (silence, partition) = silences.max().unwrap_or_default();
        (silence, PartitionId(partition))
    }

    /// Waits until every partition has landed the records that were handed over so far.
    ///
    /// # Errors
    /// The partitions that have not, after `patience`.
    pub async fn caught_up(&self, patience: Duration) -> Result<(), String> {
        let wanted = self.handed_over();
        let began = Instant::now();
        loop {
            let behind: Vec<String> = (0..)
                .zip(self.ledgers.iter().zip(&wanted))
                .filter(|(_, (ledger, wanted))| look(ledger).landed() < **wanted)
                .map(|(partition, _): (i32, _)| partition.to_string())
                .collect();
            if behind.is_empty() {
                return Ok(());
            }
            if began.elapsed() >= patience {
                let behind = behind.join(", ");
                return Err(format!("partitions {behind} got no acknowledgement for {patience:?}"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops writing, waits for what is on its way, and gives the ledgers out, by partition.
    pub async fn stop(mut self) -> Vec<Ledger> {
        self.is_over.store(true, Ordering::Relaxed);
        let drained = async { while self.writers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drained).await;
        self.ledgers.iter().map(|ledger| std::mem::take(&mut *look(ledger))).collect()
    }
}

/// Writes one partition.
struct Writer {
    producer: Producer,
    topic: Arc<str>,
    partition: PartitionId,
    value_bytes: usize,
    ledger: Arc<Mutex<Ledger>>,
    is_over: Arc<AtomicBool>,
}

impl Writer {
    async fn run(self, window: usize) {
        let (out, mut back) = mpsc::channel::<Delivery>(window.max(1));
        let sending = async {
            while !self.is_over.load(Ordering::Relaxed) {
                let number = look(&self.ledger).hand_over();
                let record = NewRecord {
                    topic: Arc::clone(&self.topic),
                    partition: Some(self.partition),
                    value: Some(mark(self.partition, number, self.value_bytes)),
                    ..NewRecord::default()
                };
                let Ok(delivery) = self.producer.send(record).await else { break };
                if out.send(delivery).await.is_err() {
                    break;
                }
            }
            drop(out);
        };
        let landing = async {
            while let Some(delivery) = back.recv().await {
                let outcome = delivery.await;
                look(&self.ledger).land(outcome, Instant::now());
            }
        };
        tokio::join!(sending, landing);
    }
}

/// A value that says which record it is: partition (4 bytes), number (8 bytes), zeros.
fn mark(partition: PartitionId, number: u64, value_bytes: usize) -> Bytes {
    let mut value = vec![0; value_bytes];
    value[..4].copy_from_slice(&partition.0.to_be_bytes());
    value[4..MARK_BYTES].copy_from_slice(&number.to_be_bytes());
    value.into()
}

/// Reads what [`mark`] wrote.
fn read_mark(value: &[u8]) -> Option<(PartitionId, u64)> {
    let (partition, rest) = value.split_first_chunk::<4>()?;
    let number = rest.first_chunk::<8>()?;
    Some((PartitionId(i32::from_be_bytes(*partition)), u64::from_be_bytes(*number)))
}

fn look(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a topic with three replicas and waits until all of them are in sync.
///
/// # Errors
/// In words: it cannot be created, or its replicas do not come in sync within `patience`.
pub async fn create_topic(
    client: &Client,
    topic: &str,
    partitions: i32,
    patience: Duration,
) -> Result<(), String> {
    let new = NewTopic {
        name: topic.to_owned(),
        partitions: Some(partitions),
        replication_factor: Some(3),
        ..NewTopic::default()
    };
    let results = client.create_topics(&[new], false).await.map_err(|error| error.to_string())?;
    for (_, result) in results {
        result.map_err(|error| error.to_string())?;
    }
    in_sync(client, topic, partitions, patience).await
}

/// Waits until every replica of a topic is in sync.
///
/// # Errors
/// In words: what was seen last, after `patience`.
pub async fn in_sync(
    client: &Client,
    topic: &str,
    partitions: i32,
    patience: Duration,
) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let seen = match client.describe_topics(&[topic]).await {
            Ok(described) => match described.into_iter().next() {
                Some((_, Ok(topic))) => {
                    let is_whole = |partition: &&kr_client::cluster_view::Partition| {
                        partition.leader.is_some() && partition.isr.len() == partition.replicas.len()
                    };
                    let whole = topic.partitions.iter().filter(is_whole).count();
                    if usize::try_from(partitions) == Ok(whole) {
                        return Ok(());
                    }
                    format!("{whole} of {partitions} partitions have all replicas in sync")
                }
                Some((_, Err(error))) => error.to_string(),
                None => "it is not there".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        if began.elapsed() >= patience {
            return Err(format!("topic \"{topic}\" is not in sync after {patience:?}: {seen}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
