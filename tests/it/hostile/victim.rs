//! The cluster under attack, and what an honest client sees of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_client::admin::TopicPartition;
use kr_client::{Client, Consumer, ConsumerOptions, NewRecord, Options, Producer, ProducerOptions, StartAt};
use kr_devcluster::{Cluster, Notice, Spec, TopicSpec, Up, up};
use kr_node::Listener;
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::PartitionId;
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;

use crate::frames;

/// A topic with one partition for each node to lead.
pub(crate) const TOPIC: &str = "hostile";
const PARTITIONS: i32 = 3;
/// Anything that takes longer does not come any more.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections that are open at once before the node is asked whether it lives.
const WAVE: usize = 64;

/// A running cluster.
pub(crate) struct Victim {
    runtime: Runtime,
    cluster: Cluster,
    notices: std::cell::RefCell<Receiver<Notice>>,
    listeners: Vec<(Listener, SocketAddr)>,
    _root: tempfile::TempDir,
}

impl Victim {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().expect("the machine gives threads");
        let root = tempfile::tempdir().expect("a directory");
        let cluster = runtime.block_on(started(root.path()));
        let listeners = cluster.state().nodes.iter().flat_map(|node| {
            [(Listener::Broker, node.broker_port), (Listener::Controller, node.controller_port)]
        });
        let listeners =
            listeners.map(|(kind, port)| (kind, SocketAddr::from(([127, 0, 0, 1], port)))).collect();
        let notices = std::cell::RefCell::new(cluster.notices());
        Self { runtime, cluster, notices, listeners, _root: root }
    }

    /// Every listener of every node.
    pub(crate) fn listeners(&self) -> &[(Listener, SocketAddr)] {
        &self.listeners
    }

    /// The listeners of one kind.
    pub(crate) fn of_kind(&self, kind: Listener) -> Vec<SocketAddr> {
        self.listeners.iter().filter(|(found, _)| *found == kind).map(|(_, address)| *address).collect()
    }

    /// Sends each frame on a connection of its own; the size of the largest.
    pub(crate) fn send_all(&self, address: SocketAddr, frames: impl IntoIterator<Item = Vec<u8>>) -> usize {
        let mut largest = 0;
        let mut open = Vec::new();
        for frame in frames {
            largest = largest.max(frame.len());
            open.push(send(address, &frame));
            if open.len() == WAVE {
                answers(address).expect("the node answers");
                open.clear();
            }
        }
        answers(address).expect("the node answers");
        largest
    }

    /// Whether all nodes run and answer on all listeners.
    pub(crate) fn check_alive(&self, attack: &str) {
        if let Ok(notice) = self.notices.borrow_mut().try_recv() {
            panic!("{attack}: a node ended: {notice:?}");
        }
        for (kind, address) in &self.listeners {
            if let Err(error) = answers(*address) {
                let notice = self.notices.borrow_mut().try_recv();
                panic!("{attack}: {kind:?} listener {address} does not answer: {error}; {notice:?}");
            }
        }
    }

    /// Whether the cluster is whole again.
    pub(crate) fn check_ready(&self) {
        self.runtime.block_on(self.cluster.ready(PATIENCE)).expect("the cluster is ready");
    }

    /// Writes a record to each partition and reads the last one of each back.
    pub(crate) fn write_and_read(&self, text: &'static str) {
        self.runtime.block_on(async {
            let mut options = Options::default();
            options.set_bootstrap(&[self.cluster.bootstrap()]).expect("addresses");
            let client = Client::connect(options).await.expect("a broker answers");
            let producer = Producer::new(&client, ProducerOptions::default());
            let topic: Arc<str> = TOPIC.into();
            let mut starts = Vec::new();
            for partition in (0..PARTITIONS).map(PartitionId) {
                let record = NewRecord {
                    topic: topic.clone(),
                    partition: Some(partition),
                    key: None,
                    value: Some(Bytes::from_static(text.as_bytes())),
                    headers: Vec::new(),
                    timestamp_ms: None,
                };
                let delivery = producer.send(record).await.expect("there is room");
                delivery.await.expect("it is written");
                starts.push((TopicPartition { topic: topic.clone(), partition }, StartAt::Tail(1)));
            }
            let spans = client.spans(&starts, true, IsolationLevel::ReadCommitted).await.expect("offsets");
            let mut consumer = Consumer::new(&client, ConsumerOptions::default());
            consumer.assign(spans);
            let mut read = 0;
            while let Some(chunk) = consumer.next().await.expect("it can be read") {
                for record in chunk.to_records().expect("they are whole") {
                    assert_eq!(record.value.as_deref(), Some(text.as_bytes()));
                    read += 1;
                }
            }
            assert_eq!(read, PARTITIONS);
        });
    }
}

async fn started(root: &Path) -> Cluster {
    let topics =
        vec![TopicSpec { name: TOPIC.to_owned(), partitions: Some(PARTITIONS), replication_factor: Some(3) }];
    let spec = Spec { port: Some(0), ..Spec::named("hostile") };
    let Up::Started(cluster) = up(root, &spec).await.expect("it comes up") else {
        panic!("nobody else runs it");
    };
    cluster.ready(PATIENCE).await.expect("it becomes ready");
    cluster.create_topics(&topics, PATIENCE).await.expect("the topic can be created");
    cluster
}

/// Opens a connection and sends what the node takes; it may hang up at any time.
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout that is not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout that is not zero");
    // A node that has read enough closes the connection before it has read everything.
    let _ = stream.write_all(bytes);
    stream
}

/// Asks for the served versions, which every listener answers.
pub(crate) fn answers(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&frames::api_versions())?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer)?;
    assert_eq!(answer[4..], frames::CORRELATION_ID.to_be_bytes(), "the answer is to the question");
    Ok(())
}
