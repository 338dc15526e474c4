//! Outbound connections to other nodes and the calls in flight on them.
//!
//! A link is dialled when it is first called, learns the peer's versions with ApiVersions, and then sends
//! calls in order without waiting for answers. When it ends, every call on it fails; whether to try
//! again is the caller's decision.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use kr_wire::fetch::{FetchRequest, FetchResponse};
use kr_wire::header::{self, RequestHeader};
use kr_wire::ids::NodeId;
use kr_wire::message::{self, RequestKind, ResponseKind};
use kr_wire::messages::{ApiKey, ApiVersionsRequest};
use kr_wire::time::{Mono, Now};

use crate::conns::Token;
use crate::event::{LinkDownReason, LinkId};
use crate::output::Output;

/// What a link is for. Calls that may wait long must not hold up those that may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Votes and the begin and end of quorum epochs.
    Raft(NodeId),
    /// Fetches of the metadata log, which wait for records.
    RaftFetch(NodeId),
    /// A broker's requests to the active controller.
    Controller(NodeId),
    /// Requests that a broker forwards for its clients to the active controller.
    Forward(NodeId),
    /// Fetches of partitions that the peer leads.
    Replica(NodeId),
}

impl Purpose {
    pub(crate) fn peer(self) -> NodeId {
        match self {
            Self::Raft(id)
            | Self::RaftFetch(id)
            | Self::Controller(id)
            | Self::Forward(id)
            | Self::Replica(id) => id,
        }
    }
}

/// Whose call it was: the answer goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallTag {
    /// The raft machine's call.
    Raft { call: kr_raft::CallId },
    /// BrokerRegistration of this node.
    RegisterBroker,
    /// BrokerHeartbeat of this node.
    Heartbeat,
    /// ControllerRegistration of this node.
    RegisterController,
    /// AlterPartition for partitions that this node leads.
    AlterPartition,
    /// AllocateProducerIds.
    ProducerIds,
    /// CreateTopics on a client's behalf (auto creation, internal topics).
    AutoCreate,
    /// A client's request that only the controller can answer.
    Forward { token: Token },
    /// A fetch of this node's fetcher.
    ReplicaFetch { leader: NodeId, generation: u64 },
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum CallBody {
    Message(Box<RequestKind>),
    Fetch(Box<FetchRequest>),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum CallReply {
    Message { response: Box<ResponseKind> },
    Fetch(Box<FetchResponse>),
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallFailure {
    /// Nobody listens at the peer's address.
    Refused,
    /// The connection ended first.
    Disconnected,
    /// No answer in time; the link has been closed.
    TimedOut,
    /// The peer does not know this API or no version of it that this node knows.
    Unsupported,
    /// The answer was not the protocol's.
    Garbled,
}

/// A request to a peer.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) tag: CallTag,
    pub(crate) body: CallBody,
    pub(crate) timeout: Duration,
}

/// A call that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) tag: CallTag,
    pub(crate) result: Result<CallReply, CallFailure>,
}

#[derive(Debug)]
struct InFlight {
    /// `None` for the link's own ApiVersions.
    tag: Option<CallTag>,
    api_key: i16,
    version: i16,
    correlation_id: i32,
    deadline: Mono,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Dialling,
    Negotiating,
    Up,
}

#[derive(Debug)]
struct Link {
    id: LinkId,
    stage: Stage,
    waiting: VecDeque<(Call, Mono)>,
    in_flight: VecDeque<InFlight>,
    versions: BTreeMap<i16, (i16, i16)>,
    next_correlation: i32,
}

/// How long a dial and the version exchange may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// All outbound connections of a node.
#[derive(Debug)]
pub(crate) struct Links {
    node_id: NodeId,
    links: BTreeMap<Purpose, Link>,
    by_id: BTreeMap<LinkId, Purpose>,
    next_id: u64,
}

impl Links {
    pub(crate) fn new(node_id: NodeId) -> Self {
        Self { node_id, links: BTreeMap::new(), by_id: BTreeMap::new(), next_id: 0 }
    }

    /// Sends a call, dialling first if the link is not up. The answer comes as an [`Ended`].
    pub(crate) fn call(
        &mut self,
        purpose: Purpose,
        address: (&str, u16),
        call: Call,
        now: Now,
        out: &mut VecDeque<Output>,
    ) -> Option<Ended> {
        let deadline = now.mono + call.timeout;
        let link = match self.links.entry(purpose) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let id = LinkId(self.next_id);
                self.next_id += 1;
                self.by_id.insert(id, purpose);
                out.push_back(Output::Dial { link: id, host: address.0.to_owned(), port: address.1 });
                entry.insert(Link {
                    id,
                    stage: Stage::Dialling,
                    waiting: VecDeque::new(),
                    in_flight: VecDeque::new(),
                    versions: BTreeMap::new(),
                    next_correlation: 0,
                })
            }
        };
        if link.stage != Stage::Up {
            let dial_deadline = now.mono + call.timeout.min(CONNECT_TIMEOUT);
            link.waiting.push_back((call, dial_deadline));
            return None;
        }
        let tag = call.tag;
        match link.send(self.node_id, call, deadline, out) {
            Ok(()) => None,
            Err(failure) => Some(Ended { tag, result: Err(failure) }),
        }
    }

    /// The driver has connected: ask for the peer's versions.
    pub(crate) fn up(&mut self, id: LinkId, now: Now, out: &mut VecDeque<Output>) {
        let node_id = self.node_id;
        let Some(link) = self.find(id) else { return };
        link.stage = Stage::Negotiating;
        let mut request = ApiVersionsRequest::default();
        request.client_software_name = "kr".into();
        request.client_software_version = env!("CARGO_PKG_VERSION").into();
        let body = CallBody::message(RequestKind::ApiVersions(request));
        link.transmit(node_id, None, &body, 3, now.mono + CONNECT_TIMEOUT, out)
            .expect("ApiVersions has a version 3");
    }

    /// A frame came back. Frames that nobody asked for, or that cannot be read, end the link.
    pub(crate) fn frame(&mut self, id: LinkId, frame: Bytes, out: &mut VecDeque<Output>) -> Vec<Ended> {
        let node_id = self.node_id;
        let Some(purpose) = self.by_id.get(&id).copied() else { return Vec::new() };
        let Some(link) = self.links.get_mut(&purpose) else { return Vec::new() };
        let Some(flight) = link.in_flight.pop_front() else {
            return self.close(id, CallFailure::Garbled, out);
        };
        match (read(&flight, &frame), flight.tag) {
            (Some(reply), Some(tag)) => vec![Ended { tag, result: Ok(reply) }],
            (Some(CallReply::Message { response, .. }), None) => match *response {
                ResponseKind::ApiVersions(versions) if versions.error_code == 0 => {
                    link.versions = versions
                        .api_keys
                        .iter()
                        .map(|row| (row.api_key, (row.min_version, row.max_version)))
                        .collect();
                    link.stage = Stage::Up;
                    link.drain(node_id, out)
                }
                _ => self.close(id, CallFailure::Garbled, out),
            },
            (_, tag) => {
                let mut ended = self.close(id, CallFailure::Garbled, out);
                ended.extend(tag.map(|tag| Ended { tag, result: Err(CallFailure::Garbled) }));
                ended
            }
        }
    }

    /// The driver says that a link has ended.
    pub(crate) fn down(&mut self, id: LinkId, reason: LinkDownReason) -> Option<(Purpose, Vec<Ended>)> {
        let purpose = self.by_id.remove(&id)?;
        let failure = match reason {
            LinkDownReason::Refused => CallFailure::Refused,
            LinkDownReason::Closed | LinkDownReason::Unreachable => CallFailure::Disconnected,
        };
        let link = self.links.remove(&purpose)?;
        Some((purpose, link.fail(failure)))
    }

    /// Closes the links to controllers other than the active one; their calls fail.
    ///
    /// A controller that is paused answers nobody, and nobody should wait for it once there is another.
    pub(crate) fn leave_controllers(&mut self, active: NodeId, out: &mut VecDeque<Output>) -> Vec<Ended> {
        let is_old = |purpose: &Purpose| match purpose {
            Purpose::Controller(id) | Purpose::Forward(id) => *id != active,
            Purpose::Raft(_) | Purpose::RaftFetch(_) | Purpose::Replica(_) => false,
        };
        let old: Vec<LinkId> =
            self.links.iter().filter(|(purpose, _)| is_old(purpose)).map(|(_, link)| link.id).collect();
        old.into_iter().flat_map(|id| self.close(id, CallFailure::Disconnected, out)).collect()
    }

    /// Ends the links on which a call has waited too long.
    pub(crate) fn expire(&mut self, now: Now, out: &mut VecDeque<Output>) -> Vec<Ended> {
        let late: Vec<LinkId> = self
            .links
            .values()
            .filter(|l| l.deadline().is_some_and(|d| d <= now.mono))
            .map(|l| l.id)
            .collect();
        late.into_iter().flat_map(|id| self.close(id, CallFailure::TimedOut, out)).collect()
    }

    /// When the next call runs out of time.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.links.values().filter_map(Link::deadline).min()
    }

    fn find(&mut self, id: LinkId) -> Option<&mut Link> {
        let purpose = self.by_id.get(&id)?;
        self.links.get_mut(purpose)
    }

    fn close(&mut self, id: LinkId, failure: CallFailure, out: &mut VecDeque<Output>) -> Vec<Ended> {
        let Some(purpose) = self.by_id.remove(&id) else { return Vec::new() };
        out.push_back(Output::LinkClose { link: id });
        let link = self.links.remove(&purpose).expect("every named link is in the table");
        link.fail(failure)
    }
}

impl Link {
    /// Sends what waited for the versions; calls that the peer cannot answer end here.
    fn drain(&mut self, node_id: NodeId, out: &mut VecDeque<Output>) -> Vec<Ended> {
        let mut ended = Vec::new();
        while let Some((call, deadline)) = self.waiting.pop_front() {
            let tag = call.tag;
            if let Err(failure) = self.send(node_id, call, deadline, out) {
                ended.push(Ended { tag, result: Err(failure) });
            }
        }
        ended
    }

    fn send(
        &mut self,
        node_id: NodeId,
        call: Call,
        deadline: Mono,
        out: &mut VecDeque<Output>,
    ) -> Result<(), CallFailure> {
        let api_key = call.body.api_key();
        let ours = kr_wire::api::row(api_key).ok_or(CallFailure::Unsupported)?;
        let (min, max) = self.versions.get(&api_key).copied().ok_or(CallFailure::Unsupported)?;
        let version = max.min(ours.max);
        if version < min.max(ours.min) || !call.body.fits(version) {
            return Err(CallFailure::Unsupported);
        }
        self.transmit(node_id, Some(call.tag), &call.body, version, deadline, out)
    }

    fn transmit(
        &mut self,
        node_id: NodeId,
        tag: Option<CallTag>,
        body: &CallBody,
        version: i16,
        deadline: Mono,
        out: &mut VecDeque<Output>,
    ) -> Result<(), CallFailure> {
        let correlation_id = self.next_correlation;
        self.next_correlation = self.next_correlation.wrapping_add(1);
        let api_key = body.api_key();
        let client_id = match tag {
            Some(CallTag::Raft { .. }) => format!("raft-client-{node_id}"),
            Some(CallTag::ReplicaFetch { leader, .. }) => format!("broker-{node_id}-fetcher-{leader}"),
            _ => node_id.to_string(),
        };
        let header =
            RequestHeader { api_key, api_version: version, correlation_id, client_id: Some(client_id) };
        let frame = match body {
            CallBody::Message(request) => message::encode_request(&header, request),
            CallBody::Fetch(request) => request.encode(&header),
        };
        let frame = frame.map_err(|_| CallFailure::Unsupported)?;
        self.in_flight.push_back(InFlight { tag, api_key, version, correlation_id, deadline });
        out.push_back(Output::LinkSend { link: self.id, frame });
        Ok(())
    }

    fn deadline(&self) -> Option<Mono> {
        let waiting = self.waiting.iter().map(|(_, deadline)| *deadline);
        self.in_flight.iter().map(|flight| flight.deadline).chain(waiting).min()
    }

    fn fail(self, failure: CallFailure) -> Vec<Ended> {
        let sent = self.in_flight.into_iter().filter_map(|flight| flight.tag);
        sent.chain(self.waiting.into_iter().map(|(call, _)| call.tag))
            .map(|tag| Ended { tag, result: Err(failure) })
            .collect()
    }
}

impl CallBody {
    pub(crate) fn message(request: RequestKind) -> Self {
        Self::Message(Box::new(request))
    }

    fn api_key(&self) -> i16 {
        match self {
            Self::Message(request) => message::request_key(request),
            Self::Fetch(_) => ApiKey::Fetch as i16,
        }
    }

    /// Whether the request can be said at all in a version.
    fn fits(&self, version: i16) -> bool {
        match self {
            // A pre-vote must not be taken for a vote by a voter that does not know the difference (KIP-996).
            Self::Message(request) => match &**request {
                RequestKind::Vote(vote) => {
                    version >= 2 || !vote.topics.iter().any(|t| t.partitions.iter().any(|p| p.pre_vote))
                }
                _ => true,
            },
            Self::Fetch(_) => true,
        }
    }
}

fn read(flight: &InFlight, frame: &Bytes) -> Option<CallReply> {
    let (correlation_id, length) =
        header::decode_response_header(flight.api_key, flight.version, frame).ok()?;
    if correlation_id != flight.correlation_id {
        return None;
    }
    let body = frame.slice(length..);
    if flight.api_key == ApiKey::Fetch as i16 {
        let response = FetchResponse::decode(flight.version, &body).ok()?;
        return Some(CallReply::Fetch(Box::new(response)));
    }
    let response = message::decode_response(flight.api_key, flight.version, body).ok()?;
    Some(CallReply::Message { response: Box::new(response) })
}
