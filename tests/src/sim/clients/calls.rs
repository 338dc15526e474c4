//! A client's connections and the requests that are under way on them.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use kr_node::Listener;
use kr_wire::fetch::{FetchRequest, FetchResponse};
use kr_wire::frame::{Frame, LENGTH_BYTES};
use kr_wire::header::{RequestHeader, decode_response_header};
use kr_wire::message::{self, RequestKind, ResponseKind};
use kr_wire::produce::{ProduceRequest, ProduceResponse};

use super::Surroundings;
use crate::sim::agenda::MS;
use crate::sim::machine::{broker_port, node_of_port};
use crate::sim::net::{CLIENTS, ConnectionId, Dialler, Parcel, Way};

/// A request.
pub enum Body {
    /// Any API without its own codec.
    Message(RequestKind),
    /// Produce.
    Produce(ProduceRequest),
    /// Fetch.
    Fetch(FetchRequest),
}

/// An answer.
pub enum Reply {
    /// Any API without its own codec.
    Message(Box<ResponseKind>),
    /// Produce.
    Produce(ProduceResponse),
    /// Fetch.
    Fetch(FetchResponse),
}

/// What became of a request; `None` if nobody knows.
pub type Outcome = Option<Reply>;

struct Flying {
    tag: u64,
    key: i16,
    version: i16,
    correlation: i32,
    deadline: u64,
}

struct Line {
    id: ConnectionId,
    is_up: bool,
    unsent: Vec<Bytes>,
    flying: VecDeque<Flying>,
}

/// Connections by node, one each.
#[derive(Default)]
pub struct Calls {
    lines: BTreeMap<i32, Line>,
    correlation: i32,
    next_tag: u64,
}

/// How long a client waits for an answer.
const PATIENCE: u64 = 1500 * MS;

const PRODUCE: i16 = 0;
const FETCH: i16 = 1;

impl Calls {
    /// Sends a request to a node; returns its tag, with which the outcome comes.
    pub fn call(&mut self, node: i32, version: i16, body: &Body, around: &mut Surroundings<'_>) -> u64 {
        self.correlation += 1;
        self.next_tag += 1;
        let key = match body {
            Body::Message(request) => message::request_key(request),
            Body::Produce(_) => PRODUCE,
            Body::Fetch(_) => FETCH,
        };
        let header = RequestHeader {
            api_key: key,
            api_version: version,
            correlation_id: self.correlation,
            client_id: Some(format!("client-{}", around.index)),
        };
        let frame = match body {
            Body::Message(request) => message::encode_request(&header, request),
            Body::Produce(request) => request.encode(&header),
            Body::Fetch(request) => request.encode(&header),
        };
        let frame = strip(&frame.expect("the client chooses versions that have its fields"));
        let Surroundings { agenda, net, chance, index, .. } = around;
        net.maybe_repeat(CLIENTS, node, Listener::Broker, &frame, chance, agenda);
        let line = self.lines.entry(node).or_insert_with(|| {
            let id = net.dial(Dialler::Client(*index), node, Listener::Broker, chance, agenda);
            Line { id, is_up: false, unsent: Vec::new(), flying: VecDeque::new() }
        });
        line.flying.push_back(Flying {
            tag: self.next_tag,
            key,
            version,
            correlation: self.correlation,
            deadline: agenda.now() + PATIENCE,
        });
        if line.is_up {
            net.send(line.id, Way::ToServer, Parcel::Frame(frame), chance, agenda);
        } else {
            line.unsent.push(frame);
        }
        self.next_tag
    }

    /// Something arrived; returns what is decided by it.
    ///
    /// # Errors
    /// When an answer cannot be read or is to another question.
    pub fn arrived(
        &mut self,
        id: ConnectionId,
        parcel: Parcel,
        around: &mut Surroundings<'_>,
    ) -> Result<Vec<(u64, Outcome)>, String> {
        let Some((node, line)) = self.lines.iter_mut().find(|(_, line)| line.id == id) else {
            return Ok(Vec::new());
        };
        match parcel {
            Parcel::Accepted => {
                line.is_up = true;
                for frame in line.unsent.drain(..) {
                    let Surroundings { net, chance, agenda, .. } = around;
                    net.send(id, Way::ToServer, Parcel::Frame(frame), chance, agenda);
                }
                Ok(Vec::new())
            }
            Parcel::Frame(frame) => {
                let Some(asked) = line.flying.pop_front() else {
                    return Err(format!("node {node} answered a client that had not asked"));
                };
                let reply = read(&asked, &frame).map_err(|what| {
                    format!("node {node} answered request {} version {}: {what}", asked.key, asked.version)
                })?;
                Ok(vec![(asked.tag, Some(reply))])
            }
            Parcel::End => {
                let node = *node;
                Ok(self.drop_line(node))
            }
        }
    }

    /// Gives up connections on which an answer is overdue; returns what is decided by it.
    pub fn expire(&mut self, around: &mut Surroundings<'_>) -> Vec<(u64, Outcome)> {
        let now = around.agenda.now();
        let late: Vec<i32> = self
            .lines
            .iter()
            .filter(|(_, line)| line.flying.front().is_some_and(|flying| flying.deadline <= now))
            .map(|(node, _)| *node)
            .collect();
        let mut lost = Vec::new();
        for node in late {
            self.hang_up(node, around);
            lost.extend(self.drop_line(node));
        }
        lost
    }

    fn hang_up(&mut self, node: i32, around: &mut Surroundings<'_>) {
        let Some(line) = self.lines.get(&node) else { return };
        let Surroundings { net, chance, agenda, .. } = around;
        if let Some(connection) = net.get_mut(line.id) {
            connection.closed.1 = true;
        }
        net.send(line.id, Way::ToServer, Parcel::End, chance, agenda);
    }

    fn drop_line(&mut self, node: i32) -> Vec<(u64, Outcome)> {
        let line = self.lines.remove(&node);
        line.into_iter().flat_map(|line| line.flying).map(|flying| (flying.tag, None)).collect()
    }
}

/// Any broker, for a first question.
pub fn any_broker(around: &mut Surroundings<'_>) -> i32 {
    let first = if around.plan.combined { 1 } else { around.plan.controllers + 1 };
    around.chance.between(first as u64, around.plan.nodes as u64) as i32
}

/// The node behind a broker's port as an answer has it; `None` for a port that no broker has.
pub fn broker_at(port: i32) -> Option<i32> {
    let node = node_of_port(u16::try_from(port).ok()?);
    (i32::from(broker_port(node)) == port).then_some(node)
}

/// A frame in one piece, without its length.
pub fn strip(frame: &Frame) -> Bytes {
    match frame.as_slice() {
        [only] => only.slice(LENGTH_BYTES..),
        pieces => Bytes::from(pieces.concat()).slice(LENGTH_BYTES..),
    }
}

fn read(asked: &Flying, frame: &Bytes) -> Result<Reply, String> {
    let (correlation, taken) =
        decode_response_header(asked.key, asked.version, frame).map_err(|e| e.to_string())?;
    if correlation != asked.correlation {
        return Err(format!("correlation id {correlation} instead of {}", asked.correlation));
    }
    let body = frame.slice(taken..);
    let reply = match asked.key {
        PRODUCE => ProduceResponse::decode(asked.version, &body).map(Reply::Produce),
        FETCH => FetchResponse::decode(asked.version, &body).map(Reply::Fetch),
        key => message::decode_response(key, asked.version, body).map(|r| Reply::Message(Box::new(r))),
    };
    reply.map_err(|e| e.to_string())
}
