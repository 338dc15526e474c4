//! Three nodes, each broker and controller, connected without delay; time jumps to the next deadline.
//!
//! A test may look at every request between nodes, drop it, or answer it itself.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_log::testing::{Crash, MemDisk};
use kr_node::{
    ConnId, Event, LinkDownReason, LinkId, Listener, Node, NodeConfig, Output, Profile, Roles, Voter,
};
use kr_wire::header::{self, RequestHeader};
use kr_wire::ids::{DirectoryId, NodeId, Uuid};
use kr_wire::message::{self, RequestKind, ResponseKind};
use kr_wire::messages::create_topics_request::CreatableTopic;
use kr_wire::messages::{CreateTopicsRequest, TopicName};
use kr_wire::time::{Mono, Now};

/// How long anything may take, in the nodes' time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Events without time passing after which the nodes are said to spin.
const MAX_BUSY: u32 = 10_000;

/// The connection of the test's own client, the same at each node.
const CLIENT: ConnId = ConnId(0);

/// A request on its way between nodes.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub from: i32,
    /// What kind of request it is.
    pub header: RequestHeader,
    /// The request without its header.
    pub body: Bytes,
}

/// What becomes of a request.
pub enum Fate {
    /// It arrives.
    Arrives,
    /// It never arrives.
    Lost,
    /// The test answers it at once.
    Answered(Bytes),
}

type Censor = Box<dyn FnMut(&Asked) -> Fate>;

struct Place {
    config: NodeConfig,
    disk: MemDisk,
    node: Option<Node>,
    /// Who is at the other end of a connection.
    conns: BTreeMap<ConnId, (i32, LinkId)>,
    links: BTreeMap<LinkId, (i32, ConnId)>,
    next_conn: u64,
    /// Counts its processes.
    life: u64,
}

/// The nodes and what is between them.
pub struct Bench {
    places: BTreeMap<i32, Place>,
    now: Now,
    due: VecDeque<(i32, Event)>,
    censor: Censor,
    /// Every request between nodes since the beginning or [`Bench::forget`].
    pub asked: Vec<Asked>,
    answers: VecDeque<Bytes>,
    /// Events in a row without time passing.
    busy: u32,
}

impl Bench {
    /// Starts three nodes; they are unfenced when it returns.
    pub fn start() -> Self {
        let voters: Vec<Voter> = (1..=3)
            .map(|id| Voter { id: NodeId(id), host: "h".to_owned(), port: 9500 + id as u16 })
            .collect();
        let place = |id: i32| {
            let cluster = "AAAAAAAAAAAAAAAAAAAAZQ".to_owned();
            let mut config = NodeConfig::new(NodeId(id), cluster, Roles::Combined, PathBuf::from("/data"));
            config.host = "h".to_owned();
            (config.broker_port, config.controller_port) = (9000 + id as u16, 9500 + id as u16);
            config.voters = voters.clone();
            config.profile = Profile::Fast;
            let disk = MemDisk::new(id as u64);
            let directory = DirectoryId(Uuid::from_u128(1 << 64 | id as u128));
            kr_node::format(&config, &disk, directory).expect("formats");
            let (conns, links) = (BTreeMap::new(), BTreeMap::new());
            (id, Place { config, disk, node: None, conns, links, next_conn: 1, life: 0 })
        };
        let mut bench = Self {
            places: (1..=3).map(place).collect(),
            now: Now { mono: Mono(1_000_000), wall_ms: 1_700_000_000_000 },
            due: VecDeque::new(),
            censor: Box::new(|_| Fate::Arrives),
            asked: Vec::new(),
            answers: VecDeque::new(),
            busy: 0,
        };
        (1..=3).for_each(|id| bench.start_node(id));
        bench.run_until("all brokers are unfenced", |bench| (1..=3).all(|id| bench.is_unfenced(id)));
        bench
    }

    /// Starts a node on its disk.
    pub fn start_node(&mut self, id: i32) {
        let now = self.now;
        let place = self.place(id);
        place.life += 1;
        let (disk, seed) = (Arc::new(place.disk.clone()), place.life << 8 | id as u64);
        place.node = Some(Node::start(place.config.clone(), disk, seed, now).expect("starts"));
        let local = SocketAddr::from(([127, 0, 0, 1], place.config.broker_port));
        let listener = Listener::Broker;
        self.due.push_back((id, Event::Accepted { conn: CLIENT, listener, local, remote: local }));
        self.drain(id);
    }

    /// Kills a node's process; its peers learn of it at once.
    pub fn kill(&mut self, id: i32) {
        let place = self.place(id);
        place.node = None;
        place.disk.crash(Crash::Process);
        let (conns, links) = (std::mem::take(&mut place.conns), std::mem::take(&mut place.links));
        for (peer, link) in conns.into_values() {
            self.place(peer).links.remove(&link);
            self.due.push_back((peer, Event::LinkDown { link, reason: LinkDownReason::Closed }));
        }
        for (peer, conn) in links.into_values() {
            self.place(peer).conns.remove(&conn);
            self.due.push_back((peer, Event::Closed { conn }));
        }
    }

    /// Decides from now on what becomes of requests between nodes.
    pub fn censor(&mut self, censor: impl FnMut(&Asked) -> Fate + 'static) {
        self.censor = Box::new(censor);
    }

    /// Forgets the requests so far.
    pub fn forget(&mut self) {
        self.asked.clear();
    }

    /// A running node.
    pub fn node(&self, id: i32) -> &Node {
        self.places[&id].node.as_ref().expect("the node runs")
    }

    /// The moment.
    pub fn now(&self) -> Mono {
        self.now.mono
    }

    /// Whether a node runs as a broker that serves.
    pub fn is_unfenced(&self, id: i32) -> bool {
        self.node(id).status().broker.is_some_and(|broker| !broker.fenced)
    }

    /// Lets time pass until something is true; panics if it takes too long.
    pub fn run_until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = self.now.mono + PATIENCE;
        while !done(self) {
            assert!(self.now.mono < deadline, "not within {PATIENCE:?}: {what}");
            self.step(deadline);
        }
    }

    /// Lets some time pass.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now.mono + time;
        while self.now.mono < end {
            self.step(end);
        }
    }

    /// Sends a request to a node's broker listener; the answer is for [`Bench::answer`].
    pub fn send(&mut self, to: i32, version: i16, request: &RequestKind) {
        let api_key = message::request_key(request);
        let client_id = Some("tests".to_owned());
        let header = RequestHeader { api_key, api_version: version, correlation_id: 1, client_id };
        let frame = message::encode_request(&header, request).expect("the version has the fields");
        let bytes: Bytes = frame.concat().into();
        self.due.push_back((to, Event::Frame { conn: CLIENT, frame: bytes.slice(4..) }));
    }

    /// The answer to a request that was sent, once it is there.
    pub fn answer(&mut self, version: i16, request: &RequestKind) -> Option<ResponseKind> {
        let key = message::request_key(request);
        let frame = self.answers.pop_front()?;
        let (_, length) = header::decode_response_header(key, version, &frame).expect("a response header");
        Some(
            message::decode_response(key, version, frame.slice(length..)).expect("an answer of that version"),
        )
    }

    /// Creates a topic of one partition with a replica on each node, through a node.
    pub fn create_topic(&mut self, through: i32, name: &'static str) {
        let request = topic(name);
        self.send(through, 7, &request);
        let mut answer = None;
        self.run_until("the topic is created", |bench| {
            answer = bench.answer(7, &request);
            answer.is_some()
        });
        let Some(ResponseKind::CreateTopics(response)) = answer else { panic!("another answer") };
        assert_eq!(response.topics[0].error_code, 0);
        self.run_until("every node hosts it", |bench| {
            (1..=3).all(|id| bench.node(id).status().broker.is_some_and(|broker| broker.partitions == 1))
        });
    }

    fn place(&mut self, id: i32) -> &mut Place {
        self.places.get_mut(&id).expect("there are three")
    }

    fn step(&mut self, limit: Mono) {
        if let Some((id, event)) = self.due.pop_front() {
            self.busy += 1;
            assert!(
                self.busy < MAX_BUSY,
                "no time passes between {:?}",
                self.asked.split_off(self.asked.len() - 3)
            );
            return self.handle(id, event);
        }
        self.busy = 0;
        let nodes = self.places.values().filter_map(|place| place.node.as_ref());
        let next = nodes.filter_map(Node::next_deadline).min().unwrap_or(limit).min(limit);
        let next = next.max(self.now.mono + Duration::from_micros(1));
        self.now.wall_ms += ((next - self.now.mono).as_micros() / 1000) as i64;
        self.now.mono = next;
        for id in 1..=3 {
            self.handle(id, Event::Tick);
        }
    }

    fn handle(&mut self, id: i32, event: Event) {
        let now = self.now;
        if let Some(node) = &mut self.place(id).node {
            node.handle(event, now);
            self.drain(id);
        }
    }

    fn drain(&mut self, id: i32) {
        while let Some(output) = self.place(id).node.as_mut().and_then(Node::poll_output) {
            self.carry_out(id, output);
        }
    }

    fn carry_out(&mut self, id: i32, output: Output) {
        match output {
            Output::Send { conn: CLIENT, frame } => {
                let pieces = frame.into_iter().map(|piece| piece.into_bytes().expect("readable"));
                self.answers.push_back(Bytes::from(pieces.collect::<Vec<_>>().concat()).slice(4..));
            }
            Output::Send { conn, frame } => {
                let pieces = frame.into_iter().map(|piece| piece.into_bytes().expect("readable"));
                let frame: Bytes = pieces.collect::<Vec<_>>().concat().into();
                if !frame.is_empty() {
                    self.answered(id, conn, frame.slice(4..));
                }
            }
            Output::Dial { link, port, .. } => self.dial(id, link, port),
            Output::LinkSend { link, frame } => {
                let Some((to, conn)) = self.place(id).links.get(&link).copied() else { return };
                let bytes: Bytes = frame.concat().into();
                let frame = bytes.slice(4..);
                let (header, length) = RequestHeader::decode(&frame).expect("nodes ask in requests");
                let asked = Asked { from: id, header, body: frame.slice(length..) };
                match (self.censor)(&asked) {
                    Fate::Arrives => self.due.push_back((to, Event::Frame { conn, frame })),
                    Fate::Answered(frame) => self.due.push_back((id, Event::LinkFrame { link, frame })),
                    Fate::Lost => {}
                }
                self.asked.push(asked);
            }
            Output::LinkClose { link } => {
                if let Some((peer, conn)) = self.place(id).links.remove(&link) {
                    self.place(peer).conns.remove(&conn);
                    self.due.push_back((peer, Event::Closed { conn }));
                }
            }
            Output::Close { conn } => {
                if let Some((peer, link)) = self.place(id).conns.remove(&conn) {
                    self.place(peer).links.remove(&link);
                    self.due.push_back((peer, Event::LinkDown { link, reason: LinkDownReason::Closed }));
                }
            }
            Output::Flush { token, files, .. } => {
                files.iter().try_for_each(|file| file.sync()).expect("the disk is sound");
                self.due.push_back((id, Event::Flushed { token, result: Ok(()) }));
            }
            Output::Log { .. } => {}
            other => panic!("node {id} does not ask for {other:?}"),
        }
    }

    fn dial(&mut self, id: i32, link: LinkId, port: u16) {
        let (to, listener) = match port {
            9500.. => (i32::from(port - 9500), Listener::Controller),
            _ => (i32::from(port - 9000), Listener::Broker),
        };
        let peer = self.place(to);
        if peer.node.is_none() {
            let down = Event::LinkDown { link, reason: LinkDownReason::Refused };
            return self.due.push_back((id, down));
        }
        let conn = ConnId(peer.next_conn);
        peer.next_conn += 1;
        peer.conns.insert(conn, (id, link));
        self.place(id).links.insert(link, (to, conn));
        let local = SocketAddr::from(([127, 0, 0, 1], port));
        self.due.push_back((to, Event::Accepted { conn, listener, local, remote: local }));
        self.due.push_back((id, Event::LinkUp { link }));
    }

    /// A node answered a node.
    fn answered(&mut self, by: i32, conn: ConnId, frame: Bytes) {
        let Some((to, link)) = self.place(by).conns.get(&conn).copied() else { return };
        self.due.push_back((to, Event::LinkFrame { link, frame }));
    }
}

/// The request that creates a topic of one partition with three replicas.
pub fn topic(name: &'static str) -> RequestKind {
    let mut topic = CreatableTopic::default();
    topic.name = TopicName(name.into());
    topic.num_partitions = 1;
    topic.replication_factor = 3;
    let mut request = CreateTopicsRequest::default();
    request.topics = vec![topic];
    request.timeout_ms = 10_000;
    RequestKind::CreateTopics(request)
}
