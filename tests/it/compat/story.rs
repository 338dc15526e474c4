//! What every client goes through: a topic, a group of two members, 10,000 records with each codec, and in
//! the middle of each codec's records the end of a leader. It says nothing of how a client does it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::cluster::{DevCluster, until};
use crate::record::{Read, Record};

/// Partitions of the topic.
pub const PARTITIONS: i32 = 6;
/// Replicas of each partition.
pub const REPLICATION_FACTOR: i32 = 3;
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
const RECORDS: u32 = 10_000;
/// Records at a time while a node ends, and the pause between, so that some are under way all the time.
const TRICKLE: usize = 20;
const TRICKLE_PAUSE: Duration = Duration::from_millis(2);

/// What happens in the middle of each codec's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    KillLeader,
}

/// A client library, with its settings at their defaults. Failures panic.
pub trait Client: Send + Sync + 'static {
    /// Whether a retried batch is written once.
    fn is_idempotent(&self) -> bool;
    /// Creates a topic of [`PARTITIONS`] and [`REPLICATION_FACTOR`].
    fn create_topic(&self, bootstrap: &str, topic: &str) -> impl Future<Output = ()> + Send;
    /// Writes what comes, with this codec; ends when nothing more comes and all is acknowledged.
    fn produce(
        &self,
        bootstrap: &str,
        topic: &str,
        codec: &str,
        records: mpsc::UnboundedReceiver<Record>,
    ) -> impl Future<Output = ()> + Send;
    /// Reads as a member of a group until it is aborted.
    fn consume(&self, bootstrap: &str, topic: &str, member: Arc<Member>) -> impl Future<Output = ()> + Send;
}

/// What one member of the group has.
#[derive(Debug, Default)]
pub struct Member {
    /// Partitions assigned to it.
    pub assigned: AtomicUsize,
    /// What it read, in its order.
    pub read: Mutex<Vec<Read>>,
}

/// Goes through the story with a client.
pub async fn tell(client: impl Client, topic: &str, fault: Fault) {
    let client = Arc::new(client);
    let cluster = DevCluster::start().await;
    let bootstrap = cluster.bootstrap();
    client.create_topic(&bootstrap, topic).await;
    let members = [Arc::new(Member::default()), Arc::new(Member::default())];
    let mut consumers = tokio::task::JoinSet::new();
    for member in &members {
        let (client, bootstrap, topic) = (Arc::clone(&client), bootstrap.clone(), topic.to_owned());
        let member = Arc::clone(member);
        consumers.spawn(async move { client.consume(&bootstrap, &topic, member).await });
    }
    let assigned = || members.each_ref().map(|member| member.assigned.load(Ordering::Relaxed));
    until("each member has half of the partitions", || assigned() == [3, 3], || format!("{:?}", assigned()))
        .await;
    for codec in CODECS {
        write(&client, &cluster, topic, codec, fault).await;
    }
    let wanted = CODECS.len() * RECORDS as usize;
    until(
        "the members have read everything",
        || distinct(&members) >= wanted,
        || {
            format!(
                "{} of {wanted}; {} partitions each",
                distinct(&members),
                format_args!("{:?}", assigned())
            )
        },
    )
    .await;
    consumers.abort_all();
    while let Some(ended) = consumers.join_next().await {
        if let Err(error) = ended {
            assert!(error.is_cancelled(), "a member failed: {error}");
        }
    }
    check(&members, fault, client.is_idempotent());
    cluster.down().await;
}

/// Writes one codec's records; with a fault, the second half while the leader ends.
async fn write<C: Client>(client: &Arc<C>, cluster: &DevCluster, topic: &str, codec: &str, fault: Fault) {
    let (feed, records) = mpsc::unbounded_channel();
    let producer = {
        let (client, bootstrap) = (Arc::clone(client), cluster.bootstrap());
        let (topic, codec) = (topic.to_owned(), codec.to_owned());
        tokio::spawn(async move { client.produce(&bootstrap, &topic, &codec, records).await })
    };
    let mut rest = (0..RECORDS).map(|number| Record::numbered(codec, number));
    let send = |record: Record| {
        // Nobody takes it only when the producer has failed, which shows when it is joined.
        let _ = feed.send(record);
    };
    if fault == Fault::KillLeader {
        rest.by_ref().take(RECORDS as usize / 2).for_each(send);
        let mut kill = std::pin::pin!(cluster.kill_leader(topic));
        while tokio::time::timeout(TRICKLE_PAUSE, &mut kill).await.is_err() {
            rest.by_ref().take(TRICKLE).for_each(send);
        }
    }
    rest.for_each(send);
    drop(feed);
    if let Err(error) = producer.await {
        panic!("the producer with {codec} failed: {error}");
    }
    if fault == Fault::KillLeader {
        cluster.heal().await;
    }
}

fn distinct(members: &[Arc<Member>; 2]) -> usize {
    let mut keys = BTreeSet::new();
    for member in members {
        let read = member.read.lock().expect("no reader panicked");
        keys.extend(read.iter().map(|read| (read.partition, read.offset)));
    }
    keys.len()
}

/// Every record is there, byte for byte; once and in order where the client promises that.
fn check(members: &[Arc<Member>; 2], fault: Fault, is_idempotent: bool) {
    let mut log = BTreeMap::new();
    let mut wanted: BTreeSet<(String, u32)> =
        CODECS.iter().flat_map(|codec| (0..RECORDS).map(|number| ((*codec).to_owned(), number))).collect();
    for member in members {
        let read = member.read.lock().expect("no reader panicked");
        assert!(!read.is_empty(), "a member read nothing");
        for read in read.iter() {
            let (codec, number) = read.record.number();
            assert_eq!(read.record, Record::numbered(&codec, number), "read other bytes than were written");
            wanted.remove(&(codec.clone(), number));
            let before = log.insert((read.partition, read.offset), (codec, number));
            assert!(fault != Fault::None || before.is_none(), "read {read:?} twice without a failure");
        }
    }
    assert!(
        wanted.is_empty(),
        "{} acknowledged records are missing, one is {:?}",
        wanted.len(),
        wanted.first()
    );
    if is_idempotent || fault == Fault::None {
        let mut places = BTreeMap::new();
        let mut last = BTreeMap::new();
        for (place, record) in log {
            if let Some(other) = places.insert(record.clone(), place) {
                panic!("{record:?} is at {other:?} and at {place:?} (partition, offset)");
            }
            let (codec, number) = record;
            let before = last.insert((place.0, codec), number);
            assert!(before.is_none_or(|before| before < number), "{number} follows {before:?} at {place:?}");
        }
    }
}
