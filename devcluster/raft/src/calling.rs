//! Whom to ask what in the current state: called after every event, idempotent.
//!
//! A peer is asked when it is ready, so a failed call is repeated after its pause as long as the state
//! still wants it.

use kr_wire::ids::{NodeId, Offset};

use crate::calls::Asked;
use crate::mutants::mutant;
use crate::output::{Output, Peer};
use crate::raft::Raft;
use crate::rpc::{
    BeginQuorumEpochRequest, EndQuorumEpochRequest, FetchRequest, FetchSnapshotRequest, Request,
    SeenHighWatermark, VoteRequest,
};
use crate::snapshot::Download;
use crate::state::State;

/// Bytes asked for at once (Kafka: the largest metadata batch, 8 MiB).
const MAX_FETCH_BYTES: i32 = 8 * 1024 * 1024;

impl Raft {
    /// Sends every request the state wants sent to a peer that is ready.
    pub(crate) fn send_calls(&mut self) {
        match &self.state {
            State::Unattached(_) => self.discover(None),
            State::Prospective(state) => {
                let voters = state.tally.unanswered().collect();
                self.ask_for_votes(voters, true);
            }
            State::Candidate(state) => {
                let voters = state.tally.unanswered().collect();
                self.ask_for_votes(voters, false);
            }
            State::Leader(leader) => {
                let voters = leader.untold.iter().copied().collect();
                self.begin_quorum_epoch(voters);
            }
            State::Resigned(state) => {
                let voters = state.unacknowledged.iter().copied().collect();
                self.end_quorum_epoch(voters);
            }
            State::Follower(state) => {
                let (leader, download) = (state.leader, state.download);
                self.follow(leader, download);
            }
        }
    }

    /// Pauses a peer after a failure.
    pub(crate) fn pause(&mut self, peer: Peer) {
        let timers = &self.config.timers;
        self.calls.pause(peer, timers.retry_backoff, timers.election_backoff_max, self.now.mono);
    }

    fn ask_for_votes(&mut self, voters: Vec<NodeId>, pre_vote: bool) {
        for id in voters {
            let request = VoteRequest {
                cluster_id: Some(self.config.cluster_id.clone()),
                voter: Some(self.config.voters.key(id)),
                candidate: self.own_key(),
                epoch: self.state.epoch(),
                last_epoch: self.log.last_epoch(),
                last_offset: self.log.end,
                pre_vote,
            };
            self.call(Peer::Node(id), Asked::Vote { pre_vote }, Request::Vote(request));
        }
    }

    fn begin_quorum_epoch(&mut self, voters: Vec<NodeId>) {
        for id in voters {
            let request = BeginQuorumEpochRequest {
                cluster_id: Some(self.config.cluster_id.clone()),
                voter: Some(self.config.voters.key(id)),
                leader: self.config.node_id,
                epoch: self.state.epoch(),
                endpoints: self.config.voters.endpoints(self.config.node_id).to_vec(),
            };
            self.call(Peer::Node(id), Asked::BeginQuorumEpoch, Request::BeginQuorumEpoch(request));
        }
    }

    fn end_quorum_epoch(&mut self, voters: Vec<NodeId>) {
        for id in voters {
            let State::Resigned(state) = &self.state else { return };
            let request = EndQuorumEpochRequest {
                cluster_id: Some(self.config.cluster_id.clone()),
                leader: self.config.node_id,
                epoch: state.epoch,
                successors: state.successors.clone(),
            };
            self.call(Peer::Node(id), Asked::EndQuorumEpoch, Request::EndQuorumEpoch(request));
        }
    }

    /// Fetches from the leader, and asks others for a newer one while it does not answer.
    fn follow(&mut self, leader: NodeId, download: Option<Download>) {
        let peer = Peer::Node(leader);
        match download {
            Some(download) => self.fetch_snapshot(peer, download),
            None => self.fetch(peer),
        }
        if self.calls.is_pausing(peer) {
            self.discover(Some(peer));
        }
    }

    /// Fetches from one bootstrap peer after the other: whoever answers names the leader.
    fn discover(&mut self, leader: Option<Peer>) {
        if self.calls.is_fetching_elsewhere(leader) {
            return;
        }
        let own = self.config.node_id;
        let peers: Vec<Peer> = match self.config.bootstrap {
            0 => self.config.voters.others(own).map(Peer::Node).collect(),
            servers => (0..servers).map(Peer::Bootstrap).collect(),
        };
        for turn in 1..=peers.len() {
            let at = (self.asked_last + turn) % peers.len();
            if Some(peers[at]) != leader && self.calls.is_ready(peers[at]) {
                self.asked_last = at;
                return self.fetch(peers[at]);
            }
        }
    }

    /// Fetches records; a voter only when all it has is on disk, for that is what the offset promises.
    fn fetch(&mut self, peer: Peer) {
        if !self.may_promise_log_end() && !mutant!(self.config, fetches_before_flush) {
            return;
        }
        let (offset, last_epoch) = (self.log.end, self.log.last_epoch());
        let request = FetchRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            replica: Some(self.own_key()),
            max_wait_ms: i32::try_from(self.config.timers.fetch_max_wait.as_millis()).unwrap_or(i32::MAX),
            max_bytes: MAX_FETCH_BYTES,
            epoch: self.state.epoch(),
            offset,
            last_epoch,
            high_watermark: match self.high_watermark {
                Offset::ZERO => SeenHighWatermark::Unknown,
                known => SeenHighWatermark::At(known),
            },
        };
        self.call(peer, Asked::Fetch { offset, last_epoch }, Request::Fetch(request));
    }

    fn fetch_snapshot(&mut self, peer: Peer, download: Download) {
        let request = FetchSnapshotRequest {
            cluster_id: Some(self.config.cluster_id.clone()),
            replica: Some(self.own_key()),
            epoch: self.state.epoch(),
            snapshot: download.id,
            position: download.written,
            max_bytes: MAX_FETCH_BYTES,
        };
        let asked = Asked::FetchSnapshot { snapshot: download.id };
        self.call(peer, asked, Request::FetchSnapshot(request));
    }

    fn call(&mut self, to: Peer, asked: Asked, request: Request) {
        if self.calls.is_ready(to) {
            let id = self.calls.start(to, asked, self.now.mono + self.config.timers.request_timeout);
            self.emit(Output::Call { to, id, request });
        }
    }
}
