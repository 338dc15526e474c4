//! librdkafka, through the `rdkafka` crate.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::mpsc;

use crate::record::{HEADER, Read, Record};
use crate::story::{Client, Member, PARTITIONS, REPLICATION_FACTOR};

/// How often a member that reads nothing looks at its assignment.
const LOOK: Duration = Duration::from_millis(50);

/// librdkafka with its defaults, or with `enable.idempotence`.
#[derive(Default)]
pub struct Rdkafka {
    pub idempotent: bool,
}

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

impl Client for Rdkafka {
    fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    async fn create_topic(&self, bootstrap: &str, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = config(bootstrap).create().expect("an admin client");
        let new = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(REPLICATION_FACTOR));
        let created = admin.create_topics(&[new], &AdminOptions::new()).await.expect("an answer");
        assert_eq!(created, [Ok(topic.to_owned())]);
    }

    async fn produce(
        &self,
        bootstrap: &str,
        topic: &str,
        codec: &str,
        mut records: mpsc::UnboundedReceiver<Record>,
    ) {
        let mut config = config(bootstrap);
        config.set("compression.type", codec);
        if self.idempotent {
            config.set("enable.idempotence", "true");
        }
        let producer: FutureProducer = config.create().expect("a producer");
        let mut waiting = Vec::new();
        while let Some(record) = records.recv().await {
            let headers = OwnedHeaders::new().insert(Header { key: HEADER, value: Some(&record.header) });
            let message = FutureRecord::to(topic).key(&record.key).payload(&record.value).headers(headers);
            waiting
                .push(producer.send_result(message).map_err(|(error, _)| error).expect("room in the queue"));
        }
        for delivery in waiting {
            delivery
                .await
                .expect("the producer lives")
                .map_err(|(error, _)| error)
                .expect("an acknowledgement");
        }
    }

    async fn consume(&self, bootstrap: &str, topic: &str, member: Arc<Member>) {
        let mut config = config(bootstrap);
        config.set("group.id", format!("{topic}-readers")).set("auto.offset.reset", "earliest");
        let consumer: StreamConsumer = config.create().expect("a consumer");
        consumer.subscribe(&[topic]).expect("a subscription");
        loop {
            match tokio::time::timeout(LOOK, consumer.recv()).await {
                Ok(Ok(message)) => member.read.lock().expect("no reader panicked").push(read(&message)),
                // A broker that is gone comes as an error; librdkafka goes on by itself.
                Ok(Err(error)) => eprintln!("consumer of {topic}: {error}"),
                Err(_) => {
                    let assigned = consumer.assignment().expect("an assignment").count();
                    member.assigned.store(assigned, Ordering::Relaxed);
                }
            }
        }
    }
}

fn read(message: &BorrowedMessage<'_>) -> Read {
    let headers = message.headers().expect("headers");
    assert_eq!((headers.count(), headers.get(0).key), (1, HEADER));
    Read {
        partition: message.partition(),
        offset: message.offset(),
        record: Record {
            key: message.key().expect("a key").to_vec(),
            value: message.payload().expect("a value").to_vec(),
            header: headers.get(0).value.expect("a value of the header").to_vec(),
        },
    }
}
