//! Drives the raft machine: carries out its outputs on the metadata log, the quorum-state file, snapshots
//! and links, and applies what is committed.
//!
//! Decides nothing about elections or commits; those are `kr_raft`'s.

use std::collections::VecDeque;

use bytes::Bytes;
use kr_log::{FlushMark, Log, Origin as AppendOrigin};
use kr_metadata::Image;
use kr_metadata::loader::Loader;
use kr_raft::{CallError, CallId, FlushId, Peer, Raft, RequestId, SnapshotId};
use kr_wire::batch::{BatchBuilder, Batches};
use kr_wire::control::{ControlRecord, LeaderChange, Voter, control_batch};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, TopicId};
use kr_wire::message::{RequestKind, StrBytes};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::Now;
use kr_wire::topic_ref::TopicRef;

use super::raft_fetch;
use super::raft_messages;
use super::raft_store::QuorumStore;
use super::snapshots::Snapshots;
use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::links::{Call, CallBody, CallFailure, CallReply, CallTag, Purpose};
use crate::node::{FlushPurpose, Node};
use crate::output::Level;

/// Bytes of committed records that are applied between two publications.
const APPLY_BYTES: usize = 4 << 20;

/// The raft machine with what it works on.
pub(crate) struct Quorum {
    pub(crate) raft: Raft,
    pub(crate) log: Log,
    pub(crate) store: QuorumStore,
    loader: Loader,
    /// Everything below is in the loader's image.
    applied: Offset,
    /// Everything below is committed, as far as is known here.
    committed: Offset,
    /// Leader and epoch as last announced.
    leader: Option<NodeId>,
    epoch: LeaderEpoch,
    /// Own epoch and its start, from the machine's word until leadership is lost.
    led: Option<(LeaderEpoch, Offset)>,
    /// Bytes of the fetch answer that the machine is handling.
    fetched: Option<(CallId, Bytes)>,
    /// Append time of the newest applied batch, milliseconds since 1970.
    applied_ms: i64,
    pub(crate) snapshots: Snapshots,
    events: VecDeque<kr_raft::Event>,
    /// Whether something was applied or installed that has not been published.
    unpublished: bool,
}

impl Quorum {
    pub(crate) fn new(
        raft: Raft,
        log: Log,
        store: QuorumStore,
        image: Image,
        applied: Offset,
        snapshots: Snapshots,
        now: Now,
    ) -> Self {
        let mut loader = Loader::new();
        loader.install(image);
        Self {
            raft,
            log,
            store,
            loader,
            applied,
            committed: applied,
            leader: None,
            epoch: LeaderEpoch(0),
            led: None,
            fetched: None,
            applied_ms: now.wall_ms,
            snapshots,
            events: VecDeque::new(),
            unpublished: true,
        }
    }

    /// The leader of the quorum, as far as this node knows.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// End of what has been applied to the image.
    pub(crate) fn applied(&self) -> Offset {
        self.applied
    }

    pub(crate) fn committed(&self) -> Offset {
        self.committed
    }

    pub(crate) fn applied_ms(&self) -> i64 {
        self.applied_ms
    }

    /// Whether a metadata transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.loader.in_transaction()
    }

    /// The committed metadata with what a metadata transaction that is still open has added.
    pub(crate) fn replayed_image(&self) -> &Image {
        self.loader.current()
    }

    /// The committed metadata.
    pub(crate) fn image(&self) -> &Image {
        self.loader.image()
    }

    /// Own epoch once this node leads and has applied everything before it.
    pub(crate) fn led_epoch(&self) -> Option<LeaderEpoch> {
        self.led.filter(|(_, start)| self.applied > *start).map(|(epoch, _)| epoch)
    }

    /// Address of the active controller's or a voter's controller listener.
    pub(crate) fn address(&self, id: NodeId) -> Option<(String, u16)> {
        self.raft.endpoints(id).first().map(|e| (e.host.clone(), e.port))
    }

    /// Appends records as the active controller, in one batch; returns the end of the batch.
    ///
    /// `each` sees every record with its offset right after the append.
    pub(crate) fn propose(
        &mut self,
        records: &[MetadataRecord],
        metadata_version: i16,
        now: Now,
    ) -> Result<Option<(Offset, Offset)>, kr_log::AppendError> {
        let Some(position) = self.raft.leader_position() else { return Ok(None) };
        let mut builder = BatchBuilder::new(position.next).leader_epoch(position.epoch);
        for record in records {
            let value = record.encode(record.version_for(metadata_version));
            builder.push(now.wall_ms, None, Some(&value), &[]);
        }
        let batch = builder.build();
        self.log.append_as_leader(&batch, position.epoch, AppendOrigin::Raft, now)?;
        let end = self.log.end_offset();
        // At once: a second batch before the outputs are drained must find where this one ended.
        self.raft.handle(kr_raft::Event::Appended { epoch: position.epoch, end }, now);
        Ok(Some((position.next, end)))
    }
}

impl Node {
    /// Gives the raft machine an event and carries out everything that follows from it.
    pub(crate) fn raft_event(&mut self, event: kr_raft::Event) {
        self.quorum.events.push_back(event);
        self.drain_raft();
    }

    /// Carries out what the raft machine asks for until it has nothing more to say.
    pub(crate) fn drain_raft(&mut self) {
        loop {
            while let Some(output) = self.quorum.raft.poll_output() {
                self.raft_output(output);
            }
            let Some(event) = self.quorum.events.pop_front() else { break };
            self.quorum.raft.handle(event, self.now);
        }
        self.quorum.fetched = None;
    }

    fn raft_output(&mut self, output: kr_raft::Output) {
        use kr_raft::Output as Out;
        match output {
            Out::Persist(election) => {
                let written = self.quorum.store.write_election(&election);
                self.must(written, "quorum-state");
            }
            Out::Call { to, id, request } => self.raft_call(to, id, request),
            Out::Reply { id, response } => self.raft_reply(id, &response),
            Out::ReplyFetch { id, response, from, max_bytes } => {
                let max = usize::try_from(max_bytes).unwrap_or(0);
                let records = self.quorum.log.read(from, max, true, self.quorum.log.end_offset());
                match records {
                    Ok(records) => self.reply_raft_fetch(id, &response, records),
                    Err(error) => self.fatal(format!("cannot read the metadata log: {error}")),
                }
            }
            Out::ReplyFetchSnapshot { id, response, max_bytes } => {
                let max = usize::try_from(max_bytes).unwrap_or(0);
                match self.quorum.store.read_snapshot(response.snapshot, response.position, max) {
                    Ok(bytes) => {
                        let response = kr_raft::Response::FetchSnapshot(response);
                        if let Some(response) = raft_messages::response(&response, bytes) {
                            self.respond(Token(id.0), response);
                        }
                    }
                    Err(error) => self.fatal(format!("cannot read snapshot {}: {error}", response.snapshot)),
                }
            }
            Out::AppendLeaderChange { epoch, offset, leader, voters, granting } => {
                let voter = |ids: &[NodeId]| ids.iter().map(|id| Voter { voter_id: *id }).collect();
                let change = ControlRecord::LeaderChange(LeaderChange {
                    leader_id: leader,
                    voters: voter(&voters),
                    granting_voters: voter(&granting),
                });
                let batch = control_batch(offset, epoch, self.now.wall_ms, &[change]);
                let appended = self.quorum.log.append_as_leader(&batch, epoch, AppendOrigin::Raft, self.now);
                self.must(appended, "the metadata log");
            }
            Out::AppendFetched { call, end } => self.append_fetched(call, end),
            Out::Truncate { to } => {
                let truncated = self.quorum.log.truncate_to(to);
                self.must(truncated, "the metadata log");
            }
            Out::Flush { id, up_to: _ } => self.flush_metadata(id),
            Out::AppendSnapshot { call, snapshot, position } => {
                let bytes = self.fetched_bytes(call);
                let written = self.quorum.store.append_snapshot(snapshot, position, &bytes);
                self.must(written, "a snapshot");
            }
            Out::DropSnapshot { snapshot } => {
                let dropped = self.quorum.store.drop_snapshot(snapshot);
                self.must(dropped, "a snapshot");
            }
            Out::InstallSnapshot { snapshot } => self.install_snapshot(snapshot),
            Out::RestartLog { snapshot } => {
                let restarted = self.quorum.log.truncate_fully_and_start_at(snapshot.end);
                self.must(restarted, "the metadata log");
            }
            Out::HighWatermark(offset) => self.quorum.committed = offset,
            Out::LeaderChanged { leader, epoch } => self.leader_changed(leader, epoch),
            Out::BecameLeader { epoch, epoch_start } => self.quorum.led = Some((epoch, epoch_start)),
            Out::LostLeadership { .. } => {
                self.quorum.led = None;
                self.controller_resigned();
            }
            Out::Stopped => self.raft_stopped(),
            Out::Fatal { reason } => self.fatal(reason),
        }
    }

    fn leader_changed(&mut self, leader: Option<NodeId>, epoch: LeaderEpoch) {
        self.quorum.leader = leader;
        self.quorum.epoch = epoch;
        let who = leader.map_or("nobody".to_owned(), |id| format!("node {id}"));
        self.log(Level::Info, format!("{who} leads the quorum in epoch {epoch}"));
        self.controller_moved();
    }

    fn raft_call(&mut self, to: Peer, call: CallId, request: kr_raft::Request) {
        let Peer::Node(node) = to else {
            // Static voters are their own bootstrap list, so the machine has no other peers.
            self.quorum
                .events
                .push_back(kr_raft::Event::Response { call, result: Err(CallError::Disconnected) });
            return;
        };
        let Some((host, port)) = self.quorum.address(node) else {
            self.quorum
                .events
                .push_back(kr_raft::Event::Response { call, result: Err(CallError::Disconnected) });
            return;
        };
        let waits = matches!(request, kr_raft::Request::Fetch(_) | kr_raft::Request::FetchSnapshot(_));
        let purpose = if waits { Purpose::RaftFetch(node) } else { Purpose::Raft(node) };
        let body = match raft_messages::request(&request) {
            Some(message) => CallBody::message(message),
            None => match request {
                kr_raft::Request::Fetch(fetch) => CallBody::Fetch(Box::new(raft_fetch::request(&fetch))),
                _ => unreachable!("every other request is a message"),
            },
        };
        let timeout = self.settings.quorum_request_timeout;
        let tag = CallTag::Raft { call };
        let ended =
            self.links.call(purpose, (&host, port), Call { tag, body, timeout }, self.now, &mut self.out);
        if let Some(ended) = ended {
            let result = Err(call_error(ended.result.err()));
            self.quorum.events.push_back(kr_raft::Event::Response { call, result });
        }
    }

    /// A call of the raft machine has ended.
    pub(crate) fn raft_answered(&mut self, call: CallId, result: Result<CallReply, CallFailure>) {
        let result = match result {
            Ok(CallReply::Fetch(response)) => match raft_fetch::read_response(*response) {
                Some((response, records)) => {
                    self.quorum.fetched = Some((call, records));
                    Ok(kr_raft::Response::Fetch(response))
                }
                None => Err(CallError::Malformed),
            },
            Ok(CallReply::Message { response }) => match raft_messages::read_response(*response) {
                Some((response, bytes)) => {
                    self.quorum.fetched = Some((call, bytes));
                    Ok(response)
                }
                None => Err(CallError::Malformed),
            },
            Err(failure) => Err(call_error(Some(failure))),
        };
        self.raft_event(kr_raft::Event::Response { call, result });
    }

    /// A request of a peer for the raft machine; `None` if it is something else.
    pub(crate) fn raft_request(&mut self, ctx: &Context, request: &RequestKind) -> Option<Answer> {
        let read = raft_messages::read_request(request.clone())?;
        Some(match read {
            Ok(read) => {
                let id = RequestId(ctx.token.0);
                self.raft_event(kr_raft::Event::Request { id, request: read });
                Answer::Later
            }
            Err(why) => match raft_messages::refused(request, why) {
                Some(response) => Answer::now(response),
                None => Answer::HangUp("a raft request without a place for an error".to_owned()),
            },
        })
    }

    fn raft_reply(&mut self, id: RequestId, response: &kr_raft::Response) {
        match response {
            kr_raft::Response::Fetch(fetch) => self.reply_raft_fetch(id, fetch, Bytes::new()),
            other => {
                if let Some(message) = raft_messages::response(other, Bytes::new()) {
                    self.respond(Token(id.0), message);
                }
            }
        }
    }

    fn reply_raft_fetch(&mut self, id: RequestId, response: &kr_raft::FetchResponse, records: Bytes) {
        let token = Token(id.0);
        let Some((correlation_id, version)) = self.conns.header(token) else { return };
        let topic = if version >= raft_fetch::FIRST_BY_ID {
            TopicRef::Id(TopicId::METADATA)
        } else {
            TopicRef::Name(StrBytes::from_static_str(raft_messages::METADATA_TOPIC))
        };
        match raft_fetch::response(response, topic, records).encode(correlation_id, version) {
            Ok(frame) => self.respond_frame(token, frame.into_iter().map(Into::into).collect()),
            Err(error) => self.fatal(format!("an answer cannot be encoded: {error}")),
        }
    }

    fn fetched_bytes(&self, call: CallId) -> Bytes {
        match &self.quorum.fetched {
            Some((of, bytes)) if *of == call => bytes.clone(),
            _ => Bytes::new(),
        }
    }

    fn append_fetched(&mut self, call: CallId, end: Offset) {
        let bytes = self.fetched_bytes(call);
        let mut upto = 0;
        let mut last_epoch = LeaderEpoch(0);
        let mut batches = Batches::new(&bytes);
        while let Some(Ok(batch)) = batches.next() {
            if batch.header.next_offset() > end {
                break;
            }
            last_epoch = batch.header.partition_leader_epoch.unwrap_or(last_epoch);
            upto = batches.position();
        }
        if upto == 0 {
            return;
        }
        let appended = self.quorum.log.append_as_follower(&bytes.slice(..upto), last_epoch, self.now);
        self.must(appended, "the metadata log");
    }

    fn flush_metadata(&mut self, id: FlushId) {
        match self.quorum.log.unflushed() {
            Ok(Some(request)) => {
                self.flush(request.files, FlushPurpose::Metadata { id, mark: request.mark });
            }
            Ok(None) => self.quorum.events.push_back(kr_raft::Event::Flushed { id }),
            Err(error) => self.fatal(format!("cannot flush the metadata log: {error}")),
        }
    }

    /// The driver has made the metadata log durable.
    pub(crate) fn metadata_flushed(&mut self, id: FlushId, mark: FlushMark) {
        self.quorum.log.flushed(mark);
        self.raft_event(kr_raft::Event::Flushed { id });
    }

    fn install_snapshot(&mut self, snapshot: SnapshotId) {
        let installed = self.quorum.store.install_snapshot(snapshot);
        let Some(image) = self.must(installed, "a snapshot") else { return };
        let restarted = self.quorum.log.truncate_fully_and_start_at(snapshot.end);
        self.must(restarted, "the metadata log");
        self.quorum.loader.install(image);
        self.quorum.unpublished = true;
        self.quorum.applied = snapshot.end;
        self.quorum.committed = self.quorum.committed.max(snapshot.end);
        let size = self.quorum.store.snapshot_size(snapshot).unwrap_or(0);
        self.quorum.snapshots.add(kr_raft::Snapshot { id: snapshot, size }, self.now.mono);
    }

    /// Applies committed records and publishes what they change; `true` when there was something.
    pub(crate) fn apply_committed(&mut self) -> bool {
        let mut moved = false;
        while self.quorum.applied < self.quorum.committed {
            let from = self.quorum.applied;
            let read = self.quorum.log.read(from, APPLY_BYTES, true, self.quorum.committed);
            let bytes = match read {
                Ok(bytes) if !bytes.is_empty() => bytes,
                Ok(_) => break,
                Err(error) => {
                    self.fatal(format!("cannot read the metadata log at {from}: {error}"));
                    return moved;
                }
            };
            if let Err(reason) = self.quorum.apply(&bytes) {
                self.fatal(reason);
                return moved;
            }
            moved = true;
        }
        if std::mem::take(&mut self.quorum.unpublished)
            && let Some(delta) = self.quorum.loader.publish()
        {
            self.publish_to_broker(&delta);
            moved = true;
        }
        if moved {
            self.maybe_snapshot();
        }
        moved
    }
}

impl Quorum {
    fn apply(&mut self, bytes: &Bytes) -> Result<(), String> {
        self.unpublished = true;
        for batch in Batches::new(bytes) {
            let batch = batch.map_err(|error| format!("unreadable batch in the metadata log: {error}"))?;
            self.snapshots.bytes_since += batch.bytes().len() as u64;
            self.applied_ms = batch.header.max_timestamp;
            if !batch.header.attributes.is_control() {
                for record in records(&batch)? {
                    self.loader
                        .replay(&record)
                        .map_err(|error| format!("cannot replay a committed record: {error}"))?;
                }
            }
            self.applied = batch.header.next_offset();
        }
        Ok(())
    }
}

/// Decodes the records of a data batch of the metadata log.
pub(crate) fn records(batch: &kr_wire::batch::Batch<'_>) -> Result<Vec<MetadataRecord>, String> {
    let payload = batch
        .payload(kr_wire::batch::Limit::default())
        .map_err(|error| format!("unreadable batch in the metadata log: {error}"))?;
    payload
        .records()
        .map(|record| {
            let record = record.map_err(|error| format!("unreadable record in the metadata log: {error}"))?;
            let value = record.value.ok_or("a record of the metadata log has no value")?;
            let (record, _) = MetadataRecord::decode(value)
                .map_err(|error| format!("unreadable record in the metadata log: {error}"))?;
            Ok(record)
        })
        .collect()
}

fn call_error(failure: Option<CallFailure>) -> CallError {
    match failure {
        Some(CallFailure::TimedOut) => CallError::TimedOut,
        Some(CallFailure::Unsupported) => CallError::UnsupportedVersion,
        Some(CallFailure::Garbled) => CallError::Malformed,
        Some(CallFailure::Refused | CallFailure::Disconnected) | None => CallError::Disconnected,
    }
}
