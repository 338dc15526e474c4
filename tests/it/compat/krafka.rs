//! The `krafka` crate, a client in Rust alone; idempotent by default.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use krafka::admin::{CreateTopicsOptions, NewTopic};
use krafka::consumer::AutoOffsetReset;
use krafka::{Compression, ConsumerRecord, Kafka};
use tokio::sync::mpsc;

use crate::record::{HEADER, Read, Record};
use crate::story::{Client, Member, PARTITIONS, REPLICATION_FACTOR};

const POLL: Duration = Duration::from_millis(50);

/// krafka with its defaults.
pub struct Krafka;

async fn connect(bootstrap: &str) -> Kafka {
    Kafka::builder(bootstrap).connect().await.expect("a connection")
}

fn compression(codec: &str) -> Compression {
    match codec {
        "none" => Compression::None,
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        other => panic!("no codec {other}"),
    }
}

impl Client for Krafka {
    fn is_idempotent(&self) -> bool {
        true
    }

    async fn create_topic(&self, bootstrap: &str, topic: &str) {
        let admin = connect(bootstrap).await.admin();
        let new = NewTopic::new(topic, PARTITIONS, REPLICATION_FACTOR as i16).expect("a valid topic");
        for (name, created) in
            admin.create_topics([new], CreateTopicsOptions::default()).await.expect("an answer")
        {
            created.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    async fn produce(
        &self,
        bootstrap: &str,
        topic: &str,
        codec: &str,
        mut records: mpsc::UnboundedReceiver<Record>,
    ) {
        let kafka = connect(bootstrap).await;
        let producer = kafka.producer().compression(compression(codec)).build().await.expect("a producer");
        let mut waiting = Vec::new();
        while let Some(record) = records.recv().await {
            let record =
                krafka::Record::new(topic, record.value).key(record.key).header(HEADER, record.header);
            waiting.push(producer.enqueue(record).await.expect("room in the queue"));
        }
        for delivery in waiting {
            let _metadata = delivery.await.expect("an acknowledgement");
        }
        producer.close().await.expect("a producer that closes");
    }

    async fn consume(&self, bootstrap: &str, topic: &str, member: Arc<Member>) {
        let kafka = connect(bootstrap).await;
        let consumer = kafka
            .consumer(format!("{topic}-readers"))
            .auto_offset_reset(AutoOffsetReset::Earliest)
            .build()
            .await
            .expect("a consumer");
        consumer.subscribe([topic]).await.expect("a subscription");
        loop {
            match consumer.poll(POLL).await {
                Ok(records) => {
                    member.read.lock().expect("no reader panicked").extend(records.iter().map(read))
                }
                // A broker that is gone comes as an error; the next poll goes on.
                Err(error) => eprintln!("consumer of {topic}: {error}"),
            }
            let assigned = consumer.assignment().await.values().map(Vec::len).sum();
            member.assigned.store(assigned, Ordering::Relaxed);
        }
    }
}

fn read(record: &ConsumerRecord) -> Read {
    let [(name, value)] = &record.headers[..] else { panic!("headers {:?}", record.headers) };
    assert_eq!(name, HEADER);
    Read {
        partition: record.partition,
        offset: record.offset,
        record: Record {
            key: record.key.as_ref().expect("a key").to_vec(),
            value: record.value.as_ref().expect("a value").to_vec(),
            header: value.as_ref().expect("a value of the header").to_vec(),
        },
    }
}
