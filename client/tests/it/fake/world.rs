//! What the fake brokers know.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use kr_wire::batch::{BatchBuilder, BatchHeader};
use kr_wire::compression::Codec;
use kr_wire::ids::{Offset, Uuid};

/// All of it.
pub struct World {
    /// Address by broker id, from 1.
    pub brokers: BTreeMap<i32, SocketAddr>,
    /// Highest version by API key; an API that is not here is not served.
    pub apis: BTreeMap<i16, (i16, i16)>,
    /// Topics by name.
    pub topics: BTreeMap<String, FakeTopic>,
    /// Groups by id.
    pub groups: BTreeMap<String, FakeGroup>,
    /// Value by key of configs that are not set on a topic.
    pub config_defaults: BTreeMap<String, String>,
    /// Error that a change of the topic of this name gets.
    pub refuse: BTreeMap<String, i16>,
    /// Error that a change of a group's offset in this partition gets.
    pub refuse_offset: BTreeMap<(String, i32), i16>,
    /// Name, level, and lowest and highest level supported of features.
    pub features: Vec<(&'static str, i16, i16, i16)>,
    /// Directories of every broker.
    pub log_dirs: Vec<String>,
    /// What transactions did, in order.
    pub transactions: Vec<TxnStep>,
    next_producer_id: i64,
    next_topic_id: u128,
}

/// A step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxnStep {
    /// A partition was added.
    Added(String, i32),
    /// It was committed, or else aborted.
    Ended { is_commit: bool },
}

/// A topic.
pub struct FakeTopic {
    pub id: Uuid,
    pub partitions: Vec<FakePartition>,
    pub is_internal: bool,
    pub configs: BTreeMap<String, String>,
}

/// A partition and its log.
#[derive(Default)]
pub struct FakePartition {
    pub leader: i32,
    pub epoch: i32,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub start: i64,
    pub batches: Vec<Bytes>,
    /// Log end offset by broker, of replicas that do not have all of the log.
    pub ends: BTreeMap<i32, i64>,
    /// The log by broker, of replicas that have another one.
    pub copies: BTreeMap<i32, Vec<Bytes>>,
    /// Last sequence and its base offset by producer id.
    producers: BTreeMap<i64, (i32, i64)>,
}

/// A group with at most one member.
#[derive(Default)]
pub struct FakeGroup {
    pub member: Option<String>,
    pub generation: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
    pub committed: BTreeMap<(String, i32), i64>,
    /// The next heartbeat is told to join again.
    pub rebalance: bool,
}

impl World {
    /// Brokers and nothing else. Kafka 4.1's versions.
    pub fn new(addresses: &[SocketAddr]) -> Self {
        let served = [
            0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 24, 26, 32, 35, 37, 42, 43, 44,
            45, 47, 55, 60, 61,
        ];
        let range = |key: &i16| {
            let row = kr_wire::api::row(*key).unwrap();
            (*key, (row.min, row.max))
        };
        Self {
            brokers: (1..).zip(addresses.iter().copied()).collect(),
            apis: served.iter().map(range).collect(),
            topics: BTreeMap::new(),
            groups: BTreeMap::new(),
            config_defaults: BTreeMap::new(),
            refuse: BTreeMap::new(),
            refuse_offset: BTreeMap::new(),
            features: vec![("metadata.version", 27, 7, 27)],
            log_dirs: vec!["/data".to_owned()],
            transactions: Vec::new(),
            next_producer_id: 1000,
            next_topic_id: 7,
        }
    }

    /// Adds a topic led by brokers in turn.
    pub fn add_topic(&mut self, name: &str, partitions: i32) {
        self.next_topic_id += 1;
        let id = Uuid::from_u128(self.next_topic_id);
        let (is_internal, configs) = (name.starts_with("__"), BTreeMap::new());
        let topic = FakeTopic { id, partitions: Vec::new(), is_internal, configs };
        self.topics.insert(name.to_owned(), topic);
        self.grow_topic(name, partitions);
    }

    /// Gives a topic as many partitions, led by brokers in turn.
    pub fn grow_topic(&mut self, name: &str, count: i32) {
        let nodes: Vec<i32> = self.brokers.keys().copied().collect();
        let topic = self.topics.get_mut(name).unwrap();
        for index in topic.partitions.len()..count as usize {
            topic.partitions.push(FakePartition {
                leader: nodes[index % nodes.len()],
                epoch: 3,
                replicas: nodes.clone(),
                isr: nodes.clone(),
                ..FakePartition::default()
            });
        }
    }

    /// A partition.
    pub fn partition(&mut self, topic: &str, index: i32) -> &mut FakePartition {
        &mut self.topics.get_mut(topic).unwrap().partitions[index as usize]
    }

    /// A producer id nobody has.
    pub fn producer_id(&mut self) -> i64 {
        self.next_producer_id += 1;
        self.next_producer_id
    }

    /// The values in a partition, in order.
    pub fn values(&mut self, topic: &str, index: i32) -> Vec<String> {
        let mut values = Vec::new();
        for batch in &self.partition(topic, index).batches {
            let batch = kr_wire::batch::Batch::parse(batch).unwrap();
            let payload = batch.payload(kr_wire::compression::Limit::default()).unwrap();
            for record in payload.records() {
                values.push(String::from_utf8_lossy(record.unwrap().value.unwrap_or(b"null")).into_owned());
            }
        }
        values
    }
}

impl FakePartition {
    /// Ids and last sequences of producers.
    pub fn known_producers(&self) -> impl Iterator<Item = (i64, i32)> {
        self.producers.iter().map(|(id, (sequence, _))| (*id, *sequence))
    }

    /// The log end offset.
    pub fn end(&self) -> i64 {
        self.batches.last().map_or(self.start, |batch| BatchHeader::parse(batch).unwrap().next_offset().0)
    }

    /// Appends a batch as a leader does; gives the base offset, or that of the same batch before.
    ///
    /// # Errors
    /// OUT_OF_ORDER_SEQUENCE_NUMBER (45) for a gap.
    pub fn append(&mut self, batch: &Bytes) -> Result<i64, i16> {
        let header = BatchHeader::parse(batch).unwrap();
        let base = self.end();
        if let (Some(producer), Some(first)) = (header.producer_id, header.base_sequence) {
            let last = header.last_sequence().unwrap();
            match self.producers.get(&producer.0) {
                Some((known, at)) if *known == last => return Ok(*at),
                Some((known, _)) if first != known + 1 => return Err(45),
                None if first != 0 => return Err(45),
                _ => {}
            }
            self.producers.insert(producer.0, (last, base));
        }
        let mut bytes = batch.to_vec();
        kr_wire::batch::set_base_offset(&mut bytes, Offset(base)).unwrap();
        self.batches.push(bytes.into());
        Ok(base)
    }
}

/// A batch of values without keys.
pub fn batch(values: &[&str], codec: Codec) -> Bytes {
    let mut builder = BatchBuilder::new(Offset(0)).codec(codec);
    for value in values {
        builder.push(1_700_000_000_000, None, Some(value.as_bytes()), &[]);
    }
    builder.build()
}
