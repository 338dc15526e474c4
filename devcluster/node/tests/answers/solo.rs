//! A cluster of one node on a disk in memory, driven by hand: time jumps to the next deadline.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_log::testing::MemDisk;
use kr_log::{Disk, DiskFile};
use kr_node::{
    ConnId, Event, FlushToken, LinkDownReason, Listener, Node, NodeConfig, Output, Profile, Roles, Voter,
};
use kr_wire::header::{self, RequestHeader};
use kr_wire::ids::{DirectoryId, NodeId, Uuid};
use kr_wire::message::{self, RequestKind, ResponseKind};
use kr_wire::time::{Mono, Now};

/// How long an answer may take, in the node's time.
const PATIENCE: Duration = Duration::from_secs(60);

/// One node, broker and controller, with a connection to each of its listeners.
pub struct Solo {
    node: Node,
    config: NodeConfig,
    disk: MemDisk,
    now: Now,
    /// Frames that came back, with their connection.
    sent: Vec<(ConnId, Vec<u8>)>,
    correlation_id: i32,
    /// Newest line of its log.
    last_line: String,
    /// Flushes that do not end before [`Solo::disk_moves`].
    held: Option<Vec<FlushToken>>,
}

/// Connection to a listener; the client has dialled the address that [`DIALLED`] says.
fn conn(listener: Listener) -> ConnId {
    match listener {
        Listener::Broker => ConnId(1),
        Listener::Controller => ConnId(2),
    }
}

/// Host that the clients of [`Solo`] dialled.
pub const DIALLED: &str = "10.11.12.13";

impl Solo {
    /// Formats a directory and starts a node in it, with what `properties` say.
    pub fn start(properties: &[(&str, &str)]) -> Self {
        let disk = MemDisk::new(1);
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = NodeConfig {
            node_id: NodeId(1),
            cluster_id: "AAAAAAAAAAAAAAAAAAAAZQ".to_owned(),
            roles: Roles::Combined,
            host: "localhost".to_owned(),
            broker_port: 9092,
            controller_port: 9093,
            voters: vec![Voter { id: NodeId(1), host: "localhost".to_owned(), port: 9093 }],
            log_dir: PathBuf::from("/data/1"),
            rack: None,
            profile: Profile::Fast,
            properties: properties.collect(),
            #[cfg(feature = "mutants")]
            mutants: kr_node::Mutants::default(),
        };
        kr_node::format(&config, &disk, DirectoryId(Uuid::from_u128(1 << 64))).expect("formats");
        let now = Now { mono: Mono(1_000_000), wall_ms: 1_700_000_000_000 };
        let node = Node::start(config.clone(), Arc::new(disk.clone()), 7, now).expect("starts");
        let (sent, last_line) = (Vec::new(), String::new());
        let mut solo = Self { node, config, disk, now, sent, correlation_id: 0, last_line, held: None };
        solo.connect();
        solo.run_until("the broker is unfenced", |solo| solo.node.status().broker.is_some_and(|b| !b.fenced));
        solo
    }

    /// As [`Solo::restart`], as one of two voters, the other of which cannot be reached.
    pub fn restart_without_quorum(&mut self) {
        self.config.voters.push(Voter { id: NodeId(2), host: "localhost".to_owned(), port: 9094 });
        self.restart();
    }

    /// Kills the node and starts it again. Clients connect at once.
    pub fn restart(&mut self) {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        self.node = Node::start(self.config.clone(), disk, 8, self.now).expect("starts again");
        self.connect();
    }

    fn connect(&mut self) {
        for listener in [Listener::Broker, Listener::Controller] {
            let local = format!("{DIALLED}:9092").parse().expect("an address");
            let remote = "127.0.0.1:50000".parse().expect("an address");
            self.handle(Event::Accepted { conn: conn(listener), listener, local, remote });
        }
    }

    /// Lets time pass until something is true; panics if it takes too long.
    pub fn run_until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = self.now.mono + PATIENCE;
        while !done(self) {
            assert!(self.now.mono < deadline, "not within {PATIENCE:?}: {what}");
            let next =
                self.node.next_deadline().unwrap_or(deadline).max(self.now.mono + Duration::from_micros(1));
            self.now.wall_ms += i64::try_from((next - self.now.mono).as_millis()).expect("short");
            self.now.mono = next;
            self.handle(Event::Tick);
        }
    }

    /// Sends a request and waits for its answer. Panics if the node hangs up.
    pub fn call(&mut self, listener: Listener, version: i16, request: &RequestKind) -> ResponseKind {
        let key = message::request_key(request);
        let bytes = self.call_raw(listener, key, version, |header| message::encode_request(header, request));
        let (_, length) = header::decode_response_header(key, version, &bytes).expect("a response header");
        message::decode_response(key, version, bytes.slice(length..))
            .unwrap_or_else(|error| panic!("answer of api key {key} version {version}: {error}"))
    }

    /// The same with a frame of the caller's making; returns header and body of the answer.
    pub fn call_raw(
        &mut self,
        listener: Listener,
        api_key: i16,
        api_version: i16,
        encode: impl FnOnce(&RequestHeader) -> Result<kr_wire::frame::Frame, message::EncodeError>,
    ) -> Bytes {
        self.correlation_id += 1;
        let header = RequestHeader {
            api_key,
            api_version,
            correlation_id: self.correlation_id,
            client_id: Some("tests".to_owned()),
        };
        self.send(listener, &header, encode);
        let what = format!("an answer to api key {api_key} version {api_version}");
        self.run_until(&what, |solo| !solo.sent.is_empty());
        let (from, answer) = self.sent.remove(0);
        assert_eq!(from, conn(listener));
        Bytes::from(answer).slice(4..)
    }

    fn send(
        &mut self,
        listener: Listener,
        header: &RequestHeader,
        encode: impl FnOnce(&RequestHeader) -> Result<kr_wire::frame::Frame, message::EncodeError>,
    ) {
        let frame = encode(header).unwrap_or_else(|error| panic!("the test's request: {error}"));
        let bytes: Bytes = frame.concat().into();
        self.handle(Event::Frame { conn: conn(listener), frame: bytes.slice(4..) });
    }

    /// Sends a request; whether an answer comes while some time passes.
    pub fn is_answered_within(&mut self, time: Duration, version: i16, request: &RequestKind) -> bool {
        let (api_key, client_id) = (message::request_key(request), Some("tests".to_owned()));
        let header = RequestHeader { api_key, api_version: version, correlation_id: 0, client_id };
        self.send(Listener::Broker, &header, |header| message::encode_request(header, request));
        let end = self.now.mono + time;
        self.run_until("time passes", |solo| solo.now.mono >= end);
        !self.sent.is_empty()
    }

    /// From now on no flush ends.
    pub fn disk_hangs(&mut self) {
        self.held = Some(Vec::new());
    }

    /// The flushes that hang end, and later ones at once.
    pub fn disk_moves(&mut self) {
        for token in self.held.take().unwrap_or_default() {
            self.handle(Event::Flushed { token, result: Ok(()) });
        }
    }

    /// Lets some time pass.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now.mono + time;
        self.run_until("time passes", |solo| solo.now.mono >= end);
    }

    fn handle(&mut self, event: Event) {
        self.node.handle(event, self.now);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Send { conn, frame } => {
                    let pieces = frame.into_iter().map(|piece| piece.into_bytes().expect("readable"));
                    self.sent.push((conn, pieces.collect::<Vec<_>>().concat()));
                }
                Output::Flush { token, files, .. } => {
                    if let Some(held) = &mut self.held {
                        held.push(token);
                        continue;
                    }
                    let synced = files.iter().try_for_each(|file: &Arc<dyn DiskFile>| file.sync());
                    let result = synced.map_err(|error| error.to_string());
                    self.node.handle(Event::Flushed { token, result }, self.now);
                }
                Output::Log { message, .. } => self.last_line = message,
                Output::Dial { link, .. } if self.config.voters.len() > 1 => {
                    let down = Event::LinkDown { link, reason: LinkDownReason::Unreachable };
                    self.node.handle(down, self.now);
                }
                other => {
                    panic!("a node on its own does not ask for {other:?}; it said: {}", self.last_line)
                }
            }
        }
    }
}
