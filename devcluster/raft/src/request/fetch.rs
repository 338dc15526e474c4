//! Fetch requests: replication to voters and observers, and the fetches that wait (KIP-595, KIP-1166).
//!
//! The answer names what to read; the driver reads it.

use std::time::Duration;

use kr_wire::ids::Offset;

use crate::event::RequestId;
use crate::log_view::Standing;
use crate::output::Output;
use crate::raft::Raft;
use crate::rpc::{FetchRequest, FetchResponse, Refusal, Response};
use crate::state::{MAX_PARKED, Parked, State};

impl Raft {
    /// Answers a fetch at once or parks it until there is something to say.
    pub(crate) fn on_fetch_request(&mut self, id: RequestId, request: &FetchRequest) {
        if let Err(refusal) = self.check_fetch(request) {
            let response = Response::Fetch(self.fetch_refused(refusal));
            return self.emit(Output::Reply { id, response });
        }
        if let Some(replica) = request.replica {
            self.hear_voter(replica.id);
        }
        match self.log.standing(request.offset, request.last_epoch) {
            Standing::Diverged(end) => {
                let response = FetchResponse { diverging: Some(end), ..self.fetch_accepted() };
                self.emit(Output::Reply { id, response: Response::Fetch(response) });
            }
            Standing::NeedsSnapshot(snapshot) => {
                let response = FetchResponse { snapshot: Some(snapshot), ..self.fetch_accepted() };
                self.emit(Output::Reply { id, response: Response::Fetch(response) });
            }
            Standing::Prefix => {
                self.note_progress(request);
                self.answer_or_park(id, request);
            }
        }
    }

    /// Forgets a parked fetch whose connection is gone.
    pub(crate) fn on_request_gone(&mut self, id: RequestId) {
        if let State::Leader(leader) = &mut self.state {
            leader.parked.remove(&id);
        }
    }

    /// Answers parked fetches for which there are records now.
    pub(crate) fn answer_fetches_with_records(&mut self) {
        let end = self.log.end;
        let State::Leader(leader) = &mut self.state else { return };
        for (id, parked) in leader.unpark(|parked| parked.offset < end) {
            self.reply_with_records(id, parked.offset, parked.max_bytes);
        }
    }

    /// Answers parked fetches of replicas that do not know the high watermark yet (KIP-1166).
    pub(crate) fn answer_fetches_with_high_watermark(&mut self) {
        let State::Leader(leader) = &mut self.state else { return };
        let current = leader.high_watermark;
        for (id, _) in leader.unpark(|parked| parked.seen.is_behind(current)) {
            let response = Response::Fetch(self.fetch_accepted());
            self.emit(Output::Reply { id, response });
        }
    }

    /// Builds an answer that refuses.
    pub(crate) fn fetch_refused(&self, refusal: Refusal) -> FetchResponse {
        FetchResponse {
            head: self.head(Some(refusal)),
            high_watermark: None,
            log_start: self.log.start,
            diverging: None,
            snapshot: None,
            batches: Vec::new(),
        }
    }

    /// Builds an answer without anything but the high watermark.
    pub(crate) fn fetch_accepted(&self) -> FetchResponse {
        let high_watermark = match &self.state {
            State::Leader(leader) => leader.high_watermark,
            _ => None,
        };
        FetchResponse {
            head: self.head(None),
            high_watermark,
            log_start: self.log.start,
            diverging: None,
            snapshot: None,
            batches: Vec::new(),
        }
    }

    fn check_fetch(&self, request: &FetchRequest) -> Result<(), Refusal> {
        self.check_cluster(request.cluster_id.as_deref())?;
        if request.max_wait_ms < 0
            || request.offset < Offset::ZERO
            || request.last_epoch.0 < 0
            || request.last_epoch > request.epoch
        {
            return Err(Refusal::InvalidRequest);
        }
        self.check_leader_request(request.epoch)
    }

    fn note_progress(&mut self, request: &FetchRequest) {
        let (end, now) = (self.log.end, self.now);
        if let Some(replica) = request.replica
            && replica.id != self.config.node_id
            && let State::Leader(leader) = &mut self.state
        {
            leader.progress.fetched(replica, request.offset, end, now);
            self.advance_high_watermark();
        }
    }

    fn answer_or_park(&mut self, id: RequestId, request: &FetchRequest) {
        if request.offset < self.log.end {
            return self.reply_with_records(id, request.offset, request.max_bytes);
        }
        // `check_fetch` refused negative waits.
        let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
        let deadline = self.now.mono + wait;
        if let State::Leader(leader) = &mut self.state
            && !wait.is_zero()
            && !request.high_watermark.is_behind(leader.high_watermark)
            && leader.parked.len() < MAX_PARKED
        {
            let (offset, max_bytes, seen) = (request.offset, request.max_bytes, request.high_watermark);
            leader.parked.insert(id, Parked { offset, max_bytes, seen, deadline });
            return;
        }
        let response = Response::Fetch(self.fetch_accepted());
        self.emit(Output::Reply { id, response });
    }

    fn reply_with_records(&mut self, id: RequestId, from: Offset, max_bytes: i32) {
        let response = self.fetch_accepted();
        self.emit(Output::ReplyFetch { id, response, from, max_bytes });
    }
}
